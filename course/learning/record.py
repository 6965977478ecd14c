"""Reading a learner's record: a constant number of prebuilt queries, plain values out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from .tables import Enrolment, LessonState, ModuleState


@dataclass(frozen=True, slots=True)
class LessonRecord:
    """``changes`` counts done and undone, so that a stale page can be told; ``watched`` has one bit a second."""

    done_at: datetime | None = None
    changes: int = 0
    watched: int = 0
    second: int = 0


@dataclass(frozen=True, slots=True)
class ModuleRecord:
    started_at: datetime
    last_at: datetime
    score: Fraction | None
    passed_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Record:
    """What the database knows of one learner; empty for somebody who has not begun."""

    enrolled_at: datetime | None = None
    last_module: str = ""
    last_lesson: str = ""
    completed_at: datetime | None = None
    modules: Mapping[str, ModuleRecord] = field(default_factory=dict)
    lessons: Mapping[tuple[str, str], LessonRecord] = field(default_factory=dict)

    def lesson(self, module: str, lesson: str) -> LessonRecord:
        return self.lessons.get((module, lesson), LessonRecord())


EMPTY = Record()
_enrolment = select(Enrolment.enrolled_at, Enrolment.last_module, Enrolment.last_lesson, Enrolment.completed_at).where(
    Enrolment.person_id == bindparam("person")
)
_modules = select(
    ModuleState.module,
    ModuleState.started_at,
    ModuleState.last_at,
    ModuleState.score,
    ModuleState.passed_at,
    ModuleState.completed_at,
).where(ModuleState.person_id == bindparam("person"))
_lessons = select(
    LessonState.module, LessonState.lesson, LessonState.done_at, LessonState.changes, LessonState.watched, LessonState.second
).where(LessonState.person_id == bindparam("person"))
_modules_one = _modules.where(ModuleState.module == bindparam("module"))
_lessons_one = _lessons.where(LessonState.module == bindparam("module"))


def read(session: Session, person_id: int, module: str = "") -> Record:
    """The record of a person, of one module only when it is named. Three queries, however much there is."""
    given = {"person": person_id, "module": module} if module else {"person": person_id}
    enrolment = session.execute(_enrolment, {"person": person_id}).one_or_none()
    if enrolment is None:
        return EMPTY
    modules = session.execute(_modules_one if module else _modules, given)
    lessons = session.execute(_lessons_one if module else _lessons, given)
    return Record(
        enrolled_at=enrolment.enrolled_at,
        last_module=enrolment.last_module or "",
        last_lesson=enrolment.last_lesson or "",
        completed_at=enrolment.completed_at,
        modules={
            row.module: ModuleRecord(
                row.started_at, row.last_at, Fraction(row.score) if row.score else None, row.passed_at, row.completed_at
            )
            for row in modules
        },
        lessons={
            (row.module, row.lesson): LessonRecord(row.done_at, row.changes, int(row.watched, 16), row.second)
            for row in lessons
        },
    )
