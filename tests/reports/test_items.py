"""Item analysis: the same figures on the page, in the CSV, in the JSON and from the command, and whose attempts they are of."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations_with_replacement, permutations, product
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update

import quizzes
from course.accounts import people
from course.learning import attempts, expiring
from course.learning.tables import Attempt
from course.publishing.revisions import Live, live_digest, quizzes_of, restore
from course.reports import items, taken
from quizzes.analysis import ItemAnalysis, Row, analyse
from quizzes.grading import summed
from quizzes.model import Quiz, Response
from tests.quizzes.examples import ITEMS
from tests.rig.server import ROOT
from tests.sheets import table_of
from tests.site import Client, Site, counted_queries

PAGE = "/en/author/mobility/analysis"
NURSES, SCHOOL = Response(choices=("nurses",)), Response(choices=("school",))
RIGHT: dict[str, Response] = {
    "who-travels": NURSES,
    "paint-first": Response(choices=("true",)),
    "seats": Response(text="20"),
}
WRONG = {"who-travels": SCHOOL, "paint-first": Response(choices=("false",)), "seats": Response(text="40")}
# One person a line, in the order of the items: 1 right, 0 wrong, - no response.
MARKS = ("111", "110", "101", "100", "0-0", "01-")


def given(marks: str) -> dict[str, Response]:
    told = {"1": RIGHT, "0": WRONG}
    return {item: told[mark][item] for item, mark in zip(RIGHT, marks, strict=True) if mark in told}


def sit(site: Site, person_id: int, responses: dict[str, Response], *, close: bool = True, module: str = "mobility") -> None:
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        found = course.module(module)
        assert found is not None
        attempt = attempts.start(session, person_id=person_id, course=course, module=found, now=site.later(minutes=1))
        attempts.save(session, attempt, responses, site.now)
        if close:
            attempts.close(session, attempt, quiz=found.quizzes["en"], course=course, now=site.now)


def learners(site: Site, marks: Iterable[str]) -> list[int]:
    """One new learner for each line of marks, with a closed attempt."""
    made: list[int] = []
    for each in marks:
        with site.session(write=True) as session:
            address = f"l{len(made)}-{site.now:%d%H%M%S}@example.org"
            person = people.add(session, email=address, name="L", password="a long pass phrase", language="en", now=site.now)
            made.append(person.id)
        sit(site, made[-1], given(each))
    return made


def edit(site: Site, name: str, old: str, new: str) -> str:
    """Changes a file of the course, publishes it a day later, and gives the new revision's name."""
    path = site.folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    site.later(days=1)
    done = site.publish()
    assert done.course is not None
    return done.course.digest


@pytest.fixture
def sat(site: Site) -> Site:
    learners(site, MARKS)
    return site


def rows_of(browser: Client, path: str) -> list[dict[str, str]]:
    text = browser.get(path).get_data()
    assert text.startswith(b"\xef\xbb\xbf")
    return table_of(text.decode("utf-8-sig"))


def page_values(html: str) -> dict[tuple[str, ...], float]:
    """What a person reads, by item and figure, or by item, place and choice."""
    found: dict[tuple[str, ...], float] = {}
    for item, cells in re.findall(r'<tr data-item="([^"]+)">(.*?)</tr>', html, re.DOTALL):
        for name, value in re.findall(r'data-figure="(\w+)"><span data-value="([^"]+)"', cells):
            found[item, name] = float(value)
    for item, section in re.findall(r'id="item-([^"]+)"(.*?)</section>', html, re.DOTALL):
        for about, choice, row in re.findall(r'data-about="([^"]*)" data-choice="([^"]*)">(.*?)</tr>', section, re.DOTALL):
            if value := re.search(r'data-value="([^"]+)"', row):
                found[item, about, choice] = float(value[1])
    return found


def csv_values(rows: list[dict[str, str]]) -> dict[tuple[str, ...], float]:
    return {
        (row["item"], row["about"], row["choice"]) if row["figure"] == "taken" else (row["item"], row["figure"]): float(
            row["value"]
        )
        for row in rows
        if row["value"] and row["item"] != "quiz"
    }


