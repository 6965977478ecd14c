"""All rows of a database into an empty one of the same version, whichever of the two kinds each is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from ..accounts import tables as _accounts
from ..database import partitions
from ..extensions import Base
from ..learning import tables as _learning
from ..publishing import tables as _publishing
from ..reports import tables as _reports
from ..reports import tallying

TABLES = (_accounts, _publishing, _learning, _reports)  # importing them fills the metadata
COUNTED = {
    one.__tablename__
    for one in (
        _reports.Tally,
        _reports.TallyChange,
        _reports.TallyPlace,
        _reports.TallyDay,
        _reports.TallyHistory,
        _reports.TallyPeople,
    )
}
PASSING = {one.__tablename__ for one in (_reports.Export, _reports.ExportPart)}  # files that expire in days
BATCH = 2000  # rows


def copy(source: Connection, target: Connection) -> None:
    """Copies every row with its id, inside the caller's transaction.

    Raises RuntimeError where the source has a table that the program does not declare.
    """
    strange = partitions.tables(source) - set(Base.metadata.tables) - {"alembic_version"}
    if strange:
        raise RuntimeError(f"tables that would not be copied: {', '.join(sorted(strange))}")
    with tallying.paused(target):  # which counts everybody at the end, so that tallies are not copied
        for table in Base.metadata.sorted_tables:
            if table.name not in COUNTED | PASSING:
                _copy(source, target, table)


def _copy(source: Connection, target: Connection, table: Table) -> None:
    for rows in filter(None, _batches(source, table)):
        target.execute(insert(table), rows)
    if target.dialect.name == "postgresql" and "id" in table.c:
        _count_on(target, table)


def _batches(source: Connection, table: Table) -> Iterator[Sequence[dict[str, Any]]]:
    found = source.execution_options(yield_per=BATCH).execute(select(table).order_by(*table.primary_key))
    parents = [column for column in table.c if any(key.column.table is table for key in column.foreign_keys)]
    if parents:  # a tree: who stands below somebody comes after them, and a move may have given them the lower id
        yield _from_the_top([dict(row) for row in found.mappings()], parents[0].name)
        return
    for rows in found.mappings().partitions():
        yield [dict(row) for row in rows]


def _from_the_top(rows: list[dict[str, Any]], parent: str) -> list[dict[str, Any]]:
    below: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        below.setdefault(row[parent], []).append(row)
    ordered, place = list(below.get(None, [])), 0
    while place < len(ordered):
        ordered += below.get(ordered[place]["id"], [])
        place += 1
    return ordered


def _count_on(target: Connection, table: Table) -> None:
    """The next row gets an id behind those that were copied."""
    last = target.scalar(select(func.max(table.c.id)))
    if last is not None:
        target.execute(text("SELECT setval(pg_get_serial_sequence(:of, 'id'), :last)"), {"of": table.name, "last": last})
