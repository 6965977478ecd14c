"""The people behind a figure, page by page: by links, by number, and where few of many are meant."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from course.accounts import organisations, people
from course.accounts.tables import Membership, Organisation, Person
from course.learning.tables import Enrolment, ModuleState
from course.publishing.revisions import live_digest, restore
from course.reports import completion, counting, pages
from course.reports.filters import STATES, Filters
from course.reports.pages import Asked, Spot
from course.reports.people import behind, chosen
from course.reports.tables import EVERYWHERE
from course.reports.tallying import paused
from tests.reports.exact import check_tallies
from tests.sheets import csv_rows
from tests.site import Client, Site

PEOPLE = "/en/reports/completion/people"
NAMES = ("Ágnes", "agnes", "Zoë", "Åsa", "سلمى", "李", "")  # the last: deleted accounts


def fill(site: Site, number: int, *, rare: int = 0) -> None:
    """So many learners of Sfax, many of one name; all but ``rare`` of them have begun *housing*, and as many passed it."""
    with site.session(write=True) as session, paused(session.connection()):
        first = (session.scalar(select(Person.id).order_by(Person.id.desc()).limit(1)) or 0) + 1
        sfax = session.scalars(select(Organisation.id).where(Organisation.name == "Sfax")).one()
        ids = range(first, first + number)
        begun = {n: site.now - timedelta(weeks=20 if n < first + rare else n % 3) for n in ids}
        session.execute(
            insert(Person),
            [
                {
                    "id": n, "public_id": f"person-{n}", "name": NAMES[n % len(NAMES)], "language": "en", "role": "learner",
                    "created_at": site.now,
                }
                for n in ids
            ],
        )  # fmt: skip
        member = {"organisation_id": sfax, "role": "member", "since_at": site.now - timedelta(weeks=30)}
        session.execute(insert(Membership), [{"person_id": n, **member} for n in ids])
        session.execute(
            insert(Enrolment),
            [
                {
                    "person_id": n, "enrolled_at": begun[n], "last_at": site.now,
                    "completed_at": site.now if n < first + rare else None,
                }
                for n in ids
            ],
        )  # fmt: skip
        states = [
            {
                "person_id": n, "module": "housing", "started_at": begun[n], "last_at": site.now,
                "passed_at": site.now if n < first + 2 * rare else None,
            }
            for n in ids[rare:]
        ]  # fmt: skip
        session.execute(insert(ModuleState), states)
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SELECT setval('people_id_seq', :last)"), {"last": ids[-1]})


def shown(html: str) -> list[str]:
    """The addresses of the people on a page, in its order."""
    return re.findall(r'<th scope="row"><a href="/en/reports/people/([^"]+)"', html)


def link(html: str, words: str) -> str:
    """Where a link leads; empty where there is none."""
    found = re.search(rf'<a href="([^"]+)">{words}</a>', html)
    return unescape(found[1]) if found else ""


def walked(browser: Client, path: str) -> list[list[str]]:
    """The people of each page, from the first to the last, by links alone; and back, which must show the same."""
    there = [browser.page(path)]
    while onwards := link(there[-1], "Next"):
        there.append(browser.page(onwards))
    back = [there[-1]]
    while backwards := link(back[-1], "Previous"):
        back.append(browser.page(backwards))
    assert [shown(html) for html in reversed(back)] == [shown(html) for html in there]
    numbers = [re.findall(r"<span>Page (\d+) of (\d+)</span>", html) for html in there]
    assert numbers == [[(str(number), str(len(there)))] for number in range(1, len(there) + 1)]
    return [shown(html) for html in there]


@pytest.mark.parametrize("query", ["", "state=started&module=housing", "language=en", "who=everyone", "as_of=2026-03-02T09:00"])
def test_pages_are_walked_by_their_links(site: Site, query: str) -> None:
    fill(site, 120)
    browser = site.client("erin")
    found = walked(browser, f"{PEOPLE}?{query}")
    assert [len(page) for page in found] == [50, 50, 20]
    listed = [row["name"] for row in csv_rows(browser, f"{PEOPLE}.csv?{query}")]
    with site.session() as session:
        names = dict(session.execute(select(Person.public_id, Person.name)).all())
    assert [names[one] or "(deleted account)" for page in found for one in page] == listed
    assert len({one for page in found for one in page}) == 120


def test_an_address_with_the_number_alone_shows_the_same_page(site: Site) -> None:
    fill(site, 120)
    browser = site.client("erin")
    found = walked(browser, PEOPLE)
    assert [shown(browser.page(f"{PEOPLE}?page={number}")) for number in (0, 1, 2, 3, 4, 10**30)] == [found[0], *found, [], []]
    assert shown(browser.page(f"{PEOPLE}?page={10**30}&language=en")) == []
    assert shown(browser.page(f"{PEOPLE}?page=1&after={found[1][0]}")) == found[0]


def test_a_page_that_is_far_in_is_opened_from_the_page_before(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(site, 120)
    monkeypatch.setattr(pages, "FURTHEST", 100)
    browser = site.client("erin")
    found = walked(browser, f"{PEOPLE}?state=started")
    assert [len(page) for page in found] == [50, 50, 20]
    html = browser.page(f"{PEOPLE}?state=started&page=3", 404)
    assert (html.count("<h1>Page 3 is too far in</h1>"), shown(html)) == (1, [])
    assert shown(browser.page(link(html, "Page 2"))) == found[1]
    assert [shown(browser.page(f"{PEOPLE}?page={number}")) for number in (1, 2, 3)] == found  # of all it is near anyway
    assert shown(browser.page(f"{PEOPLE}?state=started&page=4")) == []


def test_beside_somebody_who_may_not_be_seen_the_pages_are_counted(site: Site) -> None:
    """Nobody learns from where a page begins how the name of a stranger reads."""
    fill(site, 120)
    browser, erin = site.client("carla"), site.client("erin")
    found = walked(browser, PEOPLE)
    with site.session() as session:
        bob = session.get_one(Person, site.ids["bob"]).public_id
    for stranger in (bob, "made-up", "%00", "'"):
        for edge in ("after", "before"):
            assert shown(browser.page(f"{PEOPLE}?page=2&{edge}={stranger}")) == found[1]
    assert shown(erin.page(f"{PEOPLE}?page=2&after={bob}")) != found[1]


def test_a_page_goes_on_behind_somebody_who_has_left_the_list(site: Site) -> None:
    fill(site, 120)
    browser = site.client("erin")
    found = walked(browser, PEOPLE)
    first = browser.page(PEOPLE)
    with site.session(write=True) as session:
        gone = session.scalars(select(Person).where(Person.public_id.in_(found[0][:10] + found[0][-1:]))).all()
        for person in gone:
            person.role = "author"
    assert shown(browser.page(link(first, "Next"))) == found[1]


def test_a_manager_of_two_places_sees_the_people_of_both_once(site: Site) -> None:
    fill(site, 120)
    with site.session(write=True) as session:
        lima = session.scalars(select(Organisation.id).where(Organisation.name == "Lima")).one()
        people.join(session, person_id=site.ids["carla"], organisation_id=lima, role="manager", now=site.now)
        both = session.scalar(select(Person.id).where(Person.public_id.startswith("person-"))) or 0
        people.join(session, person_id=both, organisation_id=lima, role="member", now=site.now)
        assert len(organisations.tops(session, [*organisations.subtree(session, [lima]), lima])) == 1
    found = walked(site.client("carla"), PEOPLE)
    assert [len(page) for page in found] == [50, 50, 20]
    assert len({one for page in found for one in page}) == 120


def course_of(session: Session) -> Any:
    return restore(session, live_digest(session))


def test_few_of_many_are_found_another_way(site: Site) -> None:
    """And are the same: of each figure, in a module, in a week, of staff too; the whole list comes in the same order."""
    fill(site, 6000, rare=3)
    with site.session() as session:
        check_tallies(session)
        course, places = course_of(session), [EVERYWHERE]
        quiet = counting.monday(counting.week_of(site.now - timedelta(weeks=20)))
        found: dict[tuple[str, str, bool], int | None] = {}
        for who, module, week in (("learners", "", None), ("everyone", "housing", None), ("learners", "", quiet)):
            filters = Filters(module=module, who=who, week=week)
            for state in ("enrolled", "completed") if week else STATES:
                asked = Asked(filters, state, completion.needed_to_pass(course, module), places)
                rare, _ = pages.few(session, asked, 6000 * pages.DEAR)
                found[state, module, week is not None] = None if rare is None else len(session.scalars(rare).all())
                expected = select(Person.public_id).where(
                    Person.id.in_(select(chosen(course, None, filters, state).subquery().c.person_id))
                )
                listed = session.scalars(expected.order_by(Person.name_key, Person.id)).all()
                for spot in (Spot(), Spot(5950)):
                    listing = behind(session, course=course, scope=None, filters=filters, state=state, spot=spot)
                    assert listing.total == len(listed)
                    assert [one.public_id for one in listing.people] == listed[spot.offset : spot.offset + 50]
    assert found == {
        ("enrolled", "", False): None, ("started", "", False): 5997, ("not_started", "", False): 3,
        ("passed", "", False): 0, ("completed", "", False): 3, ("certified", "", False): 0,
        ("enrolled", "housing", False): None, ("started", "housing", False): 5997, ("not_started", "housing", False): None,
        ("passed", "housing", False): 3, ("completed", "housing", False): 0, ("certified", "housing", False): 0,
        ("enrolled", "", True): 3, ("completed", "", True): 0,
    }  # fmt: skip


def plan_of(session: Session, query: Any) -> list[str]:
    """How the database will read; PostgreSQL as where there are many rows, since of a handful it reads all."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    for way in ("seqscan", "bitmapscan", "sort") if is_postgresql else ():
        session.execute(text(f"SET LOCAL enable_{way} = off"))
    said = str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
    return [str(row[-1]) for row in session.execute(text(f"EXPLAIN {'' if is_postgresql else 'QUERY PLAN '}{said}"))]


