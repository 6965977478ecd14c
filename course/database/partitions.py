"""Partitions of facts in PostgreSQL, one for each year. Migration 0015 makes the first, those of later years are made here.

What happens in a year without one is taken by ``facts_later``, so that nothing is refused, and moved when it is made.
"""

from __future__ import annotations

import logging
import re
import time
from datetime import datetime

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from .alone import one_by_one
from .connections import NO_RIGHT

TRIES = 20
SHORT = 300  # milliseconds to wait for a lock; PostgreSQL looks for those who wait in a circle, and ends one, after a second
BUSY = ("55P03", "40P01")  # what PostgreSQL calls a lock that was not given in time, and a circle of those who wait
SAID = dict.fromkeys(BUSY, "somebody holds them") | {NO_RIGHT: "this account does not own their table"}
OF_FACTS = "SELECT CAST(CAST(inhrelid AS regclass) AS text) FROM pg_inherits WHERE inhparent = CAST('facts' AS regclass)"
KEYS = "fact_keys"  # what makes each fact happen once, in whatever partition it lies
# Nothing in it changes: vacuum, which is due after so many new rows, need look at a page only once.
KEPT_BY = "autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_freeze_min_age = 0"
log = logging.getLogger(__name__)


def make(engine: Engine, now: datetime) -> None:
    """Makes the partitions of this year and the next where they are not there; with SQLite nothing.

    Others may read and write meanwhile. Where they leave no moment for it, or the account may make no table, that is logged,
    and the next start tries again.
    """
    if engine.dialect.name != "postgresql":
        return
    years, why = (now.year, now.year + 1), BUSY[0]
    for number in range(TRIES):
        try:
            with engine.begin() as connection:
                if not _missing(connection, years):
                    return
                one_by_one(connection, "partitions")
                for year in _missing(connection, years):
                    _make(connection, year)
            return
        except DBAPIError as error:
            why = str(getattr(error.orig, "sqlstate", ""))
            if why == NO_RIGHT:
                break
            if why not in BUSY:
                raise
        time.sleep(0.1 * number)
    log.warning("facts of %s and %s have no partition of their own: %s. The next start makes it.", *years, SAID[why])


def tables(connection: Connection) -> set[str]:
    """The names of all tables as the program declares them: facts and what keeps their keys are one."""
    names = set(inspect(connection).get_table_names())
    if connection.dialect.name == "postgresql" and "facts" in names:
        names -= {KEYS, *connection.scalars(text(OF_FACTS))}
    return names


def _missing(connection: Connection, years: tuple[int, ...]) -> list[int]:
    """The first partition is of all years before the one in its name."""
    there = list(connection.scalars(text(OF_FACTS)))
    first = max(int(found[1]) for found in (re.fullmatch(r"facts_before_(\d+)", name) for name in there) if found)
    return [year for year in years if year >= first and f"facts_{year}" not in there]


def _make(connection: Connection, year: int) -> None:
    """A table of its own takes what ``facts_later`` has of that year, and becomes a partition.

    Nobody adds a fact meanwhile: whoever had found its partition to be ``facts_later`` already would be refused.
    """
    partition, begins, ends = f"facts_{year}", f"'{year}-01-01 00:00:00+00'", f"'{year + 1}-01-01 00:00:00+00'"
    for statement in (
        f"SET LOCAL lock_timeout = {SHORT}",
        "LOCK TABLE ONLY facts IN SHARE ROW EXCLUSIVE MODE",
        "LOCK TABLE facts_later IN ACCESS EXCLUSIVE MODE",
        f"CREATE TABLE {partition} (LIKE facts INCLUDING DEFAULTS) WITH ({KEPT_BY})",
        f"WITH moved AS (DELETE FROM facts_later WHERE at >= {begins} AND at < {ends} RETURNING *) "  # noqa: S608  numbers alone
        f"INSERT INTO {partition} SELECT * FROM moved ORDER BY id",
        f"ALTER TABLE facts ATTACH PARTITION {partition} FOR VALUES FROM ({begins}) TO ({ends})",
    ):
        connection.execute(text(statement))
