"""A whole site for tests: a real database, the small course published, and the same five people everywhere.

Alice and Bob learn (Alice in Sfax, Bob in Lima), Carla manages Tunisia, Dana writes the course, Erin administers.
"""

from __future__ import annotations

import gzip
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from course import clock, config, create_app, extensions
from course.accounts import organisations, people
from course.extensions import current_session, intend, let_go
from course.publishing import revisions
from tests.courses import write_small_course

PASSWORD = "correct horse battery staple"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PEOPLE = {
    "alice": ("Alice Ben Salah", "learner", "Tunisia › Sfax › Youth", "member"),
    "bob": ("Bob Quispe", "learner", "Peru › Lima", "member"),
    "carla": ("Carla Trabelsi", "learner", "Tunisia", "manager"),
    "dana": ("Dana Ferrer", "author", "Peru › Lima", "member"),
    "erin": ("Erin Vidal", "administrator", "Peru › Lima", "member"),
}


class Page(HTMLParser):
    """What every page must keep, checked on each one that any test fetches."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.forms: list[dict[str, Any]] = []
        self.title, self.lang = "", ""
        self.links: list[str] = []
        self.inline: list[str] = []
        self._in_title = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "html":
            self.lang = given.get("lang") or ""
        if tag == "form":
            self.forms.append(
                {"method": (given.get("method") or "get").lower(), "action": given.get("action") or "", "fields": []}
            )
        if tag in {"input", "select", "textarea", "button"} and given.get("name") and self.forms:
            self.forms[-1]["fields"].append((given["name"], given.get("value") or ""))
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        self._in_title = tag == "title"
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.inline.append(tag)

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def check(self, path: str) -> None:
        assert self.headings.count(1) == 1, f"{path}: one h1, not {self.headings.count(1)}"
        assert self.title.strip(" ·"), f"{path}: a title"
        assert self.lang, f"{path}: a language"
        assert self.inline == [], f"{path}: no inline script, style or handler: {self.inline}"
        doubled = sorted({one for one in self.ids if self.ids.count(one) > 1})
        assert doubled == [], f"{path}: ids stand once: {doubled}"
        for before, after in zip(self.headings, self.headings[1:], strict=False):
            assert after <= before + 1, f"{path}: heading level {after} after {before}"
        for form in self.forms:
            if form["method"] == "post":
                assert "csrf_token" in dict(form["fields"]), f"{path}: a form without its token: {form['action']}"


class Client(FlaskClient):
    """A browser of one person: it checks each page it gets, and sends the token of the last page with every form."""

    token = ""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("buffered", True)  # an answer that is sent in pieces keeps its connection until it is read
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.status_code not in (301, 302, 303, 308):
            sent = response.get_data()
            html = (gzip.decompress(sent) if response.content_encoding == "gzip" else sent).decode()
            Page(html).check(response.request.path)
            found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', html)
            self.token = found.group(1) if found else self.token
        return response

    def page(self, path: str, status: int = 200) -> str:
        response = self.get(path)
        assert response.status_code == status, f"{path}: {response.status_code}"
        return response.get_data(as_text=True)

    def send(self, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """A POST as the browser sends it, with the token."""
        return self.post(path, data={"csrf_token": self.token, **(data or {})}, **kwargs)


@dataclass
class Site:
    """The application with a clock that tests move by hand."""

    app: Flask
    folder: Path
    now: datetime = START
    ids: dict[str, int] = field(default_factory=dict)

    @property
    def settings(self) -> config.Settings:
        return self.app.extensions["settings"]  # type: ignore[no-any-return]

    def later(self, **amount: float) -> datetime:
        self.now += timedelta(**amount)
        return self.now

    def client(self, who: str = "") -> Client:
        """A browser, signed in as one of the five if named."""
        browser = Client(self.app, self.app.response_class)
        browser.get("/en/account/sign-in")
        if who:
            answer = browser.send("/en/account/sign-in", {"email": f"{who}@example.org", "password": PASSWORD})
            assert answer.status_code == 303, answer.get_data(as_text=True)
            browser.get("/en/account/")
        return browser

    @contextmanager
    def session(self, *, write: bool = False) -> Iterator[Session]:
        with self.app.app_context():
            intend(to_write=write)
            session = current_session()
            yield session
            session.commit()

    def publish(self) -> revisions.Published:
        with self.session(write=True) as session:
            done = revisions.publish_folder(session, self.folder, self.settings.instance / "assets", by="test", now=self.now)
        self.app.extensions["live"].look_again()
        return done


class Compiled(BytecodeCache):
    """Templates compiled once for all applications of a run, which takes longer than to render them. Each is still read."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._held.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._held[bucket.key, bucket.checksum] = bucket.code


compiled = Compiled()


def make_app(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The application on a database and the small course as a folder; nothing is published."""
    folder = write_small_course(tmp_path / "modules")
    environ = {
        "COURSE_INSTANCE": str(tmp_path / "instance"),
        "COURSE_DATABASE_URL": database_url,
        "COURSE_MODULES": str(folder),
    }
    site = Site(create_app(config.load(environ)), folder)
    monkeypatch.setattr(clock, "now", lambda: site.now)
    site.app.test_client_class = Client
    site.app.jinja_env.bytecode_cache = compiled
    return site


def make_empty_site(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site on a fresh database with the small course live, and nobody in it."""
    site = make_app(tmp_path, database_url, monkeypatch)
    assert site.publish().problems == ()
    return site


def make_site(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The same with the five people in it."""
    site = make_empty_site(tmp_path, database_url, monkeypatch)
    with site.session(write=True) as session:
        for who, (name, role, path, held) in PEOPLE.items():
            person = people.add(
                session, email=f"{who}@example.org", name=name, password=PASSWORD, role=role, language="en", now=site.now
            )
            place: int | None = None
            for kind, part in zip(("country", "municipality", "department"), path.split(" › "), strict=False):
                place = organisations.find_or_add(session, parent_id=place, kind=kind, name=part, now=site.now)
            assert place is not None
            people.join(session, person_id=person.id, organisation_id=place, role=held, now=site.now)
            site.ids[who] = person.id
    return site


def people_site(folder: Path, database_url: str) -> None:
    """Makes what ``site`` copies: a site in a folder and a database, and leaves no connection."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        close(make_site(folder, database_url, monkeypatch))


@contextmanager
def counted_queries(site: Site) -> Iterator[list[str]]:
    """Every statement sent to the database inside the block."""
    said: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    for engine in engines(site):
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        for engine in engines(site):
            event.remove(engine, "before_cursor_execute", note)


def engines(site: Site) -> list[Engine]:
    """Everything that sends statements."""
    with site.app.app_context():
        return extensions.engines()


@pytest.fixture
def site(tmp_path: Path, database_url: str, peopled: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The site on SQLite and, in a second run of the same test, on PostgreSQL. ``database_url`` has the five people already."""
    shutil.copytree(peopled / "instance" / "assets", tmp_path / "instance" / "assets")
    made = make_app(tmp_path, database_url, monkeypatch)
    made.ids = {who: number for number, who in enumerate(PEOPLE, 1)}
    yield made
    close(made)


@pytest.fixture
def empty_site(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    made = make_empty_site(tmp_path, database_url, monkeypatch)
    yield made
    close(made)


def close(site: Site) -> None:
    """Waits for mails on their way, then lets the database go."""
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join()
    with site.app.app_context():
        let_go()
