"""What is kept of past days, held against a count of what people were at the beginning of a few of them, and within some."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..reports import kept
from ..reports.filters import Filters
from ..reports.tables import TallyDay, TallyHistory
from ..reports.tallied import Tallies
from .recount import Belongings
from .rows import Key, Row, Tables
from .tallies import TallyCount, differing

DAYS = 2  # that are drawn, besides the last that is kept
TABLES = (*TallyCount.TABLES, "score_changes")


def counts(session: Session, seed: int, now: datetime) -> list[PastCount]:
    """One for each of a few days that are kept of every large place, for a moment within one, and for one since the last."""
    last, first = session.scalar(select(func.min(TallyHistory.through))), session.scalar(select(func.min(TallyDay.day)))
    if last is None:
        return []
    before, chance = range(last if first is None else min(first, last), last), Random(seed)  # noqa: S311  can be repeated
    drawn = chance.sample(before, min(DAYS, len(before)))
    days = [_begins(day) for day in sorted((*drawn, last))]
    within = [_moment(chance, day, day + timedelta(days=1)) for day in days[:-1][:1]]
    return [PastCount(session, at) for at in (*days, *within, _moment(chance, days[-1], max(days[-1], now)))]


def _begins(day: int) -> datetime:
    return datetime.combine(date(1970, 1, 1) + timedelta(days=day), time(), UTC)


def _moment(chance: Random, since: datetime, until: datetime) -> datetime:
    return since + timedelta(milliseconds=chance.randint(0, (until - since) // timedelta(milliseconds=1)))


class PastCount(TallyCount):
    """People as they were at a past moment. ``said`` is the day that begins then, or the moment within one."""

    def __init__(self, session: Session, at: datetime) -> None:
        super().__init__()
        self._session, self._at = session, at
        self.said = at.date().isoformat() if at.time() == time() else at.isoformat()
        self._belongings = Belongings(session, self._at)

    def add_then(self, people: Sequence[int], held: Tables) -> None:
        """``held`` has the rows of these people as they are today, of each of ``TABLES``."""
        at = self._at
        scores = {
            (row["person_id"], row["module"]): row["score_ppm"]
            for row in held["score_changes"].values()
            if row["since_at"] <= at and (row["until_at"] is None or at < row["until_at"])
        }
        then: Tables = {
            "enrolments": self._until(held["enrolments"], "enrolled_at"),
            "module_states": {
                key: dict(row) | {"score_ppm": scores.get((row["person_id"], row["module"]))}
                for key, row in self._until(held["module_states"], "started_at").items()
            },
            "certificates": self._until(held["certificates"], "issued_at"),
        }
        self.add_all(people, then, self._belongings.of(people))

    def _until(self, rows: Mapping[Key, Row], began: str) -> dict[Key, Row]:
        """The rows that were there, without the times that had not come."""
        there = {key: row for key, row in rows.items() if row[began] <= self._at}
        return {key: {name: self._then(value) for name, value in row.items()} for key, row in there.items()}

    def _then(self, value: Any) -> Any:
        return None if isinstance(value, datetime) and value > self._at else value

    def past_differences(self) -> Iterator[tuple[Key, int, int]]:
        """Of the places that are kept: the key of each figure that is wrong, with what it is and what it must be."""
        at, learners = self.by_place(), kept.of_moment(self._session, Filters(as_of=self._at))
        known = {False: learners, True: replace(learners, filters=Filters(as_of=self._at, who="staff"))}
        changed: dict[int, list[tuple[bool, Any, dict[int, int]]]] = defaultdict(list)
        for is_staff, of in known.items():
            held = Tallies()
            of.add_changes(held, of.days, ())
            for key, values in held.values.items():
                changed[key[0]].append((is_staff, key, values))
        for place in sorted(learners.days):
            found = {is_staff: Tallies() for is_staff in known}
            for is_staff, of in known.items():
                of.add_days(found[is_staff], [place], is_whole=True)
            for is_staff, key, values in changed[place]:
                found[is_staff].add(key, values)
            yield from differing(place, at[place], _numbers(found))


def _numbers(found: Mapping[bool, Tallies]) -> dict[Key, int]:
    return {
        (module, is_staff, measure, value): number
        for is_staff, held in found.items()
        for (_place, module, measure), values in held.values.items()
        for value, number in values.items()
        if number
    }
