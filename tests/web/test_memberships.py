"""Who belongs where: an administrator adds and ends memberships, and each stands in the record of changes once."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from course.accounts.tables import Organisation, Person
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
