"""Every fault of a quiz as written, with its place and the way out; and quizzes that have none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import quizzes
from quizzes.kinds import of
from quizzes.model import Fault, Feedback, Quiz
from tests.quizzes.examples import ITEMS, item_of, quiz_of, whole_quiz, written

REWORD = "a learner cannot tell them apart: word one of them differently"
NUMBER = "write it with a point and without separators, for example `1500`, `1.5` or `1/4`"
LIST = "write each entry on a line that begins with `- `"
KINDS = "`matching`, `multiple_choice`, `numeric`, `ordering`, `short_text`, `single_choice`, `true_false`"


def choice(id: str = "x", text: str = "X", **more: Any) -> dict[str, Any]:
    return {"id": id, "text": text, **more}


RIGHT, WRONG = choice("a", "A", correct="true"), choice("b", "B")
ITEM_FAULTS: list[tuple[str, dict[str, Any], Fault]] = [
    # What every item has
    ("single_choice", {"id": None}, Fault((), "`id` is missing", "add `id: …`", "missing")),
    ("single_choice", {"id": ""}, Fault(("id",), "`id` is empty", "write its text behind the colon", "missing")),
    ("single_choice", {"id": "First Step"},
     Fault(("id",), "`First Step` is not an id: only a-z, 0-9 and - may stand in it", "did you mean `first-step`?", "not-an-id")),
    ("single_choice", {"id": "?"},
     Fault(("id",), "`?` is not an id: only a-z, 0-9 and - may stand in it", "for example `first-step`", "not-an-id")),
    ("single_choice", {"kind": None}, Fault((), "`kind` is missing", "add `kind: …`", "missing")),
    ("single_choice", {"kind": "essay"}, Fault(("kind",), "there is no kind `essay`", f"known here: {KINDS}", "unknown-kind")),
    ("single_choice", {"kind": "single-choice"},
     Fault(("kind",), "there is no kind `single-choice`", "did you mean `single_choice`?", "unknown-kind")),
    ("single_choice", {"prompt": None}, Fault((), "`prompt` is missing", "add `prompt: …`", "missing")),
    ("single_choice", {"prompt": None, "promt": "What?"}, Fault(("promt",), "unknown key `promt`", "did you mean `prompt`?", "unknown-key")),
    ("single_choice", {"prompt": ["What?"]}, Fault(("prompt",), "`prompt` must be a text", "put quotation marks around it", "not-a-text")),
    ("single_choice", {"prompt": True}, Fault(("prompt",), "`prompt` must be a text", "put quotation marks around it", "not-a-text")),
    ("single_choice", {"points": "0"},
     Fault(("points",), "`points` must be above zero", "write `points: 1`, or leave it out", "not-a-number")),
    ("single_choice", {"points": "-1/2"},
     Fault(("points",), "`points` must be above zero", "write `points: 1`, or leave it out", "not-a-number")),
    ("single_choice", {"points": "one"}, Fault(("points",), "`one` is not a number", NUMBER, "not-a-number")),
    ("single_choice", {"points": ""}, Fault(("points",), "`points` is empty", "write its text behind the colon", "missing")),
    ("single_choice", {"credit": "pairs"},
     Fault(("credit",), "`pairs` is not an option for `credit`", "known here: `all_or_nothing`", "not-an-option")),
    ("multiple_choice", {"credit": "halfs"},
     Fault(("credit",), "`halfs` is not an option for `credit`", "did you mean `halves`?", "not-an-option")),
    ("single_choice", {"review_lesson": "roms"},
     Fault(("review_lesson",), "the module has no lesson `roms`", "did you mean `rooms`?", "unknown-lesson")),
    ("single_choice", {"tags": "start"}, Fault(("tags",), "`tags` must be a list", LIST, "not-a-list")),
    ("single_choice", {"tags": ["start", " "]},
     Fault(("tags", 1), "entry 2 of `tags` is empty", "write its text, or take it out", "missing")),
    ("single_choice", {"tags": [["start"]]}, Fault(("tags", 0), "`tags` must be a text", "put quotation marks around it", "not-a-text")),
    ("single_choice", {"feedback": "Well."},
     Fault(("feedback",), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping")),
    ("single_choice", {"feedback": {"wrong": "No."}},
     Fault(("feedback", "wrong"), "unknown key `wrong`", "known here: `correct`, `incorrect`, `partial`", "unknown-key")),
    ("single_choice", {"hints": [["So."]]},
     Fault(("hints", 0), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping")),
    ("single_choice", {"hints": [{"cost": "1/4"}]}, Fault(("hints", 0), "`text` is missing", "add `text: …`", "missing")),
    ("single_choice", {"hints": ["So.", {"text": "Or so.", "cost": "2"}]},
     Fault(("hints", 1, "cost"), "`cost` is a share of the points, from 0 to 1", "for example `cost: 1/4`", "not-a-number")),
    ("single_choice", {"hints": [{"text": "So.", "cost": "little"}]},
     Fault(("hints", 0, "cost"), "`little` is not a number", NUMBER, "not-a-number")),
    ("single_choice", {"hints": [{"text": "So.", "costs": "1"}]},
     Fault(("hints", 0, "costs"), "unknown key `costs`", "did you mean `cost`?", "unknown-key")),
    # Choices
    ("single_choice", {"choices": None}, Fault((), "`choices` is missing", "add `choices:` with a list below it", "missing")),
    ("single_choice", {"choices": []}, Fault(("choices",), "`choices` is empty", LIST, "missing")),
    ("single_choice", {"choices": [RIGHT, WRONG, "C"]},
     Fault(("choices", 2), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping")),
    ("single_choice", {"choices": [RIGHT, choice("a", "B")]},
     Fault(("choices", 1, "id"), "`a` is the id of another one above", "give it another id", "duplicate-id")),
    ("single_choice", {"choices": [RIGHT, choice("b", " a ")]},
     Fault(("choices", 1, "text"), "`b` says the same as `a`", REWORD, "duplicate-text")),
    ("single_choice", {"choices": [RIGHT, choice("b", "")]},
     Fault(("choices", 1, "text"), "`text` is empty", "write its text behind the colon", "missing")),
    ("single_choice", {"choices": [RIGHT, choice("b", "B", correct="no")]},
     Fault(("choices", 1, "correct"), "`correct` must be true or false", "write `true` or `false`", "not-a-flag")),
    ("single_choice", {"choices": [RIGHT, choice("b", "B", feedbak="No.")]},
     Fault(("choices", 1, "feedbak"), "unknown key `feedbak`", "did you mean `feedback`?", "unknown-key")),
    ("single_choice", {"choices": [WRONG, choice()]},
     Fault(("choices",), "no choice is correct", "add `correct: true` to the right one", "no-key")),
    ("single_choice", {"choices": [RIGHT, choice("b", "B", correct=True), choice()]},
     Fault(("choices",), "2 choices are correct: `a`, `b`", "leave one, or write `kind: multiple_choice`", "several-keys")),
    ("multiple_choice", {"choices": [RIGHT, choice("b", "B", correct=True)]},
     Fault(("choices",), "every choice is correct, so nothing is asked", "add a choice that is not", "no-wrong-choice")),
    ("multiple_choice", {"choices": [WRONG, choice()]},
     Fault(("choices",), "no choice is correct", "add `correct: true` to the right one", "no-key")),
    ("multiple_choice", {"choices": [WRONG]}, Fault(("choices",), "`choices` has 1, and 2 are the least", "add to `choices`", "too-few")),
    ("ordering", {"choices": [WRONG, choice()]},
     Fault(("choices",), "`choices` has 2, and 3 are the least", "add to `choices`", "too-few")),
    ("ordering", {"choices": [RIGHT, WRONG, choice()]},
     Fault(("choices", 0, "correct"), "unknown key `correct`", "known here: `feedback`, `id`, `text`", "unknown-key")),
    # true_false
    ("true_false", {"correct": None}, Fault((), "`correct` is missing", "add `correct: true` or `correct: false`", "missing")),
    ("true_false", {"correct": "yes"},
     Fault(("correct",), "`correct` must be true or false", "write `true` or `false`", "not-a-flag")),
    ("true_false", {"text_true": "False"},
     Fault((), "`text_true` and `text_false` say the same", "word one of them differently", "duplicate-text")),
    # numeric
    ("numeric", {"value": None, "tolerance": None},
     Fault((), "neither `value` nor `range` is given", "add `value: 12` or `range: [10, 14]`", "no-key")),
    ("numeric", {"value": "many"}, Fault(("value",), "`many` is not a number", NUMBER, "not-a-number")),
    ("numeric", {"value": ""}, Fault(("value",), "`value` is empty", "write its text behind the colon", "missing")),
    ("numeric", {"range": ["1", "2"], "tolerance": None},
     Fault(("range",), "`value` and `range` exclude each other", "leave one of them", "conflict")),
    ("numeric", {"value": None, "range": ["1", "2"]},
     Fault(("tolerance",), "`tolerance` belongs to a `value`; a `range` says all", "leave one of them", "conflict")),
    ("numeric", {"tolerance": "-1"},
     Fault(("tolerance",), "`tolerance` is below zero", "write how far from the value is still right", "not-an-option")),
    ("numeric", {"tolerance": "some"}, Fault(("tolerance",), "`some` is not a number", NUMBER, "not-a-number")),
    ("numeric", {"value": None, "tolerance": None, "range": ["1"]},
     Fault(("range",), "`range` needs two numbers", "for example `range: [10, 14]`", "not-a-range")),
    ("numeric", {"value": None, "tolerance": None, "range": "1 to 2"}, Fault(("range",), "`range` must be a list", LIST, "not-a-list")),
    ("numeric", {"value": None, "tolerance": None, "range": ["2", "1"]},
     Fault(("range",), "`range` begins above its end", "write the smaller number first", "not-a-range")),
    ("numeric", {"value": None, "tolerance": None, "range": ["-1", "one"]},
     Fault(("range", 1), "`one` is not a number", NUMBER, "not-a-number")),
    ("numeric", {"choices": []}, Fault(("choices",), "unknown key `choices`", "did you mean `hints`?", "unknown-key")),
    # short_text
    ("short_text", {"accept": None}, Fault((), "`accept` is missing", "add `accept:` with a list below it", "missing")),
    ("short_text", {"accept": []}, Fault(("accept",), "`accept` is empty", LIST, "missing")),
    ("short_text", {"accept": ["a", "\u0301"]},
     Fault(("accept", 1), "entry 2 of `accept` holds nothing that could be typed", "write a word", "no-key")),
    ("short_text", {"accept": ["Año", "ano"]},
     Fault(("accept", 1), "`ano` is accepted already, as `Año`", "leave one of them", "duplicate-text")),
    ("short_text", {"accents": "optinal"},
     Fault(("accents",), "`optinal` is not an option for `accents`", "did you mean `optional`?", "not-an-option")),
    # matching
    ("matching", {"pairs": None}, Fault((), "`pairs` is missing", "add `pairs:` with a list below it", "missing")),
    ("matching", {"pairs": [choice(choice="keys"), choice("y", "Y", choice="key")]},
     Fault(("pairs", 1, "choice"), "no choice has the id `key`", "did you mean `keys`?", "unknown-id")),
    ("matching", {"pairs": [choice(choice="keys"), choice("y", "Y")]},
     Fault(("pairs", 1), "`choice` is missing", "add `choice: …`", "missing")),
    ("matching", {"pairs": [choice(choice="keys"), choice("x", "Y", choice="list")]},
     Fault(("pairs", 1, "id"), "`x` is the id of another one above", "give it another id", "duplicate-id")),
    ("matching", {"pairs": [choice(choice="keys"), choice("y", "x", choice="list")]},
     Fault(("pairs", 1, "text"), "`y` says the same as `x`", REWORD, "duplicate-text")),
    ("matching", {"pairs": [choice(choice="keys")]},
     Fault(("pairs",), "`pairs` has 1, and 2 are the least", "add to `pairs`", "too-few")),
    ("matching", {"pairs": [choice(choice="keys"), choice("y", "Y", choice="keys")]},
     Fault(("pairs",), "every pair belongs to the same choice, so nothing is asked", "let the pairs belong to two choices or more",
           "one-choice-for-all")),
]


@pytest.mark.parametrize(("kind", "changes", "fault"), ITEM_FAULTS, ids=lambda value: value.code if isinstance(value, Fault) else "")
def test_fault_of_an_item(kind: str, changes: dict[str, Any], fault: Fault) -> None:
    item = written(kind, **changes)
    read = quizzes.read({"items": [written("single_choice", id="before"), item]}, ["rooms", "rules"])
    here = Fault(("items", 1, *fault.at), fault.message, fault.hint, fault.code)
    others = [each for each in read.faults if each != here]
    assert (read.quiz, here in read.faults) == (None, True), read.faults
    # A wrong key may leave a second trace: the key that was meant is missing, or a choice fewer can be read.
    assert {each.code for each in others} <= {"missing", "no-key", "too-few", "one-choice-for-all", "not-a-range"}, others


QUIZ_FAULTS: list[tuple[object, Fault]] = [
    (["items"], Fault((), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping")),
    ({}, Fault((), "`items` is missing", "add `items:` with a list below it", "missing")),
    ({"items": []}, Fault(("items",), "`items` is empty", LIST, "missing")),
    ({"items": "none"}, Fault(("items",), "`items` must be a list", LIST, "not-a-list")),
    ({"items": [written("numeric"), written("true_false", id="beds")]},
     Fault(("items", 1, "id"), "`beds` is the id of another one above", "give it another id", "duplicate-id")),
    ({"items": [written("numeric")], "attempts": "many"},
     Fault(("attempts",), "`attempts` must be a whole number from 0", "for example `3`", "not-a-number")),
    ({"items": [written("numeric")], "wait_minutes": "-1"},
     Fault(("wait_minutes",), "`wait_minutes` must be a whole number from 0", "for example `3`", "not-a-number")),
    ({"items": [written("numeric")], "counts": "bst"},
     Fault(("counts",), "`bst` is not an option for `counts`", "did you mean `best`?", "not-an-option")),
    ({"items": [written("numeric")], "shuffle": "maybe"},
     Fault(("shuffle",), "`shuffle` must be true or false", "write `true` or `false`", "not-a-flag")),
    ({"items": [written("numeric")], "review": "no_attempts_left"},
     Fault(("review",), "the key would never be shown: attempts have no limit", "limit `attempts`, or change `review`", "conflict")),
    ({"items": [written("numeric")], "atempts": "3"}, Fault(("atempts",), "unknown key `atempts`", "did you mean `attempts`?", "unknown-key")),
]


@pytest.mark.parametrize(("mapping", "fault"), QUIZ_FAULTS)
def test_fault_of_a_quiz(mapping: object, fault: Fault) -> None:
    assert quizzes.read(mapping) == quizzes.model.Read(None, (fault,))


def test_all_faults_are_found_at_once() -> None:
    items = [written("single_choice", prompt=None), written("numeric", value="x"), written("true_false", id="a b")]
    read = quizzes.read({"items": items, "counts": "most"}, [])
    assert [(fault.at, fault.code) for fault in read.faults] == [
        (("items", 0, "review_lesson"), "unknown-lesson"), (("items", 0), "missing"), (("items", 1, "value"), "not-a-number"),
        (("items", 2, "id"), "not-an-id"), (("counts",), "not-an-option"),
    ]
    assert read.faults[0].hint == "there is none yet: take it out"


def test_lessons_are_checked_only_when_they_are_known() -> None:
    mapping = {"items": [written("single_choice")]}
    assert quizzes.read(mapping).faults == quizzes.read(mapping, {"rooms"}).faults == ()


def test_what_is_left_out_has_its_default() -> None:
    quiz = quiz_of(written("multiple_choice", points=None, feedback=None))
    item = quiz.items[0]
    assert (quiz.attempts, quiz.wait_minutes, quiz.counts, quiz.shuffle, quiz.review) == (0, 0, "best", True, "after_attempt")
    assert (item.points, item.credit, item.feedback, item.hints, item.tags) == (1, "net_correct", Feedback(), (), ())
    assert [of(item_of(kind)).credit for kind in ITEMS] == [
        "all_or_nothing", "net_correct", "all_or_nothing", "all_or_nothing", "all_or_nothing", "pairs", "pairs",
    ]


def test_numbers_and_empty_values_may_come_as_they_are() -> None:
    quiz = quiz_of(written("numeric", value=53, unit="") | {"explanation": None}, attempts=3, shuffle=None)
    assert (quiz.attempts, quiz.shuffle, quizzes.describe_key(quiz.items[0])) == (3, True, ("53; from 52 to 54 counts as right",))


VARIED = [
    written("numeric", id="relative", value="1/3", tolerance="12.5%"),
    written("numeric", id="ranged", value=None, tolerance=None, range=["-1.5", "1/7"]),
    written("numeric", id="bare", tolerance=None, unit=None),
    written("true_false", id="reworded", text_true="Holds", text_false="Does not hold", correct="true"),
    written("ordering", id="strict", credit="all_or_nothing", points="1/3"),
    written("short_text", id="accented", accents="required"),
]


def test_a_quiz_written_and_read_again_is_the_same() -> None:
    rules = {"attempts": "2", "wait_minutes": "5", "counts": "average", "shuffle": "false", "review": "never"}
    quiz = quiz_of(*ITEMS.values(), *VARIED, **rules)
    assert quizzes.read(quizzes.to_mapping(quiz)) == quizzes.model.Read(quiz)


# Translations

SPANISH = [
    {"id": "first-step", "prompt": "¿Qué primero?", "explanation": "Un día.", "feedback": {"correct": "Bien."},
     "choices": [{"id": "buy", "text": "Comprar carpas", "feedback": "Sin puerta."}, {"id": "wait", "text": ""}],
     "hints": ["Piense."]},
    {"id": "hall", "text_true": "Verdadero", "text_false": "Falso", "feedback_true": "No."},
    {"id": "beds", "unit": "camas"},
    {"id": "who", "choices": [{"id": "keys", "text": "Llaves"}], "pairs": [{"id": "nurse", "text": "Enfermera"}]},
]


def translated(*items: object, **more: Any) -> quizzes.model.Read:
    return quizzes.translate(whole_quiz(), more | {"items": list(items)})


def test_a_translation_changes_texts_and_falls_back_where_it_has_none() -> None:
    quiz = translated(*SPANISH).quiz
    assert quiz is not None
    first, second, hall, beds, _, _, who = (of(item) for item in quiz.items)
    assert (first.prompt, first.explanation, first.feedback) == ("¿Qué primero?", "Un día.", Feedback("Bien.", "", "Wrong."))
    assert [(c.id, c.text, c.feedback) for c in first.choices] == [
        ("count", "Count who has no door", "Yes."), ("buy", "Comprar carpas", "Sin puerta."), ("wait", "Wait", "For whom?"),
    ]
    assert [hint.text for hint in first.hints] == ["Piense.", "Of all of them."]
    assert second == whole_quiz().items[1]
    assert [(c.text, c.feedback) for c in hall.choices] == [("Verdadero", "No."), ("Falso", "So it is.")]
    assert (beds.unit, [c.text for c in who.choices], [p.text for p in who.pairs]) == (
        "camas", ["Llaves", "List", "Money"], ["Caretaker", "Enfermera"],
    )


def test_a_translation_never_changes_what_a_response_earns() -> None:
    quiz = translated(*SPANISH).quiz
    assert quiz is not None
    assert [quizzes.key_of(item) for item in quiz.items] == [quizzes.key_of(item) for item in whole_quiz().items]
    assert [hint.cost for hint in quiz.items[0].hints] == [hint.cost for hint in whole_quiz().items[0].hints]


def elsewhere(key: str, *at: str | int) -> Fault:
    message = f"`{key}` has no place in a translation, which holds texts only"
    return Fault((*at, key), message, "change it in quiz.yaml", "not-a-text")


@pytest.mark.parametrize(("item", "fault"), [
    ({"id": "first-step", "points": "2"}, elsewhere("points", "items", 0)),
    ({"id": "first-step", "kind": "numeric"}, elsewhere("kind", "items", 0)),
    ({"id": "word", "accept": ["desahucio"]}, elsewhere("accept", "items", 0)),
    ({"id": "first-step", "choices": [{"id": "buy", "correct": "true"}]}, elsewhere("correct", "items", 0, "choices", 0)),
    ({"id": "who", "pairs": [{"id": "nurse", "choice": "keys"}]}, elsewhere("choice", "items", 0, "pairs", 0)),
    ({"id": "first-step", "hints": [{"text": "Piense.", "cost": "0"}]}, elsewhere("cost", "items", 0, "hints", 0)),
    ({"prompt": "¿Qué?"}, Fault(("items", 0), "`id` is missing", "add `id: …`", "missing")),
    ({"id": "bed"}, Fault(("items", 0, "id"), "the quiz has no item `bed`", "did you mean `beds`?", "unknown-id")),
    ({"id": "beds", "promt": "¿?"}, Fault(("items", 0, "promt"), "unknown key `promt`", "did you mean `prompt`?", "unknown-key")),
    ({"id": "first-step", "choices": [{"id": "by", "text": "Comprar"}]},
     Fault(("items", 0, "choices", 0, "id"), "the quiz has no `by` here", "did you mean `buy`?", "unknown-id")),
    ({"id": "first-step", "choices": [{"text": "Comprar"}]},
     Fault(("items", 0, "choices", 0), "`id` is missing", "add `id: …`", "missing")),
    ({"id": "first-step", "choices": [{"id": "buy", "text": "Uno"}, {"id": "buy", "text": "Dos"}]},
     Fault(("items", 0, "choices", 1, "id"), "`buy` stands here twice", "leave one of them", "duplicate-id")),
    ({"id": "first-step", "choices": [{"id": "buy", "text": "wait"}]},
     Fault(("items", 0, "choices"), "`wait` says the same as `buy` in this language", REWORD, "duplicate-text")),
    ({"id": "first-step", "hints": ["Uno.", "Dos.", "Tres."]},
     Fault(("items", 0, "hints"), "the item has 2 hints, and 3 are translated", "translate them in the order of quiz.yaml", "wrong-count")),
    ({"id": "first-step", "hints": [["Uno."]]},
     Fault(("items", 0, "hints", 0), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping")),
    ("beds", Fault(("items", 0), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping")),
])
def test_fault_of_a_translation(item: object, fault: Fault) -> None:
    assert translated(item) == quizzes.model.Read(None, (fault,))


def test_an_item_may_be_translated_once() -> None:
    fault = Fault(("items", 1, "id"), "`beds` stands here twice", "leave one of them", "duplicate-id")
    assert translated({"id": "beds"}, {"id": "beds"}) == quizzes.model.Read(None, (fault,))


@pytest.mark.parametrize(("mapping", "faults"), [
    ({}, ()),
    ({"attempts": "9"}, (elsewhere("attempts"),)),
    ("nada", (Fault((), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping"),)),
])
def test_a_translation_as_a_whole(mapping: object, faults: tuple[Fault, ...]) -> None:
    assert quizzes.translate(whole_quiz(), mapping) == quizzes.model.Read(None if faults else whole_quiz(), faults)


# Completeness

def lengths(*keys_are_longest: bool) -> Quiz:
    return quiz_of(*(
        written("single_choice", id=f"item-{n}", choices=[
            choice("right", "Right " * (9 if longest else 1), correct="true", feedback="Yes."), choice("wrong", "Wrong, too", feedback="No."),
        ])
        for n, longest in enumerate(keys_are_longest)
    ))


def test_a_complete_quiz_lacks_nothing() -> None:
    assert quizzes.completeness(whole_quiz()) == ()


@pytest.mark.parametrize(("kind", "spoil", "fault"), [
    ("single_choice", lambda item: item["choices"][2].pop("feedback"),
     Fault(("items", 0, "choices", 2), "`wait` has no feedback", "say why it is right or wrong: `feedback: …`", "no-feedback")),
    ("matching", lambda item: item["pairs"][1].pop("feedback"),
     Fault(("items", 0, "pairs", 1), "`nurse` has no feedback", "say why it is right or wrong: `feedback: …`", "no-feedback")),
    ("true_false", lambda item: item.pop("feedback_false"),
     Fault(("items", 0), "`hall` has no `feedback_false`", "add `feedback_false: …`", "no-feedback")),
    ("numeric", lambda item: item.pop("feedback"),
     Fault(("items", 0), "`beds` says nothing to a wrong response", "add `feedback: {correct: …, incorrect: …}`", "no-feedback")),
    ("short_text", lambda item: item["feedback"].pop("incorrect"),
     Fault(("items", 0), "`word` says nothing to a wrong response", "add `feedback: {correct: …, incorrect: …}`", "no-feedback")),
])
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
