"""The tables that reports count people from, read once after a start: the first report of a past day waits for no disk.

A row each of some ten thousand people lie all over these tables. Read in the order in which they lie, they are in the memory of
the system, or of PostgreSQL, in a second for a million learners; one by one it takes several.

It is done with the driver alone: the application would take the memory of half a worker for as long as that lasts.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any
from urllib.parse import quote

# Of each table a column that is in no index, so that its rows are read.
COLUMNS = {"memberships": "role", "people": "language", "enrolments": "last_at", "module_states": "last_at"}


def read_ahead(url: str) -> list[int]:
    """How many rows each of these tables has in the database at ``url``, so much is read. Raises the driver's errors."""
    with closing(_connected(url)) as connection:
        counts = (f"SELECT count({column}) FROM {table}" for table, column in COLUMNS.items())  # noqa: S608  names of this file
        return [connection.execute(count).fetchone()[0] for count in counts]


def _connected(url: str) -> Any:
    """Either driver's connection; one of them is loaded."""
    if url.startswith("sqlite:"):
        import sqlite3

        return sqlite3.connect(f"file:{quote(url.removeprefix('sqlite:///'))}?mode=ro", uri=True)
    import psycopg

    return psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:", 1), connect_timeout=3)
