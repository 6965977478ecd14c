"""Turns to write, of threads and of processes."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from course.database import turns
from tests.rig.server import ROOT

OTHER = """
import sys
from course.database.turns import Turns
turns = Turns(sys.argv[1])
turns.take(20)
print("mine", flush=True)
turns.give()
"""
FLOCK = "hhqqi"  # type, whence, start, length, process, as Linux has them on 64 bits
HANGS = """
import fcntl, sys, time
with open(sys.argv[1]) as file:
    fcntl.lockf(file, fcntl.LOCK_SH, 1, 0)
    print(flush=True)
    time.sleep(60)
"""


def test_a_process_that_has_written_for_long_lets_another_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its threads hand turns to each other, and leave no gap but by chance."""
    monkeypatch.setattr(turns, "RUN", 0.0)
    monkeypatch.setattr(turns, "LET", 20.0)
    database = str(tmp_path / "course.sqlite3")
    mine = turns.Turns(database)
    mine.take(1)
    with subprocess.Popen([sys.executable, "-c", OTHER, database], cwd=ROOT, stdout=subprocess.PIPE) as other:
        _until_somebody_waits(Path(f"{database}-turn"))
        mine.give()
        mine.take(20)
        assert other.stdout is not None
        assert other.stdout.readline() == b"mine\n"
        mine.give()
    mine.close()


def test_one_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "RUN", 0.0)
    database = str(tmp_path / "course.sqlite3")
    mine = turns.Turns(database)
    mine.take(1)
    mine.give()
    with subprocess.Popen([sys.executable, "-c", HANGS, f"{database}-turn"], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        mine.take(1)
        mine.give()
        mine.take(1)
        mine.give()
        other.kill()
    mine.close()


def _until_somebody_waits(path: Path) -> None:
    """Looks whose lock is in the way, without taking one: whoever waits tries only once to take theirs."""
    length, start = turns.WAITS
    question = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
    deadline = time.monotonic() + 60
    with path.open("r+b") as file:
        while struct.unpack(FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, question))[0] == fcntl.F_UNLCK:
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.05)
