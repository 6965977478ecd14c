"""Attempts at a quiz: started under the module's rules, saved response by response, graded once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import quizzes
from quizzes.model import ItemOutcome, Quiz, QuizOutcome, Response

from ..accounts.secrets import public_id
from ..accounts.tables import Person
from ..content.model import Course, Module
from ..database.statements import Statement, changing, inserting
from ..extensions import Moment
from . import facts, grading, scores
from .completing import settle
from .lessons import enrol, start_module
from .record import AttemptRecord
from .summaries import Result, counted, is_reached, ppm, score_of
from .tables import Attempt, Enrolment, Given, ModuleState, Outcome

__all__ = ["NotAllowed", "Standing", "close", "find", "outcome_of", "responses", "save", "score_of", "standing", "start"]

_a, _g, _s = Attempt.__table__.c, Given.__table__.c, ModuleState.__table__.c
_attempt = select(*(_a[field.name] for field in fields(AttemptRecord)))
_one_state = (_s.person_id == bindparam("person"), _s.module == bindparam("slug"))
_at = bindparam("at", type_=Moment)
_seen: Statement[Any] = Statement(
    changing(Enrolment.__table__).where(Enrolment.person_id == bindparam("person")).values(last_at=_at)
)
_extra_time: Statement[Any] = Statement(select(Person.extra_time_percent).where(Person.id == bindparam("person")))
_add_attempt = inserting(
    Attempt.__table__,
    *("public_id", "person_id", "module", "number", "revision", "seed", "pass_mark", "started_at", "closes_at"),
)
_own = Statement(_attempt.where(_a.public_id == bindparam("public_id"), _a.person_id == bindparam("person")), AttemptRecord)
_all = Statement(
    _attempt.where(_a.person_id == bindparam("person"), _a.module == bindparam("slug")).order_by(_a.number), AttemptRecord
)
_responses: Statement[Any] = Statement(select(_g.item, _g.value).where(_g.attempt_id == bindparam("attempt")))
_closed: Statement[Any] = Statement(
    select(_a.raw, _a.max, _a.pass_mark)
    .where(_a.person_id == bindparam("person"), _a.module == bindparam("slug"), _a.closed_at.is_not(None))
    .order_by(_a.number)
)
_close: Statement[Any] = Statement(
    changing(Attempt.__table__)
    .where(_a.id == bindparam("attempt"))
    .values({name: bindparam(name) for name in ("closed_at", "raw", "max", "is_passed")})
)
_add_response = inserting(Given.__table__)
_change_response: Statement[Any] = Statement(
    changing(Given.__table__)
    .where(_g.attempt_id == bindparam("of"), _g.item == bindparam("which"))
    .values(value=bindparam("value"), at=bindparam("at"))
)
_add_outcome = inserting(Outcome.__table__)
_score_before: Statement[Any] = Statement(select(_s.score).where(*_one_state))
_change_state: Statement[Any] = Statement(
    changing(ModuleState.__table__)
    .where(*_one_state)
    .values(
        score=bindparam("new_score"),
        score_ppm=bindparam("new_ppm"),
        last_at=case((_s.last_at > _at, _s.last_at), else_=_at),
        passed_at=func.coalesce(_s.passed_at, bindparam("reached_at", type_=Moment)),
    )
)


class NotAllowed(Exception):
    """The module's rules refuse a new attempt; the text says why and what is left."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All attempts of a person at one quiz, oldest first, and the open one if there is one."""

    attempts: tuple[AttemptRecord, ...]

    @property
    def open(self) -> AttemptRecord | None:
        return next((attempt for attempt in self.attempts if attempt.closed_at is None), None)

    @property
    def closed(self) -> tuple[AttemptRecord, ...]:
        return tuple(attempt for attempt in self.attempts if attempt.closed_at is not None)

    @property
    def scores(self) -> tuple[Fraction, ...]:
        return tuple(score_of(attempt).scaled for attempt in self.closed)


