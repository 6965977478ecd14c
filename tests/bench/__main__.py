"""`./dev bench`: what the course must reach, as ratios in one run, medians of rounds in turn. Exit 1 if any falls short.

`./dev bench quick`, `./dev bench regrade` and `./dev bench reports` are its parts; the second takes three minutes. The third is
of 200,000 learners, or of as many as are named: `./dev bench reports 1000000`. `./dev bench size` is apart:
the reports of 100,000 learners, or of `--learners 1000000`, in SQLite or with `--postgresql`; it fails nothing.
"""

from __future__ import annotations

import itertools
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import click

from tests.bench import formats, grading, load, regrading, reporting, site, size
from tests.rig.server import ROOT, Server, serving

ROUNDS, SECONDS = 5, 2.0
SERVER_CORE, CLIENT_CORE = 0, 1


@dataclass(frozen=True)
class Line:
    """One line of the table. ``ok`` None is a figure without a bound."""

    name: str
    value: str
    bound: str
    ok: bool | None


def main(words: list[str]) -> int:
    parts: dict[str, Callable[[], list[Line]]] = {"quick": quick, "regrade": regrades, "reports": reports}
    if len(words) == 2 and words[0] == "reports" and words[1].isdigit():
        number = int(words.pop())
        parts["reports"] = lambda: reports(number)
    if words[:1] == ["size"]:
        show([Line(*row) for row in size.measured(words[1:])])
        return 0
    if len(words) > 1 or not parts.keys() >= set(words):
        print(f"`./dev bench` measures everything, `./dev bench PART` one of {', '.join(parts)}, size.", file=sys.stderr)
        return 2
    lines = [line for name in words or parts for line in parts[name]()]
    show(lines)
    return int(any(line.ok is False for line in lines))


def show(lines: list[Line]) -> None:
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    width = max(len(line.name) for line in lines)
    for line in lines:
        mark = {True: "ok", False: "FALLS SHORT", None: ""}[line.ok]
        print(f"{line.name:<{width}}  {line.value:>28}  {line.bound:<10} {mark}")


def regrades() -> list[Line]:
    return [Line(*row) for row in regrading.measured()]


def reports(learners: int = reporting.LEARNERS) -> list[Line]:
    return [Line(*row) for row in reporting.measured(learners)]


def quick() -> list[Line]:
    cores = sorted(os.sched_getaffinity(0))
    lines = [Line(name, spread(values), bound, ok) for name, values, bound, ok in grading.bounds(*grading.measure())]
    lines += [
        Line(f"{words}: 10,000 items against 5,000", spread(ratios), "≤ 2.2", statistics.median(ratios) <= 2.2)
        for words, ratios, _ in formats.measured()
    ]
    with tempfile.TemporaryDirectory() as folder:
        made, short = site.build(Path(folder)), site.build_short(Path(folder) / "short")
        lines += speed(made, short, Path(folder), cores)
        return [*lines, check_time(made.modules), cold_start(made), *weights(made, Path(folder))]


def speed(made: site.Made, short: site.Made, folder: Path, cores: list[int]) -> list[Line]:
    """Lesson page and graded quizzes against the bare application, in turns, server and client on a core each."""
    page = folder / "page.html"
    with pinned(cores, SERVER_CORE), serving("wsgi:app", folder / "ours.log", environ=made.environ) as ours:
        os.sched_setaffinity(0, {cores[CLIENT_CORE % len(cores)]})
        page.write_bytes(fetch(ours, made.lesson, made.cookies[0]))
        environ = {"BENCH_PAGE": str(page)}
        os.sched_setaffinity(0, {cores[SERVER_CORE]})
        with (
            serving("tests.bench.bare:app", folder / "bare.log", environ=environ) as bare,
            serving("wsgi:app", folder / "short.log", environ=short.environ) as other,
        ):
            os.sched_setaffinity(0, {cores[CLIENT_CORE % len(cores)]})
            return rounds(made, short, ours, other, bare, page.stat().st_size)