def test_every_figure_is_the_same_everywhere(sat: Site) -> None:
    browser = sat.client("erin")
    rows = rows_of(browser, f"{PAGE}.csv")
    assert page_values(browser.page(PAGE)) == csv_values(rows)
    answer = json.loads(browser.page(f"{PAGE}.json"))
    assert [{k: "" if v is None else str(v) for k, v in line.items()} for line in answer["figures"]] == rows
    assert (answer["attempts"], answer["people"], len(answer["revisions"])) == ("first", 6, 1)
    assert list(answer["definitions"]) == [name for name, _ in items.DEFINITIONS]


def test_the_figures_are_those_of_the_library(sat: Site) -> None:
    with sat.session() as session:
        quiz = restore(session, live_digest(session)).modules[1].quizzes["en"]
        made = items.report(session, module="mobility", now=sat.now, is_inside=True)
    expected = analyse(quiz, [Row(n, quizzes.grade(quiz, given(marks)), given(marks)) for n, marks in enumerate(MARKS)])
    assert (made.analysis, made.chosen and made.chosen.quiz) == (expected, quiz)


def test_figures_by_hand(sat: Site) -> None:
    rows = rows_of(sat.client("erin"), f"{PAGE}.csv")
    found = csv_values(rows)
    assert [found[item, "facility"] for item in RIGHT] == [66.6667, 50, 33.3333]
    assert [found[item, "blank"] for item in RIGHT] == [0, 16.6667, 16.6667]
    assert (found["who-travels", "", "nurses"], found["paint-first", "", "false"]) == (66.6667, 33.3333)
    assert [(row["choice"], row["value"], row["is_key"]) for row in rows if row["item"] == "seats" and row["choice"]] == [
        ("correct", "33.3333", "1"), ("partial", "0.0", "0"), ("incorrect", "50.0", "0"), ("not_answered", "16.6667", "0"),
    ]  # fmt: skip
    assert {row["n"] for row in rows if row["value"]} == {"6"}
    assert [row["figure"] for row in rows if row["item"] == "quiz"] == ["mean", "alpha", "standard_error"]


def test_a_chart_stands_beside_each_table_and_the_key_is_marked_in_words(sat: Site) -> None:
    html = sat.client("erin").page(PAGE)
    sections = re.findall(r'<section class="item-figures".*?</section>', html, re.DOTALL)
    assert [section.count("<svg") for section in sections] == [1, 1, 1]
    for section in sections:
        lines = len(re.findall("<tr[^>]* data-about", section))
        assert (section.count('class="rail"'), section.count('class="range"')) == (lines, lines)
        assert section.count("✓ key") == section.count('class="ring"') == 1
    assert [words for _, words in items.DEFINITIONS if html.count(words.replace("'", "&#39;")) != 1] == []


def test_under_five_people_nothing_is_shown_but_that(site: Site) -> None:
    browser = site.client("dana")
    assert "Nobody has closed an attempt at this quiz yet." in browser.page(PAGE)
    assert rows_of(browser, f"{PAGE}.csv") == []
    learners(site, MARKS[:4])
    html = browser.page(PAGE)
    assert ("Fewer than 5 people" in html, "<svg class" in html, page_values(html)) == (True, False, {})
    assert rows_of(browser, f"{PAGE}.csv") == []
    answer = json.loads(browser.page(f"{PAGE}.json"))
    assert (answer["people"], answer["figures"]) == (None, [])
    learners(site, MARKS[:1])
    assert rows_of(browser, f"{PAGE}.csv")[0]["n"] == "5"


