"""Single-use links: they end when used, when they are 30 minutes old, or when a newer one is made."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, exists, insert, select, update
from sqlalchemy.orm import Session

from ..extensions import changed
from .secrets import digest, token
from .tables import Link, Person

AGE = {"reset": timedelta(minutes=30), "first_admin": timedelta(hours=24)}


def make(session: Session, purpose: str, now: datetime, person_id: int | None = None) -> str:
    """Returns the token; links of the same purpose and person that were open end with it."""
    _open = Link.used_at.is_(None)
    session.execute(update(Link).where(Link.purpose == purpose, Link.person_id == person_id, _open).values(used_at=now))
    fresh = token()
    session.execute(
        insert(Link).values(
            token_digest=digest(fresh), purpose=purpose, person_id=person_id, created_at=now, expires_at=now + AGE[purpose]
        )
    )
    return fresh


def is_good(session: Session, purpose: str, given: str, now: datetime) -> bool:
    return session.scalar(_good(purpose, given, now)) is not None


def use(session: Session, purpose: str, given: str, now: datetime) -> Link | None:
    """Takes the link; only one caller gets it, since the row is changed only where it is unused."""
    link = session.scalar(_good(purpose, given, now))
    if link is None:
        return None
    taking = update(Link).where(Link.id == link.id, Link.used_at.is_(None)).values(used_at=now)
    return link if changed(session, taking) else None


def first_admin_token(session: Session, now: datetime) -> str | None:
    """A new link for the first administrator, or None when there is one already."""
    if session.scalar(select(exists().where(Person.role == "administrator"))):
        return None
    return make(session, "first_admin", now)


def _good(purpose: str, given: str, now: datetime) -> Select[Link]:
    return select(Link).where(
        Link.token_digest == digest(given), Link.purpose == purpose, Link.used_at.is_(None), Link.expires_at > now
    )