def standing(session: Session, person_id: int, module: str) -> Standing:
    return Standing(tuple(_all.all(session.connection(), {"person": person_id, "slug": module})))


def find(session: Session, attempt_public_id: str, person_id: int, *, to_write: bool = False) -> AttemptRecord | None:
    """An attempt of this person; somebody else's is as unknown as one there is not.

    ``to_write`` takes the learner's lock before it reads, so that what it finds stays so until the transaction ends.
    """
    connection = session.connection()
    if to_write:
        facts.hold(connection, person_id)
    return _own.first(connection, {"public_id": attempt_public_id, "person": person_id})


def start(session: Session, *, person_id: int, course: Course, module: Module, now: datetime) -> AttemptRecord:
    """The open attempt, or a new one on today's revision. Raises NotAllowed when the rules refuse it.

    The unique number of an attempt and the one open row decide when two tabs start at once.
    """
    quiz = module.quizzes[course.languages[0]]
    enrol(session, person_id=person_id, course=course, now=now)
    start_module(session, person_id=person_id, course=course, module=module, now=now)
    connection = session.connection()
    _seen.run(connection, {"person": person_id, "at": now})
    held = standing(session, person_id, module.slug)
    if held.open is not None:
        return held.open
    allowed = quizzes.may_start(quiz, [attempt.closed_at for attempt in held.closed if attempt.closed_at], now)
    if not allowed.is_allowed:
        raise NotAllowed(allowed.reason)
    extra = _extra_time.scalar(connection, {"person": person_id})
    closes_at = quizzes.closes_at(now, quiz.time_limit_minutes, extra)
    row: dict[str, Any] = {
        "public_id": public_id(),
        "person_id": person_id,
        "module": module.slug,
        "number": len(held.attempts) + 1,
        "revision": course.digest,
        "seed": secrets.token_hex(16),
        "pass_mark": module.pass_mark,
        "started_at": now,
        "closes_at": closes_at,
    }
    try:
        with connection.begin_nested():
            _add_attempt.run(connection, row)
            begun = find(session, row["public_id"], person_id)
            assert begun is not None
            facts.add(
                session,
                key=f"attempt:{person_id}:{module.slug}:{begun.number}",
                person_id=person_id,
                kind="started_attempt",
                module=module.slug,
                attempt_id=begun.id,
                revision=course.digest,
                now=now,
                number=begun.number,
                closes_at=closes_at.isoformat() if closes_at else None,
            )
    except IntegrityError:
        found = standing(session, person_id, module.slug).open
        if found is None:
            raise
        return found
    return begun


def responses(session: Session, attempt_id: int) -> dict[str, Response]:
    rows = _responses.all(session.connection(), {"attempt": attempt_id})
    return {row.item: Response.from_json(row.value) for row in rows}


def save(session: Session, attempt: AttemptRecord, given: Mapping[str, Response], now: datetime) -> int:
    """Keeps responses of an open attempt; returns how many changed. Each change is a fact; the same one again is none.

    A closed attempt keeps what it was graded on, and one whose time is over what was saved in time: nothing is saved and 0
    comes back. A hint once taken stays taken, also when a page from before it was taken is sent. The attempt was found
    ``to_write``.
    """
    if attempt.closed_at is not None or is_over(attempt, now):
        return 0
    return len(_keep(session.connection(), attempt, responses(session, attempt.id), given, now))


def is_over(attempt: AttemptRecord, now: datetime) -> bool:
    """Whether the time of an attempt has run out."""
    return attempt.closes_at is not None and now >= attempt.closes_at


