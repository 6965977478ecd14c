"""A full disk, a locked database, a key that leaks, a text that would run: what must hold when something is wrong."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from flask import Flask, request_finished
from sqlalchemy import Connection, Engine, event, select, text
from sqlalchemy.exc import OperationalError

from course import create_app
from course.accounts.tables import Organisation, Person
from course.extensions import current_session
from course.learning.tables import Attempt, Fact, LessonState
from course.web import due
from course.web.application import Asked
from tests.learning.regrades import attempt
from tests.rig.pace import quickest
from tests.rig.postgres import Cluster
from tests.rig.together import at_once
from tests.site import PASSWORD, Client, Site, engines, make_site
from tests.site import close as close_site

LESSON = "/en/modules/housing/rooms-before-rules"
QUIZ = "/en/modules/mobility/quiz"


def done(browser: Client) -> tuple[int, str]:
    html = browser.page(LESSON)
    seen = re.search(r'name="seen" value="(\d+)"', html).group(1)  # type: ignore[union-attr]
    answer = browser.send(f"{LESSON}/done", {"seen": seen})
    return answer.status_code, answer.get_data(as_text=True)


@pytest.fixture
def sqlite_site(tmp_path: Path, blank_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    file = tmp_path / "course.sqlite3"
    file.write_bytes(blank_sqlite.read_bytes())
    return make_site(tmp_path, f"sqlite:///{file}", monkeypatch)


def test_a_locked_database_says_not_saved_and_when_to_try_again(sqlite_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, engine = sqlite_site.client("alice"), _engine(sqlite_site)
    event.listen(engine, "begin", lambda connection: connection.connection.execute("PRAGMA busy_timeout = 100"), insert=True)
    browser.page(LESSON)
    browser.send(
        f"{LESSON}/done", {"seen": "7"}
    )  # a stale page: after one form the connection is not told again how long to wait
    other = sqlite3.connect(str(engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = browser.send(f"{LESSON}/done", {"seen": "0"})
    html = answer.get_data(as_text=True)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "<h1>Not saved" in html
    assert re.findall(r'name="seen" value="(\d+)"', html) == ["0"]
    script = browser.send(f"{LESSON}/done", {"seen": "0"}, headers={"X-Requested-With": "course"})
    assert (script.status_code, script.headers["Retry-After"], script.json) == (503, "5", {"saved": False, "because": "busy"})
    other.execute("ROLLBACK")
    other.close()
    assert browser.send(f"{LESSON}/done", {"seen": "0"}).status_code == 303
    close_site(sqlite_site)


def test_a_full_disk_says_not_saved_and_reading_goes_on(sqlite_site: Site) -> None:
    browser = sqlite_site.client("alice")
    browser.page(LESSON)
    engine = _engine(sqlite_site)
    with engines(sqlite_site)[0].connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    full = [True]

    def limit(connection: Connection) -> None:
        connection.connection.execute(f"PRAGMA max_page_count = {pages if full[0] else 1_000_000}")

    event.listen(engine, "begin", limit)
    answers = [browser.send(f"{LESSON}/done", {"seen": str(n), **({"undo": "1"} if n % 2 else {})}) for n in range(120)]
    refused = [answer for answer in answers if answer.status_code != 303]
    assert len(refused) >= 1
    assert {(answer.status_code, answer.headers.get("Retry-After")) for answer in refused} == {(503, "5")}
    browser.page(LESSON)
    with sqlite_site.session() as session:
        state = session.execute(select(LessonState)).scalar_one()
        facts = session.scalars(select(Fact.key).where(Fact.kind.in_(("completed_lesson", "undid_lesson")))).all()
        assert state.changes == len(facts) == answers.index(refused[0])  # what came after it was from a stale page
    full[0] = False
    assert done(browser)[0] == 303
    close_site(sqlite_site)


@contextmanager
def locked(site: Site) -> Iterator[None]:
    """Another program holds what writers need: the database in SQLite, tables in PostgreSQL."""
    url = site.settings.database_url
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    with psycopg.connect(url) as held:
        held.execute("LOCK TABLE facts, enrolments, lesson_states, sign_ins IN EXCLUSIVE MODE")
        yield
        held.rollback()


def test_under_a_lock_reading_goes_on_and_writing_says_not_saved(site: Site) -> None:
    """A lesson never opened before is shown too, and the sign-in of somebody who comes back after an hour."""
    browser = site.client("alice")
    site.later(hours=1)
    with locked(site):
        begun = time.monotonic()
        assert browser.page(LESSON).count("<h1") == 1
        assert time.monotonic() - begun < 3
        begun = time.monotonic()
        answer = browser.send(f"{LESSON}/done", {"seen": "0"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert time.monotonic() - begun < 12
    with site.session() as session:
        assert session.scalars(select(Fact.kind)).all() == []
    browser.page(LESSON)
    assert browser.send(f"{LESSON}/done", {"seen": "0"}).status_code == 303
    with site.session() as session:
        kinds = session.scalars(select(Fact.kind).order_by(Fact.id)).all()
        assert sorted(kinds) == ["completed_lesson", "enrolled", "opened", "started"]


@pytest.mark.parametrize("place", ["completion", "completion/people", "at-risk", "lessons"])
def test_under_a_lock_a_report_says_what_it_counts_as_open(site: Site, place: str) -> None:
    """Page and file; and not before or after, nor where nothing is due."""
    quiz = site.folder / "mobility" / "quiz.yaml"
    quiz.write_text(quiz.read_text().replace("attempts: 0\n", "attempts: 3\ntime_limit_minutes: 20\n"))
    assert site.publish().is_new
    attempt(site, "alice", close=False)
    erin, told = site.client("erin"), list[tuple[int, int]]()

    def look() -> None:
        texts = erin.page(f"/en/reports/{place}"), erin.get(f"/en/reports/{place}.csv").get_data(as_text=True)
        told.append((texts[0].count(due.LEFT), texts[1].count(due.LEFT)))

    with locked(site):
        look()
    site.later(minutes=30)
    with locked(site):
        look()
    look()
    assert told == [(0, 0), (1, 1), (0, 0)]
    with site.session() as session:
        assert session.scalars(select(Attempt.closed_at)).all() != [None]


def test_a_database_that_may_only_be_read(site: Site) -> None:
    """A file without the right to write; a PostgreSQL that has become the standby of another."""
    browser = site.client("alice")
    url = site.settings.database_url
    listened = []
    for engine in engines(site):
        engine.dispose()
        statement = "PRAGMA query_only = 1" if url.startswith("sqlite") else "SET default_transaction_read_only = on"

        def forbid(connection: Any, _record: object, statement: str = statement) -> None:
            connection.execute(statement)
            connection.commit()

        event.listen(engine, "connect", forbid)
        listened.append((engine, forbid))
    close_site(site)
    assert browser.page(LESSON).count("<h1") == 1
    answer = browser.send(f"{LESSON}/done", {"seen": "0"})
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")
    assert "<h1>Not saved" in answer.get_data(as_text=True)
    for engine, forbid in listened:
        event.remove(engine, "connect", forbid)
    close_site(site)
    assert browser.send(f"{LESSON}/done", {"seen": "0"}).status_code == 303


def test_a_folder_in_which_no_file_can_be_made(sqlite_site: Site) -> None:
    """Where there is no room even for the file at which writers take turns."""
    browser = sqlite_site.client("alice")
    browser.page(LESSON)
    close_site(sqlite_site)
    path = Path(f"{sqlite_site.settings.database_url.removeprefix('sqlite:///')}-turn")
    path.unlink()
    path.mkdir()  # cannot be opened as a file
    fresh = create_app(sqlite_site.settings)
    fresh.test_client_class = Client
    sqlite_site.app = fresh
    again = sqlite_site.client("")
    answer = again.send("/en/account/sign-in", {"email": "alice@example.org", "password": PASSWORD})
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")
    path.rmdir()
    assert again.send("/en/account/sign-in", {"email": "alice@example.org", "password": PASSWORD}).status_code == 303
    close_site(sqlite_site)


def test_a_database_that_goes_when_the_page_is_made_takes_no_page_away(
    tmp_path: Path, postgresql: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done is done, and said so, though the connection cannot even be given back in order."""
    name = postgresql.create()
    site = make_site(tmp_path, postgresql.url(name), monkeypatch)
    browser = site.client("alice")
    killed = []

    def kill(_app: Flask, **_about: object) -> None:
        session = current_session()
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with psycopg.connect(postgresql.url(name)) as other:
            killed.append(other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid]).fetchone())

    with request_finished.connected_to(kill, site.app):
        answer = browser.send(QUIZ)
    assert (answer.status_code, killed) == (303, [(True,)])
    assert browser.send(QUIZ).location == answer.location
    close_site(site)
    postgresql.drop(name)


