"""The completion report: every figure the same on the page, in the CSV, in the JSON, and on the learner's own page."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from sqlalchemy import select, update

import quizzes
from course.accounts import organisations, people
from course.accounts.tables import Membership, Organisation
from course.learning import attempts, lessons
from course.publishing.revisions import live_digest, restore
from course.reports import export
from tests.site import PASSWORD, Client, Site, counted_queries

COLUMNS = ("enrolled", "started", "not_started", "passed", "completed")


def learn(site: Site, who: str, modules: int, *, right: bool = True) -> None:
    """Somebody does every lesson and the quiz of the first modules, well or badly."""
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        lessons.enrol(session, person_id=site.ids[who], course=course, now=site.now)
        for module in course.modules[:modules]:
            given: dict[str, Any] = {"person_id": site.ids[who], "course": course, "module": module}
            for lesson in module.lessons:
                lessons.open_lesson(session, lesson=lesson, now=site.now, **given)
                lessons.mark_done(session, lesson=lesson, seen=0, now=site.now, **given)
            quiz = module.quizzes["en"]
            attempt = attempts.start(session, now=site.now, **given)
            if right:
                attempts.save(session, attempt, {item.id: quizzes.key_of(item) for item in quiz.items}, site.now)
            attempts.close(session, attempt, quiz=quiz, course=course, now=site.now)


def add_learner(site: Site, name: str, *paths: tuple[str, ...]) -> str:
    who = name.split(maxsplit=1)[0].lower()
    with site.session(write=True) as session:
        person = people.add(
            session, email=f"{who}@example.org", name=name, password="a long pass phrase", language="en", now=site.now
        )
        for path in paths:
            place: int | None = None
            for kind, part in zip(("country", "municipality", "department"), path, strict=False):
                place = organisations.find_or_add(session, parent_id=place, kind=kind, name=part, now=site.now)
            assert place is not None
            people.join(session, person_id=person.id, organisation_id=place, role="member", now=site.now)
        site.ids[who] = person.id
    return who


def page_figures(html: str) -> dict[str, dict[str, str]]:
    """Line → column → figure, as a person reads them on the page."""
    found = {}
    for name, cells in re.findall(r'<tr[^>]*data-line="([^"]*)"[^>]*>(.*?)</tr>', html, re.DOTALL):
        cell = {
            column: re.sub("<[^>]+>", "", value).replace("\u202f%", "").replace(" %", "").replace("\xa0%", "").strip()
            for column, value in re.findall(r'data-column="(\w+)">(.*?)</td>', cells, re.DOTALL)
        }
        found[name] = cell
    return found


def csv_rows(browser: Client, path: str) -> list[dict[str, str]]:
    text = browser.get(path).get_data()
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))


@pytest.fixture
def learned(site: Site) -> Site:
    """Alice is through, Bob failed one quiz, Nour began in two departments of Sfax, Omar is enrolled only; staff learned."""
    add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax", "Youth"), ("Tunisia", "Sfax", "Culture"))
    add_learner(site, "Omar Sy", ("Tunisia", "Sfax"))
    learn(site, "alice", 2)
    site.later(days=1)
    learn(site, "bob", 1, right=False)
    learn(site, "nour", 1)
    site.later(days=1)
    learn(site, "omar", 0)
    for who in ("carla", "dana", "erin"):
        learn(site, who, 2)
    return site


EXPECTED = {
    # organisation: enrolled, started, not started, passed, completed, mean score in percent
    "all": (4, 3, 1, 1, 1, "75"),
    "Peru": (1, 1, 0, 0, 0, "0"),
    "Peru › Lima": (1, 1, 0, 0, 0, "0"),
    "Tunisia": (3, 2, 1, 1, 1, "100"),
    "Tunisia › Sfax": (3, 2, 1, 1, 1, "100"),
    "Tunisia › Sfax › Culture": (1, 1, 0, 0, 0, "100"),
    "Tunisia › Sfax › Youth": (2, 2, 0, 1, 1, "100"),
    "housing": (4, 3, 1, 2, 2, "66"),
    "mobility": (4, 1, 3, 1, 1, "100"),
}


def test_every_figure_is_the_same_everywhere(learned: Site) -> None:
    browser = learned.client("erin")
    page = page_figures(browser.page("/en/reports/completion"))
    assert {name: (*(int(line[c]) for c in COLUMNS), line["mean"]) for name, line in page.items()} == EXPECTED
    rows = csv_rows(browser, "/en/reports/completion.csv")
    named = {row["module"] if row["module"] != "all" else row["organisation"]: row for row in rows}
    assert {n: (*(int(r[c]) for c in COLUMNS), r["mean_score_percent"]) for n, r in named.items()} == EXPECTED
    answer = json.loads(browser.page("/en/reports/completion.json"))
    assert [{k: "" if v is None else str(v) for k, v in line.items()} for line in answer["lines"]] == rows
    assert list(answer) == ["made_at", "filters", "rules", "lines"]


def test_every_number_opens_as_many_people_as_it_says(learned: Site) -> None:
    browser = learned.client("erin")
    html = browser.page("/en/reports/completion")
    links = re.findall(r'data-column="\w+"><a href="([^"]+)">(\d+)</a>', html)
    assert len(links) == sum(1 for line in EXPECTED.values() for n in line[:5] if n)
    for address, number in links:
        listed = browser.page(address.replace("&amp;", "&"))
        assert int(re.search(r"<h1>[^:<]+: (\d+) ", listed)[1]) == int(number), address  # type: ignore[index]
        assert len(re.findall(r'<th scope="row"><a href="/en/reports/people/', listed)) == int(number), address


def test_the_learner_sees_what_the_report_says(learned: Site) -> None:
    rows = csv_rows(learned.client("erin"), "/en/reports/completion/people.csv")
    assert {row["name"]: row["percent"] for row in rows} == {
        "Alice Ben Salah": "100", "Bob Quispe": "42", "Nour Khelifi": "57", "Omar Sy": "0",
    }  # fmt: skip
    for who, percent in (("alice", 100), ("bob", 42)):
        assert re.findall(r"(\d+)[\s\xa0\u202f]%", learned.client(who).page("/en/progress"))[0] == str(percent)


def test_a_manager_gets_only_the_subtree_by_every_path(learned: Site) -> None:
    browser = learned.client("carla")
    assert list(page_figures(browser.page("/en/reports/completion"))) == [
        "all", "Tunisia", "Tunisia › Sfax", "Tunisia › Sfax › Culture", "Tunisia › Sfax › Youth", "housing", "mobility",
    ]  # fmt: skip
    assert csv_rows(browser, "/en/reports/completion.csv")[0]["enrolled"] == "3"
    assert [row["name"] for row in csv_rows(browser, "/en/reports/completion/people.csv")] == [
        "Alice Ben Salah", "Nour Khelifi", "Omar Sy",
    ]  # fmt: skip
    with learned.session() as session:
        lima = session.execute(select(Organisation.public_id).where(Organisation.name == "Lima")).scalar_one()
        bob = people.by_email(session, "bob@example.org")
        assert bob is not None
        bob_page = f"/en/reports/people/{bob.public_id}"
    for path in ("completion", "completion.csv", "completion.json", "completion/people", "completion/people.csv"):
        assert browser.get(f"/en/reports/{path}?organisation={lima}").status_code == 404, path
    assert browser.get(bob_page).status_code == 404


def test_dates_take_both_days_in(learned: Site) -> None:
    browser = learned.client("erin")
    for since, until, enrolled in (
        ("2026-03-02", "2026-03-02", "1"), ("2026-03-03", "2026-03-03", "2"), ("2026-03-02", "2026-03-04", "4"),
        ("", "2026-03-03", "3"), ("2026-03-05", "", "0"),
    ):  # fmt: skip
        rows = csv_rows(browser, f"/en/reports/completion.csv?since={since}&until={until}")
        assert rows[0]["enrolled"] == enrolled, (since, until)


def test_a_wrong_day_is_said_by_its_field(learned: Site) -> None:
    browser = learned.client("erin")
    html = browser.page("/en/reports/completion?since=31.01.2026")
    assert html.count("Write a day as year-month-day, such as 2026-01-31.") == 2
    assert browser.get("/en/reports/completion.csv?since=31.01.2026").status_code == 400
    html = browser.page("/en/reports/completion?since=2026-02-02&until=2026-02-01")
    assert html.count("The last day is before the first. Change one of them.") == 2


def test_one_module(learned: Site) -> None:
    rows = csv_rows(learned.client("erin"), "/en/reports/completion.csv?module=housing")
    assert [(r["organisation"], r["module"], r["enrolled"], r["passed"], r["mean_score_percent"]) for r in rows] == [
        ("all", "housing", "4", "2", "66"),
        ("Peru", "housing", "1", "0", "0"),
        ("Peru › Lima", "housing", "1", "0", "0"),
        ("Tunisia", "housing", "3", "2", "100"),
        ("Tunisia › Sfax", "housing", "3", "2", "100"),
        ("Tunisia › Sfax › Culture", "housing", "1", "1", "100"),
        ("Tunisia › Sfax › Youth", "housing", "2", "2", "100"),
        ("all", "housing", "4", "2", "66"),
    ]


def test_a_deleted_account_keeps_counting_without_a_name(learned: Site) -> None:
    browser = learned.client("alice")
    browser.page("/en/account/delete")
    assert browser.send("/en/account/delete", {"current_password": PASSWORD}).status_code == 303
    rows = csv_rows(learned.client("erin"), "/en/reports/completion/people.csv")
    assert [(row["name"], row["email"], row["percent"]) for row in rows if row["percent"] == "100"] == [
        ("(deleted account)", "", "100")
    ]
    assert csv_rows(learned.client("erin"), "/en/reports/completion.csv")[0]["enrolled"] == "4"


def test_a_person_who_moved_away_counts_where_they_are_now(learned: Site) -> None:
    with learned.session(write=True) as session:
        session.execute(update(Membership).where(Membership.person_id == learned.ids["bob"]).values(until_at=learned.now))
    rows = {row["organisation"]: row for row in csv_rows(learned.client("erin"), "/en/reports/completion.csv")[:8]}
    assert (rows["all"]["enrolled"], rows["Peru › Lima"]["enrolled"]) == ("4", "0")


def test_queries_do_not_grow_with_organisations_and_people(site: Site) -> None:
    browser, counts = site.client("erin"), []
    for round_ in range(3):
        for n in range(4 * round_):
            add_learner(site, f"L{round_}x{n} X", ("Land", f"City {round_} {n}"))
            learn(site, f"l{round_}x{n}", 1)
        browser.page("/en/reports/completion")
        with counted_queries(site) as said:
            browser.page("/en/reports/completion")
            browser.page("/en/reports/completion/people")
        counts.append(len([one for one in said if "publications" not in one]))  # looked for twice a second, not by a page
    assert counts[1:] == [counts[1]] * 2 and counts[0] <= counts[1]


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1", "＝1+1", " =1", "\u200b=1", "\r=1"])
def test_no_cell_is_a_formula(name: str) -> None:
    text = export.to_csv(("name", "n"), [{"name": name, "n": -5}])
    row = next(iter(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))))
    assert (row["name"], row["n"]) == (f"'{name}", "-5")


@pytest.mark.parametrize("name", ["Åsa", "أمينة", "O'Neill", 'a "b", c', "two\nlines", "1 = 1"])
def test_other_texts_come_back_as_they_are(name: str) -> None:
    text = export.to_csv(("name",), [{"name": name}])
    assert next(iter(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))))["name"] == name
