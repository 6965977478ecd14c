"""The completion report: who is enrolled, who began, who is through, by organisation and by module.

One query counts by organisation, one by module, one in all, whatever the number of people. The rules by which it counts are
`RULES`; they stand under every table and in every export.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, Subquery, case, distinct, exists, func, select
from sqlalchemy.orm import Session, aliased

from ..accounts.organisations import Place, places
from ..accounts.tables import Membership, OrganisationClosure, Person
from ..content.model import Course
from ..learning.tables import Enrolment, ModuleState

RULES = (
    "Enrolled: people who have started the course at least once. Registering alone does not enrol.",
    "Started: enrolled people who have opened a lesson or the quiz of the module; for all modules, of any module. "
    "Not started: the rest.",
    "Passed: the quiz score that counts by the module's rule reached the pass mark; for all modules, of every module "
    "that has a quiz.",
    "Completed: the module's rule was met; for all modules, the course's rule, which gives the certificate. "
    "Once completed stays completed.",
    "Mean score: the mean of the quiz scores that count, of people with at least one closed attempt, cut to whole percent.",
    "A person in two departments counts once in everything above them, and once in the total. "
    "People outside any organisation count in the total only.",
    "Staff are left out: authors, administrators, and managers of an organisation. "
    "Deleted accounts keep counting, without a name.",
    "Dates limit the report to people who enrolled between these days, both included, in UTC.",
)
STATES = ("enrolled", "started", "not_started", "passed", "completed")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for. ``organisation`` is an id within the reader's scope; empty values do not limit."""

    organisation: int | None = None
    module: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of one line. ``mean`` is scaled (0 to 1), None while nobody has closed an attempt."""

    enrolled: int = 0
    started: int = 0
    passed: int = 0
    completed: int = 0
    mean: Fraction | None = None

    @property
    def not_started(self) -> int:
        return self.enrolled - self.started


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report; ``place`` None is the total, ``module`` empty means all modules."""

    place: Place | None
    module: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Report:
    filters: Filters
    made_at: datetime
    total: Line
    by_organisation: tuple[Line, ...]
    by_module: tuple[Line, ...]
    rules: tuple[str, ...] = RULES

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line in the order of the page; the exports hold exactly these."""
        return (self.total, *self.by_organisation, *self.by_module)


def completion(session: Session, *, course: Course, scope: Sequence[int] | None, filters: Filters, now: datetime) -> Report:
    """The report over ``scope``: ids of organisations with all below them, None for everything."""
    tree = places(session, scope)
    within = scope if filters.organisation is None else [filters.organisation]
    shown = {place.id for place in (tree if filters.organisation is None else places(session, within))}
    needed = 1 if filters.module else sum(1 for module in course.modules if module.quizzes)
    by_place = _counts_by_place(session, filters, needed)
    place = next((p for p in tree if p.id == filters.organisation), None)
    return Report(
        filters,
        now,
        total=Line(place, filters.module, _total(session, filters, needed, within)),
        by_organisation=tuple(
            Line(p, filters.module, by_place.get(p.id, Counts()))
            for p in tree
            if p.id in shown and p.id != filters.organisation
        ),
        by_module=_by_module(session, course, filters, within, place),
    )


def counted_people(filters: Filters) -> Select[int, datetime | None]:
    """Ids of the people who count at all, with the day they completed the course: enrolled learners who are not staff."""
    manager = aliased(Membership)
    query = (
        select(Person.id.label("person_id"), Enrolment.completed_at.label("completed_at"))
        .join(Enrolment, Enrolment.person_id == Person.id)
        .where(
            Person.role == "learner",
            ~exists().where(manager.person_id == Person.id, manager.role == "manager", manager.until_at.is_(None)),
        )
    )
    if filters.since:
        query = query.where(Enrolment.enrolled_at >= datetime.combine(filters.since, time(), UTC))
    if filters.until:
        query = query.where(Enrolment.enrolled_at < datetime.combine(filters.until + timedelta(days=1), time(), UTC))
    return query


def member_places() -> Select[int, int]:
    """(organisation, person) for every organisation that a person belongs to or stands below, each pair once."""
    return (
        select(OrganisationClosure.ancestor_id.label("place_id"), Membership.person_id.label("person_id"))
        .join(Membership, Membership.organisation_id == OrganisationClosure.descendant_id)
        .where(Membership.role == "member", Membership.until_at.is_(None))
        .distinct()
    )


def _sums(module: str) -> Subquery:
    """What each person did, over one module or all of them."""
    query = select(
        ModuleState.person_id.label("person_id"),
        func.count().label("started"),
        func.count(ModuleState.passed_at).label("passed"),
        func.count(ModuleState.completed_at).label("completed"),
        func.sum(ModuleState.score_ppm).label("score_sum"),
        func.count(ModuleState.score_ppm).label("scores"),
    ).group_by(ModuleState.person_id)
    return (query.where(ModuleState.module == module) if module else query).subquery("sums")


def _figures(people: Subquery, sums: Subquery, module: str, needed: int) -> list[Any]:
    completed = sums.c.completed >= 1 if module else people.c.completed_at.is_not(None)
    return [
        func.count().label("enrolled"),
        func.count(sums.c.person_id).label("started"),
        func.count(case((sums.c.passed >= max(needed, 1), 1))).label("passed"),
        func.count(case((completed, 1))).label("completed"),
        func.sum(sums.c.score_sum).label("score_sum"),
        func.sum(sums.c.scores).label("scores"),
    ]


def _counts(row: Any) -> Counts:
    mean = Fraction(int(row.score_sum), int(row.scores) * 1_000_000) if row.scores else None
    return Counts(row.enrolled, row.started, row.passed, row.completed, mean)


def _counts_by_place(session: Session, filters: Filters, needed: int) -> dict[int, Counts]:
    people, sums, member = (
        counted_people(filters).subquery("counted"),
        _sums(filters.module),
        member_places().subquery("member"),
    )
    rows = session.execute(
        select(member.c.place_id, *_figures(people, sums, filters.module, needed))
        .join(people, people.c.person_id == member.c.person_id)
        .outerjoin(sums, sums.c.person_id == people.c.person_id)
        .group_by(member.c.place_id)
    )
    return {row.place_id: _counts(row) for row in rows}


def _total(session: Session, filters: Filters, needed: int, within: Sequence[int] | None) -> Counts:
    people, sums = _people_within(filters, within), _sums(filters.module)
    return _counts(
        session.execute(
            select(*_figures(people, sums, filters.module, needed))
            .select_from(people)
            .outerjoin(sums, sums.c.person_id == people.c.person_id)
        ).one()
    )


def _by_module(
    session: Session, course: Course, filters: Filters, within: Sequence[int] | None, place: Place | None
) -> tuple[Line, ...]:
    people = _people_within(filters, within)
    enrolled = session.execute(select(func.count()).select_from(people)).scalar_one()
    rows = session.execute(
        select(
            ModuleState.module,
            func.count(distinct(ModuleState.person_id)).label("started"),
            func.count(ModuleState.passed_at).label("passed"),
            func.count(ModuleState.completed_at).label("completed"),
            func.sum(ModuleState.score_ppm).label("score_sum"),
            func.count(ModuleState.score_ppm).label("scores"),
        )
        .join(people, people.c.person_id == ModuleState.person_id)
        .group_by(ModuleState.module)
    ).all()
    found = {
        row.module: Counts(
            enrolled,
            row.started,
            row.passed,
            row.completed,
            Fraction(int(row.score_sum), row.scores * 1_000_000) if row.scores else None,
        )
        for row in rows
    }
    order = [module.slug for module in course.modules]
    slugs = order + sorted(set(found) - set(order))  # a retired module keeps its line
    return tuple(Line(place, slug, found.get(slug, Counts(enrolled))) for slug in slugs if filters.module in ("", slug))


def _people_within(filters: Filters, within: Sequence[int] | None) -> Subquery:
    query = counted_people(filters)
    if within is not None:
        member = member_places().subquery("within_member")
        query = query.where(exists().where(member.c.person_id == Person.id, member.c.place_id.in_(within)))
    return query.subquery("people_within")
