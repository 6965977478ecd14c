"""Collecting an author's problems: where, what, and the way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from .model import Problem

MOST = 200


@dataclass(slots=True)
class Notes:
    """The problems of one file, at most ``MOST`` of them, in the order in which they were found."""

    path: str
    found: list[Problem] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return len(self.found) >= MOST

    def add(self, at: tuple[int, int], code: str, message: str, hint: str = "") -> None:
        if self.is_full:
            return  # one mistake told 200 times is enough, and a hostile file cannot make millions of them
        self.found.append(Problem(self.path, max(at[0], 1), max(at[1], 1), code, message, hint))


def from_here(folder: Path, problems: Iterable[Problem]) -> list[Problem]:
    """Problems whose files are named from where one stands, and not from the course's folder."""
    return [replace(problem, path=(folder / problem.path).as_posix()) for problem in problems]


def did_you_mean(given: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint that names the nearest known word; ``otherwise`` when nothing is near, or else the list of all words."""
    words = sorted(known)
    near = difflib.get_close_matches(given[:80].lower(), words, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    if otherwise or not words:
        return otherwise
    listed = ", ".join(f"`{word}`" for word in words[:12])
    return f"known are {listed}{' and others' if len(words) > 12 else ''}"


def quoted(given: str, most: int = 60) -> str:
    """What an author wrote, short enough for one line of a message."""
    flat = " ".join(given.split())
    return f"`{flat[:most]}…`" if len(flat) > most else f"`{flat}`"


def counted(number: int, word: str) -> str:
    """``1 lesson``, ``2 lessons``: for words whose plural only takes an s."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def in_file_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By file, then line and column; a problem that was found twice is told once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda p: (p.path, p.line, p.col, p.code, p.message)))
