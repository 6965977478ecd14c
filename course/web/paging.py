"""The page of a long list that an address asks for."""

from __future__ import annotations

from flask import request

PAGE = 50  # lines
LAST = 1_000_000  # beyond it is no number that a database counts to


def number() -> int:
    return min(max(1, request.args.get("page", 1, type=int)), LAST)


def pages(total: int) -> int:
    """How many pages so many lines fill; an empty list has one."""
    return max(1, -(-total // PAGE))
