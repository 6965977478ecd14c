"""The record of learning: facts that are only ever added, and summaries that are written beside them in the same transaction.

Scores are stored exactly, as ``"7/3"``; ``*_ppm`` is the scaled score in millionths, rounded half up, for means in SQL.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, UniqueConstraint, false, literal_column, or_
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base, Moment, partial_index

BY_KEY = {"sqlite_with_rowid": False}  # the rows are in the order of their key: one tree to write, not two


def is_of_regrade(kind: Any) -> ColumnElement[bool]:
    """Of a fact's kind. Written out, not bound: an index of some rows is used where a query says of them what it says."""
    return or_(*(kind == literal_column(f"'{one}'") for one in ("regraded", "regrade_undone")))


class Fact(Base):
    """One thing that happened. ``key`` makes it happen once: a second insert of the same key is refused by the database.

    Kinds: enrolled, started, opened, completed_lesson, undid_lesson, started_attempt, responded, closed_attempt,
    regraded, regrade_undone, completed_module, completed_course, certified. In PostgreSQL they lie in partitions by year, and
    their keys together in ``fact_keys``: what is unique over all cannot stand in one of them (``database.partitions``).
    """

    __tablename__ = "facts"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(24))
    module: Mapped[str | None] = mapped_column(String(80))
    lesson: Mapped[str | None] = mapped_column(String(80))
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempts.id"))
    revision: Mapped[str] = mapped_column(ForeignKey("revisions.digest"))
    at: Mapped[datetime] = mapped_column(Moment)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    __table_args__ = (
        Index("ix_facts_person", "person_id", "id"),
        partial_index("ix_facts_regrades", "person_id", "id", where=is_of_regrade(kind)),
    )


class Enrolment(Base):
    """One person on the course: summary of all their modules, where they were last, and when a regrade last changed a score.

    ``is_started``, ``modules_passed`` and ``is_certified`` are written by the database itself, as the tallies are.
    """

    __tablename__ = "enrolments"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    enrolled_at: Mapped[datetime] = mapped_column(Moment)
    last_module: Mapped[str | None] = mapped_column(String(80))
    last_lesson: Mapped[str | None] = mapped_column(String(80))
    last_at: Mapped[datetime] = mapped_column(Moment)
    modules_completed: Mapped[int] = mapped_column(default=0)
    completed_at: Mapped[datetime | None] = mapped_column(Moment)
    regraded_at: Mapped[datetime | None] = mapped_column(Moment)
    is_started: Mapped[bool] = mapped_column(default=False, server_default=false())
    modules_passed: Mapped[int] = mapped_column(default=0, server_default="0")
    is_certified: Mapped[bool] = mapped_column(default=False, server_default=false())
    __table_args__ = (  # each entry changes once a learner; the first is read by those alone who say that ids are above 0
        partial_index("ix_enrolments_enrolled", "enrolled_at", where=person_id > 0),
        partial_index("ix_enrolments_completed", "completed_at", where=completed_at.is_not(None)),
        partial_index("ix_enrolments_not_started", "person_id", where=is_started.is_(False)),
    )


