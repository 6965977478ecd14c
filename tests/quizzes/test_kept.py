"""What is kept of grading is what grading gives, and never that of another item."""

from __future__ import annotations

from dataclasses import replace

import quizzes
from quizzes import grading
from quizzes.itself import Itself
from quizzes.kinds import SingleChoice
from quizzes.model import Choice, Response
from tests.quizzes.examples import item_of, quiz_of, whole_quiz, written


def test_kept_outcomes_are_those_of_grading() -> None:
    quiz = quizzes.instance(whole_quiz(), "a")
    keys = {item.id: quizzes.key_of(item) for item in quiz.items}
    hinted = {name: replace(response, hints=1) for name, response in keys.items()}
    crossed = dict(zip(keys, reversed(keys.values()), strict=True))
    for _again in range(2):
        for given in ({}, keys, hinted, crossed):
            assert quizzes.grade_kept(quiz, given) == quizzes.grade(quiz, given)


def test_an_item_that_looks_the_same_in_another_revision_is_graded_by_its_own_key() -> None:
    before = quiz_of(written("single_choice"))
    (item,) = before.items
    assert isinstance(item, SingleChoice)
    after = replace(before, items=(replace(item, choices=tuple(replace(c, correct=not c.correct) for c in item.choices)),))
    given = {item.id: quizzes.key_of(item)}
    shares = [quizzes.grade_kept(quiz, given).score.raw for quiz in (before, after, before)]
    assert shares == [quizzes.grade(quiz, given).score.raw for quiz in (before, after, before)]
    assert shares[0] != shares[1]


def test_attempts_that_draw_the_same_have_the_same_item_and_no_other_quiz_has_it() -> None:
    first, second = quiz_of(written("calculated")), quiz_of(written("calculated"))
    drawn = {seed: quizzes.instance(first, seed).items[0] for seed in map(str, range(400))}
    by_value = {item.prompt: item for item in drawn.values()}
    assert all(by_value[item.prompt] is item for item in drawn.values())
    assert len(by_value) < len(drawn)
    assert all(quizzes.instance(second, seed).items[0] is not item for seed, item in drawn.items())
    assert all(quizzes.instance(second, seed).items[0] == item for seed, item in drawn.items())


def test_a_value_is_itself_and_no_other_that_is_equal() -> None:
    one, other = Choice("a", "A"), Choice("a", "A")
    assert (Itself(one) == Itself(one), Itself(one) == Itself(other), Itself(one) == one) == (True, False, False)
    assert hash(Itself(one)) == hash(Itself(one))


def test_nothing_is_kept_of_what_people_write_at_length() -> None:
    item = item_of("reflection")
    before = grading._kept.cache_info().currsize
    quizzes.grade_kept(quiz_of(written("reflection")), {item.id: Response(text="Something of my own.")})
    assert grading._kept.cache_info().currsize == before
