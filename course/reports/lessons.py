"""Where people stop: for authors, how many opened and finished each lesson, and how many came no further in the module.

Authors stand outside every organisation: a figure from 1 to 4 is not told to them, so that nobody can be told from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..content.model import Course, Lesson
from ..learning.tables import LessonState, ModuleState
from . import counting
from .filters import WHO_RULES, Filters

FEW = 5
RULES = (
    "Opened: people who opened the lesson at least once. Done: those for whom it is done now.",
    "Stopped here: people for whom it is the lesson opened last in the module, who have not completed the module.",
    WHO_RULES["learners"],
    f"Figures from 1 to {FEW - 1} are shown as “under {FEW}” to whoever does not administer the course.",
)


@dataclass(frozen=True, slots=True)
class Passing:
    """One lesson; a figure that may not be told is None."""

    lesson: Lesson
    opened: int | None
    done: int | None
    stopped: int | None


def passing(session: Session, course: Course, *, is_inside: bool) -> Mapping[str, tuple[Passing, ...]]:
    """The lessons of each module in their order. Two queries. ``is_inside``: the reader may be told every figure."""
    opened, stopped = _opened(session), _stopped(session)

    def told(number: int) -> int | None:
        return number if is_inside or number == 0 or number >= FEW else None

    def one(slug: str, lesson: Lesson) -> Passing:
        seen, done = opened.get((slug, lesson.id), (0, 0))
        return Passing(lesson, told(seen), told(done), told(stopped.get((slug, lesson.id), 0)))

    return {module.slug: tuple(one(module.slug, lesson) for lesson in module.lessons) for module in course.modules}


def _opened(session: Session) -> dict[tuple[str, str], tuple[int, int]]:
    people = counting.counted(Filters()).subquery("counted_people")
    rows = session.execute(
        select(LessonState.module, LessonState.lesson, func.count(), func.count(LessonState.done_at))
        .join(people, people.c.person_id == LessonState.person_id)
        .group_by(LessonState.module, LessonState.lesson)
    )
    return {(module, lesson): (opened, done) for module, lesson, opened, done in rows}


def _stopped(session: Session) -> dict[tuple[str, str], int]:
    people = counting.counted(Filters()).subquery("counted_people")
    rows = session.execute(
        select(LessonState.module, LessonState.lesson, func.count())
        .join(people, people.c.person_id == LessonState.person_id)
        .join(
            ModuleState,
            (ModuleState.person_id == LessonState.person_id) & (ModuleState.module == LessonState.module),
        )
        .where(ModuleState.completed_at.is_(None), counting.is_opened_last())
        .group_by(LessonState.module, LessonState.lesson)
    )
    return {(module, lesson): number for module, lesson, number in rows}
