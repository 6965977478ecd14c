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
        ("cloze", {"pairs": {"area": "1505", "who": "porter", "word": "Evicted"}}, "correct", "1"),
        ("cloze", {"pairs": {"area": "1.495,5 m²"}}, "partial", "1/2"),
        ("cloze", {"pairs": {"who": "porter"}}, "partial", "1/4"),
        ("cloze", {"pairs": {"who": "mayor", "word": "x", "area": "1"}}, "incorrect", "0"),
        ("cloze", {"pairs": {"who": "unknown", "else": "1500", "word": " "}}, "not_answered", "0"),
        ("hotspot", {"choices": ["hall", "room"]}, "correct", "1"),
        ("hotspot", {"choices": ["hall"]}, "partial", "1/2"),
        ("hotspot", {"choices": ["hall", "room", "yard"]}, "incorrect", "0"),
        ("calculated", {"text": "13.5"}, "correct", "1"),
        ("calculated", {"text": "14"}, "correct", "1"),
        ("calculated", {"text": "14.1 people"}, "incorrect", "0"),
        ("survey", {"choices": ["hotels", "halls"]}, "recorded", "0"),
        ("survey", {"text": "tents"}, "recorded", "0"),
        ("survey", {"choices": ["unknown"]}, "not_answered", "0"),
        ("reflection", {"text": "Call the hotels."}, "recorded", "0"),
        ("reflection", {"text": " \n "}, "not_answered", "0"),
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
        ("cloze", {"credit": "all_or_nothing"}, {"pairs": {"area": "1500", "who": "porter"}}, "0"),
        ("ordering", {"credit": "adjacent_pairs"}, {"choices": ["follow", "count", "open"]}, "1/2"),
        ("ordering", {"credit": "longest_run"}, {"choices": ["open", "follow", "count"]}, "1/2"),
        ("numeric", {"unit": "m", "units": [{"text": "km", "factor": "1000"}], "value": "1500"}, {"text": "1.5 km"}, "1"),
        ("numeric", {"unit": "m", "units": [{"text": "km", "factor": "1000"}], "value": "1500"}, {"text": "1500 m"}, "1"),
        ("survey", {"multiple": "false"}, {"choices": ["hotels", "halls"]}, "0"),
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
        ("short_text", {"accept": ["informal"], "distance": "1"}, {"text": "Imformal"}, "1"),
        ("short_text", {"accept": ["informal"], "distance": "1"}, {"text": "formal"}, "0"),
        ("short_text", {"accept": ["informal"], "distance": "2"}, {"text": "formal"}, "1"),
        ("short_text", {"accept": ["informal"], "distance": "2", "reject": ["formal"]}, {"text": "formal"}, "0"),
        ("short_text", {"accept": ["informal"], "distance": "2", "reject": ["formal"]}, {"text": "nformal"}, "0"),
        ("short_text", {"accept": ["informal"], "distance": "2", "reject": ["formal"]}, {"text": "informel"}, "1"),
        ("short_text", {"accept": ["informal"], "distance": "2", "reject": ["formal"]}, {"text": "informal"}, "1"),
        ("short_text", {"accept": ["informal"], "distance": "0", "reject": ["formal"]}, {"text": "infomal"}, "0"),
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
        (
            "cloze",
            {"pairs": {"area": "1", "who": "mayor"}},
            (Remark("area", "Length by width.", False), Remark("who", "He sleeps.", False)),
        ),
        ("cloze", {"pairs": {"area": "1500", "word": "evicted"}}, (Remark("area", "Yes.", True),)),
        ("hotspot", {"choices": ["yard"]}, (Remark("yard", "It has a gate.", False),)),
        ("survey", {"choices": ["halls", "hotels"]}, (Remark("hotels", "Many have."),)),
        ("reflection", {"text": "x"}, ()),
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
        ("reflection", " x  y ", ""),
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
        (
            "cloze",
            {},
            {"pairs": {"area": "1500", "who": "porter", "word": "evicted"}},
            ("1. 1500 m²; from 1490 to 1510 counts as right", "2. the porter", "3. evicted"),
        ),
        ("hotspot", {}, {"choices": ["hall", "room"]}, ("The hall", "The room")),
        ("calculated", {}, {"text": "13.5"}, ("13.5 people; from 13 to 14 counts as right",)),
        ("survey", {}, {}, ()),
        ("reflection", {}, {}, ()),
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
        (
            "cloze",
            {"r.report.area": ["1,5"], "r.report.who": ["mayor"], "r.report.word": ["a\0b"], "r.report": ["x"]},
            {"pairs": {"area": "1,5", "who": "mayor", "word": "ab"}},
            "",
        ),
        (
            "cloze",
            {"r.report.area": ["1,500"], "r.report.who": ["else"]},
            {"pairs": {"area": "1,500"}},
            "Gap 1: “1,500” can mean 1500 or 1.5. Write 1500 or 1.5.",
        ),
        ("cloze", {}, {}, ""),
        ("hotspot", {"r.map": ["hall", "else"]}, {"choices": ["hall"]}, ""),
        ("calculated", {"r.people": ["12"]}, {"text": "12"}, ""),
        ("survey", {"r.before": ["halls"], "r.before.other": [" tents "]}, {"choices": ["halls"], "text": "tents"}, ""),
        ("reflection", {"r.monday": [" one\r\ntwo\rthree\0 "]}, {"text": "one\ntwo\nthree"}, ""),
        (
            "reflection",
            {"r.monday": ["x" * 6234]},
            {"text": "x" * 5000},
            "Up to 5,000 characters are kept: shorten your text by 1,234.",
        ),
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
    assert outcome.score == Score(Fraction(11), Fraction(11))
    assert [each.item_id for each in outcome.items] == [item.id for item in quiz.items]
    del keys["partners"]
    assert quizzes.grade(quiz, keys).score == Score(Fraction(9), Fraction(11))
    assert quizzes.grade(quiz, {}).score == Score(Fraction(0), Fraction(11))
    assert (quiz.count, quiz.points) == (12, Fraction(11))


