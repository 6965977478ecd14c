"""The tallies: every trigger, one change at a time; many learners at once; nothing paid where no figure changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import ColumnElement, and_, delete, func, insert, literal, select, text, update
from sqlalchemy.orm import Session

from course.accounts import organisations, people
from course.accounts.tables import Membership, Organisation, Person
from course.learning import certificates, lessons
from course.learning.tables import Certificate, CertificateNote, Enrolment, LessonState, ModuleState
from course.publishing.revisions import live_digest, restore
from course.reports import completion
from course.reports.filters import Filters
from course.reports.tables import Tally, TallyChange
from course.reports.tallying import paused
from tests.learners import add_learner, learn
from tests.reports.exact import check_tallies, tallies
from tests.rig.together import at_once
from tests.sheets import csv_rows, page_figures
from tests.site import START, Site

FOLDED = 2000  # of the migration


@pytest.fixture
def learned(site: Site) -> Site:
    """Alice is through, Nour began in two departments of Sfax, Omar is enrolled only; Erin, of the staff, learned."""
    add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax", "Youth"), ("Tunisia", "Sfax", "Culture"))
    add_learner(site, "Omar Sy", ("Tunisia", "Sfax"))
    learn(site, "alice", 2)
    site.later(days=9)
    learn(site, "nour", 1)
    learn(site, "omar", 0)
    learn(site, "erin", 1)
    return site


def of_state(site: Site, who: str) -> ColumnElement[bool]:
    return and_(ModuleState.person_id == site.ids[who], ModuleState.module == "housing")


def place(session: Session, name: str) -> Organisation:
    return session.scalars(select(Organisation).where(Organisation.name == name)).one()


def move(site: Site, session: Session, name: str, under: str | None) -> None:
    to = place(session, under).id if under else None
    organisations.change(session, place(session, name), name=name, parent_id=to, now=site.now)


Change = Callable[[Site, Session], object]
CHANGES: dict[str, Change] = {
    "a module begun": lambda site, session: session.execute(
        insert(ModuleState).values(person_id=site.ids["omar"], module="mobility", started_at=START, last_at=START)
    ),
    "two modules begun and passed in one statement": lambda site, session: session.execute(
        insert(ModuleState).from_select(
            ["person_id", "module", "started_at", "last_at", "score", "score_ppm", "passed_at"],
            select(
                literal(site.ids["omar"]), ModuleState.module, ModuleState.started_at, ModuleState.last_at, ModuleState.score,
                ModuleState.score_ppm, ModuleState.passed_at,
            ).where(ModuleState.person_id == site.ids["alice"]),
        )
    ),
    "all passes taken in one statement": lambda site, session: session.execute(update(ModuleState).values(passed_at=None)),
    "all completions given in one statement": lambda site, session: session.execute(
        update(ModuleState).values(completed_at=site.now, score="1/2", score_ppm=500_000)
    ),
    "a start re-dated": lambda site, session: session.execute(
        update(ModuleState).where(of_state(site, "alice")).values(started_at=START - timedelta(days=40))
    ),
    "a score changed": lambda site, session: session.execute(
        update(ModuleState).where(of_state(site, "nour")).values(score="1/3", score_ppm=333_333)
    ),
    "a name changed": lambda site, session: session.execute(
        update(Person).where(Person.id == site.ids["nour"]).values(name="Zahra Khelifi", name_key="zahra khelifi")
    ),
    "a score taken": lambda site, session: session.execute(
        update(ModuleState).where(of_state(site, "nour")).values(score=None, score_ppm=None)
    ),
    "a state lost": lambda site, session: session.execute(delete(ModuleState).where(of_state(site, "alice"))),
    "an enrolment re-dated": lambda site, session: session.execute(
        update(Enrolment).values(enrolled_at=START - timedelta(days=300), completed_at=site.now)
    ),
    "an enrolment lost": lambda site, session: session.execute(
        delete(Enrolment).where(Enrolment.person_id == site.ids["nour"])
    ),
    "an enrolment that finds states": lambda site, session: (
        session.execute(insert(ModuleState).values(person_id=site.ids["bob"], module="x", started_at=START, last_at=START)),
        session.execute(
            insert(Enrolment).values(
                person_id=site.ids["bob"], enrolled_at=START, last_at=START, modules_completed=0, is_started=False,
                modules_passed=7, is_certified=True,
            )
        ),
    ),
    "a certificate revoked": lambda site, session: certificates.revoke(
        session, session.scalars(select(Certificate)).one(), by_id=site.ids["erin"], why="test", now=site.now
    ),
    "a certificate noted": lambda site, session: certificates.note(
        session, session.scalars(select(Certificate)).one(), by_id=None, text="test", now=site.now
    ),
    "a certificate lost": lambda site, session: session.execute(delete(Certificate)),
    "a revocation lost": lambda site, session: (
        CHANGES["a certificate revoked"](site, session), session.execute(delete(CertificateNote)),
    ),
    "a learner becomes an author": lambda site, session: people.set_role(
        session, session.get_one(Person, site.ids["alice"]), "author", by_id=None, now=site.now
    ),
    "an administrator learns": lambda site, session: people.set_role(
        session, session.get_one(Person, site.ids["erin"]), "learner", by_id=None, now=site.now
    ),
    "a learner becomes a manager": lambda site, session: people.join(
        session, person_id=site.ids["omar"], organisation_id=place(session, "Peru").id, role="manager", now=site.now
    ),
    "one of two departments left": lambda site, session: people.leave(
        session, person_id=site.ids["nour"], organisation_id=place(session, "Youth").id, role="member", now=site.now
    ),
    "all memberships ended in one statement": lambda site, session: session.execute(
        update(Membership).values(until_at=site.now)
    ),
    "memberships lost": lambda site, session: session.execute(delete(Membership)),
    "a department moves to another country": lambda site, session: move(site, session, "Youth", "Lima"),
    "a city becomes a country": lambda site, session: move(site, session, "Sfax", None),
    "a country moves below another": lambda site, session: move(site, session, "Tunisia", "Peru"),
    "somebody is erased": lambda site, session: people.erase(
        session, session.get_one(Person, site.ids["alice"]), by_id=None, now=site.now
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_comes_to_the_tallies(learned: Site, name: str) -> None:
    """And is taken back with its transaction."""
    with learned.session() as session:
        check_tallies(session)
        before = tallies(session)
    with learned.session(write=True) as session:
        CHANGES[name](learned, session)
        check_tallies(session)
        is_kept = name in {"a certificate noted", "somebody is erased", "a revocation lost", "a name changed"}
        assert (tallies(session) == before) == is_kept
        session.rollback()
        assert tallies(session) == before


def test_what_changes_no_figure_writes_nothing(learned: Site) -> None:
    """A lesson opened or done, a clip watched, a quiz graded to the same score."""
    with learned.session(write=True) as session:
        last = session.scalar(select(func.max(TallyChange.id)))
        course = restore(session, live_digest(session))
        module = course.modules[0]
        given: dict[str, Any] = {"person_id": learned.ids["nour"], "course": course, "module": module, "now": learned.now}
        for lesson in module.lessons:
            lessons.open_lesson(session, lesson=lesson, **given)
            lessons.undo(session, lesson=lesson, seen=1, **given)
            lessons.mark_done(session, lesson=lesson, seen=2, **given)
        assert session.scalars(select(func.max(LessonState.changes))).one() == 3
        session.execute(update(ModuleState).values(score_ppm=ModuleState.score_ppm, passed_at=ModuleState.passed_at))
        session.flush()
        assert session.scalar(select(func.max(TallyChange.id))) == last


def test_changes_are_folded_in(learned: Site) -> None:
    """Every so many are added to the tallies and gone; what is read is the same before and after."""
    with learned.session(write=True) as session:
        for number in range(320):
            session.execute(update(ModuleState).values(score="1", score_ppm=number))
        check_tallies(session)
        assert (session.scalar(select(func.count()).select_from(TallyChange)) or 0) < FOLDED
        assert session.scalars(select(func.sum(Tally.number)).where(Tally.measure == "score")).one() != 0


def test_a_crowd_is_counted_at_one_stroke(learned: Site) -> None:
    """While the triggers rest nothing is counted; at the end everybody is, and the triggers are awake again."""
    with learned.session(write=True) as session:
        session.execute(update(ModuleState).values(score_ppm=ModuleState.score_ppm + 1))
        before = tallies(session)
        with paused(session.connection()):
            CHANGES["two modules begun and passed in one statement"](learned, session)
            CHANGES["a learner becomes an author"](learned, session)
            session.flush()
            assert tallies(session) == before
        check_tallies(session)
        assert session.scalars(select(TallyChange)).all() == []
        for name in ("all completions given in one statement", "a department moves to another country", "a state lost"):
            CHANGES[name](learned, session)
            check_tallies(session)


def test_people_who_are_added_at_one_stroke_are_counted_beside_the_others(learned: Site) -> None:
    """What is there already is neither counted again nor folded; whoever changes later is counted by the triggers."""
    with learned.session(write=True) as session:
        session.execute(update(ModuleState).values(score_ppm=ModuleState.score_ppm + 1))
        waiting = session.scalar(select(func.count()).select_from(TallyChange))
        last = session.scalars(select(func.max(Person.id))).one()
        with paused(session.connection(), beyond=last):
            about = {"role": "learner", "language": "en", "created_at": START}
            for number in (last + 1, last + 2):
                person = {"id": number, "public_id": f"p{number}", "name": f"L{number}"} | about
                session.execute(insert(Person).values(person))
                home = {"organisation_id": place(session, "Youth").id, "role": "member", "since_at": START}
                session.execute(insert(Membership).values({"person_id": number} | home))
                session.execute(
                    insert(Enrolment).values(person_id=number, enrolled_at=START, last_at=START, modules_completed=0)
                )
                state = {"module": "housing", "started_at": START, "last_at": START, "passed_at": START, "score_ppm": 900_000}
                session.execute(insert(ModuleState).values({"person_id": number, "score": "9/10"} | state))
        assert session.scalar(select(func.count()).select_from(TallyChange)) == waiting
        check_tallies(session)
        for name in ("all passes taken in one statement", "a department moves to another country"):
            CHANGES[name](learned, session)
            check_tallies(session)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_many_learners_of_one_country_at_once(site: Site) -> None:
    """Nobody waits for another to be counted, none is refused, and an organisation that moves takes everybody along."""
    names = [f"L{number}" for number in range(24)]
    for number, name in enumerate(names):
        add_learner(site, f"{name} X", ("Tunisia", "Sfax", ("Youth", "Culture")[number % 2]), ("Tunisia", "Gabès"))

    def work(mine: list[str]) -> None:
        for name in mine:
            learn(site, name.lower(), 2)

    def reorganise() -> None:
        for number in range(12):
            with site.session(write=True) as session:
                move(site, session, "Youth", ("Lima", "Sfax")[number % 2])
            with site.session(write=True) as session:
                person, where = site.ids[names[number].lower()], place(session, "Gabès").id
                (people.leave if number % 2 else people.join)(
                    session, person_id=person, organisation_id=where, role="manager", now=site.now
                )

    at_once(reorganise, *(partial(work, names[start::8]) for start in range(8)))
    with site.session() as session:
        check_tallies(session)
        course = restore(session, live_digest(session))
        report = completion.completion(session, course=course, scope=None, filters=Filters(who="everyone"), now=site.now)
        assert (report.total.counts.enrolled, report.total.counts.completed) == (24, 24)


def test_the_upper_levels_alone_are_on_the_page_of_a_large_tree(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a link one level down; the figures are those of the files, which hold every line."""
    monkeypatch.setattr("course.web.reports.MOST", 3)
    for number in range(4):
        add_learner(site, f"L{number} X", ("Tunisia", f"City {number}", "Youth"))
        learn(site, f"l{number}", 1)
    browser = site.client("erin")
    rows = {row["organisation"]: row for row in reversed(csv_rows(browser, "/en/reports/completion.csv"))}
    assert len(rows) == 14
    top = browser.page("/en/reports/completion")
    assert list(page_figures(top)) == ["all", "Peru", "Tunisia", "housing", "mobility"]
    assert top.count("11 more stand further down: choose one above for its own. The files hold them all.") == 1
    with site.session() as session:
        tunisia, city = place(session, "Tunisia").public_id, place(session, "City 2").public_id
    below = page_figures(browser.page(f"/en/reports/completion?organisation={tunisia}"))
    assert list(below) == [
        "Tunisia", "Tunisia › City 0", "Tunisia › City 1", "Tunisia › City 2", "Tunisia › City 3", "Tunisia › Sfax",
        "housing", "mobility",
    ]  # fmt: skip
    last = browser.page(f"/en/reports/completion?organisation={city}")
    assert list(page_figures(last)) == ["Tunisia › City 2", "Tunisia › City 2 › Youth", "housing", "mobility"]
    assert last.count(f'organisation={tunisia}">Tunisia</a>') == 1
    shown = page_figures(top) | below | page_figures(last)
    assert {name: shown[name]["enrolled"] for name in rows if name in shown} == {
        name: rows[name]["enrolled"] for name in rows if name in shown
    }
    past = browser.page("/en/reports/completion?as_of=2026-03-02T09:00Z")
    assert list(page_figures(past)) == list(page_figures(top))


