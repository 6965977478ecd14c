"""The people behind each count of the item analysis: as many as it says, in every form, and for administrators alone."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from html import unescape
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import insert, select

from course.learning.tables import Attempt, Given, Outcome
from course.publishing.revisions import live_digest, restore
from course.reports import item_people, items
from quizzes.analysis import possible
from quizzes.kinds import of
from quizzes.model import Item, Response
from tests import courses
from tests.reports.test_items import MARKS, PAGE, learners, rows_of, sit
from tests.sheets import as_text, read_xlsx
from tests.site import Site


def sit_at_everything(site: Site) -> None:
    """Seven people at a quiz with an item of every kind, each two times, with what chance gives them."""
    courses.write_files(site.folder, courses.water_files())
    assert site.publish().problems == ()
    with site.session() as session:
        found = [module for module in restore(session, live_digest(session)).modules if module.quizzes]
    chance = Random(11)
    for person in learners(site, [*MARKS, "1-1"]):
        for module in found:
            for _ in range(2):
                quiz = module.quizzes["en"]
                responses = {item.id: random_response(item, chance) for item in quiz.items if chance.random() < 0.8}
                sit(site, person, responses, module=module.slug)


def random_response(item: Item, chance: Random) -> Response:
    """One of what the item can count for, or the key."""
    kind = of(item)
    some = [*possible(kind)]
    if not some or chance.random() < 0.3:
        return kind.key()
    if kind.USES == "pairs":
        return Response(pairs=tuple(dict(chance.sample(some, len(some))).items()))
    return Response(choices=tuple(dict.fromkeys(choice for _, choice in chance.sample(some, 1 + len(some) // 3))))


@pytest.mark.parametrize("which", ["first", "all"])
def test_every_count_opens_as_many_as_it_says(site: Site, which: str) -> None:
    sit_at_everything(site)
    erin, opened = site.client("erin"), Counter[str]()
    for module in ("housing", "mobility", "water"):
        html = erin.page(f"/en/author/{module}/analysis?attempts={which}")
        counts = {
            unescape(address): int(number)
            for address, number in re.findall(r'<a href="([^"]+/analysis/people\?[^"]+)">(\d+)</a>', html)
        }
        for address, number in counts.items():
            rows = rows_of(erin, address.replace("/people?", "/people.csv?"))
            of_people = "item=" not in address and number == 7
            assert len({row["email"] for row in rows} if of_people else rows) == number, address
            opened[parse_qs(urlsplit(address).query).get("figure", ["taken"])[0]] += 1
    assert (opened["taken"] > 40, opened["facility"] > 8, opened["blank"] > 8) == (True, True, True)


def test_the_people_of_a_count_are_the_same_in_every_form(site: Site) -> None:
    learners(site, MARKS)
    query = "item=who-travels&choice=nurses"
    erin, path = site.client("erin"), "/en/author/mobility/analysis/people"
    html = erin.page(f"{path}?{query}")
    assert re.findall("<h1>(.*?)</h1>", html) == ["4 people"]
    rows = rows_of(erin, f"{path}.csv?{query}")
    assert [(row["name"], row["attempt"]) for row in rows] == [("L", "1")] * 4
    assert {row["email"].split("-")[0] for row in rows} == {"l0", "l1", "l2", "l3"}
    answer = json.loads(erin.page(f"{path}.json?{query}"))
    assert [{name: as_text(value) for name, value in row.items()} for row in answer["rows"]] == rows
    sheet = read_xlsx(erin.get(f"{path}.xlsx?{query}").get_data())["People"]
    told = [dict(zip(rows[0], map(as_text, line), strict=True)) for line in sheet[1:]]
    assert [row | {"closed_at": ""} for row in told] == [row | {"closed_at": ""} for row in rows]
    person = re.findall(r'<th scope="row"><a href="([^"]+)"', html)
    assert len(person) == 4
    assert len(re.findall(r"Started attempt 1\s+at the quiz", erin.page(person[0]))) == 1
    assert erin.get(f"{path}.pdf?{query}").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "item=none", "item=seats", "item=seats&choice=20", "item=who-travels&choice=correct", "item=who-travels&figure=mean",
        "item=who-travels&about=x&choice=nurses", "attempts=best", "revision=0000",
    ],
)  # fmt: skip
def test_what_is_no_count_opens_nobody(site: Site, query: str) -> None:
    learners(site, MARKS[:1])
    assert site.client("erin").get(f"/en/author/mobility/analysis/people?{query}").status_code == 404


def test_an_author_opens_nobody(site: Site) -> None:
    learners(site, MARKS)
    assert site.client("dana").page(PAGE).count("/analysis/people") == 0
    assert site.client("erin").page(PAGE).count("/analysis/people") > 10


def test_there_may_be_more_different_responses_than_a_statement_takes_parameters(site: Site) -> None:
    """SQLite as it is shipped takes 32,766; here it is told to take fewer."""
    learners(site, MARKS[:1])
    with site.session(write=True) as session:
        row = dict(session.execute(select(Attempt.__table__)).mappings().one())
        ids = range(row["id"] + 1, row["id"] + 200)
        outcome = {"item": "who-travels", "status": "correct", "raw": "1", "max": "1"}
        session.execute(insert(Attempt), [row | {"id": n, "public_id": f"copy-{n}", "number": n} for n in ids])
        session.execute(insert(Outcome), [outcome | {"attempt_id": n} for n in ids])
        given = {"item": "who-travels", "at": site.now}
        values = {n: {"choices": ["nurses" if n % 2 else "school"], "hints": n} for n in ids}
        session.execute(insert(Given), [given | {"attempt_id": n, "value": value} for n, value in values.items()])
    with site.session() as session:
        driver: Any = session.connection().connection.driver_connection
        if is_sqlite := isinstance(driver, sqlite3.Connection):
            before = driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 50)
        version = items.versions(session, "mobility", "all")[0]
        count = item_people.Count("who-travels", choice="nurses")
        taken = item_people.attempts_of(session, version, "mobility", "all", count)
        assert item_people.number(session, taken) == (1 + sum(n % 2 for n in ids), 1)
        if is_sqlite:  # or the next to use the connection would have the limit
            driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, before)
