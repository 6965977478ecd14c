"""What an attempt earns today: graded on the quiz it began with, then under every regrade that holds for it.

Nothing of this is stored but the sum: ``outcomes`` keep what was graded first, and the same responses under the same regrades
give the same outcome on every page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

import quizzes
from quizzes import kinds
from quizzes.model import Item, Quiz, QuizOutcome, Response
from quizzes.regrading import Action, Rule, regrade

from ..database.statements import Statement
from ..extensions import Moment
from .record import AttemptRecord
from .tables import Attempt, Regrade

_r = Regrade.__table__.c
_of_module = select(_r.public_id, _r.item, _r.rule, _r.payload, _r.at).where(_r.module == bindparam("slug")).order_by(_r.id)
_rulings: Statement[Any] = Statement(_of_module.where(_r.undone_at.is_(None)))
_moment = bindparam("moment", type_=Moment)
_rulings_then: Statement[Any] = Statement(
    _of_module.where(_r.at <= _moment, or_(_r.undone_at.is_(None), _r.undone_at > _moment))
)
AnyAttempt = Attempt | AttemptRecord
RULES: tuple[Action, ...] = ("accept", "drop", "full_marks", "new_key")


@dataclass(frozen=True, slots=True)
class Ruling:
    """A regrade ready to be applied: it holds for attempts that began until ``at``, also for those that are still open."""

    id: str
    rule: Rule
    at: datetime

    def holds_for(self, attempt: AnyAttempt) -> bool:
        return attempt.started_at <= self.at

    def under(self, attempt: AnyAttempt, quiz: Quiz, outcome: QuizOutcome, given: Mapping[str, Response]) -> QuizOutcome:
        """Raises ValueError where the rule makes no sense in the attempt's revision."""
        item = self.rule.item
        drawn = replace(self.rule, item=kinds.of(item).instance(attempt.seed)) if item else self.rule
        return regrade(quiz, outcome, given, drawn)


@dataclass(frozen=True, slots=True)
class Graded:
    """``refused`` says why a regrade could not be applied, by its public id; it then changed nothing."""

    outcome: QuizOutcome
    refused: Mapping[str, str]


def graded(attempt: AnyAttempt, quiz: Quiz, given: Mapping[str, Response], rulings: Sequence[Ruling]) -> Graded:
    """``quiz`` is the one of the attempt's revision, ``rulings`` are in the order in which they were made."""
    drawn = quizzes.instance(quiz, attempt.seed)
    outcome, refused = quizzes.grade_kept(drawn, given), dict[str, str]()
    for ruling in rulings:
        if ruling.holds_for(attempt):
            try:
                outcome = ruling.under(attempt, drawn, outcome, given)
            except ValueError as error:
                refused[ruling.id] = str(error)
    return Graded(outcome, refused)


def rulings(session: Session, module: str, language: str = "") -> tuple[Ruling, ...]:
    """The regrades of a module that are not undone, oldest first; texts of a new key in ``language`` where there are any."""
    return tuple(ruling_of(row, language) for row in _rulings.all(session.connection(), {"slug": module}))


def rulings_at(session: Session, module: str, moment: datetime) -> tuple[Ruling, ...]:
    """Those that were made by then and not undone."""
    return tuple(ruling_of(row, "") for row in _rulings_then.all(session.connection(), {"slug": module, "moment": moment}))


def ruling_of(row: Any, language: str = "") -> Ruling:
    payload = row.payload
    held = payload.get("items", {})
    item = held.get(language) or held.get(payload.get("language"))
    response = Response.from_json(payload.get("response", {}))
    rule = Rule(row.item, cast(Action, row.rule), response, read_item(item) if item else None)
    return Ruling(row.public_id, rule, row.at)


def write_item(item: Item) -> dict[str, Any]:
    found: dict[str, Any] = quizzes.to_mapping(Quiz(items=(item,)))["items"][0]
    return found


def read_item(mapping: Mapping[str, Any]) -> Item:
    """The item that ``write_item`` was given."""
    read = quizzes.read({"items": [mapping]}).quiz
    assert read is not None
    return read.items[0]
