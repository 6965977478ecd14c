"""The same figures from the tallies: a few small reads, however many people. What waits to be folded in is added to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from ..accounts import organisations
from ..accounts.tables import Organisation
from .figures import Counts, Figures, with_scores
from .filters import Filters
from .tables import Tally, TallyChange

EVERYWHERE = 0
STAFF = {"learners": (False,), "staff": (True,), "everyone": (False, True)}
Key = tuple[int, str, str]


def places(session: Session, filters: Filters, within: Sequence[int] | None) -> Sequence[int]:
    """Where the people of these organisations (None: all) count in tallies: the uppermost of them, or ``EVERYWHERE``.

    Empty where nothing is kept of what is asked: of today, of people of all languages and cohorts, whenever they enrolled. Of
    several places the tallies do not add up, since somebody may belong to two.
    """
    if filters.as_of or filters.since or filters.until or filters.language or filters.cohort:
        return ()
    return [EVERYWHERE] if within is None else organisations.tops(session, within)


def read(
    session: Session, *, filters: Filters, needed: int, within: int, only: Collection[int] | None, weeks: range
) -> Figures:
    """``within`` is the one organisation whose people the report is about, or ``EVERYWHERE``; else as ``counted.read``."""
    held = _Tallies(session, filters, within, only)
    slugs = {module for place, module, _measure in held.values if place == within and module and filters.module in ("", module)}
    modules = {slug: held.counts(within, slug, 1) for slug in slugs}
    places = {place for place, _module, _measure in held.values} - {within, EVERYWHERE}
    began = held.of(within, filters.module, "started" if filters.module else "enrolled")
    completed = held.of(within, filters.module, "completed")
    return Figures(
        total=held.counts(within, filters.module, needed),
        by_organisation={place: held.counts(place, filters.module, needed) for place in places},
        by_module={slug: counts for slug, counts in modules.items() if counts.started},
        began={week: number for week, number in began if week in weeks},
        completed={week: number for week, number in completed if week in weeks},
    )


class _Tallies:
    """How many people have each value, by organisation, module and measure: all modules of one, else what a line needs."""

    def __init__(self, session: Session, filters: Filters, within: int, only: Collection[int] | None) -> None:
        self.values: dict[Key, dict[int, int]] = {}
        staff = STAFF[filters.who]
        lines = select(Organisation.id) if only is None else only
        for wanted in (
            and_(Tally.place_id == within, Tally.module.in_(("", filters.module)) if filters.module else Tally.module >= ""),
            and_(Tally.place_id.in_(lines), Tally.place_id != within, _of_line(filters.module)),
        ):
            self._read(session, and_(wanted, Tally.is_staff.in_(staff)))
        self._read_changes(session, filters, within, only)

    def _read(self, session: Session, wanted: ColumnElement[bool]) -> None:
        """The values of a measure come as one text: a row each would take most of the time."""
        key = (Tally.place_id, Tally.module, Tally.measure)
        values, numbers = (func.aggregate_strings(cast(column, String), ",") for column in (Tally.value, Tally.number))
        query = select(*key, values.label("values"), numbers.label("numbers")).where(wanted).group_by(*key, Tally.is_staff)
        for row in session.execute(query):
            self._add(row[:3], dict(zip(map(int, row.values.split(",")), map(int, row.numbers.split(",")), strict=True)))

    def _read_changes(self, session: Session, filters: Filters, within: int, only: Collection[int] | None) -> None:
        change, staff = TallyChange, STAFF[filters.who]
        key = (change.place_id, change.module, change.measure, change.value)
        rows = session.execute(select(*key, func.sum(change.number)).where(change.is_staff.in_(staff)).group_by(*key))
        for place, module, measure, value, number in rows:
            in_line = module == filters.module or (not module and measure == "enrolled")
            if (place == within and (in_line or not filters.module)) or (in_line and (only is None or place in only)):
                self._add((place, module, measure), {value: int(number)})

    def _add(self, key: Key, more: dict[int, int]) -> None:
        held = self.values.setdefault(key, more)
        if held is not more:
            for value, number in more.items():
                held[value] = held.get(value, 0) + number

    def of(self, place: int, module: str, measure: str) -> list[tuple[int, int]]:
        return sorted((value, number) for value, number in self.values.get((place, module, measure), {}).items() if number)

    def number(self, place: int, module: str, measure: str) -> int:
        return sum(self.values.get((place, module, measure), {}).values())

    def counts(self, place: int, module: str, needed: int) -> Counts:
        counts = Counts(
            enrolled=self.number(place, "", "enrolled"),
            started=self.number(place, module, "started"),
            passed=sum(number for modules, number in self.of(place, module, "passed") if modules >= needed),
            completed=self.number(place, module, "completed"),
            certified=None if module else self.number(place, "", "certified"),
        )
        return with_scores(counts, self.of(place, module, "score"), self.of(place, module, "days"))


def _of_line(module: str) -> ColumnElement[bool]:
    """What a line of this module shows; who is enrolled is known of the course alone."""
    of_module = Tally.module == module
    return or_(of_module, and_(Tally.module == "", Tally.measure == "enrolled")) if module else of_module
