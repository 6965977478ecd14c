"""`./dev bench size`: the reports of a seeded crowd while learners write, against what is promised for a million of them.

On a machine with two cores the seed of a million takes some minutes; without ``--learners`` a tenth is made. Nothing fails: the
table says what falls short.
"""

from __future__ import annotations

import argparse
import html
import http.client
import itertools
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from course import clock
from tests.bench import load, naive, ratios, site
from tests.bench.beside import beside
from tests.bench.lines import Row, spread
from tests.rig import postgres
from tests.rig.server import ROOT, Server, serving, serving_course

A_SECOND = 100  # requests that write, at first half of them quizzes to grade
AT_WORK = 300  # learners who write: each closes 8 attempts and marks 40 lessons as done
WORKERS = 2
MOST, WITHIN = 20, 15.0  # times that a page is asked, and seconds that this may take
SAMPLE = 10_000


def measured(words: list[str]) -> list[Row]:
    """Name, value, bound, and whether it is kept."""
    asked = argparse.ArgumentParser(prog="./dev bench size")
    asked.add_argument("--learners", type=int, default=100_000)
    asked.add_argument("--postgresql", action="store_true")
    options = asked.parse_args(words)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environ = {"COURSE_INSTANCE": str(folder / "instance")}
        if options.postgresql:
            cluster = stack.enter_context(postgres.cluster(*postgres.LARGE, is_durable=True))
            environ["COURSE_DATABASE_URL"] = cluster.url(cluster.create())
        rows = [*seeded(environ, options.learners), kept(environ)]
        made = site.build_in(environ, AT_WORK)
        readers = Readers.of(environ)
        rows += lessons(made, folder, options.learners)
        with serving_course(folder / "log", workers=WORKERS, environ=environ) as server:  # which reads ahead
            with beside(server, partial(_both, made.closes, made.marks), A_SECOND) as written:
                rows += pages(server, readers)
                rows += export(server, readers)
            rows += [
                (
                    "requests that write: longest wait, s",
                    f"{max(written.latencies):.2f}",
                    "≤ 0.5",
                    max(written.latencies) <= 0.5,
                ),
                ("requests that write: p99, ms", f"{load.percentile(written.latencies, 0.99) * 1000:.0f}", "", None),
                *none(
                    "requests that write: answers other than 303", sum(written.statuses.values()) - written.statuses.get(303, 0)
                ),
                ("requests that write: how many", f"{len(written.latencies):,}", "", None),
            ]
            took, wrong = naive.compared(lambda path: ask(server, path, readers.administrator), environ)
            rows += [("the naive count of the report, s", f"{took:.1f}", "", None)]
            rows += [row for words_, number in wrong for row in none(words_, number)]
        command = [sys.executable, "-m", "course", "verify", "--sample", str(SAMPLE)]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | environ, check=False, stdout=sys.stderr)
        return [*rows, *none(f"exit of `course verify --sample {SAMPLE}`", done.returncode)]


def seeded(environ: dict[str, str], learners: int) -> list[Row]:
    begun = time.perf_counter()
    command = [sys.executable, "-m", "course", "seed", "--learners", str(learners)]
    subprocess.run(command, cwd=ROOT, env=os.environ | environ, check=True)
    took, peak = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return [
        (f"seeding {learners:,} learners, s", f"{took:.0f}", "≤ 900", took <= 900),
        ("seeding, most memory of a process, MB", f"{peak:.0f}", "≤ 500", peak <= 500),
    ]