def test_a_manager_of_several_organisations_counts_each_person_once(site: Site) -> None:
    add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax", "Youth"), ("Peru", "Lima"))
    learn(site, "nour", 1)
    with site.session(write=True) as session:
        for name in ("Peru", "Sfax", "Youth"):
            people.join(
                session, person_id=site.ids["carla"], organisation_id=place(session, name).id, role="manager", now=site.now
            )
    rows = csv_rows(site.client("carla"), "/en/reports/completion.csv")
    assert [(row["organisation"], row["enrolled"]) for row in rows[:7]] == [
        ("all", "1"), ("Peru", "1"), ("Peru › Lima", "1"), ("Tunisia", "1"), ("Tunisia › Sfax", "1"),
        ("Tunisia › Sfax › Youth", "1"), ("all", "1"),
    ]  # fmt: skip


def test_the_tallies_of_the_database_are_all_there(learned: Site) -> None:
    """Going back takes them away, coming again gives the same."""
    from course import schema
    from course.extensions import db

    with learned.session() as session:
        before = tallies(session)
    with learned.app.app_context():
        db.session.remove()
        schema.downgrade(db.engine, "0004")
        with db.engine.connect() as connection:
            names = connection.execute(text("SELECT person_id FROM enrolments ORDER BY person_id")).scalars().all()
        assert len(names) == 4
        schema.upgrade(db.engine)
    with learned.session() as session:
        check_tallies(session)
        assert tallies(session) == before
