"""Every branch of the grading library is taken by its own tests. What reads and writes other formats has tests of its own.

Properties get few and always the same examples here, so that the figure owes nothing to chance.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.rig.server import ROOT

LEAST = 100  # percent


def run(_: list[str]) -> bool:
    environ = os.environ | {"COVERAGE_FILE": str(ROOT / ".tools" / "coverage")}
    tests = ("-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-p", "tests.stress.on_mutants", "tests/quizzes")
    report = ("report", "--show-missing", "--skip-covered", f"--fail-under={LEAST}", "--omit", "quizzes/formats/*")
    for words in (("run", "--branch", "--source", "quizzes", *tests), report):
        if subprocess.run([sys.executable, "-m", "coverage", *words], cwd=ROOT, env=environ, check=False).returncode:
            return False
    return True
