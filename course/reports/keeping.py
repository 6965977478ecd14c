"""Keeping the past days of large places: what each tally gained on each day, so that a report of a past day is a sum.

And, of everybody, who did something on each day, so that a report of a moment within it looks at nobody else. The past never
changes, so nothing here is written twice: each run adds the days that have ended since. A place is large once so many count in
it, and its first run takes it from the beginning. `course report keep` runs it in a process of its own.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, and_, case, delete, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from ..accounts.tables import Membership
from ..extensions import Moment, beside
from ..learning.tables import Certificate, Enrolment, Fact, ModuleState, ScoreChange
from .counting import DAY, EPOCH, day_reached
from .spans import earlier, later, people_ever, steps
from .tables import EVERYWHERE, TallyDay, TallyHistory, TallyPeople, TallyPlace

LARGE = 2000  # people from whom on the past of a place is kept
SETTLED = timedelta(hours=1)  # after which nothing is written any more that belongs to an earlier day
ROWS = 20_000  # of a transaction, so that nobody waits long for it
UNWRITTEN = 10_000  # of the last facts, among which some may be missing that others are writing just now
TIMES: tuple[Any, ...] = (  # at which somebody begins or ceases to count as something, or somewhere
    Enrolment.enrolled_at, Enrolment.completed_at, ModuleState.started_at, ModuleState.passed_at, ModuleState.completed_at,
    ScoreChange.since_at, ScoreChange.until_at, Certificate.issued_at, Membership.since_at, Membership.until_at,
)  # fmt: skip
Key = tuple[str, bool, str, int]  # module, is_staff, measure, value
Writing = Callable[[], AbstractContextManager[Connection]]

_spans = sa.Table(
    "counted_spans",
    sa.MetaData(),
    sa.Column("person_id", sa.Integer, nullable=False),
    sa.Column("is_staff", sa.Boolean, nullable=False),
    sa.Column("since_at", Moment, nullable=False),
    sa.Column("until_at", Moment, nullable=False),
    prefixes=["TEMPORARY"],
)


def last_day(now: datetime) -> int:
    """The last day whose beginning is settled, counted from 1 January 1970."""
    return (now - SETTLED - EPOCH) // DAY


def date_of(day: int) -> date:
    return (EPOCH + day * DAY).date()


def due(session: Session, now: datetime, large: int = LARGE) -> list[tuple[int, int | None]]:
    """The places of which days are to be kept, and the last day that is kept of each; None where none is yet."""
    counts = select(TallyPlace.place_id).group_by(TallyPlace.place_id).having(func.count() >= large)
    kept = {row.place_id: row.through for row in session.execute(select(TallyHistory.place_id, TallyHistory.through))}
    found: dict[int, int | None] = {**dict.fromkeys(session.scalars(counts)), **kept}
    return sorted((place, after) for place, after in found.items() if after is None or after < last_day(now))


def is_due(session: Session, place: int, people: int, now: datetime) -> bool:
    """Whether days of this place, in which so many people count, are to be kept."""
    after = session.scalar(select(TallyHistory.through).where(TallyHistory.place_id == place))
    return people >= LARGE if after is None else after < last_day(now)


def keep(session: Session, place: int, after: int | None, now: datetime, writing: Writing = beside) -> bool:
    """Keeps the days of a place after the one named. Returns whether it did: else another process did so at the same time.

    Reads on the session's connection and writes beside it, some days in each transaction, so that nobody waits for long.
    """
    through = last_day(now)
    seen, people = _people(session.connection(), after, through) if place == EVERYWHERE else (0, {})
    for last, rows in _parts(_gained(session.connection(), place, after, through), place, through):
        with writing() as connection:
            if not _go_on(connection, place, after, last):
                return False
            if rows:
                connection.execute(insert(TallyDay), rows)
            if place == EVERYWHERE:
                _write_people(connection, people, after, last, seen)
        after = last
    return True


def forget(connection: Connection, places: Sequence[int] | None = None) -> None:
    """Takes away what is kept, of these places or of all, where the past was written anew. The next run keeps it again.

    With any of them goes what is kept of everybody: who is missing there may be why a place is wrong.
    """
    if places is not None and not places:
        return
    for table in (TallyHistory, TallyDay):
        these = delete(table)
        connection.execute(these if places is None else these.where(table.place_id.in_([EVERYWHERE, *places])))
    connection.execute(delete(TallyPeople))


def _go_on(connection: Connection, place: int, after: int | None, last: int) -> bool:
    """Notes that the days until ``last`` are kept. False, and nothing is noted, where these were not those until ``after``."""
    if after is None:
        new: Any = _insert(connection)(TallyHistory)
        row = new.values(place_id=place, through=last).on_conflict_do_nothing()
    else:
        at = (TallyHistory.place_id == place, TallyHistory.through == after)
        row = update(TallyHistory).where(*at).values(through=last)
    return connection.execute(row.returning(TallyHistory.place_id)).first() is not None


def _insert(connection: Connection) -> Callable[..., Any]:
    """The insert that knows conflicts, of the database that is there: each is loaded alone, for the memory that both take."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert
    from sqlalchemy.dialects import postgresql

    return postgresql.insert


