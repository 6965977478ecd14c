"""`./dev bench busy`: many at once, in an instance with a seeded crowd, and what a server takes to start and to be there.

Crowds arrive at a rate whatever the server does, and who is late counts from when they were due.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from course import clock, config
from tests.bench import attempt, lines, load, ratios, site, size
from tests.bench.beside import Requests, Seen, beside
from tests.bench.lines import Line
from tests.rig.server import Server, serving, serving_course

LEARNERS = 50_000
FEW = 100
AT_WORK = 600
SECONDS = 15.0  # of each crowd
READ, SIGN_INS = 100, 30  # a second
ANYWHERE = "127.0.1.{}"  # one address may sign in 60 times in five minutes, and a storm comes from many
NEWCOMERS = 300  # enough that nobody signs in more than ten times
STARTS = 5


def measured(learners: int = LEARNERS) -> list[Line]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few = site.build_in({"COURSE_INSTANCE": str(folder / "few")}, FEW)
        environ = {"COURSE_INSTANCE": str(folder / "crowd")}
        said = [Line(*row) for row in size.seeded(environ, learners)]
        crowd = site.build_in(environ, AT_WORK)
        readers, newcomers = size.Readers.of(environ), site.newcomers(environ, NEWCOMERS)
        first = replace(crowd, closes=crowd.closes[: len(few.closes)])
        said += alike(few, first, folder, learners)
        said += attempt.measured(folder)
        with serving("wsgi:app", folder / "crowd.log", workers=2, environ=environ) as server:
            pages = partial(itertools.cycle, [load.get(crowd.lesson, cookie) for cookie in crowd.cookies[:FEW]])
            said += submitting(server, crowd.closes[len(few.closes) :])
            with beside(server, pages, READ) as seen:
                time.sleep(SECONDS)
            said += read("nothing else", seen, 0.05)
            said += signing_in(server, pages, newcomers, config.load(environ).secret_key)
            said += exporting(server, pages, readers)
        return [*said, *memory(few, folder), start(few)]


def alike(few: site.Made, crowd: site.Made, folder: Path, learners: int) -> list[Line]:
    """What learners ask costs the same in a crowd as among a hundred: CPU of the server, one server beside the other."""
    with (
        ratios.pinned(ratios.SERVER_CORE),
        serving("wsgi:app", folder / "few.log", environ=few.environ) as small,
        serving("wsgi:app", folder / "large.log", environ=crowd.environ) as large,
        ratios.pinned(ratios.CLIENT_CORE),
    ):
        asked = {("few", kind): one for kind, one in ratios.of_learners(small, few).items()}
        asked |= {("crowd", kind): one for kind, one in ratios.of_learners(large, crowd).items()}
        found = ratios.in_turns({" ".join(names): asked[names] for names in sorted(asked, key=lambda names: names[1])})
    said = []
    for kind, words in (
        ("lesson", "lesson page"), ("revisit", "lesson page again"), ("progress", "lesson done"), ("quiz", "quiz graded"),
    ):  # fmt: skip
        share = cost(found[f"few {kind}"]) / cost(found[f"crowd {kind}"])
        said.append(Line(f"{words}: CPU with {FEW} learners / with {learners:,}", f"{share:.2f}", "≥ 0.9", share >= 0.9))
    return said


def cost(rounds: list[load.Round]) -> float:
    """Of one request, over all rounds: few learners have too few quizzes for one round to tell."""
    return sum(one.cpu * len(one.latencies) for one in rounds) / sum(len(one.latencies) for one in rounds)


def submitting(server: Server, closes: list[bytes]) -> list[Line]:
    """As fast as the server answers, on two workers."""
    found = load.run(server.port, iter(closes), pids=[], seconds=SECONDS, connections=16)
    words = f"{len(found.latencies):,} quizzes to grade on 2 workers, 16 connections"
    return [
        Line(f"{words}: a second", f"{found.per_second:,.0f}", "", None),
        lines.at_most(f"{words}: p99 in ms", found.percentile(0.99) * 1000, 50),
        lines.none(f"{words}: answers other than 303", ratios.wrong([found], 303)),
    ]


def signing_in(server: Server, pages: Requests, newcomers: list[site.Newcomer], key: str) -> list[Line]:
    with beside(server, pages, READ) as seen, beside(server, partial(sign_ins, newcomers, key), SIGN_INS, ANYWHERE) as entered:
        time.sleep(SECONDS)
    name = f"{len(entered.latencies):,} sign-ins, {SIGN_INS} a second"
    return [
        *read(f"{SIGN_INS} sign in a second", seen, 0.05),
        Line(f"{name}: p99 in ms", f"{load.percentile(entered.latencies, 0.99) * 1000:,.0f}", "", None),
        lines.none(f"{name}: answers other than 303", entered.wrong(303)),
    ]


def sign_ins(newcomers: list[site.Newcomer], key: str) -> Iterator[bytes]:
    """Each from a browser that has the page with the form."""
    for number, newcomer in enumerate(itertools.cycle(newcomers)):
        cookie = f"{number:032}"
        fields = {"csrf_token": site.token_of(cookie, key), "email": newcomer.email, "password": site.PASSWORD}
        yield load.post("/en/account/sign-in", cookie, urlencode(fields).encode())


def exporting(server: Server, pages: Requests, readers: size.Readers) -> list[Line]:
    """Two people who fetch everybody again and again, and one who looks at one past day after the other."""
    over, count = threading.Event(), Counter[str]()

    def fetch(what: str, paths: Iterator[str]) -> None:
        while not over.is_set():
            size.ask(server, next(paths), readers.administrator)
            count[what] += 1

    today, report = clock.now().date(), "/en/reports/completion"
    past = itertools.cycle([f"{report}?as_of={today - timedelta(days=days)}" for days in range(1, 150)])
    everybody = itertools.repeat(f"{report}/people.csv")
    work = [("whole CSVs", everybody), ("whole CSVs", everybody), ("as-of reports", past)]
    threads = [threading.Thread(target=fetch, args=one) for one in work]
    with beside(server, pages, READ) as seen:
        for thread in threads:
            thread.start()
        time.sleep(SECONDS)
        over.set()
        for thread in threads:
            thread.join()
    said = [Line(f"{what} meanwhile", f"{number:,}", "≥ 1", number >= 1) for what, number in sorted(count.items())]
    return [*read("two export everybody and one reads as-of reports", seen, 0.15), *said]


def read(meanwhile: str, seen: Seen, bound: float) -> list[Line]:
    words = f"lesson page, {READ} a second, while {meanwhile}"
    return [
        lines.at_most(f"{words}: p99 in ms", load.percentile(seen.latencies, 0.99) * 1000, bound * 1000),
        lines.none(f"{words}: answers other than 200", seen.wrong(200)),
    ]


def memory(made: site.Made, folder: Path) -> list[Line]:
    """Of a server that has shown pages, graded and written: of its workers, and with the process that minds them."""
    said = []
    for workers, bound in ((1, 85), (2, 130)):
        with serving_course(folder / "memory.log", workers=workers, environ=made.environ) as server:
            for asked in ratios.of_learners(server, made).values():
                load.run(server.port, itertools.islice(asked.requests(), 1000), pids=[], seconds=2.0)
            minder, *others = load.family(server.process.pid)
            held, beside = load.memory(others), load.memory([minder])
        words = f"memory of {workers} worker{'s' * (workers > 1)}"
        said += [
            lines.at_most(f"{words}, PSS in MB", held, bound),
            Line(f"{words} and what minds them, PSS in MB", f"{held + beside:,.0f}", "", None),
        ]
    return said


def start(made: site.Made) -> Line:
    """From the command of a server, without watching the folder, to its first page."""
    took = [site.seconds_to_first_page([sys.executable, "-m", "course", "serve"], made) for _ in range(STARTS)]
    return Line("start of the server to its first page, s", lines.spread(took), "≤ 1", statistics.median(took) <= 1)
