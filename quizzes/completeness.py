"""What a quiz that can be graded still lacks before it teaches well: a word on every choice, and a key that does not show."""

from __future__ import annotations

from collections.abc import Iterator

from .kinds import Cloze, Interaction, Numeric, ShortText, SingleChoice, TrueFalse, of
from .model import Choice, Fault, Pair, Quiz

LONGEST_KEY_SHARE = 60  # percent of the single-choice items in which the key may be the longest choice
_FEWEST = 3  # of fewer single-choice items no share says anything


def completeness(quiz: Quiz) -> tuple[Fault, ...]:
    """Choices and pairs without feedback, typed items that say nothing to a wrong response, and keys told by their length."""
    items = [of(item) for item in quiz.items]
    silent = (fault for n, item in enumerate(items) if item.IS_GRADED for fault in _silent(item, ("items", n)))
    told = _told_by_length([item for item in items if isinstance(item, SingleChoice)])
    return (*silent, *told, *_nothing_to_earn(quiz))


def _nothing_to_earn(quiz: Quiz) -> Iterator[Fault]:
    if not quiz.points:
        message, hint = "no item earns points, so nobody can pass", "add an item that is graded"
        yield Fault(("items",), message, hint, "nothing-to-earn")


def _silent(item: Interaction, at: tuple[str | int, ...]) -> Iterator[Fault]:
    if isinstance(item, Cloze):
        for place, blank in enumerate(item.blanks):
            yield from _silent(blank, (*at, "blanks", place))
        return
    if isinstance(item, (Numeric, ShortText)):
        if not item.feedback.incorrect:
            message, hint = f"`{item.id}` says nothing to a wrong response", "add `feedback: {correct: …, incorrect: …}`"
            yield Fault(at, message, hint, "no-feedback")
        return
    key = "pairs" if item.pairs else "choices"
    parts: tuple[Choice | Pair, ...] = item.pairs or item.choices
    for place, part in enumerate(parts):
        if part.feedback:
            continue
        if isinstance(item, TrueFalse):
            yield Fault(at, f"`{item.id}` has no `feedback_{part.id}`", f"add `feedback_{part.id}: …`", "no-feedback")
        else:
            hint = "say why it is right or wrong: `feedback: …`"
            yield Fault((*at, key, place), f"`{part.id}` has no feedback", hint, "no-feedback")


def _told_by_length(items: list[SingleChoice]) -> Iterator[Fault]:
    told = sum(1 for item in items if _is_key_longest(item))
    if len(items) >= _FEWEST and told * 100 > LONGEST_KEY_SHARE * len(items):
        yield Fault(
            ("items",),
            f"the right choice is the longest in {told} of {len(items)} single-choice items",
            "shorten keys or make wrong choices as full, so that length tells nothing",
            "longest-key",
        )


def _is_key_longest(item: SingleChoice) -> bool:
    key = max(len(choice.text) for choice in item.choices if choice.correct)
    return all(len(choice.text) < key for choice in item.choices if not choice.correct)