def rounds(made: site.Made, short: site.Made, ours: Server, other: Server, bare: Server, size: int) -> list[Line]:
    closes, short_closes, marks = iter(made.closes), iter(short.closes), site.progress(made.marks)
    cookies = made.cookies[:100]

    def revisits() -> Iterator[bytes]:
        """Of the page as it is by now: marking lessons as done changes it."""
        return itertools.cycle([load.get(made.lesson, cookie, tag_of(ours, made.lesson, cookie)) for cookie in cookies])

    kinds: dict[str, tuple[Server, Callable[[], Iterator[bytes]]]] = {
        "bare": (bare, lambda: itertools.repeat(load.get("/"))),
        "lesson": (ours, lambda: itertools.cycle([load.get(made.lesson, cookie) for cookie in cookies])),
        "revisit": (ours, revisits),
        "progress": (ours, lambda: marks),
        "quiz": (ours, lambda: itertools.islice(closes, len(made.closes) // (ROUNDS + 1))),
        "short": (other, lambda: itertools.islice(short_closes, len(short.closes) // (ROUNDS + 1))),
    }
    found: dict[str, list[load.Round]] = {name: [] for name in kinds}
    with click.progressbar(range(ROUNDS + 1), label="Rounds") as bar:
        for number in bar:
            for name, (server, requests) in kinds.items():
                pids = load.family(server.process.pid)
                result = load.run(server.port, requests(), pids=pids, seconds=SECONDS)
                if number:  # the first round warms up
                    found[name].append(result)
    lines = []
    for name, words, bound, status in (
        ("lesson", "signed-in lesson page", 0.25, 200),
        ("revisit", "lesson page that the browser has", 0.45, 304),
        ("progress", "lesson marked as done", 0.24, 303),
        ("short", "graded quiz of 5 items", 0.10, 303),
        ("quiz", "graded quiz of the course", 0.0, 303),
    ):
        ratios = [b.cpu / o.cpu for b, o in zip(found["bare"], found[name], strict=True)]
        speeds = [o.per_second / b.per_second for b, o in zip(found["bare"], found[name], strict=True)]
        wrong = sum(n for result in found[name] for code, n in result.statuses.items() if code != status)
        lines += [
            Line(
                f"{words}: throughput / bare Flask",
                spread(speeds),
                f"≥ {bound}" if bound else "",
                statistics.median(speeds) >= bound if bound else None,
            ),
            Line(f"{words}: bare Flask's CPU / ours", spread(ratios), "", None),
            Line(f"{words}: p99 in ms, 8 connections", spread([r.percentile(0.99) * 1000 for r in found[name]]), "", None),
            Line(f"{words}: answers other than {status}", str(wrong), "= 0", wrong == 0),
        ]
    family = load.family(ours.process.pid)
    worker = max(load.memory([pid]) for pid in family)
    return [
        Line("bytes of the lesson page, as measured", f"{size:,}", "", None), *lines,
        Line("memory of one worker, PSS in MB", f"{worker:.0f}", "< 100", worker < 100),
        Line("memory of it with its supervisor", f"{load.memory(family):.0f}", "", None),
    ]  # fmt: skip


def check_time(modules: Path) -> Line:
    """The whole command, as a person waits for it."""
    took = []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "course", "check", str(modules)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - begun)
    return Line("course check, s", spread(took), "< 3", statistics.median(took) < 3)


def cold_start(made: site.Made) -> Line:
    """From the command to the first answer, on an instance that has the course already."""
    took = []
    for _ in range(3):
        port = site.free_port()
        begun = time.perf_counter()
        command = [sys.executable, str(ROOT / "dev"), "run", "--port", str(port)]
        process = subprocess.Popen(command, env=os.environ | made.environ, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            while True:
                try:
                    with urlopen(f"http://127.0.0.1:{port}/en/", timeout=5) as answer:
                        answer.read()
                    break
                except OSError:
                    time.sleep(0.02)
            took.append(time.perf_counter() - begun)
        finally:
            process.terminate()
            process.wait(timeout=30)
    return Line("./dev run to the first page, s", spread(took), "< 3", statistics.median(took) < 3)


def weights(made: site.Made, folder: Path) -> list[Line]:
    """Everything but media that a first visit brings over the wire, as it is sent to a browser."""
    lines = []
    with serving("wsgi:app", folder / "weights.log", environ=made.environ) as server:
        for words, path in (("lesson", made.lesson), ("home", "/en/")):
            html = fetch(server, path, made.cookies[0])
            files = sorted({part.split('"')[0] for part in html.decode().split('="/static/')[1:]})
            sent = [fetch(server, path, made.cookies[0], packed=True)]
            sent += [fetch(server, f"/static/{file}", "", packed=True) for file in files]
            kilobytes = sum(map(len, sent)) / 1000
            lines.append(Line(f"{words} with its CSS and scripts, KB sent", f"{kilobytes:.1f}", "≤ 60", kilobytes <= 60))
    return lines


def fetch(server: Server, path: str, cookie: str, *, packed: bool = False) -> bytes:
    """The bytes of a page as they are sent."""
    headers = ({"Cookie": f"course={cookie}"} if cookie else {}) | ({"Accept-Encoding": "gzip"} if packed else {})
    with urlopen(Request(f"{server.url}{path}", headers=headers), timeout=10) as answer:
        return bytes(answer.read())


def tag_of(server: Server, path: str, cookie: str) -> str:
    with urlopen(Request(f"{server.url}{path}", headers={"Cookie": f"course={cookie}"}), timeout=10) as answer:
        return str(answer.headers["ETag"])


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3g} [{min(values):.3g}..{max(values):.3g}]"


@contextmanager
def pinned(cores: list[int], which: int) -> Iterator[None]:
    """What is started inside runs on one core; the whole set comes back afterwards."""
    os.sched_setaffinity(0, {cores[which % len(cores)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, set(cores))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
