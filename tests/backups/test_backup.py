"""A backup made while learners write and restored elsewhere, and what becomes of one that is half, damaged or foreign."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select

from course.extensions import Base
from course.learning.tables import Fact
from course.verifying.checking import Check
from tests.courses import write_small_course
from tests.learners import learn
from tests.rig.command import Command
from tests.rig.server import ROOT
from tests.site import Site

LESSON = "/en/modules/housing/rooms-before-rules"
TARGETS = ["sqlite", "postgresql"]


def engine_of(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))


def rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table; of the tallies what they come to, in how many rows they may lie."""
    engine = engine_of(url)
    with engine.connect() as connection:
        found = {
            name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for name, table in Base.metadata.tables.items()
        }
    engine.dispose()
    tallies = Counter[tuple[Any, ...]]()
    for row in [*found["tallies"], *(row[1:] for row in found.pop("tally_changes"))]:
        tallies[row[:-1]] += row[-1]
    return found | {"tallies": sorted((*key, number) for key, number in tallies.items() if number)}


def members(file: Path) -> dict[str, bytes]:
    """The content of each plain file in a backup, in its order."""
    with tarfile.open(file) as tar:
        return {member.name: opened.read() for member in tar if (opened := tar.extractfile(member))}


def elsewhere(folder: Path, url: str) -> Command:
    """The command on another instance, without the course folder."""
    write_small_course(folder / "other" / "modules")
    return Command(folder / "other", url)


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_backed_up_is_there_elsewhere(
    command: Command, tmp_path: Path, empty_database_url: dict[str, str], target: str
) -> None:
    command("seed", "--learners", "30", "--seed", "7")
    instance, file = Path(command.environ["COURSE_INSTANCE"]), tmp_path / "course.backup"
    (instance / "fonts").mkdir()
    (instance / "fonts" / "Own Script.otf").write_bytes(b"a font")
    (instance / "config.toml").write_text('registration = "closed"\nhosts = ["learn.example.org"]\n')
    said = command("backup", str(file), COURSE_THREADS="2")
    assert re.fullmatch(
        rf"{file}: the \w+ database of .{{20}}, 30 people, [\d,]+ facts, 1 files of media, revisions: 1, .* MB\n", said
    )
    other = elsewhere(tmp_path, empty_database_url[target])
    assert other("restore", str(file)).startswith("Restored: the ")
    assert rows(empty_database_url[target]) == rows(command.environ["COURSE_DATABASE_URL"])
    for folder in ("assets", "fonts"):
        held = [
            {path.name: path.read_bytes() for path in (place / folder).iterdir()}
            for place in (instance, tmp_path / "other/instance")
        ]
        assert held[0] == held[1] != {}
    settings = tomllib.loads((tmp_path / "other/instance/config.toml").read_text())
    assert settings == {"registration": "closed", "hosts": ["learn.example.org"], "threads": 2}
    assert other("verify").count("no difference") == 1
    assert other("user", "add", "--email", "new@city.example", "--name", "New").count("new@city.example") == 1
    assert other("publish").startswith("Published already")


def test_learners_go_on_and_what_was_acknowledged_before_is_in_it(
    site: Site, tmp_path: Path, empty_database_url: dict[str, str]
) -> None:
    """Two learners write without a pause; the ledger has the facts of each request whose answer had come."""
    learn(site, "bob", 2)
    acknowledged: list[str] = []
    over, failed = threading.Event(), list[BaseException]()

    def write(who: str) -> None:
        try:
            browser, seen = site.client(who), 0
            browser.page(LESSON)
            while not over.is_set():
                data = {"seen": str(seen), "stay": "1"} | ({"undo": "1"} if seen % 2 else {})
                assert browser.send(f"{LESSON}/done", data).status_code == 303
                seen += 1
                acknowledged.append(f"lesson:{site.ids[who]}:housing:rooms:{seen}")
        except BaseException as error:  # noqa: BLE001  what stops a thread must fail the test
            failed.append(error)

    threads = [threading.Thread(target=write, args=(who,)) for who in ("alice", "carla")]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 40 and not failed:
        time.sleep(0.01)
    before = set(acknowledged)
    file = tmp_path / "course.backup"
    source = Command(tmp_path, site.settings.database_url)
    source("backup", str(file))
    at_the_end = set(acknowledged)
    over.set()
    for thread in threads:
        thread.join()
    assert failed == []
    other = elsewhere(tmp_path, empty_database_url["sqlite"])
    other("restore", str(file))
    kept = {row[1] for row in rows(empty_database_url["sqlite"])["facts"] if row[3] in {"completed_lesson", "undid_lesson"}}
    assert before - kept == set()
    assert len(at_the_end) > len(before), "nobody wrote meanwhile"
    assert other("verify").count("no difference") == 1
    with site.session() as session:
        assert {line for _, found in Check(session, site.now).run() for line in map(str, found)} == set()
        assert set(acknowledged) - set(session.scalars(select(Fact.key))) == set()


