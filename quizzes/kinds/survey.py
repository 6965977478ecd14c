"""What a learner thinks or does: counted, never graded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar, Literal, Self

from .. import credit
from ..entry import Entry
from ..model import ItemView, Remark, Response
from .interaction import Fields, Interaction, Judgement, check_enough, first, read_choices, write_choices

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Survey(Interaction):
    """There is no key and nothing to earn. With ``has_other`` a text may be given beside the choices, or instead of one."""

    CREDITS: ClassVar[Mapping[str, str]] = credit.UNGRADED
    USES: ClassVar[Literal["choices", "text", "pairs"]] = "choices"
    IS_GRADED: ClassVar[bool] = False

    is_multiple: bool = False
    has_other: bool = False

    @classmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        return cls(
            **common,
            choices=read_choices(entry, with_key=False),
            shuffle=entry.flag("shuffle", True),
            is_multiple=entry.flag("multiple"),
            has_other=entry.flag(OTHER),
        )

    def own(self) -> dict[str, Any]:
        choices = write_choices(self.choices, with_key=False)
        return {"choices": choices, "shuffle": self.shuffle, "multiple": self.is_multiple, OTHER: self.has_other}

    def validate(self, entry: Entry) -> None:
        check_enough(entry, "choices", self.choices, 2)
        for n, choice in enumerate(self.choices):
            if self.has_other and choice.id == OTHER:
                message = "`other` is the id of the text field that `other: true` adds"
                entry.fault("duplicate-id", message, "give the choice another id", at=("choices", n, "id"))

    def known(self, response: Response) -> Response:
        """Of several choices, where one was asked for, the first counts."""
        held = Interaction.known(self, response)
        text = response.text.strip()[: self.LONGEST] if self.has_other else ""
        return replace(held, choices=held.choices if self.is_multiple else held.choices[:1], text=text)

    def judge(self, response: Response, locale: str | None = None) -> Judgement:
        said = (Remark(c.id, c.feedback) for c in self.choices if c.id in response.choices and c.feedback)
        return Judgement(Fraction(0), tuple(said))

    def key(self) -> Response:
        return Response()

    def describe_key(self) -> tuple[str, ...]:
        return ()

    def collect(self, fields: Fields, locale: str | None = None) -> tuple[Response, str]:
        given = Response(choices=tuple(fields.get(f"r.{self.id}", ())), text=first(fields, f"r.{self.id}.{OTHER}"))
        return self.known(given), ""

    def view(self, view: ItemView, seed: str | int) -> ItemView:
        return replace(view, is_multiple=self.is_multiple, has_other=self.has_other)
