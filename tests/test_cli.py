"""The command, run as a person runs it: its words, its exit codes, and what it leaves in the database."""

from __future__ import annotations

import csv
import io
import json
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


def test_check_says_clean_problems_or_usage(tmp_path: Path) -> None:
    command = Command(tmp_path, "sqlite:///nowhere/at/all")  # it asks for no database
    folder = write_small_course(tmp_path / "good")
    assert command("check", str(folder)) == "2 modules, 5 lessons, 10 items, 3 practices, 1 session: no problems\n"
    broken = write_small_course(tmp_path / "broken", changes={"housing/quiz.yaml": "items: [\n"})
    said = json.loads(command("check", str(broken), "--format", "json", code=1))
    assert said["problems"][0]["path"] == f"{broken}/housing/quiz.yaml"
    assert command("check", str(tmp_path / "none"), code=2) == (
        f"{tmp_path}/none: there is no such folder; name the folder that holds `course.yaml`\n"
    )
    assert "No such option" in command("check", "--fromat", "json", code=2)


def test_publish_and_publish_again(command: Command) -> None:
    assert command("publish").startswith("Published: revision ")
    assert command("publish").startswith("Published already: revision ")
    (command.modules / "housing" / "module.yaml").write_text("title: [\n", encoding="utf-8")
    assert command("publish", code=1).splitlines()[-1].endswith("problems: nothing was changed.")


def test_user_add_prints_a_password_once(command: Command) -> None:
    said = command("user", "add", "--email", "amina@sfax.example", "--name", "Amina", "--organisation", "Tunisia › Sfax")
    address, password = said.split()
    assert (address, len(password)) == ("amina@sfax.example", 20)
    assert command("user", "add", "--email", "AMINA@sfax.example", "--name", "A", code=1) == (
        "Error: --email: there is an account with AMINA@sfax.example already\n"
    )
    weak = command("user", "add", "--email", "b@sfax.example", "--name", "B", "--password", "12345678", code=1)
    assert weak.startswith("Error: --password: ")


def test_a_wrong_setting_stops_with_one_line(command: Command) -> None:
    assert command("publish", code=1, COURSE_THREADS="x") == (
        "Error: COURSE_THREADS: `threads` is a number from 1 to 64, not `x`\n"
    )
    lost = command("publish", code=1, COURSE_DATABASE_URL="sqlite:////nowhere/at/all.sqlite3")
    assert lost.startswith("Error: COURSE_DATABASE_URL: the database cannot be reached")
    assert len(lost.splitlines()) == 1


def test_seed_is_the_same_for_the_same_seed_and_adds_nothing_twice(command: Command) -> None:
    said = command("seed", "--learners", "30", "--seed", "7")
    assert said.splitlines()[-1] == "40 municipalities in 12 countries, 30 synthetic learners."
    first = command("report", "completion")
    rows = list(csv.DictReader(io.StringIO(first.removeprefix("\ufeff"))))
    assert 0 < int(rows[0]["completed"]) < int(rows[0]["started"]) <= int(rows[0]["enrolled"]) <= 30
    command("seed", "--learners", "30", "--seed", "7")
    assert command("report", "completion") == first
    lines = json.loads(command("report", "completion", "--format", "json"))["lines"]
    assert [{key: "" if value is None else str(value) for key, value in line.items()} for line in lines] == rows


def test_two_instances_of_one_seed_are_alike(tmp_path: Path) -> None:
    said = []
    for name in ("one", "two"):
        write_small_course(tmp_path / name / "modules")
        command = Command(tmp_path / name, f"sqlite:///{tmp_path / name}/x.sqlite3")
        command("seed", "--learners", "25", "--seed", "3")
        said.append(command("report", "completion"))
    assert said[0] == said[1]


def test_report_before_anything_is_published(command: Command) -> None:
    assert command("report", "completion", code=1) == "Error: nothing is published yet: run `course publish`\n"
    command("publish")
    assert command("report", "completion", "--module", "hosing", code=1) == (
        "Error: --module: there is no module `hosing`; there are housing, mobility\n"
    )


def test_demo_prints_four_sign_ins_that_work_once(command: Command) -> None:
    said = command("demo", "--learners", "12").splitlines()[-4:]
    assert [line.split()[0] for line in said] == ["learner", "author", "manager", "administrator"]
    passwords = {line.split()[2] for line in said}
    assert len(passwords) == 4
    again = {line.split()[2] for line in command("demo", "--learners", "12").splitlines()[-4:]}
    assert passwords & again == set()
