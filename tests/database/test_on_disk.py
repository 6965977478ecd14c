"""Nothing is said to be saved before a flush that began after it was written has ended: alone, together, and when it fails."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, event, text

from course.database.connections import Writer
from course.database.on_disk import Log, NotOnDisk
from tests.site import Client, Site, close, engines, make_site

LESSON = "/en/modules/housing/rooms-before-rules"
QUIZ = "/en/modules/mobility/quiz"
SAVED, NOT_SAVED = (303, None), (503, "5")


class Disk:
    """What flushing does, in the place of the disk: it is told in order, and can fail once or wait."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.fails = False
        self.begun, self.may_end = threading.Semaphore(0), threading.Semaphore(0)
        self.is_slow = False

    def flush(self, file: int) -> None:
        if self.is_slow:
            self.begun.release()
            assert self.may_end.acquire(timeout=30)
        if self.fails:
            self.fails = False
            self.told.append("failed")
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self.told.append("flushed")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(os, "fdatasync", made.flush)
    return made


@pytest.fixture
def site(tmp_path: Path, blank_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    file = tmp_path / "course.sqlite3"
    file.write_bytes(blank_sqlite.read_bytes())
    made = make_site(tmp_path, f"sqlite:///{file}", monkeypatch)
    yield made
    close(made)


def press(browser: Client, seen: int = 0) -> tuple[int, str | None]:
    answer = browser.send(f"{LESSON}/done", {"seen": str(seen)})
    return answer.status_code, answer.headers.get("Retry-After")


def file_of(site: Site) -> Path:
    return Path(site.settings.database_url.removeprefix("sqlite:///"))


def pressed(database: Path) -> int:
    """How often lessons are marked as done, in a file read by another program."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM facts WHERE kind = 'completed_lesson'").fetchone()[0])


def test_a_connection_that_is_broken_keeps_nobody_from_writing(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'course.sqlite3'}")
    writer = Writer(engine)
    with writer.transaction() as connection:
        connection.execute(text("CREATE TABLE one (n INTEGER)"))
        driver = connection.connection.driver_connection
    assert driver is not None
    driver.close()
    with pytest.raises(sqlite3.ProgrammingError):
        writer.begin()
    with writer.transaction() as connection:
        assert connection.execute(text("INSERT INTO one VALUES (1)")).rowcount == 1
    writer.engine.dispose()


def test_an_answer_waits_for_a_flush_that_began_after_the_commit(site: Site, disk: Disk) -> None:
    """Also the answer to a form that is sent again and writes nothing: it says what the first has written."""
    browser = site.client("alice")
    browser.page(LESSON)
    with site.app.app_context():
        own = site.app.extensions["writer"].engine
    disk.told.clear()
    event.listen(own, "commit", lambda _connection: disk.told.append("committed"))
    event.listen(own, "rollback", lambda _connection: disk.told.append("rolled back"))
    assert press(browser) == SAVED
    disk.told.append("answered")
    assert press(browser) == SAVED
    disk.told.append("answered")
    assert disk.told == ["committed", "flushed", "answered"] * 2
    assert pressed(file_of(site)) == 1


def test_a_form_that_only_reads_waits_too(site: Site, disk: Disk) -> None:
    browser = site.client("alice")
    attempt = str(browser.send(QUIZ).location).rpartition("/")[0] + "/"
    assert browser.send(attempt, {"then": "close"}).status_code == 303
    disk.told.clear()
    assert browser.send(attempt, {"then": "close"}).status_code == 303
    assert disk.told == ["flushed"]
    disk.fails = True
    with pytest.raises(NotOnDisk):  # the server answers 500
        browser.send(attempt, {"then": "close"})
    assert browser.send(attempt, {"then": "close"}).status_code == 303
    assert disk.told == ["flushed", "failed", "flushed"]


def test_the_next_may_write_while_one_waits_for_the_disk(site: Site, disk: Disk) -> None:
    alice, bob = site.client("alice"), site.client("bob")
    for browser in (alice, bob):
        browser.page(LESSON)
    disk.is_slow = True
    answers: list[tuple[int, str | None]] = []
    waiting = threading.Thread(target=lambda: answers.append(press(alice)))
    waiting.start()
    assert disk.begun.acquire(timeout=30)
    other = threading.Thread(target=lambda: answers.append(press(bob)))
    other.start()
    until(lambda: pressed(file_of(site)) == 2)
    assert answers == []
    for _ in range(2):
        disk.may_end.release()
    waiting.join()
    other.join()
    assert answers == [SAVED, SAVED]


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(3000):
        if is_so():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come")


def test_who_waits_during_a_flush_shares_the_next(tmp_path: Path, disk: Disk) -> None:
    (tmp_path / "course.sqlite3-wal").touch()
    log = Log(str(tmp_path / "course.sqlite3"))
    disk.is_slow = True
    threads = [threading.Thread(target=log.flush, args=(log.note(),))]
    threads[0].start()
    assert disk.begun.acquire(timeout=30)
    threads += [threading.Thread(target=log.flush, args=(number,)) for number in (log.note(), log.note())]
    for thread in threads[1:]:
        thread.start()
    assert disk.told == []
    for _ in range(2):
        disk.may_end.release()
    for thread in threads:
        thread.join()
    assert disk.told == ["flushed"] * 2


def test_after_a_flush_that_failed_flushing_again_proves_nothing(tmp_path: Path, disk: Disk) -> None:
    (tmp_path / "course.sqlite3-wal").touch()
    log = Log(str(tmp_path / "course.sqlite3"))
    log.flush(first := log.note())
    disk.fails = True
    for number in (log.note(), log.note()):
        with pytest.raises(NotOnDisk):
            log.flush(number)
    log.flush(first)
    assert disk.told == ["flushed", "failed"]


def test_what_failed_is_not_acknowledged_and_is_copied_out_of_the_log_before_anything_else(
    site: Site, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    browser = site.client("alice")
    html = browser.page(LESSON)
    assert re.findall(r'name="seen" value="(\d+)"', html) == ["0"]
    disk.fails = True
    assert press(browser) == NOT_SAVED
    database = file_of(site)
    said = [record.getMessage() for record in caplog.records if record.levelname == "CRITICAL"]
    assert said == [f"Input/output error: {database}-wal could not be flushed; see to the disk"]
    assert Path(f"{database}-turn").stat().st_size == 1
    assert press(browser) == SAVED
    assert Path(f"{database}-turn").stat().st_size == 0
    shutil.copy(database, alone := database.with_name("alone.sqlite3"))
    assert (pressed(alone), pressed(database)) == (1, 1)
    assert [press(browser, seen) for seen in (1, 2)] == [SAVED] * 2


def test_as_long_as_the_log_cannot_be_copied_nothing_is_written(site: Site, disk: Disk) -> None:
    browser = site.client("alice")
    event.listen(engines(site)[1], "begin", _hurry, insert=True)  # it is told only from its beginning on
    browser.page(LESSON)
    with closing(sqlite3.connect(file_of(site), isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM facts").fetchone()
        disk.fails = True
        assert [press(browser), press(browser)] == [NOT_SAVED] * 2
    assert press(browser) == SAVED


def _hurry(connection: Connection) -> None:
    connection.connection.execute("PRAGMA busy_timeout = 100")


def test_a_process_hears_of_the_failure_of_another(site: Site, disk: Disk) -> None:
    browser = site.client("alice")
    browser.page(LESSON)
    turn = Path(f"{file_of(site)}-turn")
    turn.write_bytes(b"\0")
    assert press(browser) == SAVED
    assert turn.stat().st_size == 0
    shutil.copy(file_of(site), alone := file_of(site).with_name("alone.sqlite3"))
    with closing(sqlite3.connect(alone)) as connection:
        assert connection.execute("SELECT count(*) FROM facts WHERE kind = 'opened'").fetchone() == (1,)
