"""A quiz → the text of another format, with a ledger of what other systems will not see.

Each item is written as the format can say it and read back as anybody would read it; the difference goes into a comment, the
margin, so that this course reads the very same item again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from .. import formula
from ..model import BLANK, Quiz
from ..reading import to_mapping
from . import margin
from .asked import Asked, Unfit
from .ledger import Change, Entry, Ledger
from .settling import as_ours
from .telling import tell

_RULES = {"attempts": "0", "wait_minutes": "0", "counts": "best", "shuffle": True, "review": "after_attempt"}


@dataclass(frozen=True, slots=True)
class Exported:
    """``text`` is the whole file; ``ledger`` has an entry for each item of the quiz."""

    text: str
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Writer:
    """How a format writes one item and reads it back; ``words`` is its name in a sentence."""

    words: str
    write: Callable[[Asked], str]
    read: Callable[[str], Asked]
    head: str = ""
    foot: str = ""

    def export(self, quiz: Quiz) -> Exported:
        mapping = to_mapping(quiz)
        parts, entries = [self.head], []
        for n, (item, wanted) in enumerate(zip(quiz.items, mapping["items"], strict=True), 1):
            place = f"item {n}"
            try:
                text, lost = self._written(tell(item), wanted)
            except Unfit as unfit:
                entries.append(Entry(place, item.id, changes=(Change(place, f"the {item.kind}", str(unfit)),)))
                continue
            parts.append(text)
            entries.append(Entry(place, item.id, item.id, tuple(self._lost(place, lost))))
        return Exported("".join([*parts, self.foot]), Ledger(tuple(entries), tuple(self._rules(mapping))))

    def _written(self, asked: Asked, wanted: dict[str, Any]) -> tuple[str, list[str]]:
        """The text, and the keys of which others see something else. Raises Unfit where they would see another item."""
        back = as_ours(self.read(self.write(asked)))
        if back["kind"] != wanted["kind"]:
            raise Unfit(f"others would read it as {back['kind']}")
        patch = margin.difference(back, wanted)
        text = self.write(replace(asked, margin=margin.write(patch)) if patch else asked)
        return text, [key for key in patch if is_seen(key, back.get(key), wanted.get(key))]

    def _lost(self, place: str, keys: list[str]) -> Iterator[Change]:
        why = f"{self.words} cannot say it as it is: a comment keeps it for this course, and others do not see it"
        return (Change(place, f"`{key}`", why) for key in keys)

    def _rules(self, mapping: dict[str, Any]) -> Iterator[Change]:
        """What belongs to the quiz as a whole stays in its quiz.yaml."""
        for key, value in mapping.items():
            if key != "items" and value != _RULES.get(key):
                yield Change("the quiz", f"`{key}`", f"{self.words} holds items only")


def is_seen(key: str, have: Any, want: Any) -> bool:
    """Whether a difference is more than ids inside an item, or another way to write the same formula."""
    if key in ("id", "choice"):
        return False
    if isinstance(have, dict) and isinstance(want, dict):
        return any(is_seen(name, have.get(name), want.get(name)) for name in have | want)
    if isinstance(have, list) and isinstance(want, list) and len(have) == len(want):
        return any(is_seen("", old, new) for old, new in zip(have, want, strict=True))
    if key == "text" and isinstance(have, str) and isinstance(want, str):
        return BLANK.sub("[[]]", have) != BLANK.sub("[[]]", want)
    if key == "value" and isinstance(have, str) and isinstance(want, str):
        return _tree(have) != _tree(want)
    return bool(have != want)


def _tree(text: str) -> object:
    try:
        return formula.parse(text)
    except formula.Wrong:
        return text