def close(
    session: Session,
    attempt: AttemptRecord,
    *,
    quiz: Quiz,
    course: Course,
    now: datetime,
    given: Mapping[str, Response] = MappingProxyType({}),
) -> bool:
    """Grades the attempt on the quiz it began with, after keeping what was ``given`` last in time.

    The attempt was found ``to_write``. Returns False when it was closed before: then nothing changes. ``quiz`` is the one of
    the attempt's revision. Where the time was over before ``now``, the attempt was closed when it ran out. ``course`` is what
    was live when it was closed, whose rules say what completes the module. Regrades made from its beginning to its end hold
    for it too; one that was made or undone between its end and ``now`` has not come to this learner yet.
    """
    if attempt.closed_at is not None:
        return False
    connection, held = session.connection(), responses(session, attempt.id)
    at, is_by_time = min(now, attempt.closes_at or now), is_over(attempt, now)
    if not is_by_time:
        held |= _keep(connection, attempt, held, given, now)
    first = quizzes.grade_kept(quizzes.instance(quiz, attempt.seed), held)
    rulings = grading.rulings_at(session, attempt.module, at) if is_by_time else grading.rulings(session, attempt.module)
    score = grading.graded(attempt, quiz, held, rulings).outcome.score if rulings else first.score
    is_passed = quizzes.passed(score, attempt.pass_mark)
    _set(connection, attempt, closed_at=at, raw=str(score.raw), max=str(score.max), is_passed=is_passed)
    _add_outcome.run_many(connection, [_outcome_row(attempt.id, item) for item in first.items])
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
        how="time over" if is_by_time else "by hand",
    )
    _summarise(connection, attempt, quiz, at)
    module = course.module(attempt.module)
    if module is not None:
        settle(session, person_id=attempt.person_id, course=course, module=module, now=at)
    return True


def _keep(
    connection: Connection, attempt: AttemptRecord, held: Mapping[str, Response], given: Mapping[str, Response], now: datetime
) -> dict[str, Response]:
    """Writes what differs from what is held, with a fact for each; returns it."""
    kept = {item: replace(one, hints=max(one.hints, held.get(item, Response()).hints)) for item, one in given.items()}
    changed = {item: response for item, response in kept.items() if held.get(item, Response()) != response}
    values = {item: response.as_json() for item, response in changed.items()}
    new = [
        {"attempt_id": attempt.id, "item": item, "value": value, "at": now}
        for item, value in values.items()
        if item not in held
    ]
    _add_response.run_many(connection, new)
    others = [{"of": attempt.id, "which": item, "value": value, "at": now} for item, value in values.items() if item in held]
    _change_response.run_many(connection, others)
    found = [
        facts.fact(
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
        for item, value in values.items()
    ]
    facts.add_all(connection, found)
    return changed


def _outcome_row(attempt_id: int, item: ItemOutcome) -> dict[str, Any]:
    score = {"raw": str(item.score.raw), "max": str(item.score.max)}
    return {"attempt_id": attempt_id, "item": item.item_id, "status": item.status, **score}


def _set(connection: Connection, attempt: AttemptRecord, **values: Any) -> None:
    """Writes the row, and keeps the record in step with it."""
    _close.run(connection, {"attempt": attempt.id, **values})
    for name, value in values.items():
        setattr(attempt, name, value)


def _summarise(connection: Connection, attempt: AttemptRecord, quiz: Quiz, at: datetime) -> None:
    """The score that counts, by the quiz's rule; a pass once earned stays."""
    whose = {"person": attempt.person_id, "slug": attempt.module}
    closed = [attempt] if attempt.number == 1 else _closed.all(connection, whose)
    results = [Result(score_of(each).scaled, each.pass_mark) for each in closed]
    score = counted(results, quiz.counts)
    before = None if attempt.number == 1 else _score_before.scalar(connection, whose)
    reached_at = at if is_reached(results, quiz.counts) else None
    new = {"new_score": str(score), "new_ppm": ppm(score), "at": at, "reached_at": reached_at}
    _change_state.run(connection, whose | new)
    scores.keep(connection, attempt.person_id, attempt.module, before, score, at)


def outcome_of(session: Session, attempt: AttemptRecord, quiz: Quiz, language: str = "") -> QuizOutcome:
    """The result to show: graded again from the stored responses by the same function, on the revision it began with."""
    held = grading.rulings(session, attempt.module, language)
    return grading.graded(attempt, quiz, responses(session, attempt.id), held).outcome
