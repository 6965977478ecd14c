"""What verify names: one value that is not what it must be, and how two sets of rows are held against each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .rows import Kept, Key, Row, comparable


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not what the facts say; ``column`` is empty where a whole row is too much or missing.

    ``is_left``: the person's facts are not whole, so that nothing can be mended by them. ``whose``: the person, where the key
    does not say so.
    """

    table: str
    key: Key
    column: str
    stored: Any
    recomputed: Any
    kept: Kept | None = None
    row: Row | None = None
    is_left: bool = False
    whose: int | None = None

    @property
    def can_be_mended(self) -> bool:
        """Whether the facts are enough to mend it. Of a lost attempt they do not hold the seed; certificates are snapshots."""
        if self.kept is None or not self.kept.is_mended or self.is_left:
            return False
        return bool(self.column) or self.row is None or self.kept.name != "attempts"

    @property
    def person_id(self) -> int | None:
        """Whose it is, as far as that is known."""
        if self.whose is not None:
            return self.whose
        names = self.kept.key if self.kept else ("person_id",) if self.table == "progress" else ()
        return self.key[names.index("person_id")] if "person_id" in names else None

    def __str__(self) -> str:
        where = " ".join([self.table, "/".join(str(part) for part in self.key)])
        if self.column:
            return f"{where}: {self.column} is {_said(self.stored)}, by the facts {_said(self.recomputed)}"
        return f"{where}: {self.stored}, by the facts {self.recomputed}"


def _said(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return "empty" if value is None else str(value)


def compare_rows(kept: Kept, held: dict[Key, Row], wanted: dict[Key, Row]) -> Iterator[Difference]:
    for key in sorted(held.keys() | wanted.keys()):
        if key not in wanted:
            yield Difference(kept.name, key, "", "a row", "none", kept)
        elif key not in held:
            yield Difference(kept.name, key, "", "no row", "one", kept, wanted[key])
        else:
            has, must = comparable(kept, held[key]), comparable(kept, wanted[key])
            for column in kept.compared:
                if has[column] != must[column]:
                    yield Difference(kept.name, key, column, has[column], must[column], kept, wanted[key])
