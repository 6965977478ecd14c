"""Attempts whose time is over are closed by whoever looks next: one small query where there is none."""

from __future__ import annotations

from .. import clock
from ..extensions import by_the_way, current_session, writing
from ..learning import expiring
from . import published


def close(person_id: int | None = None) -> None:
    """Closes what is due, of one person or of everybody, before the page reads anything; each batch in its own transaction."""
    session, now = current_session(), clock.now()
    if not expiring.is_any_due(session, now, person_id):
        return
    with by_the_way():
        while expiring.is_any_due(session, now, person_id):
            with writing(session):
                expiring.close_due(session, published.live(), published.course(), now, person_id)
