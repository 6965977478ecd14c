"""What a quiz lacks that can be graded but does not teach yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import quizzes
from quizzes.model import Fault, Quiz
from tests.quizzes.examples import choice, quiz_of, whole_quiz, written


def lengths(*keys_are_longest: bool) -> Quiz:
    return quiz_of(
        *(
            written(
                "single_choice",
                id=f"item-{n}",
                choices=[
                    choice("right", "Right " * (9 if longest else 1), correct="true", feedback="Yes."),
                    choice("wrong", "Wrong, too", feedback="No."),
                ],
            )
            for n, longest in enumerate(keys_are_longest)
        )
    )


def test_a_complete_quiz_lacks_nothing() -> None:
    assert quizzes.completeness(whole_quiz()) == ()


@pytest.mark.parametrize(
    ("kind", "spoil", "fault"),
    [
        (
            "single_choice",
            lambda item: item["choices"][2].pop("feedback"),
            Fault(
                ("items", 0, "choices", 2),
                "`wait` has no feedback",
                "say why it is right or wrong: `feedback: …`",
                "no-feedback",
            ),
        ),
        (
            "matching",
            lambda item: item["pairs"][1].pop("feedback"),
            Fault(
                ("items", 0, "pairs", 1),
                "`nurse` has no feedback",
                "say why it is right or wrong: `feedback: …`",
                "no-feedback",
            ),
        ),
        (
            "true_false",
            lambda item: item.pop("feedback_false"),
            Fault(("items", 0), "`hall` has no `feedback_false`", "add `feedback_false: …`", "no-feedback"),
        ),
        (
            "numeric",
            lambda item: item.pop("feedback"),
            Fault(
                ("items", 0),
                "`beds` says nothing to a wrong response",
                "add `feedback: {correct: …, incorrect: …}`",
                "no-feedback",
            ),
        ),
        (
            "short_text",
            lambda item: item["feedback"].pop("incorrect"),
            Fault(
                ("items", 0),
                "`word` says nothing to a wrong response",
                "add `feedback: {correct: …, incorrect: …}`",
                "no-feedback",
            ),
        ),
    ],
)
def test_what_an_item_may_lack(kind: str, spoil: Callable[[dict[str, Any]], object], fault: Fault) -> None:
    item = written(kind)
    spoil(item)
    assert quizzes.completeness(quiz_of(item)) == (fault,)


@pytest.mark.parametrize("longest", [(True, True), (True, True, False, True, False), (False, False, False)])
def test_keys_whose_length_tells_nothing(longest: tuple[bool, ...]) -> None:
    assert quizzes.completeness(lengths(*longest)) == ()


def test_keys_whose_length_tells_them() -> None:
    message = "the right choice is the longest in 2 of 3 single-choice items"
    hint = "shorten keys or make wrong choices as full, so that length tells nothing"
    assert quizzes.completeness(lengths(True, False, True)) == (Fault(("items",), message, hint, "longest-key"),)
