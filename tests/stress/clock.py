"""The clock jumps back and forth by hours while learners work.

    ./dev stress clock [quick]

Nothing is lost or stored twice; facts stay in the order in which they happened; an attempt with a time limit stays open for as
long as the clock is before its end, closes as of its end, and is never opened again.
"""

from __future__ import annotations

import random
import time
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, select

from course.learning.tables import Attempt, Fact
from tests.courses import HOUSING_QUIZ
from tests.stress import place
from tests.stress.browser import Browser
from tests.stress.learning import Crowd, until
from tests.stress.place import Place, Somebody
from tests.stress.telling import Table, judge

WRITERS, LEARNERS, SITTERS = 8, 60, 10
FULL, QUICK = 60, 10  # jumps
EVERY = (0.5, 2.0)  # seconds between two
LIMIT = 4 * 60  # minutes of the sitters' attempts: longer than any jump but the last
HOUSING = "/en/modules/housing/quiz"


class Sitter:
    """Somebody in an attempt with a time limit, beside the crowd."""

    def __init__(self, here: Place, who: Somebody) -> None:
        self.who, self._browser = who, Browser(here, who)
        self.address = f"{self._browser.send(HOUSING).location.rpartition('/')[0]}/"
        self.saved: list[str] = []
        self.wrong: list[str] = []

    def save(self) -> None:
        """One more response, which must be kept."""
        value = f"word {len(self.saved)}"
        where = self._send(value)
        if where != f"{self.address}check":
            self.wrong.append(f"person {self.who.id}: before the end of the time a response led to {where}")
        self.saved.append(value)

    def is_refused(self) -> bool:
        return self._send("too late") == f"{self.address}result?notice=time-over"

    def close(self) -> None:
        self._browser.close()

    def _send(self, value: str) -> str:
        return self._browser.send(self.address, item="word", then="check", **{"r.word": value}).location


def run(words: list[str]) -> bool:
    jumps = QUICK if "quick" in words else FULL
    rules = {"housing/quiz.yaml": HOUSING_QUIZ.replace("attempts: 3", f"attempts: 3\ntime_limit_minutes: {LIMIT}")}
    with place.made(LEARNERS + SITTERS, changes=rules) as here:
        hours = here.folder / "hours"
        _move(hours, 0)
        here.factory, here.environ["STRESS_CLOCK"] = "tests.stress.jumping:app", str(hours)
        here.start()
        sitting, here.learners = here.learners[LEARNERS:], here.learners[:LEARNERS]
        sitters = [Sitter(here, who) for who in sitting]
        crowd = Crowd(here, WRITERS)
        with crowd.working():
            for _ in range(jumps):
                _move(hours, random.uniform(-3, 3))
                time.sleep(random.uniform(*EVERY))
                for sitter in sitters:
                    sitter.save()
            _move(hours, 5)
            refused = sum(sitter.is_refused() for sitter in sitters)
            _move(hours, -2)
            refused_still = sum(sitter.is_refused() for sitter in sitters)
            so_far = crowd.acknowledged
            until(lambda: crowd.acknowledged > so_far + 5 * WRITERS, 30, "requests acknowledged after the last jump")
        for sitter in sitters:
            sitter.close()
        table = Table("clock, SQLite")
        table.add("jumps by up to 3 hours, one by 5 and one back by 7", jumps + 2)
        table.add("requests acknowledged", crowd.acknowledged)
        table.none_of("responses refused before the time was over", [line for sitter in sitters for line in sitter.wrong])
        table.add("attempts closed when it was over", f"{refused} of {SITTERS}", refused == SITTERS)
        table.add("attempts closed still when the clock was back", f"{refused_still} of {SITTERS}", refused_still == SITTERS)
        table.none_of("attempts not closed as of their end, or with responses lost", _sat(here, sitters))
        judge(table, here, crowd)
        return table.tell()


def _move(hours: Path, by: float) -> None:
    """At once: nobody reads half of it."""
    beside = hours.with_suffix(".new")
    beside.write_text(f"{by:.3f}", encoding="ascii")
    beside.replace(hours)


def _sat(here: Place, sitters: list[Sitter]) -> list[str]:
    engine = create_engine(here.database_url)
    found = []
    with engine.connect() as connection:
        for sitter in sitters:
            row = connection.execute(
                select(Attempt.id, Attempt.closes_at, Attempt.closed_at).where(Attempt.person_id == sitter.who.id)
            ).one()
            facts = select(Fact.detail).where(Fact.attempt_id == row.id, Fact.kind == "responded").order_by(Fact.id)
            given = [detail["response"]["text"] for detail in connection.scalars(facts)]
            found += [f"attempt {row.id}: closed at {_said(row.closed_at)}, due {_said(row.closes_at)}"] * (
                row.closed_at != row.closes_at
            )
            found += [f"attempt {row.id}: {len(sitter.saved)} responses were acknowledged, and others are stored"] * (
                given != sitter.saved
            )
    engine.dispose()
    return found


def _said(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else "never"
