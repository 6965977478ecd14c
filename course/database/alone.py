"""What one at a time is to do, on whatever machine it runs: work of a process, of which whoever comes second is told and does
not wait, and what a transaction looks up before it writes, for which whoever comes second waits.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

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


def one_by_one(connection: Connection, *whats: str) -> None:
    """Whoever names one of these too waits here until this transaction is over, and then sees what it has written.

    For what no row stands for yet that could be locked. In SQLite whoever means to write is alone anyway. They are taken in the
    same order by everybody, so that no two wait for each other.
    """
    if connection.dialect.name == "postgresql":
        for number in sorted(map(_number, whats)):
            connection.execute(select(func.pg_advisory_xact_lock(number)))


def _number(what: str) -> int:
    return int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
