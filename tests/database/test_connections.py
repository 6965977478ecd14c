"""PostgreSQL on more than one machine: how it is named, and how the application finds the primary again by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from course import config, create_app
from course.database.connections import NOTICED, address, prepare
from course.extensions import current_session
from tests.rig.standby import PRIMARY, STANDBY, Pair, pair, until
from tests.rig.together import at_once
from tests.site import Client, Site, close, make_site

LESSON = "/en/modules/housing/rooms-before-rules"
SAVED, NOT_SAVED = (303, None), (503, "5")


@pytest.mark.parametrize(
    ("given", "host", "port", "name"),
    [
        ("postgresql://course@db.example/course", "db.example", 5432, "course"),
        ("postgresql://course:a%2Cb@one:5433/course", "one", 5433, "course"),
        ("postgresql://course:a%2Cb@one:5432,two:5433/course", "one,two", "5432,5433", "course"),
        ("postgresql+psycopg://one:5432,two:5432/course", "one,two", "5432,5432", "course"),
        ("postgresql://course@/course?host=one:5432&host=two:5433", "one,two", "5432,5433", "course"),
        ("postgresql://course@/course?host=one,two&port=5432,5433", "one,two", "5432,5433", "course"),
    ],
)
def test_an_address_names_one_host_or_several(given: str, host: str, port: object, name: str) -> None:
    url = address(given)
    read = url.get_dialect()().create_connect_args(url)[1]
    assert (read["host"], read.get("port", 5432), read["dbname"]) == (host, port, name)


def test_several_that_open_a_new_database_at_once_all_may(tmp_path: Path) -> None:
    """SQLite refuses without waiting whoever makes a database a WAL one while another does: of 60 new ones about 15 times."""

    def use(engine: Engine) -> None:
        prepare(engine)
        with engine.connect():
            pass
        engine.dispose()

    for number in range(60):
        at_once(*(partial(use, create_engine(f"sqlite:///{tmp_path}/{number}.sqlite3")) for _each in range(4)))


def test_a_disk_on_which_sqlite_has_no_log_is_refused_in_one_line(tmp_path: Path) -> None:
    """As one of another machine: SQLite's own way to open files without the memory that WAL is shared by."""
    file = f"file:{tmp_path}/course.sqlite3"
    settings = config.load({"COURSE_INSTANCE": str(tmp_path)})
    line = (
        f"{file}: SQLite cannot keep its promises here (journal_mode is delete, not wal), as on a disk of another machine: "
        "put the database on a disk of this one, or into PostgreSQL"
    )
    with pytest.raises(config.SettingError, match=f"^{re.escape(line)}$"):
        create_app(replace(settings, database_url=f"sqlite:///{file}?vfs=unix-dotfile&uri=true"))


def test_what_an_address_says_is_over_what_it_does_not() -> None:
    query = address("postgresql://a,b/course?connect_timeout=9&target_session_attrs=read-write").query
    assert query == NOTICED | {"connect_timeout": "9", "host": ("a", "b"), "target_session_attrs": "read-write"}
    assert address("sqlite:////srv/course.sqlite3").query == {}


@pytest.fixture
def both() -> Iterator[Pair]:
    with pair() as made:
        yield made


@pytest.fixture
def site(both: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The five people on a primary that has a standby; the application is told of both."""
    name = both.cluster(PRIMARY).create()
    made = make_site(tmp_path, f"postgresql://course@/{name}?{both.hosts()}", monkeypatch)
    yield made
    close(made)


def press(browser: Client, seen: int) -> tuple[int, str | None]:
    """Marks a lesson as done, or takes it back."""
    answer = browser.send(f"{LESSON}/done", {"seen": str(seen), **({"undo": "1"} if seen % 2 else {})})
    return answer.status_code, answer.headers.get("Retry-After")


def port_of(site: Site) -> int:
    with site.session() as session:
        return int(session.execute(text("SHOW port")).scalar_one())


def pool_of(site: Site) -> set[int]:
    """Five connections of the pool, as they are held when so many pages are asked for at a time, by their processes."""
    with site.app.app_context():
        engine = current_session().get_bind()
        held = [engine.connect() for _ in range(5)]  # type: ignore[union-attr]
        found = {one.execute(text("SELECT pg_backend_pid()")).scalar_one() for one in held}
        for one in held:
            one.close()
    return found


def test_the_application_finds_the_primary_again_by_itself(site: Site, both: Pair) -> None:
    """First the primary refuses to write, and cuts no connection; then it is gone, and the standby takes its place."""
    browser = site.client("alice")
    browser.page(LESSON)
    before = pool_of(site)
    assert (press(browser, 0), port_of(site)) == (SAVED, PRIMARY)

    both.ask(PRIMARY, "ALTER SYSTEM SET default_transaction_read_only = on")
    both.ask(PRIMARY, "SELECT pg_reload_conf()")
    until(lambda: both.ask(PRIMARY, "SHOW default_transaction_read_only") == "on")
    assert press(browser, 1) == NOT_SAVED
    both.ask(PRIMARY, "ALTER SYSTEM RESET default_transaction_read_only")
    both.ask(PRIMARY, "SELECT pg_reload_conf()")
    until(lambda: both.ask(PRIMARY, "SHOW default_transaction_read_only") == "off")
    assert before & pool_of(site) == set()
    assert [press(browser, seen) for seen in range(1, 9)] == [SAVED] * 8

    both.catch_up()
    both.stop(PRIMARY)
    assert [press(browser, 9) for _ in range(2)] == [NOT_SAVED] * 2
    both.promote()
    assert [press(browser, seen) for seen in range(9, 17)] == [SAVED] * 8
    assert port_of(site) == STANDBY
