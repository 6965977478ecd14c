"""What reports keep of their own: who wants which by mail, and the tallies, which the database keeps by itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base, Moment, partial_index

EVERYWHERE = 0  # the place where everybody is counted, whatever they belong to


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
        partial_index("ix_report_subscriptions_running", "person_id", "about", "every", unique=True, where=ended_at.is_(None)),
    )


class Export(Base):
    """A file that somebody asked for and that is made beside the pages. ``about`` is the query of the report's address.

    ``scope`` is what its maker saw of the tree: ids of all these organisations with commas between them, empty for everything.
    ``claimed_at`` is when its maker last showed that it is at work.
    """

    __tablename__ = "exports"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(22), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    report: Mapped[str] = mapped_column(String(16))
    form: Mapped[str] = mapped_column(String(8))
    about: Mapped[str] = mapped_column(String(500))
    scope: Mapped[str] = mapped_column(Text, default="", server_default="")
    asked_at: Mapped[datetime] = mapped_column(Moment)
    claimed_at: Mapped[datetime | None] = mapped_column(Moment)
    rows: Mapped[int] = mapped_column(default=0, server_default="0")
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    made_at: Mapped[datetime | None] = mapped_column(Moment)
    parts: Mapped[int] = mapped_column(default=0, server_default="0")
    size: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    failed_at: Mapped[datetime | None] = mapped_column(Moment)


class ExportPart(Base):
    """A piece of the file, compressed. It lies in the database, so that every machine that serves pages has it."""

    __tablename__ = "export_parts"
    export_id: Mapped[int] = mapped_column(ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Tally(Base):
    """How many people have one value of one measure, in one organisation with all below it; place 0 is everywhere.

    ``module`` empty is the course. Triggers write it (migration 0005), in the transaction of what they count.
    """

    __tablename__ = "tallies"
    place_id: Mapped[int] = mapped_column(primary_key=True)
    module: Mapped[str] = mapped_column(String(80), primary_key=True)
    is_staff: Mapped[bool] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  what SQLAlchemy asks for


class TallyChange(Base):
    """What has to be added to a tally and is not folded into it yet; whoever reads adds both."""

    __tablename__ = "tally_changes"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    place_id: Mapped[int]
    module: Mapped[str] = mapped_column(String(80))
    is_staff: Mapped[bool]
    measure: Mapped[str] = mapped_column(String(16))
    value: Mapped[int]
    number: Mapped[int]


class TallyPlace(Base):
    """Where a person is counted now, as learner or as staff: everywhere (0), and in what they belong to or stand below.

    With their name's key, so that an index has the people of a place in the order in which they are listed.
    """

    __tablename__ = "tally_places"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    place_id: Mapped[int] = mapped_column(primary_key=True)
    is_staff: Mapped[bool]
    name_key: Mapped[str] = mapped_column(String(160), default="", server_default="")
    __table_args__ = (
        Index("ix_tally_places_name", "place_id", "is_staff", "name_key", "person_id"),
        {"sqlite_with_rowid": False},
    )


class TallyDay(Base):
    """What a tally of a large place gained on a day: the sum up to a day is what it was at that day's beginning, in UTC.

    ``day`` counts from 1 January 1970; what happened after its beginning belongs to the next.
    """

    __tablename__ = "tally_days"
    place_id: Mapped[int] = mapped_column(primary_key=True)
    module: Mapped[str] = mapped_column(String(80), primary_key=True)
    is_staff: Mapped[bool] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  what SQLAlchemy asks for


class TallyHistory(Base):
    """A place whose past days are all in ``tally_days``, from the first until ``through``."""

    __tablename__ = "tally_histories"
    place_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    through: Mapped[int]


class TallyPeople(Base):
    """Who began or ceased to count as something, or somewhere, on a day: a report of a moment within it looks at nobody else.

    Written with the days of ``EVERYWHERE``, and for the day after them, which has not ended: its row has who did so until then.
    Whoever did later has a fact beyond ``seen``, which is the last that was on record at the time, or one before it.
    """

    __tablename__ = "tally_people"
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    people: Mapped[list[int]] = mapped_column(JSON)
    seen: Mapped[int] = mapped_column(BigInteger)
