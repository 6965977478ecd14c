"""A wrong key put right: what a regrade would change, doing it, and taking it back.

A regrade is one row with a rule. What an attempt earns is worked out from its responses and the rules that hold for it
(``grading.graded``), so doing, going on after a stop and undoing are the same step over all learners: work out, write what
differs, add a fact for each attempt that changed. A pass, a completion or a certificate is never taken away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import quizzes
from quizzes.model import Quiz, Response, Score

from ..content.model import Course
from ..publishing.revisions import Live
from . import certificates, facts, scores
from .completing import settle
from .expiring import close_due, quiz_of
from .grading import Ruling, graded, rulings
from .summaries import Result, counted, is_reached, score_of, summarise
from .tables import Attempt, Certificate, Given, ModuleState, Regrade

BATCH = 100  # learners that one transaction settles


class AlreadyUndone(Exception):
    """A regrade is undone once; a new one can be made instead."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An attempt whose score changes; ``reaches`` says whether the new one reaches the pass mark of its day."""

    attempt: Attempt
    before: Score
    after: Score

    @property
    def reaches(self) -> bool:
        return quizzes.passed(self.after, self.attempt.pass_mark)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a regrade does to one learner: the attempts that change, and the score of the module that counts, before and after.

    ``gains_pass``: the module is passed by it. ``keeps_pass``: the score falls below the mark, and the pass stays.
    ``refused`` holds why attempts were left as they are.
    """

    person_id: int
    turns: tuple[Turn, ...]
    before: Fraction
    after: Fraction
    gains_pass: bool
    keeps_pass: bool
    certificate: Certificate | None
    refused: tuple[str, ...] = ()

    @property
    def touches_certificate(self) -> bool:
        return self.certificate is not None and self.before != self.after


@dataclass(slots=True)
class Summary:
    """The counts over the effects of a plan, kept while they go by."""

    learners: int = 0
    changed: int = 0
    gained: int = 0
    kept: int = 0
    noted: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, effect: Effect) -> None:
        self.learners += 1
        self.refused.update(effect.refused)
        if effect.turns:
            self.changed += 1
            self.gained += effect.gains_pass
            self.kept += effect.keeps_pass
            self.noted += effect.touches_certificate


@dataclass(frozen=True, slots=True)
class Learner:
    """One learner's closed attempts at the quiz, oldest first, with what was given in each."""

    person_id: int
    closed: tuple[Attempt, ...]
    given: Mapping[int, Mapping[str, Response]]
    state: ModuleState
    certificate: Certificate | None


class Revisions:
    """The module's quiz in each revision that an attempt began with, restored once for a whole run."""

    def __init__(self, session: Session, live: Live) -> None:
        self.live, self._session, self._held = live, session, dict[str, Quiz]()

    def quiz(self, attempt: Attempt) -> Quiz:
        found = self._held.get(attempt.revision)
        if found is None:
            found = self._held[attempt.revision] = quiz_of(self._session, self.live, attempt)
        return found


def plan(session: Session, revisions: Revisions, module: str, under: Sequence[Ruling], at: datetime) -> Iterator[Effect]:
    """Every learner with an attempt begun until ``at``, with what the rulings would make of it. Nothing is written.

    Learners come in the order of their accounts, a batch at a time, whatever their number.
    """
    reached = 0
    while ids := _next(session, module, at, reached):
        for learner in _read(session, module, ids):
            yield _effect(learner, under, revisions)
        reached = ids[-1]


def count(session: Session, module: str, at: datetime) -> int:
    """How many learners a regrade made at that time goes through."""
    began = select(func.count(Attempt.person_id.distinct())).where(Attempt.module == module, Attempt.started_at <= at)
    return session.execute(began).scalar_one()


