"""The page of a long list that an address asks for."""

from __future__ import annotations

from flask import request

LAST = 1_000_000  # beyond it is no number that a database counts to


def number() -> int:
    return min(max(1, request.args.get("page", 1, type=int)), LAST)