def test_an_author_is_told_of_no_fewer_than_five(site: Site) -> None:
    """15 people: of the first item 11 right and 4 wrong, of the second all right, of the third 6 right, 8 wrong, 1 without."""
    learners(site, ["111"] * 6 + ["110"] * 5 + ["010"] * 3 + ["01-"])
    told = {who: rows_of(site.client(who), f"{PAGE}.csv") for who in ("dana", "erin")}
    taken_by = {
        who: {(row["item"], row["choice"]): row["value"] for row in rows if row["figure"] == "taken"}
        for who, rows in told.items()
    }
    hidden = {key for key, value in taken_by["dana"].items() if value == "under 5"}
    assert hidden == {
        ("who-travels", "school"), ("who-travels", "nurses"),  # the rest of 15 would be told by the other
        ("seats", "not_answered"), ("seats", "incorrect"),
    }  # fmt: skip
    assert {key: value for key, value in taken_by["erin"].items() if key not in hidden} == {
        key: value for key, value in taken_by["dana"].items() if key not in hidden
    }
    figures = {(row["item"], row["figure"]): row["value"] for row in told["dana"] if row["figure"] != "taken"}
    assert [(figures[item, "facility"], figures[item, "blank"]) for item in RIGHT] == [
        ("", "0.0"),
        ("100.0", "0.0"),
        ("40.0", ""),
    ]
    html = site.client("dana").page(PAGE)
    assert html.count('<td class="n">under 5</td>') == len(hidden)
    left = len(re.findall(" data-about", html)) - len(hidden)  # lines, of which a bar and a range are drawn
    drawn = re.findall(r'<rect class="(?:key|taken)"[^>]* width="([\d.]+)"', html)
    assert (html.count('class="range"'), len(drawn)) == (left, 2)
    assert re.findall('<span class="figure">([^<]+)</span> (?:mean|alpha)', html) == ["70 %", "0"]  # of two items
    assert page_values(html) == csv_values([row for row in told["dana"] if row["value"] != "under 5"])
    left_out = "1 of 3 items is left out of these figures: what it earned would tell of fewer than 5 people."
    assert [site.client(who).page(PAGE).count(left_out) for who in ("dana", "erin")] == [1, 0]


def test_what_a_few_do_from_one_day_to_the_next_is_not_told(site: Site) -> None:
    """Whoever writes down a figure today and looks again tomorrow can subtract."""
    learners(site, ["111"] * 4)
    dana, erin = site.client("dana"), site.client("erin")
    told: list[tuple[list[str], str, list[dict[str, str]]]] = []
    for _ in range(8):
        learners(site, ["010"])
        html = dana.page(PAGE)
        told.append(
            (
                re.findall(r">(\d+)</span> people", html),
                re.findall(r" · ([\w ]+) attempts", html)[0],
                rows_of(dana, f"{PAGE}.csv"),
            )
        )
    assert [(people, attempts) for people, attempts, _rows in told] == [(["5"], "5")] * 5 + [(["10"], "10")] * 3
    assert [rows == told[place and place - 1][2] for place, (_people, _attempts, rows) in enumerate(told)] == [
        True, True, True, True, True, False, True, True,
    ]  # fmt: skip
    assert rows_of(erin, f"{PAGE}.csv")[0]["n"] == "12"
    assert dana.get(f"{PAGE}?attempts=all").status_code == dana.get(f"{PAGE}.csv?attempts=all").status_code == 403
    assert (dana.page(PAGE).count('name="attempts"'), erin.page(PAGE).count('name="attempts"')) == (0, 1)


def quiz_of(items: int, choices: str) -> Quiz:
    """Items of one choice each, of which the first is right."""
    offered = [{"id": name, "text": name, "correct": name == "a"} for name in choices]
    entries = [{"id": f"i{n}", "kind": "single_choice", "prompt": "?", "choices": offered} for n in range(items)]
    quiz = quizzes.read({"items": entries}).quiz
    assert isinstance(quiz, Quiz)
    return quiz


def row_of(quiz: Quiz, person: int, took: Sequence[str]) -> Row:
    """Somebody who took these, item by item; empty is no response."""
    responses = {f"i{n}": Response(choices=(choice,)) for n, choice in enumerate(took) if choice}
    return Row(person, quizzes.grade(quiz, responses), responses)


def test_what_was_over_and_not_closed_yet_changes_nothing_that_was_told(site: Site) -> None:
    """Nobody could close it, since the database was locked: closed later, it stands before others that had been told."""
    quiz = site.folder / "mobility" / "quiz.yaml"
    quiz.write_text(quiz.read_text().replace("attempts: 0\n", "attempts: 3\ntime_limit_minutes: 20\n"))
    assert site.publish().is_new
    learners(site, ["111"] * 5)
    sit(site, site.ids["bob"], given("000"), close=False)
    site.later(minutes=30)
    learners(site, ["111"] * 5)
    told = []
    for is_closed in (False, True):
        with site.session(write=True) as session:
            if is_closed:
                expiring.close_due(session, Live(), site.now)
            made = items.report(session, module="mobility", now=site.now, is_inside=False)
            told.append(made.analysis and made.analysis.people)
    assert told == [5, 10]


