"""Pages on which organisations are listed and chosen, where there are thousands of them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from course.accounts import organisations
from course.accounts.tables import Organisation
from tests.many_places import add_thousands, offered, told
from tests.site import Site

PAGE = "/en/admin/organisations"
CITY = "Land 4 › Cité 4-07"


@pytest.fixture
def crowded(site: Site) -> Site:
    add_thousands(site)
    return site


def public_id(site: Site, name: str) -> str:
    with site.session() as session:
        return session.scalars(select(Organisation.public_id).where(Organisation.name == name)).one()


def listed(html: str) -> list[str]:
    return re.findall(r'<li[^>]*><a href="\?change=[^"]+" dir="auto">([^<]*)</a>', html)


def test_of_thousands_the_upper_ones_are_listed_and_a_part_of_a_name_finds_the_others(crowded: Site) -> None:
    erin = crowded.client("erin")
    html = erin.page(PAGE)
    assert len(html) < 20_000
    assert listed(html) == [*(f"Land {n}" for n in range(10)), "Peru", "Tunisia"]
    assert html.count("<p>3,003 more: write a part of a name above to find them.</p>") == 1
    html = erin.page(f"{PAGE}?words=4-07")
    assert listed(html) == ["Cité 4-07", *(f"Department of affairs {n}" for n in range(9))]
    html = erin.page(f"{PAGE}?words=affairs")
    assert len(html) < 60_000
    assert (len(listed(html)), html.count("<p>2,500 more: write a part of a name above to find them.</p>")) == (200, 1)


def test_what_an_organisation_stands_below_is_found_by_a_part_of_its_name(crowded: Site) -> None:
    erin = crowded.client("erin")
    assert offered(erin.page(PAGE), "parent") == []
    html = erin.page(f"{PAGE}?place=CITE+4-07&words=tunis")
    assert (offered(html, "parent"), told(html), listed(html)[0]) == ([CITY], "1 found.", "Tunisia")
    chosen = {"name": "Parks", "kind": "department", "parent": public_id(crowded, "Cité 4-07")}
    assert html.count(f'<option selected value="{chosen["parent"]}">{CITY}</option>') == 1  # the only one that was found
    html = erin.send(f"{PAGE}?place=CITE+4-07", chosen | {"name": "", "parent": ""}).get_data(as_text=True)
    assert html.count('<option selected value="">Nothing: it is a country</option>') == 1
    assert erin.send(f"{PAGE}?place=CITE+4-07", chosen | {"name": ""}).status_code == 422
    assert erin.send(f"{PAGE}?place=CITE+4-07", chosen).status_code == 303
    address = f"{PAGE}?change={public_id(crowded, 'Parks')}"
    html = erin.page(address)
    assert (offered(html, "parent"), html.count(f'<option selected value="{chosen["parent"]}">')) == ([CITY], 1)
    html = erin.page(f"{address}&place=cite+3-01")
    assert offered(html, "parent") == [CITY, "Land 3 › Cité 3-01"]
    assert html.count(f'<input type="hidden" name="change" value="{public_id(crowded, "Parks")}">') == 1
    moved = chosen | {"parent": public_id(crowded, "Cité 3-01")}
    assert erin.send(f"{address}&place=cite+3-01", moved).status_code == 303
    html = erin.send(address, chosen | {"parent": public_id(crowded, "Youth")}).get_data(as_text=True)
    assert html.count("A department stands below a municipality, and Youth is a department.") == 2
    assert erin.page("/en/admin/changes").count('<td dir="auto">Land 3 › Cité 3-01 › Parks (department)</td>') == 1


def test_a_cohort_is_made_for_an_organisation_that_a_part_of_its_name_finds(crowded: Site) -> None:
    erin, cohorts = crowded.client("erin"), "/en/reports/cohorts"
    assert offered(erin.page(cohorts)) == []
    html = erin.page(f"{cohorts}?place=4-07")
    assert (offered(html), told(html)) == ([CITY], "1 found.")
    sent = erin.send(f"{cohorts}?place=4-07", {"name": "Spring", "organisation": public_id(crowded, "Cité 4-07")})
    assert erin.page(sent.location).count(CITY) == 1


def test_a_manager_of_thousands_finds_those_that_are_theirs(crowded: Site) -> None:
    with crowded.session(write=True) as session:
        land = session.scalars(select(Organisation).where(Organisation.name == "Tunisia")).one()
        for number in range(120):
            organisations.find_or_add(session, parent_id=land.id, kind="municipality", name=f"Ville {number}", now=crowded.now)
    carla, cohorts = crowded.client("carla"), "/en/reports/cohorts"
    html = carla.page(cohorts)
    assert (offered(html), told(html)[:19]) == (["Tunisia"], "122 can be chosen: ")
    assert offered(carla.page(f"{cohorts}?place=ville+99")) == ["Tunisia › Ville 99"]
    assert offered(carla.page(f"{cohorts}?place=land+4")) == ["Tunisia"]
    for place, status in (("", 422), (public_id(crowded, "Land 4"), 422), (public_id(crowded, "Ville 7"), 303)):
        assert carla.send(cohorts, {"name": "Spring", "organisation": place}).status_code == status
