"""What every kind of item can do. A kind is a frozen value with these methods and one line in ``KINDS``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar, Literal, Self, TypeVar

from ..entry import SOURCE_KEYS, Entry, meant, repeated
from ..model import Choice, Feedback, Hint, Item, Pair, Remark, Response
from ..texts import normalise

REWORD = "a learner cannot tell them apart: word one of them differently"
LONGEST_TEXT = 500  # characters of a typed response that are kept

Fields = Mapping[str, Sequence[str]]
Write = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Judgement:
    """``share`` of the points (0 to 1) before hints; ``understood`` is how a typed response was read."""

    share: Fraction
    remarks: tuple[Remark, ...] = ()
    understood: str = ""


@dataclass(frozen=True, slots=True)
class Interaction(Item, ABC):
    """An item that can be read, judged and shown. ``CREDITS`` holds its rules of credit in words, the default first."""

    CREDITS: ClassVar[Mapping[str, str]]
    USES: ClassVar[Literal["choices", "text", "pairs"]]  # the part of a Response that is the learner's

    choices: tuple[Choice, ...] = ()
    pairs: tuple[Pair, ...] = ()
    shuffle: bool = True
    unit: str = ""

    @classmethod
    @abstractmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        """The kind's own keys from the entry; ``common`` holds what reading.py read. Faults are left on the entry."""

    @abstractmethod
    def own(self) -> dict[str, Any]:
        """The kind's own keys as a mapping, so that ``read`` gives the same item again."""

    @abstractmethod
    def validate(self, entry: Entry) -> None:
        """Leaves a fault on the entry for everything that makes the item impossible to grade or to understand."""

    @abstractmethod
    def judge(self, response: Response) -> Judgement:
        """Judges a response that is not blank and holds known ids only."""

    @abstractmethod
    def key(self) -> Response:
        """A response that earns all points."""

    @abstractmethod
    def describe_key(self) -> tuple[str, ...]:
        """The key in lines, with the item's own texts."""

    @abstractmethod
    def collect(self, fields: Fields) -> tuple[Response, str]:
        """What a form holds for this item, and a message for the learner where it cannot be read as meant."""

    def arrange(self, drawn: tuple[Choice, ...]) -> tuple[Choice, ...]:
        """The choices as shown, from the order drawn by the seed."""
        return drawn if self.shuffle else self.choices

    def known(self, response: Response) -> Response:
        """What of a response belongs to this item: unknown and repeated ids fall out, of a pair given twice the last counts."""
        ids, rows = {choice.id for choice in self.choices}, {pair.id for pair in self.pairs}
        chosen = {row: choice for row, choice in response.pairs if row in rows and choice in ids}
        ticked = dict.fromkeys(choice for choice in response.choices if choice in ids)
        return Response(
            choices=tuple(ticked) if self.USES == "choices" else (),
            text=response.text.strip()[:LONGEST_TEXT] if self.USES == "text" else "",
            pairs=tuple((pair.id, chosen[pair.id]) for pair in self.pairs if pair.id in chosen) if self.USES == "pairs" else (),
            hints=response.hints,
        )

    def with_texts(self, write: Write, inline: Write) -> Self:
        """Every text through ``write``, those of choices and rows through ``inline``; an empty text stays empty."""

        def through(text: str, to: Write = write) -> str:
            return to(text) if text else ""

        return replace(
            self,
            prompt=through(self.prompt),
            explanation=through(self.explanation),
            feedback=Feedback(*(through(t) for t in (self.feedback.correct, self.feedback.partial, self.feedback.incorrect))),
            hints=tuple(Hint(through(hint.text), hint.cost) for hint in self.hints),
            choices=tuple(replace(c, text=through(c.text, inline), feedback=through(c.feedback)) for c in self.choices),
            pairs=tuple(replace(p, text=through(p.text, inline), feedback=through(p.feedback)) for p in self.pairs),
        )

    def translate(self, entry: Entry) -> Self:
        """The kind's own texts from a translation; a missing one stays as it is."""
        return replace(
            self,
            choices=_translated(entry, "choices", self.choices) if self.choices else (),
            pairs=_translated(entry, "pairs", self.pairs) if self.pairs else (),
        )


