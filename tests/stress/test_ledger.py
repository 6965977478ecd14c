"""The ledger finds what it is there to find: each kind of loss and of doubling, planted by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from course.learning import attempts, lessons
from course.learning.tables import Attempt, Fact, LessonState
from course.publishing.revisions import live_digest, restore
from quizzes.model import Response
from tests.site import Site
from tests.stress.ledger import Notes, compare

FIRST_RESPONSE = select(Fact.id).where(Fact.kind == "responded").order_by(Fact.id)


@pytest.fixture
def notes(site: Site) -> Notes:
    """Alice has marked a lesson, taken that back, and closed an attempt with two responses to one item; all acknowledged."""
    noted = Notes(site.ids["alice"])
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        module = course.modules[1]
        about: dict[str, Any] = {"person_id": noted.person, "course": course, "module": module, "now": site.now}
        lessons.mark_done(session, lesson=module.lessons[0], seen=0, **about)
        lessons.undo(session, lesson=module.lessons[0], seen=1, **about)
        attempt = attempts.start(session, **about)
        for value in ("19", "20"):
            attempts.save(session, attempt, {"seats": Response(text=value)}, site.now)
            noted.responded[attempt.public_id, "seats"].append(value)
        attempts.close(session, attempt, quiz=module.quizzes["en"], course=course, now=site.now)
        noted.toggled, noted.started, noted.closed = 2, [attempt.public_id], [attempt.public_id]
    return noted


def found(site: Site, notes: Notes) -> list[str]:
    return compare(site.settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1), [notes])


def again(session: Session, kind: str) -> None:
    """The same thing stored a second time under another key."""
    fact = session.scalars(select(Fact).where(Fact.kind == kind).order_by(Fact.id.desc())).first()
    assert fact is not None
    row = {column.name: getattr(fact, column.name) for column in Fact.__table__.columns if column.name != "id"}
    session.execute(insert(Fact).values(row | {"key": f"{fact.key}:again"}))


PLANTED: dict[str, tuple[Callable[[Session], object], list[str]]] = {
    "a change lost": (
        lambda session: session.execute(delete(Fact).where(Fact.kind == "undid_lesson")),
        [
            "person {id}: changes of the lesson: LOST, 2 acknowledged and 1 stored",
            "person {id}: the lesson's state is not that of its facts",
        ],
    ),
    "a summary lost": (
        lambda session: session.execute(update(LessonState).values(changes=1)),
        ["person {id}: the lesson's state is not that of its facts"],
    ),
    "a response lost": (
        lambda session: session.execute(delete(Fact).where(Fact.id == session.scalars(FIRST_RESPONSE).first())),
        [
            "attempt {attempt}, seats: 2 responses were acknowledged, and others are stored",
            "attempt {attempt}, seats: responses: LOST, 2 acknowledged and 1 stored",
        ],
    ),
    "a response stored twice": (
        lambda session: again(session, "responded"),
        ["attempt {attempt}, seats: responses: 3 stored and only 2 acknowledged"],
    ),
    "an attempt closed twice": (
        lambda session: again(session, "closed_attempt"),
        ["attempt {attempt}: closed 2 times"],
    ),
    "an attempt open again": (
        lambda session: (
            session.execute(update(Attempt).values(closed_at=None)),
            session.execute(delete(Fact).where(Fact.kind == "closed_attempt")),
        ),
        [
            "attempt {attempt}: acknowledged as closed, and open",
            "person {id}: closed attempts: LOST, 1 acknowledged and 0 stored",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
def test_what_was_planted_is_found(site: Site, notes: Notes, planted: str) -> None:
    assert found(site, notes) == []
    plant, said = PLANTED[planted]
    with site.session(write=True) as session:
        plant(session)
        attempt = session.scalars(select(Attempt.id)).one()
    assert found(site, notes) == [line.format(id=notes.person, attempt=attempt) for line in said]


def test_what_was_under_way_may_be_stored_or_not(site: Site, notes: Notes) -> None:
    notes.toggled, notes.under_way = 1, "toggle"
    assert found(site, notes) == []
    notes.under_way = "close"
    assert found(site, notes) == [f"person {notes.person}: changes of the lesson: 2 stored and only 1 acknowledged"]
    notes.toggled, notes.under_way, notes.started = 2, "", []
    assert found(site, notes)[0] == f"person {notes.person}: attempts: 1 stored and only 0 acknowledged"