class ModuleState(Base):
    """One person in one module. ``score`` counts by the module's rule; empty before the first closed attempt."""

    __tablename__ = "module_states"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    module: Mapped[str] = mapped_column(String(80), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(Moment)
    last_at: Mapped[datetime] = mapped_column(Moment)
    score: Mapped[str | None] = mapped_column(String(80))
    score_ppm: Mapped[int | None]
    passed_at: Mapped[datetime | None] = mapped_column(Moment)
    completed_at: Mapped[datetime | None] = mapped_column(Moment)
    __table_args__ = (
        Index("ix_module_states_module", "module", "person_id"),
        partial_index("ix_module_states_completed", "module", "completed_at", where=completed_at.is_not(None)),
    )


class ScoreChange(Base):
    """A score of a module that counted, from one time to another; the one without an end is that of ``ModuleState``."""

    __tablename__ = "score_changes"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    module: Mapped[str] = mapped_column(String(80), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    score: Mapped[str] = mapped_column(String(80))
    score_ppm: Mapped[int]
    since_at: Mapped[datetime] = mapped_column(Moment)
    until_at: Mapped[datetime | None] = mapped_column(Moment)
    __table_args__ = BY_KEY


class LessonState(Base):
    """One person in one lesson. ``changes`` counts done and undone; ``watched`` is one bit a second of the clip, in hex."""

    __tablename__ = "lesson_states"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    module: Mapped[str] = mapped_column(String(80), primary_key=True)
    lesson: Mapped[str] = mapped_column(String(80), primary_key=True)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    changes: Mapped[int] = mapped_column(default=0)
    watched: Mapped[str] = mapped_column(String(1000), default="0")
    second: Mapped[int] = mapped_column(default=0)
    __table_args__ = BY_KEY


class Attempt(Base):
    """One attempt at a quiz, pinned to the revision and seed it began with. At most one is open for a person and module.

    ``closes_at`` is when an attempt with a time limit closes by itself, the person's extra time included. ``raw``, ``max`` and
    ``is_passed`` are what it earns today, regrades included; what it earned when it was graded stays in ``outcomes``.
    """

    __tablename__ = "attempts"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(22), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    module: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
    revision: Mapped[str] = mapped_column(ForeignKey("revisions.digest"))
    seed: Mapped[str] = mapped_column(String(32))
    pass_mark: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(Moment)
    closes_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    raw: Mapped[str | None] = mapped_column(String(80))
    max: Mapped[str | None] = mapped_column(String(80))
    is_passed: Mapped[bool | None]
    __table_args__ = (
        UniqueConstraint("person_id", "module", "number"),
        partial_index("ix_attempts_open", "person_id", "module", unique=True, where=closed_at.is_(None)),
        partial_index("ix_attempts_due", "closes_at", where=closed_at.is_(None) & closes_at.is_not(None)),
    )


class Given(Base):
    """The latest response to each item of an attempt; what was given before stays in the facts."""

    __tablename__ = "responses"
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    item: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Moment)
    __table_args__ = BY_KEY


class Outcome(Base):
    """What each item of a closed attempt earned, written once when it was graded."""

    __tablename__ = "outcomes"
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id"), primary_key=True)
    item: Mapped[str] = mapped_column(String(80), primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    raw: Mapped[str] = mapped_column(String(40))
    max: Mapped[str] = mapped_column(String(40))
    __table_args__ = BY_KEY


class Regrade(Base):
    """A rule by which one item is graded anew in every attempt that began before ``at``; who made it, when and why.

    ``payload`` is what `accept` accepts or the item with the new key. ``reached`` is the last learner whose attempts are
    settled, so that a run that was stopped goes on there; ``finished_at`` is set when all are. A regrade is undone once:
    ``undone_at`` takes the rule out, and the learners are settled again from the first.
    """

    __tablename__ = "regrades"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(22), unique=True)
    module: Mapped[str] = mapped_column(String(80), index=True)
    item: Mapped[str] = mapped_column(String(80))
    rule: Mapped[str] = mapped_column(String(16))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    why: Mapped[str] = mapped_column(String(300))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    reached: Mapped[int] = mapped_column(default=0)
    seen: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    undone_why: Mapped[str | None] = mapped_column(String(300))
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    undone_at: Mapped[datetime | None] = mapped_column(Moment)


class Certificate(Base):
    """A snapshot at the moment of completion. Nothing in it is read from elsewhere again; later events add notes."""

    __tablename__ = "certificates"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str] = mapped_column(String(300))
    course_title: Mapped[str] = mapped_column(String(200))
    publisher: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(16))
    rule: Mapped[str] = mapped_column(String(300))
    modules: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    revision: Mapped[str] = mapped_column(ForeignKey("revisions.digest"))
    issued_at: Mapped[datetime] = mapped_column(Moment)


class CertificateNote(Base):
    """What happened to a certificate after it was issued: noted, revoked or superseded, when and why."""

    __tablename__ = "certificate_notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    text: Mapped[str] = mapped_column(String(500))
