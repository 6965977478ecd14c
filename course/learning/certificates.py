"""Certificates: a snapshot at the moment of completion, and what may be said of it to anyone who holds its code."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

import quizzes

from ..accounts import organisations
from ..accounts.tables import Person
from ..content.model import Course
from . import facts
from .tables import Certificate, CertificateNote, ModuleState

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O 1 I L U: it is read aloud and typed from paper


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
    """26 characters, 127 random bits, in groups that can be read out."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(26))
    return "-".join((letters[:5], letters[5:10], letters[10:15], letters[15:20], letters[20:]))


def issue(session: Session, *, person_id: int, course: Course, now: datetime) -> None:
    """Writes the snapshot. The unique person makes a second one impossible; the caller holds the lock."""
    person = session.get_one(Person, person_id)
    text = course.texts.get(person.language) or course.texts[course.languages[0]]
    places = [" › ".join(place.path) for place, role in organisations.of_person(session, person_id) if role == "member"]
    rule = f"Completed {course.modules_to_complete} of {len(course.modules)} modules"
    session.execute(
        insert(Certificate).values(
            code=new_code(),
            person_id=person_id,
            name=person.name,
            organisation="; ".join(places)[:300],
            course_title=text.title,
            publisher=course.publisher,
            language=person.language,
            rule=rule,
            modules=_modules(session, person_id, course),
            revision=course.digest,
            issued_at=now,
        )
    )
    facts.add(session, key=f"certified:{person_id}", person_id=person_id, kind="certified", revision=course.digest, now=now)


def _modules(session: Session, person_id: int, course: Course) -> list[dict[str, object]]:
    states = session.execute(
        select(ModuleState.module, ModuleState.completed_at, ModuleState.score)
        .where(ModuleState.person_id == person_id, ModuleState.completed_at.is_not(None))
        .order_by(ModuleState.completed_at)
    ).all()
    source = course.languages[0]
    titles = {module.slug: module.texts[source].title for module in course.modules}
    return [
        {
            "module": state.module,
            "title": titles.get(state.module, state.module),
            "completed_on": state.completed_at.date().isoformat() if state.completed_at else "",
            "percent": quizzes.percent_of(Fraction(state.score)) if state.score else None,
        }
        for state in states
    ]


def find(session: Session, code: str) -> Shown | None:
    """By its code, however it was typed; None when there is none."""
    letters = "".join(c for c in code.upper() if c in ALPHABET)
    if len(letters) != 26:
        return None
    tidy = "-".join((letters[:5], letters[5:10], letters[10:15], letters[15:20], letters[20:]))
    return _shown(session, session.scalar(select(Certificate).where(Certificate.code == tidy)))


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


def revoke(session: Session, certificate: Certificate, *, by_id: int, why: str, now: datetime) -> None:
    """Adds a note that anyone can read; the snapshot stays as it was."""
    _add_note(session, certificate, "revoked", by_id=by_id, text=why, now=now)


def note(session: Session, certificate: Certificate, *, by_id: int | None, text: str, now: datetime) -> None:
    """Adds a note for whoever holds the certificate; it stays as valid as it was."""
    _add_note(session, certificate, "noted", by_id=by_id, text=text, now=now)


def _add_note(session: Session, certificate: Certificate, kind: str, *, by_id: int | None, text: str, now: datetime) -> None:
    session.execute(
        insert(CertificateNote).values(certificate_id=certificate.id, kind=kind, at=now, by_id=by_id, text=text[:500])
    )
