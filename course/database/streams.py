"""Rows of a long answer, used while PostgreSQL is at work on the next.

SQLAlchemy streams by a cursor in the server, which rests from one part that it was asked for to the next: of two processors one
waits for the other. And a cursor is planned for whoever wants its first rows soon, not all of them in the least time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.orm import Session

from .statements import fail, tell

# Seconds between two parts in which other threads of this process run. Nobody waits for rows that are there already, and a form
# would have to wait for Python's lock, 5 ms, at each of its statements; SQLite lets others run at each row.
PAUSE = 0.0001


def streamed(session: Session, query: Select[Any], size: int) -> Iterator[Sequence[Any]]:
    """The rows, so many at a time, as the driver has them: columns that need no change on their way, such as texts and numbers.

    Nothing else can be asked on this session before the last is taken; whoever stops earlier has to roll back.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        return _from_postgresql(connection, query, size)
    found = session.execute(query, execution_options={"yield_per": size, "stream_results": True})
    return found.partitions(size)


def _from_postgresql(connection: Connection, query: Select[Any], size: int) -> Iterator[Sequence[Any]]:
    compiled = query.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    text, values = str(compiled), compiled.params
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        tell(connection, cursor, text, values)
        try:
            with closing(cursor.stream(text, values, size=size)) as rows:
                while part := list(islice(rows, size)):
                    yield part
                    time.sleep(PAUSE)
        except connection.dialect.loaded_dbapi.Error as error:
            fail(connection, text, values, error)
