"""What a command says when a disk or a database refuses it: one line, exit code 1, and never a traceback."""

from __future__ import annotations

import fcntl
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DataError

from course.database.connections import address
from course.extensions import refusal
from tests.courses import write_small_course
from tests.rig.command import Command
from tests.rig.postgres import Cluster
from tests.rig.server import ROOT, free_port
from tests.rig.standby import until


def on_sqlite(folder: Path) -> tuple[Command, Path]:
    write_small_course(folder / "modules")
    return Command(folder, f"sqlite:///{folder}/course.sqlite3"), folder / "course.sqlite3"


def test_a_database_that_another_program_holds(tmp_path: Path) -> None:
    command, database = on_sqlite(tmp_path)
    command("publish")
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        said = command("user", "add", "--email", "amina@sfax.example", "--name", "Amina", code=1)
    assert said == "Error: the database is unavailable (database is locked). Run the command again when that is over\n"


@contextmanager
def heard(number: signal.Signals) -> Iterator[None]:
    """Who is started meanwhile hears the signal, also where the tests were started in the background, which do not."""
    before = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(number, before)


def has_opened(pid: int, path: Path) -> bool:
    """Whether a process has a file open. What it closes while it is looked at counts as not."""
    for opened in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            if opened.readlink() == path:
                return True
    return False


def test_a_command_that_is_stopped_while_it_waits(tmp_path: Path) -> None:
    command, database = on_sqlite(tmp_path)
    command("publish")
    turn = Path(f"{database}-turn")
    words = [sys.executable, "-m", "course", "user", "add", "--email", "amina@sfax.example", "--name", "Amina"]
    with heard(signal.SIGINT), turn.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        pipe = subprocess.PIPE
        with subprocess.Popen(words, env=command.environ, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
            until(lambda: has_opened(process.pid, turn))
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, ("", "Error: stopped. What was written until then is whole.\n"))
    assert command(*words[3:]).startswith("amina@sfax.example  ")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    command, database = on_sqlite(tmp_path)
    database.write_text("a list of people, kept by somebody else, which is longer than the head of a database\n" * 9)
    assert command("verify", code=1) == (
        "Error: COURSE_DATABASE_URL: this is no database, or a damaged one (file is not a database). "
        "Name another, or restore a backup\n"
    )


def test_a_backup_of_what_is_no_database(tmp_path: Path) -> None:
    command, database = on_sqlite(tmp_path)
    database.mkdir()
    assert command("backup", str(tmp_path / "backup"), code=1) == (
        f"Error: {database}: the database cannot be read, so no backup was made (unable to open database file).\n"
    )


def test_a_file_of_the_database_that_cannot_be_opened(tmp_path: Path) -> None:
    command, _database = on_sqlite(tmp_path)
    turn = tmp_path / "course.sqlite3-turn"
    turn.mkdir()  # as unusable as a file that another account made
    assert command("publish", code=1) == (
        f"Error: the database is unavailable (Is a directory: {turn}). Run the command again when that is over\n"
    )


def test_a_full_disk_behind_what_it_prints(tmp_path: Path) -> None:
    command, _database = on_sqlite(tmp_path)
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "course", "check"],
            env=command.environ, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "Error: No space left on device\n")


@pytest.mark.parametrize(
    "words",
    [
        ("verify",), ("rebuild",), ("mail", "send"), ("exports", "make"), ("report", "completion"), ("report", "keep"),
        ("report", "items", "housing"), ("regrade", "--list"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_an_instance_that_is_misspelt(tmp_path: Path, words: tuple[str, ...]) -> None:
    """An empty one made in its place would have no difference, no mail to send, and nobody in its reports."""
    command, database = on_sqlite(tmp_path)
    assert command(*words, code=1) == (
        f"Error: there is no database {database}: name the instance that is meant with COURSE_INSTANCE, "
        "or begin one with `course publish`\n"
    )
    assert not database.exists()


def test_mails_that_no_server_takes(tmp_path: Path) -> None:
    command, database = on_sqlite(tmp_path)
    command("publish")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executemany(
            "INSERT INTO mails (recipient, subject, body, created_at) VALUES (?, 'S', 'B', '2026-01-01 00:00:00.000000')",
            [("amina@sfax.example",), ("boris@sfax.example",)],
        )
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        said = command("mail", "send", COURSE_SMTP_URL=f"smtp://127.0.0.1:{nobody.getsockname()[1]}")
    why = "[Errno 111] Connection refused"
    assert said == f"0 sent\n2 could not be sent and will be tried again, the last because: {why}\n"


def test_an_account_without_rights_and_a_value_of_another_type(tmp_path: Path, postgresql: Cluster) -> None:
    name = postgresql.create()
    write_small_course(tmp_path / "modules")
    command = Command(tmp_path, postgresql.url(name))
    engine = create_engine(address(postgresql.url(name)))
    with engine.connect() as connected, pytest.raises(DataError) as refused:
        connected.execute(text("SELECT CAST('x' AS integer)"))
    engine.dispose()
    assert refusal(refused.value) == ('the database does not take what was given (invalid input syntax for type integer: "x")')
    command("publish")
    with psycopg.connect(postgresql.url(name), autocommit=True) as connection:
        connection.execute("CREATE ROLE clerk LOGIN PASSWORD 'x'")
        weak = make_url(postgresql.url(name)).set(username="clerk", password="x").render_as_string(hide_password=False)
        assert command("verify", code=1, COURSE_DATABASE_URL=weak) == (
            "Error: COURSE_DATABASE_URL: its account may not do this (permission denied for table alembic_version). "
            "Make it the owner of the database and its tables\n"
        )
        connection.execute("DROP ROLE clerk")
    postgresql.drop(name)


def test_a_server_whose_database_another_program_holds(tmp_path: Path) -> None:
    command, database = on_sqlite(tmp_path)
    command("publish")
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        said = command("serve", "--port", str(free_port()), code=1)
    assert said == "Error: the database is unavailable (database is locked). Run the command again when that is over\n"
