"""Another program holds the database for 3 seconds and for 30, while learners write and others read.

    ./dev stress locks [quick] [--postgresql]

Reading must go on; writing waits, or says that nothing was saved and when to try again; nothing is done twice.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from tests.stress import place
from tests.stress.browser import Browser, NoAnswer
from tests.stress.learning import LESSON, Crowd, until
from tests.stress.place import Place
from tests.stress.telling import Table, judge

WRITERS, LEARNERS, READERS = 12, 60, 4
FULL, QUICK = (3, 30, 3, 30), (3, 10)  # seconds
READ_WITHIN = 1.0  # seconds, at the 99th percentile
TABLES = "facts, enrolments, module_states, lesson_states, attempts, responses, sign_ins"


def run(words: list[str]) -> bool:
    is_postgresql = "--postgresql" in words
    with place.database(is_postgresql=is_postgresql) as (url, _), place.made(LEARNERS, database_url=url) as here:
        here.start()
        crowd, table = Crowd(here, WRITERS), Table(f"locks, {'PostgreSQL' if is_postgresql else 'SQLite'}")
        with crowd.working(), Readers(here) as readers:
            time.sleep(3)
            for seconds in QUICK if "quick" in words else FULL:
                _hold(here, seconds, crowd, readers, table)
        table.none_of("pages that were not shown", readers.wrong)
        table.add("requests acknowledged", crowd.acknowledged)
        judge(table, here, crowd)
        return table.tell()


def _hold(here: Place, seconds: int, crowd: Crowd, readers: Readers, table: Table) -> None:
    refused, readers.times = crowd.count("not saved (503)"), []
    with held(here):
        time.sleep(1)  # what was under way is through or waits
        before = crowd.acknowledged
        time.sleep(seconds - 1)
        during = crowd.acknowledged - before
    released = time.monotonic()
    until(lambda: crowd.acknowledged > before + during + WRITERS, 15, "somebody writes after the lock is gone")
    again, p99 = time.monotonic() - released, sorted(readers.times)[int(len(readers.times) * 0.99)]
    table.add(f"held {seconds} s: acknowledged meanwhile", during, during == 0)
    table.add("  answered 'not saved', sent again", crowd.count("not saved (503)") - refused)
    table.add("  pages read meanwhile", len(readers.times), len(readers.times) > 20 * seconds)
    table.add("  p99 of them, s", f"{p99:.3f} (at most {READ_WITHIN:g})", p99 <= READ_WITHIN)
    table.add("  seconds until writing went on", f"{again:.2f}")
    time.sleep(1)


@contextmanager
def held(here: Place) -> Iterator[None]:
    """What every writer needs is in another program's hands."""
    if here.database_url.startswith("sqlite"):
        with closing(sqlite3.connect(here.database_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    with psycopg.connect(here.environ["COURSE_DATABASE_URL"]) as held_:
        _lock(held_)
        yield
        held_.rollback()


def _lock(connection: psycopg.Connection) -> None:
    """Table after table: writers do the same, and where each waits for the other one has to give way."""
    while True:
        try:
            connection.execute(f"LOCK TABLE {TABLES} IN EXCLUSIVE MODE".encode())
            return
        except psycopg.errors.DeadlockDetected:
            connection.rollback()


class Readers:
    """Read pages without a pause: a lesson, the progress page, the home page, and what anybody may see."""

    def __init__(self, here: Place) -> None:
        self.times: list[float] = []
        self.wrong: list[str] = []
        self._over = threading.Event()
        self._here = here
        self._threads = [threading.Thread(target=self._read, args=(number,)) for number in range(READERS)]

    def _read(self, number: int) -> None:
        browser = Browser(self._here, self._here.learners[number] if number else None)
        while not self._over.is_set():
            for path in ("/en/", LESSON, "/en/progress" if number else "/en/practices/"):
                begun = time.monotonic()
                try:
                    status = browser.get(path).status
                except NoAnswer as nothing:
                    self.wrong.append(str(nothing))
                    continue
                self.times.append(time.monotonic() - begun)
                if status != 200:
                    self.wrong.append(f"{status} for {path}")
            self._over.wait(0.02)
        browser.close()

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
