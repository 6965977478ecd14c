"""The robots find nothing in a quiz that is well, and everything in kinds that grade wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quizzes
from quizzes import robots
from quizzes.kinds import Matching, SingleChoice, of
from quizzes.kinds.interaction import Judgement
from quizzes.model import ItemView, Quiz, Response
from tests.quizzes.drawn import quiz
from tests.quizzes.examples import ITEMS, item_of, quiz_of, whole_quiz, written


@pytest.mark.parametrize("seed", ["a", 1, ""])
def test_nothing_is_wrong_with_the_examples(seed: str | int) -> None:
    assert robots.play(whole_quiz(), seed) == ()


def test_nothing_is_wrong_with_a_pool_and_without_shuffling() -> None:
    pooled = quiz_of(
        *(item | {"tags": ["all"], "points": "1"} for item in list(ITEMS.values())[:-2]), pools=[{"tag": "all", "draw": "3"}]
    )
    for seed in range(20):
        assert robots.play(pooled, seed) == robots.play(replace(pooled, shuffle=False), seed) == ()


@settings(max_examples=50)
@given(quiz(), st.integers())
def test_nothing_is_wrong_with_any_quiz(quiz: Quiz, seed: int) -> None:
    assert robots.play(quiz, seed) == ()


class Generous(SingleChoice):
    """Pays for everything."""

    def known(self, response: Response) -> Response:
        return Response(choices=("count",))


class Boundless(SingleChoice):
    def judge(self, response: Response, locale: str | None = None) -> Judgement:
        return Judgement(Fraction(2))


class Doubting(SingleChoice):
    def collect(self, fields: Mapping[str, Sequence[str]], locale: str | None = None) -> tuple[Response, str]:
        return SingleChoice.collect(self, fields, locale)[0], "Really?"


class Fickle(SingleChoice):
    counter = count()

    def judge(self, response: Response, locale: str | None = None) -> Judgement:
        return Judgement(Fraction(1, next(self.counter) + 2))

    def view(self, view: ItemView, seed: str | int) -> ItemView:
        return replace(view, text=str(next(self.counter)))


def played(kind: type[SingleChoice]) -> tuple[str, ...]:
    item = item_of("single_choice")
    wrong = kind(**{each.name: getattr(item, each.name) for each in fields(item)})
    return robots.play(Quiz((wrong,)), "a")


STORED = "the quiz is another one after it was stored and read again"


def test_points_for_nothing_and_for_everything() -> None:
    assert played(Generous) == (
        "`first-step` left blank scores 1, and must score 0",
        "`first-step` with everything ticked scores 1, and must score 0",
        STORED,
    )


def test_points_beyond_all() -> None:
    assert played(Boundless) == (
        "`first-step` with everything ticked scores 2, and must score 0",
        "`first-step` by chance scores 2, which is not between 0 and 1",
        "the key of `first-step` scores 2, and must score 1",
        STORED,
    )


def test_a_key_that_is_asked_back() -> None:
    assert played(Doubting) == ("the key of `first-step` is asked back: Really?", STORED)


def test_grading_and_pages_that_change() -> None:
    Fickle.counter = count()
    assert played(Fickle) == (
        "`first-step` with everything ticked scores 1/3, and must score 0",
        "the same responses score differently when they are graded again",
        "the key of `first-step` scores 1/6, and must score 1",
        "the page shows something else after a reload",
        STORED,
    )


def test_a_fault_for_each_item_with_its_place() -> None:
    """The unit is the number itself, so that nothing is left of the key; the second word is longer than what a page takes."""
    right, number = written("true_false"), written("numeric", unit="53")
    word = written("short_text", accept=["no " * 200], tags=["some"])
    other = written("short_text", id="other", accept=["yes"], tags=["some"])
    quiz = quiz_of(right, number, word, other, pools=[{"tag": "some", "draw": "1"}])
    found = list(robots.faults(quiz))
    assert [(fault.at, fault.code, fault.message) for fault in found] == [
        (("items", 1), "robot", "the key of `beds` is asked back: “53” cannot be read as a number. "
         "Write it in digits, for example 1500, 1.5 or 3/4."),
        (("items", 2), "robot", "the key of `word` scores 0, and must score 1"),
    ]  # fmt: skip
    assert {fault.hint for fault in found} == {
        "respond to it as a learner would: what the key says must be typed or chosen on the page, and be read as it was meant"
    }
    assert list(robots.faults(whole_quiz())) == []


def test_what_is_wrong_with_the_whole_quiz_comes_first() -> None:
    Fickle.counter = count()
    item = item_of("single_choice")
    fickle = Fickle(**{each.name: getattr(item, each.name) for each in fields(item)})
    assert [(fault.at, fault.message) for fault in robots.faults(Quiz((fickle,)))] == [
        (("items",), "the same responses score differently when they are graded again"),
        (("items", 0), "`first-step` with everything ticked scores 1/3, and must score 0"),
    ]


def test_full_points_for_choosing_the_same_everywhere() -> None:
    item = item_of("matching", shuffle="false")
    assert isinstance(item, Matching)
    same = replace(item, pairs=tuple(replace(pair, choice="keys") for pair in item.pairs))
    assert robots.play(Quiz((same,)), "a") == (
        "`who` with everything as shown scores 1, and must score less than 1",
        STORED,
    )


def test_chance_is_the_seed_s() -> None:
    assert robots.play(quiz_of(written("cloze")), "a") == robots.play(quiz_of(written("cloze")), "b") == ()


def test_a_key_that_no_page_can_take() -> None:
    """It is longer than the field; every message of it is told."""
    quiz = quiz_of(written("short_text", accept=["no " * 200]))
    assert robots.play(quiz, "a") == (
        "the key of `word` scores 0, and must score 1",
        "the key after a reload of `word` scores 0, and must score 1",
    )


CHANCE = {
    "first-step": Response(choices=("wait", "count")),
    "partners": Response(choices=("press", "lawyers")),
    "hall": Response(),
    "beds": Response(text="58"),
    "word": Response(text="79"),
    "order": Response(choices=("open", "count", "follow")),
    "who": Response(pairs=(("caretaker", "list"), ("nurse", "list"))),
    "report": Response(pairs=(("area", "88"), ("who", "mayor"), ("word", "62"))),
    "map": Response(choices=("yard", "room")),
    "people": Response(text="77"),
    "before": Response(choices=("halls",), text="85"),
    "monday": Response(text="30"),
}


def sent(robot: str, seed: str = "a") -> dict[str, Response]:
    """What a robot sends for each item of the whole quiz."""
    quiz = whole_quiz()
    views = {view.id: view for view in quizzes.draw(quiz, seed)}
    once = quizzes.instance(quiz, seed)
    return {
        item.id: robots._all_of(item, views[item.id])
        if robot == "everything"
        else robots._by_chance(item, views[item.id], seed)
        for item in map(of, once.items)
    }


def test_what_is_sent_by_chance_is_the_seed_s() -> None:
    """Drawn once and written down: another seed sends others, the same seed the same on every machine."""
    found = sent("chance")
    assert found == CHANCE
    assert [name for name, response in sent("chance", "b").items() if response == found[name]] == []


def test_what_ticks_everything_sends() -> None:
    found = sent("everything")
    assert {name: sorted(response.choices) for name, response in found.items() if response.choices} == {
        item["id"]: sorted(choice["id"] for choice in item["choices"])
        for item in ITEMS.values()
        if "choices" in item and item["kind"] != "matching"
    } | {"hall": ["false", "true"]}
    digits = "0 1 2 3 4 5 6 7 8 9"
    assert {name: response.text for name, response in found.items() if name in {"beds", "people", "word"}} == {
        "beds": digits, "people": digits, "word": "eviction eviction order eviction eviction order",
    }  # fmt: skip
    assert found["report"].pairs == (("area", digits), ("who", "porter mayor"), ("word", "evicted evicted"))
    shown = next(view for view in quizzes.draw(whole_quiz(), "a") if view.id == "who").choices[0][0]
    assert found["who"].pairs == (("caretaker", shown), ("nurse", shown))
