"""People, the tree of organisations, and everything that proves who someone is. Secrets are stored as digests only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, and_, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base, Moment, partial_index
from .names import name_key


def _key_of_name(context: Any) -> str:
    """That of the name with which a row is added."""
    return name_key(context.get_current_parameters()["name"])


class Organisation(Base):
    """A place: country › network › municipality › department. ``name_key``: its name folded, unique in its parent."""

    __tablename__ = "organisations"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(22), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(160))
    name_key: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[datetime] = mapped_column(Moment)
    __table_args__ = (
        UniqueConstraint("parent_id", "name_key"),
        partial_index("ix_organisations_root", "name_key", unique=True, where=parent_id.is_(None)),
    )


class OrganisationClosure(Base):
    """Every organisation with each of its ancestors and itself, so that a subtree is one join."""

    __tablename__ = "organisation_closure"
    ancestor_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    descendant_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True, index=True)
    depth: Mapped[int]


class OrganisationVersion(Base):
    """How an organisation stood from one time to another: its name, its kind and what it stood under."""

    __tablename__ = "organisation_versions"
    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(160))
    since_at: Mapped[datetime] = mapped_column(Moment)
    until_at: Mapped[datetime | None] = mapped_column(Moment)


class Person(Base):
    """Anyone with an account. ``email_key`` is the folded address and unique; both are empty after erasure.

    ``name_key`` is the name folded, by which people are listed and looked for; ``people.call`` sets both.

    ``extra_time_percent`` is added to every time limit of a quiz: 50 for half as long again.
    """

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(22), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(160), default=_key_of_name, server_default="")
    language: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16))
    extra_time_percent: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(Moment)
    deactivated_at: Mapped[datetime | None] = mapped_column(Moment)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)


def _manages_now(role: Any, until_at: Any) -> ColumnElement[bool]:
    """In the same words for the index and for what is asked: no database sees that a value given later would be the same."""
    return and_(role == literal_column("'manager'"), until_at.is_(None))


class Membership(Base):
    """A person in an organisation, as member or manager, from one time to another; moves add a row and end one."""

    __tablename__ = "memberships"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    since_at: Mapped[datetime] = mapped_column(Moment)
    until_at: Mapped[datetime | None] = mapped_column(Moment)
    __table_args__ = (partial_index("ix_memberships_managers", "person_id", where=_manages_now(role, until_at)),)

    @classmethod
    def manages_now(cls) -> ColumnElement[bool]:
        """Whether the membership is a manager's and holds."""
        return _manages_now(cls.role, cls.until_at)


class Cohort(Base):
    """A named group of people whom reports can be limited to: an intake, those who were invited together.

    It belongs to an organisation and is kept by whoever reads that one's report; without one, by administrators.
    """

    __tablename__ = "cohorts"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(22), unique=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class CohortMember(Base):
    """A person in a cohort from one time to another; who comes back gets another row."""

    __tablename__ = "cohort_members"
    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    since_at: Mapped[datetime] = mapped_column(Moment)
    until_at: Mapped[datetime | None] = mapped_column(Moment)
    __table_args__ = (
        partial_index("ix_cohort_members_now", "cohort_id", "person_id", unique=True, where=until_at.is_(None)),
        Index("ix_cohort_members_cohort", "cohort_id", "since_at"),
    )


class SignIn(Base):
    """A signed-in browser. The cookie holds a random token, this row its SHA-256; ``ended_at`` ends it at the next request."""

    __tablename__ = "sign_ins"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_because: Mapped[str | None] = mapped_column(String(32))


class Link(Base):
    """A single-use link sent or printed: to reset a password, or to make the first administrator."""

    __tablename__ = "links"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(16))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class Try(Base):
    """One try at something that takes a secret, counted per account and per address; old rows are swept."""

    __tablename__ = "tries"
    id: Mapped[int] = mapped_column(primary_key=True)
    bucket: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(Moment)
    __table_args__ = (Index("ix_tries_bucket_at", "bucket", "at"),)


class Mail(Base):
    """The outbox. A mail is queued in the transaction that causes it and sent afterwards, at most once."""

    __tablename__ = "mails"
    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    claimed_at: Mapped[datetime | None] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    error: Mapped[str | None] = mapped_column(String(300))


class Change(Base):
    """Who changed which account, role, membership, organisation or cohort: what it was, what it became, and why.

    Only ever added to.
    """

    __tablename__ = "changes"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    what: Mapped[str] = mapped_column(String(32))
    before: Mapped[str] = mapped_column(String(300))
    after: Mapped[str] = mapped_column(String(300))
    why: Mapped[str] = mapped_column(String(300), server_default="")
    __table_args__ = (Index("ix_changes_what_at", "what", "at"),)
