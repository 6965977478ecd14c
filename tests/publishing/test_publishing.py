"""Publishing: a revision by its digest, a switch that every process notices, and a broken folder that changes nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest
from sqlalchemy import func, select

from course import create_app
from course.config import Settings
from course.extensions import let_go
from course.publishing import revisions
from course.publishing.revisions import Live, live_digest, publish_folder, restore
from course.publishing.tables import Publication, Revision
from course.starting import signature
from tests.rig.server import ROOT, free_port
from tests.rig.together import at_once
from tests.site import Site, counted_queries


def edit(site: Site, path: str, old: str, new: str) -> None:
    file = site.folder / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def count(site: Site, table: type[Revision] | type[Publication]) -> int:
    with site.session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_same_folder_is_the_same_revision(site: Site) -> None:
    done = site.publish()
    assert (done.is_new, done.problems, count(site, Revision), count(site, Publication)) == (False, (), 1, 1)


def test_a_change_is_a_new_revision_and_the_old_one_stays(site: Site) -> None:
    with site.session() as session:
        before = live_digest(session)
    edit(site, "housing/01-rooms-before-rules.md", "Rooms before rules", "Rooms first")
    assert site.publish().is_new
    with site.session() as session:
        assert restore(session, before).modules[0].lessons[0].texts["en"].title == "Rooms before rules"
        assert restore(session, live_digest(session)).modules[0].lessons[0].texts["en"].title == "Rooms first"
    assert "Rooms first" in site.client().page("/en/modules/housing/")


def test_going_back_publishes_the_old_revision_again(site: Site) -> None:
    with site.session() as session:
        before = live_digest(session)
    edit(site, "housing/01-rooms-before-rules.md", "Rooms before rules", "Rooms first")
    site.publish()
    edit(site, "housing/01-rooms-before-rules.md", "Rooms first", "Rooms before rules")
    site.publish()
    with site.session() as session:
        assert live_digest(session) == before
    assert (count(site, Revision), count(site, Publication)) == (2, 3)


def test_a_problem_changes_nothing_and_says_why(site: Site) -> None:
    edit(site, "housing/module.yaml", "summary:", "sumary:")
    edit(site, "mobility/module.yaml", "pass_mark: ", "pass_mark: 1")
    done = site.publish()
    assert done.course is None
    assert [(p.path, p.line, p.hint) for p in done.problems if "sumary" in p.message] == [
        ("housing/module.yaml", 2, "did you mean `summary`?")
    ]
    assert (count(site, Revision), count(site, Publication)) == (1, 1)
    assert site.client().page("/en/modules/housing/").count("<h1") == 1
    author = site.client("dana").page("/en/author/")
    assert author.count("did you mean <code>summary</code>?") == 1
    assert author.count("<li><p><code>") == len(done.problems) >= 2


def test_an_id_that_learners_have_used_cannot_become_another(site: Site) -> None:
    edit(site, "housing/03-on-monday.md", "id: monday", "id: tuesday")
    edit(site, "housing/quiz.yaml", "review_lesson: monday", "review_lesson: tuesday")
    assert [(problem.path, problem.message, problem.hint) for problem in site.publish().problems] == [
        (
            "housing/03-on-monday.md",
            "the lesson had the id `monday`, and has `tuesday` now",
            "write `id: monday` again; a new lesson needs a new file name too",
        )
    ]
    assert count(site, Publication) == 1


def test_the_author_publishes_with_one_button(site: Site) -> None:
    edit(site, "housing/01-rooms-before-rules.md", "Rooms before rules", "Rooms first")
    author = site.client("dana")
    assert author.page("/en/author/").count(">Publish<") == 1
    assert author.send("/en/author/publish").status_code == 303
    assert author.page("/en/author/").count(">Publish<") == 0
    assert "Rooms first" in site.client().page("/en/modules/housing/")


@pytest.mark.parametrize("is_changed", [True, False], ids=["something new", "what is live"])
def test_media_that_cannot_be_stored_are_a_problem_and_change_nothing(site: Site, is_changed: bool) -> None:
    """A full disk or a folder that is not the server's to write is said to whoever publishes; nothing ends with an error."""
    if is_changed:
        edit(site, "housing/01-rooms-before-rules.md", "Rooms before rules", "Rooms first")
    assets = site.settings.assets
    shutil.rmtree(assets)
    assets.write_text("not a folder", encoding="utf-8")
    message = f"this file could not be copied into {assets} (file exists)"
    assert [str(problem) for problem in site.publish().problems] == [
        f"housing/media/infographic.svg:1:1: {message} [not-stored]\n"
        "  hint: ask whoever runs the server: its disk may be full, or the folder of COURSE_ASSETS not writable"
    ]
    browser = site.client("dana")
    browser.page("/en/author/")
    answer = browser.send("/en/author/publish")
    assert (answer.status_code, message in answer.get_data(as_text=True)) == (422, True)
    assert (count(site, Revision), count(site, Publication)) == (1, 1)


