"""The figures of a report counted from the people of the places it shows, whatever is asked: 0.01 ms a person and place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import CTE, Select, case, func, literal, select
from sqlalchemy.orm import Session

from ..accounts.tables import Person
from ..learning.tables import Enrolment
from . import kept, tallied
from .counting import meant
from .figures import Figures
from .filters import Filters
from .standing import MEANT, Which, counted_as, members_then, people_then
from .tables import EVERYWHERE, TallyPlace
from .tallied import Tallies

SAMPLE = 1000  # people of all by whom it is known how many are meant
FEW = 0.1  # share of the people of a place below which each is looked up


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


def read_some(
    session: Session, *, filters: Filters, needed: int, within: int, only: Collection[int] | None, weeks: range
) -> Figures:
    """The figures of a language or of dates, of today: of those who are meant, or of everybody less the others.

    Of everybody there are tallies, so that the fewer of the two are counted. ``within`` is as ``tallied.read`` has it.
    """
    share = share_of(session, filters, within)
    which = Which(others=share > 0.5, are_few=min(share, 1 - share) < FEW)
    held = tallied.held(session, filters, within, only) if which.others else Tallies()
    times = -1 if which.others else 1
    _count_all(session, held, filters, None if within == EVERYWHERE else [within], which, times)
    _count_lines(session, held, filters, None if only is None else {*only} - {within}, {within}, which, times)
    return held.figures(filters, needed, within, weeks)


def share_of(session: Session, filters: Filters, within: int) -> float:
    """How many of those who count in a place are meant, from 0 to 1, by a sample: it decides how to count, and not what."""
    last = session.scalar(select(func.max(Person.id))) or 0
    some = range(1, last + 1, max(1, last // SAMPLE))
    is_meant = case((meant(filters), 1), else_=0)
    query = select(func.count(), func.coalesce(func.sum(is_meant), 0)).select_from(TallyPlace)
    query = query.join(Person, Person.id == TallyPlace.person_id).join(Enrolment, Enrolment.person_id == Person.id)
    number, so_many = session.execute(query.where(TallyPlace.place_id == within, TallyPlace.person_id.in_(some))).one()
    return so_many / number if number else 0


def _count_all(
    session: Session, held: Tallies, filters: Filters, within: Sequence[int] | None, which: Which = MEANT, times: int = 1
) -> None:
    """Everybody within, once, with their modules."""
    places = None if within is None else _belongs(session, filters, within, (), which)
    if places is not None and within is not None and len(within) > 1:
        of_any = places.subquery("of_any")
        places = select(literal(EVERYWHERE).label("place_id"), of_any.c.person_id).distinct()
    people, is_everybody = people_then(filters, places, which), places is None and which == MEANT
    _count(session, held, filters, people, filters.module or None, times, trend=filters.module, is_everybody=is_everybody)


def _count_lines(
    session: Session,
    held: Tallies,
    filters: Filters,
    only: Collection[int] | None,
    besides: Collection[int],
    which: Which = MEANT,
    times: int = 1,
) -> None:
    """The line of each of these organisations."""
    people = people_then(filters, _belongs(session, filters, only, besides, which), which)
    _count(session, held, filters, people, filters.module, times, trend=None)


def _belongs(
    session: Session, filters: Filters, only: Collection[int] | None, besides: Collection[int], which: Which
) -> Select[Any]:
    """Where they belong: of few it is looked up as the tallies have it, of many read from one end to the other."""
    if not which.are_few:
        return members_then(session, filters, only, besides)
    columns: tuple[Any, ...] = (TallyPlace.place_id, TallyPlace.person_id)
    found = select(*columns).where(TallyPlace.place_id.not_in({EVERYWHERE, *besides}))
    return found if only is None else found.where(TallyPlace.place_id.in_(only))


def _count(session: Session, held: Tallies, filters: Filters, people: CTE, module: str | None, times: int, **how: Any) -> None:
    held.add_rows(session.execute(counted_as(people, module, filters.as_of, times, **how)))
