"""The command, run as a person runs it: its words, its exit codes, and what it leaves in the database."""

from __future__ import annotations

import csv
import io
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import click
import pytest

from course import commands
from course.cli import course
from tests.courses import write_small_course
from tests.rig.command import Command
from tests.rig.server import ROOT, serving_course


def test_the_list_of_commands_tells_each_in_a_whole_sentence() -> None:
    groups: list[click.Group] = [course]
    for group in groups:  # which grows meanwhile
        groups += [command for command in group.commands.values() if isinstance(command, click.Group)]
    told = {name: command.get_short_help_str() for group in groups for name, command in group.commands.items()}
    assert {name: line for name, line in told.items() if line.endswith("...")} == {}


def test_an_option_given_twice_is_refused_by_every_command(tmp_path: Path) -> None:
    groups: list[click.Group] = [course]
    leaves = list[click.Command]()
    for group in groups:  # which grows meanwhile
        groups += [command for command in group.commands.values() if isinstance(command, click.Group)]
        leaves += [command for command in group.commands.values() if not isinstance(command, click.Group)]
    assert [command.name for command in leaves if not isinstance(command, commands.Command)] == []
    run = Command(tmp_path, f"sqlite:///{tmp_path}/course.sqlite3")
    said = run("report", "completion", "--module", "housing", "--head", "--module=mobility", code=2)
    assert said.splitlines()[-1] == "Error: --module is given twice: leave one out."


def test_check_looks_at_the_folder_that_would_be_published(tmp_path: Path) -> None:
    command = Command(tmp_path, "sqlite:///nowhere/at/all")
    write_small_course(tmp_path / "modules", changes={"housing/module.yaml": "items: [\n"})
    assert command("check", code=1).startswith(f"{tmp_path}/modules/housing/module.yaml:")
    instance = tmp_path / "instance"
    assert not instance.exists()
    instance.mkdir()
    (instance / "config.toml").write_text(f'modules = "{write_small_course(tmp_path / "other")}"\n', encoding="utf-8")
    del command.environ["COURSE_MODULES"]
    assert command("check") == "2 modules, 5 lessons, 10 items, 3 practices, 1 session: no problems\n"
    (instance / "config.toml").write_text("modules = 3\n", encoding="utf-8")
    assert command("check", code=2) == f"Error: {instance}/config.toml:1: modules: a text in quotes, not `3`\n"


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
    said = command("publish", code=1).splitlines()
    assert said[0].startswith(f"{command.modules}/housing/module.yaml:2:1: ")
    assert said[-1] == "1 problem: nothing was changed."
    assert command("publish", "/nope", code=1).splitlines() == [
        "/nope:1:1: the folder cannot be read (no such file or directory) [unreadable]",
        "  hint: name the folder that holds `course.yaml`: behind the command, or in the setting `modules` (COURSE_MODULES)",
        "1 problem: nothing was changed.",
    ]


def test_user_add_prints_a_password_once(command: Command) -> None:
    said = command("user", "add", "--email", "amina@sfax.example", "--name", "Amina", "--organisation", "Tunisia › Sfax")
    address, password = said.split()
    assert (address, len(password)) == ("amina@sfax.example", 20)
    assert command("user", "add", "--email", "AMINA@sfax.example", "--name", "A", code=1) == (
        "Error: --email: there is an account with AMINA@sfax.example already\n"
    )
    weak = command("user", "add", "--email", "b@sfax.example", "--name", "B", "--password", "12345678", code=1)
    assert weak.startswith("Error: --password: ")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (("--email", "amina", "--name", "Amina"), "--email: write an address such as name@city.org, not `amina`"),
        (("--email", "a@sfax.example", "--name", " "), "--name: write the name as it should stand on the certificate"),
        (
            ("--email", "a@sfax.example", "--name", "Amina", "--manager"),
            "--manager: of which organisation? Name it with --organisation",
        ),
        (
            ("--email", f"{'a' * 250}@sfax.example", "--name", "Amina"),
            f"--email: write an address such as name@city.org, not `{'a' * 250}@sfax.example`",
        ),
        (
            ("--email", "a@sfax.example", "--name", "Amina", "--organisation", "\x01 › "),
            "--organisation: write at least a country, such as `Tunisia › Sfax`",
        ),
        (
            ("--email", "a@sfax.example", "--name", "Amina", "--organisation", f"Tunisia › {'b' * 161}"),
            "--organisation: a name has at most 160 characters",
        ),
    ],
    ids=["address", "name", "manager of nothing", "long address", "no name of a country", "long name of a city"],
)
def test_user_add_makes_no_account_that_could_not_be_used(command: Command, given: tuple[str, ...], line: str) -> None:
    assert command("user", "add", *given, code=1) == f"Error: {line}\n"


