"""A word or a few, typed; compared without regard to typing habits, never by a pattern that could hang."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Literal, Self

from .. import credit, texts
from ..entry import Entry, repeated
from ..model import Response
from .interaction import Fields, Interaction, Judgement, typed


@dataclass(frozen=True, slots=True)
class ShortText(Interaction):
    """Right is each text in ``accept``; the first is the key. All languages' words stand in the one list."""

    CREDITS: ClassVar[Mapping[str, str]] = credit.TYPED
    USES: ClassVar[Literal["choices", "text", "pairs"]] = "text"

    accept: tuple[str, ...] = ()
    accents: str = "optional"

    @classmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        accents = entry.option("accents", ("optional", "required"), "optional")
        return cls(**common, accept=entry.texts("accept", required=True), accents=accents)

    def own(self) -> dict[str, Any]:
        return {"accept": list(self.accept), "accents": self.accents}

    def validate(self, entry: Entry) -> None:
        normal = [self._normal(text) for text in self.accept]
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

    def _normal(self, text: str) -> str:
        return texts.normalise(text, keep_accents=self.accents == "required")

    def judge(self, response: Response) -> Judgement:
        right = self._normal(response.text) in {self._normal(text) for text in self.accept}
        tidy = texts.tidy(response.text)
        return Judgement(Fraction(right), understood="" if tidy == response.text else tidy)

    def key(self) -> Response:
        return Response(text=self.accept[0])

    def describe_key(self) -> tuple[str, ...]:
        return self.accept

    def collect(self, fields: Fields) -> tuple[Response, str]:
        return Response(text=typed(self, fields)), ""
