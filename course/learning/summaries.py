"""The score of a module that counts, derived from all closed attempts: the one place that works it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

import quizzes
from quizzes.model import Counts, Score

from .tables import Attempt, ModuleState


@dataclass(frozen=True, slots=True)
class Result:
    """What one closed attempt brings: its scaled score and the pass mark of its day, in percent."""

    scaled: Fraction
    pass_mark: int


def score_of(attempt: Any) -> Score:
    """The score of a closed attempt, given as anything with its ``raw`` and ``max``, as it stands today, exactly."""
    return _score(attempt.raw or "0", attempt.max or "0")


@lru_cache(maxsize=4096)
def _score(raw: str, most: str) -> Score:
    return Score(Fraction(raw), Fraction(most))


def counted(results: Sequence[Result], counts: Counts) -> Fraction:
    return quizzes.counted([result.scaled for result in results], counts)


def is_reached(results: Sequence[Result], counts: Counts) -> bool:
    """Whether the score that counts reached the mark after any of the attempts, oldest first, each with the mark of its day."""
    return any(counted(results[:n], counts) * 100 >= result.pass_mark for n, result in enumerate(results, 1))


def summarise(state: ModuleState, closed: Sequence[Attempt], counts: Counts, now: datetime) -> None:
    """Writes the score that counts over the closed attempts, oldest first; a pass once earned stays."""
    results = [Result(score_of(attempt).scaled, attempt.pass_mark) for attempt in closed]
    score = counted(results, counts)
    state.score, state.score_ppm = str(score), ppm(score)
    if state.passed_at is None and is_reached(results, counts):
        state.passed_at = now


def ppm(scaled: Fraction) -> int:
    """Millionths, rounded half up, for means in SQL."""
    return (2_000_000 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
