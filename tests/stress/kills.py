"""kill -9 of workers, of the whole server and, on PostgreSQL, of its backends, while learners work: nothing is lost.

./dev stress kills [quick] [--postgresql]
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psycopg

from tests.bench import load
from tests.rig import postgres
from tests.stress import place
from tests.stress.learning import Crowd, until
from tests.stress.place import Place
from tests.stress.telling import Table, judge

THREADS, LEARNERS = 12, 240
FULL, QUICK = (200, 50_000), (12, 1_000)  # kills and acknowledged requests
EVERY = 1.5  # seconds between two kills
LONGEST = 900.0  # seconds


def run(words: list[str]) -> bool:
    kills, acknowledged = QUICK if "quick" in words else FULL
    is_postgresql = "--postgresql" in words
    with place.database(is_postgresql=is_postgresql) as (url, postgresql), place.made(LEARNERS, database_url=url) as here:
        here.start()
        crowd, killed = Crowd(here, THREADS), Counter[str]()
        begun = time.monotonic()
        with crowd.working():
            while (killed.total() < kills or crowd.acknowledged < acknowledged) and time.monotonic() - begun < LONGEST:
                time.sleep(random.uniform(0.2, 2 * EVERY - 0.2))
                if killed.total() < kills:
                    _kill(here, postgresql, killed)
            so_far = crowd.acknowledged
            until(lambda: crowd.acknowledged > so_far + 5 * THREADS, 60, "requests acknowledged again after the last kill")
        took = time.monotonic() - begun
        table = Table(f"kills, {'PostgreSQL' if is_postgresql else 'SQLite'}, {took:.0f} s")
        table.at_least("kills", killed.total(), kills)
        for what, number in killed.items():
            table.add(f"  of {what}", number)
        table.at_least("requests acknowledged", crowd.acknowledged, acknowledged)
        table.add("requests without an answer, sent again", crowd.count("no answer"))
        table.add("requests answered 'not saved', sent again", crowd.count("not saved (503)"))
        judge(table, here, crowd)
        return table.tell()


def _kill(here: Place, postgresql: postgres.Running | None, killed: Counter[str]) -> None:
    """Mostly one worker; sometimes both within a moment, the whole server, or a backend of the database."""
    chance = random.random()
    assert here.server is not None
    if postgresql and chance < 0.3:
        _end(random.choice(_backends(postgresql)), killed, "a database backend")
    elif chance > 0.93:
        _end(here.server.process.pid, killed, "the server")
        here.server.process.wait()
        if postgresql:  # a server that finds no database at its start says so and ends
            until(lambda: _answers(postgresql), 60, "PostgreSQL is there again")
        here.start()
    else:
        workers = here.workers()
        for pid in workers if chance > 0.8 else workers[:1] if chance > 0.65 else workers[-1:]:
            _end(pid, killed, "a worker")


def _end(pid: int, killed: Counter[str], what: str) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        killed[what] += 1


def _backends(postgresql: postgres.Running) -> list[int]:
    """The processes that serve connections."""
    found = load.family(postgresql.process.pid)[1:]
    return [pid for pid in found if b"course " in Path(f"/proc/{pid}/cmdline").read_bytes()] or [found[0]]


def _answers(postgresql: postgres.Running) -> bool:
    try:
        psycopg.connect(postgresql.url).close()
    except psycopg.OperationalError:
        return False
    return True
