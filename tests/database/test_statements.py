"""Statements handed straight to the driver do what SQLAlchemy's own way does: rows, types, errors, listeners."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    delete,
    event,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from course.database.connections import prepare
from course.database.statements import Statement, inserting
from course.extensions import Moment

THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String(20), unique=True),
    Column("at", Moment),
    Column("about", JSON),
    Column("kind", String(20), default="plain"),
)
AT = datetime(2026, 3, 2, 9, 30, 15, 250_000, tzinfo=UTC)
ROWS: list[dict[str, Any]] = [
    {"name": "a", "at": AT, "about": {"ж": [1, None]}, "kind": "plain"},
    {"name": "b", "at": None, "about": [], "kind": "odd"},
]
add = inserting(THINGS, "name", "at", "about", "kind")
by_kind: Statement[Any] = Statement(
    select(THINGS.c.name, THINGS.c.at, THINGS.c.about.label("what")).where(THINGS.c.kind == bindparam("kind"))
)
plain: Statement[Any] = Statement(select(THINGS.c.name).where(THINGS.c.kind == "plain", THINGS.c.id > bindparam("after")))


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    prepare(engine)
    with engine.connect() as held:
        THINGS.create(held)
        add.run_many(held, ROWS)
        yield held
        held.rollback()
    engine.dispose()


def test_what_is_written_comes_back_as_sqlalchemy_reads_it(connection: Connection) -> None:
    names = [THINGS.c.name, THINGS.c.at, THINGS.c.about, THINGS.c.kind]
    assert [dict(row._mapping) for row in connection.execute(select(*names).order_by(THINGS.c.id))] == ROWS
    (row,) = by_kind.all(connection, {"kind": "plain"})
    assert (row.name, row.at, row.what) == ("a", AT, {"ж": [1, None]})
    assert by_kind.all(connection, {"kind": "odd"}) == [("b", None, [])]
    assert by_kind.all(connection, {"kind": "none"}) == []
    assert by_kind.first(connection, {"kind": "none"}) is None


def test_a_time_of_another_zone_is_the_same_time(connection: Connection) -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=5)))
    add.run(connection, {"name": "c", "at": elsewhere, "about": 1, "kind": "far"})
    assert by_kind.first(connection, {"kind": "far"}) == ("c", AT, 1)


def test_a_value_in_the_statement_needs_not_be_given(connection: Connection) -> None:
    assert plain.scalar(connection, {"after": 0}) == "a"
    assert plain.scalar(connection, {"after": 99}) is None


def test_rows_are_made_by_what_was_named(connection: Connection) -> None:
    pairs = Statement(select(THINGS.c.id, THINGS.c.name).order_by(THINGS.c.id), lambda number, name: f"{number}{name}")
    assert pairs.all(connection, {}) == ["1a", "2b"]


def test_changes_say_how_many_rows_they_met(connection: Connection) -> None:
    change: Statement[Any] = Statement(
        update(THINGS).where(THINGS.c.kind == bindparam("which")).values(about=bindparam("new"), at=bindparam("now"))
    )
    assert change.run(connection, {"which": "odd", "new": {"n": 1}, "now": AT}) == 1
    assert by_kind.first(connection, {"kind": "odd"}) == ("b", AT, {"n": 1})
    assert Statement(delete(THINGS).where(THINGS.c.kind == bindparam("which"))).run(connection, {"which": "x"}) == 0


def test_nothing_to_add_is_nothing_asked(connection: Connection) -> None:
    asked: list[str] = []
    event.listen(connection.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    add.run_many(connection, [])
    assert asked == []
    plain.all(connection, {"after": 0})
    assert len(asked) == 1


def test_a_missing_value_is_refused_before_the_database_is_asked(connection: Connection) -> None:
    with pytest.raises(KeyError, match="at"):
        add.run(connection, {"name": "d", "about": 1, "kind": "plain"})


def test_errors_are_sqlalchemys_own(connection: Connection) -> None:
    with pytest.raises(IntegrityError), connection.begin_nested():
        add.run(connection, ROWS[0])
    assert plain.scalar(connection, {"after": 0}) == "a"
    connection.execute(text("ALTER TABLE things RENAME TO others"))
    with pytest.raises(OperationalError if connection.dialect.name == "sqlite" else ProgrammingError, match="things"):
        plain.all(connection, {"after": 0})


def test_what_only_python_knows_is_refused(connection: Connection) -> None:
    without_kind: Statement[Any] = Statement(insert(THINGS).values(name=bindparam("name")))
    with pytest.raises(ValueError, match="a default made in Python"):
        without_kind.run(connection, {"name": "e"})
    of_many: Statement[Any] = Statement(select(THINGS.c.id).where(THINGS.c.id.in_(bindparam("ids", expanding=True))))
    with pytest.raises(ValueError, match="a list of any length"):
        of_many.all(connection, {"ids": [1]})


def test_a_connection_that_was_cut_is_not_used_again(empty_database_url: dict[str, str]) -> None:
    engine = create_engine(empty_database_url["postgresql"].replace("postgresql://", "postgresql+psycopg://", 1))
    one: Statement[Any] = Statement(select(THINGS.c.id))
    with engine.connect() as held, engine.connect() as other:
        pid = held.execute(text("SELECT pg_backend_pid()")).scalar_one()
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(OperationalError) as raised:
            one.all(held, {})
        assert raised.value.connection_invalidated
        assert held.invalidated
    engine.dispose()
