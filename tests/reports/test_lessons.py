"""Where people stop, and what an author is not told."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from course.learning import lessons, record
from course.publishing.revisions import live_digest, restore
from tests.learners import add_learner
from tests.sheets import as_text, csv_rows, page_figures, read_xlsx
from tests.site import Client, Site


def read(site: Site, who: str, number: int, done: int) -> None:
    """Somebody opens so many lessons of housing and finishes so many."""
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        module = course.modules[0]
        for place, lesson in enumerate(module.lessons[:number]):
            where: dict[str, Any] = {"person_id": site.ids[who], "course": course, "module": module, "lesson": lesson}
            lessons.open_lesson(session, now=site.later(minutes=1), **where)
            if place < done:
                lessons.mark_done(session, seen=0, now=site.later(minutes=1), **where)


def test_authors_see_no_small_figures(site: Site) -> None:
    for number in range(6):
        who = add_learner(site, f"L{number} X", ("Tunisia", "Sfax"))
        read(site, who, 3 if number == 0 else 2, 1)
    read(site, "dana", 3, 3)  # staff, who are left out
    site.later(minutes=1)
    columns = ("opened", "done", "stopped")
    seen = {
        who: {
            name: tuple(line[c] for c in columns)
            for name, line in page_figures(site.client(who).page("/en/reports/lessons")).items()
        }
        for who in ("erin", "dana")
    }
    assert list(seen["erin"].items())[:3] == [
        ("housing/rooms", ("6", "6", "0")), ("housing/rules", ("6", "0", "5")), ("housing/monday", ("1", "0", "1")),
    ]  # fmt: skip
    assert list(seen["dana"].items())[:3] == [
        ("housing/rooms", ("5", "5", "0")), ("housing/rules", ("5", "0", "5")),
        ("housing/monday", ("under 5", "0", "under 5")),
    ]  # fmt: skip
    check_files(site.client("dana"), seen["dana"])


def check_files(browser: Client, shown: dict[str, tuple[str, ...]]) -> None:
    rows = csv_rows(browser, "/en/reports/lessons.csv")
    assert {f"{row['module']}/{row['lesson']}": (row["opened"], row["done"], row["stopped"]) for row in rows} == shown
    answer = json.loads(browser.page("/en/reports/lessons.json"))
    assert [{name: as_text(value) for name, value in row.items()} for row in answer["rows"]] == rows
    sheet = read_xlsx(browser.get("/en/reports/lessons.xlsx").get_data())["Where people stop"]
    assert [dict(zip(rows[0], map(as_text, line), strict=True)) for line in sheet[1:]] == rows
    assert browser.get("/en/reports/lessons.pdf").status_code == 404


def test_active_minutes_leave_out_long_pauses(site: Site) -> None:
    """Six people: 4, 5, 6, 7, 8 and 9 minutes at the first lesson; then each goes away for an hour in the second."""
    for number in range(6):
        who = add_learner(site, f"L{number} X", ("Tunisia", "Sfax"))
        with site.session(write=True) as session:
            course = restore(session, live_digest(session))
            module, seconds = course.modules[0], 0
            for lesson, pause in zip(module.lessons[:3], ((4 + number) * 60, 61 * 60, 0), strict=True):
                where: dict[str, Any] = {"person_id": site.ids[who], "course": course, "module": module, "lesson": lesson}
                lessons.open_lesson(session, now=site.later(seconds=seconds), **where)
                seconds += pause
    told = {
        who: [line["minutes"] for line in page_figures(site.client(who).page("/en/reports/lessons")).values()][:3]
        for who in ("erin", "dana")
    }
    assert told == {"erin": ["7", "–", "–"], "dana": ["6", "under 5 people", "under 5 people"]}


def test_authors_are_not_told_the_minutes_of_few(site: Site) -> None:
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        module = course.modules[0]
        for minutes, lesson in enumerate(module.lessons[:2]):
            where: dict[str, Any] = {"person_id": site.ids["bob"], "course": course, "module": module, "lesson": lesson}
            lessons.open_lesson(session, now=site.later(minutes=minutes), **where)
    told = {
        who: [line["minutes"] for line in page_figures(site.client(who).page("/en/reports/lessons")).values()][:2]
        for who in ("erin", "dana")
    }
    assert told == {"erin": ["1", "–"], "dana": ["under 5 people", "under 5 people"]}


def test_no_sixth_moves_what_authors_are_told_of_minutes(site: Site) -> None:
    """Nor what one of the first five does there later. With the tenth it is of ten, as they are by then."""
    told: dict[str, list[str]] = {"erin": [], "dana": []}
    for number in range(11):
        who = add_learner(site, f"L{number} X", ("Tunisia", "Sfax"))
        spend(site, who, number + 1)
        if number == 4:
            spend(site, "l0", 20)
        for one, minutes in told.items():
            minutes.append(page_figures(site.client(one).page("/en/reports/lessons"))["housing/rooms"]["minutes"])
    assert told["erin"] == ["1", "2", "2", "3", "4", "5", "5", "6", "6", "7", "7"]
    assert told["dana"] == ["under 5 people"] * 4 + ["3"] * 5 + ["7"] * 2
    assert csv_rows(site.client("dana"), "/en/reports/lessons.csv")[0]["active_minutes"] == "7"


def spend(site: Site, who: str, minutes: int) -> None:
    """Somebody takes back a lesson, if it is done, and so many minutes later marks it as done; and is away for a day."""
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        module = course.modules[0]
        where: dict[str, Any] = {"person_id": site.ids[who], "course": course, "module": module, "lesson": module.lessons[0]}
        held = record.read(session.connection(), site.ids[who]).lesson(module.slug, module.lessons[0].id)
        if held.changes:
            lessons.undo(session, seen=held.changes, now=site.later(days=1), **where)
        else:
            lessons.open_lesson(session, now=site.later(days=1), **where)
        held = record.read(session.connection(), site.ids[who]).lesson(module.slug, module.lessons[0].id)
        lessons.mark_done(session, seen=held.changes, now=site.later(minutes=minutes), **where)


@pytest.mark.parametrize("who", ["dana", "erin"])
def test_it_stands_where_authors_and_administrators_find_it(site: Site, who: str) -> None:
    """In the main navigation under Author, whose page leads to it, as the line above its heading says."""

    def place(path: str) -> tuple[list[str], list[str]]:
        html = site.client(who).page(path)
        here = re.findall(r'<a href="([^"]+)" aria-current="page">', html.partition("</header>")[0])
        return here, re.findall(r'<p class="over"><a href="([^"]+)">', html)

    assert place("/en/author/") == (["/en/author/"], [])
    assert place("/en/reports/lessons") == (["/en/author/"], ["/en/author/"])
    if who == "erin":
        people = "/en/reports/lessons/people?module=housing&lesson=rooms&state=opened"
        assert place(people) == (["/en/author/"], ["/en/reports/lessons"])
        assert place("/en/reports/at-risk") == (["/en/reports/completion"], ["/en/reports/completion"])
