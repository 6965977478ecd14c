"""Attempts whose time is over are closed by whoever looks next: one small query where there is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from flask import g

from .. import clock
from ..extensions import by_the_way, current_session
from ..learning import expiring, lessons
from . import published

Done = TypeVar("Done")
LEFT = (
    "The database cannot be written to at the moment, so attempts whose time is over could not be closed: they count here as "
    "open. A report that is made later has them, also one of this moment."
)


def close(person_id: int | None = None) -> None:
    """Closes what is due, of one person or of everybody, before the page reads anything; each batch in its own transaction."""
    session, now = current_session(), clock.now()
    if not expiring.is_any_due(session, now, person_id):
        return
    g.attempts_are_due = True
    with by_the_way():
        expiring.close_all(session, published.live(), now, person_id)
        g.attempts_are_due = False


def words() -> str:
    """What a report has to say of attempts that could not be closed before it; empty where there are none."""
    return LEFT if g.get("attempts_are_due") else ""


def before(person_id: int, verb: Callable[[datetime], Done]) -> Done:
    """What a verb of lessons returns, called with the time; what is due of the person is closed first where it says so.

    The verb itself looks, with what it reads anyway: a query apart would cost as much as any that a lesson needs.
    """
    now = clock.now()
    try:
        return verb(now)
    except lessons.Overdue:
        expiring.close_all(current_session(), published.live(), now, person_id)
        return before(person_id, verb)
