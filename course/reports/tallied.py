"""The same figures from the tallies: a few small reads, however many people. What waits to be folded in is added to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from ..accounts import organisations
from ..accounts.tables import Organisation
from .figures import Counts, Figures, with_scores
from .filters import Filters
from .tables import EVERYWHERE, Tally, TallyChange, TallyDay

STAFF = {"learners": (False,), "staff": (True,), "everyone": (False, True)}
Key = tuple[int, str, str]


def places(session: Session, filters: Filters, within: Sequence[int] | None) -> Sequence[int]:
    """Where the people of these organisations (None: all) count in tallies: the uppermost of them, or ``EVERYWHERE``.

    Empty where nothing is kept of what is asked: of today, of people of all languages and cohorts, whenever they enrolled. Of
    several places the tallies do not add up, since somebody may belong to two.
    """
    if filters.as_of or not are_plain(filters):
        return ()
    return [EVERYWHERE] if within is None else organisations.tops(session, within)


def are_plain(filters: Filters) -> bool:
    """Whether people of all languages and cohorts are asked for, whenever they enrolled."""
    return not (filters.since or filters.until or filters.language or filters.cohort)


def read(
    session: Session, *, filters: Filters, needed: int, within: int, only: Collection[int] | None, weeks: range
) -> Figures:
    """``within`` is the one organisation whose people the report is about, or ``EVERYWHERE``; else as ``counted.read``."""
    return held(session, filters, within, only).figures(filters, needed, within, weeks)


def held(session: Session, filters: Filters, within: int, only: Collection[int] | None) -> Tallies:
    """What is kept of today: of the place, and of the organisations that get a line; of all languages and dates."""
    found = Tallies()
    _read(session, found, filters, within, only)
    _read_changes(session, found, filters, within, only)
    return found


class Tallies:
    """How many people have each value, by organisation, module and measure: all modules of one, else what a line needs."""

    def __init__(self) -> None:
        self.values: dict[Key, dict[int, int]] = {}

    def add(self, key: Key, more: dict[int, int]) -> None:
        held = self.values.setdefault(key, more)
        if held is not more:
            for value, number in more.items():
                held[value] = held.get(value, 0) + number

    def add_rows(self, rows: Iterable[Any]) -> None:
        """Of place, module, measure, value and number."""
        for place, module, measure, value, number in rows:
            self.add((place, module, measure), {value: int(number)})

    def figures(self, filters: Filters, needed: int, within: int, weeks: range) -> Figures:
        slugs = {module for place, module, _ in self.values if place == within and module and filters.module in ("", module)}
        modules = {slug: self._counts(within, slug, 1) for slug in slugs}
        places = {place for place, _module, _measure in self.values} - {EVERYWHERE}
        began = self._of(within, filters.module, "started" if filters.module else "enrolled")
        completed = self._of(within, filters.module, "completed")
        return Figures(
            total=self._counts(within, filters.module, needed),
            by_organisation={place: self._counts(place, filters.module, needed) for place in places},
            by_module={slug: counts for slug, counts in modules.items() if counts.started},
            began={week: number for week, number in began if week in weeks},
            completed={week: number for week, number in completed if week in weeks},
        )

    def _of(self, place: int, module: str, measure: str) -> list[tuple[int, int]]:
        return sorted((value, number) for value, number in self.values.get((place, module, measure), {}).items() if number)

    def _number(self, place: int, module: str, measure: str) -> int:
        return sum(self.values.get((place, module, measure), {}).values())

    def _counts(self, place: int, module: str, needed: int) -> Counts:
        counts = Counts(
            enrolled=self._number(place, "", "enrolled"),
            started=self._number(place, module, "started"),
            passed=sum(number for modules, number in self._of(place, module, "passed") if modules >= needed),
            completed=self._number(place, module, "completed"),
            certified=None if module else self._number(place, "", "certified"),
        )
        return with_scores(counts, self._of(place, module, "score"), self._of(place, module, "days"))


def _read(session: Session, held: Tallies, filters: Filters, within: int, only: Collection[int] | None) -> None:
    """The values of a measure come as one text: a row each would take most of the time."""
    key = (Tally.place_id, Tally.module, Tally.measure)
    values, numbers = (func.aggregate_strings(cast(column, String), ",") for column in (Tally.value, Tally.number))
    for wanted in _wanted(Tally, filters, within, only):
        query = select(*key, values.label("values"), numbers.label("numbers"))
        query = query.where(wanted, Tally.is_staff.in_(STAFF[filters.who])).group_by(*key, Tally.is_staff)
        for row in session.execute(query):
            held.add(row[:3], dict(zip(map(int, row.values.split(",")), map(int, row.numbers.split(",")), strict=True)))


def _read_changes(session: Session, held: Tallies, filters: Filters, within: int, only: Collection[int] | None) -> None:
    change, wanted = TallyChange, or_(*_wanted(TallyChange, filters, within, only))
    key = (change.place_id, change.module, change.measure, change.value)
    query = select(*key, func.sum(change.number)).where(wanted, change.is_staff.in_(STAFF[filters.who]))
    held.add_rows(session.execute(query.group_by(*key)))


AnyTally = type[Tally | TallyChange | TallyDay]


def _wanted(of: AnyTally, filters: Filters, within: int, only: Collection[int] | None) -> tuple[ColumnElement[bool], ...]:
    """What is kept of the place itself, and of the organisations that get a line."""
    lines = select(Organisation.id) if only is None else only
    return (
        and_(of.place_id == within, of_place(of, filters.module)),
        and_(of.place_id.in_(lines), of.place_id != within, of_line(of, filters.module)),
    )


def of_place(of: AnyTally, module: str) -> ColumnElement[bool]:
    """What the lines of a place and its modules show: everything, or one module and the course."""
    return of.module.in_(("", module)) if module else of.module >= ""


def of_line(of: AnyTally, module: str) -> ColumnElement[bool]:
    """What a line of this module shows; who is enrolled is known of the course alone."""
    of_module = of.module == module
    return or_(of_module, and_(of.module == "", of.measure == "enrolled")) if module else of_module
