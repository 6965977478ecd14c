"""Mutation testing of the grading library: mutmut changes one thing at a time, and the tests must notice.

It works in a folder of its own, `.tools/mutation`, and keeps what it has found: a run that was stopped goes on; changed
functions are tried again, and what survived whenever a test has changed. Delete the folder to begin anew. What reads and
writes other formats is left out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.rig.server import ROOT

PLACE = ROOT / ".tools" / "mutation"
LEAST = 90  # percent of the mutants that the tests must kill
CHILDREN = 2
SURVIVED, UNTESTED = {0}, {33, 5, None}
SETTINGS = """\
[tool.mutmut]
source_paths = ["quizzes"]
do_not_mutate = ["quizzes/formats/*"]
also_copy = ["conftest.py"]
pytest_add_cli_args_test_selection = ["tests/quizzes"]
pytest_add_cli_args = ["-p", "no:xdist", "-p", "no:cacheprovider", "--ignore-glob=tests/quizzes/*format*"]
timeout_multiplier = 5.0
timeout_constant = 2.0
use_git_change_detection = false
on_dependency_change = "ignore"

[tool.pytest.ini_options]
addopts = ["--import-mode=importlib"]
pythonpath = ["."]
filterwarnings = ["error"]
"""


def run(modules: list[str]) -> bool:
    """Of all modules, or of those named (`credit`, `kinds.cloze`). Prints what survived; True when enough is killed."""
    prepare()
    chosen = [f"quizzes.{module}.*" for module in modules]
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    done = subprocess.run([mutmut, "run", "--max-children", str(CHILDREN), *chosen], cwd=PLACE, check=False)
    if done.returncode:
        return False
    return tell({name: codes for name, codes in results().items() if not modules or name in modules})


def prepare() -> None:
    """Brings the folder to the present state. Files that are the same keep their time, by which mutmut knows them."""
    wanted: dict[Path, bytes] = {
        path.relative_to(ROOT): path.read_bytes()
        for part in ("quizzes", "tests/quizzes")
        for path in (ROOT / part).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    wanted[Path("pyproject.toml")] = SETTINGS.encode()
    wanted[Path("conftest.py")] = (Path(__file__).parent / "on_mutants.py").read_bytes()
    changed = {path for path, content in wanted.items() if _brought(PLACE / path, content)}
    if any(path.parts[0] == "tests" for path in changed):
        _try_survivors_again()
    for part in ("quizzes", "tests"):
        for place in (PLACE / part).rglob("*.py"):
            if place.relative_to(PLACE) not in wanted:
                place.unlink()
    shutil.rmtree(PLACE / "mutants" / "tests", ignore_errors=True)  # mutmut copies them once, and would keep the old ones


def _brought(place: Path, content: bytes) -> bool:
    """Whether anything had to be written."""
    if place.exists() and place.read_bytes() == content:
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return True


def _try_survivors_again() -> None:
    for path in (PLACE / "mutants" / "quizzes").rglob("*.meta"):
        held = json.loads(path.read_text())
        codes = held["exit_code_by_key"]
        held["exit_code_by_key"] = {name: None if code in SURVIVED else code for name, code in codes.items()}
        path.write_text(json.dumps(held))


def results() -> dict[str, dict[str, int | None]]:
    """Module → mutant → what its tests ended with."""
    found = {}
    for path in sorted((PLACE / "mutants" / "quizzes").rglob("*.meta")):
        module = path.relative_to(PLACE / "mutants" / "quizzes").with_suffix("").with_suffix("")
        found[".".join(module.parts).removesuffix(".__init__")] = json.loads(path.read_text())["exit_code_by_key"]
    return found


def tell(found: dict[str, dict[str, int | None]]) -> bool:
    total: Counter[str] = Counter()
    for module, codes in found.items():
        survived = sorted(name for name, code in codes.items() if code in SURVIVED)
        untested = sorted(name for name, code in codes.items() if code in UNTESTED)
        killed = len(codes) - len(survived) - len(untested)
        total.update(killed=killed, all=len(codes))
        print(f"{module:<20} {killed:>5} of {len(codes):>5} killed")
        for name in (*survived, *untested):
            print(f"    {'lives' if name in survived else 'not tried'}: {name}")
    share = 100 * total["killed"] / total["all"] if total["all"] else 0
    print(f"{share:.1f} % of {total['all']} mutants killed; {LEAST} % are wanted. In {PLACE}, `mutmut show NAME` shows one.")
    return share >= LEAST
