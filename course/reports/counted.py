"""The figures of a report counted from the people of the places it shows, whatever is asked: 0.01 ms a person and place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import CTE, literal, select
from sqlalchemy.orm import Session

from . import kept
from .figures import Figures
from .filters import Filters
from .standing import counted_as, members_then, people_then
from .tables import EVERYWHERE
from .tallied import Tallies


def read(
    session: Session, *, filters: Filters, needed: int, within: Sequence[int] | None, only: Collection[int] | None, weeks: range
) -> Figures:
    """``within`` is whom the report is about: people of these organisations and all below, None for everybody.

    ``only`` limits the organisations that get a line, ``needed`` is how many modules must be passed to count as passed. Where
    days are kept, those are counted alone who changed something since the last of them.
    """
    held, known = Tallies(), kept.of_moment(session, filters)
    is_one = within is None or len(within) == 1
    about = within[0] if within is not None and is_one else EVERYWHERE
    whole = {about} & known.days.keys() if is_one else set()
    if not whole:
        _count_all(session, held, filters, within)
    lines = None if only is None else {*only} - {about}
    below = (known.days.keys() if lines is None else known.days.keys() & lines) - {about, EVERYWHERE}
    known.add(held, whole, below)
    if lines is None or lines - below:
        _count_lines(session, held, filters, None if lines is None else lines - below, below | {about})
    return held.figures(filters, needed, about, weeks)


def _count_all(session: Session, held: Tallies, filters: Filters, within: Sequence[int] | None) -> None:
    """Everybody within, once, with their modules."""
    places = None if within is None else members_then(session, filters, within)
    if places is not None and within is not None and len(within) > 1:
        of_any = places.subquery("of_any")
        places = select(literal(EVERYWHERE).label("place_id"), of_any.c.person_id).distinct()
    people = people_then(filters, places)
    _count(session, held, filters, people, filters.module or None, trend=filters.module, is_everybody=places is None)


def _count_lines(
    session: Session, held: Tallies, filters: Filters, only: Collection[int] | None, besides: Collection[int]
) -> None:
    """The line of each of these organisations."""
    people = people_then(filters, members_then(session, filters, only, besides))
    _count(session, held, filters, people, filters.module, trend=None)


def _count(session: Session, held: Tallies, filters: Filters, people: CTE, module: str | None, **how: Any) -> None:
    held.add_rows(session.execute(counted_as(people, module, filters.as_of, **how)))
