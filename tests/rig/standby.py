"""A real PostgreSQL with a streaming standby, both on sockets in one short temporary folder."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg

from tests.rig.postgres import Cluster, Installation, Running

PRIMARY, STANDBY = 5432, 5433  # ports
OPTIONS = ("-F", "-c", "wal_retrieve_retry_interval=50ms")


class Pair:
    """Two servers by their ports: ``stop`` and ``start`` either, ``promote`` the standby, ``ask`` one a question."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.installation = folder, Installation(folder)
        self._running: dict[int, tuple[AbstractContextManager[Running], Running]] = {}

    def start(self, port: int) -> None:
        held = self.installation.running(self._data(port), *OPTIONS, port=port)
        self._running[port] = (held, held.__enter__())

    def stop(self, port: int) -> None:
        """At once: it waits for no connection."""
        held, server = self._running.pop(port)
        server.process.send_signal(signal.SIGQUIT)
        server.process.wait()
        held.__exit__(None, None, None)

    def make(self) -> None:
        self.installation.initialise(self._data(PRIMARY))
        self.start(PRIMARY)
        self.installation.copy(self._running[PRIMARY][1].url, self._data(STANDBY))
        self.start(STANDBY)

    def end(self) -> None:
        for port in list(self._running):
            self.stop(port)

    def cluster(self, port: int) -> Cluster:
        return Cluster(self._running[port][1].url)

    def hosts(self) -> str:
        """The query of an address that names both servers, the standby first."""
        return f"host={self.folder},{self.folder}&port={STANDBY},{PRIMARY}&target_session_attrs=read-write"

    def ask(self, port: int, statement: str) -> object:
        with psycopg.connect(self.cluster(port).admin_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def promote(self) -> None:
        assert self.ask(STANDBY, "SELECT pg_promote()") is True

    def catch_up(self) -> None:
        """Until the standby shows all that the primary has."""
        written = self.ask(PRIMARY, "SELECT pg_current_wal_lsn()::text")
        until(lambda: self.ask(STANDBY, f"SELECT pg_last_wal_replay_lsn() >= '{written}'") is True)

    def _data(self, port: int) -> Path:
        return self.folder / f"data-{port}"


@contextmanager
def pair() -> Iterator[Pair]:
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has at most 107 bytes
    made = Pair(folder)
    try:
        made.make()
        yield made
    finally:
        made.end()
        shutil.rmtree(folder)


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