def step(session: Session, revisions: Revisions, course: Course, public_id: str, now: datetime, size: int = BATCH) -> Regrade:
    """Settles the next learners of a regrade in the caller's transaction, who commits and calls again until it is finished.

    The row is held until then, so that two who run the same regrade take turns and each learner is settled once.
    """
    row = _held(session, public_id)
    if row.finished_at is not None:
        return row
    ids = _next(session, row.module, row.at, row.reached, size)
    if not ids:
        row.finished_at = now
        session.flush()
        return row
    enrolments, under = facts.lock_all(session, ids), rulings(session, row.module)
    while close_due(session, revisions.live, now, ids):
        continue  # until nothing is left that would come after what is graded anew now, and be of a time before it
    effects = [(learner, _effect(learner, under, revisions)) for learner in _read(session, row.module, ids)]
    changed = [(learner, effect) for learner, effect in effects if effect.turns]
    found: list[dict[str, Any]] = []
    for learner, effect in changed:
        enrolments[learner.person_id].regraded_at = now
        before = learner.state.score
        found += _turned(row, learner, effect, revisions, now)
        scores.keep(session.connection(), learner.person_id, row.module, before, effect.after, now)
    facts.add_all(session.connection(), found)
    session.flush()
    for _, effect in changed:
        _follow(session, course, row, effect, now)
    row.changed += len(changed)
    row.seen, row.reached = row.seen + len(ids), ids[-1]
    session.flush()
    return row


def undo(session: Session, public_id: str, *, by_id: int | None, why: str, now: datetime) -> Regrade:
    """Takes the rule out; ``step`` then settles everybody again. Raises AlreadyUndone."""
    row = _held(session, public_id)
    if row.undone_at is not None:
        raise AlreadyUndone(public_id)
    row.undone_at, row.undone_by_id, row.undone_why = now, by_id, why
    row.reached = row.seen = row.changed = 0
    row.finished_at = None
    session.flush()
    return row


def _held(session: Session, public_id: str) -> Regrade:
    """The row as it is now, which nobody else changes until the transaction ends."""
    asked = select(Regrade).where(Regrade.public_id == public_id).with_for_update()
    return session.scalars(asked.execution_options(populate_existing=True)).one()


def find(session: Session, public_id: str) -> Regrade | None:
    return session.scalar(select(Regrade).where(Regrade.public_id == public_id))


def made(session: Session, module: str = "") -> Sequence[Regrade]:
    """All regrades, newest first; of one module if named."""
    query = select(Regrade).order_by(Regrade.id.desc())
    return session.scalars(query.where(Regrade.module == module) if module else query).all()


def _next(session: Session, module: str, at: datetime, reached: int, size: int = BATCH) -> list[int]:
    began = (Attempt.module == module, Attempt.started_at <= at, Attempt.person_id > reached)
    return list(session.scalars(select(Attempt.person_id).where(*began).distinct().order_by(Attempt.person_id).limit(size)))


def _read(session: Session, module: str, ids: Sequence[int]) -> Iterator[Learner]:
    """The learners of a batch who closed an attempt, by four queries."""
    fresh = {"populate_existing": True}
    closed: dict[int, list[Attempt]] = {}
    for attempt in session.scalars(
        select(Attempt)
        .where(Attempt.person_id.in_(ids), Attempt.module == module, Attempt.closed_at.is_not(None))
        .order_by(Attempt.person_id, Attempt.number)
        .execution_options(**fresh)
    ):
        closed.setdefault(attempt.person_id, []).append(attempt)
    given: dict[int, dict[str, Response]] = {attempt.id: {} for held in closed.values() for attempt in held}
    rows = select(Given.attempt_id, Given.item, Given.value).join(Attempt, Attempt.id == Given.attempt_id)
    for row in session.execute(rows.where(Attempt.person_id.in_(ids), Attempt.module == module)):
        if row.attempt_id in given:
            given[row.attempt_id][row.item] = Response.from_json(row.value)
    states = session.scalars(
        select(ModuleState).where(ModuleState.person_id.in_(ids), ModuleState.module == module).execution_options(**fresh)
    )
    state_of = {state.person_id: state for state in states}
    certificate_of = {one.person_id: one for one in session.scalars(select(Certificate).where(Certificate.person_id.in_(ids)))}
    for person_id, held in closed.items():
        yield Learner(person_id, tuple(held), given, state_of[person_id], certificate_of.get(person_id))


