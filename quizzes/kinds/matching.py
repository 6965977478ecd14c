"""Rows, each of which belongs to one of the choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from .. import credit
from ..entry import Entry, meant
from ..model import Pair, Remark, Response
from .interaction import Fields, Interaction, Judgement, check_enough, check_unique, read_choices, write_choices


@dataclass(frozen=True, slots=True)
class Matching(Interaction):
    """Each row names its choice. Several rows may name the same one, and a choice may belong to none."""

    CREDITS: ClassVar[Mapping[str, str]] = credit.ROWS
    USES: ClassVar[Literal["choices", "text", "pairs"]] = "pairs"

    @classmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        choices = read_choices(entry, with_key=False, with_feedback=False)
        pairs = _read_pairs(entry, [choice.id for choice in choices])
        return cls(**common, choices=choices, pairs=pairs, shuffle=entry.flag("shuffle", True))

    def own(self) -> dict[str, Any]:
        pairs = [
            {"id": pair.id, "text": pair.text, "choice": pair.choice} | ({"feedback": pair.feedback} if pair.feedback else {})
            for pair in self.pairs
        ]
        return {"choices": write_choices(self.choices, with_key=False), "pairs": pairs, "shuffle": self.shuffle}

    def validate(self, entry: Entry) -> None:
        check_enough(entry, "choices", self.choices, 2)
        check_enough(entry, "pairs", self.pairs, 2)
        if len(self.pairs) > 1 and len({pair.choice for pair in self.pairs}) == 1:
            entry.fault(
                "one-choice-for-all",
                "every pair belongs to the same choice, so nothing is asked",
                "let the pairs belong to two choices or more",
                at=("pairs",),
            )

    def judge(self, response: Response, locale: str | None = None) -> Judgement:
        given = dict(response.pairs)
        right = {pair.id for pair in self.pairs if given.get(pair.id) == pair.choice}
        remarks = tuple(Remark(pair.id, pair.feedback, pair.id in right) for pair in self.pairs)
        return Judgement(credit.rows(self.credit, len(right), len(self.pairs)), remarks)

    def key(self) -> Response:
        return Response(pairs=tuple((pair.id, pair.choice) for pair in self.pairs))

    def describe_key(self) -> tuple[str, ...]:
        words = {choice.id: choice.text for choice in self.choices}
        return tuple(f"{pair.text}: {words[pair.choice]}" for pair in self.pairs)

    def collect(self, fields: Fields, locale: str | None = None) -> tuple[Response, str]:
        given = ((pair.id, next(iter(fields.get(f"r.{self.id}.{pair.id}", ())), "")) for pair in self.pairs)
        return self.known(Response(pairs=tuple(given))), ""


def _read_pairs(entry: Entry, choices: list[str]) -> tuple[Pair, ...]:
    found: list[tuple[Entry, Pair]] = []
    for each in entry.entries("pairs", required=True):
        pair = Pair(each.id(), each.text("text", required=True), each.text("choice", required=True), each.text("feedback"))
        if pair.choice and pair.choice not in choices:
            hint = meant(pair.choice, filter(None, choices))
            each.fault("unknown-id", f"no choice has the id `{pair.choice}`", hint, at=("choice",))
        each.close()
        found.append((each, pair))
    check_unique(found)
    return tuple(pair for _, pair in found)