WEIGHED = [
    {"id": "a", "text": "A", "weight": "1"},
    {"id": "b", "text": "B", "weight": "-1/2"},
]
AREAS = [["0", "0", "9", "9"], ["9", "0", "9", "9"]]


def test_every_rule_of_credit_has_its_words() -> None:
    for kind, cls in KINDS.items():
        for credit, words in cls.CREDITS.items() if cls.IS_GRADED else ():
            choices = [
                choice | ({"area": area} if kind == "hotspot" else {}) for choice, area in zip(WEIGHED, AREAS, strict=True)
            ]
            changes = {"choices": choices} if credit == "weights" else {}
            assert quizzes.credit_in_words(item_of(kind, credit=credit, **changes)) == words


WEIGHTED_CHOICE = [
    {"id": "a", "text": "A", "weight": "1", "feedback": "Best."},
    {"id": "b", "text": "B", "weight": "1/4", "feedback": "Well."},
    {"id": "c", "text": "C", "weight": "-1/4", "feedback": "No."},
]


@pytest.mark.parametrize(("ticked", "raw", "is_right"), [("a", "1", True), ("b", "1/4", None), ("c", "0", False)])
def test_one_choice_may_earn_a_part(ticked: str, raw: str, is_right: bool | None) -> None:
    found = outcome("single_choice", {"choices": [ticked]}, credit="weights", choices=WEIGHTED_CHOICE, feedback=None)
    assert (found.score.raw, found.remarks[0].is_right) == (Fraction(raw), is_right)


def test_several_choices_may_weigh_differently() -> None:
    weights = {"hotels": "3/4", "nurses": "1/4", "press": "-1/2", "lawyers": "0"}
    choices = [{"id": name, "text": name, "weight": weight} for name, weight in weights.items()]
    changes: dict[str, Any] = {"credit": "weights", "choices": choices, "points": "1"}
    assert quizzes.key_of(item_of("multiple_choice", **changes)) == Response(choices=("hotels", "nurses"))
    for ticked, raw in (
        (["hotels"], "3/4"),
        (["hotels", "press"], "1/4"),
        (["hotels", "nurses", "lawyers"], "1"),
        (list(weights), "0"),
    ):
        assert outcome("multiple_choice", {"choices": ticked}, **changes).score.raw == Fraction(raw)


def test_an_item_that_is_not_graded_says_so() -> None:
    assert quizzes.credit_in_words(item_of("survey")) == "This is not graded: there is no right or wrong response."
    assert quizzes.credit_in_words(item_of("reflection")) == "This is not graded. What you write is kept for you."


def test_texts_are_written_anew_everywhere_and_nothing_else_is() -> None:
    quiz = quizzes.map_texts(whole_quiz(), lambda text: f"<p>{text}</p>", lambda text: f"<b>{text}</b>")
    first, _, true_false, numeric, short_text, _, matching, *_ = (of(item) for item in quiz.items)
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
