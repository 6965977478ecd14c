"""The values of a quiz: what an item is, what a learner gave, and what it earned.

Everything here is frozen and free of effects. Scores are exact fractions; rounding is for display, half up.
Terms follow QTI (item, choice, response, outcome) and xAPI (score.raw, score.max, score.scaled).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

# `recorded` is a response to an item that earns nothing: a survey's, a reflection's.
Status = Literal["correct", "partial", "incorrect", "not_answered", "recorded"]
Counts = Literal["best", "last", "first", "average"]
Review = Literal["never", "after_attempt", "after_pass", "no_attempts_left"]

BLANK = re.compile(r"\[\[([a-z0-9-]+)\]\]")  # where a blank stands in the text of a cloze


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a learner can choose, order or match. ``correct`` and ``weight`` are key and never leave with a view.

    ``weight`` is the share of the points that it earns or takes, where the item's credit is ``weights``. ``area`` is where it
    lies on a hotspot's figure: left, top, width and height in percent of the figure.
    """

    id: str
    text: str
    correct: bool = False
    feedback: str = ""
    weight: Fraction = Fraction(0)
    area: tuple[Fraction, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of a matching item: the choice with id ``choice`` belongs to it."""

    id: str
    text: str
    choice: str
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """Another unit in which a number may be typed: ``factor`` of the item's own make one of it."""

    text: str
    factor: Fraction


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
class Pool:
    """Of the items with the tag, each attempt draws so many."""

    tag: str
    draw: int


@dataclass(frozen=True, slots=True)
class Quiz:
    """The items of a module's quiz and the rules under which an attempt counts.

    ``attempts`` 0 means no limit, as does ``time_limit_minutes`` 0; ``wait_minutes`` is the time between two attempts;
    ``counts`` says which attempt counts.
    """

    items: tuple[Item, ...]
    attempts: int = 0
    wait_minutes: int = 0
    counts: Counts = "best"
    shuffle: bool = True
    review: Review = "after_attempt"
    time_limit_minutes: int = 0
    pools: tuple[Pool, ...] = ()

    @property
    def count(self) -> int:
        """How many items one attempt sees."""
        return len(self.items) - sum(len(self.in_pool(pool)) - pool.draw for pool in self.pools)

    @property
    def points(self) -> Fraction:
        """What one attempt can earn; the same for each, since all items of a pool earn the same."""
        most = sum((item.points for item in self.items), Fraction(0))
        left = ((pool.draw - len(items)) * items[0].points for pool in self.pools if (items := self.in_pool(pool)))
        return most + sum(left, Fraction(0))

    def in_pool(self, pool: Pool) -> tuple[Item, ...]:
        return tuple(item for item in self.items if pool.tag in item.tags)

    def item(self, item_id: str) -> Item:
        """Raises KeyError when the quiz has no such item."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)


@dataclass(frozen=True, slots=True)
class Response:
    """What a learner gave: choice ids (in the learner's order for ordering), a text, or pair id → choice id.

    For a cloze, ``pairs`` holds blank id → choice id or typed text. ``numbers`` holds how typed numbers were read when they
    were given, as exact numbers: blank id (empty for the item's own field) → number. Never a position on the page, so that
    shuffling, another language or a reload change nothing.
    """

    choices: tuple[str, ...] = ()
    text: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    hints: int = 0
    numbers: tuple[tuple[str, str], ...] = ()

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
        if self.numbers:
            given["numbers"] = dict(self.numbers)
        return given

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Response:
        return cls(
            choices=tuple(given.get("choices", ())),
            text=given.get("text", ""),
            pairs=tuple(given.get("pairs", {}).items()),
            hints=given.get("hints", 0),
            numbers=tuple(given.get("numbers", {}).items()),
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
class BlankView:
    """One blank of a cloze on the page: a list to choose from where there are ``choices``, else a field to type in."""

    id: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()  # plain text, as a list on a page can show it
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ItemView:
    """What the page may know of an item before the attempt is closed: no key, no feedback, no explanation.

    ``choices`` and ``pairs`` are (id, text) in the order shown to this attempt; ``credit_in_words`` is told before responding.
    ``is_multiple`` asks for tick boxes, ``has_other`` for a text field `r.<item>.other`, ``longest`` is the most characters
    that are kept of a typed response. ``areas`` are (choice id, (left, top, width, height)) in percent of the ``figure``.
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
    text: str = ""
    blanks: tuple[BlankView, ...] = ()
    figure: str = ""
    alt: str = ""
    areas: tuple[tuple[str, tuple[Fraction, ...]], ...] = ()
    units: tuple[str, ...] = ()
    is_multiple: bool = False
    has_other: bool = False
    longest: int = 500

    @property
    def parts(self) -> tuple[tuple[str, BlankView | None], ...]:
        """The text of a cloze in order: what stands before each blank, with the blank; last what stands behind them all."""
        held = {blank.id: blank for blank in self.blanks}
        pieces = BLANK.split(self.text)
        names = [*pieces[1::2], ""]
        return tuple((text, held.get(name)) for text, name in zip(pieces[::2], names, strict=True))


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