def read_feedback(entry: Entry | None, default: Feedback) -> Feedback:
    """What is said for each outcome; what the entry leaves out comes from ``default``."""
    if entry is None:
        return default
    feedback = Feedback(
        correct=entry.text("correct", default.correct),
        partial=entry.text("partial", default.partial),
        incorrect=entry.text("incorrect", default.incorrect),
    )
    entry.close()
    return feedback


def read_choices(entry: Entry, *, with_key: bool, with_feedback: bool = True) -> tuple[Choice, ...]:
    """``with_key``: each choice may say `correct`. Ids and texts that stand there twice are faults."""
    found: list[tuple[Entry, Choice]] = []
    for each in entry.entries("choices", required=True):
        choice = Choice(
            id=each.id(),
            text=each.text("text", required=True),
            correct=each.flag("correct") if with_key else False,
            feedback=each.text("feedback") if with_feedback else "",
        )
        each.close()
        found.append((each, choice))
    check_unique(found)
    return tuple(choice for _, choice in found)


def check_ids(found: Sequence[tuple[Entry, Choice | Pair | Item]]) -> None:
    """Leaves a fault for each id that stands there before."""
    for n, _ in repeated(part.id for _, part in found):
        each, part = found[n]
        each.fault("duplicate-id", f"`{part.id}` is the id of another one above", "give it another id", at=("id",))


def check_unique(found: Sequence[tuple[Entry, Choice | Pair]]) -> None:
    """Leaves a fault for each id and each text that stands there before, spaces and capitals aside."""
    check_ids(found)
    for n, before in repeated(normalise(part.text, keep_accents=True) for _, part in found):
        each, part = found[n]
        each.fault("duplicate-text", f"`{part.id}` says the same as `{found[before][1].id}`", REWORD, at=("text",))


def check_enough(entry: Entry, key: str, found: Sequence[object], least: int) -> None:
    if 0 < len(found) < least:
        entry.fault("too-few", f"`{key}` has {len(found)}, and {least} are the least", f"add to `{key}`", at=(key,))


def write_choices(choices: Sequence[Choice], *, with_key: bool) -> list[dict[str, Any]]:
    return [
        {"id": choice.id, "text": choice.text}
        | ({"correct": True} if with_key and choice.correct else {})
        | ({"feedback": choice.feedback} if choice.feedback else {})
        for choice in choices
    ]


def typed(item: Item, fields: Fields) -> str:
    """The text field of an item; NUL, which no database keeps, falls out."""
    return next(iter(fields.get(f"r.{item.id}", ())), "").replace("\0", "")[:LONGEST_TEXT]


_Part = TypeVar("_Part", Choice, Pair)


def _translated(entry: Entry, key: str, parts: tuple[_Part, ...]) -> tuple[_Part, ...]:
    merged, seen = {part.id: part for part in parts}, set[str]()
    for each in entry.entries(key):
        name = each.id()
        if name and name not in merged:
            each.fault("unknown-id", f"the quiz has no `{name}` here", meant(name, merged), at=("id",))
        elif name in seen:
            each.fault("duplicate-id", f"`{name}` stands here twice", "leave one of them", at=("id",))
        part = merged.get(name, parts[0])
        text, feedback = each.text("text", part.text), each.text("feedback", part.feedback)
        if name in merged:
            merged[name] = replace(part, text=text, feedback=feedback)
        seen.add(name)
        each.close(SOURCE_KEYS)
    for n, before in repeated(normalise(part.text, keep_accents=True) for part in merged.values()):
        message = f"`{parts[n].id}` says the same as `{parts[before].id}` in this language"
        entry.fault("duplicate-text", message, REWORD, at=(key,))
    return tuple(merged.values())
