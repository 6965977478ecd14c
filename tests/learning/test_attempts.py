"""Attempts: pinned, saved as given, graded once, counted by the rule; and no race gains anything."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import quizzes
from course.content.model import Course, Module
from course.learning import attempts, record
from course.learning.tables import Attempt, Fact, Outcome
from course.publishing.revisions import live_digest, restore
from quizzes.model import Quiz, Response
from tests.rig.together import at_once
from tests.site import Site


def start(site: Site, session: Session, who: str = "alice") -> tuple[Course, Module, Quiz, record.AttemptRecord]:
    course = restore(session, live_digest(session))
    module = course.modules[0]
    attempt = attempts.start(session, person_id=site.ids[who], course=course, module=module, now=site.now)
    return course, module, module.quizzes["en"], attempt


def all_right(quiz: Quiz) -> dict[str, Response]:
    return {item.id: quizzes.key_of(item) for item in quiz.items}


def test_starting_again_gives_the_open_attempt(site: Site) -> None:
    with site.session(write=True) as session:
        assert start(site, session)[3].id == start(site, session)[3].id


def test_graded_once_however_often_it_is_closed(site: Site) -> None:
    with site.session(write=True) as session:
        course, _, quiz, attempt = start(site, session)
        attempts.save(session, attempt, all_right(quiz), site.now)
        assert attempts.close(session, attempt, quiz=quiz, course=course, now=site.now)
        assert not attempts.close(session, attempt, quiz=quiz, course=course, now=site.later(hours=1))
        assert attempts.score_of(attempt).scaled == 1
        assert session.scalar(select(func.count()).select_from(Fact).where(Fact.kind == "closed_attempt")) == 1
        assert session.scalar(select(func.count()).select_from(Outcome)) == len(quiz.items)


def test_nothing_is_saved_after_closing(site: Site) -> None:
    with site.session(write=True) as session:
        course, _, quiz, attempt = start(site, session)
        attempts.close(session, attempt, quiz=quiz, course=course, now=site.now)
        assert attempts.save(session, attempt, all_right(quiz), site.now) == 0
        assert attempts.responses(session, attempt.id) == {}


def test_each_change_of_a_response_is_a_fact_and_the_same_again_is_none(site: Site) -> None:
    with site.session(write=True) as session:
        _, _, quiz, attempt = start(site, session)
        item = quiz.items[0]
        assert attempts.save(session, attempt, {item.id: quizzes.key_of(item)}, site.now) == 1
        assert attempts.save(session, attempt, {item.id: quizzes.key_of(item)}, site.now) == 0
        assert attempts.save(session, attempt, {item.id: Response()}, site.now) == 1
        assert session.scalar(select(func.count()).select_from(Fact).where(Fact.kind == "responded")) == 2


def test_no_more_attempts_than_the_rule_allows(site: Site) -> None:
    with site.session(write=True) as session:
        course, _, quiz, _ = start(site, session)
        for _ in range(quiz.attempts):
            attempt = start(site, session)[3]
            attempts.close(session, attempt, quiz=quiz, course=course, now=site.later(days=1))
        with pytest.raises(attempts.NotAllowed):
            start(site, session)


def test_the_best_attempt_counts_and_a_pass_stays(site: Site) -> None:
    with site.session(write=True) as session:
        course, module, quiz, attempt = start(site, session)
        attempts.save(session, attempt, all_right(quiz), site.now)
        attempts.close(session, attempt, quiz=quiz, course=course, now=site.now)
        passed_at = record.read(session.connection(), site.ids["alice"]).modules[module.slug].passed_at
        site.later(days=1)
        attempts.close(session, start(site, session)[3], quiz=quiz, course=course, now=site.now)
        held = record.read(session.connection(), site.ids["alice"]).modules[module.slug]
        assert (held.score, held.passed_at) == (Fraction(1), passed_at)


def test_sixteen_at_once_start_one_attempt(site: Site) -> None:
    def run() -> str:
        with site.session(write=True) as session:
            return start(site, session)[3].public_id

    made = at_once(*[run] * 16)
    assert len(set(made)) == 1
    with site.session() as session:
        assert session.scalar(select(func.count()).select_from(Attempt)) == 1
        assert session.scalar(select(func.count()).select_from(Fact).where(Fact.kind == "enrolled")) == 1
