"""The order an attempt sees: drawn from its seed, stable when the quiz grows, and telling nothing."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import get_type_hints

import pytest

import quizzes
from quizzes.model import BlankView, ItemView
from tests.quizzes.examples import ITEMS, item_of, quiz_of, whole_quiz, written

SEEDS = [f"seed-{n}" for n in range(300)]


def test_the_same_seed_draws_the_same() -> None:
    assert quizzes.draw(whole_quiz(), "a") == quizzes.draw(whole_quiz(), "a")
    assert quizzes.draw(whole_quiz(), 1) == quizzes.draw(whole_quiz(), "1")


def test_another_seed_draws_another_order() -> None:
    orders = {tuple(view.id for view in quizzes.draw(whole_quiz(), seed)) for seed in SEEDS}
    assert len(orders) > 250


def test_an_unshuffled_quiz_keeps_its_order() -> None:
    quiz = whole_quiz(shuffle="false")
    assert [view.id for view in quizzes.draw(quiz, "a")] == [item.id for item in quiz.items]


def test_a_new_item_reshuffles_nothing() -> None:
    fewer = quiz_of(*list(ITEMS.values())[:-1])
    for seed in SEEDS:
        grown = [view for view in quizzes.draw(whole_quiz(), seed) if view.id != "monday"]
        assert grown == list(quizzes.draw(fewer, seed))


POOL = [written("true_false", id=f"hall-{n}", tags=["halls"]) for n in range(5)]
POOLED = quiz_of(written("numeric"), *POOL, written("matching"), pools=[{"tag": "halls", "draw": "2"}])


def test_each_attempt_draws_its_items_from_a_pool() -> None:
    drawn = Counter(item.id for seed in SEEDS for item in quizzes.instance(POOLED, seed).items)
    assert (drawn.pop("beds"), drawn.pop("who")) == (300, 300)
    assert sum(drawn.values()) == 600
    assert min(drawn.values()) > 90
    assert len(drawn) == 5


def test_an_attempt_has_as_many_items_and_points_as_the_quiz_says() -> None:
    assert (POOLED.count, POOLED.points) == (4, Fraction(4))
    for seed in SEEDS:
        one = quizzes.instance(POOLED, seed)
        assert (len(one.items), one.count, one.points) == (4, 4, Fraction(4))
        assert [view.id for view in quizzes.draw(POOLED, seed)] == [view.id for view in quizzes.draw(one, seed)]
        assert quizzes.grade(one, {}).score.max == 4


def test_another_item_in_a_pool_takes_at_most_one_place() -> None:
    more = quiz_of(
        written("numeric"), *POOL, written("true_false", id="new", tags=["halls"]), pools=[{"tag": "halls", "draw": "2"}]
    )
    for seed in SEEDS:
        before = {item.id for item in quizzes.instance(POOLED, seed).items} - {"who"}
        now = {item.id for item in quizzes.instance(more, seed).items}
        assert now == before or ("new" in now and len(now - before) == 1)


@pytest.mark.parametrize("kind", ["matching", "multiple_choice", "hotspot", "survey"])
def test_every_kind_with_choices_may_keep_their_order(kind: str) -> None:
    quiz = quiz_of(written(kind, shuffle="false"))
    names = [choice["id"] for choice in ITEMS[kind]["choices"]]
    assert [[name for name, _ in quizzes.draw(quiz, seed)[0].choices] for seed in range(9)] == [names] * 9


def test_choices_that_have_an_order_of_their_own_keep_it() -> None:
    quiz = quiz_of(written("single_choice", shuffle="false"))
    assert {tuple(name for name, _ in quizzes.draw(quiz, seed)[0].choices) for seed in SEEDS} == {("count", "buy", "wait")}


def test_true_stands_before_false() -> None:
    quiz = quiz_of(written("true_false"))
    assert {quizzes.draw(quiz, seed)[0].choices for seed in SEEDS} == {(("true", "True"), ("false", "False"))}


def test_lines_to_order_never_stand_in_the_right_order() -> None:
    quiz = quiz_of(written("ordering"))
    orders = {tuple(name for name, _ in quizzes.draw(quiz, seed)[0].choices) for seed in SEEDS}
    assert len(orders) == 5
    assert quizzes.key_of(quiz.items[0]).choices not in orders


def test_the_place_of_the_key_tells_nothing() -> None:
    quiz = quiz_of(written("single_choice"))
    places = Counter([name for name, _ in quizzes.draw(quiz, seed)[0].choices].index("count") for seed in SEEDS)
    # Chi-squared with 2 degrees of freedom: 13.8 is passed once in a thousand.
    assert sum((places[n] - 100) ** 2 / 100 for n in range(3)) < 13.8


def test_a_view_shows_what_is_asked() -> None:
    item = item_of("matching")
    (view,) = quizzes.draw(quiz_of(written("matching")), "a")
    assert (view.id, view.kind, view.prompt, view.points) == (item.id, item.kind, item.prompt, item.points)
    assert view.credit_in_words == "Each row that you match rightly earns its share of the points."
    assert sorted(view.choices) == [("keys", "Keys"), ("list", "List"), ("money", "Money")]
    assert view.pairs == (("caretaker", "Caretaker"), ("nurse", "Nurse"))
    assert quizzes.draw(quiz_of(written("numeric")), "a")[0].unit == "beds"


def test_a_view_has_no_place_for_a_key() -> None:
    assert list(get_type_hints(ItemView)) == [
        "id",
        "kind",
        "prompt",
        "points",
        "credit_in_words",
        "choices",
        "pairs",
        "unit",
        "hints",
        "text",
        "blanks",
        "figure",
        "alt",
        "areas",
        "units",
        "is_multiple",
        "has_other",
        "longest",
    ]
    assert list(get_type_hints(BlankView)) == ["id", "kind", "choices", "unit"]


def test_no_view_holds_a_word_of_the_key() -> None:
    def marked(text: str) -> str:
        return f"{text} CANARY"

    quiz = quizzes.map_texts(whole_quiz(), marked, lambda text: text)
    for view in quizzes.draw(quiz, "a"):
        assert view.prompt.count("CANARY") == 1
        assert "CANARY" not in repr((view.choices, view.pairs, view.unit, view.credit_in_words))
        assert "eviction" not in repr(view)
        assert "evicted" not in repr(view)
        assert "53" not in repr(view)
        assert "1500" not in repr(view)
