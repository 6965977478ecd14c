"""What every kind of item can do. A kind is a frozen value with these methods and one line in ``KINDS``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256
from typing import Any, ClassVar, Literal, Self, TypeVar

from ..entry import SOURCE_KEYS, Entry, meant, repeated
from ..model import Choice, Feedback, Hint, Item, ItemView, Pair, Remark, Response, Status
from ..texts import normalise

REWORD = "a learner cannot tell them apart: word one of them differently"
LONGEST_TEXT = 500  # characters of a typed response that are kept
_ANY = Fraction(0)

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
    IS_GRADED: ClassVar[bool] = True
    LONGEST: ClassVar[int] = LONGEST_TEXT  # characters of a typed response that are kept

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
    def judge(self, response: Response, locale: str | None = None) -> Judgement:
        """Judges a response that is not blank and holds known ids only; ``locale`` changes how it says what it understood."""

    @abstractmethod
    def key(self) -> Response:
        """A response that earns all points."""

    @abstractmethod
    def describe_key(self) -> tuple[str, ...]:
        """The key in lines, with the item's own texts."""

    @abstractmethod
    def collect(self, fields: Fields, locale: str | None = None) -> tuple[Response, str]:
        """What a form holds for this item, and a message for the learner where it cannot be read as meant.

        ``locale`` decides how a typed number is read that means another one elsewhere; without it, such a number is asked back.
        """

    def meaning(self, response: Response) -> object:
        """Equal for two known responses that mean the same, however they were typed and in whatever order they were ticked."""
        return frozenset(response.choices), response.pairs

    def credit_in_words(self) -> str:
        return self.CREDITS[self.credit]

    def instance(self, seed: str | int) -> Self:
        """The item as one attempt has it. Only items with parameters differ from attempt to attempt."""
        return self

    def view(self, view: ItemView, seed: str | int) -> ItemView:
        """``view`` with what only this kind shows; never with anything of the key."""
        return view

    def arrange(self, drawn: tuple[Choice, ...]) -> tuple[Choice, ...]:
        """The choices as shown, from the order drawn by the seed."""
        return drawn if self.shuffle else self.choices

    def known(self, response: Response) -> Response:
        """What of a response belongs to this item: unknown and repeated ids fall out, of a pair given twice the last counts."""
        if self.USES == "text":
            return Response(text=response.text.strip()[: self.LONGEST], hints=response.hints)
        ids = {choice.id for choice in self.choices}
        if self.USES == "choices":
            ticked = dict.fromkeys(choice for choice in response.choices if choice in ids)
            return Response(choices=tuple(ticked), hints=response.hints)
        chosen = {row: choice for row, choice in response.pairs if choice in ids}
        pairs = tuple((pair.id, chosen[pair.id]) for pair in self.pairs if pair.id in chosen)
        return Response(pairs=pairs, hints=response.hints)

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


def write_feedback(feedback: Feedback) -> dict[str, str]:
    texts = {"correct": feedback.correct, "partial": feedback.partial, "incorrect": feedback.incorrect}
    return {outcome: text for outcome, text in texts.items() if text}


def read_points(entry: Entry) -> Fraction | None:
    points = entry.number("points", Fraction(1))
    if points is not None and points <= 0:
        entry.fault("not-a-number", "`points` must be above zero", "write `points: 1`, or leave it out", at=("points",))
    return points