def test_who_closed_at_the_same_moment_is_not_told_before_five(site: Site) -> None:
    learners(site, ["111"] * 7)
    with site.session(write=True) as session:
        session.execute(update(Attempt).values(closed_at=site.now))
        made = items.report(session, module="mobility", now=site.now, is_inside=False)
        assert made.analysis
        assert made.analysis.people == 5


def test_nothing_that_is_hidden_can_be_worked_out() -> None:
    """Whoever knows how many people there are, and every figure that is told, is left with two lines or more."""
    quiz, chance, numbers = quiz_of(1, "abcd"), Random(7), set()
    for people_there in (5, 9, 20, 60) * 60:
        held = [row_of(quiz, n, chance.choice(("a", "a", "b", "b", "b", "c", "d", ""))) for n in range(people_there)]
        (whole,), (seen, (lines,)) = taken.analysed(quiz, held)[1], taken.told(quiz, held)
        assert seen is not None
        hidden = [was for was, line in zip(whole, lines, strict=True) if line.share is None]
        assert [was for was in whole if taken.is_few(was.count or 0) and was not in hidden] == []
        known = {True: seen.items[0].facility is not None, False: False}
        left = [one for one in hidden if not known[one.is_key] and not (one.choice == "not_answered" and seen.items[0].blank)]
        assert len(left) != 1, (whole, lines)
        numbers.add(len(hidden))
    assert numbers == {0, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("number", "choices", "people_there"), [(3, ("a", "b"), 5), (2, ("a", "b"), 12), (1, ("a", "b", "c", ""), 10)]
)
def test_of_all_groups_there_are_no_figure_tells_of_few(number: int, choices: tuple[str, ...], people_there: int) -> None:
    """Every way in which so many people may respond: those that are told alike differ in each number of 1 to 4 people.

    So whoever knows how it is hidden, and every figure of the page, cannot say how many took a choice, or did not.
    """
    quiz, ways = quiz_of(number, "".join(choices)), list(product(choices, repeat=number))
    alike: dict[str, list[list[list[int]]]] = {}
    for group in combinations_with_replacement(ways, people_there):
        found, lines = taken.told(quiz, [row_of(quiz, n, took) for n, took in enumerate(group)])
        shown = str((found and replace(found, items=()), [*map(figures_of, found.items)] if found else [], lines))
        taken_by = [[sum(took[n] == choice for took in group) for choice in choices] for n in range(number)]
        alike.setdefault(shown, []).append(taken_by)
    worked_out = [
        (told, counts)
        for told, groups in alike.items()
        for n in range(number)
        for place in range(len(choices))
        for counts in [{group[n][place] for group in groups}]
        if len(counts) == 1 and (taken.is_few(min(counts)) or taken.is_few(people_there - min(counts)))
    ]
    assert worked_out == []
    assert len(alike) > 10  # something is told


def figures_of(item: ItemAnalysis) -> list[object]:
    """What a page and its files say of an item, beside its lines."""
    return [getattr(item, name) for name in items.FIGURES]


def test_what_only_a_few_were_shown_is_in_no_sum() -> None:
    """Of an item that was drawn for three of twelve people nothing is told, and the mean would tell their points."""
    quiz = quiz_of(2, "ab")
    held = [row_of(quiz, n, ("ab"[n % 2], "a")) for n in range(12)]
    held = [replace(one, outcome=summed(one.outcome.items[: 2 if n < 3 else 1])) for n, one in enumerate(held)]
    whole, (seen, _lines) = taken.analysed(quiz, held)[0], taken.told(quiz, held)
    assert whole is not None
    assert seen is not None
    assert [one.mean and round(one.mean.value, 2) for one in (whole, seen)] == [54.17, 50]


def test_where_some_choices_earn_a_part_the_rest_does_not_tell_how_many_took_them() -> None:
    """Ten are right, three earn half, seven nothing: of 20 people who earn 57.5 %, that is."""
    entry = {
        "id": "i0", "kind": "single_choice", "prompt": "?", "credit": "weights",
        "choices": [{"id": name, "text": name, "weight": weight} for name, weight in (("a", 1), ("b", "1/2"), ("c", 0))],
    }  # fmt: skip
    quiz = quizzes.read({"items": [entry]}).quiz
    assert isinstance(quiz, Quiz)
    held = [row_of(quiz, n, took) for n, took in enumerate("a" * 10 + "b" * 3 + "c" * 7)]
    (whole, _), (seen, (lines,)) = taken.analysed(quiz, held), taken.told(quiz, held)
    facility = [one and one.items[0].facility for one in (whole, seen)]
    assert [one and round(one.value, 4) for one in facility] == [57.5, None]
    assert [line.count for line in lines] == [10, None, None, 0]


