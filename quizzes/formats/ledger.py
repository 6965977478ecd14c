"""What became of each item that was read or written: kept, changed or dropped, with the place, what, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Fate = Literal["kept", "changed", "dropped"]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was changed or left out: ``place`` leads to it, ``what`` it is, ``why`` it did not come through."""

    place: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}: {self.why}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One item. ``item_id`` is its id in the course and empty where it was dropped; then a change says why."""

    place: str
    name: str
    item_id: str = ""
    changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        if not self.item_id and not self.changes:
            raise ValueError(f"{self.place}: an item is dropped without a reason")

    @property
    def fate(self) -> Fate:
        if not self.item_id:
            return "dropped"
        return "changed" if self.changes else "kept"


@dataclass(frozen=True, slots=True)
class Ledger:
    """One entry for each item that was there. ``remarks`` are about the file as a whole.

    Each entry has one fate, so that items in = kept + changed + dropped whatever happened to them.
    """

    entries: tuple[Entry, ...] = ()
    remarks: tuple[Change, ...] = ()

    def count(self, fate: Fate) -> int:
        return sum(entry.fate == fate for entry in self.entries)

    @property
    def items_in(self) -> int:
        return len(self.entries)

    @property
    def items_out(self) -> int:
        return self.count("kept") + self.count("changed")

    def lines(self) -> Iterator[str]:
        """The whole ledger in words."""
        yield (
            f"Items in: {self.items_in} = {self.count('kept')} kept + {self.count('changed')} changed"
            f" + {self.count('dropped')} dropped. Items out: {self.items_out}."
        )
        yield from map(str, self.remarks)
        for entry in self.entries:
            named = f" as `{entry.item_id}`" if entry.item_id else ""
            yield f"{entry.place}: {entry.name or 'an item without a name'}: {entry.fate}{named}"
            yield from (f"    {change}" for change in entry.changes)


class Refused(Exception):
    """A file of which nothing can be read, or no more is: where, what, and the way out."""

    def __init__(self, place: str, message: str, hint: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place, self.message, self.hint = place, message, hint
