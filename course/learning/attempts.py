"""Attempts at a quiz: started under the module's rules, saved response by response, graded once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import quizzes
from quizzes.model import Quiz, QuizOutcome, Response

from ..accounts.secrets import public_id
from ..accounts.tables import Person
from ..content.model import Course, Module
from . import facts, grading
from .completing import settle
from .lessons import enrol, start_module
from .summaries import score_of, summarise
from .tables import Attempt, Given, ModuleState, Outcome

__all__ = ["NotAllowed", "Standing", "close", "find", "outcome_of", "responses", "save", "score_of", "standing", "start"]


class NotAllowed(Exception):
    """The module's rules refuse a new attempt; the text says why and what is left."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All attempts of a person at one quiz, oldest first, and the open one if there is one."""

    attempts: tuple[Attempt, ...]

    @property
    def open(self) -> Attempt | None:
        return next((attempt for attempt in self.attempts if attempt.closed_at is None), None)

    @property
    def closed(self) -> tuple[Attempt, ...]:
        return tuple(attempt for attempt in self.attempts if attempt.closed_at is not None)

    @property
    def scores(self) -> tuple[Fraction, ...]:
        return tuple(score_of(attempt).scaled for attempt in self.closed)


def standing(session: Session, person_id: int, module: str) -> Standing:
    return Standing(
        tuple(
            session.scalars(
                select(Attempt).where(Attempt.person_id == person_id, Attempt.module == module).order_by(Attempt.number)
            )
        )
    )


def find(session: Session, attempt_public_id: str, person_id: int) -> Attempt | None:
    """An attempt of this person; somebody else's is as unknown as one there is not."""
    return session.scalar(select(Attempt).where(Attempt.public_id == attempt_public_id, Attempt.person_id == person_id))


def start(session: Session, *, person_id: int, course: Course, module: Module, now: datetime) -> Attempt:
    """The open attempt, or a new one on today's revision. Raises NotAllowed when the rules refuse it.

    The unique number of an attempt and the one open row decide when two tabs start at once.
    """
    quiz = module.quizzes[course.languages[0]]
    enrolment = enrol(session, person_id=person_id, course=course, now=now)
    start_module(session, person_id=person_id, course=course, module=module, now=now)
    enrolment.last_at = now
    held = standing(session, person_id, module.slug)
    if held.open is not None:
        return held.open
    allowed = quizzes.may_start(quiz, [attempt.closed_at for attempt in held.closed if attempt.closed_at], now)
    if not allowed.is_allowed:
        raise NotAllowed(allowed.reason)
    extra = session.get_one(Person, person_id).extra_time_percent
    attempt = Attempt(
        public_id=public_id(),
        person_id=person_id,
        module=module.slug,
        number=len(held.attempts) + 1,
        revision=course.digest,
        seed=secrets.token_hex(16),
        pass_mark=module.pass_mark,
        started_at=now,
        closes_at=quizzes.closes_at(now, quiz.time_limit_minutes, extra),
    )
    try:
        with session.begin_nested():
            session.add(attempt)
            session.flush()
            facts.add(
                session,
                key=f"attempt:{person_id}:{module.slug}:{attempt.number}",
                person_id=person_id,
                kind="started_attempt",
                module=module.slug,
                attempt_id=attempt.id,
                revision=course.digest,
                now=now,
                number=attempt.number,
                closes_at=attempt.closes_at.isoformat() if attempt.closes_at else None,
            )
    except IntegrityError:
        found = standing(session, person_id, module.slug).open
        if found is None:
            raise
        return found
    return attempt


def responses(session: Session, attempt_id: int) -> dict[str, Response]:
    rows = session.execute(select(Given.item, Given.value).where(Given.attempt_id == attempt_id))
    return {row.item: Response.from_json(row.value) for row in rows}


def save(session: Session, attempt: Attempt, given: Mapping[str, Response], now: datetime) -> int:
    """Keeps responses of an open attempt; returns how many changed. Each change is a fact; the same one again is none.

    A closed attempt keeps what it was graded on, and one whose time is over what was saved in time: nothing is saved and 0
    comes back. A hint once taken stays taken, also when a page from before it was taken is sent.
    """
    facts.lock(session, attempt.person_id)
    session.refresh(attempt)
    if attempt.closed_at is not None or is_over(attempt, now):
        return 0
    held = responses(session, attempt.id)
    kept = {item: replace(one, hints=max(one.hints, held.get(item, Response()).hints)) for item, one in given.items()}
    changed = {item: response for item, response in kept.items() if held.get(item, Response()) != response}
    for item, response in changed.items():
        value = response.as_json()
        if item in held:
            session.execute(update(Given).where(Given.attempt_id == attempt.id, Given.item == item).values(value=value, at=now))
        else:
            session.execute(insert(Given).values(attempt_id=attempt.id, item=item, value=value, at=now))
        facts.add(
            session,
            key=f"responded:{attempt.id}:{item}:{public_id()}",
            person_id=attempt.person_id,
            kind="responded",
            module=attempt.module,
            attempt_id=attempt.id,
            revision=attempt.revision,
            now=now,
            item=item,
            response=value,
        )
    return len(changed)


def is_over(attempt: Attempt, now: datetime) -> bool:
    """Whether the time of an attempt has run out."""
    return attempt.closes_at is not None and now >= attempt.closes_at


def close(session: Session, attempt: Attempt, *, quiz: Quiz, course: Course, now: datetime) -> bool:
    """Grades the attempt on the quiz it began with. Returns False when it was closed before: then nothing changes.

    ``quiz`` is the one of the attempt's revision, ``course`` what is live, whose rules say what completes the module. Where the
    time was over before ``now``, the attempt was closed when it ran out. Regrades made since it began hold for it too.
    """
    facts.lock(session, attempt.person_id)
    session.refresh(attempt)
    if attempt.closed_at is not None:
        return False
    given, at = responses(session, attempt.id), min(now, attempt.closes_at or now)
    for item in quizzes.grade(quizzes.instance(quiz, attempt.seed), given).items:
        session.add(
            Outcome(
                attempt_id=attempt.id, item=item.item_id, status=item.status, raw=str(item.score.raw), max=str(item.score.max)
            )
        )
    score = grading.graded(attempt, quiz, given, grading.rulings(session, attempt.module)).outcome.score
    attempt.closed_at, attempt.raw, attempt.max = at, str(score.raw), str(score.max)
    attempt.is_passed = quizzes.passed(score, attempt.pass_mark)
    facts.add(
        session,
        key=f"closed:{attempt.id}",
        person_id=attempt.person_id,
        kind="closed_attempt",
        module=attempt.module,
        attempt_id=attempt.id,
        revision=attempt.revision,
        now=at,
        raw=attempt.raw,
        max=attempt.max,
        passed=attempt.is_passed,
        pass_mark=attempt.pass_mark,
        how="time over" if is_over(attempt, now) else "by hand",
    )
    session.flush()
    state = session.get_one(ModuleState, (attempt.person_id, attempt.module))
    summarise(state, standing(session, attempt.person_id, attempt.module).closed, quiz.counts, at)
    state.last_at = max(state.last_at, at)
    session.flush()
    module = course.module(attempt.module)
    if module is not None:
        settle(session, person_id=attempt.person_id, course=course, module=module, now=at)
    return True


def outcome_of(session: Session, attempt: Attempt, quiz: Quiz, language: str = "") -> QuizOutcome:
    """The result to show: graded again from the stored responses by the same function, on the revision it began with."""
    held = grading.rulings(session, attempt.module, language)
    return grading.graded(attempt, quiz, responses(session, attempt.id), held).outcome
