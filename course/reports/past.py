"""The figures of a past moment: of large places at a day's beginning from what is kept of past days, else counted.

Counting takes as long as there are people in the places asked for, and not longer. What is kept never changes.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import CompoundSelect, Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from ..extensions import Moment
from .figures import Figures
from .filters import Filters
from .spans import members_then, people_then, steps
from .tables import EVERYWHERE, TallyDay, TallyHistory
from .tallied import STAFF, Tallies, of_line, of_place

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def answers(filters: Filters) -> bool:
    """Whether it is the past of people of all languages and cohorts, whenever they enrolled; else ``counted`` answers."""
    return bool(filters.as_of) and not (filters.since or filters.until or filters.language or filters.cohort)


def read(
    session: Session, *, filters: Filters, needed: int, within: int, only: Collection[int] | None, weeks: range
) -> Figures:
    """As ``tallied.read``; ``filters`` name a moment."""
    assert filters.as_of is not None
    held, kept = Tallies(), kept_at(session, filters.as_of)
    if within in kept:
        _add_kept(session, held, filters, {within}, is_whole=True)
    else:
        _count(session, held, filters, None if within == EVERYWHERE else {within}, set(), is_whole=True)
    lines = None if only is None else {*only} - {within}
    known = (kept if lines is None else kept & lines) - {within, EVERYWHERE}
    if known:
        _add_kept(session, held, filters, known, is_whole=False)
    if lines is None or lines - known:
        _count(session, held, filters, None if lines is None else lines - known, known | {within}, is_whole=False)
    return held.figures(filters, needed, within, weeks)


def day_of(at: datetime) -> int | None:
    """The day that begins at this moment, counted from 1 January 1970; None within a day."""
    at = at.astimezone(UTC)
    return (at - EPOCH).days if at.time() == time() else None


def kept_at(session: Session, at: datetime) -> set[int]:
    """The places of which that moment is kept."""
    day = day_of(at)
    return set() if day is None else set(session.scalars(select(TallyHistory.place_id).where(TallyHistory.through >= day)))


def _add_kept(session: Session, held: Tallies, filters: Filters, places: Collection[int], *, is_whole: bool) -> None:
    assert filters.as_of is not None
    of = TallyDay
    key = (of.place_id, of.module, of.measure, of.value)
    query = select(*key, func.sum(of.number)).where(
        of.place_id.in_(places),
        (of_place if is_whole else of_line)(of, filters.module),
        of.is_staff.in_(STAFF[filters.who]),
        of.day <= day_of(filters.as_of),
    )
    _add(session, held, query.group_by(*key))


def _count(
    session: Session,
    held: Tallies,
    filters: Filters,
    only: Collection[int] | None,
    besides: Collection[int],
    *,
    is_whole: bool,
) -> None:
    """Of each of these organisations, or with ``is_whole`` and None of everybody at once."""
    assert filters.as_of is not None
    at = literal(filters.as_of, Moment())
    places = None if only is None and is_whole else members_then(filters.as_of, only, besides)
    people = people_then(places, filters.as_of, STAFF[filters.who])
    arms = []
    for step in steps(people, (filters.module or None) if is_whole else filters.module):
        one = step.subquery()
        key = (one.c.place_id, one.c.module, one.c.measure, one.c.value)
        arms.append(select(*key, func.count()).where(one.c.began_at <= at, one.c.ended_at > at).group_by(*key))
    _add(session, held, union_all(*arms))


def _add(session: Session, held: Tallies, query: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> None:
    for place, module, measure, value, number in session.execute(query):
        held.add((place, module, measure), {value: int(number)})
