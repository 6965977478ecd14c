"""Publishing at the start: a folder that was read before, by its content and by what reads it, is not read again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.request import urlopen

import pytest

from course.content.unchanged import fingerprint
from course.publishing.again import publish_if_changed
from course.publishing.revisions import Published, live_digest, restore
from tests.rig.server import serving_course
from tests.site import Site

LESSON = "housing/01-rooms-before-rules.md"


def start(site: Site) -> Published:
    with site.session(write=True) as session:
        done = publish_if_changed(session, site.folder, site.settings.assets, note(site), by="start", now=site.now)
        session.commit()
        return done


def note(site: Site) -> Path:
    return site.settings.instance / "last-read"


def live(site: Site) -> str:
    with site.session() as session:
        return live_digest(session)


def test_a_folder_that_was_read_before_is_not_read_again(site: Site) -> None:
    """As can be told from one with a problem, of which the note says that it had none."""
    (site.folder / LESSON).write_text("no front matter\n", encoding="utf-8")
    assert start(site).course is None
    note(site).write_text(f"{fingerprint(site.folder)} {live(site)}\n", encoding="ascii")
    done = start(site)
    with site.session() as session:
        assert (done.course, done.problems, done.is_new) == (restore(session, live(site)), (), False)


def test_what_was_read_without_a_problem_is_noted(site: Site) -> None:
    assert start(site).problems == ()
    assert note(site).read_text(encoding="ascii") == f"{fingerprint(site.folder)} {live(site)}\n"


def test_a_changed_byte_is_read_and_published(site: Site) -> None:
    start(site)
    file = site.folder / LESSON
    times = file.stat()
    file.write_bytes(file.read_bytes().replace(b"Rooms before rules", b"Rooms before rulez"))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert start(site).is_new
    assert "Rooms before rulez" in site.client().page("/en/modules/housing/")


def test_a_note_of_what_is_no_longer_live_says_nothing(site: Site) -> None:
    """As after another machine has published, or where the database is another."""
    start(site)
    first = note(site).read_text(encoding="ascii")
    file = site.folder / LESSON
    old = file.read_text(encoding="utf-8")
    file.write_text(old.replace("Rooms before rules", "Rooms first"), encoding="utf-8")
    site.publish()
    file.write_text(old, encoding="utf-8")
    assert start(site).is_new
    assert note(site).read_text(encoding="ascii") == first


@pytest.mark.parametrize("is_noted", [True, False])
def test_media_that_were_lost_are_put_back(site: Site, is_noted: bool) -> None:
    if is_noted:
        start(site)
    shutil.rmtree(site.settings.assets)
    done = start(site)
    assert done.course is not None
    assert {path.name for path in site.settings.assets.iterdir()} == {asset.digest[:32] for asset in done.course.assets}


def test_a_fingerprint_is_of_contents_and_names_and_of_nothing_else(site: Site) -> None:
    file = site.folder / LESSON
    first = fingerprint(site.folder)
    os.utime(file, (0, 0))
    assert fingerprint(site.folder) == first
    renamed = file.rename(file.with_name("02-rooms-before-rules.md"))
    second = fingerprint(site.folder)
    renamed.write_bytes(renamed.read_bytes() + b"\n")
    third = fingerprint(site.folder)
    (site.folder / "water").mkdir()
    assert len({first, second, third, fingerprint(site.folder)}) == 4


def test_what_cannot_be_read_has_no_fingerprint(site: Site) -> None:
    (site.folder / LESSON).unlink()
    (site.folder / LESSON).symlink_to("/dev/null")
    assert fingerprint(site.folder) == ""
    (site.folder / LESSON).unlink()
    os.mkfifo(site.folder / LESSON)
    assert fingerprint(site.folder) == ""


def test_nothing_is_answered_before_the_course_is_published(empty_site: Site, tmp_path: Path) -> None:
    settings = empty_site.settings
    environ = {
        "COURSE_INSTANCE": str(settings.instance),
        "COURSE_DATABASE_URL": settings.database_url,
        "COURSE_MODULES": str(settings.modules),
    }
    said = tmp_path / "said"
    with (
        serving_course(said, environ=environ) as server,  # which waits for the first answer, whatever it is
        urlopen(f"{server.url}/en/modules/housing/", timeout=10) as answer,
    ):
        assert answer.status == 200
    first, second, third = (line.split(":")[0] for line in said.read_text(encoding="utf-8").splitlines())
    assert (first[:9], second, third[:28]) == ("2 modules", "Serving on http", "Make the first administrator")
