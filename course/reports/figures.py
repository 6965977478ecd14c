"""The figures of a report, whoever works them out: counts, and means and medians that are exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

Histogram = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of one line. Scores are scaled (0 to 1), None while nobody has one; certificates are of the course only.

    ``scored`` is how many scores there are: of a module, of how many people.
    """

    enrolled: int = 0
    started: int = 0
    passed: int = 0
    completed: int = 0
    certified: int | None = None
    scored: int = 0
    mean: Fraction | None = None
    median: Fraction | None = None
    median_days: Fraction | None = None

    @property
    def not_started(self) -> int:
        return self.enrolled - self.started


@dataclass(frozen=True, slots=True)
class Figures:
    """What a report says of the people it is about, of each organisation (that nobody counts in may be missing) and module.

    ``began`` and ``completed`` are by week, counted from 1 January 1970.
    """

    total: Counts
    by_organisation: Mapping[int, Counts]
    by_module: Mapping[str, Counts]
    began: Mapping[int, int]
    completed: Mapping[int, int]


def nobody(module: str) -> Counts:
    return Counts() if module else Counts(certified=0)


def with_scores(counts: Counts, scores: Histogram, days: Histogram) -> Counts:
    return replace(
        counts,
        scored=sum(times for _value, times in scores),
        mean=_scaled(mean(scores)),
        median=_scaled(median(scores)),
        median_days=median(days),
    )


def _scaled(millionths: Fraction | None) -> Fraction | None:
    return None if millionths is None else millionths / 1_000_000


def mean(values: Histogram) -> Fraction | None:
    number = sum(times for _value, times in values)
    return Fraction(sum(value * times for value, times in values), number) if number else None


def median(values: Histogram) -> Fraction | None:
    """The value in the middle; of an even number, the middle between the two."""
    number = sum(times for _value, times in values)
    if not number:
        return None
    return Fraction(_nth(values, (number - 1) // 2) + _nth(values, number // 2), 2)


def _nth(values: Histogram, place: int) -> int:
    for value, times in values:
        if place < times:
            return value
        place -= times
    raise IndexError(place)
