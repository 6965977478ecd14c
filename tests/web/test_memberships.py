"""Who belongs where: an administrator adds and ends memberships, and each stands in the record of changes once."""

from __future__ import annotations

import re
from functools import partial

import pytest
from sqlalchemy import select

from course.accounts import organisations, people
from course.accounts.tables import Membership, Organisation, Person
from tests.many_places import add_thousands, offered, told
from tests.rig.together import at_once
from tests.site import Client, Site


@pytest.fixture
def page(site: Site) -> str:
    """Alice, as administrators see her."""
    with site.session() as session:
        return f"/en/admin/people/{session.get_one(Person, site.ids['alice']).public_id}"


def public_id(site: Site, name: str) -> str:
    with site.session() as session:
        return session.scalars(select(Organisation.public_id).where(Organisation.name == name)).one()


def changes(browser: Client, page: str) -> list[list[str]]:
    """What, before, after and why of each membership, the newest first."""
    rows = re.findall(r"<tr>(<td.*?)</tr>", browser.page(page))
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows]
    return [one[1:5] for one in cells if one[1].endswith(" of")]


def test_what_is_sent_twice_is_done_and_recorded_once(site: Site, page: str) -> None:
    erin, alice = site.client("erin"), site.client("alice")
    erin.page(page)
    lima = {"organisation": public_id(site, "Lima"), "role": "manager"}
    assert [erin.send(f"{page}/membership", {**lima, "why": "Keeps the list"}).status_code for _ in range(2)] == [303, 303]
    added = ["manager of", "", "Peru › Lima", "Keeps the list"]
    assert changes(erin, page) == [added]
    assert alice.get("/en/account/").status_code == 302
    alice = site.client("alice")
    assert erin.send(f"{page}/membership", {"organisation": public_id(site, "Peru"), "role": "member"}).status_code == 303
    assert alice.get("/en/account/").status_code == 200
    assert [erin.send(f"{page}/membership", {**lima, "leave": "1"}).status_code for _ in range(2)] == [303, 303]
    assert changes(erin, page) == [["manager of", "Peru › Lima", "", ""], ["member of", "", "Peru", ""], added]
    assert alice.get("/en/account/").status_code == 302


def test_what_several_add_at_once_is_added_and_recorded_once(site: Site, page: str) -> None:
    browsers = [site.client("erin") for _ in range(4)]
    for browser in browsers:
        browser.page(page)
    lima = {"organisation": public_id(site, "Lima"), "role": "member"}
    sent = at_once(*(partial(browser.send, f"{page}/membership", lima) for browser in browsers))
    assert [answer.status_code for answer in sent] == [303] * 4
    assert changes(browsers[0], page) == [["member of", "", "Peru › Lima", ""]]


def test_of_many_who_join_at_once_each_belongs_once(site: Site) -> None:
    """One comes after the other only where both mean the same person, organisation and role."""

    def join(role: str) -> bool:
        with site.session(write=True) as session:
            lima = session.scalars(select(Organisation.id).where(Organisation.name == "Lima")).one()
            return people.join(session, person_id=site.ids["alice"], organisation_id=lima, role=role, now=site.now)

    joined = at_once(*(partial(join, ("member", "manager")[number % 2]) for number in range(16)))
    assert (joined[::2].count(True), joined[1::2].count(True)) == (1, 1)
    with site.session() as session:
        held = session.scalars(select(Membership.role).where(Membership.person_id == site.ids["alice"])).all()
        assert sorted(held) == ["manager", "member", "member"]
        assert [role for _place, role in organisations.of_person(session, site.ids["alice"])] == held


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"organisation": ""}, "Choose the organisation."),
        ({"organisation": "gone"}, "Not a valid choice."),
        ({"why": "x" * 301}, "Use at most 300 characters; these are 301."),
    ],
    ids=["none", "gone", "long"],
)
def test_what_is_wrong_is_said_by_its_field_and_nothing_is_done(
    site: Site, page: str, sent: dict[str, str], message: str
) -> None:
    erin = site.client("erin")
    assert erin.page(page).count('<select id="organisation" name="organisation"><option value="">Choose</option>') == 1
    given = {"organisation": public_id(site, "Lima"), "role": "member", "why": "Moved", **sent}
    answer = erin.send(f"{page}/membership", given)
    html = answer.get_data(as_text=True)
    assert (answer.status_code, html.count("<title>Error: Alice Ben Salah")) == (422, 1)
    assert html.count(message) == 2  # in the summary and by the field
    assert html.count(f'value="{given["why"]}"') == 1
    assert changes(erin, page) == []


@pytest.fixture
def crowded(site: Site) -> Site:
    add_thousands(site)
    return site


def test_of_thousands_of_organisations_those_are_offered_that_a_part_of_a_name_finds(crowded: Site, page: str) -> None:
    erin = crowded.client("erin")
    html = erin.page(page)
    assert len(html) < 40_000
    assert (offered(html), html.count('/membership" novalidate>')) == ([], 0)
    assert told(html) == "3,015 can be chosen: write a part of the name, or of a name above it, to find one."
    html = erin.page(f"{page}?place=CITE+4-07")
    city = "Land 4 › Cité 4-07"
    assert offered(html) == [city, *(f"{city} › Department of affairs {n}" for n in range(9))]
    assert told(html) == "10 found."
    assert offered(erin.page(f"{page}?place=affairs+3+4-07")) == [f"{city} › Department of affairs 3"]
    html = erin.page(f"{page}?place=department")
    assert len(html) < 40_000
    assert (len(offered(html)), told(html)) == (100, "100 of 2,700 can be chosen: write more of the name to find the others.")
    html = erin.page(f"{page}?place=100%25+_")
    assert offered(html) == []
    assert told(html) == "None has this in its name or in the names above it: write another part, or less of it."
    found = erin.page(f"{page}?place=land+4")
    assert [one for one in offered(found) if " › " not in one] == ["Land 4"]
    chosen = {"organisation": public_id(crowded, "Land 4"), "role": "member"}
    html = erin.send(f"{page}/membership?place=cite", {**chosen, "why": "x" * 301}).get_data(as_text=True)
    assert html.count(f'<option selected value="{chosen["organisation"]}">Land 4</option>') == 1
    assert len(offered(html)) == 101
    assert erin.send(f"{page}/membership?place=cite", chosen).status_code == 303
    assert changes(erin, page) == [["member of", "", "Land 4", ""]]


def test_of_a_few_organisations_all_are_offered(site: Site, page: str) -> None:
    html = site.client("erin").page(page)
    assert offered(html) == ["Peru", "Peru › Lima", "Tunisia", "Tunisia › Sfax", "Tunisia › Sfax › Youth"]
    assert html.count('name="place"') == 0
    html = site.client("erin").page(f"{page}?place=sfax")
    assert offered(html) == ["Tunisia › Sfax", "Tunisia › Sfax › Youth"]
    assert html.count('name="place" type="search" maxlength="100" value="sfax"') == 1