def test_words_that_are_no_text_are_refused(tmp_path: Path) -> None:
    command = Command(tmp_path, f"sqlite:///{tmp_path}/course.sqlite3")
    for words in (("report", "items"), ("regrade", "--undo"), ("export", "gift"), ("backup",)):
        said = command(*words, "a\udcff", code=2)
        assert said.splitlines()[-1] == "Error: `a\ufffd` is not UTF-8: write it, or name the file, in UTF-8."


@pytest.mark.parametrize("host", ["a..b", "a" * 64, ""])
def test_a_host_that_can_be_none(tmp_path: Path, host: str) -> None:
    command = Command(tmp_path, f"sqlite:///{tmp_path}/course.sqlite3")
    assert command("serve", "--host", host, code=1) == (
        f"Error: --host {host}: no address of this machine; try 127.0.0.1, or 0.0.0.0 for all of them\n"
    )


def test_a_wrong_setting_stops_with_one_line(command: Command) -> None:
    assert command("publish", code=1, COURSE_THREADS="x") == ("Error: COURSE_THREADS: a number from 1 to 64, not `x`\n")
    lost = command("publish", code=1, COURSE_DATABASE_URL="sqlite:////nowhere/at/all.sqlite3")
    assert lost == (
        "Error: COURSE_DATABASE_URL: the database cannot be reached (unable to open database file): "
        "see whether /nowhere/at is there, may be written to, and its disk has room\n"
    )
    for query, said in (
        ("frob=1", 'invalid connection option "frob"'),
        ("connect_timeout=x", "bad value for connect_timeout: 'x'"),
    ):
        for words in (("verify",), ("backup", "x")):
            assert command(*words, code=1, COURSE_DATABASE_URL=f"postgresql://127.0.0.1:1/course?{query}").endswith(
                f": this address of a database is not understood ({said})\n"
            )
    assert command("publish", code=1, COURSE_DATABASE_URL="postgresql://clerk:secret@db1:port/course") == (
        "Error: COURSE_DATABASE_URL: this cannot be read; write postgresql://user:password@host:5432/name, "
        "in the password `%40` for `@`\n"
    )


def test_seed_is_the_same_for_the_same_seed_and_adds_nothing_twice(command: Command) -> None:
    said = command("seed", "--learners", "60", "--seed", "8")
    assert said.splitlines()[-1] == "40 municipalities in 12 countries, 60 synthetic learners."
    first = command("report", "completion", "--no-head")
    rows = list(csv.DictReader(io.StringIO(first.removeprefix("\ufeff"))))
    assert 0 < int(rows[0]["completed"]) < int(rows[0]["started"]) <= int(rows[0]["enrolled"]) <= 60
    command("seed", "--learners", "60", "--seed", "8")
    assert command("report", "completion", "--no-head") == first
    lines = json.loads(command("report", "completion", "--format", "json"))["lines"]
    assert [{key: "" if value is None else str(value) for key, value in line.items()} for line in lines] == rows


def test_a_seed_that_is_stopped_says_how_to_go_on(tmp_path: Path) -> None:
    write_small_course(tmp_path / "modules")
    command = Command(tmp_path, f"sqlite:///{tmp_path}/x.sqlite3")
    command("seed", "--learners", "5")
    listening = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from course.cli import main; main()"
    )
    words = [sys.executable, "-c", listening, "seed", "--learners", "100000"]  # a shell's background job would be deaf to it
    running = subprocess.Popen(
        words, env=command.environ, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )  # fmt: skip
    with closing(sqlite3.connect(tmp_path / "x.sqlite3", timeout=30)) as connection:
        while connection.execute("SELECT count(*) FROM people").fetchone()[0] <= 5:
            assert running.poll() is None, "it ended before it could be stopped"
            time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    said = running.communicate(timeout=60)[1]
    assert (running.returncode, said.splitlines()[-1]) == (
        130, "Error: stopped. What is there is whole; the same command goes on from there."
    )  # fmt: skip
    assert command("verify").splitlines()[0].endswith(": no difference")


