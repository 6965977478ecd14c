"""Reports from a replica: a real primary and its streaming standby, which falls behind, goes, or is promoted."""

from __future__ import annotations

import csv
import io
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from course import create_app
from course.accounts.tables import Mail
from course.database import replica
from course.publishing.revisions import live_digest, restore
from course.reports import making, subscriptions
from course.reports.tables import ExportPart
from tests.rig.standby import PRIMARY, STANDBY, Pair, pair, until
from tests.site import Client, Site, close, engines, make_site

SOURCE = re.compile(r'<p class="quiet">((?:These figures|The replica)[^<]*)</p>')
BEHIND = re.compile(r"These figures are from the replica, (\d+) seconds? behind\.")
OWN = re.compile("FROM (tallies|enrolments|module_states|lesson_states|facts|attempts)")
COMPLETION, PAGES = "/en/reports/completion", ["completion", "completion/people", "at-risk", "lessons"]
LESSON = "/en/modules/housing/rooms-before-rules"
AWAY = "The replica cannot be reached: these figures are from the primary database."


@pytest.fixture(scope="module")
def both() -> Iterator[Pair]:
    with pair() as made:
        yield made


@pytest.fixture(scope="module")
def site(both: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The five people, Alice at work, and all of it on the standby; reports are read there."""
    primary = both.cluster(PRIMARY)
    name = primary.create()
    with pytest.MonkeyPatch.context() as patch:
        made = make_site(tmp_path_factory.mktemp("site"), primary.url(name), patch)
        finish(made.client("alice"))
        both.catch_up()
        close(made)
        made.app = with_replica(made, both.cluster(STANDBY).url(name))
        patch.setattr(replica, "ASK_AGAIN", 0.0)
        yield made
        close(made)


def with_replica(site: Site, url: str) -> Flask:
    app = create_app(replace(site.settings, replica_url=url))
    app.test_client_class = Client
    return app


def finish(browser: Client) -> None:
    browser.page(LESSON)
    assert browser.send(f"{LESSON}/done", {"seen": "0"}).status_code == 303


def source(browser: Client, path: str = COMPLETION) -> list[str]:
    return SOURCE.findall(browser.page(path))


def behind(browser: Client, path: str = COMPLETION) -> int:
    """The seconds that a page says; -1 where it does not say that it is from the replica."""
    found = [BEHIND.fullmatch(one) for one in source(browser, path)]
    return int(found[0][1]) if len(found) == 1 and found[0] else -1


def started(browser: Client) -> int:
    return int(re.findall(r'data-column="started">(?:<a[^>]*>)?(\d+)', browser.page(COMPLETION))[0])


def test_every_report_is_read_there_and_says_how_far_behind(site: Site, both: Pair) -> None:
    erin = site.client("erin")
    both.catch_up()
    person = re.findall(r'href="(/en/reports/people/[^"]+)"', erin.page(f"{COMPLETION}/people"))[0]
    asked: list[str] = []

    def note(*about: Any) -> None:
        asked.append(about[2])

    main = engines(site)[0]
    event.listen(main, "before_cursor_execute", note)
    for path in [*(f"/en/reports/{page}" for page in PAGES), person, "/en/author/mobility/analysis"]:
        until(lambda path=path: behind(erin, path) == 0)  # type: ignore[misc]
    for kind in ("completion", "completion/people", "at-risk"):
        lines = erin.get(f"/en/reports/{kind}.csv").get_data().decode("utf-8-sig")
        said = [row[0] for row in csv.reader(io.StringIO(lines)) if row and "replica" in row[0]]
        assert [BEHIND.sub("n", one) for one in said] == ["# n"]
    event.remove(main, "before_cursor_execute", note)
    assert [one for one in asked if OWN.search(one) and "closes_at" not in one] == []
    given = erin.get(f"{COMPLETION}.json").json
    assert given is not None
    assert BEHIND.fullmatch(given["rules"][-1])
    analysis = erin.get("/en/author/mobility/analysis.json").json
    assert analysis is not None
    assert [bool(BEHIND.fullmatch(note)) for note in analysis["notes"]] == [True]
    assert [engine.pool.checkedout() for engine in (main, engines(site)[-1])] == [0, 0]  # type: ignore[attr-defined]


def test_what_is_made_beside_the_pages_is_read_there_too(site: Site, both: Pair) -> None:
    """An export that is fetched later, and a report by mail."""
    erin = site.client("erin")
    erin.page(COMPLETION)
    assert erin.send("/en/reports/exports?report=people&state=started", {"form": "csv"}).status_code == 303
    assert erin.send(f"{COMPLETION}/mail", {"every": "week"}).status_code == 303
    both.catch_up()
    until(lambda: behind(erin) == 0)
    asked: list[str] = []
    main = engines(site)[0]

    def note(*about: Any) -> None:
        asked.append(about[2])

    event.listen(main, "before_cursor_execute", note)
    with site.session(write=True) as session:
        assert making.make_waiting(session, "https://learn.example.org", lambda: site.now) == 1
        content = zlib.decompress(session.scalars(select(ExportPart.content)).one()).decode()
        site.later(days=7)
        course = restore(session, live_digest(session))
        assert subscriptions.queue_due(session, course, "https://learn.example.org", site.now) == 1
        body = session.scalars(select(Mail.body).order_by(Mail.id.desc()).limit(1)).one()
    event.remove(main, "before_cursor_execute", note)
    assert [one for one in asked if OWN.search(one)] == []
    assert [len(BEHIND.findall(text)) for text in (body, content)] == [1, 1]
    assert [engine.pool.checkedout() for engine in (main, engines(site)[-1])] == [0, 0]  # type: ignore[attr-defined]


def test_figures_are_as_old_as_it_says_and_a_learners_own_pages_are_of_now(site: Site, both: Pair) -> None:
    erin, bob = site.client("erin"), site.client("bob")
    both.catch_up()
    before = started(erin)
    both.ask(STANDBY, "SELECT pg_wal_replay_pause()")
    until(lambda: both.ask(STANDBY, "SELECT pg_get_wal_replay_pause_state()") == "paused")
    finish(bob)
    assert re.findall(r'name="seen" value="(\d+)"', bob.page(LESSON)) == ["1"]
    assert started(erin) == before
    until(lambda: behind(erin) >= 2)
    both.ask(STANDBY, "SELECT pg_wal_replay_resume()")
    both.catch_up()
    assert started(erin) == before + 1
    until(lambda: behind(erin) == 0)


def test_a_replica_that_is_gone_is_the_primary_and_said(site: Site, both: Pair) -> None:
    erin = site.client("erin")
    both.catch_up()
    before = started(erin)
    both.stop(STANDBY)
    for page in PAGES:
        assert source(erin, f"/en/reports/{page}") == [AWAY]
    assert started(erin) == before
    both.start(STANDBY)
    until(lambda: behind(erin) == 0)


def test_a_replica_that_goes_while_a_report_is_read_is_asked_again(site: Site, both: Pair) -> None:
    erin = site.client("erin")
    until(lambda: behind(erin) == 0)
    cut: list[object] = []

    def cut_off(_connection: object, _cursor: object, statement: str, *_about: object) -> None:
        if "pg_is_in_recovery" not in statement and not cut:
            ours = f"datname = 'test_{os.getpid()}_0' AND pid <> pg_backend_pid()"
            cut.append(both.ask(STANDBY, f"SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE {ours}"))

    apart = engines(site)[-1]
    event.listen(apart, "before_cursor_execute", cut_off)
    answer = erin.get(COMPLETION)
    event.remove(apart, "before_cursor_execute", cut_off)
    assert (answer.status_code, answer.headers.get("Retry-After"), len(cut)) == (503, "5", 1)
    until(lambda: behind(erin) == 0)
    assert [engine.pool.checkedout() for engine in (engines(site)[0], apart)] == [0, 0]  # type: ignore[attr-defined]


def test_without_word_from_the_primary_the_age_is_of_the_last_change(site: Site, both: Pair) -> None:
    """All that was received is replayed, but nothing is received any more."""
    erin = site.client("erin")
    held = str(both.ask(STANDBY, "SHOW primary_conninfo")).replace("'", "''")
    both.ask(STANDBY, "ALTER SYSTEM SET primary_conninfo = 'host=/nowhere'")
    both.ask(STANDBY, "SELECT pg_reload_conf()")
    until(lambda: behind(erin) >= 2)
    both.ask(STANDBY, f"ALTER SYSTEM SET primary_conninfo = '{held}'")
    both.ask(STANDBY, "SELECT pg_reload_conf()")
    until(lambda: behind(erin) == 0)


def test_a_server_that_is_no_standby_is_no_replica(site: Site) -> None:
    """Such as one that was promoted: nobody keeps it up to date any more."""
    mistaken = replace(site, app=with_replica(site, site.settings.database_url))
    assert source(mistaken.client("erin")) == [AWAY]
    close(mistaken)
