"""Regrading an item in 100,000 attempts by the command: time, memory, the bar, and a kill half-way."""

from __future__ import annotations

import os
import pty
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import crowd
from tests.rig.server import ROOT

MANY, FEW = 100_000, 10_000
MOST_MEMORY, MOST_SECONDS = 1.2, 200
SAMPLE = 10_000  # learners whose every figure is recomputed; all of them take two minutes
Row = tuple[str, str, str, bool | None]
OTHER = "SELECT a.id FROM attempts AS a JOIN {0}.attempts AS b USING (id) WHERE (a.raw, a.max) IS NOT (b.raw, b.max)"
TOLD = "SELECT attempt_id FROM facts WHERE kind = 'regraded'"
OTHER_STATES = """SELECT person_id FROM module_states AS a JOIN whole.module_states AS b USING (person_id, module) WHERE
    (a.score, a.passed_at IS NULL, a.completed_at IS NULL) IS NOT (b.score, b.passed_at IS NULL, b.completed_at IS NULL)"""


@dataclass(frozen=True)
class Run:
    """A command to its end: its peak of memory in MB, and how many different percentages its bar showed."""

    seconds: float
    peak: float
    steps: int


def measured() -> list[Row]:
    """Name, value, bound, and whether it is kept."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, many = folder / "few", folder / "many"
        made = regrade(*crowd.fill(environ(few), FEW))
        crowd.fill(environ(many), MANY)
        for copy in ("whole", "killed"):
            shutil.copytree(many, folder / copy)
        small, large = watched(few, *made), watched(folder / "whole", *made)
        seen = killed(folder / "killed", *made)
        return [
            ("regrading 100,000 attempts, s", f"{large.seconds:.1f}", f"≤ {MOST_SECONDS}", large.seconds <= MOST_SECONDS),
            ("regrading, attempts a second", f"{MANY / large.seconds:,.0f}", "", None),
            ("regrading 10,000 attempts, peak MB", f"{small.peak:.1f}", "", None),
            ("regrading 100,000 attempts, peak MB", f"{large.peak:.1f}", "", None),
            ("regrading, peak of 100,000 / of 10,000", *at_most(large.peak / small.peak, MOST_MEMORY)),
            ("regrading, percentages its bar showed", str(large.steps), "= 101", large.steps == 101),
            ("learners settled when it was killed", f"{seen:,} of {MANY // crowd.ATTEMPTS:,}", "", None),
            *[(words, f"{count:,}", "= 0", count == 0) for words, count in after_the_kill(folder)],
        ]


def regrade(module: str, item: str) -> tuple[str, ...]:
    return (module, "--item", item, "--rule", "full_marks", "--why", "The item was unfair.")


def environ(instance: Path) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "COURSE_DATABASE_URL"} | {
        "COURSE_INSTANCE": str(instance),
        "PYTHONUTF8": "1",
    }


def watched(instance: Path, *words: str) -> Run:
    """Runs it at a terminal, without which it shows no bar."""
    here, there = pty.openpty()
    begun, peak, said = time.perf_counter(), 0.0, b""
    process = start(instance, words, there)
    os.close(there)
    while True:
        try:
            said += os.read(here, 65536)
        except OSError:  # how Linux says that nobody is at the other end any more
            break
        peak = max(peak, high_water(process.pid))
    os.close(here)
    if process.wait():
        raise SystemExit(said.decode())
    return Run(time.perf_counter() - begun, peak, len(set(re.findall(rb"\d+%", said))))


def killed(instance: Path, *words: str) -> int:
    """Kills it half-way and goes on with it; returns how many learners were settled when it was killed."""
    process = start(instance, words, subprocess.DEVNULL)
    seen = 0
    while seen < MANY // crowd.ATTEMPTS // 2:
        if process.poll() is not None:
            raise SystemExit("the regrade ended before it could be killed")
        time.sleep(0.05)
        seen = ask(instance, "SELECT coalesce(max(seen), 0) FROM regrades")
    process.kill()
    process.wait()
    seen = ask(instance, "SELECT seen FROM regrades WHERE finished_at IS NULL")
    watched(instance, "--continue", ask(instance, "SELECT public_id FROM regrades"))
    return int(seen)


def after_the_kill(folder: Path) -> list[tuple[str, int]]:
    """What must not be there, counted; `many` is how it was before, `whole` how a run without a kill left it."""
    with closing(sqlite3.connect(folder / "killed" / "course.sqlite3")) as connection:
        for name in ("many", "whole"):
            connection.execute(f"ATTACH ? AS {name}", (str(folder / name / "course.sqlite3"),))
        queries = (OTHER.format("many"), TOLD, OTHER.format("whole"), OTHER_STATES)
        changed, told, scores, states = ([row[0] for row in connection.execute(query)] for query in queries)
    command = [sys.executable, "-m", "course", "verify", "--sample", str(SAMPLE)]
    done = subprocess.run(command, cwd=ROOT, env=environ(folder / "killed"), check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
    return [
        ("attempts changed without a fact, or facts without a change", len(set(changed) ^ set(told))),
        ("attempts regraded more than once", len(told) - len(set(told))),
        ("attempts with another score than without the kill", len(scores)),
        ("modules that stand otherwise than without the kill", len(states)),
        (f"exit of `course verify --sample {SAMPLE}`", done.returncode),
    ]


def start(instance: Path, words: tuple[str, ...], output: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "course", "regrade", *words]
    return subprocess.Popen(command, cwd=ROOT, env=environ(instance), stdout=output, stderr=output)


def ask(instance: Path, query: str) -> Any:
    with closing(sqlite3.connect(instance / "course.sqlite3", timeout=30)) as connection:
        return connection.execute(query).fetchone()[0]


def high_water(pid: int) -> float:
    """The most memory a process has held, in MB; 0 once it has ended."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


def at_most(value: float, bound: float) -> tuple[str, str, bool]:
    return f"{value:.2f}", f"≤ {bound}", value <= bound
