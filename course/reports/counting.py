"""Whom a report counts and what they had done, as queries: of now, or of any past moment.

Times in the summaries are of the first time and never change: what had happened by a moment is what has a time until then.
Scores do change; those of the past are in ``score_changes``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Subquery, and_, case, func, not_, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from ..accounts.cohorts import member_ids
from ..accounts.history import holds, manages, people_within, value_then
from ..accounts.tables import Change, Person
from ..learning.tables import Certificate, CertificateNote, Enrolment, LessonState, ModuleState, ScoreChange
from .filters import Filters

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # from which days and weeks are counted
DAY = timedelta(days=1)


class second_number(FunctionElement[int]):  # noqa: N801  a function in SQL
    """The second of a time, counted from 1 January 1970, without its fraction."""

    type = Integer()
    inherit_cache = True


@compiles(second_number, "sqlite")
def _sqlite(element: second_number, compiler: SQLCompiler, **kw: Any) -> str:
    """Without the fraction, which SQLite rounds."""
    return f"CAST(strftime('%s', substr({compiler.process(element.clauses, **kw)}, 1, 19)) AS INTEGER)"


@compiles(second_number, "postgresql")
def _postgresql(element: second_number, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(FLOOR(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **kw)})) AS BIGINT)"


class day_number(FunctionElement[int]):  # noqa: N801  a function in SQL
    """The day of a time in UTC, counted from 1 January 1970."""

    type = Integer()
    inherit_cache = True


@compiles(day_number, "sqlite")
def _sqlite_number(element: day_number, compiler: SQLCompiler, **kw: Any) -> str:
    """Of the date alone: SQLite rounds times, so that the last half millisecond of a day would be in the next."""
    return f"CAST(julianday(substr({compiler.process(element.clauses, **kw)}, 1, 10)) - 2440587.5 AS INTEGER)"


@compiles(day_number, "postgresql")
def _postgresql_number(element: day_number, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(CAST({compiler.process(element.clauses, **kw)} AT TIME ZONE 'UTC' AS DATE) - DATE '1970-01-01')"


class day_reached(FunctionElement[int]):  # noqa: N801  a function in SQL
    """The day, counted from 1 January 1970, at whose beginning in UTC a time is past or just come."""

    type = Integer()
    inherit_cache = True


@compiles(day_reached, "sqlite")
def _sqlite_day(element: day_reached, compiler: SQLCompiler, **kw: Any) -> str:
    moment = compiler.process(element.clauses, **kw)
    return f"(CAST(strftime('%s', substr({moment}, 1, 10)) AS INTEGER) / 86400 + (substr({moment}, 12) > '00:00:00.000000'))"


@compiles(day_reached, "postgresql")
def _postgresql_day(element: day_reached, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(CEIL(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **kw)}) / 86400) AS INTEGER)"


def week_number(moment: Any) -> Any:
    """The week of a time in UTC, from Monday; ``monday`` turns it into a day."""
    return (day_number(moment) + 3) // 7


def monday(week: int) -> date:
    return EPOCH.date() + timedelta(days=week * 7 - 3)


def week_of(moment: datetime) -> int:
    return ((moment.astimezone(UTC).date() - EPOCH.date()).days + 3) // 7


def in_week(moment: Any, begins_on: date) -> ColumnElement[bool]:
    """Whether a time is in the seven days from that one, in UTC."""
    since = datetime.combine(begins_on, time(), UTC)
    return and_(moment >= since, moment < since + timedelta(days=7))


def by_then(moment: Any, at: datetime | None) -> Any:
    """A time that had come by then, else nothing."""
    return moment if at is None else case((moment <= at, moment))


def counted(filters: Filters, *, others: bool = False) -> Select[Any]:
    """The people who count at all: person_id, enrolled_at, completed_at, certified.

    ``others`` are those who would, if a language and dates of now were not asked for.
    """
    at = filters.as_of
    revoked = select(CertificateNote.id).where(
        CertificateNote.certificate_id == Certificate.id, CertificateNote.kind == "revoked"
    )
    if at is not None:
        revoked = revoked.where(CertificateNote.at <= at)
    certified = case((Certificate.id.is_(None), 0), (revoked.exists(), 0), else_=1)
    if at is not None:
        certified = case((Certificate.issued_at > at, 0), else_=certified)
    query = select(
        Person.id.label("person_id"),
        Enrolment.enrolled_at.label("enrolled_at"),
        by_then(Enrolment.completed_at, at).label("completed_at"),
        certified.label("certified"),
    ).select_from(Person)
    query = query.join(Enrolment, Enrolment.person_id == Person.id).outerjoin(Certificate, Certificate.person_id == Person.id)
    if at is not None:
        query = query.where(Enrolment.enrolled_at <= at)
    if filters.cohort is not None:
        query = query.where(Person.id.in_(member_ids(filters.cohort, at)))
    query = _who(query, filters)
    return query.where(not_(meant(filters))) if others else enrolled_between(of_language(query, filters), filters)


def _who(query: Select[Any], filters: Filters) -> Select[Any]:
    if filters.who == "everyone":
        return query
    query, role = value_then(query, "role", Person.role, filters.as_of)
    if filters.who == "staff":
        return query.where(_staff(role, filters.as_of))
    return query.where(role == "learner", ~manages(filters.as_of))  # said so, PostgreSQL does not ask it of each by itself


def is_staff(at: Any) -> ColumnElement[bool]:
    """Whether the person of the query is staff now (None), or was at a time in the query.

    ``changes`` holds what each change replaced: the role then is what the first change after it found.
    """
    if at is None:
        return _staff(Person.role, None)
    change = aliased(Change)
    after = select(change.before).where(change.person_id == Person.id, change.what == "role", change.at > at)
    return _staff(func.coalesce(after.order_by(change.id).limit(1).scalar_subquery(), Person.role), at)


def _staff(role: Any, at: Any) -> ColumnElement[bool]:
    return or_(role != "learner", manages(at))


def of_language(query: Select[Any], filters: Filters) -> Select[Any]:
    if not filters.language:
        return query
    query, language = value_then(query, "language", Person.language, filters.as_of)
    return query.where(language == filters.language)


def enrolled_between(query: Select[Any], filters: Filters) -> Select[Any]:
    return query.where(*_between(filters))


def _between(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.since:
        found.append(Enrolment.enrolled_at >= datetime.combine(filters.since, time(), UTC))
    if filters.until:
        found.append(Enrolment.enrolled_at <= datetime.combine(filters.until, time.max, UTC))
    return found


def meant(filters: Filters) -> ColumnElement[bool]:
    """Whether an enrolled person is of the language, and enrolled between the dates, that a report of now asks for."""
    return and_(true(), *([Person.language == filters.language] if filters.language else []), *_between(filters))


def people_of(scope: Sequence[int] | None, at: datetime | None) -> list[Select[Any]]:
    """What ``states`` and other queries are limited to with ``IN``: those within these organisations; nothing for None."""
    return [] if scope is None else [people_within(scope, at)]


def within(query: Select[Any], scope: Sequence[int] | None) -> Select[Any]:
    """Only people who belong now to one of these organisations or stand below it; None for everybody."""
    return query.where(*(Person.id.in_(ids) for ids in people_of(scope, None)))


def states(module: str, at: datetime | None, cohort: int | None = None, only: Sequence[Select[Any]] = ()) -> Subquery:
    """What people had done in modules: person_id, module, started_at, passed_at, completed_at, score, score_ppm, last_at.

    The last of these is of now. Whom a report counts is said elsewhere; a ``cohort``, and ``only`` (``people_of``), spare
    reading everybody for a few.
    """
    query = select(
        ModuleState.person_id,
        ModuleState.module,
        ModuleState.started_at,
        by_then(ModuleState.passed_at, at).label("passed_at"),
        by_then(ModuleState.completed_at, at).label("completed_at"),
        (ModuleState.score if at is None else ScoreChange.score).label("score"),
        (ModuleState.score_ppm if at is None else ScoreChange.score_ppm).label("score_ppm"),
        ModuleState.last_at,
    )
    if at is not None:
        query = query.outerjoin(
            ScoreChange,
            (ScoreChange.person_id == ModuleState.person_id)
            & (ScoreChange.module == ModuleState.module)
            & holds(ScoreChange.since_at, ScoreChange.until_at, at),
        ).where(ModuleState.started_at <= at)
    if cohort is not None:
        only = (*only, member_ids(cohort, at))
    query = query.where(*(ModuleState.person_id.in_(ids) for ids in only))
    return (query.where(ModuleState.module == module) if module else query).subquery("states")


def sums(of: Subquery) -> Subquery:
    """One row a person: how many modules were started, passed and completed, and have a score."""
    return (
        select(
            of.c.person_id,
            func.count().label("started"),
            func.count(of.c.passed_at).label("passed"),
            func.count(of.c.completed_at).label("completed"),
            func.count(of.c.score_ppm).label("scored"),
        )
        .group_by(of.c.person_id)
        .subquery("sums")
    )


def is_opened_last() -> Any:
    """Whether no lesson of the module was opened after the ``LessonState`` of the query."""
    later = aliased(LessonState)
    return ~(
        select(later.person_id)
        .where(
            later.person_id == LessonState.person_id,
            later.module == LessonState.module,
            later.opened_at > LessonState.opened_at,
        )
        .exists()
    )