def test_two_instances_of_one_seed_are_alike(tmp_path: Path) -> None:
    said = []
    for name in ("one", "two"):
        write_small_course(tmp_path / name / "modules")
        command = Command(tmp_path / name, f"sqlite:///{tmp_path / name}/x.sqlite3")
        command("seed", "--learners", "25", "--seed", "3")
        said.append(command("report", "completion", "--no-head"))
    assert said[0] == said[1]


def test_report_before_anything_is_published(command: Command) -> None:
    command("user", "add", "--email", "amina@sfax.example", "--name", "Amina")
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


def test_items_are_imported_and_exported(command: Command, tmp_path: Path) -> None:
    file, out, quiz = tmp_path / "items.gift", tmp_path / "out.xml", command.modules / "mobility/quiz.yaml"
    file.write_text("::Hall::Is a hall enough?{F#A family needs a door.#So it is.}\n\n::No::Q{=a ~b}\n")
    before = quiz.read_text()
    words = ("import", "gift", str(file), "--into", "mobility")
    ledger = (
        "Items in: 2 = 1 kept + 0 changed + 1 dropped. Items out: 1.\n"
        "line 1: Hall: kept as `hall`\n"
        "line 3: No: dropped\n"
        "    line 3: the item: `a` has no feedback: say why it is right or wrong: `feedback: …`, or take unfinished items too\n"
        "    line 3: the item: `b` has no feedback: say why it is right or wrong: `feedback: …`, or take unfinished items too\n"
    )
    assert command(*words, "--dry-run") == f"{ledger}Nothing was changed.\n"
    assert quiz.read_text() == before
    assert command(*words) == f"{ledger}Written: mobility/quiz.yaml\n"
    assert quiz.read_text().startswith(before)
    assert command(*words).endswith("Nothing was changed.\n")
    assert "no-feedback" in command(*words, "--unfinished", "--dry-run")
    assert "::hall::[markdown]Is a hall enough?{FALSE#A family needs a door.#So it is.}" in command(
        "export", "gift", "mobility"
    )
    nowhere = out.parent / "nowhere" / "items.gift"
    assert command("export", "gift", "mobility", "--output", str(nowhere), code=1) == (
        f"Error: --output {nowhere}: cannot be written (No such file or directory)\n"
    )
    assert command("export", "moodle-xml", "mobility", "--output", str(out)).startswith("Items in: 4 = ")
    assert out.read_text().startswith('<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n')


def test_what_cannot_be_imported_or_exported_is_said(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "items.xml"
    file.write_text("<quiz>")
    said = f"Error: {file}: line 1, column 7: this is not XML: no element found. Look at this place and the one before it.\n"
    assert command("import", "moodle-xml", str(file), "--into", "mobility", code=1) == said
    assert command("import", "gift", str(file), "--into", "none", code=1) == (
        "Error: there is no module `none`; there are housing, mobility. Nothing was changed.\n"
    )
    nowhere = f"{tmp_path}: this is no course, since it has no `course.yaml`; name its folder with COURSE_MODULES"
    for words, end in (
        (("import", "gift", str(file), "--into", "mobility"), ". Nothing was changed."),
        (("export", "gift", "x"), ""),
    ):
        assert command(*words, code=1, COURSE_MODULES=str(tmp_path)) == f"Error: {nowhere}{end}\n"
    unknown = "Error: there is no format `qti`; there are gift, moodle-xml, aiken\n"
    assert command("import", "qti", str(file), "--into", "mobility", code=1) == unknown
    assert command("export", "aiken", "mobility", code=1) == "Error: Aiken is read here, and not written\n"


def test_a_port_that_is_taken_is_one_line(command: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = command("serve", "--port", str(port), code=1)
    other = port + 1 if port < 65535 else port - 1
    assert said.splitlines()[-1] == (
        f"Error: --port {port}: taken on 127.0.0.1 by another program; choose another, such as --port {other}"
    )
    assert "Traceback" not in said


def test_saved_files_are_watched_where_the_setting_says_so(tmp_path: Path) -> None:
    write_small_course(tmp_path / "modules")
    environ = Command(tmp_path, f"sqlite:///{tmp_path}/x.sqlite3").environ | {"COURSE_WATCH": "yes"}
    log = tmp_path / "log"
    with serving_course(log, environ=environ):
        deadline = time.monotonic() + 30
        while f"Saved files under {tmp_path}/modules go live by themselves. Ctrl-C stops.\n" not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
