"""When two typed texts are the same: letters, not typing habits, decide."""

from __future__ import annotations

import unicodedata

# Apostrophes, quotation marks and dashes that keyboards and word processors exchange for one another.
_SAME = str.maketrans(
    dict.fromkeys("’‘ʼ´`′‛", "'") | dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‐‑‒–—―−﹣－", "-") | {"…": "..."}
)
# Letters that carry their mark inside and so do not fall apart under NFD.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
# Marks above and below Latin, Greek and Cyrillic letters; Arabic vowel signs and the tatweel. Marks of other scripts
# (a Devanagari vowel, a Japanese dakuten) make another letter and stay.
_MARKS = frozenset(map(chr, (*range(0x0300, 0x0370), *range(0x064B, 0x0653), 0x0640)))


def tidy(text: str) -> str:
    """The text as it was meant to be seen: NFKC, without invisible characters, spaces collapsed, trimmed."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return " ".join(text.split())


def is_near(one: str, other: str, most: int) -> bool:
    """Whether one becomes the other by at most so many letters added, left out, exchanged, or swapped with their neighbour."""
    if abs(len(one) - len(other)) > most:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, held in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != held))
            if i > 1 and j > 1 and (letter, one[i - 2]) == (other[j - 2], held):
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1] <= most


def normalise(text: str, *, keep_accents: bool = False) -> str:
    """A form that is equal for texts that mean the same word.

    Case, kinds of apostrophe, quote and dash, spaces and invisible characters never matter; accents matter only with
    ``keep_accents``. Never for display.
    """
    folded = tidy(text.translate(_SAME)).casefold().translate(_SAME)
    if not keep_accents and not folded.isascii():
        bare = (c for c in unicodedata.normalize("NFD", folded) if c not in _MARKS)
        folded = "".join(bare).translate(_PLAIN)
    return tidy(folded)
