"""A person's record as it happened, for their own page and for those who may read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from quizzes.model import Score

from ..database.statements import Statement
from .tables import Attempt, Fact

_regrades = (
    select(Fact.at, Fact.module, Fact.kind, Fact.detail, Attempt.public_id, Attempt.number)
    .join(Attempt, Attempt.id == Fact.attempt_id)
    .where(Fact.person_id == bindparam("person"), (Fact.kind == "regraded") | (Fact.kind == "regrade_undone"))
    .order_by(Fact.id.desc())
)
_of_attempt: Statement[Any] = Statement(_regrades.where(Fact.attempt_id == bindparam("attempt")))


def facts(
    session: Session, person_id: int, limit: int | None = 500
) -> Sequence[Row[tuple[int, str, str | None, str | None, datetime, str, dict[str, object], str | None, int | None]]]:
    """The facts of a person, newest first: id, kind, module, lesson, at, revision, detail, attempt (its public id) and its
    number. ``limit`` None gives all.
    """
    return session.execute(
        select(
            Fact.id, Fact.kind, Fact.module, Fact.lesson, Fact.at, Fact.revision, Fact.detail, Attempt.public_id, Attempt.number
        )
        .outerjoin(Attempt, Attempt.id == Fact.attempt_id)
        .where(Fact.person_id == person_id)
        .order_by(Fact.id.desc())
        .limit(limit)
    ).all()


def attempts(session: Session, person_id: int) -> Sequence[Attempt]:
    """All attempts of a person, oldest first."""
    return session.scalars(select(Attempt).where(Attempt.person_id == person_id).order_by(Attempt.id)).all()


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
