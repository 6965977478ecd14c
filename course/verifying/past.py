"""What is kept of past days, held against a count of what people were at the beginning of a few of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..reports.tables import TallyDay, TallyHistory
from .recount import Belongings
from .rows import Key, Row, Tables
from .tallies import TallyCount, differing

DAYS = 3  # that are drawn, besides the last that is kept
TABLES = (*TallyCount.TABLES, "score_changes")


def counts(session: Session, seed: int) -> list[PastCount]:
    """One for each of a few days that are kept of every large place."""
    last, first = session.scalar(select(func.min(TallyHistory.through))), session.scalar(select(func.min(TallyDay.day)))
    if last is None:
        return []
    before = range(last if first is None else min(first, last), last)
    drawn = Random(seed).sample(before, min(DAYS, len(before)))  # noqa: S311  chance that can be repeated
    return [PastCount(session, day) for day in sorted((*drawn, last))]


class PastCount(TallyCount):
    """People as they were at the beginning of a day, which counts from 1 January 1970."""

    def __init__(self, session: Session, day: int) -> None:
        super().__init__()
        self._session, self._day = session, day
        self.date = date(1970, 1, 1) + timedelta(days=day)
        self._at = datetime.combine(self.date, time(), UTC)
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
        at = self.by_place()
        for place in self._session.scalars(select(TallyHistory.place_id).order_by(TallyHistory.place_id)):
            yield from differing(place, at[place], self._kept(place))

    def _kept(self, place: int) -> dict[Key, int]:
        of = TallyDay
        key = (of.module, of.is_staff, of.measure, of.value)
        rows = select(*key, func.sum(of.number)).where(of.place_id == place, of.day <= self._day).group_by(*key)
        return {tuple(row[:4]): int(row[4]) for row in self._session.execute(rows) if row[4]}
