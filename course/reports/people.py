"""The people behind a number, and for one person the facts behind the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from ..accounts.organisations import places
from ..accounts.tables import Membership, Person
from ..content.model import Course
from ..learning.progress import course_progress, module_progress
from ..learning.record import LessonRecord, ModuleRecord, Record
from ..learning.tables import Enrolment, LessonState, ModuleState
from .completion import Filters, _sums, counted_people, member_places


@dataclass(frozen=True, slots=True)
class Someone:
    """One person behind a number. ``percent`` is of the module asked for, or of the course; ``score`` only of one module."""

    public_id: str
    name: str
    email: str
    organisations: tuple[str, ...]
    enrolled_at: datetime
    percent: int
    score: Fraction | None
    passed_at: datetime | None
    completed_at: datetime | None
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    people: tuple[Someone, ...]
    total: int


def behind(
    session: Session,
    *,
    course: Course,
    scope: Sequence[int] | None,
    filters: Filters,
    state: str,
    offset: int = 0,
    limit: int | None = 50,
) -> Listing:
    """The people whom a figure of the completion report counts, by name. A constant number of queries.

    ``state`` is one of completion.STATES; ``limit`` None gives all.
    """
    chosen = _chosen(course, scope, filters, state).subquery("chosen")
    total = session.execute(select(func.count()).select_from(chosen)).scalar_one()
    rows = session.execute(
        select(
            Person.id,
            Person.public_id,
            Person.name,
            Person.email,
            Enrolment.enrolled_at,
            Enrolment.last_at,
            Enrolment.completed_at,
        )
        .join(chosen, chosen.c.person_id == Person.id)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .order_by(Person.name, Person.id)
        .offset(offset)
        .limit(limit)
    ).all()
    ids = [row.id for row in rows]
    records, homes = _records(session, ids, {row.id: row for row in rows}), _homes(session, ids)
    people = tuple(_someone(course, filters, row, records[row.id], homes.get(row.id, ())) for row in rows)
    return Listing(people, total)


def is_within(session: Session, person_id: int, scope: Sequence[int] | None) -> bool:
    """Whether a reader with this scope may see this person: a member now of an organisation in its subtree."""
    if scope is None:
        return True
    member = member_places().subquery("member")
    return bool(session.scalar(select(exists().where(member.c.person_id == person_id, member.c.place_id.in_(scope)))))


def _chosen(course: Course, scope: Sequence[int] | None, filters: Filters, state: str) -> Select[int, datetime | None]:
    within = scope if filters.organisation is None else [filters.organisation]
    sums = _sums(filters.module)
    query = counted_people(filters).outerjoin(sums, sums.c.person_id == Person.id)
    if within is not None:
        member = member_places().subquery("member")
        query = query.where(exists().where(member.c.person_id == Person.id, member.c.place_id.in_(within)))
    needed = 1 if filters.module else max(1, sum(1 for module in course.modules if module.quizzes))
    completed = sums.c.completed >= 1 if filters.module else Enrolment.completed_at.is_not(None)
    conditions = {
        "enrolled": None,
        "started": sums.c.person_id.is_not(None),
        "not_started": sums.c.person_id.is_(None),
        "passed": sums.c.passed >= needed,
        "completed": completed,
    }
    condition = conditions[state]
    return query if condition is None else query.where(condition)


def _homes(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    if not ids:
        return {}
    paths = {place.id: " › ".join(place.path) for place in places(session)}
    rows = session.execute(
        select(Membership.person_id, Membership.organisation_id)
        .where(Membership.person_id.in_(ids), Membership.role == "member", Membership.until_at.is_(None))
        .order_by(Membership.id)
    )
    found: dict[int, tuple[str, ...]] = {}
    for row in rows:
        found[row.person_id] = (*found.get(row.person_id, ()), paths[row.organisation_id])
    return found


def _records(session: Session, ids: Sequence[int], enrolments: dict[int, Any]) -> dict[int, Record]:
    modules: dict[int, dict[str, ModuleRecord]] = {person_id: {} for person_id in ids}
    lessons: dict[int, dict[tuple[str, str], LessonRecord]] = {person_id: {} for person_id in ids}
    if ids:
        for state in session.scalars(select(ModuleState).where(ModuleState.person_id.in_(ids))):
            score = Fraction(state.score) if state.score else None
            modules[state.person_id][state.module] = ModuleRecord(
                state.started_at, state.last_at, score, state.passed_at, state.completed_at
            )
        for row in session.execute(
            select(LessonState.person_id, LessonState.module, LessonState.lesson, LessonState.done_at).where(
                LessonState.person_id.in_(ids), LessonState.done_at.is_not(None)
            )
        ):
            lessons[row.person_id][row.module, row.lesson] = LessonRecord(done_at=row.done_at)
    return {
        person_id: Record(
            enrolled_at=enrolments[person_id].enrolled_at,
            completed_at=enrolments[person_id].completed_at,
            modules=modules[person_id],
            lessons=lessons[person_id],
        )
        for person_id in ids
    }


def _someone(course: Course, filters: Filters, row: Any, record: Record, homes: tuple[str, ...]) -> Someone:
    module = course.module(filters.module)
    state = record.modules.get(filters.module)
    percent = module_progress(module, record).percent if module else course_progress(course, record).percent
    return Someone(
        public_id=row.public_id,
        name=row.name or "(deleted account)",
        email=row.email or "",
        organisations=homes,
        enrolled_at=row.enrolled_at,
        percent=percent,
        score=state.score if state else None,
        passed_at=state.passed_at if state else None,
        completed_at=state.completed_at if state else (row.completed_at if not filters.module else None),
        last_at=row.last_at,
    )
