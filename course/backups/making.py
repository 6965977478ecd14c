"""Making a backup: the database as it is at one moment, then the media that it names, then one file of both."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import fields
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, create_engine, inspect, text

from .. import schema
from ..config import Settings
from . import archive, copying, shape
from .archive import About, Refused

# What is neither a secret nor a place on this machine.
KEPT = ("public_url", "hosts", "mail_from", "threads", "watch", "registration", "log_level")


def make(engine: Engine, settings: Settings, file: Path, now: datetime) -> About:
    """Writes ``file``, which is there with everything in it or not at all. Learners may go on meanwhile.

    Everything is written beside it under a name of its own, flushed, and renamed last. Raises Refused.
    """
    if file.exists():
        raise Refused(f"{file}: there is a file of this name. Choose another name, such as one with the day in it.")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}-") as name:
            place = Path(name)
            _database(engine, place / archive.DATABASE)
            _files(settings, place)
            about = _about(place, engine.dialect.name, now)
            with (place / "packed").open("xb") as packed:
                archive.pack(about, place, packed)
                packed.flush()
                os.fsync(packed.fileno())
            (place / "packed").chmod(0o600)
            (place / "packed").rename(file)
            flush_folder(file.parent)
    except (OSError, sqlite3.DatabaseError) as error:
        raise Refused(f"{file}: no backup was made ({getattr(error, 'strerror', None) or error}).") from None
    return about


def flush_folder(folder: Path) -> None:
    """Brings the names in a folder to the disk; without it a power cut can undo a rename."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _database(engine: Engine, copy: Path) -> None:
    """The database of one moment as a SQLite database, whatever it is itself."""
    if engine.dialect.name == "sqlite":
        path = Path(engine.url.database or "")
        if not path.exists():
            raise Refused(f"{path}: there is no database yet, so there is nothing to back up.")
        with closing(_opened(path)) as source:
            source.execute("VACUUM INTO ?", (str(copy),))
        _refuse_strange(path, copy)
        return
    if not inspect(engine).has_table("alembic_version"):
        raise Refused(f"database {engine.url.database} is empty, so there is nothing to back up.")
    blank = shape.opened(copy)
    moment = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**moment) as source_, blank.connect() as target:
        _refuse_other_version(source_.scalar(text("SELECT version_num FROM alembic_version")))
        copying.copy(source_, target)
        target.commit()
    blank.dispose()


def _opened(path: Path) -> sqlite3.Connection:
    """Read from already: while it is copied nobody could tell which of the two files a fault was of."""
    try:
        source = sqlite3.connect(path, isolation_level=None)
        source.execute("SELECT count(*) FROM sqlite_master")
        return source
    except sqlite3.DatabaseError as error:
        raise Refused(f"{path}: the database cannot be read, so no backup was made ({error}).") from None


def _refuse_strange(path: Path, copy: Path) -> None:
    """Now, and not on the day on which the backup is needed: restoring refuses it."""
    engine = create_engine(f"sqlite:///{copy}")
    if not inspect(engine).has_table("alembic_version"):
        raise Refused(f"{path}: this is no database of a course, so there is nothing to back up.")
    with engine.connect() as connection:
        version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if version > schema.newest():
        _refuse_other_version(version)
    strange = shape.strange(engine, copy.with_name("blank.sqlite3"))
    engine.dispose()
    if strange:
        raise Refused(
            f"{path}: {strange} is not of this course, and a backup with it could not be restored. Drop it, and keep what is "
            "yours in a database of its own."
        )


def _refuse_other_version(version: str) -> None:
    if version != schema.newest():
        raise Refused(
            f"the database is of version {version}, this program of {schema.newest()}. "
            "Make the backup with the program that serves it."
        )


def _files(settings: Settings, place: Path) -> None:
    """Media and fonts; media are never changed or taken away, so those of the database's moment are there."""
    for name in archive.FOLDERS:
        (place / name).mkdir()
        for path in settings.folders[name].glob("*"):
            if path.is_file() and not path.name.startswith("tmp"):  # one that is being stored at this moment
                shutil.copyfile(path, place / name / path.name)
    usual = {field.name: field.default for field in fields(Settings)}
    lines = [f"{name} = {_toml(value)}\n" for name in KEPT if (value := getattr(settings, name)) != usual[name]]
    (place / archive.SETTINGS).write_text("".join(lines), encoding="utf-8")


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)  # of text, numbers, true and false both write the same


def _about(place: Path, dialect: str, now: datetime) -> About:
    with closing(sqlite3.connect(place / archive.DATABASE)) as copy:
        count = {name: copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("people", "facts", "revisions")}  # noqa: S608
        version = copy.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    assets = sum(1 for _ in (place / "assets").iterdir())
    return About(made_at=now.isoformat(timespec="milliseconds"), version=version, dialect=dialect, assets=assets, **count)
