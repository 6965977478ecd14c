"""Single-use links: they end when used, when they are 30 minutes old, when a newer one is made, or when nobody needs them.

To reset a password is needed by nobody who has changed it meanwhile; a first administrator is not needed where there is one.
"""

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
    end_all(session, purpose, person_id, now)
    fresh = token()
    session.execute(
        insert(Link).values(
            token_digest=digest(fresh), purpose=purpose, person_id=person_id, created_at=now, expires_at=now + AGE[purpose]
        )
    )
    return fresh


def find(session: Session, purpose: str, given: str, now: datetime) -> Link | None:
    """The link if it is good; ``use`` takes it."""
    if purpose == "first_admin" and _has_administrator(session):
        return None
    return session.scalar(_good(purpose, given, now))


def end_all(session: Session, purpose: str, person_id: int | None, now: datetime) -> None:
    """Ends what is open of a person's links."""
    mine = (Link.purpose == purpose, Link.person_id == person_id, Link.used_at.is_(None))
    session.execute(update(Link).where(*mine).values(used_at=now))


def use(session: Session, purpose: str, given: str, now: datetime) -> Link | None:
    """Takes the link; only one caller gets it, since the row is changed only where it is unused."""
    link = session.scalar(_good(purpose, given, now))
    if link is None:
        return None
    taking = update(Link).where(Link.id == link.id, Link.used_at.is_(None)).values(used_at=now)
    return link if changed(session, taking) else None


def first_admin_token(session: Session, now: datetime) -> str | None:
    """A new link for the first administrator, or None when there is one already."""
    return None if _has_administrator(session) else make(session, "first_admin", now)


def _has_administrator(session: Session) -> bool:
    return bool(session.scalar(select(exists().where(Person.role == "administrator"))))


def _good(purpose: str, given: str, now: datetime) -> Select[Link]:
    return select(Link).where(
        Link.token_digest == digest(given), Link.purpose == purpose, Link.used_at.is_(None), Link.expires_at > now
    )
