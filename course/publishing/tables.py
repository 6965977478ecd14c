"""Published revisions of the course, and which one is live."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base, Moment


class Revision(Base):
    """A checked course, compressed, under the digest of its files. Never changed: an old attempt can be seen as it was."""

    __tablename__ = "revisions"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    course: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment)


class Publication(Base):
    """One switch of what learners see. The row with the highest id is live; going back is one more row."""

    __tablename__ = "publications"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(ForeignKey("revisions.digest"))
    at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(String(200))


class LessonAddress(Base):
    """Every address a lesson has had, so that an old link still finds it."""

    __tablename__ = "lesson_addresses"
    module: Mapped[str] = mapped_column(String(80), primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), primary_key=True)
    lesson_id: Mapped[str] = mapped_column(String(80))
