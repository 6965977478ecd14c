"""Making an instance of a backup: where nothing is yet, and all of it or nothing."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from sqlalchemy import Engine, create_engine, func, inspect, select

from .. import schema
from ..accounts.tables import Person
from ..config import Settings
from ..database.connections import prepare
from ..publishing.tables import Publication
from . import archive, copying
from .archive import About, Refused
from .making import flush_folder


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
            unpacked = create_engine(f"sqlite:///{place / archive.DATABASE}")
            prepare(unpacked)
            schema.upgrade(unpacked)
            _files(settings, place)
            takes_settings = not (settings.instance / "config.toml").exists()
            if takes_settings:
                (place / archive.SETTINGS).rename(settings.instance / "config.toml")
            _database(unpacked, engine)
    except OSError as error:
        raise Refused(f"{settings.instance}: not restored ({error.strerror or error}). Mend that and run it again.") from None
    return about, takes_settings


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
            raise Refused(
                f"COURSE_DATABASE_URL: database {engine.url.database} is not empty. Restore into one that `createdb` just made."
            )


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
