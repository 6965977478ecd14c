"""Where a report is read: from the replica, if there is one and it can be reached, else from the database itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ..extensions import replica

AWAY = "The replica cannot be reached: these figures are from the primary database."
UNKNOWN = "These figures are from the replica; how far it is behind is not known."
log = logging.getLogger(__name__)


def choose() -> tuple[Session | None, str]:
    """A session on the replica, to be given back by ``end``, or None; and what is to be said of it, if anything."""
    apart = replica()
    found = apart.session() if apart else None
    if found is None:
        return None, AWAY if apart else ""
    session, behind = found
    seconds = f"{behind} second{'' if behind == 1 else 's'}"
    return session, UNKNOWN if behind is None else f"These figures are from the replica, {seconds} behind."


def end(held: Session) -> None:
    try:
        held.close()
    except DBAPIError as error:
        log.warning("the replica went while a report was read: %s", error.orig)
        held.invalidate()


@contextmanager
def source(own: Session) -> Iterator[tuple[Session, tuple[str, ...]]]:
    """The session to read a report with, the caller's own or the replica's, and what is to be said of it, if anything."""
    apart, words = choose()
    try:
        yield apart or own, tuple(filter(None, [words]))
    finally:
        if apart is not None:
            end(apart)
