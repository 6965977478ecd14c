"""Responses → outcomes. The same responses on the same quiz give the same outcome, whatever was shuffled or translated."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from .itself import Itself
from .kinds import of
from .kinds.interaction import Fields, Judgement, Write, status_of
from .model import Item, ItemOutcome, Quiz, QuizOutcome, Remark, Response, Score

_IS_RIGHT: Mapping[str, bool | None] = {"correct": True, "partial": None, "incorrect": False}


def grade(quiz: Quiz, responses: Mapping[str, Response]) -> QuizOutcome:
    """Every item of the quiz, in its order; an item without a response scores 0, a response without an item is left out.

    A quiz with pools or calculated items is graded as the attempt had it: ``grade(instance(quiz, seed), responses)``.
    """
    return summed(grade_item(item, responses.get(item.id, Response())) for item in quiz.items)


def grade_kept(quiz: Quiz, responses: Mapping[str, Response]) -> QuizOutcome:
    """What ``grade`` gives, where many take one quiz: most respond to an item in one of a few ways, whose outcome is kept."""
    return summed(_remembered(item, responses.get(item.id, Response())) for item in quiz.items)


def _remembered(item: Item, response: Response) -> ItemOutcome:
    return _kept(Itself(item), response) if of(item).IS_GRADED else grade_item(item, response)  # no long texts of people


def summed(graded: Iterable[ItemOutcome]) -> QuizOutcome:
    """The outcome of a quiz from those of its items."""
    outcomes = tuple(graded)
    return QuizOutcome(outcomes, Score(_total(o.score.raw for o in outcomes), _total(o.score.max for o in outcomes)))


def _total(points: Iterable[Fraction]) -> Fraction:
    """The sum; whole points, which most are, are added as integers, at a tenth of the cost."""
    whole, rest = 0, Fraction(0)
    for each in points:
        if each.denominator == 1:
            whole += each.numerator
        else:
            rest += each
    return rest + whole if rest else Fraction(whole)


def grade_item(item: Item, response: Response) -> ItemOutcome:
    """The outcome says how right the response is; only the score knows of hints, and never falls below 0.

    An item that earns nothing is `recorded` as soon as there is a response.
    """
    kind = of(item)
    given = kind.known(response)
    if given.is_blank:
        return ItemOutcome(item.id, "not_answered", Score(Fraction(0), item.points))
    judged = kind.judge(given)
    if not kind.IS_GRADED:
        return ItemOutcome(item.id, "recorded", Score(Fraction(0), Fraction(0)), judged.remarks)
    return settled(item, given, judged)


@lru_cache(maxsize=1024)
def _kept(item: Itself[Item], response: Response) -> ItemOutcome:
    return grade_item(item.value, response)


def settled(item: Item, given: Response, judged: Judgement) -> ItemOutcome:
    """The outcome of a judged response: its status, what is said to it, and its points less what its hints cost."""
    status = status_of(judged.share)
    text = {"correct": item.feedback.correct, "partial": item.feedback.partial, "incorrect": item.feedback.incorrect}[status]
    said = (Remark("", text, _IS_RIGHT[status]),) if text else ()
    share = judged.share
    if given.hints > 0:
        share = max(Fraction(0), share - sum((hint.cost for hint in item.hints[: given.hints]), Fraction(0)))
    earned = item.points if share == 1 else item.points * share  # most are all or nothing, and fractions take their time
    return ItemOutcome(item.id, status, Score(earned, item.points), judged.remarks + said, judged.understood)


def collect(item: Item, fields: Fields, locale: str | None = None) -> tuple[Response, str]:
    """The response in a form, and a message for the learner where it cannot be read as meant (else empty).

    Fields are `r.<item>` and, for ordering, matching and cloze, `r.<item>.<choice, pair or blank>`, for a survey also
    `r.<item>.other`; others and unknown ids are ignored. The response is to be kept in both cases. ``Response.hints`` is 0:
    hints are counted by who gives them. With the ``locale`` of the page (`es`, `de-CH`) a number that means another one
    elsewhere is read as it means here, and the response keeps it; without one it is asked back.
    """
    return of(item).collect(fields, locale)


def understood(item: Item, response: Response, locale: str | None = None) -> str:
    """How a typed response is read, without a word on whether it is right; empty where there is nothing to tell."""
    kind = of(item)
    given = kind.known(response)
    return "" if given.is_blank else kind.judge(given, locale).understood


def key_of(item: Item) -> Response:
    """A response that earns all points; a blank one for an item that has none to earn."""
    return of(item).key()


def describe_key(item: Item) -> tuple[str, ...]:
    """The key in lines, for the review. They hold the item's texts as they are: HTML only where ``map_texts`` made it.

    The lines of numeric, calculated, short_text and cloze items are plain text always; a survey and a reflection have none.
    """
    return of(item).describe_key()


def credit_in_words(item: Item) -> str:
    """What a right, a partly right and a wrong response earn; told before the learner responds."""
    return of(item).credit_in_words()


def map_texts(quiz: Quiz, write: Write, inline: Write | None = None) -> Quiz:
    """Every text of the quiz through ``write``; the texts of choices and pairs, which stand in one line, through ``inline``.

    Empty texts stay empty. Units and accepted words are no texts in this sense: they stay plain.
    """
    items = tuple(of(item).with_texts(write, inline or write) for item in quiz.items)
    return replace(quiz, items=items)


def percent_of(scaled: Fraction) -> int:
    """Whole percent, rounded down: 100 means all points and nothing less."""
    return math.floor(scaled * 100)


def percent(score: Score) -> int:
    """``percent_of`` a score."""
    return percent_of(score.scaled)
