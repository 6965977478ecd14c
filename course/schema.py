"""The database's version: made or brought up to date at the start, refused when it is newer than this program or another's."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Flask
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError, OperationalError

from . import clock
from .config import SettingError
from .database import partitions
from .extensions import db, intend, refusal

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE = 120.0  # seconds to wait for another process that migrates
OURS = {"people", "facts", "publications"}  # tables that every version has
LOCK = 7_041_972  # any number; the same for everyone who migrates this database


def init_app(app: Flask) -> None:
    """Brings the database to this program's version, and leaves no connection open: a server may fork from here.

    Raises SettingError when it cannot be reached, is newer, or is another program's.
    """
    origin = app.extensions["settings"].origin("database_url")
    with app.app_context():
        try:
            _refuse_another(db.engine.url)
            upgrade(db.engine)
            partitions.make(db.engine, clock.now())
        except OperationalError as error:
            said = " ".join(str(error.orig).split())
            raise SettingError(f"{origin}: the database cannot be reached ({said}){_way_out(db.engine.url, said)}") from error
        except DBAPIError as error:
            said = refusal(error, origin)
            if not said:
                raise
            raise SettingError(said) from error
        finally:
            db.engine.dispose()


def _way_out(url: URL, said: str) -> str:
    """Of SQLite, which says neither which file it was about nor what was wrong with it. PostgreSQL says more."""
    if url.get_backend_name() != "sqlite" or "locked" in said:
        return ""
    return f": see whether {Path(url.database or '').parent} is there, may be written to, and its disk has room"


def upgrade(engine: Engine, to: str = "head") -> None:
    """Runs the migrations that are missing, one process at a time; the others wait and then find nothing to do.

    Alembic is asked only where something is missing: a worker that finds its database up to date starts without it.
    Raises SettingError, and nothing is written, for a database that is newer or another program's.
    """
    with engine.connect() as connection:
        if _version(connection, engine.url.database) == newest() and to == "head":
            return
    from alembic import command
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())
    intend(to_write=True, patience=PATIENCE)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            current = _version(connection, engine.url.database)
            if current and current not in {script.revision for script in scripts.walk_revisions()}:
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


def _refuse_another(url: URL) -> None:
    """Of SQLite, before anything is set on a connection: to make a file a WAL one is to write to it."""
    if url.get_backend_name() != "sqlite" or not Path(url.database or "").is_file():
        return
    read_only = URL.create("sqlite", database=f"file:{quote(url.database or '')}", query={"mode": "ro", "uri": "true"})
    with suppress(OperationalError), create_engine(read_only, poolclass=NullPool).connect() as connection:
        _version(connection, url.database)  # whatever else stops this is told by whoever opens it to write


def _version(connection: Connection, name: str | None) -> str:
    """The database's version; empty for one without tables. Raises SettingError for one of another program.

    In PostgreSQL this is about the schema in which tables would be made; what other schemas hold is nobody's business.
    """
    there, version = set(inspect(connection).get_table_names(connection.dialect.default_schema_name)), ""
    if "alembic_version" in there:
        version = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
    if not (there >= OURS if version else there <= {"alembic_version"}):
        named = ", ".join(sorted(there)[:3]) + (" …" if len(there) > 3 else "")
        raise SettingError(f"{name}: this is another program's database, with the tables {named}: name one of its own")
    return version


def _config(connection: object = None) -> Config:
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["connection"] = connection
    return made
