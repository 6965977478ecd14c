"""Who may need a word, by rules that are written on the page, with the reason for each person. No score, no guess.

The list is of now: it is there to write to people, not to count them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, false, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from ..accounts.tables import Person
from ..content.model import Course
from ..learning.tables import Attempt, Enrolment, LessonState, ModuleState
from . import counting
from .completion import limits
from .filters import COHORT_RULE, LANGUAGE_RULE, WHO_RULES, Filters

DAYS = 14  # where the reader names no other number
TRIES = 2
REASONS = ("quiet", "failed", "stuck")
STREAMED = 500  # people whose reasons are held at once in a file
Of = Callable[[Any], ColumnElement[bool]]  # of which people, given the column that names them


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
        "Listed are people who are enrolled, have not completed the course, have an account that is neither deleted nor "
        "switched off, and meet a rule.",
        f"No activity: no lesson or quiz was opened or changed for {days} days.",
        f"Failed attempts: {TRIES} or more attempts at the quiz of a module were closed, and it is not passed.",
        f"Stuck: the lesson opened last in a module was opened {days} days ago or more and is not done, "
        "and the module is not completed.",
        "Quizzes and lessons of retired modules, or that a module no longer has, are left out: nothing can be done about them.",
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
    limit: int = 50,
) -> Listing:
    """The people to whom a rule applies, by name, each with every reason. Three queries."""
    asked = _Asked(now - timedelta(days=days), course)
    found = _people(asked, scope, filters)
    total = session.execute(select(func.count()).select_from(found.order_by(None).subquery("found"))).scalar_one()
    rows = session.execute(found.offset(offset).limit(limit)).all()
    return Listing(tuple(_with_reasons(session, asked, rows)), total, rules(days, filters))


def everyone(
    session: Session, *, course: Course, scope: Sequence[int] | None, filters: Filters, days: int, now: datetime
) -> Iterator[AtRisk]:
    """The same people, however many there are, with a few hundred of them in memory."""
    asked = _Asked(now - timedelta(days=days), course)
    rows = session.execute(_people(asked, scope, filters), execution_options={"yield_per": STREAMED, "stream_results": True})
    for part in rows.partitions(STREAMED):
        yield from _with_reasons(session, asked, part)


def _people(asked: _Asked, scope: Sequence[int] | None, filters: Filters) -> Any:
    people = counting.within(counting.counted(filters), limits(scope, filters)).subquery("counted_people")
    return (
        select(Person.id, Person.public_id, Person.name, Person.email)
        .join(people, people.c.person_id == Person.id)
        .where(people.c.completed_at.is_(None), Person.deactivated_at.is_(None))  # set when an account is erased, too
        .where(or_(*(arm.exists() for arm in asked.arms(lambda person_id: person_id == Person.id))))
        .order_by(Person.name_key, Person.id)
    )


def _with_reasons(session: Session, asked: _Asked, rows: Sequence[Any]) -> Iterator[AtRisk]:
    ids = [row.id for row in rows]
    found: dict[int, list[Reason]] = {person_id: [] for person_id in ids}
    for one in session.execute(union_all(*asked.arms(lambda person_id: person_id.in_(ids)))) if ids else ():
        found[one.person_id].append(Reason(one.rule, one.module or "", one.lesson or "", one.since_at))
    for row in rows:
        reasons = sorted(found[row.id], key=lambda reason: (REASONS.index(reason.rule), reason.module))
        yield AtRisk(row.public_id, row.name, row.email or "", tuple(reasons))


@dataclass(frozen=True, slots=True)
class _Asked:
    """Since when nothing must have happened, and in which course."""

    before: datetime
    course: Course

    def arms(self, of: Of) -> list[Any]:
        """The reasons of some people, a query for each rule, which looks at them alone."""
        return [_quiet(self.before, of), _failed(self.course, of), _stuck(self.before, self.course, of)]


def _quiet(before: datetime, of: Of) -> Any:
    nowhere = null().cast(String)
    return select(
        Enrolment.person_id.label("person_id"),
        literal("quiet").label("rule"),
        nowhere.label("module"),
        nowhere.label("lesson"),
        Enrolment.last_at.label("since_at"),
    ).where(of(Enrolment.person_id), Enrolment.last_at <= before)


def _failed(course: Course, of: Of) -> Any:
    state = aliased(ModuleState)
    modules = [module.slug for module in course.modules if module.quizzes]
    return (
        select(
            Attempt.person_id,
            literal("failed"),
            Attempt.module,
            null().cast(String),
            func.max(Attempt.closed_at, type_=Attempt.closed_at.type),
        )
        .join(state, (state.person_id == Attempt.person_id) & (state.module == Attempt.module))
        .where(of(Attempt.person_id), Attempt.closed_at.is_not(None), state.passed_at.is_(None), Attempt.module.in_(modules))
        .group_by(Attempt.person_id, Attempt.module)
        .having(func.count() >= TRIES)
    )


def _stuck(before: datetime, course: Course, of: Of) -> Any:
    state = aliased(ModuleState)
    there = (
        and_(LessonState.module == module.slug, LessonState.lesson.in_([lesson.id for lesson in module.lessons]))
        for module in course.modules
    )
    return (
        select(LessonState.person_id, literal("stuck"), LessonState.module, LessonState.lesson, LessonState.opened_at)
        .join(state, (state.person_id == LessonState.person_id) & (state.module == LessonState.module))
        .where(
            of(LessonState.person_id),
            LessonState.done_at.is_(None),
            or_(false(), *there),
            LessonState.opened_at <= before,
            state.completed_at.is_(None),
            counting.is_opened_last(),
        )
    )
