"""When each sentence is said and each scene shown, from how long the voice takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

BEFORE, BETWEEN, AFTER = 0.6, 0.22, 0.65  # seconds before the first sentence, between two, and after a scene
LAST = 2.2  # the last scene stays, so that its question can be read


@dataclass(frozen=True, slots=True)
class Timed:
    """A scene: when it begins and ends, and when each of its sentences is said."""

    start: float
    end: float
    said: tuple[tuple[float, float, str], ...]


def sentences(text: str) -> list[str]:
    """``One. Two? Three.`` → its sentences. A point inside a number ends none."""
    return re.findall(r"\S.*?[.!?:;](?=\s|$)|\S.+$", text)


def plan(scenes: Sequence[Sequence[tuple[str, float]]]) -> list[Timed]:
    """From the sentences of each scene with their seconds."""
    planned, at = [], 0.0
    for number, scene in enumerate(scenes):
        start, said = at, []
        at += BEFORE if number == 0 else 0.25
        for position, (words, seconds) in enumerate(scene):
            at += BETWEEN if position else 0
            said.append((at, at + seconds, words))
            at += seconds
        at += LAST if number == len(scenes) - 1 else AFTER
        planned.append(Timed(start, at, tuple(said)))
    return planned


def eased(at: float) -> float:
    """0 to 1, quick first and then settling (a cubic)."""
    at = min(1.0, max(0.0, at))
    return 1 - (1 - at) ** 3
