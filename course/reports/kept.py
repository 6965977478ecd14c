"""The figures of large places at a past moment, from what ``keeping`` kept of the days before and what changed since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from . import since
from .counting import DAY, EPOCH
from .filters import Filters
from .tables import EVERYWHERE, TallyDay, TallyHistory
from .tallied import STAFF, Tallies, are_plain, of_line, of_place

BEHIND = 7  # days that may have ended since the last that is kept; a place of which fewer are kept is counted


def places(session: Session, filters: Filters) -> dict[int, int]:
    """Of which places that moment is known, and the last day that is kept of each and had begun by then.

    Of none where people of one language, cohort or time of enrolment are asked for.
    """
    if filters.as_of is None or not are_plain(filters):
        return {}
    day = (filters.as_of - EPOCH) // DAY
    rows = session.execute(select(TallyHistory.place_id, TallyHistory.through).where(TallyHistory.through >= day - BEHIND))
    found = {place: min(day, through) for place, through in rows}
    if EVERYWHERE in found:
        return found
    return {place: last for place, last in found.items() if _begins(last) == filters.as_of}  # who changed since is not known


def add(
    session: Session,
    held: Tallies,
    filters: Filters,
    days: Mapping[int, int],
    whole: Collection[int],
    lines: Collection[int],
) -> None:
    """What the lines of some of these places show, and of those that are ``whole`` their modules too."""
    add_days(session, held, filters, days, whole, is_whole=True)
    add_days(session, held, filters, days, lines, is_whole=False)
    add_changes(session, held, filters, days, whole, lines)


def add_days(
    session: Session, held: Tallies, filters: Filters, days: Mapping[int, int], places: Collection[int], *, is_whole: bool
) -> None:
    """The sum of the days."""
    of = TallyDay
    key = (of.place_id, of.module, of.measure, of.value)
    shown = (of_place if is_whole else of_line)(of, filters.module)
    query = select(*key, func.sum(of.number)).where(shown, of.is_staff.in_(STAFF[filters.who])).group_by(*key)
    for day in {days[place] for place in places}:
        here = [place for place in places if days[place] == day]
        held.add_rows(session.execute(query.where(of.place_id.in_(here), of.day <= day)))


def add_changes(
    session: Session,
    held: Tallies,
    filters: Filters,
    days: Mapping[int, int],
    whole: Collection[int],
    lines: Collection[int],
) -> None:
    """What changed since the beginning of the last of them."""
    for day in {days[place] for place in (*whole, *lines)}:
        here, beside = ([place for place in of if days[place] == day] for of in (whole, lines))
        if filters.as_of is not None and _begins(day) < filters.as_of:
            since.add(session, held, filters, _begins(day), here, beside)


def _begins(day: int) -> datetime:
    return EPOCH + day * DAY
