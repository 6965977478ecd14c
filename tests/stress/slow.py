"""500 clients that send one byte a second, or ask for pages and read none, while others read and write as always.

./dev stress slow [quick]
"""

from __future__ import annotations

import itertools
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlencode

from tests.bench import load
from tests.courses import SVG
from tests.stress import place
from tests.stress.learning import LESSON, Crowd
from tests.stress.place import Place
from tests.stress.telling import Table, judge

CLIENTS, LEARNERS, WRITERS = 500, 20, 1
FULL, QUICK = 40, 8  # seconds for each kind of slow client
BOUND = 0.150  # seconds, at the 99th percentile of healthy pages
LARGE = SVG.replace("</svg>", f"<!-- {'x' * 1_900_000} --></svg>")  # what a reader who reads nothing asks for


def run(words: list[str]) -> bool:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    seconds, table = QUICK if "quick" in words else FULL, Table(f"slow, SQLite, {CLIENTS} slow clients of each kind in turn")
    with place.made(LEARNERS, changes={"housing/media/infographic.svg": LARGE}) as here:
        here.start()
        crowd, wrong = Crowd(here, WRITERS), list[str]()
        with crowd.working():
            _healthy(here, 3, wrong)  # warms up
            table.add("without them: p99 of healthy pages, s", f"{_healthy(here, seconds / 2, wrong).percentile(0.99):.3f}")
            for name, first, rest in _kinds(here):
                with _slow(here, first, rest):
                    time.sleep(2)
                    before = crowd.acknowledged
                    round_ = _healthy(here, seconds, wrong)
                    p99, number = round_.percentile(0.99), len(round_.latencies)
                    table.add(
                        f"slow {name}: p99 of {number:,} healthy pages, s", f"{p99:.3f} (at most {BOUND:g})", p99 <= BOUND
                    )
                    table.add("  forms saved meanwhile", crowd.acknowledged - before, crowd.acknowledged > before)
        table.none_of("pages that were not shown", wrong)
        judge(table, here, crowd)
        return table.tell()


def _healthy(here: Place, seconds: float, wrong: list[str]) -> load.Round:
    """Four people who read one page after the other."""
    pages = [load.get(path, who.cookie) for who in here.learners for path in (LESSON, "/en/", "/en/progress")]
    found = load.run(here.port, itertools.cycle(pages), pids=[], seconds=seconds, connections=4)
    wrong += [f"{number} × {status}" for status, number in found.statuses.items() if status != 200]
    return found


def _kinds(here: Place) -> Iterator[tuple[str, bytes, bytes]]:
    """What a slow client sends at once, and what byte by byte."""
    who = here.learners[0]
    form = load.post(
        f"{LESSON}/done", who.cookie, urlencode({"csrf_token": who.token, "seen": "0", "filler": "x" * 200}).encode()
    )
    head = form.index(b"\r\n\r\n") + 4
    yield "headers", form[:20], form[20:]
    yield "bodies", form[:head], form[head:]
    digest = next((here.folder / "instance" / "assets").iterdir()).name
    yield "readers", load.get(f"/assets/{digest}/infographic.svg"), b""


@contextmanager
def _slow(here: Place, first: bytes, rest: bytes) -> Iterator[None]:
    """Clients that the server gives up on are replaced, as those of an attacker are."""
    lines = [_open(here, first) for _ in range(CLIENTS)]
    over = threading.Event()

    def send() -> None:
        place_ = 0
        while not over.wait(1):
            for number, line in enumerate(lines):
                try:
                    if rest:
                        line.send(rest[place_ % len(rest) :][:1])
                except OSError:
                    line.close()
                    lines[number] = _open(here, first)
            place_ += 1

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        for line in lines:
            line.close()


def _open(here: Place, first: bytes) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(30)
    line.connect(("127.0.0.1", here.port))
    line.setblocking(False)
    with suppress(BlockingIOError):
        line.send(first)
    return line
