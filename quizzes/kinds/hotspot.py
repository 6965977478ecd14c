"""Regions of a figure to choose, with the same regions as a list for those who do not see or point at it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from .. import credit
from ..entry import Entry
from ..model import Choice, ItemView
from .interaction import read_choices, write_choices
from .ticking import Ticking

_FIGURE = re.compile(r"media/[^/]+\.svg")


@dataclass(frozen=True, slots=True)
class Hotspot(Ticking):
    """A choice is a region with an ``area``. ``figure`` is the file in the module's folder, ``alt`` what it shows, in words.

    With one right region the learner chooses one, with several any number of them.
    """

    CREDITS: ClassVar[Mapping[str, str]] = credit.TICKS

    figure: str = ""
    alt: str = ""

    @classmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        choices = read_choices(entry, with_key=True, with_area=True, credit=common["credit"])
        shuffle, figure = entry.flag("shuffle", True), entry.text("figure", required=True)
        return cls(**common, choices=choices, shuffle=shuffle, figure=figure, alt=entry.text("alt", required=True))

    def own(self) -> dict[str, Any]:
        choices = write_choices(self.choices, with_key=True, credit=self.credit)
        return {"figure": self.figure, "alt": self.alt, "choices": choices, "shuffle": self.shuffle}

    def validate(self, entry: Entry) -> None:
        self.check_key(entry, most=len(self.choices))
        if self.figure and not _FIGURE.fullmatch(self.figure):
            entry.fault(
                "not-a-figure", f"`{self.figure}` is no figure of ours", "write `figure: media/name.svg`", at=("figure",)
            )
        for n, choice in enumerate(self.choices):
            for other in self.choices[:n]:
                if _overlap(choice, other):
                    entry.fault(
                        "overlap",
                        f"the areas of `{choice.id}` and `{other.id}` lie over one another",
                        "make one of them smaller, so that each point belongs to one region",
                        at=("choices", n, "area"),
                    )

    @property
    def is_multiple(self) -> bool:
        return sum(choice.correct for choice in self.choices) > 1

    def credit_in_words(self) -> str:
        is_one = not self.is_multiple and self.credit in ("net_correct", "all_or_nothing")
        return credit.ONE_CHOICE["all_or_nothing"] if is_one else self.CREDITS[self.credit]

    def translate(self, entry: Entry) -> Self:
        return replace(Ticking.translate(self, entry), alt=entry.text("alt", self.alt))

    def view(self, view: ItemView, seed: str | int) -> ItemView:
        areas = {choice.id: choice.area for choice in self.choices}
        drawn = tuple((name, areas[name]) for name, _ in view.choices)
        return replace(view, figure=self.figure, alt=self.alt, areas=drawn, is_multiple=self.is_multiple)


def _overlap(one: Choice, other: Choice) -> bool:
    """Borders may touch."""
    if not (one.area and other.area):
        return False
    (x, y, width, height), (left, top, wide, high) = one.area, other.area
    return x < left + wide and left < x + width and y < top + high and top < y + height