def kept(environ: dict[str, str]) -> Row:
    """As the server does when somebody first asks for a past day."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "course", "report", "keep"], cwd=ROOT, env=os.environ | environ, check=True)
    return "keeping what changed on each past day, s", f"{time.perf_counter() - begun:.0f}", "", None


@dataclass(frozen=True)
class Readers:
    """The sign-in of an administrator, and the ids of the country and the municipality in which most learners are."""

    administrator: str
    country: str
    city: str

    @classmethod
    def of(cls, environ: dict[str, str]) -> Readers:
        from course import config, create_app
        from course.accounts import people, sign_ins
        from course.extensions import current_session, intend, let_go

        with create_app(config.load(environ)).app_context():
            intend(to_write=True)
            session, now = current_session(), clock.now()
            given: dict[str, Any] = {"email": "admin@example.org", "name": "An administrator", "language": "en", "now": now}
            person = people.add(session, password=site.PASSWORD, role="administrator", **given)
            cookie = sign_ins.begin(session, person.id, now)
            country, city = (naive.largest(session, kind) for kind in ("country", "municipality"))
            session.commit()
            let_go()
        return cls(cookie, country, city)


def _both(closes: list[bytes], marks: list[site.Mark]) -> Iterator[bytes]:
    """In turns, as long as there are attempts to close."""
    left = iter(closes)
    for mark in site.progress(marks):
        yield mark
        yield from itertools.islice(left, 1)


def pages(server: Server, readers: Readers) -> list[Row]:
    report, today = "/en/reports/completion", clock.now().date()
    days = [(today - timedelta(days=days)).isoformat() for days in (1, 30, 60, 90, 120, 150)]
    past, within = itertools.cycle(days), itertools.cycle([f"{day}T{hour}:27:31Z" for day in days for hour in ("06", "21")])
    inside = f"organisation={readers.city}"
    rows: list[Row] = []
    asked: list[tuple[str, float, Callable[[], str]]] = [
        ("completion report of everything", 0.15, lambda: report),
        ("completion report of a city", 0.06, lambda: f"{report}?{inside}"),
        ("completion report as of a past day", 2.0, lambda: f"{report}?as_of={next(past)}"),
        (
            "completion report as of a past day, of a country",
            2.0,
            lambda: f"{report}?as_of={next(past)}&organisation={readers.country}",
        ),
        ("completion report as of a past day, of a city", 2.0, lambda: f"{report}?as_of={next(past)}&{inside}"),
        ("completion report as of a moment within a day", 2.0, lambda: f"{report}?as_of={next(within)}"),
        (
            "completion report as of a moment within a day, of a country",
            2.0,
            lambda: f"{report}?as_of={next(within)}&organisation={readers.country}",
        ),
        ("completion report as of a moment within a day, of a city", 2.0, lambda: f"{report}?as_of={next(within)}&{inside}"),
        ("completion report as of half an hour ago", 2.0, lambda: f"{report}?as_of={lately()}"),
        ("completion report as of half an hour ago, of a city", 2.0, lambda: f"{report}?as_of={lately()}&{inside}"),
        *((f"people behind a figure of {words}", 0.1, partial(str, path)) for words, path in people(server, readers)),
    ]
    for words, bound, path in asked:
        took = timed(server, path, readers.administrator)
        p95 = load.percentile(took, 0.95)
        rows.append((f"{words}: p95 in ms of {len(took)}", f"{p95 * 1000:,.0f}", f"≤ {bound * 1000:,.0f}", p95 <= bound))
    return rows


def lately() -> str:
    return (clock.now() - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")


def people(server: Server, readers: Readers) -> Iterator[tuple[str, str]]:
    """Lists of everybody and of a few, from the first page, from a deep one by its number, and from that one on by its link."""
    path, inside = "/en/reports/completion/people", f"organisation={readers.city}"
    for words, query in (
        ("everything", "state=completed"),
        ("everything: enrolled", "state=enrolled"),
        ("everything: not started", "state=not_started"),
        ("everything: passed all", "state=passed"),
        ("everything: certificates", "state=certified"),
        ("everything: learners and staff", "state=started&who=everyone"),
        ("a module", "state=passed&module=housing"),
        ("a module: not started", "state=not_started&module=housing"),
        ("a city", f"state=started&{inside}"),
        ("a city: certificates", f"state=certified&{inside}"),
        ("a city, in a module", f"state=completed&module=housing&{inside}"),
    ):
        yield words, f"{path}?{query}"
    first = ask(server, f"{path}?state=enrolled", readers.administrator).decode()
    pages = int(re.findall(r"<span>Page 1 of ([^<]+)</span>", first)[0])
    deep = f"{path}?state=enrolled&page={pages // 2}"
    yield f"everything, page {pages // 2:,} by its number", deep
    links = re.findall(r'<a href="([^"]+)">(Previous|Next)</a>', ask(server, deep, readers.administrator).decode())
    for link, words in links:
        yield f"everything, {words.lower()} of it", html.unescape(link)


def timed(server: Server, path: Callable[[], str], cookie: str) -> list[float]:
    took: list[float] = []
    while len(took) < MOST and (len(took) < 3 or sum(took) < WITHIN):
        begun = time.perf_counter()
        ask(server, path(), cookie)
        took.append(time.perf_counter() - begun)
    return took


def ask(server: Server, path: str, cookie: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    connection.request("GET", path, headers={"Cookie": f"course={cookie}"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}\n{body.decode()[:500]}")
    return body


def export(server: Server, readers: Readers) -> list[Row]:
    """The CSV of everybody, read as fast as it comes, and how much memory the server takes meanwhile."""
    family = load.family(server.process.pid)
    before, most, over = load.memory(family), [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.3):
            most[0] = max(most[0], load.memory(family))

    watcher = threading.Thread(target=watch)
    watcher.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    begun = time.perf_counter()
    connection.request("GET", "/en/reports/completion/people.csv?head=0", headers={"Cookie": f"course={readers.administrator}"})
    answer = connection.getresponse()
    count = answer.read(1).count(b"\n")
    first = time.perf_counter() - begun
    while piece := answer.read(1 << 18):
        count += piece.count(b"\n")
    took = time.perf_counter() - begun
    over.set()
    watcher.join()
    connection.close()
    speed, grown = (count - 1) / took, most[0] - before
    return [
        (f"CSV of {count - 1:,} people: first byte, s", f"{first:.2f}", "≤ 0.5", first <= 0.5),
        ("CSV of people: rows a second", f"{speed:,.0f}", "≥ 50,000", speed >= 50_000),
        ("CSV of people: memory of the server, MB more", f"{grown:.0f}", "≤ 50", grown <= 50),
    ]


def lessons(made: site.Made, folder: Path, learners: int) -> list[Row]:
    """The signed-in lesson page here and in an instance of 100 learners, each against the bare application, in turns."""
    small = site.build_in({"COURSE_INSTANCE": str(folder / "small")}, learners=100)
    page = folder / "page.html"
    with serving("wsgi:app", folder / "large.log", environ=made.environ) as large:
        page.write_bytes(ask(large, made.lesson, made.cookies[0]))
        with (
            serving("wsgi:app", folder / "small.log", environ=small.environ) as few,
            serving("tests.bench.bare:app", folder / "bare.log", environ={"BENCH_PAGE": str(page)}) as bare,
        ):
            asked = {"bare": ratios.Asked(bare, lambda: itertools.repeat(load.get("/")))}
            asked |= {
                name: ratios.of_learners(server, of)["lesson"]
                for name, server, of in (("large", large, made), ("small", few, small))
            }
            found = ratios.in_turns(asked)
    shares = {name: ratios.costs(found, name).rounds for name in ("large", "small")}
    ratio = statistics.median(large / few for large, few in zip(shares["large"], shares["small"], strict=True))
    return [
        (f"lesson page, bare Flask's CPU / ours, {learners:,} learners", spread(shares["large"]), "", None),
        ("lesson page, bare Flask's CPU / ours, 100 learners", spread(shares["small"]), "", None),
        ("lesson page, the one of these / the other", f"{ratio:.2f}", "≥ 0.9", ratio >= 0.9),
    ]


def none(words: str, number: int) -> list[Row]:
    return [(words, f"{number:,}", "= 0", number == 0)]