def test_a_database_that_is_gone_is_a_page(site: Site) -> None:
    """Nothing was sent, so nothing is said of saving, and the way out is the same page."""
    browser = site.client("alice")

    def refuse(*_args: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("server closed the connection unexpectedly"))

    for engine in engines(site):
        event.listen(engine, "before_cursor_execute", refuse)
    answers = [browser.get(path) for path in ("/en/", LESSON, "/en/reports/completion", "/verify/X")]
    health = browser.get("/healthz")
    for engine in engines(site):
        event.remove(engine, "before_cursor_execute", refuse)
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in answers] == [(503, "5")] * 4
    pages = [re.findall(r'<h1>([^<]*)|<a class="button" href="([^"]*)', answer.get_data(as_text=True)) for answer in answers]
    assert pages == [[("The course cannot answer now", ""), ("", "")]] * 4
    assert health.status_code == 503
    assert browser.get("/healthz").status_code == 200


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}${7*7}"


def test_what_people_type_is_shown_and_never_run(site: Site) -> None:
    """The same text as name, organisation, filter, address and code, on every page that shows it."""
    with site.session(write=True) as session:
        for person in session.scalars(select(Person)):
            person.name = EVIL[:200]
    erin = site.client("erin")
    erin.page("/en/account/register")
    site.client("alice").page(LESSON)
    for path in ("/en/", "/en/account/", "/en/reports/completion/people", "/en/admin/people", "/en/progress"):
        html = erin.page(path)
        assert "<script>alert" not in html and "<img src=x" not in html and "49" not in re.findall(r"\$?(\d+)\$", html), path
    assert escape(EVIL, quote=False)[:24] in erin.page("/en/reports/completion/people")
    for path in (f"/verify/{EVIL}", f"/en/practices/?q={EVIL}", f"/en/reports/completion?module={EVIL}", f"/en/{EVIL}"):
        assert "<script>alert" not in erin.get(path).get_data(as_text=True), path


