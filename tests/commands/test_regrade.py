"""`course regrade`, run as a person runs it: the table, the run, a kill in the middle, and the way back."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from course.accounts.secrets import public_id
from course.accounts.tables import Person
from course.learning.grading import RULES
from course.learning.tables import Attempt, Fact, Regrade
from quizzes.model import Response
from tests.learning.regrades import attempt
from tests.rig.server import ROOT
from tests.site import Site

SCHOOL = {"who-travels": Response(choices=("school",))}
NINE = {"seats": Response(text="9")}
Run = Callable[..., str]


def environ_of(site: Site, database_url: str) -> dict[str, str]:
    instance = str(site.settings.instance)
    return os.environ | {
        "COURSE_INSTANCE": instance,
        "COURSE_DATABASE_URL": database_url,
        "COURSE_MODULES": str(site.folder),
        "PYTHONUTF8": "1",
    }


@pytest.fixture
def run(site: Site, database_url: str) -> Run:
    def command(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "course", "regrade", *words],
            env=environ_of(site, database_url), cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    return command


def test_dry_run_run_list_and_undo(site: Site, run: Run) -> None:
    attempt(site, "alice", SCHOOL | NINE)
    attempt(site, "bob")
    words = ("mobility", "--item", "who-travels", "--rule", "accept", "--response", "school")
    assert run(*words, "--why", "Both are right.", "--dry-run").splitlines() == [
        "learner                         attempt            before             after  what else",
        "Alice Ben Salah                       1      1 of 3  33 %      2 of 3  66 %  passes",
        "",
        "1 of 2 learners with a closed attempt: a score changes.",
        "1 pass the module by it; 0 keep a pass although the score falls below the mark.",
        "0 certificates get a note and stay as they were issued.",
        "Nothing was changed: this was a dry run.",
    ]
    assert run("--list") == "No regrades.\n"
    said = run(*words, "--why", "Both are right.").splitlines()
    name = re.fullmatch(r"Regrade (\S+)\. If it is stopped, `course regrade --continue \1` goes on with it\.", said[0])
    assert name is not None
    assert said[-1] == "1 of 2 learners have another score now; each is told on their own pages."
    listed = run("--list").split(maxsplit=3)
    assert (listed[0], listed[3].rstrip()) == (
        name[1],
        "done        mobility who-travels accept  (the command) Both are right.",
    )
    assert run("--undo", name[1], code=1) == "Error: --why: write why: learners read it beside their score\n"
    plan = run("--undo", name[1], "--why", "Only one is.", "--dry-run").splitlines()
    assert plan[1] == "Alice Ben Salah                       1      2 of 3  66 %      1 of 3  33 %  keeps the pass"
    run("--undo", name[1], "--why", "Only one is.")
    assert run("--list").split()[3] == "undone"
    assert run("--undo", name[1], "--why", "Again.", code=1).startswith(f"Error: --undo: {name[1]} was undone on ")


def test_what_is_refused_changes_nothing(run: Run) -> None:
    said = run("mobility", "--item", "none", "--rule", "drop", "--why", "x", code=1)
    assert said == "Error: --item: The quiz has no graded item `none`; there are who-travels, paint-first, seats.\n"
    assert run("bridges", "--item", "seats", "--rule", "drop", "--why", "x", code=1) == (
        "Error: MODULE: There is no module `bridges` with a quiz; there are housing, mobility.\n"
    )
    assert run("--undo", "none", "--why", "x", code=1) == (
        "Error: there is no regrade `none`; `course regrade --list` names them\n"
    )
    said = run("mobility", "--item", "seats", "--rule", "drop", "--response", "9", "--why", "x", code=1)
    assert said == "Error: --response: The rule `drop` takes no response: leave it out, or choose accept.\n"
    for words, line in (
        (("--undo", "none", "--rule", "drop"), "--undo takes no --rule"),
        (("--continue", "none", "--dry-run"), "--continue takes no --dry-run"),
        (("--list", "--why", "x"), "--list takes no --why"),
    ):
        assert run(*words, code=2).splitlines()[-1] == f"Error: {line}: leave it out."
    assert "Name MODULE, --item and --rule" in run("mobility", code=2)
    assert run("--list") == "No regrades.\n"


def documented() -> dict[str, list[str]]:
    """The example of each rule in the authors' page, as words of a command."""
    text = (ROOT / "docs" / "authors" / "changing.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `(\w+)` \|.*\| `course regrade (.+)` \|$", text, re.MULTILINE)
    return {rule: shlex.split(words) for rule, words in found}


def test_the_documents_show_every_rule() -> None:
    assert sorted(documented()) == sorted(RULES)


@pytest.mark.parametrize(("rule", "after"), [("accept", "3/3"), ("drop", "2/2"), ("full_marks", "3/3"), ("new_key", "2/3")])
def test_the_documented_example_of_each_rule(site: Site, run: Run, rule: str, after: str) -> None:
    attempt(site, "alice", SCHOOL)
    run(*documented()[rule])
    with site.session() as session:
        assert session.execute(select(Attempt.raw + "/" + Attempt.max)).scalar_one() == after


def test_a_kill_between_batches_and_going_on(site: Site, database_url: str, run: Run) -> None:
    total = 60
    with site.session(write=True) as session:
        for number in range(total):
            about = {"email": f"p{number}@example.org", "email_key": f"p{number}@example.org", "name": f"P {number}"}
            person = Person(public_id=public_id(), role="learner", language="en", created_at=site.now, **about)
            session.add(person)
            session.flush()
            site.ids[f"p{number}"] = person.id
    for number in range(total):
        attempt(site, f"p{number}", SCHOOL)
    words = ["mobility", "--item", "who-travels", "--rule", "accept", "--response", "school", "--why", "x", "--batch", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "course", "regrade", *words],
        env=environ_of(site, database_url), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    name = _kill_after(site, process, 3)
    with site.session() as session:
        seen = session.scalars(select(Regrade.seen)).one()
        assert 3 <= seen < total
        assert session.scalar(select(func.count()).select_from(Fact).where(Fact.kind == "regraded")) == seen
    said = run("--continue", name).splitlines()
    assert said[-1] == f"{total} of {total} learners have another score now; each is told on their own pages."
    with site.session() as session:
        assert session.scalar(select(func.count()).select_from(Fact).where(Fact.kind == "regraded")) == total
    verify = [sys.executable, "-m", "course", "verify"]
    done = subprocess.run(verify, env=environ_of(site, database_url), cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.rpartition(": ")[2]) == (0, "no difference\n"), done.stdout


def _kill_after(site: Site, process: subprocess.Popen[bytes], seen: int) -> str:
    """Kills the run when so many learners are settled; returns the regrade's id."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with site.session() as session:
            row = session.execute(select(Regrade.public_id, Regrade.seen)).one_or_none()
        if row is not None and row.seen >= seen:
            process.kill()
            process.wait()
            return str(row.public_id)
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.005)
    raise AssertionError("it settled nobody")