def told_of(item: dict[str, Any], given_ones: Iterable[Response]) -> tuple[list[int | None], list[int | None]]:
    """How often each line of an item was taken, and what of it is told."""
    quiz = quizzes.read({"items": [item]}).quiz
    assert isinstance(quiz, Quiz)
    held = [Row(n, quizzes.grade(quiz, {item["id"]: one}), {item["id"]: one}) for n, one in enumerate(given_ones)]
    (_, (whole,)), (_, (lines,)) = taken.analysed(quiz, held), taken.told(quiz, held)
    return [line.count for line in whole], [line.count for line in lines]


ORDERS = [Response(choices=one) for one in permutations(("count", "open", "follow"))]
ROWS = [Response(pairs=(("caretaker", one), ("nurse", two))) for one, two in product(("keys", "list", "money"), repeat=2)]


@pytest.mark.parametrize(("kind", "ways"), [("ordering", ORDERS), ("matching", ROWS)])
def test_of_all_groups_no_row_or_place_tells_of_few(kind: str, ways: list[Response]) -> None:
    alike: dict[tuple[int | None, ...], list[list[int | None]]] = {}
    for group in combinations_with_replacement([*ways, Response()], 5):
        whole, told = told_of(ITEMS[kind], group)
        alike.setdefault(tuple(told), []).append(whole)
    worked_out = [
        (told, counts)
        for told, groups in alike.items()
        for place in range(len(told))
        for counts in [{group[place] for group in groups}]
        if len(counts) == 1 and any(taken.is_few(number or 0) or taken.is_few(5 - (number or 0)) for number in counts)
    ]
    assert worked_out == []
    assert len(alike) > 5


def test_two_lines_of_two_people_would_be_one_each() -> None:
    """So what is hidden comes to five people together: the next that is taken least, and no key."""
    choices = [{"id": name, "text": name, "correct": name == "a"} for name in "abcd"]
    item = {"id": "i", "kind": "single_choice", "prompt": "?", "choices": choices}
    given_ones = (Response(choices=(one,)) for one in "a" * 20 + "b" * 21 + "cd")
    assert told_of(item, given_ones) == ([20, 21, 1, 1, 0], [20, None, None, None, 0])


def test_what_is_hidden_in_one_row_is_not_told_by_another() -> None:
    """Who gave no response is part of the sum of each row: hidden beside a line of one, it would be told by the other."""
    item = {
        "id": "i", "kind": "matching", "prompt": "?", "choices": [{"id": name, "text": name} for name in "abcd"],
        "pairs": [{"id": "one", "text": "1", "choice": "c"}, {"id": "two", "text": "2", "choice": "d"}],
    }  # fmt: skip
    matched = zip("aaaaaaaaabbbbbbbbb", "aaabbbbbbbbbbbbbbb", strict=True)
    given_ones = [*(Response(pairs=(("one", one), ("two", two))) for one, two in matched), *([Response()] * 8)]
    assert told_of(item, given_ones) == ([9, 9, 0, 0, 3, 15, 0, 0, 8], [None, 9, 0, 0, None, 15, 0, 0, None])


def test_of_an_order_each_place_tells_of_the_others() -> None:
    """Of eighteen who ordered three things, five began with the second and one ended with it."""
    orders = [("count", "open", "follow")] * 13 + [("open", "count", "follow")] * 4 + [("open", "follow", "count")]
    whole, told = told_of(ITEMS["ordering"], (Response(choices=one) for one in orders))
    assert (whole, set(told)) == ([13, 5, 0, 4, 13, 1, 1, 0, 17, 0], {None})
    whole, told = told_of(ITEMS["ordering"], (Response(choices=one) for one in [*orders[:13], *orders[13:14] * 5]))
    assert told == whole == [13, 5, 0, 5, 13, 0, 0, 0, 18, 0]


