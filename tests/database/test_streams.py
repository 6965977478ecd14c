"""Long answers come in parts, and the session is as it was behind them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import String, create_engine, event, func, literal, select, text, union_all
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.orm import Session

from course.database.connections import prepare
from course.database.streams import streamed

NAMES = [(1, "a%"), (2, "b:c"), (3, None), (4, "d"), (5, "ж")]
EACH = [select(literal(key).label("id"), literal(name, String).label("name")) for key, name in NAMES]
PEOPLE = union_all(*EACH).cte("people")
QUERY = select(PEOPLE.c.id, PEOPLE.c.name).where(PEOPLE.c.id.in_([1, 2, 3, 5])).order_by(PEOPLE.c.id)
MANY = 50_000


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    prepare(engine)
    with Session(engine) as held:
        yield held
    engine.dispose()


def numbers(most: int) -> Any:
    """1, 2 and so on in both databases."""
    number = select(literal(1).label("n")).cte("number", recursive=True)
    return number.union_all(select(number.c.n + 1).where(number.c.n < most))


def test_the_rows_come_in_parts(session: Session) -> None:
    parts = [[tuple(row) for row in part] for part in streamed(session, QUERY, 3)]
    assert parts == [[NAMES[0], NAMES[1], NAMES[2]], [NAMES[4]]]
    assert list(streamed(session, QUERY.where(PEOPLE.c.id > 5), 3)) == []
    assert session.execute(QUERY).all() == [row for part in parts for row in part]


def test_whoever_listens_is_told_of_it_once(session: Session) -> None:
    told: list[str] = []
    session.connection()
    event.listen(session.get_bind(), "before_cursor_execute", lambda _c, _cursor, sent, *_: told.append(sent))
    assert len(list(streamed(session, select(numbers(5).c.n), 2))) == 3
    assert [sent.split()[0] for sent in told] == ["WITH"]


def test_whoever_stops_goes_on_after_a_rollback(session: Session) -> None:
    connection = session.connection().connection.driver_connection
    rows = streamed(session, select(numbers(MANY).c.n), 10)
    assert [row[0] for row in next(rows)] == list(range(1, 11))
    rows.close()  # type: ignore[attr-defined]  # what both are
    session.rollback()
    assert session.scalar(select(func.max(numbers(3).c.n))) == 3
    assert session.connection().connection.driver_connection is connection


def test_an_error_is_one_of_sqlalchemy(session: Session) -> None:
    with pytest.raises(DBAPIError) as caught:
        list(streamed(session, select(text("nothing_of_this_name")), 10))
    assert not caught.value.connection_invalidated


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_error_behind_the_first_part_too(session: Session) -> None:
    number = numbers(MANY)
    rows = streamed(session, select(1 / (number.c.n - 30_000)), 10)
    assert len(next(rows)) == 10
    with pytest.raises(DataError, match="division by zero"):
        list(rows)
    session.rollback()
    assert session.scalar(select(literal(1))) == 1
