"""Filling the tallies at one stroke, for whoever loads a crowd in bulk: to count each row as it comes takes much longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, delete, func, select, text

from ..accounts.tables import Person
from .tables import Tally, TallyChange, TallyPlace

STEPS = "is_started, modules_passed, is_certified"
PLACE = "person_id, place_id, is_staff"
TALLY = "place_id, module, is_staff, measure, value"
ANYBODY = "{0} > :beyond"
# Those who are added are few among all that are there by then. PostgreSQL does not know that of tables without statistics, and
# would read them whole for each batch; between two ids it expects few rows, and looks them up.
ADDED = "({0} > :beyond AND {0} <= :last)"


@contextmanager
def paused(connection: Connection, *, beyond: int = 0) -> Iterator[None]:
    """Inside the caller's writing transaction the triggers rest, and at the end everybody is counted anew.

    Where only people are added, ``beyond`` is the last id before them: they alone are counted, and all others stay as they are.
    In PostgreSQL nobody else writes to the tables that are counted until the transaction ends.
    """
    is_postgresql = connection.dialect.name == "postgresql"
    resting = _rest_postgresql(connection) if is_postgresql else _rest_sqlite(connection)
    yield
    for table in () if beyond else (TallyChange, Tally, TallyPlace):
        connection.execute(delete(table))
    last = connection.scalar(select(func.max(Person.id)))
    for statement in _fill(ADDED if beyond else ANYBODY):
        connection.execute(text(statement), {"beyond": beyond, "last": last} if beyond else {"beyond": 0})
    for statement in resting:
        connection.exec_driver_sql(statement)


def _fill(whom: str) -> tuple[str, ...]:
    """Statements that count those whose id is as ``whom`` says."""
    one, of_place, of_part = (whom.format(name) for name in ("person_id", "t.person_id", "d.person_id"))
    return (
        f"UPDATE enrolments SET ({STEPS}) = (SELECT {STEPS} FROM counting_steps s WHERE s.person_id = enrolments.person_id) "
        f"WHERE {one}",
        f"INSERT INTO tally_places ({PLACE}, name_key) SELECT {PLACE}, name_key FROM counting_places "
        f"JOIN people ON people.id = person_id WHERE {one}",
        f"INSERT INTO tallies ({TALLY}, number) "
        "SELECT t.place_id, d.module, t.is_staff, d.measure, d.value, count(*) FROM tally_places t "
        f"JOIN counting_parts d ON d.person_id = t.person_id WHERE {of_place} AND {of_part} "
        "GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5 "
        f"ON CONFLICT ({TALLY}) DO UPDATE SET number = tallies.number + excluded.number",
    )


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
