"""Every right choice of several: tick boxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from .. import credit
from ..entry import Entry
from ..model import ItemView
from .interaction import read_choices, write_choices
from .ticking import Ticking


@dataclass(frozen=True, slots=True)
class MultipleChoice(Ticking):
    """``credit`` says what a partly right response earns; ticking everything earns nothing under each rule."""

    CREDITS: ClassVar[Mapping[str, str]] = credit.TICKS

    @classmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        choices = read_choices(entry, with_key=True, credit=common["credit"])
        return cls(**common, choices=choices, shuffle=entry.flag("shuffle", True))

    def own(self) -> dict[str, Any]:
        return {"choices": write_choices(self.choices, with_key=True, credit=self.credit), "shuffle": self.shuffle}

    def validate(self, entry: Entry) -> None:
        self.check_key(entry, most=len(self.choices))

    def view(self, view: ItemView, seed: str | int) -> ItemView:
        return replace(view, is_multiple=True)
