"""Three thousand organisations, and what a page offers of them."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import insert, select

from course.accounts import secrets
from course.accounts.names import name_key
from course.accounts.tables import Organisation, OrganisationClosure
from tests.site import Site


def _row(site: Site, parent: Organisation | None, kind: str, name: str, number: int) -> dict[str, Any]:
    """An organisation in the words of its kind; a municipality has the number of its country in its name."""
    of = re.findall(r"\d+", parent.name)[0] if parent else str(number)
    said = name.format(of, number, number)
    about = {"kind": kind, "name": said, "name_key": name_key(said), "created_at": site.now}
    return about | {"public_id": secrets.public_id(), "parent_id": parent.id if parent else None}


def add_thousands(site: Site) -> None:
    """3,000 organisations: thirty municipalities in each of ten countries, with nine departments in each."""
    above: list[Organisation | None] = [None]
    link = OrganisationClosure
    names = ["Land {}", "Cité {}-{:02}", "Department of affairs {2}"]
    with site.session(write=True) as session:
        for kind, name, number in zip(("country", "municipality", "department"), names, (10, 30, 9), strict=True):
            made = [Organisation(**_row(site, parent, kind, name, n)) for parent in above for n in range(number)]
            session.add_all(made)
            session.flush()
            session.execute(insert(link), [{"ancestor_id": one.id, "descendant_id": one.id, "depth": 0} for one in made])
            upper = select(link.ancestor_id, Organisation.id, link.depth + 1)
            upper = upper.join(Organisation, Organisation.parent_id == link.descendant_id)
            new = upper.where(Organisation.id >= made[0].id)
            session.execute(insert(link).from_select(["ancestor_id", "descendant_id", "depth"], new))
            above = [*made]


def offered(html: str, field: str = "organisation") -> list[str]:
    """The organisations that can be chosen in a field."""
    choices = html.partition(f' id="{field}" name="{field}">')[2].partition("</select>")[0]
    return re.findall(r'<option (?:selected )?value="[^"]+">([^<]*)</option>', choices)


def told(html: str) -> str:
    [said] = re.findall(r'<p role="status" class="asked">(.*?)</p>', html)
    return str(said)