def test_of_many_who_ticked_it_is_not_told_that_a_few_did_not() -> None:
    offered = [{"id": name, "text": name, "correct": name != "c"} for name in "abc"]
    quiz = quizzes.read({"items": [{"id": "i0", "kind": "multiple_choice", "prompt": "?", "choices": offered}]}).quiz
    assert isinstance(quiz, Quiz)
    ticked = [("a", "b")] * 12 + [("b",)] * 3 + [("a", "b", "c")] * 6
    held = [Row(n, quizzes.grade(quiz, {"i0": one}), {"i0": one}) for n, took in enumerate(ticked) for one in [Response(took)]]
    _seen, (lines,) = taken.told(quiz, held)
    assert [(line.choice, line.count) for line in lines] == [("a", None), ("b", 21), ("c", None), ("not_answered", 0)]


def test_who_counts(sat: Site) -> None:
    """Neither staff, nor open attempts, nor other modules; later attempts only when all are asked for."""
    browser = sat.client("erin")
    before = rows_of(browser, f"{PAGE}.csv")
    for who in ("carla", "dana", "erin"):
        sit(sat, sat.ids[who], RIGHT)
    sit(sat, sat.ids["bob"], RIGHT, close=False)
    sit(sat, sat.ids["alice"], {}, module="housing")
    with sat.session() as session:
        again = session.scalars(select(Attempt.person_id).where(Attempt.module == "mobility").order_by(Attempt.id)).first()
    assert again is not None
    sit(sat, again, {})
    assert rows_of(browser, f"{PAGE}.csv") == before
    everything = rows_of(browser, f"{PAGE}.csv?attempts=all")
    assert {row["n"] for row in everything if row["value"]} == {"7"}
    assert csv_values(everything)["paint-first", "blank"] == 28.5714
    assert '<option value="all" selected>' in browser.page(f"{PAGE}?attempts=all")


def test_revisions_with_the_same_quiz_count_together_and_others_apart(sat: Site) -> None:
    with sat.session() as session:
        first = live_digest(session)
    second = edit(sat, "mobility/module.yaml", "How a town moves", "How our town moves")
    learners(sat, ["111"])
    third = edit(sat, "mobility/quiz.yaml", "half may be used", "half of them may be used")
    learners(sat, MARKS[:5])
    browser = sat.client("erin")
    html = browser.page(PAGE)
    options = re.findall(r'<option value="(\w+)"( selected)?>(\d+ \w+ 2026) · (\d+) attempts', html)
    assert options == [(third[:12], " selected", "4 March 2026", "5"), (second[:12], "", "2 March 2026", "7")]
    assert ("half of them may be used" in html, "half may be used" in html) == (True, False)
    for revision in (first, second[:12]):
        old = browser.page(f"{PAGE}?revision={revision}")
        assert ("half may be used" in old, ">7</a></span> people" in old) == (True, True)
        assert rows_of(browser, f"{PAGE}.csv?revision={revision}")[0]["n"] == "7"
    answer = json.loads(browser.page(f"{PAGE}.json?revision={first}"))
    assert (answer["revisions"], answer["since"]) == ([second, first], "2026-03-02T09:00:00+00:00")


