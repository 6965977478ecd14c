"""The rig itself: the databases, the browser and the server that every other test rests on are real ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy

from tests.rig import chromium
from tests.rig.browser import launched
from tests.rig.postgres import Cluster
from tests.rig.server import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_postgresql_is_real_and_sorts_and_folds_text(postgresql: Cluster) -> None:
    with psycopg.connect(postgresql.url("postgres")) as connection:
        row = connection.execute("SELECT current_setting('server_version_num')::int >= 140000, lower('ÉÑŁ')").fetchone()
    assert row == (True, "éñł")


def test_database_is_a_copy_of_its_template(postgresql: Cluster) -> None:
    filled: list[str] = []

    def build(url: str) -> None:
        filled.append(url)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE seen (word text)")

    names = [postgresql.create(postgresql.template("seen", build)) for _ in range(2)]
    with psycopg.connect(postgresql.url(names[0])) as connection:
        connection.execute("INSERT INTO seen VALUES ('one')")
    counts = []
    for name in names:
        with psycopg.connect(postgresql.url(name)) as connection:
            counts.append(connection.execute("SELECT count(*) FROM seen").fetchone())
        postgresql.drop(name)
    assert (len(filled), counts) == (1, [(1,), (0,)])


def test_both_databases_have_the_same_tables(database_url: str) -> None:
    from course.database import partitions
    from course.extensions import Base

    engine = sqlalchemy.create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        with engine.connect() as connection:
            found = partitions.tables(connection)
    finally:
        engine.dispose()
    assert found - {"alembic_version"} == set(Base.metadata.tables)


def test_empty_databases_have_no_table(empty_database_url: dict[str, str]) -> None:
    assert not Path(empty_database_url["sqlite"].removeprefix("sqlite:///")).exists()
    with psycopg.connect(empty_database_url["postgresql"]) as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert found == (0,)


def test_browser_shows_a_page_of_the_server(page: Page, tmp_path: Path) -> None:
    with serving("tests.serving.applications:app", tmp_path / "log") as server:
        answer = page.goto(f"{server.url}/cookies")
        assert answer is not None
        assert (answer.status, page.inner_text("body")) == (200, "two cookies")
        assert sorted(cookie["name"] for cookie in page.context.cookies()) == ["a", "b"]


def test_missing_browser_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tests.rig.browser.recorded", lambda: None)
    with pytest.raises(RuntimeError, match=r"`\./dev test` finds or installs one"), launched():
        raise AssertionError("a browser from nowhere")
    monkeypatch.setattr(chromium, "RECORD", tmp_path / "browser.json")
    assert chromium.recorded() is None


def test_browser_that_shows_no_page_is_not_believed() -> None:
    with pytest.raises(chromium.Missing, match=r"^/bin/false shows no page: "):
        chromium.proven(chromium.Chromium("/bin/false"))
