"""What a learner does with lessons: open, watch, mark as done, undo. Every verb adds facts and keeps the summaries in step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..content.model import Course, Lesson, Module
from ..database.statements import Statement, changing, inserting
from . import facts, progress, record
from .completing import settle
from .record import LessonRecord, Record
from .tables import Enrolment, LessonState, ModuleState

_e, _m, _l = Enrolment.__table__.c, ModuleState.__table__.c, LessonState.__table__.c
_enrol = inserting(Enrolment.__table__)
_NOTHING_YET = dict.fromkeys(("last_module", "last_lesson", "completed_at", "regraded_at"))
_NONE_YET = {"modules_completed": 0, "is_started": False, "modules_passed": 0, "is_certified": False}
_come_to: Statement[Any] = Statement(
    changing(Enrolment.__table__)
    .where(_e.person_id == bindparam("person"))
    .values({name: bindparam(name) for name in ("last_module", "last_lesson", "last_at")})
)
_one_module = (_m.person_id == bindparam("person"), _m.module == bindparam("slug"))
_begin = inserting(ModuleState.__table__)
_go_on: Statement[Any] = Statement(changing(ModuleState.__table__).where(*_one_module).values(last_at=bindparam("at")))
_open = inserting(LessonState.__table__)
_STATE = ("changes", "done_at", "watched", "second")
_go_over: Statement[Any] = Statement(
    changing(LessonState.__table__)
    .where(_l.person_id == bindparam("person"), _l.module == bindparam("slug"), _l.lesson == bindparam("which"))
    .values({name: bindparam(name) for name in _STATE})
)


class Overdue(Exception):
    """The time of an attempt of theirs was over before. It is closed first, so that what happens now stands after it."""


def open_lesson(session: Session, *, person_id: int, course: Course, module: Module, lesson: Lesson, now: datetime) -> None:
    """Enrols by starting, starts the module, and remembers the place for *Continue*. Raises Overdue."""
    held = _arrive(session, person_id, course, module, now)
    if not _is_open(held, module, lesson):
        _keep(session, person_id, course, module, lesson, held, LessonRecord(), now)
    place = {"last_module": module.slug, "last_lesson": lesson.id, "last_at": now}
    _come_to.run(session.connection(), {"person": person_id} | place)


def enrol(session: Session, *, person_id: int, course: Course, now: datetime) -> None:
    """Enrols a person who is not, with the fact; two at once make one. Holds the learner until the transaction ends."""
    connection = session.connection()
    if facts.is_held(connection, person_id):
        return
    try:
        with connection.begin_nested():
            row = {"person_id": person_id, "enrolled_at": now, "last_at": now}
            _enrol.run(connection, row | _NOTHING_YET | _NONE_YET)
            facts.add(
                session, key=f"enrolled:{person_id}", person_id=person_id, kind="enrolled", revision=course.digest, now=now
            )
    except IntegrityError:
        facts.hold(connection, person_id)


def start_module(session: Session, *, person_id: int, course: Course, module: Module, now: datetime) -> None:
    """Starts a module that was not, with the fact, and notes that the person was in it now. The caller holds the learner."""
    connection = session.connection()
    whose = {"person": person_id, "slug": module.slug}
    if _go_on.run(connection, whose | {"at": now}):
        return
    row = {"person_id": person_id, "module": module.slug, "started_at": now, "last_at": now}
    _begin.run(connection, row | {"score": None, "score_ppm": None, "passed_at": None, "completed_at": None})
    facts.add(
        session,
        key=f"started:{person_id}:{module.slug}",
        person_id=person_id,
        kind="started",
        module=module.slug,
        revision=course.digest,
        now=now,
    )


def mark_done(
    session: Session, *, person_id: int, course: Course, module: Module, lesson: Lesson, seen: int, now: datetime
) -> bool:
    """Marks a lesson as done. ``seen`` is the count of changes that the page showed: a replayed or stale page changes nothing.

    Returns whether anything changed. Raises Overdue.
    """
    return _change(session, person_id, course, module, lesson, seen, now, done=True)


def undo(session: Session, *, person_id: int, course: Course, module: Module, lesson: Lesson, seen: int, now: datetime) -> bool:
    """Takes "done" back; both stay on record. A module that was completed stays completed. Raises Overdue."""
    return _change(session, person_id, course, module, lesson, seen, now, done=False)


def watch(
    session: Session,
    *,
    person_id: int,
    course: Course,
    module: Module,
    lesson: Lesson,
    seconds: Iterable[int],
    at: int,
    now: datetime,
) -> int:
    """Adds the seconds of the clip that were played, remembers where the learner is, and completes the lesson at 80 %.

    Returns how many distinct seconds are watched. The same report sent twice changes nothing. Raises Overdue.
    """
    if lesson.clip is None:
        return 0
    held = _arrive(session, person_id, course, module, now)
    before = held.lesson(module.slug, lesson.id)
    bits = before.watched
    for second in seconds:
        if 0 <= second < lesson.clip.seconds:
            bits |= 1 << second
    after = replace(before, watched=bits, second=min(max(at, 0), lesson.clip.seconds))
    if before.done_at is None and before.changes == 0 and progress.is_watched(bits, lesson.clip.seconds):
        after = replace(after, changes=1, done_at=now)
    _keep(session, person_id, course, module, lesson, held, after, now, how="watched")
    return progress.seconds_watched(bits)


def _change(
    session: Session, person_id: int, course: Course, module: Module, lesson: Lesson, seen: int, now: datetime, *, done: bool
) -> bool:
    held = _arrive(session, person_id, course, module, now)
    before = held.lesson(module.slug, lesson.id)
    is_changed = before.changes == seen and (before.done_at is not None) != done
    after = replace(before, changes=seen + 1, done_at=now if done else None) if is_changed else before
    if is_changed or not _is_open(held, module, lesson):
        _keep(session, person_id, course, module, lesson, held, after, now, how="marked")
    return is_changed


def _arrive(session: Session, person_id: int, course: Course, module: Module, now: datetime) -> Record:
    """The record of a person in a module, enrolled and begun as far as they were not. Holds them until the transaction ends.

    Raises Overdue.
    """
    connection = session.connection()
    is_held = facts.hold(connection, person_id)
    held = record.read_module(connection, person_id, module.slug, at=now)
    if held.is_overdue:
        raise Overdue
    is_begun = is_held and module.slug in held.modules  # who enrolled in between is not held, and may be opening this lesson
    if not is_begun:
        enrol(session, person_id=person_id, course=course, now=now)
    start_module(session, person_id=person_id, course=course, module=module, now=now)
    return held if is_begun else record.read_module(connection, person_id, module.slug)


def _is_open(held: Record, module: Module, lesson: Lesson) -> bool:
    return (module.slug, lesson.id) in held.lessons


def _keep(
    session: Session,
    person_id: int,
    course: Course,
    module: Module,
    lesson: Lesson,
    held: Record,
    after: LessonRecord,
    now: datetime,
    how: str = "",
) -> None:
    """Writes the state of a lesson that was ``held``, as it is ``after``: with a fact for what happened, and what follows."""
    connection, before = session.connection(), held.lesson(module.slug, lesson.id)
    state = {"changes": after.changes, "done_at": after.done_at, "watched": f"{after.watched:x}", "second": after.second}
    happened: list[tuple[str, str, dict[str, Any]]] = []
    if _is_open(held, module, lesson):
        _go_over.run(connection, {"person": person_id, "slug": module.slug, "which": lesson.id} | state)
    else:
        _open.run(connection, {"person_id": person_id, "module": module.slug, "lesson": lesson.id, "opened_at": now} | state)
        happened.append(("opened", f"opened:{person_id}:{module.slug}:{lesson.id}", {}))
    if after.changes != before.changes:
        kind = "completed_lesson" if after.done_at else "undid_lesson"
        happened.append((kind, f"lesson:{person_id}:{module.slug}:{lesson.id}:{after.changes}", {"how": how}))
    found = [
        facts.fact(
            key=key,
            person_id=person_id,
            kind=kind,
            module=module.slug,
            lesson=lesson.id,
            revision=course.digest,
            now=now,
            **detail,
        )
        for kind, key, detail in happened
    ]
    facts.add_all(connection, found)
    if after.changes != before.changes:
        by_now = replace(held, lessons={**held.lessons, (module.slug, lesson.id): after})
        settle(session, person_id=person_id, course=course, module=module, now=now, held=by_now)