def test_no_page_goes_through_everybody(site: Site) -> None:
    """The index of names is read from a person on, in its order, and all else by its key."""
    with site.session() as session:
        for state, module in ((state, module) for state in STATES for module in ("", "housing")):
            asked = Asked(Filters(module=module), state, 2, [EVERYWHERE])
            everywhere = asked.everywhere(session)
            for rare in (None, pages.rarely(asked, everywhere)[0]):
                plan = "\n".join(plan_of(session, pages.page(asked, Spot(person=("m", 7)), 50, rare)))
                assert (
                    re.findall(r"(?:SCAN|Seq Scan on) (?:tally_places|people|enrolments|module_states)\b(?! USING)", plan) == []
                )
                if rare is None:
                    index = r"(?:COVERING INDEX|Index Only Scan using) ix_tally_places_name\b"
                    assert len(re.findall(index, plan)) == 1, plan
                    assert len(re.findall(r"\(name_key,person_id\)>|ROW\(name_key, person_id\) > ", plan)) == 1, plan
                    assert re.findall("TEMP B-TREE|Sort", plan) == []


def test_only_who_came_in_a_week_are_read_by_when_they_came(site: Site) -> None:
    """A report since a day, of most people, would take longer by that index than without it."""
    with site.session() as session:
        asked = Asked(Filters(week=date(2026, 3, 2)), "enrolled", 2, [EVERYWHERE])
        everywhere = asked.everywhere(session)
        rare, _number = pages.rarely(asked, everywhere)
        for query, is_read in (
            (pages.page(asked, Spot(), 50, rare), True),
            (counting.counted(Filters(since=date(2026, 3, 2))), False),
            (counting.counted(Filters(as_of=site.now)), False),
        ):
            assert ("ix_enrolments_enrolled" in "\n".join(plan_of(session, query))) == is_read


@pytest.mark.parametrize("week", [None, date(2026, 3, 2)])
def test_only_who_completed_a_module_are_read_by_when_they_did(site: Site, week: date | None) -> None:
    """Whoever is asked for by name is still found by their key, which PostgreSQL does once it knows how much there is."""
    with site.session() as session:
        asked = Asked(Filters(module="housing", week=week), "completed", 2, [EVERYWHERE])
        rare, _number = pages.rarely(asked, asked.everywhere(session))
        queries: list[tuple[Any, bool]] = [(rare, True), (pages.page(asked, Spot(), 50), False)]
        for query, is_read in queries if session.get_bind().dialect.name == "sqlite" else queries[:1]:
            assert ("ix_module_states_completed" in "\n".join(plan_of(session, query))) == is_read
