"""A value as the key of a cache, told from others by which it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class Itself(Generic[Value]):
    """Equal where the value is the very same: looking at all that an item holds takes longer than grading it.

    Whoever keeps it keeps the value too, so that no other comes to lie in its place.
    """

    value: Value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Itself) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)
