"""The completion report: who is enrolled, who began, who is through, by organisation, by module and by week.

A constant number of queries, whatever the number of people. Each figure has one function here; page, CSV, XLSX and JSON show
the same lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Subquery, case, func, select
from sqlalchemy.orm import Session

from ..accounts.history import places_at
from ..accounts.organisations import Place, places
from ..content.model import Course
from . import counting
from .filters import STATES, Filters, rules_of

__all__ = ["STATES", "Counts", "Filters", "Line", "Report", "Week", "completion", "needed_to_pass", "tree"]
WEEKS = 26  # of the trend


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of one line. Scores are scaled (0 to 1), None while nobody has one; certificates are of the course only."""

    enrolled: int = 0
    started: int = 0
    passed: int = 0
    completed: int = 0
    certified: int | None = None
    mean: Fraction | None = None
    median: Fraction | None = None
    median_days: Fraction | None = None

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
class Week:
    """How many of the counted people enrolled (in a module: started) and completed in the week that begins on a Monday."""

    begins_on: date
    began: int
    completed: int


@dataclass(frozen=True, slots=True)
class Report:
    filters: Filters
    made_at: datetime
    total: Line
    by_organisation: tuple[Line, ...]
    by_module: tuple[Line, ...]
    weeks: tuple[Week, ...]
    rules: tuple[str, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line in the order of the page; the exports hold exactly these."""
        return (self.total, *self.by_organisation, *self.by_module)


def tree(session: Session, scope: Sequence[int] | None, at: datetime | None) -> list[Place]:
    """The organisations of a report, as they are or as they were."""
    return places(session, scope) if at is None else places_at(session, at, scope)


def completion(session: Session, *, course: Course, scope: Sequence[int] | None, filters: Filters, now: datetime) -> Report:
    """The report over ``scope``: ids of organisations with all below them, None for everything.

    ``course`` is what is live, or was at the moment that the report is of.
    """
    everywhere = tree(session, scope, filters.as_of)
    chosen = scope if filters.organisation is None else [filters.organisation]
    shown = {place.id for place in (everywhere if filters.organisation is None else tree(session, chosen, filters.as_of))}
    everybody = counting.counted(filters).subquery("everybody")
    inside = counting.within(counting.counted(filters), chosen, filters.as_of).subquery("inside")
    needed = needed_to_pass(course, filters.module)
    by_place = _counts(
        session, counting.in_places(everybody, filters.as_of, None if chosen is None else shown), filters, needed
    )
    place = next((p for p in everywhere if p.id == filters.organisation), None)
    total = _counts(session, counting.all_together(inside), filters, needed).get(0, _nobody(filters))
    return Report(
        filters,
        now,
        total=Line(place, filters.module, total),
        by_organisation=tuple(
            Line(p, filters.module, by_place.get(p.id, _nobody(filters)))
            for p in everywhere
            if p.id in shown and p.id != filters.organisation
        ),
        by_module=_by_module(session, course, filters, inside, total.enrolled, place),
        weeks=_weeks(session, filters, inside, now),
        rules=rules_of(filters),
    )


def needed_to_pass(course: Course, module: str) -> int:
    """How many modules must be passed to count as passed: the one, or all that have a quiz."""
    return 1 if module else max(1, sum(1 for one in course.modules if one.quizzes))


def _nobody(filters: Filters) -> Counts:
    return Counts() if filters.module else Counts(certified=0)


def _counts(session: Session, people: Subquery, filters: Filters, needed: int) -> dict[int, Counts]:
    """The figures of each group of people; ``people`` has a key and comes with each person once a key."""
    states = counting.states(filters.module, filters.as_of)
    sums = counting.sums(states)
    completed = sums.c.completed >= 1 if filters.module else people.c.completed_at.is_not(None)
    rows = session.execute(
        select(
            people.c.key,
            func.count().label("enrolled"),
            func.count(sums.c.person_id).label("started"),
            func.count(case((sums.c.passed >= needed, 1))).label("passed"),
            func.count(case((completed, 1))).label("completed"),
            func.sum(people.c.certified).label("certified"),
        )
        .outerjoin_from(people, sums, sums.c.person_id == people.c.person_id)
        .group_by(people.c.key)
    ).all()
    joined = select(people.c.key, states.c.score_ppm).join(states, states.c.person_id == people.c.person_id)
    scores = _histogram(session, joined.where(states.c.score_ppm.is_not(None)).subquery("scores"))
    days = _histogram(session, _days(people, states, filters).subquery("days"))
    return {
        row.key: _with(
            Counts(row.enrolled, row.started, row.passed, row.completed, None if filters.module else int(row.certified or 0)),
            scores.get(row.key, ()),
            days.get(row.key, ()),
        )
        for row in rows
    }


def _days(people: Subquery, states: Subquery, filters: Filters) -> Any:
    if filters.module:
        taken = counting.day_number(states.c.completed_at) - counting.day_number(states.c.started_at)
        query = select(people.c.key, taken.label("value")).join(states, states.c.person_id == people.c.person_id)
        return query.where(states.c.completed_at.is_not(None))
    taken = counting.day_number(people.c.completed_at) - counting.day_number(people.c.enrolled_at)
    return select(people.c.key, taken.label("value")).where(people.c.completed_at.is_not(None))


Histogram = Sequence[tuple[int, int]]


def _histogram(session: Session, values: Subquery) -> dict[Any, list[tuple[int, int]]]:
    """How often each value occurs in each group, from the smallest: enough for a mean and a median that are exact."""
    key, value = values.c
    found: dict[Any, list[tuple[int, int]]] = {}
    for group, number, times in session.execute(select(key, value, func.count()).group_by(key, value).order_by(key, value)):
        found.setdefault(group, []).append((number, times))
    return found


def _with(counts: Counts, scores: Histogram, days: Histogram) -> Counts:
    return replace(counts, mean=_scaled(mean(scores)), median=_scaled(median(scores)), median_days=median(days))


def _scaled(millionths: Fraction | None) -> Fraction | None:
    return None if millionths is None else millionths / 1_000_000


def mean(values: Histogram) -> Fraction | None:
    number = sum(times for _value, times in values)
    return Fraction(sum(value * times for value, times in values), number) if number else None


def median(values: Histogram) -> Fraction | None:
    """The value in the middle; of an even number, the middle between the two."""
    number = sum(times for _value, times in values)
    if not number:
        return None
    return Fraction(_nth(values, (number - 1) // 2) + _nth(values, number // 2), 2)


def _nth(values: Histogram, place: int) -> int:
    for value, times in values:
        if place < times:
            return value
        place -= times
    raise IndexError(place)


def _by_module(
    session: Session, course: Course, filters: Filters, inside: Subquery, enrolled: int, place: Place | None
) -> tuple[Line, ...]:
    states = counting.states(filters.module, filters.as_of)
    of_people = states.join(inside, inside.c.person_id == states.c.person_id)
    rows = session.execute(
        select(
            states.c.module,
            func.count().label("started"),
            func.count(states.c.passed_at).label("passed"),
            func.count(states.c.completed_at).label("completed"),
        )
        .select_from(of_people)
        .group_by(states.c.module)
    ).all()
    scores = _histogram(
        session,
        select(states.c.module, states.c.score_ppm)
        .select_from(of_people)
        .where(states.c.score_ppm.is_not(None))
        .subquery("scores"),
    )
    taken = counting.day_number(states.c.completed_at) - counting.day_number(states.c.started_at)
    done = select(states.c.module, taken.label("value")).select_from(of_people).where(states.c.completed_at.is_not(None))
    days = _histogram(session, done.subquery("days"))
    found = {
        row.module: _with(
            Counts(enrolled, row.started, row.passed, row.completed), scores.get(row.module, ()), days.get(row.module, ())
        )
        for row in rows
    }
    slugs = _in_order(course, found)
    return tuple(Line(place, slug, found.get(slug, Counts(enrolled))) for slug in slugs if filters.module in ("", slug))


def _in_order(course: Course, found: Mapping[str, object]) -> list[str]:
    """The course's order; a retired module keeps its line, behind."""
    order = [module.slug for module in course.modules]
    return order + sorted(set(found) - set(order))


def _weeks(session: Session, filters: Filters, inside: Subquery, now: datetime) -> tuple[Week, ...]:
    """The last weeks up to the moment of the report, those without anything too."""
    if filters.module:
        of = counting.states(filters.module, filters.as_of)
        source: Any = of.join(inside, inside.c.person_id == of.c.person_id)
        began, done = of.c.started_at, of.c.completed_at
    else:
        source, began, done = inside, inside.c.enrolled_at, inside.c.completed_at
    last = ((filters.as_of or now).date() - date(1970, 1, 1)).days + 3
    weeks = range(last // 7 - WEEKS + 1, last // 7 + 1)
    started, completed = (_by_week(session, source, moment, weeks) for moment in (began, done))
    return tuple(Week(counting.monday(week), started.get(week, 0), completed.get(week, 0)) for week in weeks)


def _by_week(session: Session, source: Any, moment: Any, weeks: range) -> dict[int, int]:
    week = counting.week_number(moment)
    happened = select(week.label("week")).select_from(source).where(moment.is_not(None)).subquery("happened")
    rows: Iterable[tuple[int, int]] = session.execute(
        select(happened.c.week, func.count()).where(happened.c.week >= weeks.start).group_by(happened.c.week)
    ).all()
    return dict(rows)
