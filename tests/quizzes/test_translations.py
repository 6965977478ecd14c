"""A translation carries texts only, by id; everything else in it is a fault."""

from __future__ import annotations

from typing import Any

import pytest

import quizzes
from quizzes.kinds import of
from quizzes.model import Fault, Feedback, Read
from tests.quizzes.examples import whole_quiz

REWORD = "a learner cannot tell them apart: word one of them differently"

SPANISH = [
    {
        "id": "first-step",
        "prompt": "¿Qué primero?",
        "explanation": "Un día.",
        "feedback": {"correct": "Bien."},
        "choices": [{"id": "buy", "text": "Comprar carpas", "feedback": "Sin puerta."}, {"id": "wait", "text": ""}],
        "hints": ["Piense."],
    },
    {"id": "hall", "text_true": "Verdadero", "text_false": "Falso", "feedback_true": "No."},
    {"id": "beds", "unit": "camas"},
    {"id": "who", "choices": [{"id": "keys", "text": "Llaves"}], "pairs": [{"id": "nurse", "text": "Enfermera"}]},
]


def translated(*items: object, **more: Any) -> Read:
    return quizzes.translate(whole_quiz(), more | {"items": list(items)})


def test_a_translation_changes_texts_and_falls_back_where_it_has_none() -> None:
    quiz = translated(*SPANISH).quiz
    assert quiz is not None
    first, second, hall, beds, _, _, who, *_ = (of(item) for item in quiz.items)
    assert (first.prompt, first.explanation, first.feedback) == ("¿Qué primero?", "Un día.", Feedback("Bien.", "", "Wrong."))
    assert [(c.id, c.text, c.feedback) for c in first.choices] == [
        ("count", "Count who has no door", "Yes."),
        ("buy", "Comprar carpas", "Sin puerta."),
        ("wait", "Wait", "For whom?"),
    ]
    assert [hint.text for hint in first.hints] == ["Piense.", "Of all of them."]
    assert second == whole_quiz().items[1]
    assert [(c.text, c.feedback) for c in hall.choices] == [("Verdadero", "No."), ("Falso", "So it is.")]
    assert (beds.unit, [c.text for c in who.choices], [p.text for p in who.pairs]) == (
        "camas",
        ["Llaves", "List", "Money"],
        ["Caretaker", "Enfermera"],
    )


def test_a_translation_never_changes_what_a_response_earns() -> None:
    quiz = translated(*SPANISH).quiz
    assert quiz is not None
    assert [quizzes.key_of(item) for item in quiz.items] == [quizzes.key_of(item) for item in whole_quiz().items]
    assert [hint.cost for hint in quiz.items[0].hints] == [hint.cost for hint in whole_quiz().items[0].hints]


def elsewhere(key: str, *at: str | int) -> Fault:
    message = f"`{key}` has no place in a translation, which holds texts only"
    return Fault((*at, key), message, "change it in quiz.yaml", "not-a-text")


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        ({"id": "first-step", "points": "2"}, elsewhere("points", "items", 0)),
        ({"id": "first-step", "kind": "numeric"}, elsewhere("kind", "items", 0)),
        ({"id": "word", "accept": ["desahucio"]}, elsewhere("accept", "items", 0)),
        ({"id": "first-step", "choices": [{"id": "buy", "correct": "true"}]}, elsewhere("correct", "items", 0, "choices", 0)),
        ({"id": "who", "pairs": [{"id": "nurse", "choice": "keys"}]}, elsewhere("choice", "items", 0, "pairs", 0)),
        ({"id": "first-step", "hints": [{"text": "Piense.", "cost": "0"}]}, elsewhere("cost", "items", 0, "hints", 0)),
        ({"prompt": "¿Qué?"}, Fault(("items", 0), "`id` is missing", "add `id: …`", "missing")),
        ({"id": "bed"}, Fault(("items", 0, "id"), "the quiz has no item `bed`", "did you mean `beds`?", "unknown-id")),
        (
            {"id": "beds", "promt": "¿?"},
            Fault(("items", 0, "promt"), "unknown key `promt`", "did you mean `prompt`?", "unknown-key"),
        ),
        (
            {"id": "first-step", "choices": [{"id": "by", "text": "Comprar"}]},
            Fault(("items", 0, "choices", 0, "id"), "the quiz has no `by` here", "did you mean `buy`?", "unknown-id"),
        ),
        (
            {"id": "first-step", "choices": [{"text": "Comprar"}]},
            Fault(("items", 0, "choices", 0), "`id` is missing", "add `id: …`", "missing"),
        ),
        (
            {"id": "first-step", "choices": [{"id": "buy", "text": "Uno"}, {"id": "buy", "text": "Dos"}]},
            Fault(("items", 0, "choices", 1, "id"), "`buy` stands here twice", "leave one of them", "duplicate-id"),
        ),
        (
            {"id": "first-step", "choices": [{"id": "buy", "text": "wait"}]},
            Fault(("items", 0, "choices"), "`wait` says the same as `buy` in this language", REWORD, "duplicate-text"),
        ),
        (
            {"id": "first-step", "hints": ["Uno.", "Dos.", "Tres."]},
            Fault(
                ("items", 0, "hints"),
                "the item has 2 hints, and 3 are translated",
                "translate them in the order of quiz.yaml",
                "wrong-count",
            ),
        ),
        (
            {"id": "first-step", "hints": [["Uno."]]},
            Fault(
                ("items", 0, "hints", 0),
                "here must stand entries `key: value`",
                "for example `id: first-step`",
                "not-a-mapping",
            ),
        ),
        ("beds", Fault(("items", 0), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping")),
    ],
)
def test_fault_of_a_translation(item: object, fault: Fault) -> None:
    assert translated(item) == Read(None, (fault,))


def test_an_item_may_be_translated_once() -> None:
    fault = Fault(("items", 1, "id"), "`beds` stands here twice", "leave one of them", "duplicate-id")
    assert translated({"id": "beds"}, {"id": "beds"}) == Read(None, (fault,))


@pytest.mark.parametrize(
    ("mapping", "faults"),
    [
        ({}, ()),
        ({"attempts": "9"}, (elsewhere("attempts"),)),
        ("nada", (Fault((), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping"),)),
    ],
)
def test_a_translation_as_a_whole(mapping: object, faults: tuple[Fault, ...]) -> None:
    assert quizzes.translate(whole_quiz(), mapping) == Read(None if faults else whole_quiz(), faults)
