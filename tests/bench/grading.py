"""How fast attempts are graded, without a database: twenty items of all kinds, against plain Python in the same run."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from fractions import Fraction

import quizzes
from quizzes.model import Quiz, QuizOutcome, Response
from tests.quizzes.examples import ITEMS, quiz_of

ITEMS_IN_ATTEMPT, ROUNDS, SECONDS = 20, 7, 0.15
WORDS = ("Fünfzig  Betten", "beds", "ليلة", "L’eau")
MOST_ADDITIONS = 1200  # what an attempt may cost; an addition of two fractions is about 1 µs, so this is about 1 ms


def attempt() -> tuple[Quiz, list[dict[str, Response]]]:
    """A quiz of twenty items, every kind in it, and the responses of ten attempts that know more and more."""
    kinds = itertools.islice(itertools.cycle(ITEMS.values()), ITEMS_IN_ATTEMPT)
    quiz = quiz_of(*(item | {"id": f"{item['id']}-{n}"} for n, item in enumerate(kinds)))
    keys = {item.id: quizzes.key_of(item) for item in quizzes.instance(quiz, "bench").items}
    others = [Response(choices=("wait", "press"), text=word, pairs=(("nurse", "money"), ("who", "mayor"))) for word in WORDS]
    wrong = dict(zip(keys, itertools.cycle(others), strict=False))
    return quiz, [wrong | dict(list(keys.items())[: 2 * known]) for known in range(1, 11)]


def graded(quiz: Quiz, responses: dict[str, Response]) -> QuizOutcome:
    return quizzes.grade(quizzes.instance(quiz, "bench"), responses)


def rate(work: Callable[[], object], times: int) -> float:
    """How often a second of this process something is done, when ``work`` does it so many times."""
    done, begun = 0, time.process_time()
    while time.process_time() - begun < SECONDS:
        work()
        done += times
    return done / (time.process_time() - begun)


def measure() -> tuple[list[float], list[float]]:
    """Attempts a second, and how many additions of fractions one costs; the two are measured in turns.

    An attempt is drawn from its seed and graded, as it is when somebody closes it.
    """
    quiz, given = attempt()
    shares = [Fraction(n, n + 1) for n in range(1, 101)]
    speeds, costs = [], []
    for _ in range(ROUNDS + 1):
        speeds.append(rate(lambda: [graded(quiz, each) for each in given], len(given)))
        costs.append(rate(lambda: [a + b for a, b in itertools.pairwise(shares)], len(shares) - 1) / speeds[-1])
    return speeds[1:], costs[1:]  # the first round warms up


def bounds(speeds: list[float], costs: list[float]) -> list[tuple[str, list[float], str, bool]]:
    """Name, figures, bound, and whether it is kept."""
    times = [1000 / speed for speed in speeds]
    return [
        ("grading 20 items, ms an attempt", times, "< 1", statistics.median(times) < 1),
        ("grading 20 items, attempts a second on a core", speeds, "≥ 1000", statistics.median(speeds) >= 1000),
        (
            "grading 20 items, in additions of fractions",
            costs,
            f"≤ {MOST_ADDITIONS}",
            statistics.median(costs) <= MOST_ADDITIONS,
        ),
    ]
