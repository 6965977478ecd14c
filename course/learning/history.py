"""A person's record as it happened, for their own page and for those who may read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from quizzes.model import Score

from ..database.statements import Statement
from .tables import Attempt, Fact, ModuleState, is_of_regrade

LATEST = 10  # attempts of each module that are listed; the page of its quiz has them all

_facts = select(
    Fact.id, Fact.kind, Fact.module, Fact.lesson, Fact.at, Fact.revision, Fact.detail, Attempt.public_id, Attempt.number
).outerjoin(Attempt, Attempt.id == Fact.attempt_id)
# Of tables: an alias of a class is 1 MB in each worker.
_one, _other = Attempt.__table__.alias("one"), Attempt.__table__.alias("other")
_begun = ModuleState.__table__
_last = select(func.max(_other.c.number)).where(_other.c.person_id == _begun.c.person_id, _other.c.module == _begun.c.module)
# The latest attempts in each module that a person began. An outer join, so that SQLite begins with the modules.
_is_late = _one.c.number > _last.scalar_subquery() - bindparam("most", type_=_one.c.number.type)
_is_there = (_one.c.person_id == _begun.c.person_id) & (_one.c.module == _begun.c.module) & _is_late
_latest = Attempt.id.in_(
    select(_one.c.id).select_from(_begun.outerjoin(_one, _is_there)).where(_begun.c.person_id == bindparam("person"))
)
_attempts = select(Attempt).where(_latest).order_by(Attempt.id)
_regrades = (
    select(Fact.at, Fact.module, Fact.kind, Fact.detail, Attempt.public_id, Attempt.number)
    .join(Attempt, Attempt.id == Fact.attempt_id)
    .where(Fact.person_id == bindparam("person"), is_of_regrade(Fact.kind))
    .order_by(Fact.id.desc())
)
_of_attempt: Statement[Any] = Statement(_regrades.where(Fact.attempt_id == bindparam("attempt")))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some of a person's facts, the newest first, each with the public id and the number of its attempt.

    Those before the id ``older`` come next, those after ``newer`` came before; None where there are none.
    """

    facts: Sequence[Row[tuple[int, str, str | None, str | None, datetime, str, dict[str, object], str | None, int | None]]]
    older: int | None
    newer: int | None


def facts(session: Session, person_id: int, *, before: int | None = None, after: int | None = None, limit: int) -> Stretch:
    """The newest facts of a person, those before a fact, or those that follow on one; it need not be a fact of theirs.

    Where fewer than ``limit`` follow, it is the newest. However many there are, so many and one are read.
    """
    own = Fact.person_id == person_id
    if after is not None:
        above = select(Fact.id).where(own, Fact.id > after).order_by(Fact.id)
        top = session.scalar(above.offset(limit - 1).limit(1))
        before = None if top is None else top + 1
    found = _facts.where(own).order_by(Fact.id.desc()).limit(limit + 1)
    rows = session.execute(found if before is None else found.where(Fact.id < before)).all()
    shown, first = rows[:limit], rows[0].id if rows else 0
    newest = first if before is None else session.scalar(select(func.max(Fact.id)).where(own)) or 0
    return Stretch(shown, older=shown[-1].id if len(rows) > limit else None, newer=first if newest > first else None)


def attempts(session: Session, person_id: int) -> Sequence[Attempt]:
    """The latest attempts of a person at each quiz, oldest first."""
    return session.scalars(_attempts, {"person": person_id, "most": LATEST}).all()


@dataclass(frozen=True, slots=True)
class Told:
    """A regrade, or its undoing, as the learner is told of it: where, why, and the score before and after.

    ``is_passed`` is whether the attempt counts as passed since then, ``reaches`` whether its score alone would say so.
    """

    at: datetime
    module: str
    attempt: str
    number: int
    item: str
    rule: str
    why: str
    before: Score
    after: Score
    is_undone: bool
    had_passed: bool
    is_passed: bool
    reaches: bool


def regrades(
    session: Session, person_id: int, *, attempt_id: int | None = None, since: datetime | None = None, limit: int = 50
) -> tuple[Told, ...]:
    """What regrades changed for a person, newest first; all of one attempt if that is named, or only since a time."""
    if attempt_id is not None:
        found: Iterable[Any] = _of_attempt.all(session.connection(), {"person": person_id, "attempt": attempt_id})
    else:
        query = _regrades if since is None else _regrades.where(Fact.at >= since)
        found = session.execute(query.limit(limit), {"person": person_id})
    return tuple(_told(row) for row in found)


def _told(row: Any) -> Told:
    detail = row.detail
    return Told(
        at=row.at,
        module=row.module or "",
        attempt=row.public_id,
        number=row.number,
        item=detail["item"],
        rule=detail["rule"],
        why=detail["why"],
        before=_score(detail["before"]),
        after=_score(detail["after"]),
        is_undone=row.kind == "regrade_undone",
        had_passed=detail["passed_before"],
        is_passed=detail["passed"],
        reaches=detail["reaches"],
    )


def _score(pair: Sequence[str]) -> Score:
    return Score(Fraction(pair[0]), Fraction(pair[1]))
