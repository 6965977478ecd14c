"""Attempts at a quiz: started under the module's rules, saved response by response, graded once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import quizzes
from quizzes.model import Quiz, QuizOutcome, Response, Score

from ..accounts.secrets import public_id
from ..content.model import Course, Module
from . import facts
from .completing import settle
from .lessons import enrol, start_module
from .tables import Attempt, Given, ModuleState, Outcome


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


def score_of(attempt: Attempt) -> Score:
    """The score of a closed attempt, exactly as it was graded."""
    return Score(Fraction(attempt.raw or 0), Fraction(attempt.max or 0))


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
    attempt = Attempt(
        public_id=public_id(),
        person_id=person_id,
        module=module.slug,
        number=len(held.attempts) + 1,
        revision=course.digest,
        seed=secrets.token_hex(16),
        pass_mark=module.pass_mark,
        started_at=now,
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

    A closed attempt keeps what it was graded on: nothing is saved and 0 comes back.
    """
    facts.lock(session, attempt.person_id)
    session.refresh(attempt)
    if attempt.closed_at is not None:
        return 0
    held = responses(session, attempt.id)
    changed = {item: response for item, response in given.items() if held.get(item, Response()) != response}
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


def close(session: Session, attempt: Attempt, *, quiz: Quiz, course: Course, now: datetime) -> bool:
    """Grades the attempt on the quiz it began with. Returns False when it was closed before: then nothing changes.

    ``quiz`` is the one of the attempt's revision, ``course`` what is live, whose rules say what completes the module.
    """
    facts.lock(session, attempt.person_id)
    session.refresh(attempt)
    if attempt.closed_at is not None:
        return False
    outcome = outcome_of(session, attempt, quiz)
    attempt.closed_at, attempt.raw, attempt.max = now, str(outcome.score.raw), str(outcome.score.max)
    attempt.is_passed = quizzes.passed(outcome.score, attempt.pass_mark)
    for item in outcome.items:
        session.add(
            Outcome(
                attempt_id=attempt.id, item=item.item_id, status=item.status, raw=str(item.score.raw), max=str(item.score.max)
            )
        )
    facts.add(
        session,
        key=f"closed:{attempt.id}",
        person_id=attempt.person_id,
        kind="closed_attempt",
        module=attempt.module,
        attempt_id=attempt.id,
        revision=attempt.revision,
        now=now,
        raw=attempt.raw,
        max=attempt.max,
        passed=attempt.is_passed,
        pass_mark=attempt.pass_mark,
    )
    session.flush()
    _summarise(session, attempt, quiz, now)
    module = course.module(attempt.module)
    if module is not None:
        settle(session, person_id=attempt.person_id, course=course, module=module, now=now)
    return True


def _summarise(session: Session, attempt: Attempt, quiz: Quiz, now: datetime) -> None:
    """The score that counts, by the quiz's rule; a pass once earned stays."""
    state = session.get_one(ModuleState, (attempt.person_id, attempt.module))
    counted = quizzes.counted(standing(session, attempt.person_id, attempt.module).scores, quiz.counts)
    state.score, state.score_ppm, state.last_at = str(counted), _ppm(counted), now
    if state.passed_at is None and counted * 100 >= attempt.pass_mark:
        state.passed_at = now
    session.flush()


def _ppm(scaled: Fraction) -> int:
    return int(scaled * 1_000_000 + Fraction(1, 2))


def outcome_of(session: Session, attempt: Attempt, quiz: Quiz) -> QuizOutcome:
    """What the stored responses earn on the quiz of the revision it began with, as the attempt's seed draws it."""
    return quizzes.grade(quizzes.instance(quiz, attempt.seed), responses(session, attempt.id))
