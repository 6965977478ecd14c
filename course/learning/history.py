"""A person's record as it happened, for their own page and for those who may read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from .tables import Attempt, Fact


def facts(
    session: Session, person_id: int, limit: int = 500
) -> Sequence[Row[tuple[int, str, str | None, str | None, datetime, str, dict[str, object], str | None]]]:
    """The facts of a person, newest first: id, kind, module, lesson, at, revision, detail, attempt (its public id)."""
    return session.execute(
        select(Fact.id, Fact.kind, Fact.module, Fact.lesson, Fact.at, Fact.revision, Fact.detail, Attempt.public_id)
        .outerjoin(Attempt, Attempt.id == Fact.attempt_id)
        .where(Fact.person_id == person_id)
        .order_by(Fact.id.desc())
        .limit(limit)
    ).all()


def attempts(session: Session, person_id: int) -> Sequence[Attempt]:
    """All attempts of a person, oldest first."""
    return session.scalars(select(Attempt).where(Attempt.person_id == person_id).order_by(Attempt.id)).all()
