"""The completion report: who is enrolled, who began, who is through, by organisation, by module and by week.

A constant number of queries, whatever the number of people. Each figure has one function here; page, CSV, XLSX and JSON show
the same lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from ..accounts import organisations
from ..accounts.history import places_at
from ..accounts.organisations import Place
from ..content.model import Course
from . import counted, counting, tallied
from .figures import Counts, Figures, nobody
from .filters import STATES, Filters, rules_of

__all__ = ["STATES", "Counts", "Filters", "Line", "Report", "Week", "completion", "needed_to_pass", "tree"]
WEEKS = 26  # of the trend


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
    """``deeper`` is how many organisations have no line here, since they stand further down than was asked for."""

    filters: Filters
    made_at: datetime
    total: Line
    by_organisation: tuple[Line, ...]
    by_module: tuple[Line, ...]
    weeks: tuple[Week, ...]
    rules: tuple[str, ...]
    deeper: int = 0

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line in the order of the page. The exports hold exactly these, and those of the organisations further down."""
        return (self.total, *self.by_organisation, *self.by_module)


def tree(session: Session, scope: Sequence[int] | None, at: datetime | None) -> list[Place]:
    """The organisations of a report, as they are or as they were."""
    return organisations.places(session, scope) if at is None else places_at(session, at, scope)


def completion(
    session: Session, *, course: Course, scope: Sequence[int] | None, filters: Filters, now: datetime, most: int | None = None
) -> Report:
    """The report over ``scope``: ids of organisations with all below them, None for everything.

    ``course`` is what is live, or was at the moment that the report is of. ``most`` keeps the uppermost levels alone, as many
    as hold no more organisations than that, and one at least. What the tallies can answer they do, to the same figures.
    """
    chosen = limits(scope, filters)
    shown, deeper = _places(session, chosen, filters.as_of, most)
    last = counting.week_of(filters.as_of or now)
    weeks = range(last - WEEKS + 1, last + 1)
    found = _figures(session, course, filters, chosen, {p.id for p in shown} if most or chosen is not None else None, weeks)
    place = next((p for p in shown if p.id == filters.organisation), None)
    return Report(
        filters,
        now,
        total=Line(place, filters.module, found.total),
        by_organisation=tuple(
            Line(p, filters.module, found.by_organisation.get(p.id, nobody(filters.module)))
            for p in shown
            if p.id != filters.organisation
        ),
        by_module=tuple(
            Line(place, slug, found.by_module.get(slug, Counts(found.total.enrolled)))
            for slug in _in_order(course, found.by_module)
            if filters.module in ("", slug)
        ),
        weeks=tuple(Week(counting.monday(week), found.began.get(week, 0), found.completed.get(week, 0)) for week in weeks),
        rules=rules_of(filters, now),
        deeper=deeper,
    )


def _places(session: Session, chosen: Sequence[int] | None, at: datetime | None, most: int | None) -> tuple[list[Place], int]:
    """The organisations that get a line, and how many more there are."""
    if most is not None and at is None:
        return organisations.upper(session, chosen, most)
    found = tree(session, chosen, at)
    return (found, 0) if most is None else organisations.cut(found, most, 0 if chosen is None else 1)


def _figures(
    session: Session, course: Course, filters: Filters, chosen: Sequence[int] | None, only: set[int] | None, weeks: range
) -> Figures:
    needed = needed_to_pass(course, filters.module)
    given: dict[str, Any] = {"filters": filters, "needed": needed, "only": only, "weeks": weeks}
    places = tallied.places(session, filters, chosen)
    if len(places) == 1:
        return tallied.read(session, within=places[0], **given)
    places = tallied.places(session, replace(filters, language="", since=None, until=None), chosen)
    if len(places) == 1:
        return counted.read_some(session, within=places[0], **given)
    return counted.read(session, within=chosen, **given)


def limits(scope: Sequence[int] | None, filters: Filters) -> Sequence[int] | None:
    """The organisations whose people a report is about, with all below them; None for everybody."""
    return scope if filters.organisation is None else [filters.organisation]


def needed_to_pass(course: Course, module: str) -> int:
    """How many modules must be passed to count as passed: the one, or all that have a quiz."""
    return 1 if module else max(1, sum(1 for one in course.modules if one.quizzes))


def _in_order(course: Course, found: Mapping[str, object]) -> list[str]:
    """The course's order; a retired module keeps its line, behind."""
    order = [module.slug for module in course.modules]
    return order + sorted(set(found) - set(order))
