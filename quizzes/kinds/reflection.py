"""A longer text that the learner writes and keeps: nobody grades it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Literal, Self

from ..entry import Entry
from ..model import Response
from .interaction import Fields, Interaction, Judgement, first


@dataclass(frozen=True, slots=True)
class Reflection(Interaction):
    """There is no key and nothing to earn. Line ends are kept as ``\\n``."""

    CREDITS: ClassVar[Mapping[str, str]] = {"ungraded": "This is not graded. What you write is kept for you."}
    USES: ClassVar[Literal["choices", "text", "pairs"]] = "text"
    IS_GRADED: ClassVar[bool] = False
    LONGEST: ClassVar[int] = 5000

    @classmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        return cls(**common)

    def own(self) -> dict[str, Any]:
        return {}

    def validate(self, entry: Entry) -> None:
        """Every prompt is one that can be written about."""

    def judge(self, response: Response, locale: str | None = None) -> Judgement:
        return Judgement(Fraction(0))

    def key(self) -> Response:
        return Response()

    def describe_key(self) -> tuple[str, ...]:
        return ()

    def collect(self, fields: Fields, locale: str | None = None) -> tuple[Response, str]:
        """A text that is too long is kept as far as it goes, and the learner is told."""
        text = first(fields, f"r.{self.id}").replace("\r\n", "\n").replace("\r", "\n").strip()
        over = len(text) - self.LONGEST
        message = f"Up to {self.LONGEST:,} characters are kept: shorten your text by {over:,}." if over > 0 else ""
        return Response(text=text[: self.LONGEST]), message
