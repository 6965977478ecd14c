"""Lessons: opened, done, undone; every step a fact, and no step twice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from course.learning import lessons, record
from course.learning.progress import course_progress, where_to_continue
from course.learning.tables import Fact
from course.publishing.revisions import live_digest, restore
from tests.site import Site


def kinds(session: Session, person_id: int) -> list[str]:
    return list(session.scalars(select(Fact.kind).where(Fact.person_id == person_id).order_by(Fact.id)))


def first_lesson(session: Session) -> dict[str, Any]:
    course = restore(session, live_digest(session))
    module = course.modules[0]
    return {"course": course, "module": module, "lesson": module.lessons[0]}


def test_opening_enrols_once(site: Site) -> None:
    alice = site.ids["alice"]
    for _ in range(2):
        with site.session(write=True) as session:
            lessons.open_lesson(session, person_id=alice, now=site.now, **first_lesson(session))
    with site.session() as session:
        assert kinds(session, alice) == ["enrolled", "started", "opened"]


def test_done_and_undone_both_stay_on_record(site: Site) -> None:
    alice = site.ids["alice"]
    with site.session(write=True) as session:
        given = {"person_id": alice, **first_lesson(session)}
        assert lessons.mark_done(session, seen=0, now=site.now, **given)
        assert not lessons.mark_done(session, seen=0, now=site.later(seconds=1), **given)  # a double click
        assert lessons.undo(session, seen=1, now=site.later(minutes=1), **given)
        assert not lessons.mark_done(session, seen=0, now=site.later(minutes=1), **given)  # a page from before
        assert lessons.mark_done(session, seen=2, now=site.later(minutes=1), **given)
        assert kinds(session, alice) == [
            "enrolled",
            "started",
            "opened",
            "completed_lesson",
            "undid_lesson",
            "completed_lesson",
        ]


def test_continue_opens_what_was_last_open_then_what_comes_next(site: Site) -> None:
    alice = site.ids["alice"]
    with site.session(write=True) as session:
        given = first_lesson(session)
        course, module = given["course"], given["module"]
        assert where_to_continue(course, record.read(session.connection(), alice)).lesson == module.lessons[0]
        second = given | {"lesson": module.lessons[1]}
        lessons.open_lesson(session, person_id=alice, now=site.now, **second)
        assert where_to_continue(course, record.read(session.connection(), alice)).lesson == module.lessons[1]
        lessons.mark_done(session, person_id=alice, seen=0, now=site.now, **second)
        assert where_to_continue(course, record.read(session.connection(), alice)).lesson == module.lessons[2]


def test_progress_counts_lessons_and_quiz(site: Site) -> None:
    alice = site.ids["alice"]
    with site.session(write=True) as session:
        given = first_lesson(session)
        lessons.mark_done(session, person_id=alice, seen=0, now=site.now, **given)
        progress = course_progress(given["course"], record.read(session.connection(), alice))
        assert (progress.lessons_done, progress.lessons, progress.module("housing").percent, progress.percent) == (1, 5, 25, 14)
