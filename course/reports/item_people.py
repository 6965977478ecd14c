"""The people behind a count of the item analysis: whose closed attempts they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, cast, distinct, func, select
from sqlalchemy.orm import Session

from quizzes.analysis import possible, taken_by
from quizzes.kinds import of
from quizzes.model import Item, Response

from ..accounts.tables import Person
from ..database.given import texts
from ..learning.tables import Attempt, Given, Outcome
from .csv_json import Row
from .filters import iso
from .items import FIGURES, Version, Which, counted
from .people import DELETED, STREAMED
from .taken import STATUSES

COLUMNS = ("name", "email", "attempt", "closed_at")


@dataclass(frozen=True, slots=True)
class Count:
    """How many attempts: all at a quiz, those that a figure of an item rests on, or those in which a choice was taken.

    ``figure`` is one of FIGURES; ``about`` and ``choice`` are as a line of the page has them.
    """

    item: str = ""
    figure: str = ""
    about: str = ""
    choice: str = ""


def attempts_of(session: Session, version: Version, module: str, which: Which, count: Count) -> Select[Any]:
    """By name: who it was, the attempt's number, and when it was closed. Raises KeyError where the quiz has no such count."""
    columns: tuple[Any, ...] = (Person.public_id, Person.name, Person.email, Attempt.number, Attempt.closed_at)
    query = (
        select(*columns)
        .join(Attempt, Attempt.person_id == Person.id)
        .where(Attempt.revision.in_(version.revisions), *counted(module, which))
        .order_by(Person.name_key, Person.id, Attempt.number)
    )
    if not count.item:
        return query.where(select(Outcome.item).where(Outcome.attempt_id == Attempt.id).exists())
    outcome = (Outcome.attempt_id == Attempt.id) & (Outcome.item == count.item)
    return query.join(Outcome, outcome).where(*_is_so(session, version, module, which, count))


def _is_so(session: Session, version: Version, module: str, which: Which, count: Count) -> list[Any]:
    """What an attempt and its outcome of the item must be."""
    item = version.quiz.item(count.item)
    if count.figure in FIGURES:
        return [] if count.figure == "blank" else [Outcome.max != "0"]  # what could earn nothing is left out, as there
    choices = [*possible(of(item))]
    if not count.about and count.choice in (("not_answered",) if choices else STATUSES):
        return [Outcome.status == count.choice]
    if (count.about, count.choice) not in choices:
        raise KeyError(count.choice)
    given = select(Given.attempt_id).where(Given.attempt_id == Attempt.id, Given.item == item.id)
    value = cast(Given.value, Text)  # PostgreSQL compares no JSON
    values = session.scalars(
        select(value)
        .distinct()
        .join(Attempt, Attempt.id == Given.attempt_id)
        .join(Person, Person.id == Attempt.person_id)
        .where(Given.item == item.id, Attempt.revision.in_(version.revisions), *counted(module, which))
    )
    took = texts(session, (one for one in values if _took(item, one, count)))
    return [given.where(value.in_(took)).exists()]


def _took(item: Item, value: str, count: Count) -> bool:
    return (count.about, count.choice) in taken_by(of(item), Response.from_json(json.loads(value)))


def number(session: Session, attempts: Select[Any]) -> tuple[int, int]:
    """How many attempts there are, and of how many people."""
    found = attempts.order_by(None).subquery("found")
    row = session.execute(select(func.count(), func.count(distinct(found.c.public_id))).select_from(found)).one()
    return row[0], row[1]


def rows(session: Session, attempts: Select[Any]) -> Iterator[Row]:
    """One an attempt, as files have them, however many there are."""
    for one in session.execute(attempts, execution_options={"yield_per": STREAMED, "stream_results": True}):
        cells = (one.name or DELETED, one.email or "", one.number, iso(one.closed_at))
        yield dict(zip(COLUMNS, cells, strict=True))