def test_nothing_is_left_of_a_file_that_could_not_be_copied(site: Site) -> None:
    assets = site.settings.assets
    (lost,) = assets.iterdir()
    lost.unlink()
    lost.mkdir()
    assert [problem.code for problem in site.publish().problems] == ["not-stored"]
    assert list(assets.iterdir()) == [lost]


def test_two_who_publish_at_once_make_one_revision(site: Site) -> None:
    edit(site, "housing/01-rooms-before-rules.md", "Rooms before rules", "Rooms first")

    def publish() -> None:
        with site.session(write=True) as session:
            publish_folder(session, site.folder, site.settings.instance / "assets", by="x", now=site.now)

    at_once(*[publish] * 4)
    assert count(site, Revision) == 2


def test_who_publishes_second_is_held_against_what_the_first_has_made_live(site: Site, tmp_path: Path) -> None:
    """Two machines with different folders: in each a lesson is new, by the same name and with another id."""
    folders = [shutil.copytree(site.folder, tmp_path / one) for one in ("first", "second")]
    for folder in folders:
        lesson = (folder / "housing" / "01-rooms-before-rules.md").read_text(encoding="utf-8")
        (folder / "housing" / "05-again.md").write_text(lesson.replace("id: rooms", f"id: {folder.name}"), encoding="utf-8")
    second: list[revisions.Published] = []

    def publish() -> None:
        with site.session(write=True) as session:
            second.append(publish_folder(session, folders[1], site.settings.assets, by="second", now=site.now))

    waiting = threading.Thread(target=publish)
    with site.session(write=True) as session:
        assert publish_folder(session, folders[0], site.settings.assets, by="first", now=site.now).problems == ()
        waiting.start()
        time.sleep(0.3)
        assert second == []
    waiting.join()
    assert [problem.code for problem in second[0].problems] == ["id-changed"]


def test_media_may_stand_in_a_folder_that_many_machines_share(site: Site, tmp_path: Path) -> None:
    shared = tmp_path / "shared" / "media"
    here, there = (replace(site.settings, instance=tmp_path / name, assets=shared) for name in ("here", "there"))
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    edit(site, "housing/01-rooms-before-rules.md", "Rooms before rules", "Rooms first")
    with site.session(write=True) as session:
        publish_folder(session, here.modules, here.assets, by="here", now=site.now)
    digests = [path.name for path in shared.iterdir()]
    assert len(digests) == 1
    app = create_app(there)
    assert app.test_client().get(f"/assets/{digests[0]}/a.svg", buffered=True).get_data() == (shared / digests[0]).read_bytes()
    with app.app_context():
        let_go()


def test_a_process_looks_at_most_twice_a_second(site: Site) -> None:
    seconds = [0.0]
    live = Live(clock=lambda: seconds[0])
    with site.session() as session:
        first = live.course(session)
        edit(site, "housing/01-rooms-before-rules.md", "Rooms before rules", "Rooms first")
    with site.session(write=True) as session:
        publish_folder(session, site.folder, site.settings.instance / "assets", by="another process", now=site.now)
    with site.session() as session:
        seconds[0] = revisions.NOTICED - 0.01
        assert live.course(session) is first
        seconds[0] = revisions.NOTICED
        second = live.course(session)
        assert second is not None and first is not None
        assert (second.digest == first.digest, revisions.NOTICED < 1) == (False, True)


