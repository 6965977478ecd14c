"""The database and what every transaction keeps: one session a request, its intent to write said before it begins.

SQLite as shipped begins a transaction only before the first write, so that a check and the insert after it can race, and
concurrent writers fail at once. Here every transaction begins by itself, a writing one with BEGIN IMMEDIATE.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from .config import Settings

PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}  # 2 = FULL
_intent: ContextVar[bool] = ContextVar("intent to write", default=False)


class Base(DeclarativeBase):
    """The tables of the course; each package declares its own in its ``tables.py``."""


class Moment(TypeDecorator[datetime]):
    """A time in UTC. SQLite keeps no zone, so it is taken off on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC) if dialect.name == "postgresql" else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


db = SQLAlchemy(model_class=Base)


def init_app(app: Flask, settings: Settings) -> None:
    url = settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    if url.startswith("postgresql"):
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": settings.threads + 1, "max_overflow": 4, "pool_pre_ping": True}
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)


def prepare(engine: Engine) -> None:
    """Sets on every new SQLite connection what durability rests on, and lets each transaction begin by our own hand."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}")
        held = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
        if held != PRAGMAS:
            raise RuntimeError(f"SQLite does not keep its promises here: {held} instead of {PRAGMAS}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _intent.get() else "BEGIN")


def intend(to_write: bool) -> None:
    """Says how the transactions of this request begin; called once, before the first query."""
    _intent.set(to_write)


@contextmanager
def writing(session: Session) -> Iterator[None]:
    """A writing transaction inside a reading request: what was read before is let go, and the block is committed."""
    session.rollback()
    token = _intent.set(True)
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _intent.reset(token)


@contextmanager
def reading(session: Session) -> Iterator[None]:
    """Reads inside a writing request that changes nothing, such as a long plan: no writer waits for it."""
    session.rollback()
    token = _intent.set(False)
    try:
        yield
    finally:
        _intent.reset(token)


def current_session() -> Session:
    """The session of this request or command; the one place that reaches for Flask-SQLAlchemy's."""
    found: Any = db.session()
    return found  # type: ignore[no-any-return]
