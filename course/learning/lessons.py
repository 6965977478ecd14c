"""What a learner does with lessons: open, watch, mark as done, undo. Every verb adds facts and keeps the summaries in step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..content.model import Course, Lesson, Module
from . import facts, progress
from .completing import settle
from .tables import Enrolment, LessonState, ModuleState


def open_lesson(session: Session, *, person_id: int, course: Course, module: Module, lesson: Lesson, now: datetime) -> None:
    """Enrols by starting, starts the module, and remembers the place for *Continue*."""
    enrolment = enrol(session, person_id=person_id, course=course, now=now)
    start_module(session, person_id=person_id, course=course, module=module, now=now)
    _state(session, person_id, course, module, lesson, now)
    enrolment.last_module, enrolment.last_lesson, enrolment.last_at = module.slug, lesson.id, now
    session.flush()


def enrol(session: Session, *, person_id: int, course: Course, now: datetime) -> Enrolment:
    """The enrolment of a person, made with its fact when there is none; two at once make one."""
    enrolment = facts.lock(session, person_id)
    if enrolment is not None:
        return enrolment
    try:
        with session.begin_nested():
            session.add(Enrolment(person_id=person_id, enrolled_at=now, last_at=now))
            session.flush()
            facts.add(
                session, key=f"enrolled:{person_id}", person_id=person_id, kind="enrolled", revision=course.digest, now=now
            )
    except IntegrityError:
        session.expire_all()
    held = facts.lock(session, person_id)
    assert held is not None
    return held


def start_module(session: Session, *, person_id: int, course: Course, module: Module, now: datetime) -> ModuleState:
    """The state of a person in a module, made with its fact when there is none. The caller holds the lock."""
    state = session.get(ModuleState, (person_id, module.slug))
    if state is None:
        state = ModuleState(person_id=person_id, module=module.slug, started_at=now, last_at=now)
        session.add(state)
        facts.add(
            session,
            key=f"started:{person_id}:{module.slug}",
            person_id=person_id,
            kind="started",
            module=module.slug,
            revision=course.digest,
            now=now,
        )
    state.last_at = now
    return state


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
    enrol(session, person_id=person_id, course=course, now=now)
    start_module(session, person_id=person_id, course=course, module=module, now=now)
    state = _state(session, person_id, course, module, lesson, now)
    bits = int(state.watched, 16)
    for second in seconds:
        if 0 <= second < lesson.clip.seconds:
            bits |= 1 << second
    state.watched, state.second = f"{bits:x}", min(max(at, 0), lesson.clip.seconds)
    session.flush()
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
    enrol(session, person_id=person_id, course=course, now=now)
    start_module(session, person_id=person_id, course=course, module=module, now=now)
    state = _state(session, person_id, course, module, lesson, now)
    if state.changes != seen or (state.done_at is not None) == done:
        return False
    state.changes, state.done_at = seen + 1, now if done else None
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
    session.flush()
    settle(session, person_id=person_id, course=course, module=module, now=now)
    return True


def _state(session: Session, person_id: int, course: Course, module: Module, lesson: Lesson, now: datetime) -> LessonState:
    state = session.get(LessonState, (person_id, module.slug, lesson.id))
    if state is None:
        state = LessonState(
            person_id=person_id, module=module.slug, lesson=lesson.id, opened_at=now, changes=0, watched="0", second=0
        )
        session.add(state)
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
    return state
