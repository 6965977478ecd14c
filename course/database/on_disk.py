"""What is committed to SQLite reaches the disk after the turn to write was given on, once for all who wait for it.

With ``synchronous=FULL`` SQLite flushes its log inside each commit, and everybody who wants to write waits for the disk one
after the other. The connection that writes commits with ``NORMAL``, which writes the log and leaves the flushing to others, and
whoever has committed flushes it here before anything is said to be saved. A flush reaches all that stood in the log when it
began, whoever wrote it, in this process or another.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading

from sqlalchemy.exc import OperationalError

log = logging.getLogger(__name__)


class NotOnDisk(OperationalError):
    """What was committed, or was read of what others had committed, may be gone after a power cut: nobody may be told of it."""

    def __init__(self, why: str) -> None:
        super().__init__("COMMIT", None, sqlite3.OperationalError(why))


class Log:
    """The log of one connection, which is this file as long as the connection is open: only the last one to close deletes it.

    Opened with the connection, since a failure to write is told once to each who had the file open. After one nothing more is
    on the disk by this log: Linux takes the pages for written, so that flushing again would succeed and say nothing.
    """

    def __init__(self, database: str) -> None:
        self._path = f"{database}-wal"
        try:
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise NotOnDisk(f"{error.strerror}: {self._path}") from error
        self._flushing = threading.Lock()
        self._written = self._flushed = 0
        self.is_lost = False

    def note(self) -> int:
        """The number of all that is written and seen up to now; asked for by whoever has the turn, after the transaction."""
        self._written += 1
        return self._written

    def flush(self, number: int) -> None:
        """Returns when all up to this number is on the disk. Raises NotOnDisk when it may not be, once and for ever."""
        with self._flushing:
            if self._flushed >= number:
                return
            if self.is_lost:
                raise NotOnDisk("the log could not be flushed")
            reached = self._written
            try:
                os.fdatasync(self._file)
            except OSError as error:
                self.is_lost = True
                log.critical("%s: %s could not be flushed; see to the disk", error.strerror, self._path)
                raise NotOnDisk(f"{error.strerror}: {self._path}") from error
            self._flushed = reached

    def __del__(self) -> None:
        if hasattr(self, "_flushing"):
            os.close(self._file)
