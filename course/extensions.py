"""The database and what every transaction keeps: one session a request, its intent to write said before it begins.

SQLite as shipped begins a transaction only before the first write, so that a check and the insert after it can race, and
concurrent writers fail at once. Here every transaction begins by itself, a writing one with BEGIN IMMEDIATE.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from weakref import WeakSet

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, Engine, NullPool, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from .config import Settings
from .turns import Turns

READ_ONLY = "25006"  # how PostgreSQL refuses to write where it is a standby
PATIENCE = 5.0  # seconds that a request waits for a lock
USUAL = round(PATIENCE * 1000)
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": USUAL}  # 2 = FULL
BY_THE_WAY = 0.5  # the same where a page that reads has something to note
_intent: ContextVar[bool] = ContextVar("intent to write", default=False)
_patience: ContextVar[float] = ContextVar("seconds to wait for a lock", default=PATIENCE)
log = logging.getLogger(__name__)


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
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "pool_size": settings.threads * 2 + 1,  # as many for forms as for pages
            "max_overflow": 4,
            "pool_pre_ping": True,
        }
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
        app.extensions["reader"] = Reader(db.engine)


def prepare(engine: Engine) -> None:
    """Sets on every new connection what durability rests on and how long it waits for a lock, and lets each transaction in
    SQLite begin by our own hand.
    """
    _keep_promises(engine)
    if engine.dialect.name != "sqlite":
        event.listen(engine, "begin", _wait_for_locks)
        return
    turns = Turns(engine.url.database or "")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not _intent.get():
            connection.exec_driver_sql("BEGIN")
            return
        connection.info["turn"] = turns.take(_patience.get())
        _wait_for_locks(connection)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def _checkin(_connection: sqlite3.Connection | None, record: Any) -> None:
        turn = record.info.pop("turn", None)  # the transaction is over, committed or not
        if turn:
            turn.give()


def _wait_for_locks(connection: Connection) -> None:
    """A writing transaction as long as it may; nothing is said where the connection does so already."""
    milliseconds = round(_patience.get() * 1000)
    if connection.dialect.name == "postgresql":
        if milliseconds != USUAL and _intent.get():
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
    elif connection.info.get("waits", USUAL) != milliseconds:
        connection.info["waits"] = milliseconds
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {milliseconds}")


def _keep_promises(engine: Engine) -> None:
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _wait_for_nobody_for_ever)
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}")
        held = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
        if held != PRAGMAS:
            raise RuntimeError(f"SQLite does not keep its promises here: {held} instead of {PRAGMAS}")


def _wait_for_nobody_for_ever(connection: Any, _record: object) -> None:
    """PostgreSQL by itself waits without end, and whoever waits holds a thread."""
    connection.execute(f"SET lock_timeout = {USUAL}")
    connection.commit()


class Reader:
    """One connection a thread for single statements that only read: each sees what is committed when it runs.

    It is opened once and has no transaction to begin and to end, which would cost as much as the statement itself.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = create_engine(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        _keep_promises(self.engine)
        self._local = threading.local()
        self._all: WeakSet[Connection] = WeakSet()

    def connection(self) -> Connection:
        held: Connection | None = getattr(self._local, "connection", None)
        if held is None or held.closed or held.invalidated:
            held = self._local.connection = self.engine.connect()
            self._all.add(held)
        return held

    def drop(self) -> None:
        """After a failure: this thread's next statement asks for a new connection."""
        held, self._local.connection = getattr(self._local, "connection", None), None
        if held is not None:
            held.close()

    def close(self) -> None:
        for held in list(self._all):
            held.close()


def reader() -> Reader:
    found: Reader = current_app.extensions["reader"]
    return found


def let_go() -> None:
    """Gives back every connection of this application; it takes new ones when it is used again."""
    db.session.remove()
    reader().close()
    db.engine.dispose()


def intend(to_write: bool, patience: float = PATIENCE) -> None:
    """Says how the transactions of this request begin, and how long one may wait; called once, before the first query."""
    _intent.set(to_write)
    _patience.set(patience)


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
def by_the_way() -> Iterator[None]:
    """Around ``writing`` in a request that reads: where nothing can be written at the moment, because of a lock, a full disk or
    a database that may only be read, what the page has to note is left out, soon, and the page is shown.
    """
    token = _patience.set(BY_THE_WAY)
    try:
        yield
    except DBAPIError as error:
        if not is_for_a_while(error):
            raise
        log.warning("not noted: %s", error.orig)
    finally:
        _patience.reset(token)


def is_for_a_while(error: DBAPIError) -> bool:
    """Whether it may work in a minute: the database is locked, full, away, or may only be read."""
    return isinstance(error, OperationalError) or error.connection_invalidated or _sqlstate(error) == READ_ONLY


def _sqlstate(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


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


def see_one_moment(session: Session) -> None:
    """Makes all queries from here on see the database as it is at the first of them. SQLite does so by itself.

    What was read before is let go; nothing may have been written.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.rollback()
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
