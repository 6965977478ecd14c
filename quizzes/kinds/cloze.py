"""A text with blanks, each of them to be chosen, counted or written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self

from .. import credit
from ..entry import Entry, meant
from ..model import BLANK, BlankView, Feedback, ItemView, Remark, Response
from .interaction import (
    Fields,
    Interaction,
    Judgement,
    Write,
    check_ids,
    place,
    read_feedback,
    read_points,
    status_of,
    translate_parts,
    write_feedback,
)
from .numeric import Numeric
from .short_text import ShortText
from .single_choice import SingleChoice

BLANKS: Mapping[str, type[Interaction]] = MappingProxyType(
    {"choice": SingleChoice, "numeric": Numeric, "short_text": ShortText}
)
_ANY = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cloze(Interaction):
    """``text`` holds `[[blank-id]]` where a blank stands. Each blank is an item of its own without a prompt; its points are
    its weight among the blanks."""

    CREDITS: ClassVar[Mapping[str, str]] = credit.GAPS
    USES: ClassVar[Literal["choices", "text", "pairs"]] = "pairs"

    text: str = ""
    blanks: tuple[Interaction, ...] = ()

    @classmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        found = [(each, _read_blank(each)) for each in entry.entries("blanks", required=True)]
        check_ids([(each, blank) for each, blank in found if blank])
        return cls(**common, text=entry.text("text", required=True), blanks=tuple(blank for _, blank in found if blank))

    def own(self) -> dict[str, Any]:
        return {"text": self.text, "blanks": [_blank_mapping(blank) for blank in self.blanks]}

    def validate(self, entry: Entry) -> None:
        for fault in _wrong_places(self.text, [blank.id for blank in self.blanks]) if self.text and self.blanks else ():
            entry.fault(*fault, at=("text",))

    def known(self, response: Response) -> Response:
        held = [(blank.id, self._inner(blank, response)) for blank in self.blanks]
        given = [(name, inner) for name, inner in held if not inner.is_blank]
        return Response(
            pairs=tuple((name, next(iter(inner.choices), inner.text)) for name, inner in given),
            numbers=tuple((name, number) for name, inner in given for _, number in inner.numbers),
            hints=response.hints,
        )

    def _inner(self, blank: Interaction, response: Response) -> Response:
        """What a response holds for one blank, as the blank's own kind knows it."""
        value, number = dict(response.pairs).get(blank.id, ""), dict(response.numbers).get(blank.id)
        numbers = (("", number),) if number is not None else ()
        return blank.known(Response(choices=(value,), text=value, numbers=numbers))

    def judge(self, response: Response, locale: str | None = None) -> Judgement:
        earned, most, remarks, understood = Fraction(0), Fraction(0), [], []
        for n, blank in enumerate(self.blanks, 1):
            most += blank.points
            given = self._inner(blank, response)
            if given.is_blank:
                continue
            judged = blank.judge(given, locale)
            earned += blank.points * judged.share
            remarks += [Remark(blank.id, text, judged.share == 1) for text in _said(blank, judged)]
            understood += [f"gap {n}: {judged.understood}"] if judged.understood else []
        share = earned / most
        return Judgement(share if self.credit == "pairs" else Fraction(share == 1), tuple(remarks), "; ".join(understood))

    def meaning(self, response: Response) -> object:
        given = ((blank, self._inner(blank, response)) for blank in self.blanks)
        return tuple(None if inner.is_blank else blank.meaning(inner) for blank, inner in given)

    def key(self) -> Response:
        keys = ((blank.id, blank.key()) for blank in self.blanks)
        return Response(pairs=tuple((name, next(iter(key.choices), key.text)) for name, key in keys))

    def describe_key(self) -> tuple[str, ...]:
        return tuple(f"{n}. {' / '.join(blank.describe_key())}" for n, blank in enumerate(self.blanks, 1))

    def collect(self, fields: Fields, locale: str | None = None) -> tuple[Response, str]:
        pairs, numbers, messages = [], [], []
        for n, blank in enumerate(self.blanks, 1):
            own = {f"r.{blank.id}": fields.get(f"r.{self.id}.{blank.id}", ())}
            given, message = blank.collect(own, locale)
            pairs.append((blank.id, next(iter(given.choices), given.text)))
            numbers += [(blank.id, number) for _, number in given.numbers]
            messages += [f"Gap {n}: {message}"] if message else []
        return self.known(Response(pairs=tuple(pairs), numbers=tuple(numbers))), " ".join(messages)

    def view(self, view: ItemView, seed: str | int) -> ItemView:
        return replace(view, text=self.text, blanks=tuple(self._blank_view(blank, seed) for blank in self.blanks))

    def _blank_view(self, blank: Interaction, seed: str | int) -> BlankView:
        drawn = tuple(sorted(blank.choices, key=lambda choice: place(seed, self.id, blank.id, choice.id)))
        choices = tuple((choice.id, choice.text) for choice in blank.arrange(drawn))
        return BlankView(blank.id, blank.kind, choices, blank.unit)

    def with_texts(self, write: Write, inline: Write) -> Self:
        """The choices of a blank stand in a list on the page, which holds plain text only."""
        written = Interaction.with_texts(self, write, inline)
        return replace(written, text=write(self.text), blanks=tuple(b.with_texts(write, str) for b in self.blanks))

    def translate(self, entry: Entry) -> Self:
        text = entry.text("text", self.text)
        for fault in _wrong_places(text, [blank.id for blank in self.blanks]):
            entry.fault(*fault, at=("text",))
        return replace(self, text=text, blanks=translate_parts(entry, "blanks", self.blanks, _translate_blank))


def _read_blank(entry: Entry) -> Interaction | None:
    name = entry.text("kind", required=True)
    kind = BLANKS.get(name)
    if kind is None:
        entry.id()
        if name:
            entry.fault("unknown-kind", f"a blank cannot be of the kind `{name}`", meant(name, BLANKS), at=("kind",))
        return None
    common = {
        "id": entry.id(),
        "kind": name,
        "prompt": "",
        "points": read_points(entry),
        "feedback": read_feedback(entry.sub("feedback"), Feedback()),
    }
    blank = kind.read(entry, common)
    blank.validate(entry)
    entry.close()
    return blank


def _blank_mapping(blank: Interaction) -> dict[str, Any]:
    points = {"points": str(blank.points)} if blank.points != 1 else {}
    feedback = write_feedback(blank.feedback)
    return {"id": blank.id, "kind": blank.kind} | points | blank.own() | ({"feedback": feedback} if feedback else {})


def _translate_blank(blank: Interaction, entry: Entry) -> Interaction:
    return replace(blank.translate(entry), feedback=read_feedback(entry.sub("feedback"), blank.feedback))


def _said(blank: Interaction, judged: Judgement) -> Iterator[str]:
    for text in (*(remark.text for remark in judged.remarks), getattr(blank.feedback, status_of(judged.share))):
        if text:
            yield text


def _wrong_places(text: str, names: list[str]) -> Iterator[tuple[str, str, str]]:
    """Code, message and hint for each blank that stands nowhere or twice, and for each place without a blank."""
    places = _ANY.findall(text)
    for name in dict.fromkeys(places):
        if name not in names or not BLANK.fullmatch(f"[[{name}]]"):
            yield "unknown-id", f"there is no blank `{name}`", meant(name, filter(None, names))
        elif places.count(name) > 1:
            yield "duplicate-id", f"the blank `{name}` stands twice in the text", "give the second one an id of its own"
    for name in filter(None, names):
        if name not in places:
            yield "missing", f"the blank `{name}` does not stand in the text", f"write `[[{name}]]` where it belongs"
