"""What stands at the borders of rules, and what is left as it was: cases that a small change of the code would get wrong."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

import quizzes
from quizzes import formula, numbers
from quizzes.analysis import Count, Figure, analyse
from quizzes.completeness import completeness
from quizzes.kinds import Hotspot, of
from quizzes.model import Hint, Quiz, Response
from quizzes.regrading import Rule, regrade
from tests.quizzes.examples import ITEMS, choice, item_of, quiz_of, whole_quiz, written
from tests.quizzes.test_analysis import QUIZ, A, B, analysed, interval, marked, row, value

BARE: dict[str, dict[str, Any]] = {
    "single_choice": {"choices": [choice("a", "A", correct=True), choice("b", "B")], "shuffle": True},
    "multiple_choice": {"choices": [choice("a", "A", correct=True), choice("b", "B")], "shuffle": True},
    "true_false": {"correct": True},
    "numeric": {"value": "7"},
    "short_text": {"accept": ["a"], "accents": "optional"},
    "ordering": {"choices": [choice("a", "A"), choice("b", "B"), choice("c", "C")]},
    "matching": {
        "choices": [choice("a", "A"), choice("b", "B")],
        "pairs": [choice("x", "X", choice="a"), choice("y", "Y", choice="b")],
        "shuffle": True,
    },
    "cloze": {"text": "[[x]]", "blanks": [{"id": "x", "kind": "short_text", "accept": ["a"], "accents": "optional"}]},
    "calculated": {"params": {"n": {"from": "1", "to": "2", "step": "1"}}, "value": "n"},
    "survey": {"choices": [choice("a", "A"), choice("b", "B")], "shuffle": True, "multiple": False, "other": False},
    "reflection": {},
}


@pytest.mark.parametrize("kind", BARE)
def test_nothing_is_written_that_was_not_given(kind: str) -> None:
    """An item with what its kind needs, and what is written of it: that, its credit and its points."""
    item = {"id": "a", "kind": kind, "prompt": "{n}?"} | BARE[kind]
    earned = {} if kind in ("survey", "reflection") else {"points": "1", "credit": next(iter(of(item_of(kind)).CREDITS))}
    mapping = quizzes.to_mapping(quiz_of(item))
    assert mapping.pop("items") == [item | earned]
    assert mapping == {
        "attempts": "0", "wait_minutes": "0", "counts": "best", "shuffle": True, "review": "after_attempt",
    }  # fmt: skip


def mapping_of(item: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = quizzes.to_mapping(quiz_of(item))["items"][0]
    return found


def test_a_time_limit_and_pools_are_written_and_read_again() -> None:
    quiz = quiz_of(A | {"tags": ["t"]}, B | {"tags": ["t"]}, time_limit_minutes="30", pools=[{"tag": "t", "draw": "1"}])
    mapping = quizzes.to_mapping(quiz)
    assert (mapping["time_limit_minutes"], mapping["pools"]) == ("30", [{"tag": "t", "draw": "1"}])
    assert quizzes.read(mapping).quiz == quiz


def test_weights_of_one_choice_are_written_and_read_again() -> None:
    weighed = [choice("a", "A", weight="1"), choice("b", "B", weight="1/2"), choice("c", "C", weight="-1/2")]
    item = {"id": "a", "kind": "single_choice", "prompt": "?", "credit": "weights", "choices": weighed}
    assert mapping_of(item)["choices"] == weighed
    assert quizzes.read({"items": [mapping_of(item)]}).quiz == quiz_of(item)


@pytest.mark.parametrize("kind", ITEMS)
def test_an_empty_translation_leaves_every_text(kind: str) -> None:
    quiz = quiz_of(written(kind))
    read = quizzes.translate(quiz, {"items": [{"id": quiz.items[0].id}]})
    assert (read.faults, read.quiz) == ((), quiz)


def test_a_translated_hint_keeps_its_cost_and_others_their_text() -> None:
    quiz = quiz_of(written("single_choice"))
    read = quizzes.translate(quiz, {"items": [{"id": "first-step", "hints": ["Piensa.", {}]}]})
    assert read.quiz is not None
    assert read.quiz.items[0].hints == (Hint("Piensa."), Hint("Of all of them.", Fraction(1, 4)))
    read = quizzes.translate(quiz, {"items": [{"id": "first-step", "hints": ["Piensa.", "De todos."]}]})
    assert read.quiz is not None
    assert read.quiz.items[0].hints == (Hint("Piensa."), Hint("De todos.", Fraction(1, 4)))


def test_accents_tell_translated_choices_apart() -> None:
    quiz = quiz_of(written("single_choice"))
    texts = [choice("count", "año"), choice("buy", "ano"), choice("wait", "AÑO ")]
    read = quizzes.translate(quiz, {"items": [{"id": "first-step", "choices": texts}]})
    assert [fault.message for fault in read.faults] == ["`wait` says the same as `count` in this language"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("round(2.4)", "2"), ("round(2.5)", "3"), ("round(-2.4)", "-2"), ("round(-2.5)", "-3"), ("round(0)", "0"),
        ("round(1 ÷ 3, 12)", "0.333333333333"), ("round(1.25, 1)", "1.3"),
        ("(1)" + " + (1)" * 60, "61"), ("(1) + " + "(" * 40 + "1" + ")" * 40, "2"),
    ],
)  # fmt: skip
def test_formulas_at_their_borders(text: str, value: str) -> None:
    assert formula.compute(formula.parse(text), {}) == Fraction(value)


@pytest.mark.parametrize("text", ["round(1, 13)", "round(1, -1)", "(1) + (1) + (1) + " + "(" * 41 + "1" + ")" * 41])
def test_formulas_beyond_their_borders(text: str) -> None:
    with pytest.raises(formula.Wrong):
        formula.compute(formula.parse(text), {})


def test_an_unknown_name_in_a_text_stays() -> None:
    item = item_of("calculated", explanation="{other} of {n}")
    drawn = of(quizzes.instance(Quiz((item,)), "a").items[0])
    assert drawn.explanation.startswith("{other} of ")
    assert drawn.explanation != "{other} of {n}"


def test_a_formula_without_a_value_names_all_its_parameters() -> None:
    item = written("calculated", value="n ÷ (k - k)")
    read = quizzes.read({"items": [item]})
    assert [fault.message.split(", with ")[1] for fault in read.faults] == ["n = 10, k = 1.5"]


def test_a_key_as_long_as_another_choice_is_not_told_by_its_length() -> None:
    choices = [choice("a", "Long one", correct=True, feedback="."), choice("b", "Long two", feedback=".")]
    items = [written("single_choice", id=name, choices=choices) for name in ("a", "b", "c")]
    assert completeness(quiz_of(*items)) == ()


def test_gaps_are_drawn_each_for_itself() -> None:
    """Blanks and items with the same choices are not shown in the same order by every seed."""
    choices = [choice(name, name, correct=name == "a") for name in "abcd"]
    blanks = [{"id": name, "kind": "choice", "choices": choices} for name in ("x", "y")]
    items = [{"id": name, "kind": "cloze", "prompt": "?", "text": "[[x]] [[y]]", "blanks": blanks} for name in ("one", "other")]
    views = [{view.id: view for view in quizzes.draw(quiz_of(*items), seed)} for seed in range(20)]
    orders = [[blank.choices for name in ("one", "other") for blank in each[name].blanks] for each in views]
    for first, second in ((0, 1), (0, 2), (1, 3)):
        assert any(order[first] != order[second] for order in orders)


def test_choices_and_pools_are_drawn_each_for_itself() -> None:
    same = [written("single_choice", id=name, shuffle=True) for name in ("one", "other")]
    views = [{view.id: view.choices for view in quizzes.draw(quiz_of(*same), seed)} for seed in range(20)]
    assert any(view["one"] != view["other"] for view in views)
    pools = [{"tag": "p", "draw": "1"}, {"tag": "q", "draw": "1"}]
    tagged = [A | {"id": f"{tag}-{n}", "tags": [tag]} for tag in "pq" for n in range(2)]
    drawn = quizzes.instance(quiz_of(*tagged, pools=pools), "a")
    assert (len(drawn.items), drawn.pools) == (2, ())


def test_a_cloze_knows_of_hints_and_says_only_what_was_typed() -> None:
    item = of(item_of("cloze"))
    assert item.known(Response(pairs=(("who", "porter"),), hints=1)).hints == 1
    assert item.judge(Response(pairs=(("who", "porter"),))).understood == ""
    assert item.meaning(Response(pairs=(("who", "porter"),))) != item.meaning(Response(pairs=(("who", "mayor"),)))


def test_the_key_of_a_gap_names_every_accepted_word() -> None:
    blank = {"id": "x", "kind": "short_text", "accept": ["evicted", "put out"]}
    assert quizzes.describe_key(item_of("cloze", text="[[x]]", blanks=[blank])) == ("1. evicted / put out",)


def test_every_gap_that_cannot_be_read_is_asked_back() -> None:
    blanks = [{"id": name, "kind": "numeric", "value": "1"} for name in "xy"]
    item = item_of("cloze", text="[[x]] [[y]]", blanks=blanks)
    _, message = quizzes.collect(item, {f"r.{item.id}.x": ["a"], f"r.{item.id}.y": ["b"]})
    assert message == (
        "Gap 1: “a” cannot be read as a number. Write it in digits, for example 1500, 1.5 or 3/4. "
        "Gap 2: “b” cannot be read as a number. Write it in digits, for example 1500, 1.5 or 3/4."
    )


@pytest.mark.parametrize(("credit", "is_one"), [("net_correct", True), ("all_or_nothing", True), ("halves", False)])
def test_one_place_of_a_figure_is_told_as_one_choice(credit: str, is_one: bool) -> None:
    choices = [each | {"correct": each["id"] == "hall"} for each in ITEMS["hotspot"]["choices"]]
    item = item_of("hotspot", choices=choices, credit=credit)
    assert isinstance(item, Hotspot)
    assert (quizzes.credit_in_words(item) == "One choice is right: full points for it, none for another.") == is_one


def test_what_another_kind_would_take_falls_out() -> None:
    matching, ordering = of(item_of("matching")), of(item_of("ordering"))
    assert matching.known(Response(choices=("keys",), text="x")) == Response()
    assert ordering.known(Response(text="nobody=1;count=2")).text == "nobody=1;count=2"
    assert ordering.known(Response(text="count=open=2")).text == "count=open=2"
    assert ordering.known(Response(text="nobody=1")).text == ""


def test_a_place_behind_the_last_is_asked_back() -> None:
    item = item_of("ordering")
    response, message = quizzes.collect(item, {"r.order.count": ["1"], "r.order.open": ["2"], "r.order.follow": ["4"]})
    assert (response.choices, message) == (("count", "open"), "Give each line a place from 1 to 3.")


def test_what_is_not_graded_has_no_share() -> None:
    for kind, response in (("survey", Response(choices=("halls",))), ("reflection", Response(text="x"))):
        assert of(item_of(kind)).judge(response).share == 0


def test_a_text_may_be_as_long_as_is_kept() -> None:
    item = of(item_of("reflection"))
    long = "x" * item.LONGEST
    assert item.collect({"r.monday": [long]}) == (Response(text=long), "")
    told = f"Up to {item.LONGEST:,} characters are kept: shorten your text by 1."
    assert item.collect({"r.monday": [f"{long}x"]}) == (Response(text=long), told)


def test_the_page_shows_other_units() -> None:
    units = [{"text": "km", "factor": "1000"}, {"text": "cm", "factor": "1/100"}]
    (view,) = quizzes.draw(quiz_of(written("numeric", unit="m", units=units)), "a")
    assert view.units == ("km", "cm")
    nameless = quizzes.read({"items": [written("numeric", unit="m", units=[{"factor": "1000"}])]})
    assert [fault.message for fault in nameless.faults] == ["`text` is missing"]


@pytest.mark.parametrize(("length", "shown"), [(40, "a" * 40), (41, "a" * 39 + "…")])
def test_a_long_text_is_told_back_in_short(length: int, shown: str) -> None:
    assert numbers.read("a" * length).message.startswith(f"“{shown}” cannot")


def test_a_number_may_have_as_many_digits_as_are_kept() -> None:
    assert numbers.read("1" * numbers.LONGEST).values == (Fraction("1" * numbers.LONGEST),)
    assert numbers.read("1" * (numbers.LONGEST + 1)).values == ()


def test_a_rule_other_than_a_new_key_takes_no_item() -> None:
    (item,) = quiz_of(A).items
    responses = {"a": Response(choices=("true",))}
    outcome = quizzes.grade(Quiz((item,)), responses)
    other = of(quiz_of(A | {"correct": True}).items[0])
    assert quizzes.grade(Quiz((other,)), responses).score.raw == 1
    accept = Rule("a", "accept", Response(choices=("false",)), other)
    assert regrade(Quiz((item,)), outcome, responses, accept) == outcome


def test_figures_say_what_they_rest_on_where_all_agree() -> None:
    found = analysed("11", "11", "00", "00", "11", quiz=quiz_of(A, B))
    assert (found.alpha, found.standard_error) == (Figure(1.0, 5), Figure(0.0, 5))
    assert [item.discrimination for item in found.items] == [Figure(100.0, 5)] * 2


def test_the_interval_of_alpha_over_two_items() -> None:
    """k = 2, n = 6: totals 2 2 1 1 0 0 have the variance 0.8, the items 0.3 each; alpha = 2 · (1 − 0.6/0.8) = 0.5, and
    ln(0.5) ± 1.96 · √(4 / (1 · 4)) gives 0.5 · e^±1.96."""
    found = analysed("11", "11", "10", "01", "00", "00", quiz=quiz_of(A, B))
    assert (value(found.alpha), interval(found.alpha)) == (0.5, (-2.55, 0.93))


def test_an_item_that_was_dropped_for_most_has_no_figures() -> None:
    rows = marked(QUIZ, *["111"] * 4, *["000"] * 4)
    dropped = [replace(r, outcome=regrade(QUIZ, r.outcome, r.responses, Rule("c", "drop"))) for r in rows[:4]]
    found = analyse(QUIZ, [*dropped, *rows[4:]])
    assert found is not None
    assert (found.items[2].people, found.items[2].facility, found.items[0].facility is None) == (8, None, False)


def test_every_place_of_an_order_is_counted_and_no_other() -> None:
    quiz = quiz_of(written("ordering"))
    key = {"order": quizzes.key_of(quiz.items[0])}
    found = analyse(quiz, [row(quiz, n, key) for n in range(5)])
    assert found is not None
    names = ("count", "open", "follow")
    assert found.items[0].counts == tuple(
        Count(str(place), name, 5 * (n == place), n == place) for place in (1, 2, 3) for n, name in enumerate(names, 1)
    )


def test_how_each_item_came_out() -> None:
    found = analyse(whole := whole_quiz(), [row(whole, n, {"monday": Response(text="x")} if n else {}) for n in range(5)])
    assert found is not None
    graded, kept = found.items[0], found.items[-1]
    assert graded.statuses == (("correct", 0), ("partial", 0), ("incorrect", 0), ("not_answered", 5))
    assert kept.statuses == (("recorded", 4), ("not_answered", 1))
