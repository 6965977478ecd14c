"""What a learner does with lessons: open, watch, mark as done, undo. Every verb adds facts and keeps the summaries in step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..content.model import Course, Lesson, Module
from ..database.statements import Statement, changing, inserting
from . import facts, progress
from .completing import settle
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
_one_lesson = (_l.person_id == bindparam("person"), _l.module == bindparam("slug"), _l.lesson == bindparam("which"))
_state: Statement[Any] = Statement(select(_l.changes, _l.done_at, _l.watched).where(*_one_lesson))
_open = inserting(LessonState.__table__)
_mark: Statement[Any] = Statement(
    changing(LessonState.__table__)
    .where(*_one_lesson)
    .values(changes=bindparam("new_changes"), done_at=bindparam("new_done_at"))
)
_play: Statement[Any] = Statement(
    changing(LessonState.__table__).where(*_one_lesson).values(watched=bindparam("bits"), second=bindparam("stands_at"))
)


def open_lesson(session: Session, *, person_id: int, course: Course, module: Module, lesson: Lesson, now: datetime) -> None:
    """Enrols by starting, starts the module, and remembers the place for *Continue*."""
    _arrive(session, person_id, course, module, lesson, now)
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

    Returns whether anything changed.
    """
    return _change(session, person_id, course, module, lesson, seen, now, done=True)


def undo(session: Session, *, person_id: int, course: Course, module: Module, lesson: Lesson, seen: int, now: datetime) -> bool:
    """Takes "done" back; both stay on record. A module that was completed stays completed."""
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

    Returns how many distinct seconds are watched. The same report sent twice changes nothing.
    """
    if lesson.clip is None:
        return 0
    state = _arrive(session, person_id, course, module, lesson, now)
    bits = int(state.watched, 16)
    for second in seconds:
        if 0 <= second < lesson.clip.seconds:
            bits |= 1 << second
    _play.run(
        session.connection(),
        _where(person_id, module, lesson) | {"bits": f"{bits:x}", "stands_at": min(max(at, 0), lesson.clip.seconds)},
    )
    if state.done_at is None and state.changes == 0 and progress.is_watched(bits, lesson.clip.seconds):
        _change(session, person_id, course, module, lesson, state.changes, now, done=True, how="watched")
    return progress.seconds_watched(bits)


def _change(
    session: Session,
    person_id: int,
    course: Course,
    module: Module,
    lesson: Lesson,
    seen: int,
    now: datetime,
    *,
    done: bool,
    how: str = "marked",
) -> bool:
    state = _arrive(session, person_id, course, module, lesson, now)
    if state.changes != seen or (state.done_at is not None) == done:
        return False
    _mark.run(
        session.connection(),
        _where(person_id, module, lesson) | {"new_changes": seen + 1, "new_done_at": now if done else None},
    )
    facts.add(
        session,
        key=f"lesson:{person_id}:{module.slug}:{lesson.id}:{seen + 1}",
        person_id=person_id,
        kind="completed_lesson" if done else "undid_lesson",
        module=module.slug,
        lesson=lesson.id,
        revision=course.digest,
        now=now,
        how=how,
    )
    settle(session, person_id=person_id, course=course, module=module, now=now)
    return True


def _arrive(session: Session, person_id: int, course: Course, module: Module, lesson: Lesson, now: datetime) -> Any:
    """The state of a person in a lesson (changes, done_at, watched): enrolled, begun and opened as far as they were not."""
    enrol(session, person_id=person_id, course=course, now=now)
    start_module(session, person_id=person_id, course=course, module=module, now=now)
    connection, where = session.connection(), _where(person_id, module, lesson)
    state = _state.first(connection, where)
    if state is not None:
        return state
    row = {"person_id": person_id, "module": module.slug, "lesson": lesson.id, "opened_at": now, "done_at": None}
    _open.run(connection, row | {"changes": 0, "watched": "0", "second": 0})
    facts.add(
        session,
        key=f"opened:{person_id}:{module.slug}:{lesson.id}",
        person_id=person_id,
        kind="opened",
        module=module.slug,
        lesson=lesson.id,
        revision=course.digest,
        now=now,
    )
    return _state.first(connection, where)


def _where(person_id: int, module: Module, lesson: Lesson) -> dict[str, Any]:
    return {"person": person_id, "slug": module.slug, "which": lesson.id}