def _gained(connection: Connection, place: int, after: int | None, through: int) -> dict[int, Counter[Key]]:
    """By day, what each tally gained or lost, of the days after one until another."""
    _spans.create(connection, checkfirst=True)
    connection.execute(delete(_spans))
    names = ["person_id", "is_staff", "since_at", "until_at"]
    connection.execute(insert(_spans).from_select(names, people_ever(place)))
    first, end = -1 if after is None else after, EPOCH + through * DAY
    found: dict[int, Counter[Key]] = {}
    for step in steps(_spans):
        one = step.subquery()
        began, ended = later(one.c.since_at, one.c.began_at), earlier(one.c.until_at, one.c.ended_at)
        days = day_reached(began), case((ended <= literal(end, Moment()), day_reached(ended)))
        happened = select(one.c.module, one.c.is_staff, one.c.measure, one.c.value, *days, func.count()).where(
            began < ended, began <= literal(end, Moment())
        )
        if after is not None:
            before = literal(EPOCH + after * DAY, Moment())
            happened = happened.where(or_(began > before, and_(ended > before, ended <= literal(end, Moment()))))
        rows = connection.execute(happened.group_by(one.c.module, one.c.is_staff, one.c.measure, one.c.value, *days))
        for *key, since, until, number in rows:
            if since > first:
                found.setdefault(since, Counter())[tuple(key)] += number
            if until is not None and until > first:
                found.setdefault(until, Counter())[tuple(key)] -= number
    return found


def _parts(found: dict[int, Counter[Key]], place: int, through: int) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Some days at a time: the last of them, and the rows. The last part ends with ``through``, whatever happened on it."""
    rows: list[dict[str, Any]] = []
    names = ("module", "is_staff", "measure", "value")
    for day in sorted(found):
        if len(rows) > ROWS:
            yield day - 1, rows
            rows = []
        rows += [
            {"place_id": place, **dict(zip(names, key, strict=True)), "day": day, "number": number}
            for key, number in sorted(found[day].items())
            if number
        ]
    yield through, rows


def _people(connection: Connection, after: int | None, through: int) -> tuple[int, Mapping[int, Collection[int]]]:
    """``seen`` of TallyPeople, and who did something on each day after ``after``; the day behind ``through`` has all since."""
    latest = connection.execute(select(func.coalesce(func.max(Fact.id), 0))).scalar_one()
    first = EPOCH if after is None else EPOCH + after * DAY
    found: dict[int, array[int]] = {}
    for at in TIMES:
        rows = connection.execute(
            select(day_reached(at), at.class_.person_id).where(at > literal(first, Moment())),
            execution_options={"yield_per": ROWS, "stream_results": True},
        )
        for day, person in rows:
            found.setdefault(min(day, through + 1), array("l")).append(person)
    return max(0, latest - UNWRITTEN), found


def _write_people(
    connection: Connection, people: Mapping[int, Collection[int]], after: int | None, last: int, seen: int
) -> None:
    """Those of each day until ``last``, and of the day after it, which a later part or run writes again."""
    connection.execute(delete(TallyPeople).where(TallyPeople.day > (-1 if after is None else after)))
    days = sorted({last + 1, *(day for day in people if (after is None or day > after) and day <= last)})
    rows = [{"day": day, "people": sorted(set(people.get(day, ()))), "seen": seen} for day in days]
    connection.execute(insert(TallyPeople), rows)
