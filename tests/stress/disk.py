"""The disk is full and gets room again, a file may not grow, the database may only be read: nothing is lost, nothing restarted.

    ./dev stress disk [quick]

While it lasts pages are shown, and forms answer 503 with Retry-After and a page that says "not saved".
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from tests.stress import disks, place
from tests.stress.learning import Crowd, until
from tests.stress.locks import Readers
from tests.stress.place import Place
from tests.stress.telling import Table, judge

WRITERS, LEARNERS, MEGABYTES = 8, 40, 64
FULL, QUICK = 3, 1  # times that each happens
REFUSED = 40  # answers of "not saved" that are awaited each time
SMALL = 64 * 1024  # bytes beyond which nothing may be written to a file
LASTS = 60.0  # seconds within which they come


def run(words: list[str]) -> bool:
    table = Table("disk, SQLite")
    with ExitStack() as stack:
        faults = dict(FAULTS)
        try:
            folder = stack.enter_context(disks.disk(MEGABYTES)).here
        except disks.NotAllowed as error:
            folder = None
            for name in ("disk full", "database that may only be read"):
                del faults[name]
                table.add(name, "not tried")
            table.said.append(f"not tried: {error}")
        here = stack.enter_context(place.made(LEARNERS, folder=folder))
        here.start()
        crowd = Crowd(here, WRITERS)
        with crowd.working(), Readers(here) as readers:
            time.sleep(2)
            for name, fault in list(faults.items()) * (QUICK if "quick" in words else FULL):
                _let_happen(name, fault(here), crowd, readers, table)
        table.none_of("pages that were not shown", readers.wrong)
        table.add("requests acknowledged", crowd.acknowledged)
        judge(table, here, crowd)
        here.stop()
    return table.tell()


def _let_happen(name: str, fault: AbstractContextManager[None], crowd: Crowd, readers: Readers, table: Table) -> None:
    before, shown = crowd.count("not saved (503)"), len(readers.times)
    with fault:
        until(lambda: crowd.count("not saved (503)") >= before + REFUSED, LASTS, f"{name}: forms answer 'not saved'")
        refused, pages = crowd.count("not saved (503)") - before, len(readers.times) - shown
    healed, so_far = time.monotonic(), crowd.acknowledged
    until(lambda: crowd.acknowledged > so_far + 3 * WRITERS, LASTS, f"{name} mended: forms are saved again")
    table.add(f"{name}: answered 'not saved'", refused, True)
    table.add("  pages shown meanwhile", pages, pages > 0)
    table.add("  seconds until all was well", f"{time.monotonic() - healed:.2f}")


@contextmanager
def _no_room(here: Place) -> Iterator[None]:
    ballast = disks.fill(here.folder)
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def _no_growing(here: Place) -> Iterator[None]:
    """As an operator's limit on the size of files does, one that the database is beyond already."""
    _limit(here, SMALL)
    try:
        yield
    finally:
        _limit(here, resource.RLIM_INFINITY)


def _limit(here: Place, size: int) -> None:
    for pid in here.workers():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def _no_writing(here: Place) -> Iterator[None]:
    files = [here.folder / "instance" / name for name in ("course.sqlite3", "course.sqlite3-wal")]
    for file in files:
        disks.forbid_writing(file, is_forbidden=True)
    try:
        yield
    finally:
        for file in files:
            disks.forbid_writing(file, is_forbidden=False)


FAULTS = {
    "disk full": _no_room,
    "file that may not grow": _no_growing,
    "database that may only be read": _no_writing,
}
