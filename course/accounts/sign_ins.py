"""Sign-ins: a row in a table, found by the digest of the cookie. They end at sign-out, password change and role change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, insert, select, update
from sqlalchemy.orm import Session

from ..database.statements import Statement
from ..extensions import reader
from . import passwords
from .people import email_key
from .secrets import digest, token
from .tables import Membership, Person, SignIn

IDLE = {"learner": timedelta(hours=12), "author": timedelta(hours=2), "administrator": timedelta(minutes=30)}
ABSOLUTE = {"learner": timedelta(days=7), "author": timedelta(days=1), "administrator": timedelta(hours=8)}
NOTICED = timedelta(minutes=5)  # how stale `seen_at` may be, so that reading a page writes nothing


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking at the page; ``sign_in_id`` is the row that says so. The last three are what Flask-Login asks for."""

    id: int
    public_id: str
    name: str
    email: str
    role: str
    language: str
    sign_in_id: int
    is_manager: bool = False
    is_seen_stale: bool = False
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        return self.public_id


_find: Statement[Any] = Statement(
    select(
        SignIn.id.label("sign_in_id"),
        SignIn.created_at,
        SignIn.seen_at,
        Person.id,
        Person.public_id,
        Person.name,
        Person.email,
        Person.role,
        Person.language,
        exists().where(Membership.person_id == Person.id, Membership.manages_now()).label("is_manager"),
    )
    .join(Person, Person.id == SignIn.person_id)
    .where(SignIn.token_digest == bindparam("token_digest"), SignIn.ended_at.is_(None), Person.deactivated_at.is_(None))
)


def find(connection: Connection, cookie: str, now: datetime) -> Viewer | None:
    """The person behind a cookie; None when it is unknown, ended, idle too long or too old. One query."""
    row = _find.first(connection, {"token_digest": digest(cookie)})
    if row is None or now - row.seen_at > IDLE[row.role] or now - row.created_at > ABSOLUTE[row.role]:
        return None
    return Viewer(
        id=row.id,
        public_id=row.public_id,
        name=row.name,
        email=row.email or "",
        role=row.role,
        language=row.language,
        sign_in_id=row.sign_in_id,
        is_manager=row.is_manager,
        is_seen_stale=now - row.seen_at > NOTICED,
    )


def notice(session: Session, viewer: Viewer, now: datetime) -> None:
    """Moves the idle limit on."""
    session.execute(update(SignIn).where(SignIn.id == viewer.sign_in_id).values(seen_at=now))


@dataclass(frozen=True, slots=True)
class Checked:
    """A password that was right: whose, the hash it was held against, and the one that is to be kept from now on."""

    person_id: int
    against: str
    kept: str


_hash_at: Statement[Any] = Statement(
    select(Person.id, Person.password_hash).where(Person.email_key == bindparam("email_key"), Person.deactivated_at.is_(None))
)


def check(*, email: str, password: str) -> Checked | None:
    """Whose password this is. Slow by design, and as slow for an unknown address.

    The caller has no transaction open: nobody else could write meanwhile, and whoever sends passwords would stop all forms.
    """
    found = reader().ask(_hash_at.first, {"email_key": email_key(email)})
    is_right = passwords.is_right(password, found.password_hash if found else None)
    if found is None or not is_right:
        return None
    against: str = found.password_hash
    return Checked(found.id, against, passwords.hashed(password) if passwords.needs_rehash(against) else against)


def confirm(session: Session, checked: Checked) -> Person | None:
    """The person, locked, unless the account was switched off or its password changed since it was checked."""
    person = session.scalar(
        select(Person)
        .where(Person.id == checked.person_id, Person.password_hash == checked.against, Person.deactivated_at.is_(None))
        .with_for_update(key_share=True)
    )
    if person is not None:
        person.password_hash = checked.kept
    return person


def begin(session: Session, person_id: int, now: datetime) -> str:
    """A new sign-in; returns the token for the cookie, which is stored nowhere else."""
    fresh = token()
    session.execute(insert(SignIn).values(token_digest=digest(fresh), person_id=person_id, created_at=now, seen_at=now))
    return fresh


def end(session: Session, sign_in_id: int, now: datetime) -> None:
    _end(session, SignIn.id == sign_in_id, "signed out", now)


def end_all(session: Session, person_id: int, because: str, now: datetime) -> None:
    """Ends every sign-in of a person, this browser's included."""
    _end(session, SignIn.person_id == person_id, because, now)


def _end(session: Session, which: ColumnElement[bool], because: str, now: datetime) -> None:
    session.execute(update(SignIn).where(which, SignIn.ended_at.is_(None)).values(ended_at=now, ended_because=because))
