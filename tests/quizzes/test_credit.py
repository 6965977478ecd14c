"""The rules of credit, by hand-counted cases."""

from __future__ import annotations

from fractions import Fraction

import pytest

from quizzes import credit

RIGHT = frozenset("ab")


@pytest.mark.parametrize(
    ("rule", "ticked", "share"),
    [
        ("net_correct", "ab", "1"),
        ("net_correct", "a", "1/2"),
        ("net_correct", "abc", "1/2"),
        ("net_correct", "ac", "0"),
        ("net_correct", "c", "0"),
        ("net_correct", "", "0"),
        ("net_correct", "abcd", "0"),
        ("all_or_nothing", "ab", "1"),
        ("all_or_nothing", "a", "0"),
        ("all_or_nothing", "abc", "0"),
        ("all_or_nothing", "", "0"),
        ("each_decision", "ab", "1"),
        ("each_decision", "a", "3/4"),
        ("each_decision", "abc", "3/4"),
        ("each_decision", "cd", "0"),
        ("each_decision", "ac", "1/2"),
        ("each_decision", "", "0"),
        ("each_decision", "abcd", "0"),
        ("halves", "ab", "1"),
        ("halves", "a", "1/2"),
        ("halves", "abc", "1/2"),
        ("halves", "ac", "0"),
        ("halves", "cd", "0"),
        ("halves", "", "0"),
        ("halves", "abcd", "0"),
    ],
)
def test_ticks(rule: str, ticked: str, share: str) -> None:
    assert credit.ticks(rule, frozenset(ticked), RIGHT, 4) == Fraction(share)


RULES = [rule for rule in credit.TICKS if rule != "weights"]


def test_ticking_everything_scores_nothing_even_when_nearly_all_are_right() -> None:
    assert [credit.ticks(rule, frozenset("abcd"), frozenset("abc"), 4) for rule in RULES] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("rule", "given", "share"),
    [
        ("pairs", "abc", "1"),
        ("pairs", "acb", "2/3"),
        ("pairs", "cab", "1/3"),
        ("pairs", "cba", "0"),
        ("pairs", "ab", "1/3"),
        ("pairs", "c", "0"),
        ("all_or_nothing", "abc", "1"),
        ("all_or_nothing", "ab", "0"),
        ("all_or_nothing", "acb", "0"),
        ("adjacent_pairs", "abc", "1"),
        ("adjacent_pairs", "cab", "1/2"),
        ("adjacent_pairs", "bca", "1/2"),
        ("adjacent_pairs", "acb", "0"),
        ("adjacent_pairs", "cba", "0"),
        ("adjacent_pairs", "bc", "1/2"),
        ("adjacent_pairs", "b", "0"),
        ("longest_run", "abc", "1"),
        ("longest_run", "bca", "1/2"),
        ("longest_run", "cba", "0"),
        ("longest_run", "a", "0"),
    ],
)
def test_order(rule: str, given: str, share: str) -> None:
    assert credit.order(rule, tuple(given), tuple("abc")) == Fraction(share)


def test_neighbours_count_all_runs_and_the_longest_run_one() -> None:
    given, key = tuple("defabcg"), tuple("abcdefg")
    assert credit.order("adjacent_pairs", given, key) == Fraction(4, 6)
    assert credit.order("longest_run", given, key) == Fraction(2, 6)
    assert credit.order("longest_run", tuple("efgabcd"), key) == Fraction(3, 6)


WEIGHTS = {"a": Fraction(1, 2), "b": Fraction(1, 2), "c": Fraction(0), "d": Fraction(-1, 4)}


@pytest.mark.parametrize(
    ("ticked", "share"),
    [("", "0"), ("a", "1/2"), ("ab", "1"), ("abc", "1"), ("abd", "3/4"), ("ad", "1/4"), ("d", "0"), ("cd", "0"), ("abcd", "0")],
)
def test_weights(ticked: str, share: str) -> None:
    assert credit.weights(frozenset(ticked), WEIGHTS) == Fraction(share)


def test_weights_earn_all_at_most() -> None:
    assert credit.weights(frozenset("ab"), {"a": Fraction(1), "b": Fraction(1, 2), "c": Fraction(0)}) == 1


@pytest.mark.parametrize(
    ("rule", "right", "share"),
    [
        ("pairs", 3, "1"),
        ("pairs", 1, "1/3"),
        ("pairs", 0, "0"),
        ("all_or_nothing", 3, "1"),
        ("all_or_nothing", 2, "0"),
    ],
)
def test_rows(rule: str, right: int, share: str) -> None:
    assert credit.rows(rule, right, 3) == Fraction(share)