def test_who_comes_while_another_looks_sees_the_last_and_asks_nothing(site: Site) -> None:
    seconds = [0.0]
    live = Live(clock=lambda: seconds[0])
    with site.session() as session:
        first = live.course(session)
        seconds[0] = revisions.NOTICED
        with live._looking, counted_queries(site) as meanwhile:
            assert live.course(session) is first
        with counted_queries(site) as afterwards:
            assert live.course(session) is first
    assert (len(meanwhile), len(afterwards)) == (0, 1)


def test_media_stay_readable_whatever_the_folder_does(site: Site) -> None:
    with site.session() as session:
        course = restore(session, live_digest(session))
    asset = course.assets[0]
    shutil.rmtree(site.folder / "housing" / "media")
    with site.client().get(f"/assets/{asset.digest[:32]}/{Path(asset.path).name}") as answer:
        assert (answer.status_code, len(answer.data)) == (200, asset.size)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_signature_sees_every_change(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b.md"
    file.parent.mkdir()
    file.write_text("one", encoding="utf-8")
    first = signature(tmp_path)
    file.write_text("three", encoding="utf-8")
    second = signature(tmp_path)
    file.unlink()
    assert len({first, second, signature(tmp_path)}) == 3


def test_a_saved_file_is_live_within_two_seconds_on_every_worker(empty_site: Site, tmp_path: Path) -> None:
    """The real command with two workers and the watcher, as `./dev run` starts it."""
    settings = empty_site.settings
    with running(settings) as (address, said):
        page = f"{address}/en/modules/housing/"
        assert b"Rooms before rules" in fetched(page)
        time.sleep(1.2)  # the watcher has looked at the folder as it is
        file = settings.modules / "housing" / "01-rooms-before-rules.md"
        took = [live_after(file, page, "Rooms before rules", "Rooms first")]
        while took[-1] >= 2 and len(took) < 3:  # on a machine that is busy otherwise, at least once of three times
            was, number = f"Rooms first{len(took) - 1 or ''}", len(took)
            took.append(live_after(file, page, was, f"Rooms first{number}"))
        assert took[-1] < 2, f"live after {took} s"
        first = next(line for line in said() if "/en/account/first/" in line)
        assert b"<h1>" in fetched(re.sub(r"^.*?(/en/)", rf"{address}\1", first.strip()))


def live_after(file: Path, page: str, before: str, after: str) -> float:
    """Seconds from saving a file with other words until eight answers in a row have them, whichever worker answers."""
    file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    begun, fresh = time.monotonic(), 0
    while fresh < 8:
        assert time.monotonic() - begun < 20
        fresh = fresh + 1 if after.encode() in fetched(page) else 0
    return time.monotonic() - begun


def fetched(address: str) -> bytes:
    with urlopen(address, timeout=10) as answer:
        return bytes(answer.read())


@contextmanager
def running(settings: Settings) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    """`course serve --watch` on the same instance: its address, and what it has said."""
    port, log = free_port(), settings.instance / "said"
    environ = os.environ | {
        "COURSE_INSTANCE": str(settings.instance),
        "COURSE_DATABASE_URL": settings.database_url,
        "COURSE_MODULES": str(settings.modules),
    }
    command = [sys.executable, "-m", "course", "serve", "--watch", "--workers", "2", "--port", str(port)]
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=output, stderr=output)
    try:
        for _ in range(300):
            try:
                assert fetched(f"http://127.0.0.1:{port}/healthz")
                break
            except OSError:
                assert process.poll() is None, log.read_text(encoding="utf-8")
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", lambda: log.read_text(encoding="utf-8").splitlines()
    finally:
        process.terminate()
        process.wait(timeout=30)
