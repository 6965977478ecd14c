"""The page of a long list that an address asks for, by its number or by the line that it goes on from."""

from __future__ import annotations

from flask import request

PAGE = 50  # lines
LINES = 2**31 - 2  # as far as PostgreSQL counts lines
LAST = 1_000_000  # beyond it is no number that a database counts to


def number() -> int:
    return min(max(1, request.args.get("page", 1, type=int)), LAST)


def pages(total: int) -> int:
    """How many pages so many lines fill; an empty list has one."""
    return max(1, -(-total // PAGE))


def line(name: str) -> int | None:
    """The line that a page goes on from, before it or after it; None where the address says nothing that could be one."""
    found = request.args.get(name, type=int)
    return None if found is None else min(max(0, found), LINES)
