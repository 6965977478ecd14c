"""What each kind earns, says and reads from a form."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import quizzes
from quizzes.kinds import KINDS, of
from quizzes.model import Feedback, Item, ItemOutcome, Remark, Response, Score, Status
from tests.quizzes.examples import ITEMS, item_of, quiz_of, whole_quiz, written

Given = dict[str, Any]


def test_there_is_an_example_of_each_kind() -> None:
    assert list(ITEMS) == list(KINDS)


def outcome(kind: str, given: Given, **changes: Any) -> ItemOutcome:
    return quizzes.grade_item(item_of(kind, **changes), Response.from_json(given))


@pytest.mark.parametrize(
    ("kind", "given", "status", "raw"),
    [
        ("single_choice", {"choices": ["count"]}, "correct", "1"),
        ("single_choice", {"choices": ["buy"]}, "incorrect", "0"),
        ("single_choice", {"choices": ["count", "buy"]}, "incorrect", "0"),
        ("single_choice", {"choices": ["count", "buy", "wait"]}, "incorrect", "0"),
        ("single_choice", {"choices": ["unknown"], "text": "count", "pairs": {"count": "count"}}, "not_answered", "0"),
        ("single_choice", {"choices": ["unknown", "count", "count"]}, "correct", "1"),
        ("multiple_choice", {"choices": ["nurses", "hotels"]}, "correct", "2"),
        ("multiple_choice", {"choices": ["nurses"]}, "partial", "1"),
        ("multiple_choice", {"choices": ["nurses", "press"]}, "incorrect", "0"),
        ("multiple_choice", {"choices": ["hotels", "nurses", "press", "lawyers"]}, "incorrect", "0"),
        ("true_false", {"choices": ["false"]}, "correct", "1"),
        ("true_false", {"choices": ["true"]}, "incorrect", "0"),
        ("true_false", {"choices": ["true", "false"]}, "incorrect", "0"),
        ("numeric", {"text": "53"}, "correct", "1"),
        ("numeric", {"text": "52,0 beds"}, "correct", "1"),
        ("numeric", {"text": "54"}, "correct", "1"),
        ("numeric", {"text": "54.01"}, "incorrect", "0"),
        ("numeric", {"text": "fifty"}, "incorrect", "0"),
        ("numeric", {"text": "  "}, "not_answered", "0"),
        ("numeric", {"choices": ["53"]}, "not_answered", "0"),
        ("short_text", {"text": " EVICTION "}, "correct", "1"),
        ("short_text", {"text": "eviction order"}, "correct", "1"),
        ("short_text", {"text": "evict"}, "incorrect", "0"),
        ("ordering", {"choices": ["count", "open", "follow"]}, "correct", "1"),
        ("ordering", {"choices": ["open", "count", "follow"]}, "partial", "2/3"),
        ("ordering", {"choices": ["follow", "open", "count"]}, "incorrect", "0"),
        ("ordering", {"choices": ["count"]}, "incorrect", "0"),
        ("ordering", {"text": "count=1;open=1"}, "incorrect", "0"),
        ("ordering", {"text": "else"}, "not_answered", "0"),
        ("matching", {"pairs": {"caretaker": "keys", "nurse": "list"}}, "correct", "1"),
        ("matching", {"pairs": {"caretaker": "keys"}}, "partial", "1/2"),
        ("matching", {"pairs": {"caretaker": "money", "nurse": "money"}}, "incorrect", "0"),
        ("matching", {"pairs": {"caretaker": "unknown", "unknown": "keys"}}, "not_answered", "0"),
    ],
)
def test_what_a_response_earns(kind: str, given: Given, status: Status, raw: str) -> None:
    found = outcome(kind, given)
    assert (found.status, found.score.raw, found.score.max) == (status, Fraction(raw), item_of(kind).points)


@pytest.mark.parametrize(
    ("kind", "changes", "given", "raw"),
    [
        ("multiple_choice", {"credit": "all_or_nothing"}, {"choices": ["nurses"]}, "0"),
        ("multiple_choice", {"credit": "each_decision"}, {"choices": ["nurses"]}, "3/2"),
        ("multiple_choice", {"credit": "halves"}, {"choices": ["hotels", "nurses", "press"]}, "1"),
        ("ordering", {"credit": "all_or_nothing"}, {"choices": ["open", "count", "follow"]}, "0"),
        ("matching", {"credit": "all_or_nothing"}, {"pairs": {"caretaker": "keys"}}, "0"),
        ("numeric", {"value": "200", "tolerance": "10%"}, {"text": "180"}, "1"),
        ("numeric", {"value": "200", "tolerance": "10%"}, {"text": "179"}, "0"),
        ("numeric", {"value": "-200", "tolerance": "10 %"}, {"text": "-220"}, "1"),
        ("numeric", {"value": None, "tolerance": None, "range": ["40", "60"]}, {"text": "60"}, "1"),
        ("numeric", {"value": None, "tolerance": None, "range": ["40", "60"]}, {"text": "39"}, "0"),
        ("numeric", {"value": "1500"}, {"text": "1,500"}, "0"),
        ("numeric", {"value": None, "tolerance": None, "range": ["1", "2000"]}, {"text": "1,500"}, "1"),
        ("short_text", {"accept": ["año"], "accents": "required"}, {"text": "ano"}, "0"),
        ("short_text", {"accept": ["año"]}, {"text": "Ano"}, "1"),
        ("true_false", {"correct": "true"}, {"choices": ["true"]}, "1"),
    ],
)
def test_what_the_rules_of_an_item_change(kind: str, changes: dict[str, Any], given: Given, raw: str) -> None:
    assert outcome(kind, given, **changes).score.raw == Fraction(raw)


@pytest.mark.parametrize(
    ("kind", "given", "remarks"),
    [
        ("single_choice", {"choices": ["buy"]}, (Remark("buy", "A tent has no door.", False), Remark("", "Wrong.", False))),
        ("single_choice", {"choices": ["count"]}, (Remark("count", "Yes.", True), Remark("", "Right.", True))),
        ("single_choice", {}, ()),
        (
            "multiple_choice",
            {"choices": ["press", "hotels"]},
            (Remark("hotels", "Rooms.", True), Remark("press", "Later.", False)),
        ),
        ("multiple_choice", {"choices": ["hotels"]}, (Remark("hotels", "Rooms.", True), Remark("", "Partly.", None))),
        ("true_false", {"choices": ["true"]}, (Remark("true", "A family needs a door.", False),)),
        ("numeric", {"text": "1"}, (Remark("", "Two thirds of 80.", False),)),
        ("short_text", {"text": "eviction"}, ()),
        ("short_text", {"text": "x"}, (Remark("", "It puts people out.", False),)),
        (
            "ordering",
            {"choices": ["count", "follow"]},
            (Remark("count", "First.", True), Remark("open", "Then.", False), Remark("follow", "Last.", False)),
        ),
        ("matching", {"pairs": {"nurse": "list"}}, (Remark("caretaker", "Doors.", False), Remark("nurse", "Names.", True))),
    ],
)
def test_what_is_said_to_a_response(kind: str, given: Given, remarks: tuple[Remark, ...]) -> None:
    assert outcome(kind, given).remarks == remarks


@pytest.mark.parametrize(
    ("kind", "text", "understood"),
    [
        ("numeric", "1,5", "1.5"),
        ("numeric", "1,500", "1500 or 1.5"),
        ("numeric", "x", ""),
        ("numeric", "", ""),
        ("short_text", "eviction", ""),
        ("short_text", "ｅviction  order", "eviction order"),
        ("single_choice", "x", ""),
    ],
)
def test_how_a_typed_response_is_understood(kind: str, text: str, understood: str) -> None:
    assert quizzes.understood(item_of(kind), Response(text=text)) == understood
    assert outcome(kind, {"text": text}).understood == understood


def test_choosing_says_nothing_on_how_it_is_understood() -> None:
    assert quizzes.understood(item_of("single_choice"), Response(choices=("buy",))) == ""


@pytest.mark.parametrize(("hints", "raw"), [(0, "1"), (1, "1"), (2, "3/4"), (9, "3/4"), (-1, "1")])
def test_hints_cost_what_they_say(hints: int, raw: str) -> None:
    assert outcome("single_choice", {"choices": ["count"], "hints": hints}).score.raw == Fraction(raw)


def test_hints_cost_a_share_of_the_points_and_never_more_than_was_earned() -> None:
    dear = {"hints": [{"text": "So.", "cost": "3/4"}]}
    assert outcome("multiple_choice", {"choices": ["hotels", "nurses"], "hints": 1}, **dear).score == Score(
        Fraction(1, 2), Fraction(2)
    )
    assert outcome("multiple_choice", {"choices": ["hotels"], "hints": 1}, **dear).score == Score(Fraction(0), Fraction(2))
    assert outcome("multiple_choice", {"choices": ["hotels"], "hints": 1}, **dear).status == "partial"


@pytest.mark.parametrize(
    ("kind", "changes", "key", "lines"),
    [
        ("single_choice", {}, {"choices": ["count"]}, ("Count who has no door",)),
        ("multiple_choice", {}, {"choices": ["hotels", "nurses"]}, ("Hotels", "Nurses")),
        ("true_false", {}, {"choices": ["false"]}, ("False",)),
        ("numeric", {}, {"text": "53"}, ("53 beds; from 52 to 54 counts as right",)),
        ("numeric", {"tolerance": None, "unit": None}, {"text": "53"}, ("53",)),
        ("numeric", {"value": None, "tolerance": None, "range": ["1", "2.5"]}, {"text": "1.75"}, ("from 1 to 2.5 beds",)),
        ("short_text", {}, {"text": "eviction"}, ("eviction", "eviction order")),
        ("ordering", {}, {"choices": ["count", "open", "follow"]}, ("1. Count", "2. Open", "3. Follow up")),
        ("matching", {}, {"pairs": {"caretaker": "keys", "nurse": "list"}}, ("Caretaker: Keys", "Nurse: List")),
    ],
)
def test_key(kind: str, changes: dict[str, Any], key: Given, lines: tuple[str, ...]) -> None:
    item = item_of(kind, **changes)
    assert quizzes.key_of(item) == Response.from_json(key)
    assert quizzes.describe_key(item) == lines


PLACES = "Give each line a place from 1 to 3."


@pytest.mark.parametrize(
    ("kind", "fields", "given", "error"),
    [
        ("single_choice", {"r.first-step": ["buy"]}, {"choices": ["buy"]}, ""),
        ("single_choice", {"r.first-step": ["else"], "r.other": ["buy"]}, {}, ""),
        ("single_choice", {}, {}, ""),
        ("multiple_choice", {"r.partners": ["press", "press", "hotels"]}, {"choices": ["press", "hotels"]}, ""),
        ("true_false", {"r.hall": ["true"]}, {"choices": ["true"]}, ""),
        ("numeric", {"r.beds": ["1,5"]}, {"text": "1,5"}, ""),
        ("numeric", {"r.beds": [""]}, {}, ""),
        ("numeric", {"r.beds": []}, {}, ""),
        ("numeric", {"r.beds": ["1,500"]}, {"text": "1,500"}, "“1,500” can mean 1500 or 1.5. Write 1500 or 1.5."),
        (
            "numeric",
            {"r.beds": ["ten"]},
            {"text": "ten"},
            "“ten” cannot be read as a number. Write it in digits, for example 1500, 1.5 or 3/4.",
        ),
        ("short_text", {"r.word": ["a\0b"]}, {"text": "ab"}, ""),
        ("short_text", {"r.word": ["x" * 501]}, {"text": "x" * 500}, ""),
        (
            "ordering",
            {"r.order.count": ["2"], "r.order.open": ["1"], "r.order.follow": ["3"]},
            {"choices": ["open", "count", "follow"]},
            "",
        ),
        ("ordering", {"r.order.count": ["1"], "r.order.open": [""]}, {"choices": ["count"]}, ""),
        ("ordering", {}, {}, ""),
        (
            "ordering",
            {"r.order.count": ["3"], "r.order.open": ["1"]},
            {"choices": ["open", "count"], "text": "count=3;open=1"},
            "",
        ),
        (
            "ordering",
            {"r.order.count": ["1"], "r.order.open": ["2"], "r.order.follow": ["2"]},
            {"choices": ["count"], "text": "count=1;follow=2;open=2"},
            "Place 2 is given to 2 lines. Give each line a place of its own.",
        ),
        ("ordering", {"r.order.count": ["0"], "r.order.open": ["1"]}, {"choices": ["open"]}, PLACES),
        ("ordering", {"r.order.count": ["first"]}, {}, PLACES),
        ("ordering", {"r.order.else": ["1"]}, {}, ""),
        ("matching", {"r.who.nurse": ["list"], "r.who.caretaker": [""]}, {"pairs": {"nurse": "list"}}, ""),
        ("matching", {"r.who.nurse": ["else"], "r.who.else": ["list"]}, {}, ""),
    ],
)
def test_what_a_form_holds(kind: str, fields: dict[str, list[str]], given: Given, error: str) -> None:
    assert quizzes.collect(item_of(kind), fields) == (Response.from_json(given), error)


def test_places_given_twice_earn_nothing_and_tell_nothing_of_the_key() -> None:
    item = item_of("ordering")
    response, _ = quizzes.collect(item, {f"r.order.{choice}": ["1"] for choice in ("count", "open", "follow")})
    assert response == Response(text="count=1;follow=1;open=1")
    assert quizzes.grade_item(item, response).score.raw == 0


def test_a_quiz_adds_up_its_items() -> None:
    quiz = whole_quiz()
    keys = {item.id: quizzes.key_of(item) for item in quiz.items}
    outcome = quizzes.grade(quiz, keys | {"unknown": Response(text="x")})
    assert outcome.score == Score(Fraction(8), Fraction(8))
    assert [each.item_id for each in outcome.items] == [item.id for item in quiz.items]
    del keys["partners"]
    assert quizzes.grade(quiz, keys).score == Score(Fraction(6), Fraction(8))
    assert quizzes.grade(quiz, {}).score == Score(Fraction(0), Fraction(8))


def test_every_rule_of_credit_has_its_words() -> None:
    for kind, cls in KINDS.items():
        for credit, words in cls.CREDITS.items():
            assert quizzes.credit_in_words(item_of(kind, credit=credit)) == words


def test_texts_are_written_anew_everywhere_and_nothing_else_is() -> None:
    quiz = quizzes.map_texts(whole_quiz(), lambda text: f"<p>{text}</p>", lambda text: f"<b>{text}</b>")
    first, _, true_false, numeric, short_text, _, matching = (of(item) for item in quiz.items)
    assert (first.prompt, first.explanation) == ("<p>What first?</p>", "<p>Counting takes a day.</p>")
    assert first.feedback == Feedback("<p>Right.</p>", "", "<p>Wrong.</p>")
    assert [hint.text for hint in first.hints] == ["<p>Think of people.</p>", "<p>Of all of them.</p>"]
    assert [(c.id, c.text, c.feedback) for c in first.choices][1] == ("buy", "<b>Buy tents</b>", "<p>A tent has no door.</p>")
    assert [(c.text, c.feedback) for c in true_false.choices] == [
        ("True", "<p>A family needs a door.</p>"),
        ("False", "<p>So it is.</p>"),
    ]
    assert (matching.pairs[0].text, matching.pairs[0].feedback) == ("<b>Caretaker</b>", "<p>Doors.</p>")
    assert (numeric.unit, quizzes.describe_key(short_text)) == ("beds", ("eviction", "eviction order"))
    assert quizzes.read(quizzes.to_mapping(quiz)).quiz == quiz
    assert [quizzes.key_of(item) for item in quiz.items] == [quizzes.key_of(item) for item in whole_quiz().items]


def test_one_way_of_writing_may_serve_all_texts() -> None:
    quiz = quizzes.map_texts(quiz_of(written("true_false", text_true="Holds")), str.upper)
    assert [choice.text for choice in of(quiz.items[0]).choices] == ["HOLDS", "False"]


def test_a_bare_item_is_of_no_kind() -> None:
    with pytest.raises(TypeError, match=r"^the item x is of no kind: read it with quizzes\.read$"):
        quizzes.key_of(Item("x", "essay", "Why?"))


def test_a_quiz_finds_its_items() -> None:
    quiz = whole_quiz()
    assert quiz.item("beds") == quiz.items[3]
    with pytest.raises(KeyError, match="nothing"):
        quiz.item("nothing")
