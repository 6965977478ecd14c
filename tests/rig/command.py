"""The command `course`, run as a person runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.courses import write_small_course
from tests.rig.server import ROOT


class Command:
    """`python -m course …` on an instance of its own."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.modules = folder / "modules"
        self.environ = os.environ | {
            "COURSE_INSTANCE": str(folder / "instance"),
            "COURSE_DATABASE_URL": database_url,
            "COURSE_MODULES": str(self.modules),
        }

    def __call__(self, *words: str, code: int = 0, **environ: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "course", *words],
            env=self.environ | environ, cwd=ROOT, capture_output=True, text=True, check=False, encoding="utf-8",
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def command(tmp_path: Path, database_url: str) -> Command:
    write_small_course(tmp_path / "modules")
    return Command(tmp_path, database_url)
