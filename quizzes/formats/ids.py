"""Ids from what others call their items: the same name always gives the same id."""

from __future__ import annotations

import re

from ..texts import normalise

LONGEST = 48


def slug(text: str) -> str:
    """`[a-z0-9-]` of at most LONGEST characters, cut between words; empty where nothing of the text can stand in an id."""
    flat = re.sub(r"[^a-z0-9]+", "-", normalise(text[:400])).strip("-")
    if len(flat) <= LONGEST:
        return flat
    head = flat[: LONGEST + 1]
    return head.rpartition("-")[0][:LONGEST] or head[:LONGEST]


def unique(name: str, taken: set[str]) -> str:
    """The name, with the first number behind it that makes it one of its own; it is taken then."""
    found = name if name not in taken else _numbered(name, taken)
    taken.add(found)
    return found


def _numbered(name: str, taken: set[str]) -> str:
    """By doubling and halving: ten thousand items of one name do not ask ten thousand times each."""
    low, high = 2, 2
    while f"{name}-{high}" in taken:
        low, high = high + 1, high * 2
    while low < high:
        middle = (low + high) // 2
        if f"{name}-{middle}" in taken:
            low = middle + 1
        else:
            high = middle
    return f"{name}-{high}"
