"""A record page by page, as its learner reads it and as those who may: however long it is, both pages stay as quick."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from course.accounts.tables import Person
from course.learning import facts, history
from course.learning.tables import Fact
from tests.learners import learn
from tests.learning.regrades import attempt
from tests.records import listed, to, walk
from tests.site import Site, counted_queries

both = pytest.mark.parametrize("reader", ["alice", "erin"])


def keep(site: Site, who: str, number: int, minutes: int = 1) -> None:
    """Somebody marks a lesson and takes it back until so many facts are on their record, so many minutes apart."""
    with site.session(write=True) as session:
        held = session.execute(select(Fact.id, Fact.revision).where(Fact.person_id == site.ids[who])).all()
        found = [
            facts.fact(
                key=f"lesson:{site.ids[who]}:housing:rooms:{n}",
                person_id=site.ids[who],
                kind="completed_lesson" if n % 2 else "undid_lesson",
                module="housing",
                lesson="rooms",
                revision=held[0].revision,
                now=site.later(minutes=minutes),
                how="marked",
            )
            for n in range(len(held) + 1000, number + 1000)
        ]
        facts.add_all(session.connection(), found)


def address(site: Site, reader: str) -> str:
    """The page with Alice's record for herself, or for an administrator."""
    if reader == "alice":
        return "/en/progress"
    with site.session() as session:
        return f"/en/reports/people/{session.get_one(Person, site.ids['alice']).public_id}"


@pytest.mark.parametrize(("reader", "queries"), [("alice", 8), ("erin", 11)])
def test_a_page_costs_the_same_however_long_the_record_is(site: Site, reader: str, queries: int) -> None:
    learn(site, "alice", 1)
    browser, path = site.client(reader), address(site, reader)
    asked, lines, sizes = [], [], []
    for number in (50, 100, 5000):
        keep(site, "alice", number, minutes=0)
        browser.page(path)
        with counted_queries(site) as said:
            html = browser.page(path)
        asked.append(len([one for one in said if "publications" not in one and one != "BEGIN"]))
        lines.append(len(listed(html)))
        sizes.append(len(re.sub(r"=\d+#record", "=…#record", html)))  # where the next page begins is a longer number
    assert (asked, lines) == ([queries] * 3, [50] * 3)
    assert sizes[0] <= sizes[1] == sizes[2]


@both
def test_older_leads_to_the_first_fact_and_newer_back(site: Site, reader: str) -> None:
    learn(site, "alice", 1)
    learn(site, "bob", 1)
    keep(site, "alice", 120)
    browser, path = site.client(reader), address(site, reader)
    older = walk(browser, path, "", "Older")
    assert [len(page) for page in older] == [50, 50, 20]
    every = [line for page in older for line in page]
    assert len({line.split("|")[2] for line in every[:100]}) == 100  # a minute each
    assert every[-1].split("|")[4].strip() == "Enrolled in the course"
    newer = walk(browser, path, "?after=0", "Newer")
    assert newer == [every[70:], every[20:70], every[:50]]
    keep(site, "alice", 121)
    assert walk(browser, path, "?after=0", "Newer")[-1][1:] == every[:49]


@both
def test_each_page_says_which_facts_it_has_and_leads_to_the_others(site: Site, reader: str) -> None:
    learn(site, "alice", 1)
    keep(site, "alice", 120)
    browser, path = site.client(reader), address(site, reader)
    places = ["Newest", "Newer", "Older", "Oldest"]

    def told(query: str) -> tuple[str, list[str]]:
        html = browser.page(path + query)
        said = re.findall(r"<p>(The newest \d+ facts\.|\d+ facts, from .*? back to .*?\.)</p>", html)
        return re.sub(r"\d+ \w+ \d+, \S+ UTC", "…", " ".join(said)), [one for one in places if to(one, html)]

    middle = to("Older", browser.page(path))
    assert told("") == told("?before=now") == ("The newest 50 facts.", ["Older", "Oldest"])
    assert told(str(middle)) == ("50 facts, from … back to ….", places)
    assert told("?after=0") == ("50 facts, from … back to ….", ["Newest", "Newer"])


@both
@pytest.mark.parametrize("query", ["before=x", "before=", f"before={10**30}", f"after={10**30}", "after=x", "before=-1&after="])
def test_a_place_that_there_is_not_is_answered_by_a_page_of_the_record(site: Site, reader: str, query: str) -> None:
    learn(site, "alice", 1)
    keep(site, "alice", 60)
    browser, path = site.client(reader), address(site, reader)
    html = browser.page(f"{path}?{query}")
    if "-1" in query:
        assert html.count('<p>The record begins after this. <a href="?before=now#record">Its newest facts</a></p>') == 1
        assert listed(html) == []
    else:
        assert listed(html) == listed(browser.page(path))


@both
def test_a_fact_of_somebody_else_is_a_place_and_is_never_shown(site: Site, reader: str) -> None:
    learn(site, "alice", 1)
    learn(site, "bob", 2)
    browser, path = site.client(reader), address(site, reader)
    with site.session() as session:
        theirs = session.scalars(select(Fact.id).where(Fact.person_id == site.ids["bob"]).order_by(Fact.id)).all()
    own = listed(browser.page(path))
    assert listed(browser.page(f"{path}?before={theirs[-1]}")) == own
    assert listed(browser.page(f"{path}?after={theirs[0]}")) == own


def test_the_record_of_ones_own_opens_where_its_pages_are_turned(site: Site) -> None:
    learn(site, "alice", 1)
    browser = site.client("alice")
    pages = [browser.page(f"/en/progress{query}") for query in ("", "?before=now", "?after=0", "?notice=saved")]
    assert [page.count('<details id="record" open>') for page in pages] == [0, 1, 1, 0]


def test_nobody_has_a_record_before_they_begin(site: Site) -> None:
    html = site.client("bob").page("/en/progress?before=3")
    assert html.partition('id="record"')[2].count("<p>None yet.</p>") == 1
    assert listed(html) == []


def test_of_many_attempts_at_a_quiz_the_latest_are_listed(site: Site) -> None:
    browser = site.client("alice")
    attempt(site, "alice", module="housing")
    for _ in range(history.LATEST):
        attempt(site, "alice")
    path, words = "/en/progress", "<p>The latest 10 at each quiz; the page of a quiz has them all.</p>"

    def numbers(html: str) -> list[str]:
        table = html.partition('aria-label="Attempts"')[2].partition("</table>")[0]
        return [f"{quiz} {number}" for quiz, number in re.findall(r"<a [^>]+>(.*?)</a></th><td class=\"n\">(\d+)<", table)]

    html = browser.page(path)
    quizzes = list(dict.fromkeys(line.rpartition(" ")[0] for line in numbers(html)))
    assert numbers(html) == [f"{quizzes[0]} 1", *(f"{quizzes[1]} {n}" for n in range(1, 11))]
    assert html.count(words) == 0
    attempt(site, "alice")
    html = browser.page(path)
    assert numbers(html) == [f"{quizzes[0]} 1", *(f"{quizzes[1]} {n}" for n in range(2, 12))]
    assert html.count(words) == 1
    quiz = [
        browser.page(f"/en/modules/mobility/quiz?page={page}").partition('aria-label="Your attempts"')[2] for page in (1, 2)
    ]
    assert [re.findall(r'<th scope="row"><a [^>]+>(\d+)</a>', html) for html in quiz] == [[*map(str, range(11, 1, -1))], ["1"]]
