"""The database's version: up, down, up again, the same tables as the program declares, and no newer one is touched."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text

from course import config, create_app, schema
from course.accounts.names import name_key
from course.config import SettingError
from course.database import partitions
from course.database.connections import prepare
from course.extensions import Base, db
from tests.rig.postgres import Cluster
from tests.rig.together import at_once

DIALECTS = ["sqlite", "postgresql"]
FIRST = (
    "INSERT INTO people (id, public_id, name, language, role, created_at) VALUES (1, 'a', 'Alice', 'en', 'learner', :at)",
    "INSERT INTO revisions (digest, course, created_at) VALUES ('d', '', :at)",
    "INSERT INTO attempts"
    " (id, public_id, person_id, module, number, revision, seed, pass_mark, started_at, closed_at, raw, max)"
    " VALUES (1, 'x', 1, 'housing', 1, 'd', 's', 70, :at, :at, '7/3', '4')",
)

PERSON = (
    "INSERT INTO people (id, public_id, name, language, role, created_at) VALUES (:id, :public, :name, 'en', 'learner', :at)"
)
ENROLMENT = "INSERT INTO enrolments (person_id, enrolled_at, last_at, modules_completed) VALUES (:id, :at, :at, 0)"
BY_KEY = ("score_changes", "lesson_states", "responses", "outcomes")
KEYED = (
    "INSERT INTO score_changes (person_id, module, number, score, score_ppm, since_at)"
    " VALUES (1, 'housing', 1, '7/12', 583333, :at)",
    "INSERT INTO lesson_states (person_id, module, lesson, opened_at, changes, watched, second)"
    " VALUES (1, 'housing', 'one', :at, 2, 'ff', 8)",
    "INSERT INTO responses (attempt_id, item, value, at) VALUES (1, 'roof', '{}', :at)",
    "INSERT INTO outcomes (attempt_id, item, status, raw, max) VALUES (1, 'roof', 'partial', '1/3', '1')",
)


UNLIKE = {
    "sqlite": [],
    "postgresql": [("add_constraint", "facts", ["key"])],
}  # unique by a table of its own, across the partitions


def is_declared(name: str | None, kind: str, _parents: object) -> bool:
    """Not the partitions of facts, which are made as years come."""
    return kind != "table" or name in Base.metadata.tables


def engine_of(addresses: dict[str, str], dialect: str) -> Engine:
    engine = create_engine(addresses[dialect].replace("postgresql://", "postgresql+psycopg://", 1))
    prepare(engine)
    return engine


@pytest.mark.parametrize("dialect", DIALECTS)
def test_up_down_and_up_again(empty_database_url: dict[str, str], dialect: str) -> None:
    engine = engine_of(empty_database_url, dialect)
    schema.upgrade(engine)
    with engine.connect() as connection:
        assert partitions.tables(connection) == set(Base.metadata.tables) | {"alembic_version"}
    tables = set(inspect(engine).get_table_names())
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
        context = MigrationContext.configure(connection, opts={"include_name": is_declared})
        differences = compare_metadata(context, Base.metadata)
        assert [(what, of.table.name, [*of.columns.keys()]) for what, of in differences] == UNLIKE[dialect]
    engine.dispose()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_indexes_of_some_rows_are_of_those_that_the_program_declares(empty_database_url: dict[str, str], dialect: str) -> None:
    engine = engine_of(empty_database_url, dialect)
    schema.upgrade(engine)
    made = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'",
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '% WHERE %'"
        " AND NOT starts_with(tablename, 'facts_')",  # partitions, whose indexes are those of ``facts``
    }
    with engine.connect() as connection:
        there = {name: said(sql.partition(" WHERE ")[2]) for name, sql in connection.execute(text(made[dialect]))}
    indexes = [index for table in Base.metadata.tables.values() for index in table.indexes if "where" in index.info]
    words = {"literal_binds": True, "include_table": False}
    assert there == {
        str(index.name): said(str(index.info["where"].compile(dialect=engine.dialect, compile_kwargs=words)))
        for index in indexes
    }
    engine.dispose()


def said(condition: str) -> str:
    """Without what each database adds: brackets, the type of a text, and how it writes a value that is false."""
    bare = condition.replace("(", "").replace(")", "").replace("::text", "").lower()
    return bare.replace(" is 0", " is false").replace(" = 0", " is false").replace(" = false", " is false")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_newer_database_is_refused_and_left_alone(empty_database_url: dict[str, str], dialect: str) -> None:
    engine = engine_of(empty_database_url, dialect)
    schema.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingError, match=r"^the database is of version 9999, which this program does not know: install the"):
        schema.upgrade(engine)
    engine.dispose()


STRANGERS = {
    "tables of others": ["CREATE TABLE orders (id integer)", "CREATE TABLE a (id integer)"],
    "tables of our names": ["CREATE TABLE people (id integer)", "CREATE TABLE facts (id integer)"],
    "with versions like ours": [
        "CREATE TABLE alembic_version (version_num varchar(32))",
        "INSERT INTO alembic_version VALUES ('0016')",
        "CREATE TABLE people (id integer)",
    ],
    "with versions of their own": [
        "CREATE TABLE alembic_version (version_num varchar(32))",
        "INSERT INTO alembic_version VALUES ('4f1c')",
        "CREATE TABLE orders (id integer)",
    ],
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("there", STRANGERS.values(), ids=STRANGERS)
def test_a_database_of_another_program_is_refused_and_left_alone(
    empty_database_url: dict[str, str], dialect: str, there: list[str], tmp_path: Path
) -> None:
    url = empty_database_url[dialect]
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))  # not prepared: no WAL
    with engine.begin() as connection:
        for statement in there:
            connection.execute(text(statement))
    file = tmp_path / "empty.sqlite3"
    before = file.read_bytes() if dialect == "sqlite" else b""
    names = sorted(inspect(engine).get_table_names())
    where = engine.url.database
    line = f"{where}: this is another program's database, with the tables {', '.join(names)}: name one of its own"
    with pytest.raises(SettingError, match=f"^{re.escape(line)}$"):
        create_app(config.load({"COURSE_INSTANCE": str(tmp_path / "instance"), "COURSE_DATABASE_URL": url}))
    assert sorted(inspect(engine).get_table_names()) == names
    assert (file.read_bytes() if dialect == "sqlite" else b"") == before
    engine.dispose()


def test_what_another_schema_holds_is_nobodys_business(postgresql: Cluster) -> None:
    """Another program's tables, and its versions, in a schema in which ours are looked for as well."""
    name = postgresql.create()
    with psycopg.connect(postgresql.url(name), autocommit=True) as connection:
        for statement in STRANGERS["with versions of their own"]:
            connection.execute(statement.encode())
        connection.execute("CREATE SCHEMA course")
        connection.execute(f"ALTER DATABASE {name} SET search_path = course, public".encode())
    engine = engine_of({"postgresql": postgresql.url(name)}, "postgresql")
    schema.upgrade(engine)
    schema.upgrade(engine)
    assert set(inspect(engine).get_table_names(schema="public")) == {"alembic_version", "orders"}
    with engine.connect() as connected:
        versions = [
            connected.execute(text(f"SELECT version_num FROM {where}.alembic_version")).scalars().all()
            for where in ("public", "course")
        ]
    assert versions == [["4f1c"], [schema.newest()]]
    engine.dispose()
    postgresql.drop(name)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_several_processes_that_start_at_once(empty_database_url: dict[str, str], dialect: str, tmp_path: Path) -> None:
    environ = {"COURSE_INSTANCE": str(tmp_path), "COURSE_DATABASE_URL": empty_database_url[dialect]}
    settings = config.load(environ)

    def start() -> None:
        engine = engine_of(empty_database_url, dialect)
        schema.upgrade(engine)
        engine.dispose()

    at_once(*[start] * 4)
    app = create_app(settings)
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_attempts_survive_the_second_version_and_the_way_back(empty_database_url: dict[str, str], dialect: str) -> None:
    """Rows of the first version get no time limit and no extra time; going back keeps them and takes only what was new."""
    engine = engine_of(empty_database_url, dialect)
    schema.upgrade(engine, "0001")
    about = {"at": "2026-03-02 09:00:00"}
    with engine.begin() as connection:
        for statement in FIRST:
            connection.execute(text(statement), about)
    schema.upgrade(engine, "0002")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT extra_time_percent FROM people")).scalars().all() == [0]
        assert connection.execute(text("SELECT closes_at FROM attempts")).scalars().all() == [None]
        assert connection.execute(text("SELECT count(*) FROM regrades")).scalar_one() == 0
    schema.downgrade(engine, "0001")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT raw FROM attempts")).scalars().all() == ["7/3"]
    assert "regrades" not in inspect(engine).get_table_names()
    schema.upgrade(engine)
    engine.dispose()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_rows_survive_the_sixth_version_and_the_way_back(empty_database_url: dict[str, str], dialect: str) -> None:
    """Tables are made again in the order of their key; every row is as it was, up, down and up."""
    engine = engine_of(empty_database_url, dialect)
    schema.upgrade(engine, "0005")
    with engine.begin() as connection:
        for statement in (*FIRST, *KEYED):
            connection.execute(text(statement), {"at": "2026-03-02 09:00:00"})
    found = []
    for step in (None, schema.upgrade, schema.downgrade, schema.upgrade):
        if step is not None:
            step(engine, "0005" if step is schema.downgrade else "0006")
        with engine.connect() as connection:
            found.append({name: connection.execute(text(f"SELECT * FROM {name}")).all() for name in BY_KEY})
    assert [len(rows) for rows in found[0].values()] == [1, 1, 1, 1]
    assert found == [found[0]] * 4
    engine.dispose()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_names_are_folded_from_the_seventeenth_version_on(empty_database_url: dict[str, str], dialect: str) -> None:
    """Of who was there before, as the program folds them, and of who is renamed; going back, names stand there again."""
    engine, names = engine_of(empty_database_url, dialect), ["Émile ÑANDÚ", "علی\u200cاکبر", "Straße", "각" * 60, "", "Cy"]
    schema.upgrade(engine, "0016")
    with engine.begin() as connection:
        for id_, name in enumerate(names, 1):
            for statement in (PERSON, ENROLMENT):
                connection.execute(text(statement), {"id": id_, "public": str(id_), "name": name, "at": "2026-03-02 09:00:00"})
    found = []
    for step, version, column in ((schema.upgrade, "0017", "name_key"), (schema.downgrade, "0016", "name")):
        step(engine, version)
        with engine.begin() as connection:
            found.append(list(connection.scalars(text(f"SELECT {column} FROM tally_places ORDER BY person_id"))))
            connection.execute(text(f"UPDATE people SET {column} = 'bo' WHERE id = 6"))
            found.append(list(connection.scalars(text(f"SELECT {column} FROM tally_places WHERE person_id = 6"))))
    assert found == [[name_key(name) for name in names], ["bo"], names, ["bo"]]
    engine.dispose()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_names_stand_beside_places_from_the_ninth_version_on(empty_database_url: dict[str, str], dialect: str) -> None:
    """Of who was there before, of who comes after, and of who is renamed; going back, people are counted as before."""
    engine = engine_of(empty_database_url, dialect)
    schema.upgrade(engine, "0008")
    found = []
    for id_, (name, step) in enumerate((("Ada", schema.upgrade), ("Bo", schema.downgrade), ("Cy", schema.upgrade)), 1):
        with engine.begin() as connection:
            for statement in (PERSON, ENROLMENT):
                connection.execute(text(statement), {"id": id_, "public": name, "name": name, "at": "2026-03-02 09:00:00"})
        step(engine, "0008" if step is schema.downgrade else "0009")
        with engine.begin() as connection:
            if step is schema.upgrade:
                connection.execute(text("UPDATE people SET name = 'Zoe' WHERE id = 1"))
                found.append(connection.execute(text("SELECT person_id, name FROM tally_places ORDER BY person_id")).all())
            else:
                found.append(connection.execute(text("SELECT person_id FROM tally_places ORDER BY person_id")).all())
    assert found == [[(1, "Zoe")], [(1,), (2,)], [(1, "Zoe"), (2, "Bo"), (3, "Cy")]]
    engine.dispose()
