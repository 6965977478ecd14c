"""Learners' requests against the bare application: the same bytes, server and core, in turns."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import click

from tests.bench import lines, load, site
from tests.bench.lines import Line, Ratios
from tests.rig.server import Server, serving

ROUNDS, SECONDS = 5, 2.0
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = 0, 1


@dataclass(frozen=True)
class Asked:
    """What one kind of request is asked of, and its requests for one round."""

    server: Server
    requests: Callable[[], Iterator[bytes]]


Found = dict[str, list[load.Round]]


def measured(made: site.Made, short: site.Made, folder: Path, number: int = ROUNDS) -> list[Line]:
    """Lesson page and graded quizzes against the bare application, server and client on a core each."""
    page = folder / "page.html"
    with pinned(SERVER_CORE), serving("wsgi:app", folder / "ours.log", environ=made.environ) as ours:
        with pinned(CLIENT_CORE):
            page.write_bytes(fetch(ours, made.lesson, made.cookies[0]))
        with (
            serving("tests.bench.bare:app", folder / "bare.log", environ={"BENCH_PAGE": str(page)}) as bare,
            serving("wsgi:app", folder / "short.log", environ=short.environ) as other,
            pinned(CLIENT_CORE),
        ):
            asked = {"bare": Asked(bare, lambda: itertools.repeat(load.get("/")))} | of_learners(ours, made, number)
            asked["short"] = Asked(other, parts(short.closes, number))
            found = in_turns(asked, number)
            return [
                Line("bytes of the lesson page, as measured", f"{page.stat().st_size:,}", "", None),
                *told(found),
                *held(ours),
            ]


def of_learners(server: Server, made: site.Made, number: int = ROUNDS) -> dict[str, Asked]:
    """The four kinds that every learner asks."""
    cookies, marks = made.cookies[:100], site.progress(made.marks)

    def revisits() -> Iterator[bytes]:
        """Of the page as it is by now: marking lessons as done changes it."""
        return itertools.cycle([load.get(made.lesson, cookie, tag_of(server, made.lesson, cookie)) for cookie in cookies])

    return {
        "lesson": Asked(server, lambda: itertools.cycle([load.get(made.lesson, cookie) for cookie in cookies])),
        "revisit": Asked(server, revisits),
        "progress": Asked(server, lambda: marks),
        "quiz": Asked(server, parts(made.closes, number)),
    }


def parts(closes: list[bytes], number: int) -> Callable[[], Iterator[bytes]]:
    """Attempts can be closed once: an equal share of them for each round."""
    left = iter(closes)
    return lambda: itertools.islice(left, len(closes) // (number + 1))


def in_turns(asked: Mapping[str, Asked], number: int = ROUNDS) -> Found:
    """So many rounds of each kind, after one that warms up."""
    found: Found = {name: [] for name in asked}
    with click.progressbar(range(number + 1), label="Rounds") as bar:
        for round_ in bar:
            for name, one in asked.items():
                pids = load.family(one.server.process.pid)
                result = load.run(one.server.port, one.requests(), pids=pids, seconds=SECONDS)
                if round_:
                    found[name].append(result)
    return found


def told(found: Found) -> list[Line]:
    said: list[Line] = []
    for name, words, bound, status in (
        ("lesson", "signed-in lesson page", 0.35, 200),
        ("revisit", "lesson page that the browser has", 0.45, 304),
        ("progress", "lesson marked as done", 0.24, 303),
        ("short", "graded quiz of 5 items", 0.15, 303),
        ("quiz", "graded quiz of the course", 0.0, 303),
    ):
        said += [
            lines.ratio(f"{words}: throughput / bare Flask", speeds(found, name), bound),
            lines.ratio(f"{words}: bare Flask's CPU / ours", costs(found, name)),
            Line(
                f"{words}: p99 in ms, 8 connections",
                lines.spread([round_.percentile(0.99) * 1000 for round_ in found[name]]),
                "",
                None,
            ),
            lines.none(f"{words}: answers other than {status}", wrong(found[name], status)),
        ]
    return said


def speeds(found: Found, name: str, ceiling: str = "bare") -> Ratios:
    return Ratios([o.per_second for o in found[name]], [b.per_second for b in found[ceiling]], "requests/s")


def costs(found: Found, name: str, ceiling: str = "bare") -> Ratios:
    return Ratios([o.cpu for o in found[name]], [b.cpu for b in found[ceiling]], "µs of CPU", is_cost=True)


def wrong(rounds: list[load.Round], status: int) -> int:
    return sum(number for result in rounds for code, number in result.statuses.items() if code != status)


def held(server: Server) -> list[Line]:
    family = load.family(server.process.pid)
    worker = max(load.memory([pid]) for pid in family)
    return [
        Line("memory of one worker, PSS in MB", f"{worker:.0f}", "≤ 85", worker <= 85),
        Line("memory of it with its supervisor", f"{load.memory(family):.0f}", "", None),
    ]


def fetch(server: Server, path: str, cookie: str, *, packed: bool = False) -> bytes:
    """The bytes of a page as they are sent."""
    headers = ({"Cookie": f"course={cookie}"} if cookie else {}) | ({"Accept-Encoding": "gzip"} if packed else {})
    with urlopen(Request(f"{server.url}{path}", headers=headers), timeout=10) as answer:
        return bytes(answer.read())


def tag_of(server: Server, path: str, cookie: str) -> str:
    with urlopen(Request(f"{server.url}{path}", headers={"Cookie": f"course={cookie}"}), timeout=10) as answer:
        return str(answer.headers["ETag"])


@contextmanager
def pinned(which: int) -> Iterator[None]:
    """What is done or started inside runs on one core; the cores from before come back afterwards."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CORES[which % len(CORES)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