def test_a_module_taken_away_can_still_be_read(sat: Site) -> None:
    edit(sat, "course.yaml", "[housing, mobility]", "[housing]")
    for path in sorted((sat.folder / "mobility").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (sat.folder / "mobility").rmdir()
    rooms = sat.folder / "housing" / "01-rooms-before-rules.md"
    rooms.write_text(rooms.read_text(encoding="utf-8").replace("[the other module](module:mobility)", "none"), encoding="utf-8")
    assert sat.publish().problems == ()
    assert "<h1>Item analysis</h1>" in sat.client("dana").page(PAGE)


@pytest.mark.parametrize(
    "path", ["none/analysis", "mobility/analysis?revision=0000", "mobility/analysis?attempts=best", "none/analysis.csv"]
)
def test_what_there_is_not(sat: Site, path: str) -> None:
    assert sat.client("dana").get(f"/en/author/{path}").status_code == 404


def test_who_may_read_it(sat: Site) -> None:
    for who, status in (("alice", 403), ("carla", 403), ("dana", 200), ("erin", 200)):
        browser = sat.client(who)
        assert [browser.get(f"{PAGE}{form}").status_code for form in ("", ".csv", ".json")] == [status] * 3
    assert f'<a href="{PAGE}">what the responses say' in sat.client("dana").page("/en/author/")


def test_queries_do_not_grow_with_attempts_and_versions(sat: Site) -> None:
    counts = []
    for round_ in range(3):
        if round_:
            edit(sat, "mobility/quiz.yaml", "prompt: ", "prompt: So ")
            learners(sat, MARKS * round_)
        browser = sat.client("erin")
        browser.page(PAGE)
        with counted_queries(sat) as said:
            browser.page(PAGE)
        # Whether the process looks for a newer revision depends on how long ago it did.
        counts.append(len([one for one in said if "publications" not in one and one != "BEGIN"]))
    assert counts == [counts[0]] * 3
    with sat.session() as session, counted_queries(sat) as said:
        items.report(session, module="mobility", now=sat.now, is_inside=True)
    assert len([one for one in said if one.lstrip().startswith("SELECT")]) == 3


def test_a_quiz_is_found_in_the_first_line_of_a_stored_course(site: Site) -> None:
    with site.session() as session:
        digest = live_digest(session)
        course = restore(session, digest)
        for module in course.modules:
            text = quizzes_of(session, [digest], module.slug)[digest]
            assert quizzes.read(json.loads(text)).quiz == module.quizzes["en"]
        assert quizzes_of(session, [digest], "none") == {digest: ""}
        assert quizzes_of(session, [], "housing") == {}


def test_letters_go_on_after_z() -> None:
    assert [taken.letters(n) for n in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


def test_lines_of_rows_and_places(site: Site) -> None:
    """A matching item and an ordering have a line for each choice in each row; the page leaves out those that say nothing."""
    for n in range(5):
        with site.session(write=True) as session:
            person = people.add(
                session, email=f"m{n}@example.org", name="M", password="a long pass phrase", language="en", now=site.now
            )
            person_id = person.id
        order = Response(choices=("open", "count", "follow")) if n else Response()
        sit(site, person_id, {"order": order, "who-does-what": Response(pairs=(("nurse", "list"),))}, module="housing")
    with site.session() as session:
        made = items.report(session, module="housing", now=site.now, is_inside=True)
    assert made.chosen is not None
    lines = {item.id: taken.shown(lines) for item, _found, lines in made.items}
    assert [(letter, one.words, one.count, one.is_key) for letter, one in lines["order"]] == [
        ("A", "Place 1: Count", 0, True),
        ("B", "Place 1: Open", 4, False),
        ("C", "Place 2: Count", 4, False),
        ("D", "Place 2: Open", 0, True),
        ("E", "Place 3: Follow up", 4, True),
        ("F", "No response", 1, False),
    ]
    assert [(one.words, one.count) for _, one in lines["who-does-what"]] == [
        ("The caretaker: Keeps the keys", 0),
        ("The street nurse: Keeps the list", 5),
        ("The treasurer: Keeps the money", 0),
        ("No response", 0),
    ]


def test_of_an_item_that_few_had_no_line_is_shown() -> None:
    quiz = quizzes.read({"items": [{"id": "a", "kind": "true_false", "prompt": "?", "correct": True}]}).quiz
    assert isinstance(quiz, Quiz)
    assert taken.taken_of(quiz.items[0], ItemAnalysis("a", 4)) == ()


def test_the_command_gives_the_same(sat: Site) -> None:
    settings, browser = sat.settings, sat.client("erin")
    environ = os.environ | {
        "COURSE_INSTANCE": str(settings.instance), "COURSE_DATABASE_URL": settings.database_url,
        "COURSE_MODULES": str(settings.modules),
    }  # fmt: skip

    def run(*words: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "course", "report", "items", *words]
        done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    assert run("mobility", "--no-head") == (0, browser.get(f"{PAGE}.csv?head=0").get_data(as_text=True), "")
    code, said, _ = run("mobility", "--format", "json")
    told, page = json.loads(said), json.loads(browser.page(f"{PAGE}.json"))
    assert (code, told | {"made_at": ""}) == (0, page | {"made_at": ""})
    assert run("mobility", "--revision", "00") == (
        1, "", "Error: --revision: nobody has closed an attempt on a revision `00`; leave it out for the newest\n",
    )  # fmt: skip
    assert run("housing") == (
        1, "", "Error: nobody has closed an attempt at a quiz of a module `housing`; there are quizzes of housing, mobility\n",
    )  # fmt: skip
