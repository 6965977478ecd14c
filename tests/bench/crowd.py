"""A crowd of learners who closed two attempts each at one quiz: some are made by the verbs, and copied inside the database.

Copies differ in their ids alone, so that the facts of everybody bear out every summary (``course verify``).
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, case, func, insert, literal, select
from sqlalchemy.orm import Session

import quizzes
from course import config, create_app
from course.accounts import secrets
from course.accounts.tables import Person
from course.content.model import Course
from course.extensions import Base, current_session, intend, let_go
from course.learning import attempts, lessons
from course.publishing import revisions
from course.reports.tallying import paused
from quizzes.model import Item, Response

MODELS, ATTEMPTS = 50, 2
DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
TABLES = (
    "people",
    "enrolments",
    "module_states",
    "lesson_states",
    "attempts",
    "responses",
    "outcomes",
    "score_changes",
    "facts",
)
OF_ATTEMPTS = ("responded", "closed_attempt")  # the facts whose key names the attempt; the others' name the person


def fill(environ: dict[str, str], total: int) -> tuple[str, str]:
    """Publishes the course and adds so many closed attempts, a multiple of 100; returns the module and its first item."""
    settings = config.load(environ)
    with create_app(settings).app_context():
        intend(to_write=True)
        session = current_session()
        revisions.publish_folder(session, settings.modules, settings.instance / "assets", by="bench", now=DAY)
        course = revisions.restore(session, revisions.live_digest(session))
        for number in range(MODELS):
            _learner(session, course, number)
        session.flush()
        copies = total // (MODELS * ATTEMPTS) - 1
        if copies:
            with paused(session.connection()):
                for name in TABLES:
                    _copy(session, Base.metadata.tables[name], copies)
        session.commit()
        let_go()
    module = course.modules[0]
    return module.slug, module.quizzes[course.languages[0]].items[0].id


def _learner(session: Session, course: Course, number: int) -> None:
    """Every other one has read the module, so that a pass completes it."""
    chance, module = random.Random(number), course.modules[0]
    address, now = f"l{number}@example.org", DAY + timedelta(hours=1)
    about = {"public_id": secrets.public_id(), "email": address, "email_key": address, "name": f"Learner {number}"}
    person = Person(role="learner", language="en", created_at=now, **about)
    session.add(person)
    session.flush()
    for lesson in module.lessons if number % 2 else ():
        lessons.mark_done(session, person_id=person.id, course=course, module=module, lesson=lesson, seen=0, now=now)
    quiz = module.quizzes[course.languages[0]]
    for _ in range(ATTEMPTS):
        now += timedelta(hours=1)
        attempt = attempts.start(session, person_id=person.id, course=course, module=module, now=now)
        items = quizzes.instance(quiz, attempt.seed).items
        given = {item.id: _response(item, is_right=chance.random() < 0.7) for item in items}
        attempts.close(session, attempt, quiz=quiz, course=course, now=now + timedelta(minutes=9), given=given)


def _response(item: Item, *, is_right: bool) -> Response:
    key = quizzes.key_of(item)
    if is_right:
        return key
    wrong = [choice.id for choice in getattr(item, "choices", ()) if choice.id not in key.choices]
    return Response(choices=tuple(wrong[:1])) if wrong else Response()


def _copy(session: Session, table: Table, copies: int) -> None:
    """Adds the rows that are there so many times, each time with the next ids."""
    first = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = first.union_all(select(first.c.n + 1).where(first.c.n < copies))
    last = session.scalar(select(func.max(table.c.id))) if "id" in table.c else 0
    steps = {"id": last, "person_id": MODELS, "attempt_id": MODELS * ATTEMPTS}
    shifts: dict[str, ColumnElement[Any]] = {name: numbers.c.n * step for name, step in steps.items()}
    new = {name: table.c[name] + shift for name, shift in shifts.items() if name in table.c}
    new |= {name: table.c[name].concat(numbers.c.n) for name in ("public_id", "email", "email_key") if name in table.c}
    new |= {"key": _key(table, shifts)} if "key" in table.c else {}
    rows = select(*(new.get(column.name, column) for column in table.c)).select_from(table.join(numbers, literal(True)))
    session.execute(insert(table).from_select(list(table.c.keys()), rows.order_by(numbers.c.n, *table.primary_key)))


def _key(table: Table, shifts: dict[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    """`kind:id:rest`, with the id of the copy."""
    c = table.c
    is_of_attempt = c.kind.in_(OF_ATTEMPTS)
    owner = case((is_of_attempt, c.attempt_id), else_=c.person_id)
    shifted = case((is_of_attempt, c.attempt_id + shifts["attempt_id"]), else_=c.person_id + shifts["person_id"])
    colon = func.instr(c.key, ":")
    return func.substr(c.key, 1, colon).concat(shifted).concat(func.substr(c.key, colon + 1 + func.length(owner)))
