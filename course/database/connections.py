"""Connections to the database: what each keeps to, how its transactions begin, and who holds the one that writes to SQLite.

SQLite as shipped begins a transaction only before the first write, so that a check and the insert after it can race, and
concurrent writers fail at once. Here every transaction begins by itself, a writing one with BEGIN IMMEDIATE.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.engine import Connection

from ..config import SettingError
from .on_disk import Log, NotOnDisk
from .statements import send
from .turns import Turns

Given = ParamSpec("Given")
Found = TypeVar("Found")
PATIENCE = 5.0  # seconds that a request waits for a lock
USUAL = round(PATIENCE * 1000)
# Seconds after which a connection for reading that nobody needed is closed: one to a file is opened in a millisecond.
IDLE = {"sqlite": 1.0, "postgresql": 60.0}
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: what is acknowledged is on the disk
    "foreign_keys": 1,
    "busy_timeout": USUAL,
    "wal_autocheckpoint": 8000,  # pages, 32 MB: at half of it one form in a hundred waits for the copying
}
FLUSHED_AFTER = PRAGMAS | {"synchronous": 1}  # NORMAL, for the connection whose commits ``on_disk`` flushes
READ_ONLY = "25006"  # how PostgreSQL refuses to write where it is a standby
NO_RIGHT = "42501"  # and what an account may not do
# A machine that vanishes without a word is noticed as soon as a lock that is not given: libpq by itself waits for hours.
NOTICED = {"connect_timeout": "3", "keepalives_idle": "2", "keepalives_interval": "1", "keepalives_count": "3"}
NOTICED |= {"tcp_user_timeout": str(USUAL)}
means_to_write: ContextVar[bool] = ContextVar("whether the next transaction means to write", default=False)
seconds_to_wait: ContextVar[float] = ContextVar("seconds to wait for a lock", default=PATIENCE)


def address(given: str) -> URL:
    """The address as SQLAlchemy reads it; several hosts may be named as libpq does, ``postgresql://user@a:5432,b:5432/name``.

    Whoever is not told otherwise notices within seconds that a PostgreSQL is gone.
    """
    given = re.sub("^postgresql:", "postgresql+psycopg:", given)
    several = re.fullmatch(r"(?P<before>[^/]+//(?:[^@/]*@)?)(?P<hosts>[^/?]*,[^/?]*)(?P<name>[^?]*)\??(?P<query>.*)", given)
    if several:
        hosts = [f"host={host}" for host in several["hosts"].split(",")]
        given = f"{several['before']}{several['name']}?{'&'.join([*hosts, *filter(None, [several['query']])])}"
    url = make_url(given)
    return url.update_query_dict(NOTICED | dict(url.query)) if url.get_backend_name() == "postgresql" else url


def prepare(engine: Engine) -> None:
    """Sets on every new connection what durability rests on and how long it waits for a lock, and lets each transaction in
    SQLite begin by our own hand. Where many write at a time, a ``Writer`` has them take turns.
    """
    _keep_promises(engine)
    event.listen(engine, "begin", _begin if engine.dialect.name == "sqlite" else _wait_for_locks)


def _begin(connection: Connection) -> None:
    if means_to_write.get():
        _begin_to_write(connection)
    else:
        send(connection, "BEGIN")


class Writer:
    """The one connection to SQLite by which this process writes, held by whose turn it is.

    What a connection keeps of the file is stale after any other has written: with one for each thread every transaction read
    some forty pages again. It is begun again and again: what SQLAlchemy makes anew each time that a pool gives a connection
    away costs as much as the statements of a form.
    """

    def __init__(self, engine: Engine) -> None:
        self._database = engine.url.database or ""
        self._turns = Turns(self._database)
        self._held: Connection | None = None
        self._log: Log | None = None
        self.engine = create_engine(engine.url, poolclass=NullPool)
        _keep_promises(self.engine, FLUSHED_AFTER)
        event.listen(self.engine, "connect", self._connected)
        event.listen(self.engine, "begin", self._begin)
        event.listen(self.engine, "engine_disposed", self._let_go)

    def begin(self) -> Connection:
        """A transaction in its turn. Whoever asks for it says ``end`` in any case, whether it was committed or not."""
        self._turns.take(seconds_to_wait.get())
        try:
            if self._held is None:
                self._held = self.engine.connect()
            self._held.begin()
        except BaseException:
            with suppress(Exception):  # what is told is why it could not begin; the connection is let go by then
                self._take_back()
            self._turns.give()
            raise
        return self._held

    def end(self) -> None:
        """Takes back what was not committed, lets the next one write, and waits until what was written or seen is on the disk.

        The connection is kept: one that is opened while the file may only be read stays so.
        """
        log, number = None, 0
        try:
            self._take_back()
            log = self._log
            number = log.note() if log else 0
        finally:
            self._turns.give()
        if log:
            try:
                log.flush(number)
            except NotOnDisk:
                self._turns.doubt()
                raise

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        connection = self.begin()
        try:
            yield connection
            connection.commit()
        finally:
            self.end()

    def _take_back(self) -> None:
        """Also what was begun before SQLAlchemy knew of it. A connection that cannot even do that is not used again."""
        held = self._held
        if held is None:
            return
        try:
            held.rollback()
            driver: Any = held.connection.driver_connection
            if driver.in_transaction:
                driver.rollback()
        except BaseException:
            self._let_go_connection()
            raise

    def _connected(self, _connection: sqlite3.Connection, _record: object) -> None:
        self._log = None

    def _begin(self, connection: Connection) -> None:
        if self._turns.is_in_doubt or (self._log and self._log.is_lost):
            _copy_back(connection)
            self._log = None
            self._turns.trust()
        _begin_to_write(connection)
        if self._log is None:
            self._log = Log(self._database)

    def _let_go_connection(self) -> None:
        held, self._held, self._log = self._held, None, None
        if held is not None:
            held.close()

    def _let_go(self, _engine: Engine) -> None:
        self._let_go_connection()
        self._turns.close()


def _copy_back(connection: Connection) -> None:
    """After a flush that failed there may be a gap in the log, behind which nothing is found after a power cut.

    SQLite copies all of it into the database, flushes that, and begins a new log. Nothing is written before.
    """
    _wait_for_locks(connection)
    if send(connection, "PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        raise NotOnDisk("the log cannot be copied into the database as long as somebody reads from it")


def _begin_to_write(connection: Connection) -> None:
    _wait_for_locks(connection)
    send(connection, "BEGIN IMMEDIATE")


def _wait_for_locks(connection: Connection) -> None:
    """A writing transaction as long as it may; nothing is said where the connection does so already."""
    milliseconds = round(seconds_to_wait.get() * 1000)
    if connection.dialect.name == "postgresql":
        if milliseconds != USUAL and means_to_write.get():
            send(connection, f"SET LOCAL lock_timeout = {milliseconds}")
    elif connection.info.get("waits", USUAL) != milliseconds:
        connection.info["waits"] = milliseconds
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA busy_timeout = {milliseconds}")  # a setting of the connection, no query


def _keep_promises(engine: Engine, pragmas: Mapping[str, object] = PRAGMAS) -> None:
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _wait_for_nobody_for_ever)
        _leave_standbys(engine)
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for name, value in pragmas.items():
            _set(connection, name, value)
        held = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas}
        if held != pragmas:
            wrong = ", ".join(f"{name} is {held[name]}, not {value}" for name, value in pragmas.items() if held[name] != value)
            raise SettingError(
                f"{engine.url.database}: SQLite cannot keep its promises here ({wrong}), as on a disk of another machine: "
                "put the database on a disk of this one, or into PostgreSQL"
            )


def _set(connection: sqlite3.Connection, name: str, value: object) -> None:
    """SQLite refuses at once, without waiting, whoever makes a new database a WAL one at the moment in which another does."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute(f"PRAGMA {name} = {value}")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.005)


