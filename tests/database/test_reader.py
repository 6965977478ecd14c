"""Connections for reading are lent for one read: few are open, and one that failed is not used again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from course.database.connections import IDLE, Reader, address


@dataclass
class Lending:
    """A reader with a clock of its own, and the connections of the driver that it has open."""

    reader: Reader
    seconds: list[float]
    open: list[object] = field(default_factory=list)


@pytest.fixture
def lending(database_url: str) -> Iterator[Lending]:
    seconds = [0.0]
    engine = create_engine(address(database_url))
    made = Lending(Reader(engine, clock=lambda: seconds[0]), seconds)
    event.listen(made.reader.engine, "connect", lambda driver, _record: made.open.append(driver))
    event.listen(made.reader.engine, "close", lambda driver, _record: made.open.remove(driver))
    yield made
    made.reader.close()
    assert made.open == []
    engine.dispose()


def which(connection: Connection) -> object:
    return connection.connection.driver_connection


def number(connection: Connection, given: int, *, more: int) -> int:
    return int(connection.execute(text("SELECT CAST(:given AS INTEGER)"), {"given": given + more}).scalar_one())


def test_reads_one_after_the_other_share_a_connection(lending: Lending) -> None:
    assert [lending.reader.ask(number, 40, more=step) for step in range(3)] == [40, 41, 42]
    assert [lending.reader.ask(which) for _again in range(2)] == lending.open * 2


def test_reads_at_the_same_time_have_one_each_and_what_is_not_needed_is_closed(lending: Lending) -> None:
    pair = lending.reader.ask(lambda outer: (which(outer), lending.reader.ask(which)))
    assert list(pair) == lending.open
    assert pair[0] is not pair[1]
    idle = IDLE[lending.reader.engine.dialect.name]
    lending.seconds[0] = idle
    assert lending.reader.ask(which) is pair[0]  # given back last
    assert list(pair) == lending.open
    lending.seconds[0] = idle + 0.1
    assert lending.reader.ask(which) is pair[0]
    assert lending.open == [pair[0]]


def test_a_connection_that_failed_is_not_used_again(lending: Lending) -> None:
    first = lending.reader.ask(which)
    with pytest.raises(DBAPIError):
        lending.reader.ask(lambda connection: connection.execute(text("SELECT nothing FROM nowhere")))
    assert lending.open == []
    assert lending.reader.ask(which) is not first
