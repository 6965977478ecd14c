"""The figures of large places at a past moment, from what ``keeping`` kept of the days before and what changed since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from . import since
from .counting import DAY, EPOCH
from .filters import Filters
from .tables import EVERYWHERE, TallyDay, TallyHistory
from .tallied import STAFF, Tallies, are_plain, of_line, of_place

BEHIND = 7  # days that may have ended since the last that is kept; a place of which fewer are kept is counted


@dataclass(frozen=True, slots=True)
class KeptDays:
    """What is kept of the moment of the filters: of each place the last day that is kept of it and had begun by then."""

    session: Session
    filters: Filters
    days: Mapping[int, int]

    def add(self, held: Tallies, whole: Collection[int], lines: Collection[int]) -> None:
        """What the lines of some of these places show, and of those that are ``whole`` their modules too."""
        self.add_days(held, whole, is_whole=True)
        self.add_days(held, lines, is_whole=False)
        self.add_changes(held, whole, lines)

    def add_days(self, held: Tallies, places: Collection[int], *, is_whole: bool) -> None:
        """The sum of the days."""
        of = TallyDay
        key = (of.place_id, of.module, of.measure, of.value)
        shown = (of_place if is_whole else of_line)(of, self.filters.module)
        query = select(*key, func.sum(of.number)).where(shown, of.is_staff.in_(STAFF[self.filters.who])).group_by(*key)
        for day in {self.days[place] for place in places}:
            here = [place for place in places if self.days[place] == day]
            held.add_rows(self.session.execute(query.where(of.place_id.in_(here), of.day <= day)))

    def add_changes(self, held: Tallies, whole: Collection[int], lines: Collection[int]) -> None:
        """What changed since the beginning of the last of them."""
        for day in {self.days[place] for place in (*whole, *lines)}:
            here, beside = ([place for place in of if self.days[place] == day] for of in (whole, lines))
            if self.filters.as_of is not None and _begins(day) < self.filters.as_of:
                since.add(self.session, held, self.filters, _begins(day), here, beside)


def of_moment(session: Session, filters: Filters) -> KeptDays:
    """Of which places the moment is known.

    Of none where people of one language, cohort or time of enrolment are asked for.
    """
    if filters.as_of is None or not are_plain(filters):
        return KeptDays(session, filters, {})
    day = (filters.as_of - EPOCH) // DAY
    rows = session.execute(select(TallyHistory.place_id, TallyHistory.through).where(TallyHistory.through >= day - BEHIND))
    found = {place: min(day, through) for place, through in rows}
    if EVERYWHERE in found:
        return KeptDays(session, filters, found)
    # Who changed since is not known.
    return KeptDays(session, filters, {place: last for place, last in found.items() if _begins(last) == filters.as_of})


def _begins(day: int) -> datetime:
    return EPOCH + day * DAY
