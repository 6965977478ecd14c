"""Surveys and reflections: kept and counted, never graded."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import quizzes
from quizzes.model import Fault, ItemOutcome, Read, Response, Score
from tests.quizzes.examples import choice, item_of, quiz_of, written

NOTHING = Score(Fraction(0), Fraction(0))


def test_they_change_no_score() -> None:
    quiz = quiz_of(written("true_false"), written("survey"), written("reflection"))
    given = {"hall": Response(choices=("false",)), "before": Response(choices=("halls",)), "monday": Response(text="Call.")}
    outcome = quizzes.grade(quiz, given)
    assert outcome.score == Score(Fraction(1), Fraction(1)) == Score(quiz.points, quiz.points)
    assert outcome.items[1:] == (ItemOutcome("before", "recorded", NOTHING), ItemOutcome("monday", "recorded", NOTHING))


def test_a_page_knows_what_may_be_given() -> None:
    survey, reflection = quizzes.draw(quiz_of(written("survey"), written("reflection"), shuffle="false"), "a")
    assert (survey.is_multiple, survey.has_other, survey.longest, survey.points) == (True, True, 500, Fraction(0))
    assert (reflection.longest, reflection.points) == (5000, Fraction(0))
    assert quizzes.draw(quiz_of(written("multiple_choice")), "a")[0].is_multiple
    assert not quizzes.draw(quiz_of(written("single_choice")), "a")[0].is_multiple


def test_where_one_choice_is_asked_for_the_first_counts() -> None:
    item = item_of("survey", multiple="false")
    assert quizzes.collect(item, {"r.before": ["halls", "hotels"]}) == (Response(choices=("halls",)), "")


def test_no_other_text_is_kept_where_none_is_asked_for() -> None:
    item = item_of("survey", other=None)
    assert quizzes.collect(item, {"r.before.other": ["tents"]}) == (Response(), "")


@pytest.mark.parametrize("kind", ["survey", "reflection"])
@pytest.mark.parametrize(
    ("key", "value"), [("points", "1"), ("credit", "all_or_nothing"), ("feedback", {"correct": "Yes."}), ("hints", ["So."])]
)
def test_what_belongs_to_grading_is_a_fault(kind: str, key: str, value: Any) -> None:
    message = f"a {kind} is not graded, so `{key}` means nothing"
    fault = Fault(("items", 0, key), message, f"take `{key}` out", "not-graded")
    assert quizzes.read({"items": [written(kind, **{key: value})]}) == Read(None, (fault,))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"choices": [choice()]},
            Fault(("items", 0, "choices"), "`choices` has 1, and 2 are the least", "add to `choices`", "too-few"),
        ),
        (
            {"choices": [choice(), choice("other", "Else")]},
            Fault(
                ("items", 0, "choices", 1, "id"),
                "`other` is the id of the text field that `other: true` adds",
                "give the choice another id",
                "duplicate-id",
            ),
        ),
        (
            {"choices": [choice(), choice("y", "Y", correct="true")]},
            Fault(
                ("items", 0, "choices", 1, "correct"),
                "unknown key `correct`",
                "known here: `feedback`, `id`, `text`",
                "unknown-key",
            ),
        ),
    ],
)
def test_fault_of_a_survey(changes: dict[str, Any], fault: Fault) -> None:
    assert quizzes.read({"items": [written("survey", **changes)]}) == Read(None, (fault,))


def test_a_quiz_in_which_nothing_is_graded_cannot_be_passed() -> None:
    fault = Fault(("items",), "no item earns points, so nobody can pass", "add an item that is graded", "nothing-to-earn")
    assert quizzes.completeness(quiz_of(written("survey"), written("reflection"))) == (fault,)
