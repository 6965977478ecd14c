"""The values of a quiz: what an item is, what a learner gave, and what it earned.

Everything here is frozen and free of effects. Scores are exact fractions; rounding is for display, half up.
Terms follow QTI (item, choice, response, outcome) and xAPI (score.raw, score.max, score.scaled).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

Status = Literal["correct", "partial", "incorrect", "not_answered"]
Counts = Literal["best", "last", "first", "average"]
Review = Literal["never", "after_attempt", "after_pass", "no_attempts_left"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a learner can choose, order or match. ``correct`` is part of the key and never leaves with a view."""

    id: str
    text: str
    correct: bool = False
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of a matching item: the choice with id ``choice`` belongs to it."""

    id: str
    text: str
    choice: str
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """A hint and what taking it costs, as a share of the item's points (0 to 1)."""

    text: str
    cost: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What is said for each outcome of an item; an empty text says nothing."""

    correct: str = ""
    partial: str = ""
    incorrect: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """What every kind of item has; a kind adds its own fields in ``quizzes/kinds/<kind>.py``."""

    id: str
    kind: str
    prompt: str
    points: Fraction = Fraction(1)
    credit: str = "all_or_nothing"
    feedback: Feedback = Feedback()
    explanation: str = ""
    review_lesson: str = ""
    hints: tuple[Hint, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quiz:
    """The items of a module's quiz and the rules under which an attempt counts.

    ``attempts`` 0 means no limit; ``wait_minutes`` is the time between two attempts; ``counts`` says which attempt counts.
    """

    items: tuple[Item, ...]
    attempts: int = 0
    wait_minutes: int = 0
    counts: Counts = "best"
    shuffle: bool = True
    review: Review = "after_attempt"

    def item(self, item_id: str) -> Item:
        """Raises KeyError when the quiz has no such item."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)


@dataclass(frozen=True, slots=True)
class Response:
    """What a learner gave: choice ids (in the learner's order for ordering), a text, or pair id → choice id.

    Never a position on the page, so that shuffling, another language or a reload change nothing.
    """

    choices: tuple[str, ...] = ()
    text: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    hints: int = 0

    @property
    def is_blank(self) -> bool:
        return not (self.choices or self.text.strip() or self.pairs)

    def as_json(self) -> dict[str, Any]:
        """Only what is given; ``Response.from_json(r.as_json()) == r``."""
        given: dict[str, Any] = {}
        if self.choices:
            given["choices"] = list(self.choices)
        if self.text:
            given["text"] = self.text
        if self.pairs:
            given["pairs"] = dict(self.pairs)
        if self.hints:
            given["hints"] = self.hints
        return given

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Response:
        return cls(
            choices=tuple(given.get("choices", ())),
            text=given.get("text", ""),
            pairs=tuple(given.get("pairs", {}).items()),
            hints=given.get("hints", 0),
        )


@dataclass(frozen=True, slots=True)
class Score:
    """Points earned out of points to be had; ``scaled`` is between 0 and 1, and 0 for a quiz without points."""

    raw: Fraction
    max: Fraction

    @property
    def scaled(self) -> Fraction:
        return self.raw / self.max if self.max else Fraction(0)


@dataclass(frozen=True, slots=True)
class Remark:
    """Feedback on one choice or pair that the learner touched (``about`` is its id), or on the item (``about`` empty)."""

    about: str
    text: str
    is_right: bool | None = None


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    item_id: str
    status: Status
    score: Score
    remarks: tuple[Remark, ...] = ()
    understood: str = ""  # how a typed number or text was read, e.g. "1.5"


@dataclass(frozen=True, slots=True)
class QuizOutcome:
    items: tuple[ItemOutcome, ...]
    score: Score


@dataclass(frozen=True, slots=True)
class ItemView:
    """What the page may know of an item before the attempt is closed: no key, no feedback, no explanation.

    ``choices`` and ``pairs`` are (id, text) in the order shown to this attempt; ``credit_in_words`` is told before responding.
    """

    id: str
    kind: str
    prompt: str
    points: Fraction
    credit_in_words: str
    choices: tuple[tuple[str, str], ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a quiz as written: ``at`` leads to it (``("items", 2, "choices", 0, "text")``)."""

    at: tuple[str | int, ...]
    message: str
    hint: str = ""
    code: str = "quiz"


@dataclass(frozen=True, slots=True)
class Read:
    """A quiz as far as it could be read, with every fault found; ``quiz`` is None when there is any fault."""

    quiz: Quiz | None
    faults: tuple[Fault, ...] = field(default=())
