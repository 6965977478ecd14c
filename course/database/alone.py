"""Work that one process at a time is to do, on whatever machine it runs: whoever comes second is told, and does not wait."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, func, select

LOCKS = {"keep": 7_041_975}  # for PostgreSQL any number, the same for everyone


@contextmanager
def alone(engine: Engine, what: str) -> Iterator[bool]:
    """Whether nobody else is at ``what``, a key of LOCKS. Held until the block is left or the process is gone.

    With SQLite by a file beside the database, which is left where it is.
    """
    if engine.dialect.name == "sqlite":
        with Path(f"{engine.url.database}-{what}").open("wb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_mine = bool(connection.scalar(select(func.pg_try_advisory_lock(LOCKS[what]))))
        try:
            yield is_mine
        finally:
            if is_mine and not connection.invalidated:
                connection.execute(select(func.pg_advisory_unlock(LOCKS[what])))
