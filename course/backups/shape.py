"""What a database is made of beside its rows. A backup holds nothing that this program did not make."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from .. import schema
from ..database.connections import prepare


def opened(path: Path, version: str = "head") -> Engine:
    """The SQLite database in a file, brought up to a version; a new one where there is none."""
    engine = create_engine(f"sqlite:///{path}")
    prepare(engine)
    schema.upgrade(engine, version)
    return engine


def strange(engine: Engine, beside: Path) -> str:
    """The kind and name of a table, trigger or view that is not as this program makes it; empty where all are.

    A trigger or a view of others' would go on acting for ever. An index more does nothing but find rows. What it is compared
    with is made as the file ``beside``, and left there.
    """
    with engine.connect() as connection:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    blank = opened(beside, version)
    ours = _parts(blank)
    blank.dispose()
    found = {part for part in _parts(engine) ^ ours if part[0] != "index" or part in ours}
    return " ".join(min(found)[:2]) if found else ""


def _parts(engine: Engine) -> set[tuple[str, str, str, str]]:
    """Tables, indexes, triggers and views with the words that made them; not what SQLite keeps for itself."""
    parts = text(
        "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    with engine.connect() as connection:
        return {(row[0], row[1], row[2], row[3]) for row in connection.execute(parts)}