def test_a_backup_holds_no_secret(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "course.backup"
    secrets = {"COURSE_SECRET_KEY": "s" * 40, "COURSE_SMTP_URL": "smtp://post:opensesame@localhost:1"}
    command.environ |= secrets
    command("publish")
    command("backup", str(file))
    inside = gzip.decompress(file.read_bytes())
    assert [secret for secret in (b"s" * 40, b"opensesame") if secret in inside] == []
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a small instance; copied, never used itself."""
    folder = tmp_path_factory.mktemp("backed-up")
    write_small_course(folder / "modules")
    command = Command(folder, f"sqlite:///{folder}/course.sqlite3")
    command("publish")
    command("user", "add", "--email", "amina@city.example", "--name", "Amina")
    command("backup", str(folder / "course.backup"))
    return folder / "course.backup"


@pytest.fixture
def made(tmp_path: Path, backed_up: Path) -> Iterator[tuple[Path, Command]]:
    """A backup of a small instance, and another instance that is empty."""
    shutil.copy(backed_up, tmp_path)
    yield tmp_path / "course.backup", elsewhere(tmp_path, f"sqlite:///{tmp_path}/other.sqlite3")
    assert list(tmp_path.glob(".*")) == [], "what was begun is cleared away"


def test_any_damage_is_refused_and_the_instance_stays_empty(made: tuple[Path, Command], tmp_path: Path) -> None:
    from course.backups.archive import Refused, unpack

    file, other = made
    whole, chance = file.read_bytes(), random.Random(1)
    unpack(file, _fresh(tmp_path, "whole"))
    damaged = tmp_path / "damaged.backup"
    message = f"{damaged}: damaged or not whole; nothing was restored. Copy it anew from where it was made, or take another."
    refused = 0
    for number in range(60):
        where = chance.randrange(2000, len(whole) - 8)
        cut, flipped = whole[:where], whole[:where] + bytes([whole[where] ^ 1 << number % 8]) + whole[where + 1 :]
        for content in (flipped, cut):
            damaged.write_bytes(content)
            try:
                unpack(damaged, _fresh(tmp_path, f"{number}-{len(content)}"))
            except Refused as said:
                refused += 1
                assert str(said) == message
            else:  # packed otherwise, the same inside: gzip may take zeros from any of the zeros before
                assert gzip.decompress(content) == gzip.decompress(whole)
    assert refused >= 115
    assert other("restore", str(damaged), code=1) == f"Error: {message}\n"
    assert not (tmp_path / "other.sqlite3").exists()
    assert other("restore", str(file)).startswith("Restored")


def _fresh(folder: Path, name: str) -> Path:
    (folder / "unpacked" / name).mkdir(parents=True)
    return folder / "unpacked" / name


def packed(*members: tuple[str, bytes]) -> bytes:
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return into.getvalue()


FOREIGN = {
    "nothing": b"",
    "a text": b"SELECT * FROM people;\n" * 100,
    "a zipped text": gzip.compress(b"no tar"),
    "an empty tar": packed(),
    "another tar": packed(("photo.jpg", b"...")),
    "other words": packed(("backup.json", b'{"kind": "backup of something else", "format": 1}')),
    "no words": packed(("backup.json", b"[1, 2]")),
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_backup_is_refused(made: tuple[Path, Command], tmp_path: Path, content: bytes) -> None:
    foreign = tmp_path / "foreign"
    foreign.write_bytes(content)
    said = made[1]("restore", str(foreign), code=1)
    assert said == f"Error: {foreign}: no backup of a course. Name a file that `course backup` made.\n"
    assert not (tmp_path / "other.sqlite3").exists()


def test_a_file_that_would_be_written_elsewhere_is_refused(made: tuple[Path, Command], tmp_path: Path) -> None:
    about = members(made[0])["backup.json"]
    for name in ("../escaped", "/tmp/escaped", "assets/../../escaped", "assets/.."):
        evil = tmp_path / "evil"
        evil.write_bytes(packed(("backup.json", about), (name, b"x")))
        assert made[1]("restore", str(evil), code=1).startswith(f"Error: {evil}: damaged or not whole")
    assert list(tmp_path.rglob("escaped")) == []


def rewritten(file: Path, change: Callable[[dict[str, bytes]], object]) -> bytes:
    """The same backup with other members, and the sums of these."""
    held = members(file)
    change(held)
    held.pop("SHA256SUMS")
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in held.items())
    return packed(*held.items(), ("SHA256SUMS", sums.encode()))


def with_sql(held: dict[str, bytes], folder: Path, *statements: str) -> None:
    path = folder / "changed.sqlite3"
    path.write_bytes(held["database.sqlite3"])
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
    held["database.sqlite3"] = path.read_bytes()


TRIGGER = (
    "CREATE TRIGGER promote AFTER INSERT ON sign_ins BEGIN UPDATE people SET role = 'administrator' WHERE email LIKE 'm%'; END"
)
STRANGE: dict[str, tuple[Callable[[dict[str, bytes], Path], object], str]] = {
    "a trigger": (
        lambda held, at: with_sql(held, at, TRIGGER),
        "holds what no backup holds (database.sqlite3, trigger promote)",
    ),
    "a view instead of a table": (
        lambda held, at: with_sql(held, at, "ALTER TABLE tries RENAME TO t", "CREATE VIEW tries AS SELECT * FROM t"),
        "holds what no backup holds (database.sqlite3, index ix_tries_bucket_at)",
    ),
    "a key less": (
        lambda held, at: with_sql(held, at, "DROP INDEX ix_cohort_members_now"),
        "holds what no backup holds (database.sqlite3, index ix_cohort_members_now)",
    ),
    "a table more": (
        lambda held, at: with_sql(held, at, "CREATE TABLE more (id INTEGER)"),
        "holds what no backup holds (database.sqlite3, table more)",
    ),
    "no database": (lambda held, _at: held.pop("database.sqlite3"), "damaged or not whole"),
    "no settings": (lambda held, _at: held.pop("settings.toml"), "damaged or not whole"),
    "a text as the database": (
        lambda held, _at: held.update({"database.sqlite3": b"text" * 999}),
        "its database cannot be read",
    ),
    "a secret": (
        lambda held, _at: held.update({"settings.toml": b'secret_key = "known to somebody else, and long enough"\n'}),
        "holds what no backup holds (settings.toml, secret_key)",
    ),
    "a place": (
        lambda held, _at: held.update({"settings.toml": b'smtp_url = "smtp://elsewhere"\nproxies = ["0.0.0.0/0"]\n'}),
        "holds what no backup holds (settings.toml, proxies, smtp_url)",
    ),
    "no settings at all": (
        lambda held, _at: held.update({"settings.toml": b"\xff"}),
        "holds what no backup holds (settings.toml)",
    ),
    "media under another's name": (lambda held, _at: held.update({f"assets/{'0' * 32}": b"<svg/>"}), "damaged or not whole"),
    "a bomb of a medium": (
        lambda held, _at: held.update({f"assets/{'0' * 32}": bytes(300_000_000)}),
        "it unpacks to more than 300 times its size",
    ),
}


@pytest.mark.parametrize("strange", STRANGE)
def test_what_only_looks_like_a_backup_changes_nothing(made: tuple[Path, Command], tmp_path: Path, strange: str) -> None:
    """Whoever can give an operator a file would have a trigger of theirs in the instance for ever, or a key that they know."""
    change, message = STRANGE[strange]
    evil = tmp_path / "evil"
    evil.write_bytes(rewritten(made[0], lambda held: change(held, tmp_path)))
    assert made[1]("restore", str(evil), code=1).startswith(f"Error: {evil}: {message}")
    left = {path.name for path in (tmp_path / "other").rglob("*")} & {"config.toml", "0" * 32}
    assert (left, (tmp_path / "other.sqlite3").exists(), list(tmp_path.rglob(".restore-*"))) == (set(), False, [])


def test_what_could_not_be_restored_is_refused_where_the_backup_is_made(tmp_path: Path) -> None:
    write_small_course(tmp_path / "modules")
    command = Command(tmp_path, f"sqlite:///{tmp_path}/course.sqlite3")
    command("publish")
    with closing(sqlite3.connect(tmp_path / "course.sqlite3")) as database:
        database.execute("CREATE INDEX of_mine ON people (name)")
        database.execute("CREATE VIEW of_mine_too AS SELECT name FROM people")
    assert command("backup", str(tmp_path / "one.backup"), code=1) == (
        f"Error: {tmp_path}/course.sqlite3: view of_mine_too is not of this course, and a backup with it could not be "
        "restored. Drop it, and keep what is yours in a database of its own.\n"
    )
    with closing(sqlite3.connect(tmp_path / "course.sqlite3")) as database:
        database.execute("DROP VIEW of_mine_too")
    command("backup", str(tmp_path / "one.backup"))
    other = elsewhere(tmp_path, f"sqlite:///{tmp_path}/other.sqlite3")
    other("restore", str(tmp_path / "one.backup"))
    with closing(sqlite3.connect(tmp_path / "other.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'of_mine'").fetchone() == (1,)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DROP TABLE alembic_version", "this is no database of a course, so there is nothing to back up."),
        ("UPDATE alembic_version SET version_num = '9999'", "the database is of version 9999, this program of"),
    ],
)
def test_a_database_of_another_program_or_a_newer_one_is_not_backed_up(tmp_path: Path, statement: str, said: str) -> None:
    write_small_course(tmp_path / "modules")
    command = Command(tmp_path, f"sqlite:///{tmp_path}/course.sqlite3")
    command("publish")
    with closing(sqlite3.connect(tmp_path / "course.sqlite3")) as database:
        database.execute(statement)
        database.commit()
    assert said in command("backup", str(tmp_path / "one.backup"), code=1)
    assert not (tmp_path / "one.backup").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_what_is_no_plain_file_is_refused(made: tuple[Path, Command], tmp_path: Path, kind: bytes) -> None:
    about = members(made[0])["backup.json"]
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w:gz") as tar:
        first, second = tarfile.TarInfo("backup.json"), tarfile.TarInfo("assets/a")
        first.size, second.type, second.linkname = len(about), kind, "/etc/passwd"
        tar.addfile(first, io.BytesIO(about))
        tar.addfile(second)
    evil = tmp_path / "evil"
    evil.write_bytes(into.getvalue())
    assert made[1]("restore", str(evil), code=1).startswith(f"Error: {evil}: damaged or not whole")


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"size": "9" * 11}, id="longer than any disk"),
        pytest.param({"type": tarfile.XHDTYPE, "size": "7" * 11}, id="a header of its own, of eight gigabytes"),
        pytest.param({"type": tarfile.GNUTYPE_LONGNAME, "size": "7" * 11}, id="a name of eight gigabytes"),
        pytest.param({"size": "\xff" * 12}, id="a length below nothing"),
    ],
)
def test_a_header_that_lies_is_refused(made: tuple[Path, Command], tmp_path: Path, header: dict[str, Any]) -> None:
    """Its content is zeros, of which gzip makes nearly nothing."""
    about = members(made[0])["backup.json"]
    first, second = tarfile.TarInfo("backup.json"), tarfile.TarInfo("assets/a")
    first.size, second.type = len(about), header.get("type", tarfile.REGTYPE)
    block = bytearray(second.tobuf(tarfile.USTAR_FORMAT))
    block[124:136] = header["size"].encode("latin-1").ljust(12, b"\0")
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    evil = tmp_path / "evil"
    with gzip.open(evil, "wb") as file:
        file.write(first.tobuf() + about.ljust(-(-len(about) // 512) * 512, b"\0") + bytes(block))
        for _ in range(300):
            file.write(bytes(1_000_000))
    said = made[1]("restore", str(evil), code=1)
    assert said.startswith(
        (f"Error: {evil}: damaged or not whole", f"Error: {evil}: it unpacks to more than 300 times its size")
    )


def test_a_backup_of_a_newer_program_is_refused(made: tuple[Path, Command], tmp_path: Path) -> None:
    about = members(made[0])["backup.json"]
    newer = tmp_path / "newer"
    newer.write_bytes(packed(("backup.json", about.replace(b'"format": 1', b'"format": 2'))))
    said = made[1]("restore", str(newer), code=1)
    assert said == f"Error: {newer}: a backup of format 2, and this program reads 1. Install the newer program.\n"


def test_nothing_is_written_over(made: tuple[Path, Command], tmp_path: Path, postgresql: Any) -> None:
    file, other = made
    other("restore", str(file))
    held = (tmp_path / "other.sqlite3").read_bytes()
    assert other("restore", str(file), code=1) == (
        f"Error: {tmp_path}/other.sqlite3: there is a database. "
        "Restore into an empty instance: name another with COURSE_INSTANCE.\n"
    )
    assert (tmp_path / "other.sqlite3").read_bytes() == held
    name = postgresql.create()
    url = postgresql.url(name)
    other("publish", COURSE_DATABASE_URL=url)
    assert other("restore", str(file), code=1, COURSE_DATABASE_URL=url) == (
        f"Error: database {name} is not empty. Restore into one that `createdb` just made.\n"
    )
    postgresql.drop(name)
    whole = file.read_bytes()
    assert other("backup", str(file), code=1) == (
        f"Error: {file}: there is a file of this name. Choose another name, such as one with the day in it.\n"
    )
    assert file.read_bytes() == whole


def test_settings_that_are_there_are_kept(made: tuple[Path, Command], tmp_path: Path) -> None:
    config = tmp_path / "other" / "instance" / "config.toml"
    config.parent.mkdir()
    config.write_text("threads = 3\n")
    said = made[1]("restore", str(made[0])).splitlines()
    assert said[0] == f"{config} is kept as it is; the settings of then are `settings.toml` in {made[0]}."
    assert config.read_text() == "threads = 3\n"


def test_where_there_is_nothing_to_back_up(made: tuple[Path, Command], tmp_path: Path, postgresql: Any) -> None:
    _, other = made
    assert other("backup", str(tmp_path / "x"), code=1) == (
        f"Error: {tmp_path}/other.sqlite3: there is no database yet, so there is nothing to back up.\n"
    )
    name = postgresql.create()
    assert other("backup", str(tmp_path / "x"), code=1, COURSE_DATABASE_URL=postgresql.url(name)) == (
        f"Error: database {name} is empty, so there is nothing to back up.\n"
    )
    postgresql.drop(name)
    lost = tmp_path / "nowhere" / "x"
    assert other("backup", str(lost), code=1, COURSE_DATABASE_URL=f"sqlite:///{tmp_path}/course.sqlite3") == (
        f"Error: {lost}: no backup was made (No such file or directory).\n"
    )
    assert not (tmp_path / "other.sqlite3").exists()


def test_a_database_of_another_version_is_told(made: tuple[Path, Command], tmp_path: Path, postgresql: Any) -> None:
    _, other = made
    name = postgresql.create()
    url = postgresql.url(name)
    other("publish", COURSE_DATABASE_URL=url)
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    engine.dispose()
    said = other("backup", str(tmp_path / "x"), code=1, COURSE_DATABASE_URL=url)
    assert re.fullmatch(
        r"Error: the database is of version 0001, this program of \d{4}. "
        r"Make the backup with the program that serves it.\n",
        said,
    )
    postgresql.drop(name)


def test_a_tree_comes_over_in_any_order_of_its_ids(
    command: Command, tmp_path: Path, empty_database_url: dict[str, str]
) -> None:
    """A city that was moved below a country that came later has the lower id."""
    for place in ("Tunisia › Sfax", "Peru › Lima"):
        command("user", "add", "--email", f"{len(place)}@x.example", "--name", "X", "--organisation", place)
    engine = engine_of(command.environ["COURSE_DATABASE_URL"])
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE organisations SET parent_id = (SELECT id FROM organisations WHERE name = 'Peru') WHERE name = 'Sfax'"
        )
    engine.dispose()
    command("backup", str(tmp_path / "course.backup"))
    elsewhere(tmp_path, empty_database_url["postgresql"])("restore", str(tmp_path / "course.backup"))
    there = rows(empty_database_url["postgresql"])["organisations"]
    assert there == rows(command.environ["COURSE_DATABASE_URL"])["organisations"]


def test_a_backup_killed_half_way_leaves_no_file_of_its_name(command: Command, tmp_path: Path) -> None:
    command("publish")
    file = tmp_path / "course.backup"
    half = 0
    for _ in range(5):
        process = subprocess.Popen([sys.executable, "-m", "course", "backup", str(file)], cwd=ROOT, env=command.environ)
        while process.poll() is None and not list(tmp_path.glob(".course.backup-*/assets")):
            time.sleep(0.0005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        half += len(list(tmp_path.glob(".course.backup-*")))
        if file.exists():  # it was quicker
            file.unlink()
    assert half >= 1
    command("backup", str(file))
    elsewhere(tmp_path, f"sqlite:///{tmp_path}/other.sqlite3")("restore", str(file))