def test_no_secret_is_written_to_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    browser = site.client("alice")
    browser.send("/en/account/sign-in", {"email": "alice@example.org", "password": "a wrong pass phrase"})
    browser.page("/en/account/password")
    browser.send("/en/account/password", {"current_password": PASSWORD, "new_password": "a fresh pass phrase"})
    cookie = browser.get_cookie("course")
    assert cookie is not None
    for secret in (PASSWORD, "a wrong pass phrase", "a fresh pass phrase", cookie.value, site.settings.secret_key):
        assert caplog.text.count(secret) == 0


def test_the_same_click_sixteen_times_at_once_counts_once(site: Site) -> None:
    browsers = [site.client("alice") for _ in range(4)]
    for browser in browsers:
        browser.page(LESSON)
    clicks = (partial(browser.send, f"{LESSON}/done", {"seen": "0"}) for browser in browsers * 4)
    codes = [answer.status_code for answer in at_once(*clicks)]
    assert codes == [303] * 16
    with site.session() as session:
        kinds = session.scalars(select(Fact.kind).order_by(Fact.id)).all()
        assert sorted(kinds) == ["completed_lesson", "enrolled", "opened", "started"]


def _engine(site: Site) -> Engine:
    """What writes to SQLite."""
    return engines(site)[1]


def test_what_no_database_can_hold_is_refused_as_unreadable(site: Site) -> None:
    """PostgreSQL holds no character of the code 0; SQLite finds nobody of such a name."""
    erin = site.client("erin")
    expected = 400 if site.settings.database_url.startswith("postgresql") else 404
    for path in ("completion?organisation=%00", "completion?cohort=%00", "people/%00", "completion/people?organisation=a%00"):
        assert (path, erin.get(f"/en/reports/{path}").status_code) == (path, expected)
    assert erin.page("/en/reports/completion").count("<h1") == 1


