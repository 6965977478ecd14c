"""A report of a past moment: what it says stays true, by every path, whatever happened since."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import select

from course.accounts import organisations, people
from course.accounts.tables import Organisation, Person
from tests.courses import take_mobility_out
from tests.learners import add_learner, learn
from tests.sheets import as_text, csv_rows, page_figures, read_xlsx
from tests.site import PASSWORD, Client, Site

THEN = "2026-03-03T10:00Z"


@pytest.fixture
def grown(site: Site) -> Site:
    """Until the moment Alice was through and Bob had failed; since then everything has happened."""
    add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax", "Culture"))
    learn(site, "alice", 2)
    site.later(days=1)
    learn(site, "bob", 1, right=False)
    learn(site, "nour", 0)
    site.later(hours=5)
    return site


def shake(site: Site) -> None:
    """Moves, roles, erasure, progress, a renamed and moved organisation, a retired module."""
    learn(site, "nour", 2)
    with site.session(write=True) as session:
        lima = session.scalars(select(Organisation).where(Organisation.name == "Lima")).one()
        for place, role in organisations.of_person(session, site.ids["nour"]):
            people.leave(session, person_id=site.ids["nour"], organisation_id=place.id, role=role, now=site.now)
        people.join(session, person_id=site.ids["nour"], organisation_id=lima.id, role="member", now=site.now)
        people.set_role(session, session.get_one(Person, site.ids["bob"]), "author", by_id=None, now=site.now)
        sfax = session.scalars(select(Organisation).where(Organisation.name == "Sfax")).one()
        organisations.change(session, sfax, name="Sfax (city)", parent_id=lima.parent_id, now=site.now)
        people.erase(session, session.get_one(Person, site.ids["alice"]), by_id=None, now=site.now)
    take_mobility_out(site.folder)
    done = site.publish()
    assert done.is_new, done.problems
    site.later(days=30)


def everything(browser: Client, as_of: str) -> list[Any]:
    return by_every_path(browser, f"as_of={as_of}")


def by_every_path(browser: Client, query: str) -> list[Any]:
    """The report as page, CSV, JSON and XLSX, which agree with each other."""
    page = page_figures(browser.page(f"/en/reports/completion?{query}"))
    rows = csv_rows(browser, f"/en/reports/completion.csv?{query}")
    answer = json.loads(browser.page(f"/en/reports/completion.json?{query}"))
    sheet = read_xlsx(browser.get(f"/en/reports/completion.xlsx?{query}").get_data())["Completion"]
    assert [{k: as_text(v) for k, v in line.items()} for line in answer["lines"]] == rows
    assert [dict(zip(rows[0], map(as_text, line), strict=True)) for line in sheet[1:]] == rows
    named = {row["module"] if row["module"] != "all" else row["organisation"]: row for row in rows}
    assert {name: (line["enrolled"], line["completed"]) for name, line in page.items()} == {
        name: (row["enrolled"], row["completed"]) for name, row in named.items()
    }
    return [page, rows, answer["lines"], answer["weeks"], answer["rules"]]


def test_the_past_stays_as_it_was(grown: Site) -> None:
    before = everything(grown.client("erin"), THEN)
    assert {name: (line["enrolled"], line["completed"], line["mean"]) for name, line in before[0].items()} == {
        "all": ("3", "1", "66"), "Peru": ("1", "0", "0"), "Peru › Lima": ("1", "0", "0"), "Tunisia": ("2", "1", "100"),
        "Tunisia › Sfax": ("2", "1", "100"), "Tunisia › Sfax › Culture": ("1", "0", "–"),
        "Tunisia › Sfax › Youth": ("1", "1", "100"), "housing": ("3", "1", "50"), "mobility": ("3", "1", "100"),
    }  # fmt: skip
    shake(grown)
    browser = grown.client("erin")
    assert everything(browser, THEN) == before
    now = page_figures(browser.page("/en/reports/completion"))
    assert {name: (line["enrolled"], line["completed"]) for name, line in now.items()} == {
        "all": ("2", "2"), "Peru": ("2", "2"), "Peru › Lima": ("1", "1"), "Peru › Sfax (city)": ("1", "1"),
        "Peru › Sfax (city) › Culture": ("0", "0"), "Peru › Sfax (city) › Youth": ("1", "1"), "Tunisia": ("0", "0"),
        "housing": ("2", "2"), "mobility": ("2", "2"),
    }  # fmt: skip


def test_an_organisation_that_was_not_there_yet_is_said_by_its_field(grown: Site) -> None:
    then = f"as_of={grown.now:%Y-%m-%dT%H:%M:%S}"
    grown.later(days=1)
    add_learner(grown, "Lina X", ("Tunisia", "Gafsa"))
    erin, carla = grown.client("erin"), grown.client("carla")
    gafsa = re.findall(r'<option value="([^"]+)">\u2003Gafsa<', carla.page("/en/reports/completion"))[0]
    for browser in (erin, carla):
        html = browser.page(f"/en/reports/completion?organisation={gafsa}&{then}")
        assert html.count("At this moment it was not there yet, or not for you to see. Choose a later one.") == 2
        html = browser.page(f"/en/reports/completion/people?organisation={gafsa}&{then}")
        assert html.count("At this moment it was not there yet") == 1
        html = browser.page(f"/en/reports/completion.csv?organisation={gafsa}&{then}", status=400)
        assert html.count("Choose a later one. Go back and change it there.") == 1
    lima = re.findall(r'<option value="([^"]+)">\u2003Lima<', erin.page("/en/reports/completion"))[0]
    assert carla.get(f"/en/reports/completion?organisation={lima}&{then}").status_code == 404


def test_people_behind_the_past_lose_their_names_only(grown: Site) -> None:
    path = f"/en/reports/completion/people.csv?as_of={THEN}"
    before = csv_rows(grown.client("erin"), path)
    assert [(row["name"], row["percent"], row["organisations"]) for row in before] == [
        ("Alice Ben Salah", "100", "Tunisia › Sfax › Youth"), ("Bob Quispe", "42", "Peru › Lima"),
        ("Nour Khelifi", "0", "Tunisia › Sfax › Culture"),
    ]  # fmt: skip
    shake(grown)
    after = csv_rows(grown.client("erin"), path)
    assert sorted(row["percent"] for row in after) == sorted(row["percent"] for row in before)
    assert {row["name"] for row in after} == {"(deleted account)", "Bob Quispe", "Nour Khelifi"}
    assert {tuple(row[c] for c in row if c not in {"name", "email"}) for row in after} == {
        tuple(row[c] for c in row if c not in {"name", "email"}) for row in before
    }
    answer = json.loads(grown.client("erin").page(f"/en/reports/completion/people.json?as_of={THEN}"))
    assert [{k: as_text(v) for k, v in line.items()} for line in answer["people"]] == after


def test_a_manager_sees_then_what_was_theirs_and_names_only_of_those_who_still_are(grown: Site) -> None:
    """Sfax left Tunisia: its people are counted in Tunisia's past, and who they are is no longer Tunisia's to see."""
    before = everything(grown.client("carla"), THEN)
    shake(grown)
    browser = grown.client("carla")
    assert everything(browser, THEN) == before
    rows = csv_rows(browser, f"/en/reports/completion/people.csv?as_of={THEN}")
    assert [(row["name"], row["email"]) for row in rows] == [("(no longer within what you may see)", "")] * 2
    assert re.findall("/en/reports/people/", browser.page(f"/en/reports/completion/people?as_of={THEN}")) == []
    assert csv_rows(browser, "/en/reports/completion/people.csv") == []


def test_the_last_moment_is_now(grown: Site) -> None:
    shake(grown)
    browser = grown.client("erin")
    now = csv_rows(browser, "/en/reports/completion.csv")
    assert csv_rows(browser, f"/en/reports/completion.csv?as_of={grown.now.isoformat().replace('+00:00', 'Z')}") == now
    zoned = csv_rows(browser, "/en/reports/completion.csv?as_of=2026-03-03T13:00%2B03:00")
    assert zoned == csv_rows(browser, f"/en/reports/completion.csv?as_of={THEN}")


@pytest.mark.parametrize(
    ("moment", "lead", "field", "rule"),
    [
        ("2026-03-03", "3 Mar 2026, 00:00 UTC", '2026-03-03T00:00:00" step="1"', "2026-03-03T00:00:00+00:00"),
        (
            "2026-03-03T13:00:07%2B03:00", "3 Mar 2026, 10:00:07 UTC",
            '2026-03-03T10:00:07" step="1"', "2026-03-03T10:00:07+00:00",
        ),
        (
            "2026-03-03T10:00:07.25Z", "3 Mar 2026, 10:00:07 UTC",
            '2026-03-03T10:00:07.250" step="0.001"',
            "2026-03-03T10:00:07.250000+00:00",
        ),
    ],
)  # fmt: skip
def test_the_moment_is_said_exactly(grown: Site, moment: str, lead: str, field: str, rule: str) -> None:
    """In the form as it was asked for, so that to show the report again changes nothing; in the rules to the fraction."""
    browser = grown.client("erin")
    for page in ("completion", "completion/people"):
        assert re.findall("<strong>as of ([^<]+)</strong>", browser.page(f"/en/reports/{page}?as_of={moment}")) == [lead]
    html = browser.page(f"/en/reports/completion?as_of={moment}")
    assert (html.count(f'type="datetime-local" value="{field}'), html.count(f"<li>As of {rule}: ")) == (1, 1)
    head = browser.get(f"/en/reports/completion.csv?as_of={moment}").get_data(as_text=True)
    assert (head.count(f"As of {rule}: "), head.count(f"as_of: {rule}")) == (1, 1)


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        ("yesterday", "Write a moment as 2026-01-31T00:00, in UTC."),
        ("2027-01-01T00:00Z", "This moment has not come yet. Choose an earlier one."),
        ("2020-01-01", "Nothing was published yet at this moment. Choose a later one."),
    ],
)
def test_a_wrong_moment_is_said_by_its_field(grown: Site, moment: str, message: str) -> None:
    browser = grown.client("erin")
    assert browser.page(f"/en/reports/completion?as_of={moment}").count(message) == 2
    for name in ("completion.csv", "completion.json", "completion.xlsx", "completion/people.csv"):
        assert browser.get(f"/en/reports/{name}?as_of={moment}").status_code == 400


def test_dimensions(grown: Site) -> None:
    browser = grown.client("alice")
    browser.page("/en/account/")
    with grown.session(write=True) as session:
        people.set_language(session, session.get_one(Person, grown.ids["alice"]), "fr", by_id=None, now=grown.now)
    learn(grown, "dana", 1)
    grown.later(hours=1)
    browser = grown.client("erin")

    def enrolled(query: str) -> str:
        return csv_rows(browser, f"/en/reports/completion.csv?{query}")[0]["enrolled"]

    assert [enrolled(q) for q in ("language=fr", "language=en", "who=staff", "who=everyone", "")] == ["1", "2", "1", "4", "3"]
    assert [enrolled(f"{q}&as_of={THEN}") for q in ("language=fr", "language=en", "who=staff")] == ["0", "3", "0"]
    assert browser.get("/en/reports/completion?who=cats").status_code == 404


def test_a_revoked_certificate_counts_until_it_is(grown: Site) -> None:
    browser = grown.client("erin")
    with grown.session() as session:
        from course.learning.tables import Certificate

        code = session.scalars(select(Certificate.code)).one()
    browser.page("/en/admin/")
    for why, message in (
        (" ", "Write why the certificate is revoked"),
        ("\u200b", "Write why the certificate is revoked"),
        ("x" * 501, "Use at most 500 characters for the reason; these are 501."),
    ):
        refused = browser.send(f"/en/admin/certificates/{code}/revoke", {"why": why})
        assert (refused.status_code, refused.get_data(as_text=True).count(message)) == (400, 1)
    assert browser.send(f"/en/admin/certificates/{code}/revoke", {"why": "Taken twice"}).status_code == 303
    grown.later(minutes=1)
    assert csv_rows(browser, "/en/reports/completion.csv")[0]["certificates"] == "0"
    assert csv_rows(browser, f"/en/reports/completion.csv?as_of={THEN}")[0]["certificates"] == "1"
    listed = csv_rows(browser, f"/en/reports/completion/people.csv?as_of={THEN}&state=certified")
    assert [row["name"] for row in listed] == ["Alice Ben Salah"]


def test_typed_cells(grown: Site) -> None:
    book = read_xlsx(grown.client("erin").get("/en/reports/completion/people.xlsx").get_data())
    head, alice = book["People"][:2]
    row = dict(zip(head, alice, strict=True))
    assert (row["name"], row["percent"], row["enrolled at (UTC)"]) == ("Alice Ben Salah", 100, 46083.375)
    assert book["Rules"][0] == ["Enrolled: people"]
    assert PASSWORD not in str(book)
