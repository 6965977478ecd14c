"""A wrong key put right after people responded: what an attempt earns under a rule, without touching anything else in it.

The rules:

- `accept`: one more response counts as right, for those who gave it; what taken hints cost stays.
- `drop`: the item counts for nobody. It stays in the list with 0 of 0 points, so that the rest is divided by what is left.
- `full_marks`: everybody has all points of the item, also those who left it blank and those who took hints.
- `new_key`: the item is graded again with another key, and keeps the points it had when the attempt began.

An item that an attempt did not have changes nothing in it, and a dropped item stays dropped. Each rule changes its item only;
the status stays what the response was, where only points are given or taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from .grading import grade_item, settled, summed
from .kinds import of
from .model import Item, ItemOutcome, Quiz, QuizOutcome, Response, Score

Action = Literal["accept", "drop", "full_marks", "new_key"]


@dataclass(frozen=True, slots=True)
class Rule:
    """``response`` is what `accept` accepts, ``item`` holds the new key (of a calculated item, as the attempt's instance)."""

    item_id: str
    action: Action
    response: Response = field(default_factory=Response)
    item: Item | None = None


def regrade(quiz: Quiz, outcome: QuizOutcome, responses: Mapping[str, Response], rule: Rule) -> QuizOutcome:
    """The outcome of an attempt under the rule. ``quiz`` is the attempt's instance in its revision.

    Applied twice it changes nothing more. Raises ValueError for a rule that makes no sense: an item of another id or kind,
    nothing to accept, an item that is not graded, or the last one that earns points dropped.
    """
    try:
        item = quiz.item(rule.item_id)
    except KeyError:
        return outcome
    _check(item, rule)
    given = responses.get(item.id, Response())
    found = summed(_changed(item, each, given, rule) if each.item_id == item.id else each for each in outcome.items)
    if not found.score.max:
        raise ValueError(f"without `{item.id}` the quiz has nothing left to earn")
    return found


def _check(item: Item, rule: Rule) -> None:
    kind = of(item)
    if not kind.IS_GRADED:
        raise ValueError(f"`{item.id}` is not graded")
    if rule.action == "accept" and kind.known(rule.response).is_blank:
        raise ValueError(f"there is nothing to accept for `{item.id}`")
    if rule.action == "new_key" and (rule.item is None or (rule.item.id, rule.item.kind) != (item.id, item.kind)):
        raise ValueError(f"a new key for `{item.id}` needs the same item of the kind `{item.kind}`")


def _changed(item: Item, outcome: ItemOutcome, response: Response, rule: Rule) -> ItemOutcome:
    most = outcome.score.max
    if rule.action == "drop" or not most:
        return replace(outcome, score=Score(Fraction(0), Fraction(0)))
    if rule.action == "full_marks":
        return replace(outcome, score=Score(most, most))
    if rule.action == "new_key" and rule.item is not None:
        return grade_item(replace(rule.item, points=most), response)
    kind = of(item)
    given = kind.known(response)
    if given.is_blank or kind.meaning(given) != kind.meaning(kind.known(rule.response)):
        return outcome
    return settled(item, given, replace(kind.judge(given), share=Fraction(1)))
