"""The database's version: up, down, up again, the same tables as the program declares, and no newer one is touched."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text

from course import config, create_app, schema
from course.config import SettingError
from course.extensions import Base, prepare

DIALECTS = ["sqlite", "postgresql"]


def engine_of(addresses: dict[str, str], dialect: str) -> Engine:
    engine = create_engine(addresses[dialect].replace("postgresql://", "postgresql+psycopg://", 1))
    prepare(engine)
    return engine


@pytest.mark.parametrize("dialect", DIALECTS)
def test_up_down_and_up_again(empty_database_url: dict[str, str], dialect: str) -> None:
    engine = engine_of(empty_database_url, dialect)
    schema.upgrade(engine)
    tables = set(inspect(engine).get_table_names())
    assert tables == set(Base.metadata.tables) | {"alembic_version"}
    schema.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    schema.upgrade(engine)
    assert set(inspect(engine).get_table_names()) == tables
    engine.dispose()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_migrations_make_what_the_program_declares(empty_database_url: dict[str, str], dialect: str) -> None:
    engine = engine_of(empty_database_url, dialect)
    schema.upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_newer_database_is_refused_and_left_alone(empty_database_url: dict[str, str], dialect: str) -> None:
    engine = engine_of(empty_database_url, dialect)
    schema.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingError, match=r"^the database is of version 9999, which this program does not know: install the"):
        schema.upgrade(engine)
    engine.dispose()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_several_processes_that_start_at_once(empty_database_url: dict[str, str], dialect: str, tmp_path: Path) -> None:
    failures: list[BaseException] = []
    environ = {"COURSE_INSTANCE": str(tmp_path), "COURSE_DATABASE_URL": empty_database_url[dialect]}
    settings = config.load(environ)

    def start() -> None:
        try:
            engine = engine_of(empty_database_url, dialect)
            schema.upgrade(engine)
            engine.dispose()
        except BaseException as error:  # noqa: BLE001  whatever it is, it is a failure
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    from course.extensions import db

    app = create_app(settings)
    with app.app_context():
        db.engine.dispose()
