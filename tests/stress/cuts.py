"""Power cuts while learners write: after each the disk is mounted anew, and everything acknowledged must be on it.

    ./dev stress cuts [quick] [--postgresql]

The database lies on an ext4 in a file, mounted through a loop device, and a cut is ext4's own shutdown without its log:
whatever was not flushed, and the journal's open transaction, never reaches the file. Servers and database are stopped just
before and killed just after, and mounting replays the journal. A disk that loses what it has said to be stored is not
simulated: what ext4 has handed to the loop device counts as stored. As a proof that a cut loses what was not flushed, a file is
written without a flush just before each.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import load
from tests.rig import postgres
from tests.stress import disks, place
from tests.stress.learning import Crowd, until
from tests.stress.ledger import compare
from tests.stress.place import Place
from tests.stress.telling import Table, judge

WRITERS, LEARNERS, MEGABYTES = 8, 60, 512
FULL, QUICK = 24, 4  # cuts


@dataclass
class Site:
    """What stands on the disk and falls with it."""

    disk: disks.Disk
    installation: postgres.Installation | None
    running: ExitStack = field(default_factory=ExitStack)
    database: postgres.Running | None = None

    @property
    def data(self) -> Path:
        return self.disk.here / "postgresql"

    def start_database(self) -> str:
        if self.installation is None:
            return ""
        self.database = self.running.enter_context(self.installation.running(self.data))
        return self.database.url

    def fall(self, here: Place) -> None:
        """Everything stops, then the power is off. What a living program makes of a dead disk would be no part of a cut."""
        assert here.server is not None
        processes = [here.server.process, *([self.database.process] if self.database else [])]
        pids = [pid for process in processes for pid in load.family(process.pid)]
        _signal(pids, signal.SIGSTOP)
        self.disk.cut()
        _signal(pids, signal.SIGKILL)
        for process in processes:
            process.wait()
        here.stop()
        self.running.close()
        self.disk.unmount()


def _signal(pids: list[int], what: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)


def run(words: list[str]) -> bool:
    cuts, is_postgresql = QUICK if "quick" in words else FULL, "--postgresql" in words
    table = Table(f"cuts, {'PostgreSQL' if is_postgresql else 'SQLite'}")
    try:
        with _site(is_postgresql=is_postgresql) as site:
            _cut_again_and_again(site, cuts, table)
    except disks.NotAllowed as error:
        table.add("power cuts", "not tried")
        table.said.append(f"not tried: {error}")
    return table.tell()


@contextmanager
def _site(*, is_postgresql: bool) -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        with disks.disk(MEGABYTES) as disk:
            site = Site(disk, postgres.Installation(folder) if is_postgresql else None)
            if site.installation is not None:
                site.data.mkdir()
                site.installation.initialise(site.data)
            try:
                yield site
            finally:
                site.running.close()
    finally:
        shutil.rmtree(folder)


def _cut_again_and_again(site: Site, cuts: int, table: Table) -> None:
    url = site.start_database()
    with place.made(LEARNERS, database_url=url, folder=site.disk.here / "site") as here:
        os.sync()
        here.start()
        crowd = Crowd(here, WRITERS)
        lost, broken, vanished = list[str](), list[str](), 0
        with crowd.working():
            for number in range(1, cuts + 1):
                so_far = crowd.acknowledged
                until(lambda so_far=so_far: crowd.acknowledged > so_far + 5 * WRITERS, 60, "requests acknowledged")  # type: ignore[misc]
                time.sleep(random.uniform(0, 1.5))
                (site.disk.here / f"unflushed-{number}").write_bytes(b"x" * 4096)
                site.fall(here)
                site.disk.mount()
                vanished += not _is_whole(site.disk.here / f"unflushed-{number}")
                site.start_database()
                broken += _faults(here)
                lost += [f"cut {number}: {line}" for line in compare(here.database_url, crowd.ledger)]
                here.start()
            so_far = crowd.acknowledged
            until(lambda: crowd.acknowledged > so_far + 5 * WRITERS, 60, "requests acknowledged after the last cut")
        table.at_least("power cuts", cuts, cuts)
        table.at_least("  that lost a file written without a flush", vanished, cuts)
        table.add("requests acknowledged", crowd.acknowledged)
        table.add("requests without an answer, sent again", crowd.count("no answer"))
        table.add("requests answered 'not saved', sent again", crowd.count("not saved (503)"))
        table.none_of("databases that were not whole after a cut", broken)
        table.none_of("acknowledged and lost, or stored twice, after any cut", lost)
        judge(table, here, crowd)
        here.stop()


def _is_whole(path: Path) -> bool:
    return path.exists() and path.read_bytes() == b"x" * 4096


def _faults(here: Place) -> list[str]:
    """What SQLite says of its file; PostgreSQL has proved its own by starting."""
    if not here.database_url.startswith("sqlite"):
        return []
    with closing(sqlite3.connect(here.database_url.removeprefix("sqlite:///"))) as connection:
        said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        said += [f"{row[0]} {row[1]}: its {row[2]} is missing" for row in connection.execute("PRAGMA foreign_key_check")]
    return [line for line in said if line != "ok"]
