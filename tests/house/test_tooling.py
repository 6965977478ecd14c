"""The rules of the house that a machine can keep, as far as they are about tools."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
LEVELS = ("run", "test", "stress", "studio")
PYTHON = sorted(path for part in ("course", "quizzes", "tests") for path in (ROOT / part).rglob("*.py"))
NEVER = {"mock", "unittest"}  # a part of our own is never replaced in a test


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked(name: str) -> dict[str, Version]:
    text = (ROOT / "locks" / f"{name}.lock").read_text(encoding="utf-8")
    return {match[1]: Version(match[2]) for match in re.finditer(r"^([a-z0-9.-]+)==([^ ;\\]+)", text, re.MULTILINE)}


def dev(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(ROOT / "dev"), *words], cwd="/", capture_output=True, text=True, check=False)


def imported(path: Path) -> set[str]:
    """The first part of every module that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_dev_alone_explains_every_verb_that_it_has() -> None:
    done = dev()
    verbs = re.findall(r"^  \./dev (\S+) +\S", done.stdout, re.MULTILINE)
    wanted = ["run", "test", "check", "format", "bench", "stress", "demo", "clips", "course", "lock"]
    parts = {"bench": "tests/bench", "stress": "tests/stress", "clips": "course/studio"}
    there = [verb for verb in wanted if verb not in parts or (ROOT / parts[verb] / "__main__.py").exists()]
    assert (done.returncode, done.stderr, verbs) == (0, "", there)


def test_dev_names_a_verb_that_it_does_not_know() -> None:
    done = dev("serv")
    assert (done.returncode, done.stdout, done.stderr.splitlines()[0]) == (2, "", "There is no `./dev serv`.")


@pytest.mark.parametrize("name", ["dev", "tests/rig/chromium.py"])
def test_what_installs_needs_only_the_standard_library(name: str) -> None:
    assert imported(ROOT / name) - sys.stdlib_module_names == set()


def test_grading_needs_the_standard_library_and_the_numbers_of_cldr() -> None:
    allowed = sys.stdlib_module_names | {"quizzes", "babel", "defusedxml"}
    assert {path.name: imported(path) - allowed for path in (ROOT / "quizzes").rglob("*.py") if imported(path) - allowed} == {}


@pytest.mark.parametrize("name", [*LEVELS, "tools", "browser"])
def test_lock_holds_hashes_and_no_address(name: str) -> None:
    text = (ROOT / "locks" / f"{name}.lock").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert re.findall(r"://|--index|--find-links", text) == []


def test_each_lock_holds_all_of_the_one_before() -> None:
    for lower, higher in pairwise(LEVELS):
        assert locked(lower).items() - locked(higher).items() == set()


def test_locks_fit_what_the_project_asks_for() -> None:
    asked = {"run": project()["project"]["dependencies"], **project()["dependency-groups"]}
    for level in LEVELS:
        for requirement in map(Requirement, asked[level]):
            version = locked(level).get(requirement.name)
            assert version is not None, f"{requirement.name} is not in locks/{level}.lock: run `./dev lock`"
            assert requirement.specifier.contains(version), (
                f"{requirement} is {version} in locks/{level}.lock: run `./dev lock`"
            )


def test_no_instance_lies_beside_the_project() -> None:
    """A course that was started with this folder as its instance leaves its key and its database here."""
    assert [path.name for path in ROOT.iterdir() if path.name == "secret.key" or ".sqlite3" in path.name] == []


def test_every_package_has_its_layer() -> None:
    layers = project()["tool"]["importlinter"]["contracts"][0]
    named = set(re.findall(r"\w+", " ".join(layers["layers"])))
    there = {path.name for path in (ROOT / "course").iterdir() if path.is_dir() and list(path.glob("*.py"))}
    assert (layers["exhaustive"], there - named) == (True, set())


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_keeps_to_the_house(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if "tests" not in path.parts and "versions" not in path.parts:  # a story of a test and a list of tables may be long
        assert text.count("\n") <= 400, "at most 400 lines: it holds more than one thing"
    words = re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b", text) if path != Path(__file__).resolve() else []
    assert words == []


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_tests_skip_nothing_and_replace_no_part(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert (imported(path) & NEVER, named & {"skip", "skipif", "xfail", "importorskip"}) == (set(), set())


def test_rig_stays_small() -> None:
    assert (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8").count("\n") <= 200


def test_ci_checks_and_then_tests() -> None:
    lines = [line for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines() if line.startswith("./dev")]
    assert [line.split()[1] for line in lines] == ["check", "test"]
