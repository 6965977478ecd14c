"""When two typed texts are the same: letters, not typing habits, decide."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

# Apostrophes, quotation marks and dashes that keyboards and word processors exchange for one another.
_SAME = str.maketrans(
    dict.fromkeys("’‘ʼ´`′‛", "'") | dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‐‑‒–—―−﹣－", "-") | {"…": "..."}
)
# Letters that carry their mark inside and so do not fall apart under NFD.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
# Marks above and below Latin, Greek and Cyrillic letters; Arabic vowel signs and the tatweel. Marks of other scripts
# (a Devanagari vowel, a Japanese dakuten) make another letter and stay.
_MARKS = frozenset(map(chr, (*range(0x0300, 0x0370), *range(0x064B, 0x0653), 0x0640)))


_SHORT = 500  # characters, in which any number of marks is put in order at once
_MARKS_OF_A_LETTER = 30  # as Unicode's stream-safe text has them (UAX 15); no language needs a third of it


def tidy(text: str) -> str:
    """The text as it was meant to be seen: NFKC, without invisible characters, spaces collapsed, trimmed."""
    if not text.isascii():
        if len(text) > _SHORT:
            text = "".join(_calm(text))
        text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return " ".join(text.split())


def _calm(text: str) -> Iterator[str]:
    """Without marks that nobody could see any more: those of one letter are put in order in the square of their number, so that
    60 KB of them took a second each time.
    """
    marks = 0
    for char in text:
        if unicodedata.combining(char):
            marks += 1
        elif unicodedata.category(char) != "Cf":  # an invisible character between two marks is taken out later
            marks = 0
        if marks <= _MARKS_OF_A_LETTER:
            yield char


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
