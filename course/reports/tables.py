"""What reports keep of their own: nothing but who wants which by mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base, Moment


class Subscription(Base):
    """A report that somebody gets by mail until ``ended_at``. ``about`` is the query of its address; one runs at a time."""

    __tablename__ = "report_subscriptions"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(22), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    about: Mapped[str] = mapped_column(String(300))
    every: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(Moment)
    next_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    __table_args__ = (
        Index(
            "ix_report_subscriptions_running",
            "person_id",
            "about",
            "every",
            unique=True,
            sqlite_where=ended_at.is_(None),
            postgresql_where=ended_at.is_(None),
        ),
    )
