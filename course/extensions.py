"""The database of a request: one session, its intent to write said before its transaction begins (``course.database``)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import URL, CursorResult, DateTime, Dialect, Engine, Index, Update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from .config import SettingError, Settings
from .database.alone import alone as database_alone
from .database.connections import (
    NO_RIGHT,
    PATIENCE,
    READ_ONLY,
    Reader,
    Writer,
    address,
    means_to_write,
    prepare,
    seconds_to_wait,
)
from .database.on_disk import NotOnDisk
from .database.replica import Replica

BY_THE_WAY = 0.5  # seconds that a page which reads waits for a lock where it has something to note
log = logging.getLogger(__name__)


class Base(DeclarativeBase):
    """The tables of the course; each package declares its own in its ``tables.py``."""


def partial_index(name: str, *columns: str, where: Any, unique: bool = False) -> Index:
    """An index of those rows alone for which ``where`` is true. Migrations make it; here it says what there is.

    SQLAlchemy's own words for it, one for each kind of database, would load both of these in every worker: 2.5 MB.
    """
    return Index(name, *columns, unique=unique, info={"where": where})


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


@lru_cache(maxsize=1024)  # a form writes its moment to many rows, and a row of a record has the same as the next
def _to_text(value: datetime | None) -> str | None:
    held = _in_utc(value)
    return None if held is None else held.isoformat(" ", "microseconds")[:26]


@lru_cache(maxsize=1024)
def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


class IntentSession(FlaskSession):
    """A session and a connection in one: what runs on ``connection()`` alone makes none of the ORM's bookkeeping.

    The first to ask for the connection begins the transaction; objects that are loaded or added later join it, so that there
    is never a second connection that would wait for the first. Where there is a connection of its own for writing, a
    transaction that means to write is on it.
    """

    _own: Connection | None = None
    _writer: Writer | None = None  # whose connection it is

    def connection(self, *args: Any, **kwargs: Any) -> Connection:
        own = self._own
        if own is None:
            if args or kwargs or self.in_transaction():
                return super().connection(*args, **kwargs)
            own = self._begun_to_write() or _begun(super().get_bind())
            self._own = own
        return own if own.in_transaction() else super().connection()  # which says that it has failed and is to be rolled back

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        return self._own or self._begun_to_write() or super().get_bind(*args, **kwargs)

    def _begun_to_write(self) -> Connection | None:
        """The connection for writing, where there is one of its own and the transaction means to write."""
        writer = current_app.extensions["writer"] if means_to_write.get() else None
        if writer is not None:
            self._own, self._writer = writer.begin(), writer
        return self._own

    def commit(self) -> None:
        if self._own is None or self.in_transaction():
            super().commit()
        self._end(is_done=True)

    def rollback(self) -> None:
        super().rollback()
        self._end()

    def close(self) -> None:
        if self.in_transaction() or self.identity_map or self.new:  # without objects there is nothing that the ORM lets go
            super().close()
        self._end()

    def invalidate(self) -> None:
        if self._own is not None:
            self._own.invalidate()
        super().invalidate()
        self._end()

    def _end(self, *, is_done: bool = False) -> None:
        own, writer = self._own, self._writer
        self._own = self._writer = None
        if own is None:
            return
        try:
            if is_done and own.in_transaction():
                own.commit()
        finally:
            if writer is None:
                own.close()
            else:
                writer.end()


def _begun(bind: Engine | Connection) -> Connection:
    assert isinstance(bind, Engine)
    connection = bind.connect()
    try:
        connection.begin()
    except BaseException:
        connection.close()
        raise
    return connection


db = SQLAlchemy(model_class=Base, session_options={"class_": IntentSession, "join_transaction_mode": "control_fully"})


def init_app(app: Flask, settings: Settings) -> None:
    """Raises SettingError where an address of a database cannot be read."""
    url = app.config["SQLALCHEMY_DATABASE_URI"] = _address(settings, "database_url")
    if url.get_backend_name() == "postgresql":
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "pool_size": settings.threads + 9,  # pages; four forms, two reports and two exports at a time; one to spare
            "max_overflow": 4,
            "pool_timeout": PATIENCE,
            "pool_pre_ping": True,
        }
    db.init_app(app)
    app.teardown_appcontext(_end)
    with app.app_context():
        prepare(db.engine)
        app.extensions["reader"] = Reader(db.engine)
        app.extensions["writer"] = Writer(db.engine) if url.get_backend_name() == "sqlite" else None
    replica_url = _address(settings, "replica_url") if settings.replica_url else None
    app.extensions["replica"] = Replica(replica_url, settings.threads) if replica_url else None


def _address(settings: Settings, name: str) -> URL:
    """The address itself is not repeated: it may hold a password."""
    try:
        return address(getattr(settings, name))
    except (ArgumentError, ValueError):
        raise SettingError(
            f"{settings.origin(name)}: this cannot be read; write postgresql://user:password@host:5432/name, "
            "in the password `%40` for `@`"
        ) from None


def _end(_error: BaseException | None) -> None:
    """Before Flask-SQLAlchemy ends the session: a connection that broke after the commit must not take away the answer."""
    if db.session.registry.has():
        try:
            db.session.rollback()
        except NotOnDisk:  # nor is what the answer says: it is not sent, and nobody after us ends the session
            db.session.remove()
            raise
        except DBAPIError:
            db.session().invalidate()


def changed(session: Session, statement: Update) -> int:
    """How many rows it changed. Of one that asks for what nobody has taken yet, 0 says that somebody was first."""
    return cast(CursorResult[Any], session.execute(statement)).rowcount


def alone(what: str) -> AbstractContextManager[bool]:
    """Whether no other process on this database is at it: ``course.database.alone``."""
    return database_alone(db.engine, what)


def reader() -> Reader:
    found: Reader = current_app.extensions["reader"]
    return found


def replica() -> Replica | None:
    found: Replica | None = current_app.extensions["replica"]
    return found


def let_go() -> None:
    """Gives back every connection of this application, as before a fork; it takes new ones when it is used again."""
    db.session.remove()
    reader().close()
    for engine in engines():
        engine.dispose()


def engines() -> list[Engine]:
    """Everything that sends statements: for transactions that read, for those that write, for single statements that read,
    and for reports where they have a replica.
    """
    own, apart = current_app.extensions["writer"], replica()
    return [db.engine, *([own.engine] if own else []), reader().engine, *([apart.engine] if apart else [])]


def intend(to_write: bool, patience: float = PATIENCE) -> None:
    """Says how the transactions of this request begin, and how long one may wait; called once, before the first query."""
    means_to_write.set(to_write)
    seconds_to_wait.set(patience)


@contextmanager
def writing(session: Session) -> Iterator[None]:
    """A writing transaction inside a reading request: what was read before is let go, and the block is committed."""
    session.rollback()
    token = means_to_write.set(True)
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        means_to_write.reset(token)


@contextmanager
def beside() -> Iterator[Connection]:
    """A short writing transaction beside the session's own, for whoever reads at length and has to keep something meanwhile."""
    writer, token = current_app.extensions["writer"], means_to_write.set(True)
    try:
        with writer.transaction() if writer else db.engine.begin() as connection:
            yield connection
    finally:
        means_to_write.reset(token)


