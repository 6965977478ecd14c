"""A real PostgreSQL with a streaming standby, both on sockets in one short temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import psycopg

from tests.bench.load import family
from tests.rig.postgres import Cluster, Installation, Running

PRIMARY, STANDBY = 5432, 5433  # ports
OPTIONS = ("-F", "-c", "wal_retrieve_retry_interval=50ms")


class Pair:
    """Two servers by their ports: ``stop`` and ``start`` either, ``promote`` the standby, ``ask`` one a question."""

    def __init__(self, folder: Path, options: Sequence[str] = OPTIONS) -> None:
        self.folder, self.installation, self._options = folder, Installation(folder), options
        self._running: dict[int, tuple[AbstractContextManager[Running], Running]] = {}

    def start(self, port: int) -> None:
        held = self.installation.running(self._data(port), *self._options, port=port)
        self._running[port] = (held, held.__enter__())

    def stop(self, port: int, with_signal: signal.Signals = signal.SIGQUIT) -> None:
        """At once: it waits for no connection. SIGKILL goes to every process of it, as when a machine dies."""
        held, server = self._running.pop(port)
        everyone = family(server.process.pid) if with_signal == signal.SIGKILL else [server.process.pid]
        for pid in everyone:
            with suppress(ProcessLookupError):
                os.kill(pid, with_signal)
        server.process.wait()
        held.__exit__(None, None, None)

    def make(self, *trusted: str) -> None:
        """Both of them; whoever comes from the networks of ``trusted`` may do everything."""
        self.installation.initialise(self._data(PRIMARY))
        with (self._data(PRIMARY) / "pg_hba.conf").open("a", encoding="ascii") as rules:
            rules.writelines(f"host all all {network} trust\n" for network in trusted)
        self.start(PRIMARY)
        self.follow(STANDBY, PRIMARY)

    def follow(self, port: int, primary: int) -> None:
        """Makes a server anew as the standby of the other."""
        shutil.rmtree(self._data(port), ignore_errors=True)
        self.installation.copy(self._running[primary][1].url, self._data(port))
        self.start(port)

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

    def promote(self, port: int = STANDBY) -> None:
        assert self.ask(port, "SELECT pg_promote()") is True

    def catch_up(self) -> None:
        """Until the standby shows all that the primary has."""
        written = self.ask(PRIMARY, "SELECT pg_current_wal_lsn()::text")
        until(lambda: self.ask(STANDBY, f"SELECT pg_last_wal_replay_lsn() >= '{written}'") is True)

    def _data(self, port: int) -> Path:
        return self.folder / f"data-{port}"


@contextmanager
def pair(options: Sequence[str] = OPTIONS, trusted: Sequence[str] = ()) -> Iterator[Pair]:
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has at most 107 bytes
    made = Pair(folder, options)
    try:
        made.make(*trusted)
        yield made
    finally:
        made.end()
        shutil.rmtree(folder)


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline, "not within 20 s"
        time.sleep(0.02)
