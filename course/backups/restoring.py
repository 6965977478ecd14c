"""Making an instance of a backup: where nothing is yet, and all of it or nothing."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from pathlib import Path

from sqlalchemy import Engine, func, inspect, select
from sqlalchemy.exc import DatabaseError

from .. import schema
from ..accounts.tables import Person
from ..config import Settings
from ..publishing.tables import Publication
from . import archive, copying, shape
from .archive import About, Refused
from .making import KEPT, flush_folder


def restore(engine: Engine, settings: Settings, file: Path) -> tuple[About, bool]:
    """Fills the empty instance. Returns what the backup says of itself, and whether its settings were taken: only where
    there is no ``config.toml``. Raises Refused, and SettingError for a backup of a newer program.

    The database comes last and at once, so that whatever stops this before leaves an instance that is empty still.
    """
    _refuse_unless_empty(engine)
    beside = Path(engine.url.database or "").parent if engine.dialect.name == "sqlite" else settings.instance
    try:
        with tempfile.TemporaryDirectory(dir=beside, prefix=".restore-") as name:
            place = Path(name)
            about = archive.unpack(file, place)
            _refuse_strange_settings(file, place / archive.SETTINGS)
            unpacked = shape.opened(place / archive.DATABASE)
            if strange := shape.strange(unpacked, place / "blank.sqlite3"):
                raise _strange(file, f"{archive.DATABASE}, {strange}"[:200])
            _files(settings, place)
            takes_settings = not (settings.instance / "config.toml").exists()
            if takes_settings:
                (place / archive.SETTINGS).rename(settings.instance / "config.toml")
            _database(unpacked, engine)
    except DatabaseError as error:
        raise Refused(f"{file}: its database cannot be read ({error.orig}). Take another backup.") from None
    except OSError as error:
        raise Refused(f"{settings.instance}: not restored ({error.strerror or error}). Mend that and run it again.") from None
    return about, takes_settings


def _refuse_strange_settings(file: Path, path: Path) -> None:
    """Secrets and places are of the machine: no backup holds any, and what holds some would choose them for it."""
    try:
        strange = sorted(set(tomllib.loads(path.read_text(encoding="utf-8"))) - set(KEPT))
    except ValueError:
        raise _strange(file, archive.SETTINGS) from None
    if strange:
        raise _strange(file, f"{archive.SETTINGS}, {', '.join(strange)}"[:200])


def _strange(file: Path, what: str) -> Refused:
    return Refused(f"{file}: holds what no backup holds ({what}); nothing was restored. Take one that `course backup` made.")


def _refuse_unless_empty(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        path = Path(engine.url.database or "")
        if path.exists() or Path(f"{path}-wal").exists():
            raise Refused(f"{path}: there is a database. Restore into an empty instance: name another with COURSE_INSTANCE.")
        return
    with engine.connect() as connection:
        if not inspect(connection).has_table("people"):
            return
        if any(connection.scalar(select(func.count()).select_from(table)) for table in (Person, Publication)):
            raise Refused(f"database {engine.url.database} is not empty. Restore into one that `createdb` just made.")


def _files(settings: Settings, place: Path) -> None:
    for name in archive.FOLDERS:
        if not (place / name).exists():
            continue
        target = settings.folders[name]
        target.mkdir(parents=True, exist_ok=True)
        for path in (place / name).iterdir():
            shutil.move(path, target / path.name)
        flush_folder(target)


def _database(unpacked: Engine, engine: Engine) -> None:
    path = Path(unpacked.url.database or "")
    if engine.dialect.name == "sqlite":
        unpacked.dispose()  # the last connection takes the log into the file
        target = Path(engine.url.database or "")
        path.replace(target)
        flush_folder(target.parent)
        return
    schema.upgrade(engine)
    with unpacked.connect() as source, engine.begin() as target_:
        copying.copy(source, target_)
    unpacked.dispose()
