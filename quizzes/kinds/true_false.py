"""A statement that holds or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from .. import credit
from ..entry import Entry
from ..model import Choice
from .interaction import Write
from .ticking import Ticking

_WORDS = {"true": "True", "false": "False"}


@dataclass(frozen=True, slots=True)
class TrueFalse(Ticking):
    """Two choices with the ids ``true`` and ``false``, always in this order; `text_true` and `text_false` reword them."""

    CREDITS: ClassVar[Mapping[str, str]] = credit.ONE_CHOICE

    @classmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        if "correct" not in entry:
            entry.fault("missing", "`correct` is missing", "add `correct: true` or `correct: false`")
        holds = entry.flag("correct")
        choices = tuple(
            Choice(name, entry.text(f"text_{name}", word), holds == (name == "true"), entry.text(f"feedback_{name}"))
            for name, word in _WORDS.items()
        )
        return cls(**common, choices=choices, shuffle=False)

    def own(self) -> dict[str, Any]:
        words = {f"text_{choice.id}": choice.text for choice in self.choices if choice.text != _WORDS[choice.id]}
        feedback = {f"feedback_{choice.id}": choice.feedback for choice in self.choices if choice.feedback}
        return {"correct": self.choices[0].correct} | words | feedback

    def validate(self, entry: Entry) -> None:
        if self.choices[0].text == self.choices[1].text:
            entry.fault("duplicate-text", "`text_true` and `text_false` say the same", "word one of them differently")

    def translate(self, entry: Entry) -> Self:
        return replace(
            self,
            choices=tuple(
                replace(
                    choice,
                    text=entry.text(f"text_{choice.id}", choice.text),
                    feedback=entry.text(f"feedback_{choice.id}", choice.feedback),
                )
                for choice in self.choices
            ),
        )

    def with_texts(self, write: Write, inline: Write) -> Self:
        """The words True and False are ours and plain; only an author's own words are written anew."""
        written = Ticking.with_texts(self, write, inline)
        return replace(
            written,
            choices=tuple(
                replace(new, text=old.text) if old.text == _WORDS[old.id] else new
                for old, new in zip(self.choices, written.choices, strict=True)
            ),
        )
