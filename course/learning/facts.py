"""Adding facts. A key makes each happen once; the database refuses the second."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from .tables import Enrolment, Fact


def add(
    session: Session,
    *,
    key: str,
    person_id: int,
    kind: str,
    revision: str,
    now: datetime,
    module: str | None = None,
    lesson: str | None = None,
    attempt_id: int | None = None,
    **detail: Any,
) -> None:
    """Raises IntegrityError when the key was used: then it has happened already."""
    session.execute(
        insert(Fact).values(
            key=key,
            person_id=person_id,
            kind=kind,
            module=module,
            lesson=lesson,
            attempt_id=attempt_id,
            revision=revision,
            at=now,
            detail=detail,
        )
    )


def lock(session: Session, person_id: int) -> Enrolment | None:
    """The learner's enrolment, held until the transaction ends, so that two requests of one person go one after the other.

    SQLite holds the whole database for a writing transaction already.
    """
    return session.scalar(select(Enrolment).where(Enrolment.person_id == person_id).with_for_update())


def lock_all(session: Session, person_ids: Sequence[int]) -> None:
    """The same for several learners, always in the order of their ids, so that two who lock several cannot block each other."""
    ordered = select(Enrolment.person_id).where(Enrolment.person_id.in_(person_ids)).order_by(Enrolment.person_id)
    session.execute(ordered.with_for_update())
