"""Names in the order in which people look for them, whatever their case and accents."""

from __future__ import annotations

import re

from sqlalchemy import insert

from course.accounts.tables import Cohort
from tests.courses import small_course_files, write_files
from tests.site import Site

NAMES = ["Zoe", "émile", "de la Cruz", "Álvaro", "zoé"]
IN_ORDER = ["Álvaro", "de la Cruz", "émile", "Zoe", "zoé"]


def test_cohorts_are_in_the_order_of_their_names(site: Site) -> None:
    with site.session(write=True) as session:
        session.execute(
            insert(Cohort), [{"public_id": f"{n:022}", "name": name, "created_at": site.now} for n, name in enumerate(NAMES)]
        )
    erin = site.client("erin")
    assert re.findall(r'dir="auto">([^<]+)</a></th>', erin.page("/en/reports/cohorts")) == IN_ORDER
    for report in ("completion", "at-risk"):
        choices = erin.page(f"/en/reports/{report}").partition('name="cohort">')[2].partition("</select>")[0]
        assert re.findall(r"<option[^>]*>([^<]*)</option>", choices) == ["All", *IN_ORDER]


def test_countries_of_practices_are_in_the_order_of_their_names(site: Site) -> None:
    text = str(small_course_files()["mobility/practices/night-buses.md"])
    for number, name in enumerate(("Åland", "Zimbabwe")):
        made = {f"mobility/practices/made-{number}.md": text.replace("country: Kenya", f"country: {name}")}
        write_files(site.folder, made)
    assert site.publish().problems == ()
    choices = site.client().page("/en/practices/").partition('name="country">')[2].partition("</select>")[0]
    assert re.findall(r"<option[^>]*>([^<]*)</option>", choices) == [
        "All",
        "Åland",
        "Kenya",
        "South Africa",
        "Spain",
        "Zimbabwe",
    ]
