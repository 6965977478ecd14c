"""The page of a long list that an address asks for, by its number or by the line that it goes on from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import request

PAGE = 50  # lines
SHORT = 10  # lines of a list that stands among other things
LINES = 2**31 - 2  # as far as PostgreSQL counts lines
LAST = 1_000_000  # beyond it is no number that a database counts to


Of = TypeVar("Of")


@dataclass(frozen=True, slots=True)
class Turn:
    """Which page of how many."""

    page: int
    pages: int
    size: int

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size

    def of(self, lines: Sequence[Of]) -> Sequence[Of]:
        return lines[self.offset : self.offset + self.size]


def turn(total: int, size: int = PAGE) -> Turn:
    """The page that is asked for of so many lines, or the last where there are not so many pages."""
    return Turn(min(number(), pages(total, size)), pages(total, size), size)


def number() -> int:
    return min(max(1, request.args.get("page", 1, type=int)), LAST)


def pages(total: int, size: int = PAGE) -> int:
    """How many pages so many lines fill; an empty list has one."""
    return max(1, -(-total // size))


def line(name: str) -> int | None:
    """The line that a page goes on from, before it or after it; None where the address says nothing that could be one."""
    found = request.args.get(name, type=int)
    return None if found is None else min(max(0, found), LINES)
