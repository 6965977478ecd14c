"""What tests of regrading share: people with closed attempts, a regrade made and run, and what it left."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

import quizzes
from course.content.model import Course
from course.learning import attempts, grading, lessons, regrade_rules, regrading
from course.learning.tables import ModuleState, Regrade
from course.publishing.revisions import Live
from quizzes.model import Response
from tests.site import Site


def live_of(session: Session) -> tuple[Live, Course]:
    live = Live()
    course = live.course(session)
    assert course is not None
    return live, course


def attempt(
    site: Site, who: str, given: Mapping[str, Response] | None = None, *, module: str = "mobility", close: bool = True
) -> str:
    """Somebody responds with the key, but for what is given; returns the attempt's public id."""
    with site.session(write=True) as session:
        _, course = live_of(session)
        the_module = course.module(module)
        assert the_module is not None
        quiz = the_module.quizzes["en"]
        begun = attempts.start(session, person_id=site.ids[who], course=course, module=the_module, now=site.later(minutes=1))
        responses = {item.id: quizzes.key_of(item) for item in quiz.items} | dict(given or {})
        attempts.save(session, begun, responses, site.now)
        if close:
            attempts.close(session, begun, quiz=quiz, course=course, now=site.later(minutes=1))
        return begun.public_id


def finish_lessons(site: Site, who: str, module: str) -> None:
    with site.session(write=True) as session:
        _, course = live_of(session)
        the_module = course.module(module)
        assert the_module is not None
        for lesson in the_module.lessons:
            about: dict[str, Any] = {"person_id": site.ids[who], "course": course, "module": the_module, "lesson": lesson}
            lessons.mark_done(session, seen=0, now=site.now, **about)


def asked(site: Site, session: Session, item: str, rule: str, response: str = "", module: str = "mobility") -> Regrade:
    live, course = live_of(session)
    return regrade_rules.draft(
        session,
        live,
        course,
        module=module,
        item=item,
        rule=rule,
        response=response,
        why="The key was wrong.",
        by_id=site.ids["dana"],
        now=site.now,
    )


def planned(site: Site, item: str, rule: str, response: str = "", module: str = "mobility") -> list[regrading.Effect]:
    with site.session() as session:
        row = asked(site, session, item, rule, response, module)
        under = (*grading.rulings(session, module), grading.ruling_of(row))
        revisions = regrading.Revisions(session, live_of(session)[0])
        return list(regrading.plan(session, revisions, module, under, row.at))


def made(site: Site, item: str, rule: str, response: str = "", module: str = "mobility") -> str:
    """Makes a regrade and runs it to its end."""
    with site.session(write=True) as session:
        row = asked(site, session, item, rule, response, module)
        session.add(row)
        session.flush()
        name = row.public_id
    run(site, name)
    return name


def run(site: Site, name: str, *, size: int = 100) -> Regrade:
    while True:
        with site.session(write=True) as session:
            live, course = live_of(session)
            row = regrading.step(session, regrading.Revisions(session, live), course, name, site.now, size)
            session.flush()
            session.expunge(row)
        if row.finished_at:
            return row


def undone(site: Site, name: str) -> Regrade:
    with site.session(write=True) as session:
        regrading.undo(session, name, by_id=site.ids["erin"], why="It was right after all.", now=site.now)
    return run(site, name)


def score(site: Site, who: str, module: str = "mobility") -> Fraction:
    """The score that counts, with the millionths beside it checked."""
    with site.session() as session:
        state = session.get_one(ModuleState, (site.ids[who], module))
        assert state.score is not None
        assert state.score_ppm == int(Fraction(state.score) * 1_000_000 + Fraction(1, 2))
        return Fraction(state.score)
