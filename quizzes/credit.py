"""How much of an item's points a response earns: exact shares between 0 and 1, and the words that tell the learner before.

No rule pays for ticking everything, and none goes below zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from fractions import Fraction
from itertools import combinations, groupby, pairwise

ONE_CHOICE = {"all_or_nothing": "One choice is right: full points for it, none for another."}
WEIGHED_CHOICE = {"weights": "One choice earns full points; others may earn a part of them, or none."}
UNGRADED = {"ungraded": "This is not graded: there is no right or wrong response."}
GAPS = {
    "pairs": "Each gap that you fill rightly earns its share of the points.",
    "all_or_nothing": "Full points when every gap is filled rightly, none otherwise.",
}
TYPED = {"all_or_nothing": "Full points for a right response, none for another."}
TICKS = {
    "net_correct": (
        "Each right choice earns its share of the points, each wrong one takes the same share away, never below zero; "
        "ticking everything scores 0."
    ),
    "all_or_nothing": "Full points when every right choice is ticked and no other, none otherwise.",
    "each_decision": (
        "Every choice counts: rightly ticked or rightly left, it earns its share of the points; "
        "ticking everything, or nothing, scores 0."
    ),
    "halves": (
        "Each wrong decision, a tick too many or too few, takes half of the points; ticking everything, or nothing, scores 0."
    ),
    "weights": (
        "Each choice has a weight of its own: it earns a part of the points, takes a part away, or neither, never below zero; "
        "ticking everything scores 0."
    ),
}
ORDER = {
    "pairs": "Every two lines that you put in the right order to each other earn their share of the points.",
    "adjacent_pairs": "Every two lines that you put directly behind one another as in the right order earn their share.",
    "longest_run": (
        "Your longest run of lines that follow directly on one another as in the right order counts: the longer it is, "
        "the more points; a single line is no run."
    ),
    "all_or_nothing": "Full points when every line is at its place, none otherwise.",
}
ROWS = {
    "pairs": "Each row that you match rightly earns its share of the points.",
    "all_or_nothing": "Full points when every row is matched rightly, none otherwise.",
}


def ticks(rule: str, ticked: Set[str], right: Set[str], of: int) -> Fraction:
    """The share for a set of ticked choices, out of ``of`` choices of which ``right`` are right; 0 for none and for all."""
    if not ticked or len(ticked) == of:
        return Fraction(0)
    hits, extra, missed = len(ticked & right), len(ticked - right), len(right - ticked)
    if rule == "net_correct":
        return max(Fraction(0), Fraction(hits - extra, len(right)))
    if rule == "each_decision":
        return Fraction(of - extra - missed, of)
    if rule == "halves":
        return max(Fraction(0), 1 - Fraction(extra + missed, 2))
    return Fraction(ticked == right)


def weights(ticked: Set[str], weigh: Mapping[str, Fraction]) -> Fraction:
    """The weights of what is ticked, added up, within 0 and 1; 0 for everything, whatever the weights."""
    if len(ticked) == len(weigh):
        return Fraction(0)
    return min(Fraction(1), max(Fraction(0), sum((weigh[choice] for choice in ticked), Fraction(0))))


def order(rule: str, given: Sequence[str], key: Sequence[str]) -> Fraction:
    """The share for an order. `pairs` counts all pairs of the key that stand in the right order (Kendall's concordant pairs),
    `adjacent_pairs` those of its neighbours that are neighbours again, `longest_run` the longest row of these.

    A choice that was not placed stands in the right order to none.
    """
    if rule == "all_or_nothing":
        return Fraction(tuple(given) == tuple(key))
    if rule in ("adjacent_pairs", "longest_run"):
        follows = dict(pairwise(key))
        runs = _runs([follows.get(one) == other for one, other in pairwise(given)])
        return Fraction(sum(runs) if rule == "adjacent_pairs" else max(runs, default=0), len(key) - 1)
    place = {choice: index for index, choice in enumerate(given)}
    pairs = list(combinations(key, 2))
    right = sum(1 for first, then in pairs if first in place and then in place and place[first] < place[then])
    return Fraction(right, len(pairs))


def _runs(hits: Sequence[bool]) -> list[int]:
    """The lengths of the rows of hits."""
    return [len(list(row)) for is_hit, row in groupby(hits) if is_hit]


def rows(rule: str, right: int, of: int) -> Fraction:
    """The share for ``right`` rows out of ``of``."""
    return Fraction(right == of) if rule == "all_or_nothing" else Fraction(right, of)