def _wait_for_nobody_for_ever(connection: Any, _record: object) -> None:
    """PostgreSQL by itself waits without end, and whoever waits holds a thread."""
    connection.execute(f"SET lock_timeout = {USUAL}")
    connection.commit()


def _leave_standbys(engine: Engine) -> None:
    """Where writing is refused, the primary is another by now: the connection counts as broken, and the next looks for it."""
    usual = engine.dialect.is_disconnect

    def is_disconnect(error: Any, connection: Any, cursor: Any) -> bool:
        return getattr(error, "sqlstate", None) == READ_ONLY or usual(error, connection, cursor)

    engine.dialect.is_disconnect = is_disconnect  # type: ignore[method-assign, assignment]


class Reader:
    """Connections for statements that only read: each sees what is committed when it runs.

    They have no transaction to begin and to end, which would cost as much as the statement itself. One is lent for one read,
    the one given back last first, so that one or two do for all threads. Each keeps the schema with its triggers, 1 MB.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._idle = clock, IDLE[engine.dialect.name]
        self.engine = create_engine(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        _keep_promises(self.engine)
        self._free: list[tuple[Connection, float]] = []  # and since when

    def ask(self, read: Callable[Concatenate[Connection, Given], Found], *given: Given.args, **named: Given.kwargs) -> Found:
        """What ``read`` finds on a connection that is its own meanwhile; after a failure that is not used again."""
        try:
            connection, _since = self._free.pop()
        except IndexError:
            connection = self.engine.connect()
        try:
            found = read(connection, *given, **named)
        except BaseException:
            connection.close()
            raise
        self._free.append((connection, self._clock()))
        self._close_idle()
        return found

    def close(self) -> None:
        """Closes those that nobody reads from; whoever asks next gets a new one."""
        with suppress(IndexError):
            while True:
                self._free.pop()[0].close()

    def _close_idle(self) -> None:
        """One at most: that which has been free for longest."""
        with suppress(IndexError):  # others take and give meanwhile
            if self._clock() - self._free[0][1] > self._idle:
                self._free.pop(0)[0].close()
