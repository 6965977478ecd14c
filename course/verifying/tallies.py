"""The tallies counted once more from the rows that they are kept of, person by person, in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from ..reports.tables import Tally, TallyChange
from .recount import Belonging
from .rows import EVERYWHERE, Key, Row, Tables

MONDAY = date(1969, 12, 29)  # the first day of week 0
Values = dict[tuple[str, str], dict[int, int]]  # module and measure → value → how many people


class TallyCount:
    """Holds what people of the same places add up to, so that each is added once, however many organisations stand above."""

    TABLES = ("enrolments", "module_states", "certificates")

    def __init__(self) -> None:
        self._alike: dict[tuple[frozenset[int], bool], Values] = {}

    def add_all(self, people: Sequence[int], held: Tables, belongings: Mapping[int, Belonging]) -> None:
        """``held`` has the stored rows of these people, of each table."""
        states: dict[int, list[Row]] = defaultdict(list)
        for row in held["module_states"].values():
            states[row["person_id"]].append(row)
        for person in people:
            enrolment, belonging = held["enrolments"].get((person,)), belongings[person]
            if enrolment is not None:
                certified = (person,) in held["certificates"] and not belonging.is_revoked
                alike = self._alike.setdefault((belonging.places, belonging.is_staff), defaultdict(dict))
                for module, measure, value in _counts_as(enrolment, states[person], certified):
                    values = alike[module, measure]
                    values[value] = values.get(value, 0) + 1

    def differences(self, session: Session) -> Iterator[tuple[Key, int, int]]:
        """The key of each tally that is wrong, with what it is and what it must be."""
        at = self.by_place()
        for place in sorted({*at, *session.scalars(select(Tally.place_id).union(select(TallyChange.place_id)))}):
            yield from differing(place, at[place], _stored(session, place))

    def by_place(self) -> dict[int, list[tuple[bool, Values]]]:
        at: dict[int, list[tuple[bool, Values]]] = defaultdict(list)
        for (places, is_staff), values in self._alike.items():
            for place in (EVERYWHERE, *places):
                at[place].append((is_staff, values))
        return at


def differing(place: int, alike: Iterable[tuple[bool, Values]], stored: Mapping[Key, int]) -> Iterator[tuple[Key, int, int]]:
    """Each tally of a place that is not what people add up to."""
    counted = _together(alike)
    for key in sorted(counted.keys() | stored.keys()):
        if counted.get(key, 0) != stored.get(key, 0):
            yield (place, *key), stored.get(key, 0), counted.get(key, 0)


def _together(alike: Iterable[tuple[bool, Values]]) -> dict[Key, int]:
    found: dict[Key, int] = {}
    for is_staff, of in alike:
        for (module, measure), values in of.items():
            for value, number in values.items():
                key = (module, is_staff, measure, value)
                found[key] = found.get(key, 0) + number
    return found


def _stored(session: Session, place: int) -> dict[Key, int]:
    """What is folded in and what is not yet."""
    both = union_all(
        *(
            select(of.module, of.is_staff, of.measure, of.value, of.number).where(of.place_id == place)
            for of in (Tally, TallyChange)
        )
    ).subquery()
    *key, number = both.c
    return {tuple(row[:4]): int(row[4]) for row in session.execute(select(*key, func.sum(number)).group_by(*key))}


def _counts_as(enrolment: Row, states: Sequence[Row], certified: bool) -> Iterator[tuple[str, str, int]]:
    """What one person adds: module, measure, value."""
    yield "", "enrolled", _week(enrolment["enrolled_at"])
    if states:
        yield "", "started", 0
    passed = [state for state in states if state["passed_at"]]
    if passed:
        yield "", "passed", len(passed)
    if certified:
        yield "", "certified", 0
    yield from _completed("", enrolment["enrolled_at"], enrolment["completed_at"])
    for state in states:
        module = state["module"]
        yield module, "started", _week(state["started_at"])
        if state["passed_at"]:
            yield module, "passed", 1
        if state["score_ppm"] is not None:
            yield module, "score", state["score_ppm"]
            yield "", "score", state["score_ppm"]
        yield from _completed(module, state["started_at"], state["completed_at"])


def _completed(module: str, began: datetime, completed: Any) -> Iterator[tuple[str, str, int]]:
    if completed is not None:
        yield module, "completed", _week(completed)
        yield module, "days", completed.date().toordinal() - began.date().toordinal()


def _week(moment: datetime) -> int:
    return (moment.date() - MONDAY).days // 7