@contextmanager
def by_the_way() -> Iterator[None]:
    """Around ``writing`` in a request that reads: where nothing can be written at the moment, because of a lock, a full disk or
    a database that may only be read, what the page has to note is left out, soon, and the page is shown.
    """
    token = seconds_to_wait.set(BY_THE_WAY)
    try:
        yield
    except DBAPIError as error:
        if not is_for_a_while(error):
            raise
        log.warning("not noted: %s", error.orig)
    finally:
        seconds_to_wait.reset(token)


def is_for_a_while(error: DBAPIError) -> bool:
    """Whether it may work in a minute: the database is locked, full, away, or may only be read."""
    return isinstance(error, OperationalError) or error.connection_invalidated or _sqlstate(error) == READ_ONLY


def refusal(error: Exception, origin: str = "the database") -> str:
    """For whoever runs a command: what is wrong with the database, and the way out. Empty where it is not its doing.

    ``origin`` is the setting that names it, where that is known.
    """
    if not isinstance(error, DBAPIError):
        return ""
    said = str(error.orig).strip().partition("\n")[0]  # PostgreSQL shows the statement below it
    if _sqlstate(error) == NO_RIGHT:
        return f"{origin}: its account may not do this ({said}). Make it the owner of the database and its tables"
    if isinstance(error, ProgrammingError) and error.statement is None:  # of the connection, and not of what we ask on it
        return f"{origin}: this address of a database is not understood ({said})"
    if isinstance(error, DataError):
        return f"the database does not take what was given ({said})"
    if is_for_a_while(error):
        return f"the database is unavailable ({said}). Run the command again when that is over"
    if type(error) is DatabaseError:  # SQLite's, of a file that it cannot read
        return f"{origin}: this is no database, or a damaged one ({said}). Name another, or restore a backup"
    return ""


def _sqlstate(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


@contextmanager
def reading(session: Session) -> Iterator[None]:
    """Reads inside a writing request that changes nothing, such as a long plan: no writer waits for it."""
    session.rollback()
    token = means_to_write.set(False)
    try:
        yield
    finally:
        means_to_write.reset(token)


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
