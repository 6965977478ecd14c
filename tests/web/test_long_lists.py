"""Lists that grow with use: a page stays as large as it was, and the links of the pages lead to every line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from course.accounts.tables import Change, Cohort, Mail, Membership, Organisation, Person
from course.learning.tables import Attempt, Regrade
from tests.learning.regrades import attempt
from tests.site import Client, Site

FEW, MANY = 60, 5000
MANY_OF_ONE = 400  # memberships of one person, each of which is weighed against all others where it is counted


@dataclass(frozen=True)
class Case:
    """Who looks where; what is told of each line; how many lines a page has, and how many of them are not of this test."""

    who: str
    path: str
    table: Any
    line: str
    size: int
    others: int = 0


CASES = {
    "attempts": Case("alice", "/en/modules/mobility/quiz", Attempt, r'<th scope="row"><a [^>]*>(\d+)</a></th>', 10, 1),
    "regrades": Case("dana", "/en/author/mobility/regrade", Regrade, r">(item-\d+): drop</a>", 50),
    "mails": Case("erin", "/en/admin/mails", Mail, r"· (Letter \d+) ·", 50),
    "cohorts": Case("erin", "/en/reports/cohorts", Cohort, r">(Cohort \d+)</a></th>", 50),
    "memberships": Case("erin", "/en/admin/people/{alice}", Membership, r'<li class="row"><span>(.*?)</span></span>', 10, 1),
    "memberships of ever": Case(
        "erin", "/en/reports/people/{alice}", Membership, r'</bdi></th>(.*?<td class="when">.*?)</td>', 10, 1
    ),
    "own memberships": Case("alice", "/en/account/", Membership, r"<li>(Tunisia.*?|Peru.*?)</li>", 10, 1),
}


def row(site: Site, table: Any, n: int, place: int, revision: str) -> dict[str, Any]:
    name, at, alice = f"{n:022}", site.now + timedelta(minutes=n), site.ids["alice"]
    if table is Attempt:
        result = {"raw": "1", "max": "3", "is_passed": False, "started_at": at, "closed_at": at, "pass_mark": 70}
        return {"public_id": name, "person_id": alice, "module": "mobility", "number": n + 1, "revision": revision, "seed": "1",
                **result}  # fmt: skip
    if table is Regrade:
        done = {"reached": 0, "seen": 0, "changed": 0, "finished_at": at}
        return {"public_id": name, "module": "mobility", "item": f"item-{n}", "rule": "drop", "payload": {}, "why": "Why.",
                "at": at, **done}  # fmt: skip
    if table is Mail:
        return {"recipient": "alice@example.org", "subject": f"Letter {n}", "body": "Words.", "created_at": at}
    if table is Cohort:
        return {"public_id": name, "name": f"Cohort {n:04}", "created_at": at}
    return {"person_id": alice, "organisation_id": place, "role": "member", "since_at": at}


def fill(site: Site, table: Any, numbers: range) -> None:
    with site.session(write=True) as session:
        place = session.scalars(select(Organisation.id).where(Organisation.name == "Lima")).one()
        revision = session.scalars(select(Attempt.revision).limit(1)).one()
        session.execute(insert(table), [row(site, table, n, place, revision) for n in numbers])


def pages(browser: Client, path: str, line: str) -> Iterator[list[str]]:
    """The lines of each page, from the first on by the links."""
    html = browser.page(path)
    while True:
        yield re.findall(line, html)
        found = re.search(r'<a href="([^"]*\?page=\d+)(?:#[a-z]+)?">Next</a>', html)
        if found is None:
            return
        html = browser.page(found.group(1) if found.group(1).startswith("/") else path + found.group(1))


@pytest.mark.parametrize("name", CASES)
def test_a_page_stays_as_large_and_leads_to_every_line(site: Site, name: str) -> None:
    case = CASES[name]
    attempt(site, "alice")
    with site.session() as session:
        path = case.path.format(alice=session.get_one(Person, site.ids["alice"]).public_id)
    fill(site, case.table, range(1, FEW + 1))
    browser = site.client(case.who)
    shown = list(pages(browser, path, case.line))
    total = FEW + case.others
    assert [len(lines) for lines in shown] == [case.size] * (total // case.size) + [total % case.size] * bool(total % case.size)
    if not name.endswith("memberships"):  # which are all of one place
        assert len({line for lines in shown for line in lines}) == total
    before = len(browser.page(path))
    many = MANY_OF_ONE if case.table is Membership else MANY
    fill(site, case.table, range(FEW + 1, many + 1))
    html = browser.page(path)
    assert len(html) - before < 400
    assert len(re.findall(case.line, html)) == case.size
    last = browser.page(f"{path}?page=999999")
    count = -(-(many + case.others) // case.size)
    assert last.count(f"<span>Page {count:,} of {count:,}</span>") == 1


def test_the_changes_of_a_person_are_the_newest_and_the_others_are_led_to(site: Site) -> None:
    erin, alice = site.client("erin"), site.ids["alice"]
    with site.session(write=True) as session:
        path = f"/en/admin/people/{session.get_one(Person, alice).public_id}"
        rows = [
            {"person_id": alice, "what": "role", "before": str(n), "after": "", "why": "", "at": site.now} for n in range(51)
        ]
        session.execute(insert(Change), rows)
    html = erin.page(path)
    assert re.findall(r'<td dir="auto">(\d+)</td>', html) == [str(n) for n in range(50, 0, -1)]
    assert html.count('<p>The newest 50. <a href="/en/admin/changes">Changes</a> has those of everybody.</p>') == 1


def test_of_many_cohorts_none_is_offered_but_the_one_that_is_asked_for(site: Site) -> None:
    attempt(site, "alice")
    fill(site, Cohort, range(1, 101))
    erin = site.client("erin")

    def offered(query: str) -> list[str]:
        html = erin.page(f"/en/reports/completion{query}").partition('name="cohort">')[2].partition("</select>")[0]
        return re.findall(r"<option[^>]*>([^<]*)</option>", html)

    assert offered("") == ["All", *(f"Cohort {n:04}" for n in range(1, 101))]
    fill(site, Cohort, range(101, MANY + 1))
    assert offered("") == []
    assert offered(f"?cohort={7:022}") == ["All", "Cohort 0007"]


def test_of_thousands_of_wrong_lines_the_first_are_told_and_all_come_back(site: Site) -> None:
    attempt(site, "alice")
    fill(site, Cohort, range(1, 2))
    erin = site.client("erin")
    erin.page(path := f"/en/reports/cohorts/{1:022}")
    lines = "\n".join(f"nobody-{n}@example.org" for n in range(MANY))
    html = erin.send(f"{path}/people", {"addresses": lines, "do": "in"}).get_data(as_text=True)
    assert html.count('<li><a href="#addresses">Line ') == 100
    assert html.count("<li>4,900 more: send these lines again once those above are right.</li>") == 1
    assert re.findall(r"nobody-\d+@example\.org", html.partition("<textarea")[2]) == lines.split("\n")
