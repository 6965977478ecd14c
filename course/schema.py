"""The database's version: made or brought up to date at the start, refused when it is newer than this program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError, OperationalError

from . import clock
from .config import SettingError
from .database import partitions
from .extensions import db, intend, refusal

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE = 120.0  # seconds to wait for another process that migrates
LOCK = 7_041_972  # any number; the same for everyone who migrates this database


def init_app(app: Flask) -> None:
    """Brings the database to this program's version, and leaves no connection open: a server may fork from here.

    Raises SettingError when it cannot be reached or is newer.
    """
    origin = app.extensions["settings"].origin("database_url")
    with app.app_context():
        try:
            upgrade(db.engine)
            partitions.make(db.engine, clock.now())
        except OperationalError as error:
            raise SettingError(f"{origin}: the database cannot be reached ({' '.join(str(error.orig).split())})") from error
        except DBAPIError as error:
            said = refusal(error, origin)
            if not said:
                raise
            raise SettingError(said) from error
        finally:
            db.engine.dispose()


def upgrade(engine: Engine, to: str = "head") -> None:
    """Runs the migrations that are missing, one process at a time; the others wait and then find nothing to do.

    Alembic is asked only where something is missing: a worker that finds its database up to date starts without it.
    """
    if to == "head" and _version(engine) == newest():
        return
    from alembic import command
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())
    intend(to_write=True, patience=PATIENCE)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            current = MigrationContext.configure(connection).get_current_revision()
            if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
                raise SettingError(
                    f"the database is of version {current}, which this program does not know: install the newer program"
                )
            if current != scripts.get_current_head():
                command.upgrade(_config(connection), to)
    finally:
        intend(to_write=False)


def downgrade(engine: Engine, to: str) -> None:
    """Takes migrations back; used by tests and by an operator who returns to an older program."""
    from alembic import command

    intend(to_write=True, patience=PATIENCE)
    try:
        with engine.begin() as connection:
            command.downgrade(_config(connection), to)
    finally:
        intend(to_write=False)


def newest() -> str:
    """The version of this program: a migration's file begins with its name, and they are numbered."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _version(engine: Engine) -> str:
    """The database's version; empty for one without tables."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _config(connection: object = None) -> Config:
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["connection"] = connection
    return made
