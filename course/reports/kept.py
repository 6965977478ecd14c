"""The figures of large places at the beginning of a past day, from what ``keeping`` kept of the days before."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .counting import EPOCH
from .filters import Filters
from .tables import TallyDay, TallyHistory
from .tallied import STAFF, Tallies, are_plain, of_line, of_place


def places(session: Session, filters: Filters) -> set[int]:
    """Of which places that moment is kept: of none within a day, or of people of one language, cohort or time of enrolment."""
    day = day_of(filters.as_of) if filters.as_of and are_plain(filters) else None
    return set() if day is None else set(session.scalars(select(TallyHistory.place_id).where(TallyHistory.through >= day)))


def day_of(at: datetime) -> int | None:
    """The day that begins at this moment, counted from 1 January 1970; None within a day."""
    at = at.astimezone(UTC)
    return (at - EPOCH).days if at.time() == time() else None


def add(session: Session, held: Tallies, filters: Filters, places: Collection[int], *, is_whole: bool) -> None:
    """What the lines of these places show, or with ``is_whole`` their modules too."""
    assert filters.as_of is not None
    of = TallyDay
    key = (of.place_id, of.module, of.measure, of.value)
    query = select(*key, func.sum(of.number)).where(
        of.place_id.in_(places),
        (of_place if is_whole else of_line)(of, filters.module),
        of.is_staff.in_(STAFF[filters.who]),
        of.day <= day_of(filters.as_of),
    )
    held.add_rows(session.execute(query.group_by(*key)))