def read_choices(
    entry: Entry,
    *,
    with_key: bool,
    with_feedback: bool = True,
    with_area: bool = False,
    credit: str = "",
    least: Fraction = _ANY,
) -> tuple[Choice, ...]:
    """``with_key``: each choice may say `correct`, or what it weighs where the ``credit`` is `weights`; then it is correct from
    the weight ``least`` on, or with any above zero. Ids and texts that stand there twice are faults.
    """
    found: list[tuple[Entry, Choice]] = []
    for each in entry.entries("choices", required=True):
        weight = _read_weight(each, credit) if with_key else Fraction(0)
        is_right = weight > 0 and weight >= least
        choice = Choice(
            id=each.id(),
            text=each.text("text", required=True),
            correct=(is_right if credit == "weights" else each.flag("correct")) if with_key else False,
            feedback=each.text("feedback") if with_feedback else "",
            weight=weight,
            area=_read_area(each) if with_area else (),
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


def write_choices(choices: Sequence[Choice], *, with_key: bool, credit: str = "") -> list[dict[str, Any]]:
    is_weighed = credit == "weights"
    return [
        {"id": choice.id, "text": choice.text}
        | ({"correct": True} if with_key and choice.correct and not is_weighed else {})
        | ({"weight": str(choice.weight)} if choice.weight else {})
        | ({"area": [str(end) for end in choice.area]} if choice.area else {})
        | ({"feedback": choice.feedback} if choice.feedback else {})
        for choice in choices
    ]


def _read_weight(entry: Entry, credit: str) -> Fraction:
    if credit != "weights":
        if "weight" in entry:
            entry.value("weight")
            message = "`weight` counts only where the item says `credit: weights`"
            entry.fault("conflict", message, "add `credit: weights` to the item, or take `weight` out", at=("weight",))
        return Fraction(0)
    if "correct" in entry:
        entry.value("correct")
        entry.fault("conflict", "the `weight` says already what is correct", "take `correct` out", at=("correct",))
    weight = entry.number("weight", Fraction(0)) or Fraction(0)
    if abs(weight) > 1:
        message = "`weight` is a share of the points, from -1 to 1"
        entry.fault("not-a-number", message, "for example `weight: 1/2`", at=("weight",))
    return weight


def _read_area(entry: Entry) -> tuple[Fraction, ...]:
    ends = [entry.exact(text, ("area", n)) for n, text in enumerate(entry.texts("area", required=True))]
    area = tuple(end for end in ends if end is not None)
    if len(area) < len(ends) or not ends:
        return ()
    is_inside = len(area) == 4 and min(area[:2]) >= 0 and area[0] + area[2] <= 100 and area[1] + area[3] <= 100
    if is_inside and min(area[2:]) > 0:
        return area
    message = "`area` is left, top, width and height in percent of the figure"
    entry.fault("not-an-area", message, "for example `area: [10, 20, 30, 15]`", at=("area",))
    return ()


def typed(item: Interaction, fields: Fields) -> str:
    """The text field of an item; NUL, which no database keeps, falls out."""
    return first(fields, f"r.{item.id}")[: item.LONGEST]


def first(fields: Fields, name: str) -> str:
    """The first value of a field without NUL; empty where there is none."""
    return next(iter(fields.get(name, ())), "").replace("\0", "")


def status_of(share: Fraction) -> Status:
    return "correct" if share == 1 else "partial" if share else "incorrect"


def place(*parts: str | int) -> bytes:
    """What a seed draws for a place: the same parts give the same in any process, and no other part changes it."""
    return sha256("\0".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest()


_Part = TypeVar("_Part", Choice, Pair)
_Named = TypeVar("_Named", Choice, Pair, Interaction)


def translate_parts(
    entry: Entry, key: str, parts: tuple[_Named, ...], translated: Callable[[_Named, Entry], _Named]
) -> tuple[_Named, ...]:
    """The parts, each as its entry with the same id translates it; unknown and repeated ids are faults."""
    merged, seen = {part.id: part for part in parts}, set[str]()
    for each in entry.entries(key):
        name = each.id()
        if name and name not in merged:
            each.fault("unknown-id", f"the quiz has no `{name}` here", meant(name, merged), at=("id",))
        elif name in seen:
            each.fault("duplicate-id", f"`{name}` stands here twice", "leave one of them", at=("id",))
        part = translated(merged.get(name, parts[0]), each)
        if name in merged:
            merged[name] = part
        seen.add(name)
        each.close(SOURCE_KEYS)
    return tuple(merged.values())


def _translated(entry: Entry, key: str, parts: tuple[_Part, ...]) -> tuple[_Part, ...]:
    merged = translate_parts(entry, key, parts, _translate_part)
    for n, before in repeated(normalise(part.text, keep_accents=True) for part in merged):
        message = f"`{parts[n].id}` says the same as `{parts[before].id}` in this language"
        entry.fault("duplicate-text", message, REWORD, at=(key,))
    return merged


def _translate_part(part: _Part, entry: Entry) -> _Part:
    return replace(part, text=entry.text("text", part.text), feedback=entry.text("feedback", part.feedback))
