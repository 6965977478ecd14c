"""Quizzes as written that have no fault, and all faults of one at once."""

from __future__ import annotations

from fractions import Fraction

import quizzes
from quizzes.kinds import of
from quizzes.model import Feedback, Read
from tests.quizzes.examples import ITEMS, item_of, quiz_of, written


def test_all_faults_are_found_at_once() -> None:
    items = [written("single_choice", prompt=None), written("numeric", value="x"), written("true_false", id="a b")]
    read = quizzes.read({"items": items, "counts": "most"}, [])
    assert [(fault.at, fault.code) for fault in read.faults] == [
        (("items", 0, "review_lesson"), "unknown-lesson"),
        (("items", 0), "missing"),
        (("items", 1, "value"), "not-a-number"),
        (("items", 2, "id"), "not-an-id"),
        (("counts",), "not-an-option"),
    ]
    assert read.faults[0].hint == "there is none yet: take it out"


def test_lessons_are_checked_only_when_they_are_known() -> None:
    mapping = {"items": [written("single_choice")]}
    assert quizzes.read(mapping).faults == quizzes.read(mapping, {"rooms"}).faults == ()


def test_what_is_left_out_has_its_default() -> None:
    quiz = quiz_of(written("multiple_choice", points=None, feedback=None))
    item = quiz.items[0]
    assert (quiz.attempts, quiz.wait_minutes, quiz.counts, quiz.shuffle, quiz.review) == (0, 0, "best", True, "after_attempt")
    assert (item.points, item.credit, item.feedback) == (Fraction(1), "net_correct", Feedback())
    assert not (item.hints or item.tags)
    assert [of(item_of(kind)).credit for kind in ITEMS] == [
        "all_or_nothing",
        "net_correct",
        "all_or_nothing",
        "all_or_nothing",
        "all_or_nothing",
        "pairs",
        "pairs",
        "pairs",
        "net_correct",
        "all_or_nothing",
        "ungraded",
        "ungraded",
    ]


def test_numbers_and_empty_values_may_come_as_they_are() -> None:
    quiz = quiz_of(written("numeric", value=53, unit="") | {"explanation": None}, attempts=3, shuffle=None)
    assert (quiz.attempts, quiz.shuffle, quizzes.describe_key(quiz.items[0])) == (
        3,
        True,
        ("53; from 52 to 54 counts as right",),
    )


VARIED = [
    written("numeric", id="relative", value="1/3", tolerance="12.5%"),
    written("numeric", id="ranged", value=None, tolerance=None, range=["-1.5", "1/7"]),
    written("numeric", id="bare", tolerance=None, unit=None),
    written("true_false", id="reworded", text_true="Holds", text_false="Does not hold", correct="true"),
    written("ordering", id="strict", credit="all_or_nothing", points="1/3"),
    written("short_text", id="accented", accents="required"),
    written("short_text", id="near", accept=["informal"], distance="1", reject=["formal"]),
    written("numeric", id="far", units=[{"text": "rooms", "factor": "2.5"}]),
    written(
        "multiple_choice",
        id="weighed",
        credit="weights",
        choices=[
            {"id": "a", "text": "A", "weight": "2/3"},
            {"id": "b", "text": "B", "weight": "1/3"},
            {"id": "c", "text": "C", "weight": "-1"},
            {"id": "d", "text": "D"},
        ],
    ),
]


def test_a_quiz_written_and_read_again_is_the_same() -> None:
    rules = {"attempts": "2", "wait_minutes": "5", "counts": "average", "shuffle": "false", "review": "never"}
    quiz = quiz_of(*ITEMS.values(), *VARIED, **rules)
    assert quizzes.read(quizzes.to_mapping(quiz)) == Read(quiz)
