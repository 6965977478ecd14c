"""Whose turn it is to write to SQLite, which has one writer at a time.

SQLite lets those who wait sleep and try again, longer each time: under load somebody new comes first, and a writer that waits
can starve for seconds (measured: 2.9 s with two processes). Here threads queue for a lock, and the first of each process asks
for the file every half millisecond. Nobody holds a turn longer than a transaction takes, and a process whose threads have
handed turns to each other for some milliseconds lets another go first, if one waits.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from contextlib import suppress

from sqlalchemy.exc import OperationalError

ASK_AGAIN = 0.0005
RUN = 0.002  # seconds of one process's turns: what it keeps of the file is stale after another's
LET = 0.005  # seconds that another is given to take its turn
WAITS = (1, 0)  # the byte of the file that whoever waits holds together with others


class Turns:
    """``database`` is the path of the file; the turns of all processes that use it are taken at ``<database>-turn``."""

    def __init__(self, database: str) -> None:
        self._path = f"{database}-turn" if database and database != ":memory:" else ""
        self._threads = threading.Lock()
        self._file = -1
        self._since = self._given_at = 0.0

    def take(self, longest: float) -> None:
        """Waits for the turn. Raises OperationalError, as a locked database does, after so many seconds."""
        deadline = time.monotonic() + longest
        if not self._threads.acquire(timeout=longest):
            raise _refused("database is locked")
        try:
            if self._has_run_long():
                self._let_another()
            if not self._has_file():
                self._wait(deadline)
        except BaseException:
            self._threads.release()
            raise

    def give(self) -> None:
        if self._path:
            self._given_at = time.monotonic()
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def _wait(self, deadline: float) -> None:
        with suppress(BlockingIOError):  # somebody looks whether another waits
            fcntl.lockf(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB, *WAITS)
        try:
            while not self._has_file():
                if time.monotonic() > deadline:
                    raise _refused("database is locked")
                time.sleep(ASK_AGAIN)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, *WAITS)

    def _has_run_long(self) -> bool:
        """Whether threads of this process alone have had the turn for so long, with no gap in which another could take it."""
        now = time.monotonic()
        if now - self._given_at > ASK_AGAIN:
            self._since = now
        return self._file >= 0 and now - self._since >= RUN

    def _let_another(self) -> None:
        """Waits as long as another waits, and not for one that hangs."""
        self._since = time.monotonic()
        while time.monotonic() - self._since < LET:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, *WAITS)
            except OSError:
                time.sleep(ASK_AGAIN)
            else:
                fcntl.lockf(self._file, fcntl.LOCK_UN, *WAITS)
                return

    @property
    def is_in_doubt(self) -> bool:
        """Whether some process could not flush what it had committed. Asked by whoever has the turn."""
        return self._file >= 0 and os.fstat(self._file).st_size > 0

    def doubt(self) -> None:
        """Tells all processes, by a length of the file: without a place on the disk, which may be what is missing."""
        with suppress(OSError):  # a disk that may only be read by now: then nobody writes
            os.ftruncate(self._file, 1)

    def trust(self) -> None:
        with suppress(OSError):
            os.ftruncate(self._file, 0)

    def _has_file(self) -> bool:
        if not self._path:
            return True
        if self._file < 0:
            try:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:  # no room, or a folder that may only be read
                raise _refused(f"{error.strerror}: {self._path}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Lets the file go until the next turn: processes forked with it open would all have the same turn."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        self.close()


def _refused(why: str) -> OperationalError:
    return OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError(why))
