"""Lines to put in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

from .. import credit
from ..entry import Entry
from ..model import Choice, Remark, Response
from .interaction import Fields, Interaction, Judgement, check_enough, read_choices, write_choices


@dataclass(frozen=True, slots=True)
class Ordering(Interaction):
    """The choices stand in the right order. A response holds the placed ones in the learner's order.

    Where the places that were given leave gaps or are given twice, ``Response.text`` keeps them as `id=place;id=place`, so
    that the page can show them again; a choice that shares its place is not placed.
    """

    CREDITS: ClassVar[Mapping[str, str]] = credit.ORDER
    USES: ClassVar[Literal["choices", "text", "pairs"]] = "choices"

    @classmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        return cls(**common, choices=read_choices(entry, with_key=False))

    def own(self) -> dict[str, Any]:
        return {"choices": write_choices(self.choices, with_key=False)}

    def validate(self, entry: Entry) -> None:
        check_enough(entry, "choices", self.choices, 3)

    def known(self, response: Response) -> Response:
        """Places that were given twice order nothing, and still are a response."""
        ids = {choice.id for choice in self.choices}
        is_placed = any(part.partition("=")[0] in ids for part in response.text.split(";"))
        return replace(Interaction.known(self, response), text=response.text if is_placed else "")

    def arrange(self, drawn: tuple[Choice, ...]) -> tuple[Choice, ...]:
        """Never the key's own order, which would give full points for touching nothing."""
        return drawn if drawn != self.choices else (*drawn[1:], *drawn[:1])

    def judge(self, response: Response, locale: str | None = None) -> Judgement:
        """A remark is right where the line stands at the place it has in the key."""
        key = self.key().choices
        at_place = {choice for choice, right in zip(response.choices, key, strict=False) if choice == right}
        remarks = tuple(Remark(choice.id, choice.feedback, choice.id in at_place) for choice in self.choices)
        return Judgement(credit.order(self.credit, response.choices, key), remarks)

    def meaning(self, response: Response) -> object:
        return response.choices

    def key(self) -> Response:
        return Response(choices=tuple(choice.id for choice in self.choices))

    def describe_key(self) -> tuple[str, ...]:
        return tuple(f"{n}. {choice.text}" for n, choice in enumerate(self.choices, 1))

    def collect(self, fields: Fields, locale: str | None = None) -> tuple[Response, str]:
        typed = {c.id: next(iter(fields.get(f"r.{self.id}.{c.id}", ())), "").strip() for c in self.choices}
        possible = {str(n) for n in range(1, len(self.choices) + 1)}
        places = {choice: int(place) for choice, place in typed.items() if place in possible}
        taken = Counter(places.values())
        placed = sorted((choice for choice in places if taken[places[choice]] == 1), key=places.__getitem__)
        is_plain = [places[choice] for choice in placed] == list(range(1, len(places) + 1))
        kept = "" if is_plain else ";".join(f"{choice}={place}" for choice, place in sorted(places.items()))
        return Response(choices=tuple(placed), text=kept), self._message(typed, possible, taken)

    def _message(self, typed: Mapping[str, str], possible: set[str], taken: Counter[int]) -> str:
        if any(place and place not in possible for place in typed.values()):
            return f"Give each line a place from 1 to {len(self.choices)}."
        twice = sorted(place for place, times in taken.items() if times > 1)
        if not twice:
            return ""
        return f"Place {twice[0]} is given to {taken[twice[0]]} lines. Give each line a place of its own."
