"""A word or a few, typed; compared without regard to typing habits, never by a pattern that could hang."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Literal, Self

from .. import credit, texts
from ..entry import Entry, repeated
from ..model import Response
from .interaction import Fields, Interaction, Judgement, typed

_LETTERS = 4  # of an accepted text for each letter of distance: in shorter words another letter makes another word


@dataclass(frozen=True, slots=True)
class ShortText(Interaction):
    """Right is each text in ``accept``; the first is the key. All languages' words stand in the one list.

    With a ``distance``, right is also what is at most that many letters away from one of them, unless it is as near to one
    in ``reject``, which always wins.
    """

    CREDITS: ClassVar[Mapping[str, str]] = credit.TYPED
    USES: ClassVar[Literal["choices", "text", "pairs"]] = "text"

    accept: tuple[str, ...] = ()
    accents: str = "optional"
    distance: int = 0
    reject: tuple[str, ...] = ()

    @classmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        accents = entry.option("accents", ("optional", "required"), "optional")
        return cls(
            **common,
            accept=entry.texts("accept", required=True),
            accents=accents,
            distance=int(entry.option("distance", ("0", "1", "2"), "0")),
            reject=entry.texts("reject"),
        )

    def own(self) -> dict[str, Any]:
        near = {"distance": str(self.distance)} if self.distance else {}
        return (
            {"accept": list(self.accept), "accents": self.accents}
            | near
            | ({"reject": list(self.reject)} if self.reject else {})
        )

    def validate(self, entry: Entry) -> None:
        normal = [self._normal(text) for text in self.accept]
        self._validate_distance(entry, normal)
        for n, text in enumerate(normal):
            if not text:
                message = f"entry {n + 1} of `accept` holds nothing that could be typed"
                entry.fault("no-key", message, "write a word", at=("accept", n))
        for n, before in repeated(normal):
            entry.fault(
                "duplicate-text",
                f"`{self.accept[n]}` is accepted already, as `{self.accept[before]}`",
                "leave one of them",
                at=("accept", n),
            )

    def _validate_distance(self, entry: Entry, normal: list[str]) -> None:
        for n, text in enumerate(normal):
            if text and len(text) < _LETTERS * self.distance:
                message = f"`{self.accept[n]}` is too short for a distance of {self.distance}: other words are as near"
                entry.fault(
                    "too-near",
                    message,
                    f"leave out `distance`, or accept {_LETTERS * self.distance} letters or more",
                    at=("accept", n),
                )
        for n, wrong in enumerate(self.reject):
            if self._normal(wrong) in normal:
                message = f"`{wrong}` is accepted and rejected"
                entry.fault("conflict", message, "take it out of one of the lists", at=("reject", n))

    def too_near(self, accepted: Sequence[str]) -> Iterator[str]:
        """Which of the texts that another item accepts would be right here too, without being accepted here."""
        normal = [self._normal(text) for text in self.accept]
        return (text for text in accepted if self._normal(text) not in normal and self._is_right(text))

    def _normal(self, text: str) -> str:
        return texts.normalise(text, keep_accents=self.accents == "required")

    def _is_near(self, text: str, normal: Sequence[str]) -> bool:
        return any(texts.is_near(self._normal(text), other, self.distance) for other in normal)

    def _is_right(self, text: str) -> bool:
        accepted = [self._normal(each) for each in self.accept]
        if self._normal(text) in accepted or not self.distance:
            return self._normal(text) in accepted
        return self._is_near(text, accepted) and not self._is_near(text, [self._normal(each) for each in self.reject])

    def meaning(self, response: Response) -> object:
        return self._normal(response.text)

    def judge(self, response: Response, locale: str | None = None) -> Judgement:
        tidy = texts.tidy(response.text)
        return Judgement(Fraction(self._is_right(response.text)), understood="" if tidy == response.text else tidy)

    def key(self) -> Response:
        return Response(text=self.accept[0])

    def describe_key(self) -> tuple[str, ...]:
        return self.accept

    def collect(self, fields: Fields, locale: str | None = None) -> tuple[Response, str]:
        return Response(text=typed(self, fields)), ""
