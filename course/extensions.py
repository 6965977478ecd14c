"""The database and what every transaction keeps: one session a request, its intent to write said before it begins.

SQLite as shipped begins a transaction only before the first write, so that a check and the insert after it can race, and
concurrent writers fail at once. Here every transaction begins by itself, a writing one with BEGIN IMMEDIATE.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from weakref import WeakSet

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import DateTime, Dialect, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from .config import Settings
from .statements import send
from .turns import Turns

PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}  # 2 = FULL
_intent: ContextVar[bool] = ContextVar("intent to write", default=False)
_patience: ContextVar[float] = ContextVar("seconds to wait for the turn to write", default=5.0)


class Base(DeclarativeBase):
    """The tables of the course; each package declares its own in its ``tables.py``."""


class Moment(TypeDecorator[datetime]):
    """A time in UTC. SQLite keeps no zone: it is taken off on the way in and put back on the way out, in one call each."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        return _to_text if dialect.name == "sqlite" else _in_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        return _from_text if dialect.name == "sqlite" else _in_utc


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a time without a zone")
    return value.astimezone(UTC)


def _to_text(value: datetime | None) -> str | None:
    held = _in_utc(value)
    return None if held is None else held.isoformat(" ", "microseconds")[:26]


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


class IntentSession(FlaskSession):
    """Where there is a connection of its own for writing, a transaction that means to write is on it."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        writer = current_app.extensions["writer"] if _intent.get() else None
        return writer or super().get_bind(*args, **kwargs)


db = SQLAlchemy(model_class=Base, session_options={"class_": IntentSession})


def init_app(app: Flask, settings: Settings) -> None:
    url = settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    if url.startswith("postgresql"):
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "pool_size": settings.threads + 1,
            "max_overflow": 4,
            "pool_pre_ping": True,
        }
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
        app.extensions["reader"] = Reader(db.engine)
        app.extensions["writer"] = writer(db.engine)


def prepare(engine: Engine) -> None:
    """Sets on every new SQLite connection what durability rests on, and lets each transaction begin by our own hand."""
    if engine.dialect.name != "sqlite":
        return
    _keep_promises(engine)
    turns = Turns(engine.url.database or "")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not _intent.get():
            send(connection, "BEGIN")
            return
        connection.info["turn"] = turns.take(_patience.get())
        send(connection, "BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def _checkin(_connection: sqlite3.Connection | None, record: Any) -> None:
        turn = record.info.pop("turn", None)  # the transaction is over, committed or not
        if turn:
            turn.give()


def writer(engine: Engine) -> Engine | None:
    """The one connection to SQLite by which this process writes, held by whose turn it is; None where each may have its own.

    What a connection keeps of the file is stale after any other has written: with one for each thread every transaction read
    some forty pages again.
    """
    if engine.dialect.name != "sqlite":
        return None
    turns = Turns(engine.url.database or "")

    class OneConnection(QueuePool):
        def _do_get(self) -> ConnectionPoolEntry:
            turns.take(_patience.get())
            try:
                return super()._do_get()
            except BaseException:
                turns.give()
                raise

        def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
            super()._do_return_conn(record)  # the transaction is over, committed or not
            turns.give()

    found = create_engine(engine.url, poolclass=OneConnection, pool_size=1, max_overflow=0)
    _keep_promises(found)
    event.listen(found, "begin", lambda connection: send(connection, "BEGIN IMMEDIATE"))
    return found


def _keep_promises(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}")
        held = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
        if held != PRAGMAS:
            raise RuntimeError(f"SQLite does not keep its promises here: {held} instead of {PRAGMAS}")


class Reader:
    """One connection a thread for single statements that only read: each sees what is committed when it runs.

    It is opened once and has no transaction to begin and to end, which would cost as much as the statement itself.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = create_engine(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        if engine.dialect.name == "sqlite":
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
    for engine in engines():
        engine.dispose()


def engines() -> list[Engine]:
    """Everything that sends statements: for transactions that read, for those that write, for single statements that read."""
    own = current_app.extensions["writer"]
    return [db.engine, *([own] if own else []), reader().engine]


def intend(to_write: bool, patience: float = 5.0) -> None:
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
