"""Certificates: a snapshot at the moment of completion, and what may be said of it to anyone who holds its code."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.orm import Session

import quizzes

from ..accounts import organisations
from ..accounts.tables import Person
from ..content.model import Course
from ..database.statements import Statement, inserting
from . import facts
from .tables import Certificate, CertificateNote, ModuleState

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O 1 I L U: it is read aloud and typed from paper
LENGTH = 26  # letters of a code: 127 random bits
_person: Statement[Any] = Statement(select(Person.name, Person.language).where(Person.id == bindparam("person")))
_completed: Statement[Any] = Statement(
    select(ModuleState.module, ModuleState.completed_at, ModuleState.score)
    .where(ModuleState.person_id == bindparam("person"), ModuleState.completed_at.is_not(None))
    .order_by(ModuleState.completed_at)
)
_issue = inserting(
    Certificate.__table__,
    *("code", "person_id", "name", "organisation", "course_title", "publisher", "language", "rule", "modules"),
    *("revision", "issued_at"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate with the state it is in today."""

    certificate: Certificate
    state: str  # valid, revoked or superseded
    notes: tuple[CertificateNote, ...]

    @property
    def public_notes(self) -> tuple[CertificateNote, ...]:
        """What anyone may read who has the code: what changed its state. Scores are the learner's own."""
        return tuple(one for one in self.notes if one.kind != "noted")


def new_code() -> str:
    """Nobody guesses it, and it can be read out."""
    return _in_groups("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def _in_groups(letters: str) -> str:
    return "-".join((letters[:5], letters[5:10], letters[10:15], letters[15:20], letters[20:]))


def issue(session: Session, *, person_id: int, course: Course, now: datetime) -> None:
    """Writes the snapshot. The unique person makes a second one impossible; the caller holds the lock and has flushed."""
    connection = session.connection()
    person = _person.all(connection, {"person": person_id})[0]
    snapshot = {
        "code": new_code(),
        "person_id": person_id,
        "name": person.name,
        "organisation": "; ".join(organisations.homes(connection, person_id))[:300],
        "course_title": course.text_for(person.language).title,
        "publisher": course.publisher,
        "language": person.language,
        "rule": f"Completed {course.modules_to_complete} of {len(course.modules)} modules",
        "modules": _modules(connection, person_id, course),
        "revision": course.digest,
        "issued_at": now,
    }
    _issue.run(connection, snapshot)
    facts.add(session, key=f"certified:{person_id}", person_id=person_id, kind="certified", revision=course.digest, now=now)


def _modules(connection: Connection, person_id: int, course: Course) -> list[dict[str, object]]:
    """What was completed by now, the first first, as the certificate lists it."""
    source = course.languages[0]
    titles = {module.slug: module.texts[source].title for module in course.modules}
    return [
        {
            "module": state.module,
            "title": titles.get(state.module, state.module),
            "completed_on": state.completed_at.date().isoformat(),
            "percent": quizzes.percent_of(Fraction(state.score)) if state.score else None,
        }
        for state in _completed.all(connection, {"person": person_id})
    ]


def find(session: Session, code: str) -> Shown | None:
    """By its code, however it was typed; None when there is none."""
    letters = "".join(c for c in code.upper() if c in ALPHABET)
    if len(letters) != LENGTH:
        return None
    return _shown(session, session.scalar(select(Certificate).where(Certificate.code == _in_groups(letters))))


def of_person(session: Session, person_id: int) -> Shown | None:
    return _shown(session, session.scalar(select(Certificate).where(Certificate.person_id == person_id)))


def _shown(session: Session, certificate: Certificate | None) -> Shown | None:
    if certificate is None:
        return None
    notes = tuple(
        session.scalars(
            select(CertificateNote).where(CertificateNote.certificate_id == certificate.id).order_by(CertificateNote.id)
        )
    )
    state = next((note.kind for note in reversed(notes) if note.kind in {"revoked", "superseded"}), "valid")
    return Shown(certificate, state, notes)


def revoke(session: Session, certificate: Certificate, *, by_id: int, why: str, now: datetime) -> bool:
    """Adds a note that anyone can read; the snapshot stays as it was. What is revoked stays so for the reason given first:
    then this says False, also to the second of two at once, who waits for the first.
    """
    session.execute(select(Certificate.id).where(Certificate.id == certificate.id).with_for_update(key_share=True))
    revoked = (CertificateNote.certificate_id == certificate.id, CertificateNote.kind == "revoked")
    if session.scalar(select(CertificateNote.id).where(*revoked)) is not None:
        return False
    _add_note(session, certificate, "revoked", by_id=by_id, text=why, now=now)
    return True


def note(session: Session, certificate: Certificate, *, by_id: int | None, text: str, now: datetime) -> None:
    """Adds a note for whoever holds the certificate; it stays as valid as it was."""
    _add_note(session, certificate, "noted", by_id=by_id, text=text, now=now)


def _add_note(session: Session, certificate: Certificate, kind: str, *, by_id: int | None, text: str, now: datetime) -> None:
    session.execute(
        insert(CertificateNote).values(certificate_id=certificate.id, kind=kind, at=now, by_id=by_id, text=text[:500])
    )
