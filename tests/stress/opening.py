"""2,000 learners open one quiz within half a minute, as when somebody says "begin now", and send it in within a minute.

./dev stress opening [quick] [--postgresql]
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator

from tests.bench import load
from tests.stress import place
from tests.stress.learning import LESSON
from tests.stress.place import Place
from tests.stress.telling import Table, judge
from tests.stress.walking import Arrivals, Walker

FULL, QUICK = 1.0, 0.2  # as a share of the seconds and of the learners
LEARNERS, OPEN_WITHIN, SEND_WITHIN = 2000, 30.0, 60.0  # seconds
OPEN, SEND = 2, 6  # steps of a walker's quiz: until its first page is there, and from there to its result
CONNECTIONS = 256
BOUND = 1.0  # seconds, at the 99th percentile


def run(words: list[str]) -> bool:
    share, is_postgresql = QUICK if "quick" in words else FULL, "--postgresql" in words
    number = int(LEARNERS * share)
    with place.database(is_postgresql=is_postgresql) as (url, _postgresql), place.made(number, database_url=url) as here:
        here.start()
        warm = itertools.cycle([load.get(LESSON, who.cookie) for who in here.learners])
        load.run(here.port, warm, pids=[], seconds=3)
        arrivals = Arrivals([Walker(who) for who in here.learners])
        name = "PostgreSQL" if is_postgresql else "SQLite"
        table = Table(f"opening, {name}, {number:,} learners within {OPEN_WITHIN * share:.0f} s")
        arrive(here, arrivals, OPEN, OPEN_WITHIN * share)
        tell(table, arrivals, {"start": "quizzes opened", "page": "first pages shown"})
        arrivals.latencies.clear()
        arrive(here, arrivals, SEND, SEND_WITHIN * share)
        tell(table, arrivals, {"respond": "responses saved", "close": "quizzes closed and graded", "page": "results shown"})
        judge(table, here, arrivals)
        return table.tell()


def arrive(here: Place, arrivals: Arrivals, steps: int, within: float) -> None:
    """Each learner begins at a moment of their own, evenly, and takes the next step once the one before is answered."""
    total = steps * len(arrivals.walkers)
    load.arriving(
        here.port,
        asks(arrivals, steps),
        per_second=total / within,
        is_over=lambda: arrivals.answered == total,
        connections=CONNECTIONS,
    )


def asks(arrivals: Arrivals, steps: int) -> Iterator[load.Ask | None]:
    """In turns somebody who begins and those who go on."""
    coming = deque(arrivals.walkers)
    going = deque[tuple[Walker, int]]()
    for turn in itertools.count():
        if turn % steps == 0 and coming:
            going.appendleft((coming.popleft(), steps))
        ready = next((one for one in going if not one[0].is_waiting), None)
        if ready is not None:
            going.remove(ready)
            walker, left = ready
            if left > 1:
                going.append((walker, left - 1))
        yield arrivals.ask(ready[0].quiz(), ready[0]) if ready else None


def tell(table: Table, arrivals: Arrivals, kinds: dict[str, str]) -> None:
    for kind, words in kinds.items():
        took = arrivals.latencies[kind]
        late = load.percentile(took, 0.99)
        table.add(f"{len(took):,} {words}: p99 in ms (≤ {BOUND * 1000:.0f})", f"{late * 1000:.0f}", late <= BOUND)
