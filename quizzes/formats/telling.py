"""An item of ours → as Moodle thinks of it. What has no place there is left to the margin (see ``margin``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from .. import formula
from ..kinds import Calculated, Cloze, Interaction, Matching, Numeric, ShortText, of
from ..model import Choice, Item
from ..numbers import is_finite, show
from .asked import Answer, Asked, Blank, Dataset, Said, Unfit
from .formulas import write_formula

_GRADINGS: Mapping[str, str] = MappingProxyType(
    {
        "all_or_nothing": "ALL_OR_NOTHING",
        "adjacent_pairs": "RELATIVE_NEXT_EXCLUDE_LAST",
        "longest_run": "LONGEST_CONTIGUOUS_SUBSET",
        "pairs": "RELATIVE_ALL_PREVIOUS_AND_NEXT",
    }
)


def tell(item: Item) -> Asked:
    """Raises Unfit for a kind that Moodle does not have."""
    known = of(item)
    make = _KINDS.get(known.kind)
    if make is None:
        raise Unfit(_NO_ITEMS[known.kind])
    asked = Asked(
        kind="",
        place=f"item `{known.id}`",
        text=_said(known.prompt),
        name=known.id,
        id=known.id,
        general=_said(known.explanation),
        correct=_said(known.feedback.correct),
        partial=_said(known.feedback.partial),
        incorrect=_said(known.feedback.incorrect),
        hints=tuple(_said(hint.text) for hint in known.hints),
        tags=known.tags,
        points=known.points,
        is_shuffled=known.shuffle,
    )
    return make(asked, known)


def decimal(value: Fraction) -> str:
    """As a program reads a number; where it has no end behind the point, its first twelve digits."""
    return show(value) if is_finite(value) else f"{float(value):.12g}"


def _said(text: str) -> Said:
    return Said(text, "markdown")


def _choices(choices: tuple[Choice, ...], shares: list[Fraction]) -> tuple[Answer, ...]:
    pairs = zip(choices, shares, strict=True)
    return tuple(Answer(_said(choice.text), share, _said(choice.feedback)) for choice, share in pairs)


def _single(asked: Asked, item: Interaction) -> Asked:
    shares = [c.weight if item.credit == "weights" else Fraction(c.correct) for c in item.choices]
    return replace(asked, kind="multichoice", answers=_choices(item.choices, shares))


def _several(asked: Asked, item: Interaction) -> Asked:
    part = Fraction(1, sum(choice.correct for choice in item.choices))
    shares = [c.weight if item.credit == "weights" else part if c.correct else -part for c in item.choices]
    return replace(asked, kind="multichoice", is_single=False, answers=_choices(item.choices, shares))


def _truefalse(asked: Asked, item: Interaction) -> Asked:
    answers = tuple(Answer(Said(c.id, "plain"), Fraction(c.correct), _said(c.feedback)) for c in item.choices)
    return replace(asked, kind="truefalse", answers=answers)


def _outcomes(asked: Asked, right: list[Answer]) -> Asked:
    """A typed item says there what it says here, with its answers; `*` stands for whatever else was typed."""
    told = [replace(answer, feedback=asked.correct) for answer in right]
    others = [Answer(Said("*", "plain"), Fraction(0), asked.incorrect)] if asked.incorrect.text else []
    return replace(asked, answers=(*told, *others), correct=Said(), incorrect=Said())


def _short_text(asked: Asked, item: Interaction) -> Asked:
    assert isinstance(item, ShortText)
    right = [Answer(Said(word.replace("*", "\\*"), "plain"), Fraction(1)) for word in item.accept]
    return _outcomes(replace(asked, kind="shortanswer"), right)


def _numeric(asked: Asked, item: Interaction) -> Asked:
    assert isinstance(item, Numeric)
    low, high = item.low, item.high
    answer = Answer(Said(decimal((low + high) / 2), "plain"), Fraction(1), low=low, high=high)
    kept = replace(asked, kind="numerical", grading="range" if item.value is None else "", units=_units(item))
    return _outcomes(kept, [answer])


def _units(item: Numeric) -> tuple[tuple[str, Fraction], ...]:
    others = tuple((unit.text, 1 / unit.factor) for unit in item.units)
    return ((item.unit, Fraction(1)), *others) if item.unit else ()


def _ordering(asked: Asked, item: Interaction) -> Asked:
    answers = _choices(item.choices, [Fraction(0)] * len(item.choices))
    return replace(asked, kind="ordering", answers=answers, grading=_GRADINGS[item.credit])


def _matching(asked: Asked, item: Interaction) -> Asked:
    assert isinstance(item, Matching)
    words = {choice.id: choice.text for choice in item.choices}
    rows = [(_said(pair.text), _said(words[pair.choice])) for pair in item.pairs]
    used = {pair.choice for pair in item.pairs}
    rows += [(Said("", "markdown"), _said(choice.text)) for choice in item.choices if choice.id not in used]
    return replace(asked, kind="matching", rows=tuple(rows))


def _cloze(asked: Asked, item: Interaction) -> Asked:
    assert isinstance(item, Cloze)
    blanks = tuple(Blank(blank.id, _gap(asked, blank)) for blank in item.blanks)
    return replace(asked, kind="cloze", text=_said(f"{item.prompt}\n\n{item.text}"), blanks=blanks)


def _gap(asked: Asked, blank: Interaction) -> Asked:
    make = {"choice": _single, "numeric": _numeric, "short_text": _short_text}[blank.kind]
    said = blank.feedback
    bare = Asked("", asked.place, Said(), points=blank.points, is_shuffled=blank.shuffle)
    return make(replace(bare, correct=_said(said.correct), incorrect=_said(said.incorrect)), blank)


def _calculated(asked: Asked, item: Interaction) -> Asked:
    assert isinstance(item, Calculated)
    written = write_formula(formula.parse(item.text_of_value))
    answer = Answer(Said(written, "plain"), Fraction(1), high=item.tolerance)
    datasets = tuple(Dataset(p.name, p.low, p.low + (p.count - 1) * p.step, p.step) for p in item.params)
    kept = replace(
        _with_value(asked, f"{{={written}}}"),
        kind="calculated",
        datasets=datasets,
        is_relative=item.is_relative,
        units=_units(item),
    )
    return _outcomes(kept, [answer])


def _with_value(asked: Asked, value: str) -> Asked:
    """`{value}` in a text is the right value here; there a formula stands in its place."""
    general, correct, partial, incorrect = (
        _said(said.text.replace("{value}", value)) for said in (asked.general, asked.correct, asked.partial, asked.incorrect)
    )
    return replace(asked, general=general, correct=correct, partial=partial, incorrect=incorrect)


def _reflection(asked: Asked, item: Interaction) -> Asked:
    return replace(asked, kind="essay", points=Fraction(0))


_KINDS: Mapping[str, Callable[[Asked, Any], Asked]] = MappingProxyType(
    {
        "single_choice": _single,
        "multiple_choice": _several,
        "true_false": _truefalse,
        "short_text": _short_text,
        "numeric": _numeric,
        "ordering": _ordering,
        "matching": _matching,
        "cloze": _cloze,
        "calculated": _calculated,
        "reflection": _reflection,
    }
)
_NO_ITEMS: Mapping[str, str] = MappingProxyType(
    {
        "survey": "what is counted and never graded has no kind of its own there",
        "hotspot": "regions of a figure of our own have no kind there",
    }
)
