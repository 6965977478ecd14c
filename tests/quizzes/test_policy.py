"""Attempts, waiting, review and what counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

import quizzes
from quizzes.model import Counts, Quiz, Review, Score

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("limit", "extra", "minutes"), [(0, 50, None), (30, 0, 30), (30, 50, 45), (20, 25, 25), (30, -10, 30), (1, 1, 1.01)]
)
def test_a_time_limit_and_extra_time(limit: int, extra: int, minutes: float | None) -> None:
    assert quizzes.closes_at(NOW, limit, extra) == (None if minutes is None else NOW + timedelta(minutes=minutes))


def test_without_extra_time_the_limit_is_the_quiz_s() -> None:
    assert quizzes.closes_at(NOW, 30) == NOW + timedelta(minutes=30)


@pytest.mark.parametrize(("attempts", "used", "left"), [(3, 0, 3), (3, 2, 1), (3, 3, 0), (3, 5, 0), (0, 9, None)])
def test_attempts_left(attempts: int, used: int, left: int | None) -> None:
    assert quizzes.attempts_left(Quiz((), attempts=attempts), used) == left


@pytest.mark.parametrize(
    ("attempts", "wait", "closed", "start"),
    [
        (3, 30, [], quizzes.Start(True)),
        (3, 0, [0], quizzes.Start(True)),
        (2, 0, [9, 5], quizzes.Start(False, "No attempt is left.", "no_attempts_left")),
        (0, 30, [90, 30], quizzes.Start(True)),
        (0, 30, [29, 90], quizzes.Start(False, "The next attempt may start in 1 minute.", "wait", NOW + timedelta(minutes=1))),
        (
            3,
            30,
            [10.5],
            quizzes.Start(False, "The next attempt may start in 20 minutes.", "wait", NOW + timedelta(minutes=19.5)),
        ),
        (0, 0, [-120], quizzes.Start(True)),  # closed two hours from now: the clock was set back
    ],
)
def test_may_start(attempts: int, wait: int, closed: list[float], start: quizzes.Start) -> None:
    quiz = Quiz((), attempts=attempts, wait_minutes=wait)
    assert quizzes.may_start(quiz, [ago(minutes) for minutes in closed], NOW) == start


@pytest.mark.parametrize(
    ("review", "is_closed", "has_passed", "left", "may"),
    [
        ("after_attempt", False, True, 0, False),
        ("after_attempt", True, False, 2, True),
        ("never", True, True, 0, False),
        ("after_pass", True, False, 0, False),
        ("after_pass", True, True, 2, True),
        ("after_pass", False, True, 2, False),
        ("no_attempts_left", True, True, 1, False),
        ("no_attempts_left", True, False, 0, True),
        ("no_attempts_left", True, True, None, False),
        ("no_attempts_left", False, True, 0, False),
    ],
)
def test_may_review(review: Review, is_closed: bool, has_passed: bool, left: int | None, may: bool) -> None:
    quiz = Quiz((), review=review)
    assert quizzes.may_review(quiz, is_closed=is_closed, has_passed=has_passed, attempts_left=left) is may


@pytest.mark.parametrize(
    ("raw", "most", "mark", "is_passed"),
    [
        (7, 10, 70, True),
        (Fraction("6.999"), 10, 70, False),
        (2, 3, 67, False),
        (2, 3, Fraction(200, 3), True),
        (0, 0, 1, False),
    ],
)
def test_passed(raw: Fraction, most: int, mark: int | Fraction, is_passed: bool) -> None:
    assert quizzes.passed(Score(Fraction(raw), Fraction(most)), mark) is is_passed


def test_percent_is_rounded_down() -> None:
    assert [quizzes.percent(Score(Fraction(n), Fraction(1000))) for n in (0, 9, 699, 999, 1000)] == [0, 0, 69, 99, 100]
    assert quizzes.percent_of(Fraction(2, 3)) == 66


@pytest.mark.parametrize(("rule", "score"), [("best", "1/2"), ("last", "1/4"), ("first", "0"), ("average", "1/4")])
def test_counted(rule: Counts, score: str) -> None:
    scores = [Fraction(0), Fraction(1, 2), Fraction(1, 4)]
    assert quizzes.counted(scores, rule) == Fraction(score)
    assert quizzes.counted([], rule) == 0
