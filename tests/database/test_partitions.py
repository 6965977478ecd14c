"""Facts in PostgreSQL are partitioned by year: none is refused, none happens twice, while others are at work."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError

from course import schema
from course.database import partitions
from course.database.connections import address, prepare
from tests.rig.together import at_once

OWNERS = (
    "INSERT INTO people (id, public_id, name, language, role, created_at) VALUES (1, 'a', 'Alice', 'en', 'learner', now())",
    "INSERT INTO revisions (digest, course, created_at) VALUES ('d', '', now())",
)
FACT = "INSERT INTO facts (key, person_id, kind, revision, at, detail) VALUES (:key, 1, 'opened', 'd', :at, '{}')"
WHERE = "SELECT CAST(CAST(tableoid AS regclass) AS text), key FROM facts WHERE person_id = 1 ORDER BY id"


@pytest.fixture
def engine(empty_database_url: dict[str, str]) -> Iterator[Engine]:
    """A PostgreSQL with the tables as they are before any program has begun."""
    engine = create_engine(address(empty_database_url["postgresql"]))
    prepare(engine)
    schema.upgrade(engine)
    with engine.begin() as connection:
        for statement in OWNERS:
            connection.execute(text(statement))
    yield engine
    engine.dispose()


def first_year(engine: Engine) -> int:
    """The first that is to have a partition of its own: the one after the year in which the tests run."""
    with engine.connect() as connection:
        (named,) = [name for name in connection.scalars(text(partitions.OF_FACTS)) if name.startswith("facts_before_")]
    return int(named.removeprefix("facts_before_"))


def noon(year: int, month: int = 7, day: int = 1) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def happen(engine: Engine, key: str, at: datetime) -> None:
    with engine.begin() as connection:
        connection.execute(text(FACT), {"key": key, "at": at})


def lying(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        return [(row[0], row[1]) for row in connection.execute(text(WHERE))]


def test_a_fact_lies_with_those_of_its_year_and_waits_where_that_has_no_part_yet(engine: Engine) -> None:
    year = first_year(engine)
    partitions.make(engine, noon(year - 1))
    happen(engine, "long ago", noon(1999))
    happen(engine, "last moment", datetime(year - 1, 12, 31, 23, 59, 59, tzinfo=UTC))
    happen(engine, "first moment", datetime(year, 1, 1, tzinfo=UTC))
    happen(engine, "two years on", noon(year + 1))
    happen(engine, "ten years on", noon(year + 9))
    assert lying(engine) == [
        (f"facts_before_{year}", "long ago"),
        (f"facts_before_{year}", "last moment"),
        (f"facts_{year}", "first moment"),
        ("facts_later", "two years on"),
        ("facts_later", "ten years on"),
    ]
    partitions.make(engine, noon(year))
    assert lying(engine) == [
        (f"facts_before_{year}", "long ago"),
        (f"facts_before_{year}", "last moment"),
        (f"facts_{year}", "first moment"),
        (f"facts_{year + 1}", "two years on"),
        ("facts_later", "ten years on"),
    ]


@pytest.mark.parametrize("years_on", [0, 1, 5])
def test_a_key_is_refused_in_whatever_part_it_was_used(engine: Engine, years_on: int) -> None:
    year = first_year(engine)
    partitions.make(engine, noon(year))
    happen(engine, "enrolled:1", noon(year))
    with pytest.raises(IntegrityError):
        happen(engine, "enrolled:1", noon(year + years_on))
    assert lying(engine) == [(f"facts_{year}", "enrolled:1")]
    happen(engine, "started:1", noon(year + years_on))
    assert [key for _part, key in lying(engine)] == ["enrolled:1", "started:1"]


def test_of_many_at_once_one_happens_though_they_fall_into_two_years(engine: Engine) -> None:
    year = first_year(engine)
    partitions.make(engine, noon(year))
    times = [datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)] * 4

    def whether(at: datetime) -> bool:
        try:
            happen(engine, "enrolled:1", at)
        except IntegrityError:
            return False
        return True

    assert sorted(at_once(*(partial(whether, at) for at in times))) == [False] * 7 + [True]
    assert [key for _part, key in lying(engine)] == ["enrolled:1"]


def test_nothing_is_refused_and_nothing_lost_while_several_programs_make_the_parts(engine: Engine) -> None:
    year = first_year(engine)

    def add(whose: int) -> None:
        for number in range(50):
            happen(engine, f"{whose}:{number}", noon(year + number % 4))

    makers = [partial(partitions.make, engine, noon(year + later)) for later in (0, 0, 1, 2)]
    at_once(*makers, *(partial(add, whose) for whose in range(4)))
    partitions.make(engine, noon(year + 2))
    assert sorted(lying(engine)) == sorted(
        (f"facts_{year + number % 4}", f"{whose}:{number}") for whose in range(4) for number in range(50)
    )


def test_who_holds_the_table_is_not_waited_for(
    engine: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "TRIES", 2)
    monkeypatch.setattr(partitions, "SHORT", 10)
    year = first_year(engine)
    with closing(engine.connect()) as reader, caplog.at_level(logging.WARNING):
        reader.execute(text("SELECT 1 FROM facts_later"))
        partitions.make(engine, noon(year))
        assert [record.getMessage() for record in caplog.records] == [
            f"facts of {year} and {year + 1} have no partition of their own: somebody holds them. The next start makes it."
        ]
        happen(engine, "meanwhile", noon(year))
    partitions.make(engine, noon(year))
    assert lying(engine) == [(f"facts_{year}", "meanwhile")]


def test_an_account_that_may_make_no_table_serves_all_the_same(
    engine: Engine, empty_database_url: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    year, role = first_year(engine), "may_only_use"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role}"))
        connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"))
        connection.execute(text(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}"))
    other = create_engine(address(empty_database_url["postgresql"]), connect_args={"options": f"-c role={role}"})
    prepare(other)
    with caplog.at_level(logging.WARNING):
        partitions.make(other, noon(year))
    happen(other, "meanwhile", noon(year))
    other.dispose()
    assert lying(engine) == [("facts_later", "meanwhile")]
    assert [record.getMessage() for record in caplog.records] == [
        f"facts of {year} and {year + 1} have no partition of their own: this account does not own their table. "
        "The next start makes it."
    ]
    with engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))


def test_going_back_a_version_puts_all_parts_into_one_table(engine: Engine) -> None:
    year = first_year(engine)
    partitions.make(engine, noon(year))
    for number, at in enumerate((noon(year + 1), noon(year - 1), noon(year + 7), noon(year))):
        happen(engine, str(number), at)
    schema.downgrade(engine, "0014")
    assert lying(engine) == [("facts", str(number)) for number in range(4)]
    with pytest.raises(IntegrityError):
        happen(engine, "2", noon(year))
    happen(engine, "4", noon(year))
    schema.upgrade(engine)
    assert lying(engine) == [(f"facts_before_{year + 8}", str(number)) for number in range(5)]
    with pytest.raises(IntegrityError):
        happen(engine, "4", noon(year + 9))
    happen(engine, "5", noon(year + 8))
    assert lying(engine)[-1] == ("facts_later", "5")