def test_a_form_of_more_fields_than_any_page_has_is_too_large(site: Site) -> None:
    browser = site.client("alice")
    answer = browser.post("/en/account/", data="&a=" * 20_000, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.get_data(as_text=True).count("<h1>This is too large</h1>")) == (413, 1)


@pytest.mark.parametrize("who", ["", "alice"])
@pytest.mark.parametrize("headers", [{}, {"X-Requested-With": "course"}])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_that_is_too_long_is_told_so_whoever_sends_it(site: Site, who: str, headers: dict[str, str], kind: str) -> None:
    """Of such a form the server gives the length alone. Whoever has no cookie yet is told no other way."""
    browser = site.client(who) if who else Client(site.app, site.app.response_class)
    length = Asked.max_content_length + 1
    answer = browser.post("/en/account/", headers=headers, content_type=kind, environ_overrides={"CONTENT_LENGTH": str(length)})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 413
    if headers:
        assert answer.json == {"saved": False, "because": "error"}
    else:
        assert text.count("<h1>This is too large</h1>") == text.count("A form may hold 2 MB with its file") == 1


def test_a_form_with_a_file_may_hold_as_much_text_as_one_without(site: Site) -> None:
    carla = site.client("carla")
    typed = "somebody@example.org\n" * 40_000  # 840 KB
    answer = carla.send("/en/reports/cohorts/none/people", {"addresses": typed}, content_type="multipart/form-data")
    answer.request.input_stream.close()  # the test's own browser keeps large bodies in a file
    assert answer.status_code == 404


MARKS = "a" + "\u0301\u0316" * 80_000  # above and below, to be put in order; 1 MB on the line


@pytest.mark.parametrize(
    ("who", "path", "sent", "code"),
    [
        ("", "account/register", {"name": MARKS}, 422),
        ("", "account/register", {"email": f"{MARKS}@example.org"}, 422),
        ("", "account/register", {"municipality": MARKS}, 422),
        ("", "account/register", {"password": MARKS}, 422),
        ("", "account/sign-in", {"email": f"{MARKS}@example.org", "password": PASSWORD}, 422),
        ("", "account/sign-in", {"email": "alice@example.org", "password": MARKS}, 422),
        ("", "account/reset", {"email": f"{MARKS}@example.org"}, 422),
        ("alice", "account/", {"name": MARKS, "language": "en"}, 422),
        ("alice", "account/password", {"current_password": MARKS, "new_password": MARKS}, 422),
        ("alice", "account/delete", {"current_password": MARKS}, 422),
        ("carla", "reports/cohorts", {"name": MARKS}, 422),
        ("erin", "admin/organisations", {"name": MARKS, "kind": "country", "parent": ""}, 422),
        ("erin", "admin/certificates/x/revoke", {"why": MARKS}, 404),
    ],
)
def test_no_text_takes_a_worker_away(site: Site, who: str, path: str, sent: dict[str, str], code: int) -> None:
    """To put a letter's marks in order takes as long as the square of their number: for these 13 seconds of a processor."""
    browser = site.client(who)
    assert_answered_soon(browser, f"/en/{path}", sent, code)


def assert_answered_soon(browser: Client, path: str, sent: dict[str, str], code: int) -> None:
    form = urlencode({"csrf_token": browser.token, **sent})

    def send() -> None:
        assert browser.post(path, data=form, content_type="application/x-www-form-urlencoded").status_code == code

    assert quickest(send, 2) < 2


def test_no_address_in_a_list_takes_a_worker_away(site: Site) -> None:
    carla = site.client("carla")
    carla.page("/en/reports/cohorts")
    with site.session() as session:
        sfax = session.scalars(select(Organisation.public_id).where(Organisation.name == "Sfax")).one()
    cohort = str(carla.send("/en/reports/cohorts", {"name": "Intake", "organisation": sfax}).location).partition("?")[0]
    for typed in (f"{MARKS}@example.org", "a\n" * 400_000):
        assert_answered_soon(carla, f"{cohort}/people", {"addresses": typed}, 422)
