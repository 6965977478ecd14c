"""Reading a learner's record: a constant number of prebuilt queries, plain values out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select

from ..database.statements import Statement
from ..extensions import Moment
from .tables import Attempt, Enrolment, LessonState, ModuleState


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


@dataclass(slots=True)
class AttemptRecord:
    """One attempt as ``Attempt`` has it; the verb that closes it keeps it in step with its row."""

    id: int
    public_id: str
    person_id: int
    module: str
    number: int
    revision: str
    seed: str
    pass_mark: int
    started_at: datetime
    closes_at: datetime | None
    closed_at: datetime | None
    raw: str | None
    max: str | None
    is_passed: bool | None


@dataclass(frozen=True, slots=True)
class Record:
    """What the database knows of one learner; empty for somebody who has not begun.

    ``is_overdue`` is for who asked as of a moment: whether the time of an attempt that is not closed was over by then.
    """

    enrolled_at: datetime | None = None
    last_module: str = ""
    last_lesson: str = ""
    completed_at: datetime | None = None
    regraded_at: datetime | None = None
    is_overdue: bool = False
    modules: Mapping[str, ModuleRecord] = field(default_factory=dict)
    lessons: Mapping[tuple[str, str], LessonRecord] = field(default_factory=dict)

    def lesson(self, module: str, lesson: str) -> LessonRecord:
        return self.lessons.get((module, lesson), LessonRecord())


EMPTY = Record()
_enrolment: Statement[Any] = Statement(
    select(
        Enrolment.enrolled_at, Enrolment.last_module, Enrolment.last_lesson, Enrolment.completed_at, Enrolment.regraded_at
    ).where(Enrolment.person_id == bindparam("person"))
)
_modules: Statement[Any] = Statement(
    select(
        ModuleState.module,
        ModuleState.started_at,
        ModuleState.last_at,
        ModuleState.score,
        ModuleState.passed_at,
        ModuleState.completed_at,
    ).where(ModuleState.person_id == bindparam("person"))
)
_lessons: Statement[Any] = Statement(
    select(
        LessonState.module,
        LessonState.lesson,
        LessonState.done_at,
        LessonState.changes,
        LessonState.watched,
        LessonState.second,
    ).where(LessonState.person_id == bindparam("person"))
)
_one = (
    select(
        Enrolment.enrolled_at,
        Enrolment.last_module,
        Enrolment.last_lesson,
        Enrolment.completed_at,
        ModuleState.started_at,
        ModuleState.last_at,
        ModuleState.score,
        ModuleState.passed_at,
        ModuleState.completed_at.label("module_completed_at"),
        LessonState.lesson,
        LessonState.done_at,
        LessonState.changes,
        LessonState.watched,
        LessonState.second,
    )
    .outerjoin_from(
        Enrolment,
        ModuleState,
        (ModuleState.person_id == Enrolment.person_id) & (ModuleState.module == bindparam("module")),
    )
    .outerjoin(LessonState, (LessonState.person_id == Enrolment.person_id) & (LessonState.module == bindparam("module")))
    .where(Enrolment.person_id == bindparam("person"))
)
_overdue = exists().where(
    Attempt.person_id == bindparam("person"), Attempt.closed_at.is_(None), Attempt.closes_at <= bindparam("at", type_=Moment)
)
_module: Statement[Any] = Statement(_one)
_module_at: Statement[Any] = Statement(_one.add_columns(_overdue.label("is_overdue")))


def read_module(connection: Connection, person_id: int, module: str, *, at: datetime | None = None) -> Record:
    """The record of a person in one module, and where they were last. One query: this is asked by every lesson page.

    ``at`` asks whether an attempt in any module is overdue at that moment.
    """
    given = {"person": person_id, "module": module}
    rows = _module.all(connection, given) if at is None else _module_at.all(connection, given | {"at": at})
    if not rows:
        return EMPTY
    first = rows[0]
    score = Fraction(first.score) if first.score else None
    state = ModuleRecord(first.started_at, first.last_at, score, first.passed_at, first.module_completed_at)
    return Record(
        enrolled_at=first.enrolled_at,
        last_module=first.last_module or "",
        last_lesson=first.last_lesson or "",
        completed_at=first.completed_at,
        is_overdue=at is not None and bool(first.is_overdue),
        modules={module: state} if first.started_at else {},
        lessons={
            (module, row.lesson): LessonRecord(row.done_at, row.changes, int(row.watched, 16), row.second)
            for row in rows
            if row.lesson
        },
    )


def read(connection: Connection, person_id: int) -> Record:
    """The whole record of a person. Three queries, however much there is."""
    given = {"person": person_id}
    enrolment = _enrolment.first(connection, given)
    if enrolment is None:
        return EMPTY
    modules = _modules.all(connection, given)
    lessons = _lessons.all(connection, given)
    return Record(
        enrolled_at=enrolment.enrolled_at,
        last_module=enrolment.last_module or "",
        last_lesson=enrolment.last_lesson or "",
        completed_at=enrolment.completed_at,
        regraded_at=enrolment.regraded_at,
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
