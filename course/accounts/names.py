"""How names are kept, and how they are compared: those of people, of organisations and of cohorts."""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"  # the zero-width non-joiner and joiner
LONGEST = 200
LONGEST_KEY = 160
LONGEST_TYPED = 1000  # marks above letters are put in order in a time that grows with the square of their number
VIRAMA = 9  # the combining class of the sign that takes the vowel of an Indian letter away


def clean_name(name: str) -> str:
    """A name as typed, in NFC, spaces collapsed, without control or direction characters; 200 characters at most.

    A joiner stays where it shapes letters: without it a Persian or an Indian name is misspelt. Elsewhere nobody could see it.
    """
    typed = unicodedata.normalize("NFC", name[:LONGEST_TYPED])
    kept = "".join(
        " " if c.isspace() else c
        for before, c, after in zip(f" {typed}", typed, f"{typed[1:]} ", strict=False)
        if c.isspace() or unicodedata.category(c)[0] != "C" or (c in JOINERS and _are_shaped(before, after))
    )
    return " ".join(kept.split())[:LONGEST]


def name_key(name: str) -> str:
    """Folds case, accents, spaces and joiners: “São Paulo” and “sao paulo” are one place, and “Álvaro” stands before “Zoe”.

    160 characters at most. What is in the database was folded by this; another way of folding needs a migration.
    """
    plain = unicodedata.normalize("NFKD", clean_name(name)).casefold()
    return "".join(c for c in plain if not unicodedata.combining(c) and c not in JOINERS)[:LONGEST_KEY]


def _are_shaped(before: str, after: str) -> bool:
    """Whether a joiner changes how its neighbours are written: two Arabic letters, or the sign that takes a vowel away."""
    is_arabic = unicodedata.bidirectional(before) in {"AL", "NSM"} and unicodedata.bidirectional(after) == "AL"
    return is_arabic or VIRAMA in {unicodedata.combining(before), unicodedata.combining(after)}
