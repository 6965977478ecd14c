"""Who may need a word, by rules that are written on the page, with the reason for each person. No score, no guess.

The list is of now: it is there to write to people, not to count them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CompoundSelect, String, func, literal, null, select, union_all
from sqlalchemy.orm import Session, aliased

from ..accounts.tables import Person
from ..content.model import Course
from ..learning.tables import Attempt, Enrolment, LessonState, ModuleState
from . import counting
from .filters import COHORT_RULE, LANGUAGE_RULE, WHO_RULES, Filters

DAYS = 14  # where the reader names no other number
TRIES = 2
REASONS = ("quiet", "failed", "stuck")


@dataclass(frozen=True, slots=True)
class Reason:
    """Which rule, where, and since when."""

    rule: str
    module: str
    lesson: str
    since_at: datetime


@dataclass(frozen=True, slots=True)
class AtRisk:
    public_id: str
    name: str
    email: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    people: tuple[AtRisk, ...]
    total: int
    rules: tuple[str, ...]


def rules(days: int, filters: Filters) -> tuple[str, ...]:
    found = (
        "Listed are people who are enrolled, have not completed the course, have not deleted their account, and meet a rule.",
        f"No activity: no lesson or quiz was opened or changed for {days} days.",
        f"Failed attempts: {TRIES} or more attempts at the quiz of a module were closed, and it is not passed.",
        f"Stuck: the lesson opened last in a module was opened {days} days ago or more and is not done, "
        "and the module is not completed.",
        "Quizzes and lessons of retired modules are left out: nothing can be done about them.",
        WHO_RULES[filters.who].split(". ", maxsplit=1)[0] + ".",
    )
    chosen = ((COHORT_RULE, filters.cohort is not None), (LANGUAGE_RULE, bool(filters.language)))
    return (*found, *(rule for rule, is_chosen in chosen if is_chosen))


def at_risk(
    session: Session,
    *,
    course: Course,
    scope: Sequence[int] | None,
    filters: Filters,
    days: int,
    now: datetime,
    offset: int = 0,
    limit: int | None = 50,
) -> Listing:
    """The people to whom a rule applies, by name, each with every reason. Three queries."""
    reasons = _reasons(now - timedelta(days=days), [module.slug for module in course.modules]).subquery("reasons")
    chosen = scope if filters.organisation is None else [filters.organisation]
    people = counting.within(counting.counted(filters), chosen).subquery("counted_people")
    open_ones = (
        select(Person.id, Person.public_id, Person.name, Person.email)
        .join(people, people.c.person_id == Person.id)
        .where(people.c.completed_at.is_(None), Person.erased_at.is_(None))
        .where(select(reasons.c.person_id).where(reasons.c.person_id == Person.id).exists())
    )
    total = session.execute(select(func.count()).select_from(open_ones.subquery("open_ones"))).scalar_one()
    rows = session.execute(open_ones.order_by(Person.name, Person.id).offset(offset).limit(limit)).all()
    found = _of_people(session, reasons, [row.id for row in rows])
    listed = tuple(AtRisk(row.public_id, row.name, row.email or "", tuple(found[row.id])) for row in rows)
    return Listing(listed, total, rules(days, filters))


def _of_people(session: Session, reasons: Any, ids: Sequence[int]) -> dict[int, list[Reason]]:
    found: dict[int, list[Reason]] = {person_id: [] for person_id in ids}
    for row in session.execute(select(reasons).where(reasons.c.person_id.in_(ids))):
        found[row.person_id].append(Reason(row.rule, row.module or "", row.lesson or "", row.since_at))
    for held in found.values():
        held.sort(key=lambda reason: (REASONS.index(reason.rule), reason.module))
    return found


def _reasons(before: datetime, modules: Sequence[str]) -> CompoundSelect[Any]:
    return union_all(_quiet(before), _failed(modules), _stuck(before, modules))


def _quiet(before: datetime) -> Any:
    nowhere = null().cast(String)
    return select(
        Enrolment.person_id.label("person_id"),
        literal("quiet").label("rule"),
        nowhere.label("module"),
        nowhere.label("lesson"),
        Enrolment.last_at.label("since_at"),
    ).where(Enrolment.last_at <= before)


def _failed(modules: Sequence[str]) -> Any:
    state = aliased(ModuleState)
    return (
        select(
            Attempt.person_id,
            literal("failed"),
            Attempt.module,
            null().cast(String),
            func.max(Attempt.closed_at, type_=Attempt.closed_at.type),
        )
        .join(state, (state.person_id == Attempt.person_id) & (state.module == Attempt.module))
        .where(Attempt.closed_at.is_not(None), state.passed_at.is_(None), Attempt.module.in_(modules))
        .group_by(Attempt.person_id, Attempt.module)
        .having(func.count() >= TRIES)
    )


def _stuck(before: datetime, modules: Sequence[str]) -> Any:
    state = aliased(ModuleState)
    return (
        select(LessonState.person_id, literal("stuck"), LessonState.module, LessonState.lesson, LessonState.opened_at)
        .join(state, (state.person_id == LessonState.person_id) & (state.module == LessonState.module))
        .where(
            LessonState.done_at.is_(None),
            LessonState.module.in_(modules),
            LessonState.opened_at <= before,
            state.completed_at.is_(None),
            counting.is_opened_last(),
        )
    )
