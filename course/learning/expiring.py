"""Attempts with a time limit close by themselves: whoever looks next closes them, as of the moment their time ran out.

What held at that moment decides what they bring (decision 0108), whatever was published until somebody looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

import quizzes
from quizzes.model import Quiz

from ..accounts.people import set_extra_time
from ..accounts.tables import Person
from ..database.statements import Statement
from ..extensions import Moment, writing
from ..publishing.revisions import Live, digest_at
from . import attempts, facts
from .grading import AnyAttempt
from .tables import Attempt

BATCH = 200  # attempts that one transaction closes
_is_over = (Attempt.closed_at.is_(None), Attempt.closes_at <= bindparam("at", type_=Moment))
_anybodys: Statement[Any] = Statement(select(exists().where(*_is_over).label("is_due")))
_own: Statement[Any] = Statement(select(exists().where(*_is_over, Attempt.person_id == bindparam("person")).label("is_due")))


def quiz_of(session: Session, live: Live, attempt: AnyAttempt) -> Quiz:
    """The quiz an attempt began with, in the source language of its revision. Raises KeyError."""
    module = live.module_of(session, attempt.revision, attempt.module)
    return module.quizzes[live.revision(session, attempt.revision).languages[0]]


def is_any_due(session: Session, now: datetime, person_id: int | None = None) -> bool:
    """Whether there is an open attempt whose time is over, of one person or of anybody; so that reading writes nothing."""
    if person_id is None:
        return bool(_anybodys.scalar(session.connection(), {"at": now}))
    return bool(_own.scalar(session.connection(), {"at": now, "person": person_id}))


def close_due(session: Session, live: Live, now: datetime, people: Sequence[int] | None = None) -> int:
    """Closes open attempts whose time is over, at most BATCH of them, of some ``people`` or of everybody; returns how many.

    Of each person those first that ran out first.

    The caller commits. Each holds its learner's lock and looks again, so that an attempt is closed once whoever comes first.
    """
    query = select(Attempt.public_id, Attempt.person_id).where(*_is_over)
    if people is not None:
        query = query.where(Attempt.person_id.in_(people))
    due = session.execute(query.order_by(Attempt.person_id, Attempt.closes_at).limit(BATCH), {"at": now})
    closed = 0
    for public_id, whose in due.all():
        attempt = attempts.find(session, public_id, whose, to_write=True)
        if attempt is not None and attempt.closes_at is not None and attempts.is_over(attempt, now):
            digest = digest_at(session, attempt.closes_at) or attempt.revision  # what is seeded may end before any publication
            then = live.revision(session, digest)
            closed += attempts.close(session, attempt, quiz=quiz_of(session, live, attempt), course=then, now=now)
    return closed


def close_all(session: Session, live: Live, now: datetime, person_id: int | None = None) -> None:
    """Closes everything that is due, of one person or of everybody; each batch in a transaction of its own."""
    while is_any_due(session, now, person_id):
        with writing(session):
            close_due(session, live, now, None if person_id is None else [person_id])


def give_extra_time(session: Session, live: Live, person: Person, percent: int, *, by_id: int | None, now: datetime) -> None:
    """A person's extra time from now on. Attempts with time left get it too; none of them ends earlier than was told."""
    set_extra_time(session, person, percent, by_id=by_id, now=now)
    facts.lock(session, person.id)
    open_now = select(Attempt).where(Attempt.person_id == person.id, Attempt.closed_at.is_(None), Attempt.closes_at > now)
    for attempt in session.scalars(open_now.execution_options(populate_existing=True)):
        limit = quiz_of(session, live, attempt).time_limit_minutes
        later = quizzes.closes_at(attempt.started_at, limit, percent)
        if later is not None and attempt.closes_at is not None and later > attempt.closes_at:
            attempt.closes_at = later
    session.flush()
