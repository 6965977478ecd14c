"""Filling the tallies at one stroke, for whoever loads a crowd in bulk: to count each row as it comes takes much longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, delete, text

from .tables import Tally, TallyChange, TallyPlace

STEPS = "is_started, modules_passed, is_certified"
PLACE = "person_id, place_id, is_staff"
TALLY = "place_id, module, is_staff, measure, value, number"
FILL = (
    f"UPDATE enrolments SET ({STEPS}) = (SELECT {STEPS} FROM counting_steps s WHERE s.person_id = enrolments.person_id)",
    f"INSERT INTO tally_places ({PLACE}) SELECT {PLACE} FROM counting_places",
    f"INSERT INTO tallies ({TALLY}) SELECT {TALLY} FROM counting_tallies ORDER BY {TALLY}",
)


@contextmanager
def paused(connection: Connection) -> Iterator[None]:
    """Inside the caller's writing transaction the triggers rest, and at the end everybody is counted anew.

    In PostgreSQL nobody else writes to the tables that are counted until the transaction ends.
    """
    is_postgresql = connection.dialect.name == "postgresql"
    resting = _rest_postgresql(connection) if is_postgresql else _rest_sqlite(connection)
    yield
    for table in (TallyChange, Tally, TallyPlace):
        connection.execute(delete(table))
    for statement in FILL:
        connection.execute(text(statement))
    for statement in resting:
        connection.exec_driver_sql(statement)


def _rest_postgresql(connection: Connection) -> list[str]:
    """Returns what wakes the triggers again."""
    rows = connection.execute(
        text("SELECT tgname, CAST(CAST(tgrelid AS regclass) AS text) AS of FROM pg_trigger WHERE starts_with(tgname, 'tally_')")
    ).all()
    for name, table in rows:
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
    return [f"ALTER TABLE {table} ENABLE TRIGGER {name}" for name, table in rows]


def _rest_sqlite(connection: Connection) -> list[str]:
    """SQLite's triggers cannot be put to rest: they are taken away and made again as they were."""
    rows = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, 6) = 'tally_'")
    ).all()
    for name, _statement in rows:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    return [statement for _name, statement in rows]
