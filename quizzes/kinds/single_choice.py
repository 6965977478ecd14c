"""One choice of several: radio buttons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

from .. import credit
from ..entry import Entry
from .interaction import read_choices, write_choices
from .ticking import Ticking


@dataclass(frozen=True, slots=True)
class SingleChoice(Ticking):
    """``shuffle`` False keeps the author's order, for choices that have one of their own. A weight of 1 makes the key."""

    CREDITS: ClassVar[Mapping[str, str]] = credit.ONE_CHOICE | credit.WEIGHED_CHOICE

    @classmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        choices = read_choices(entry, with_key=True, credit=common.get("credit", ""), least=Fraction(1))
        return cls(**common, choices=choices, shuffle=entry.flag("shuffle", True))

    def own(self) -> dict[str, Any]:
        return {"choices": write_choices(self.choices, with_key=True, credit=self.credit), "shuffle": self.shuffle}

    def validate(self, entry: Entry) -> None:
        self.check_key(entry, most=1)
