"""The list of people who may need a word: each rule, each reason, and whose list it is."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from course.accounts.tables import Person
from course.learning import lessons
from course.publishing.revisions import live_digest, restore
from course.reports import risk
from course.reports.filters import Filters
from tests.learners import add_learner, learn
from tests.sheets import as_text, csv_rows, read_xlsx
from tests.site import Site, counted_queries


def open_first(site: Site, who: str) -> None:
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        module = course.modules[0]
        where: dict[str, Any] = {"person_id": site.ids[who], "course": course, "module": module, "now": site.now}
        lessons.open_lesson(session, lesson=module.lessons[0], **where)


@pytest.fixture
def slow(site: Site) -> Site:
    """Bob failed twice; Nour opened a lesson and stopped; Alice is through; Omar began today; Dana is staff."""
    add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax"))
    add_learner(site, "Omar Sy", ("Tunisia", "Sfax"))
    learn(site, "alice", 2)
    open_first(site, "nour")
    open_first(site, "dana")
    site.later(days=20)
    for _ in range(2):
        learn(site, "bob", 1, right=False)
    open_first(site, "omar")
    return site


def reasons(site: Site, who: str, query: str = "") -> list[tuple[str, str, str, str, str]]:
    rows = csv_rows(site.client(who), f"/en/reports/at-risk.csv?{query}")
    return [(row["name"], row["reason"], row["module"], row["lesson"], row["since"][:10]) for row in rows]


BOB = ("Bob Quispe", "Failed attempts", "housing", "", "2026-03-22")
NOUR = [
    ("Nour Khelifi", "No activity", "", "", "2026-03-02"),
    ("Nour Khelifi", "Stuck", "housing", "rooms", "2026-03-02"),
]


def test_each_rule_gives_its_reason(slow: Site) -> None:
    assert reasons(slow, "erin") == [BOB, *NOUR]
    assert reasons(slow, "erin", "days=21") == [BOB]
    assert [name for name, *_rest in reasons(slow, "erin", "who=staff")] == ["Dana Ferrer", "Dana Ferrer"]


def test_every_file_holds_the_same_rows(slow: Site) -> None:
    browser = slow.client("erin")
    rows = csv_rows(browser, "/en/reports/at-risk.csv")
    answer = json.loads(browser.page("/en/reports/at-risk.json"))
    book = read_xlsx(browser.get("/en/reports/at-risk.xlsx").get_data())
    assert answer["rows"] == rows
    assert list(book) == ["Rules", "At risk"]
    assert [line[0] for line in book["Rules"]] == answer["about"]
    assert [dict(zip(rows[0], map(as_text, line), strict=True)) | {"since": ""} for line in book["At risk"][1:]] == [
        row | {"since": ""} for row in rows
    ]
    assert {type(line[-1]) for line in book["At risk"][1:]} == {float}  # a time, which a sheet counts in days
    assert browser.get("/en/reports/at-risk.pdf").status_code == 404


def test_a_long_list_is_read_some_people_at_a_time(slow: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database takes some ten thousand values in one question, and fewer than there are learners."""
    erin = slow.client("erin")
    before = csv_rows(erin, "/en/reports/at-risk.csv")
    monkeypatch.setattr(risk, "STREAMED", 1)
    with counted_queries(slow) as said:
        assert csv_rows(erin, "/en/reports/at-risk.csv") == before
    assert len([one for one in said if "UNION ALL" in one]) == len({row["name"] for row in before}) == 2


def test_a_pass_and_a_completion_end_it(slow: Site) -> None:
    learn(slow, "bob", 1)
    learn(slow, "nour", 2)
    assert reasons(slow, "erin") == []
    slow.later(days=15)
    assert [(name, reason) for name, reason, *_rest in reasons(slow, "erin")] == [
        ("Bob Quispe", "No activity"), ("Omar Sy", "No activity"), ("Omar Sy", "Stuck"),
    ]  # fmt: skip


def test_what_a_module_no_longer_has_holds_nobody_up(slow: Site) -> None:
    """Nour opened a lesson and Bob failed a quiz that nobody can do any more."""
    with slow.session() as session:
        course = restore(session, live_digest(session))
        housing = replace(course.modules[0], lessons=course.modules[0].lessons[1:], quizzes={})
        shorter = replace(course, modules=(housing, *course.modules[1:]))
        asked: dict[str, Any] = {"scope": None, "filters": Filters(), "days": 14, "now": slow.now}
        found = risk.at_risk(session, course=shorter, **asked)
        assert [(one.name, [reason.rule for reason in one.reasons]) for one in found.people] == [("Nour Khelifi", ["quiet"])]
        assert tuple(risk.everyone(session, course=shorter, **asked)) == found.people


def test_a_manager_sees_only_their_people(slow: Site) -> None:
    assert reasons(slow, "carla") == NOUR
    html = slow.client("carla").page("/en/reports/at-risk")
    assert re.findall(r'dir="auto">([^<]+)</a><br>', html) == ["Nour Khelifi"]
    assert re.findall(r"<li>((?:No activity|Stuck|Failed)[^<]*\d{4})</li>", html) == [
        "No activity, since 2 March 2026", "Stuck: Housing, lesson “Rooms before rules”, since 2 March 2026",
    ]  # fmt: skip


def test_there_is_nobody_to_write_to_where_an_account_is_switched_off(slow: Site) -> None:
    with slow.session(write=True) as session:
        session.execute(update(Person).where(Person.id == slow.ids["nour"]).values(deactivated_at=slow.now))
    assert reasons(slow, "carla") == []


def test_what_cannot_be_asked(slow: Site) -> None:
    browser = slow.client("erin")
    for query in ("days=0", "days=9999", "days=some"):
        html = browser.page(f"/en/reports/at-risk?{query}", status=400)
        assert html.count("Days: write a whole number from 1 to 3650. Go back and change it there.") == 1
    for query in ("as_of=2026-03-03", "since=x"):
        assert browser.page(f"/en/reports/at-risk.csv?{query}", status=400).count("This list is of now") == 1
    html = browser.page("/en/reports/at-risk?days=&who=staff")
    assert html.count('<p class="over"><a href="/en/reports/completion?who=staff">Completion</a></p>') == 1


def test_queries_do_not_grow_with_people(slow: Site) -> None:
    counts = []
    for names in (("One A", "Two B"), ("Three C", "Four D", "Five E")):
        for name in names:
            add_learner(slow, name, ("Tunisia", "Sfax"))
            learn(slow, name.split()[0].lower(), 0)
        slow.later(days=30)
        browser = slow.client("erin")
        browser.page("/en/reports/at-risk")
        with counted_queries(slow) as said:
            browser.page("/en/reports/at-risk")
        counts.append(len([statement for statement in said if "publications" not in statement]))
    assert counts[0] == counts[1]


def test_the_page_says_whom_to_write_to(slow: Site) -> None:
    """Two people may have one name."""
    found = re.findall(
        r'dir="auto">([^<]+)</a><br><bdi class="quiet">([^<]+)</bdi>', slow.client("erin").page("/en/reports/at-risk")
    )
    assert found == [("Bob Quispe", "bob@example.org"), ("Nour Khelifi", "nour@example.org")]
