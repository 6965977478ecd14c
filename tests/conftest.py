"""What every test may ask for. Databases, browser and server are made in tests/rig; people and courses are beside this file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from course import config
from tests.rig import postgres
from tests.rig.command import command
from tests.site import empty_site, people_site, site

__all__ = ["command", "empty_site", "site"]  # the fixtures that every test may ask for, beside those below

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Cluster]:
    """A real PostgreSQL, started when the first test asks."""
    with postgres.cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def blank_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database of the present version with nothing in it; copied, never used itself."""
    path = tmp_path_factory.mktemp("blank") / "course.sqlite3"
    _migrate(f"sqlite:///{path}", path.parent)
    return path


def _migrate(url: str, instance: Path) -> None:
    """Brings an empty database to the present version, as the application does at its start, and leaves no connection."""
    from course import create_app
    from course.extensions import let_go

    app = create_app(config.load({"COURSE_INSTANCE": str(instance), "COURSE_DATABASE_URL": url}))
    with app.app_context():
        let_go()


@pytest.fixture(scope="session")
def peopled(tmp_path_factory: pytest.TempPathFactory, blank_sqlite: Path) -> Path:
    """The folder of a site with the five people in it, on SQLite; copied, never used itself."""
    folder = tmp_path_factory.mktemp("peopled")
    shutil.copy(blank_sqlite, folder)
    people_site(folder, f"sqlite:///{folder / 'course.sqlite3'}")
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of the present version; the test runs on SQLite and again on PostgreSQL.

    There is nothing in it, unless the test asks for ``site``: that is made once and copied, which takes a third of the time.
    """
    is_peopled = "site" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "course.sqlite3"
        held = request.getfixturevalue("peopled") / path.name if is_peopled else request.getfixturevalue("blank_sqlite")
        shutil.copy(held, path)
        yield f"sqlite:///{path}"
        return
    cluster: postgres.Cluster = request.getfixturevalue("postgresql")
    template = cluster.template("blank", lambda url: _migrate(url, tmp_path / "blank"))
    if is_peopled:
        template = cluster.template("peopled", lambda url: people_site(tmp_path / "peopled", url), template)
    name = cluster.create(template)
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def empty_database_url(tmp_path: Path, postgresql: postgres.Cluster) -> Iterator[dict[str, str]]:
    """Addresses of databases without a single table, by their kind: for tests of the first start."""
    name = postgresql.create()
    yield {"sqlite": f"sqlite:///{tmp_path / 'empty.sqlite3'}", "postgresql": postgresql.url(name)}
    postgresql.drop(name)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium. Where there is none the test fails: `./dev test` installs one."""
    from tests.rig.browser import launched

    with launched() as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page in a browser context of its own, 1280 by 800, in English."""
    settings: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "timezone_id": "UTC"}
    context = browser.new_context(**settings)
    yield context.new_page()
    context.close()
