"""People: registering, roles, and leaving. Every change of an account adds a row to ``changes``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..database.alone import one_by_one
from . import passwords, secrets
from .names import clean_name, name_key
from .tables import Change, Link, Mail, Membership, Person

ROLES = ("learner", "author", "administrator")
LONGEST_ADDRESS = 254


class AddressTaken(Exception):
    """There is an account with this address already."""


def email_key(email: str) -> str:
    """One key for an address however it is typed: NFKC, no spaces or invisible marks, casefolded; empty if it is too long."""
    if len(email) > 2 * LONGEST_ADDRESS:
        return ""
    folded = unicodedata.normalize("NFKC", email).casefold()
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) not in {"Cf", "Cc"})


def is_address(email: str) -> bool:
    """Whether it can be an e-mail address, as far as that can be known without writing to it."""
    return re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email_key(email)) is not None


def is_named(key: Any, words: str) -> ColumnElement[bool]:
    """Whether these letters stand together in a name whose key is given, large or small, with accents or without."""
    found: ColumnElement[bool] = key.contains(name_key(words), autoescape=True)
    return found


def add(
    session: Session, *, email: str, name: str, password: str, role: str = "learner", language: str, now: datetime
) -> Person:
    """A new account. Raises AddressTaken; the unique key decides, so two at once make one.

    The password is hashed first of all, which takes long: the caller has no transaction open where others want to write.
    """
    person = Person(
        public_id=secrets.public_id(),
        email=email.strip(),
        email_key=email_key(email),
        name=clean_name(name),
        role=role,
        language=language,
        password_hash=passwords.hashed(password),
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError as error:
        raise AddressTaken(email) from error
    record(session, person_id=person.id, by_id=None, what="account", before="", after=role, now=now)
    return person


def by_public_id(session: Session, public_id: str) -> Person | None:
    return session.scalar(select(Person).where(Person.public_id == public_id))


def public_ids(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """What addresses call these people."""
    return dict(session.execute(select(Person.id, Person.public_id).where(Person.id.in_(ids)).order_by(Person.id)).all())


def call(person: Person, name: str) -> None:
    """Gives an account another name, and the key that goes with it."""
    person.name, person.name_key = clean_name(name), name_key(name)


def hold(session: Session, person: Person) -> None:
    """Reads an account again and holds it until the transaction is over; facts that name it may be added meanwhile."""
    session.refresh(person, with_for_update={"key_share": True})


def by_email(session: Session, email: str) -> Person | None:
    return session.scalar(select(Person).where(Person.email_key == email_key(email)))


def set_password(session: Session, person: Person, hashed: str, *, by_id: int | None, now: datetime) -> None:
    """The caller has hashed it before its transaction began, and ends the sign-ins and the links to choose another."""
    person.password_hash = hashed
    record(session, person_id=person.id, by_id=by_id, what="password", before="", after="changed", now=now)


def set_role(session: Session, person: Person, role: str, *, by_id: int | None, now: datetime, why: str = "") -> None:
    """The caller ends the sign-ins. Raises ValueError for a role there is not."""
    if role not in ROLES:
        raise ValueError(role)
    record(session, person_id=person.id, by_id=by_id, what="role", before=person.role, after=role, now=now, why=why)
    person.role = role


def set_extra_time(session: Session, person: Person, percent: int, *, by_id: int | None, now: datetime) -> None:
    """Extra time for quizzes with a time limit, in percent of the limit."""
    before = person.extra_time_percent
    if percent != before:
        record(
            session, person_id=person.id, by_id=by_id, what="extra time", before=f"{before} %", after=f"{percent} %", now=now
        )
        person.extra_time_percent = percent
        session.flush()


def set_language(session: Session, person: Person, language: str, *, by_id: int | None, now: datetime) -> None:
    if language != person.language:
        record(session, person_id=person.id, by_id=by_id, what="language", before=person.language, after=language, now=now)
        person.language = language


def erase(session: Session, person: Person, *, by_id: int | None, now: datetime) -> None:
    """Takes away who it was: name, address, password, links and mails. The facts stay under a number, so counts do not move.

    Mails that were written to files go with ``mail.forget_written``, once the caller has committed.
    """
    address = person.email
    person.name, person.name_key, person.email, person.email_key, person.password_hash = "", "", None, None, None
    person.deactivated_at = person.erased_at = now
    session.flush()  # first of all: whoever queues a mail to this person has done so, or finds no address
    if address:
        session.execute(delete(Mail).where(Mail.recipient == address))
    session.execute(delete(Link).where(Link.person_id == person.id))
    record(session, person_id=person.id, by_id=by_id, what="account", before=person.role, after="erased", now=now)


def is_last_administrator(session: Session, person: Person) -> bool:
    """Whether nobody else is one. Whoever asks the same of another waits until the caller has committed."""
    one_by_one(session.connection(), "administrators")
    others = select(Person.id).where(Person.role == "administrator", Person.id != person.id, Person.deactivated_at.is_(None))
    return person.role == "administrator" and session.scalar(others.limit(1)) is None


def managed_organisations(session: Session, person_id: int) -> list[int]:
    """Ids of the organisations a person manages now; their subtrees are what the person may see."""
    mine = select(Membership.organisation_id).where(Membership.person_id == person_id, Membership.manages_now())
    return list(session.scalars(mine))


def join(session: Session, *, person_id: int, organisation_id: int, role: str, now: datetime) -> bool:
    """Adds a membership, or says False where the same one is held already, as the second of two at once does."""
    one_by_one(session.connection(), f"membership:{person_id}:{organisation_id}:{role}")
    if session.scalar(select(Membership.id).where(*_held(person_id, organisation_id, role))) is not None:
        return False
    session.execute(insert(Membership).values(person_id=person_id, organisation_id=organisation_id, role=role, since_at=now))
    return True


def leave(session: Session, *, person_id: int, organisation_id: int, role: str, now: datetime) -> bool:
    """Ends a membership, or says False where it is not held."""
    ended = update(Membership).where(*_held(person_id, organisation_id, role)).values(until_at=now)
    return bool(session.scalars(ended.returning(Membership.id)).all())


def _held(person_id: int, organisation_id: int, role: str) -> tuple[ColumnElement[bool], ...]:
    """Which membership is the one that a person holds now, in this organisation and role."""
    member = Membership
    mine = (member.person_id == person_id, member.organisation_id == organisation_id, member.role == role)
    return (*mine, member.until_at.is_(None))


def record(
    session: Session,
    *,
    person_id: int | None,
    by_id: int | None,
    what: str,
    before: str,
    after: str,
    now: datetime,
    why: str = "",
) -> None:
    made = {"at": now, "by_id": by_id, "person_id": person_id, "what": what, "before": before, "after": after, "why": why}
    session.execute(insert(Change).values(made))