def _effect(learner: Learner, under: Sequence[Ruling], revisions: Revisions) -> Effect:
    turns, before, after, refused = [], [], [], dict[str, None]()
    for attempt in learner.closed:
        made = graded(attempt, revisions.quiz(attempt), learner.given[attempt.id], under)
        turn = Turn(attempt, score_of(attempt), made.outcome.score)
        refused |= dict.fromkeys(made.refused.values())
        turns += [turn] if turn.before != turn.after else []
        before.append(Result(turn.before.scaled, attempt.pass_mark))
        after.append(Result(turn.after.scaled, attempt.pass_mark))
    counts = revisions.quiz(learner.closed[-1]).counts
    is_passed, reaches = learner.state.passed_at is not None, is_reached(after, counts)
    return Effect(
        person_id=learner.person_id,
        turns=tuple(turns),
        before=counted(before, counts),
        after=counted(after, counts),
        gains_pass=reaches and not is_passed,
        keeps_pass=is_passed and not reaches and is_reached(before, counts),
        certificate=learner.certificate,
        refused=tuple(refused),
    )


def _turned(row: Regrade, learner: Learner, effect: Effect, revisions: Revisions, now: datetime) -> list[dict[str, Any]]:
    """Sets the new scores of one learner; returns a fact for each attempt that changed. The caller holds the lock."""
    found = []
    for turn in effect.turns:
        attempt, had_passed = turn.attempt, bool(turn.attempt.is_passed)
        attempt.raw, attempt.max = str(turn.after.raw), str(turn.after.max)
        attempt.is_passed = had_passed or turn.reaches
        found.append(_fact(row, turn, had_passed, now))
    summarise(learner.state, learner.closed, revisions.quiz(learner.closed[-1]).counts, now)
    return found


def _fact(row: Regrade, turn: Turn, had_passed: bool, now: datetime) -> dict[str, Any]:
    attempt, is_undone = turn.attempt, row.undone_at is not None
    return facts.fact(
        key=f"{'undone' if is_undone else 'regraded'}:{row.public_id}:{attempt.id}",
        person_id=attempt.person_id,
        kind="regrade_undone" if is_undone else "regraded",
        module=attempt.module,
        attempt_id=attempt.id,
        revision=attempt.revision,
        now=now,
        regrade=row.public_id,
        item=row.item,
        rule=row.rule,
        why=row.undone_why if is_undone else row.why,
        by=row.undone_by_id if is_undone else row.by_id,
        before=[str(turn.before.raw), str(turn.before.max)],
        after=[str(turn.after.raw), str(turn.after.max)],
        passed_before=had_passed,
        passed=attempt.is_passed,
        reaches=turn.reaches,
    )


def _follow(session: Session, course: Course, row: Regrade, effect: Effect, now: datetime) -> None:
    """What comes of it: a pass may complete the module and the course; who holds a certificate already finds a note."""
    module = course.module(row.module)
    if effect.gains_pass and module is not None:
        settle(session, person_id=effect.person_id, course=course, module=module, now=now)
    if effect.certificate is not None and effect.touches_certificate:
        by_id = row.undone_by_id if row.undone_at else row.by_id
        certificates.note(session, effect.certificate, by_id=by_id, text=_note(course, row, effect), now=now)


def _note(course: Course, row: Regrade, effect: Effect) -> str:
    module = course.module(row.module)
    title = module.texts[course.languages[0]].title if module else row.module
    verb, why = ("A regrade was undone in", row.undone_why) if row.undone_at else ("The score was regraded in", row.why)
    before, after = quizzes.percent_of(effect.before), quizzes.percent_of(effect.after)
    return f"{verb} the quiz of {title}: {before} % before, {after} % now. {why} This certificate stays as it was issued."
