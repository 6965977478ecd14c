"""One item of each kind as its author writes it, and quizzes made of them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import quizzes
from quizzes.model import Item, Quiz

ITEMS: dict[str, dict[str, Any]] = {
    "single_choice": {
        "id": "first-step",
        "kind": "single_choice",
        "prompt": "What first?",
        "choices": [
            {"id": "count", "text": "Count who has no door", "correct": True, "feedback": "Yes."},
            {"id": "buy", "text": "Buy tents", "feedback": "A tent has no door."},
            {"id": "wait", "text": "Wait", "feedback": "For whom?"},
        ],
        "hints": ["Think of people.", {"text": "Of all of them.", "cost": "1/4"}],
        "feedback": {"correct": "Right.", "incorrect": "Wrong."},
        "review_lesson": "rooms",
        "explanation": "Counting takes a day.",
        "tags": ["start"],
    },
    "multiple_choice": {
        "id": "partners",
        "kind": "multiple_choice",
        "prompt": "Whom do you call?",
        "points": "2",
        "choices": [
            {"id": "hotels", "text": "Hotels", "correct": "true", "feedback": "Rooms."},
            {"id": "nurses", "text": "Nurses", "correct": "true", "feedback": "Names."},
            {"id": "press", "text": "The press", "correct": "false", "feedback": "Later."},
            {"id": "lawyers", "text": "Lawyers", "feedback": "Much later."},
        ],
        "feedback": {"partial": "Partly."},
    },
    "true_false": {
        "id": "hall",
        "kind": "true_false",
        "prompt": "A hall is enough.",
        "correct": False,
        "feedback_true": "A family needs a door.",
        "feedback_false": "So it is.",
    },
    "numeric": {
        "id": "beds",
        "kind": "numeric",
        "prompt": "How many beds?",
        "value": "53",
        "tolerance": "1",
        "unit": "beds",
        "feedback": {"correct": "Right.", "incorrect": "Two thirds of 80."},
    },
    "short_text": {
        "id": "word",
        "kind": "short_text",
        "prompt": "The word?",
        "accept": ["eviction", "eviction order"],
        "feedback": {"incorrect": "It puts people out."},
    },
    "ordering": {
        "id": "order",
        "kind": "ordering",
        "prompt": "In order!",
        "choices": [
            {"id": "count", "text": "Count", "feedback": "First."},
            {"id": "open", "text": "Open", "feedback": "Then."},
            {"id": "follow", "text": "Follow up", "feedback": "Last."},
        ],
    },
    "matching": {
        "id": "who",
        "kind": "matching",
        "prompt": "Who does what?",
        "choices": [{"id": "keys", "text": "Keys"}, {"id": "list", "text": "List"}, {"id": "money", "text": "Money"}],
        "pairs": [
            {"id": "caretaker", "text": "Caretaker", "choice": "keys", "feedback": "Doors."},
            {"id": "nurse", "text": "Nurse", "choice": "list", "feedback": "Names."},
        ],
    },
    "cloze": {
        "id": "report",
        "kind": "cloze",
        "prompt": "Fill in the gaps.",
        "text": "The hall has [[area]] m², [[who]] has the keys, and nobody is [[word]].",
        "blanks": [
            {
                "id": "area",
                "kind": "numeric",
                "value": "1500",
                "tolerance": "10",
                "unit": "m²",
                "points": "2",
                "feedback": {"correct": "Yes.", "incorrect": "Length by width."},
            },
            {
                "id": "who",
                "kind": "choice",
                "choices": [
                    {"id": "porter", "text": "the porter", "correct": True, "feedback": "Day and night."},
                    {"id": "mayor", "text": "the mayor", "feedback": "He sleeps."},
                ],
            },
            {"id": "word", "kind": "short_text", "accept": ["evicted"], "feedback": {"incorrect": "Put out."}},
        ],
    },
    "hotspot": {
        "id": "map",
        "kind": "hotspot",
        "prompt": "Where are doors needed?",
        "figure": "media/plan.svg",
        "alt": "A plan with a hall, a yard and two rooms",
        "choices": [
            {"id": "hall", "text": "The hall", "area": ["0", "0", "50", "50"], "correct": "true", "feedback": "Wide open."},
            {"id": "room", "text": "The room", "area": ["50", "0", "25", "50"], "correct": "true", "feedback": "Open, too."},
            {"id": "yard", "text": "The yard", "area": ["0", "50", "100", "49.5"], "feedback": "It has a gate."},
        ],
    },
    "calculated": {
        "id": "people",
        "kind": "calculated",
        "prompt": "{n} rooms with {k} beds each, and a tenth kept free?",
        "params": {"n": {"from": "10", "to": "50", "step": "5"}, "k": {"from": "1.5", "to": "3", "step": "0.5"}},
        "value": "n × k × 0.9",
        "tolerance": "1/2",
        "unit": "people",
        "hints": ["{n} times {k}."],
        "explanation": "{n} × {k} × 0.9 = {value}.",
        "feedback": {"incorrect": "{value}."},
    },
    "survey": {
        "id": "before",
        "kind": "survey",
        "prompt": "What have you tried?",
        "multiple": "true",
        "other": "true",
        "choices": [
            {"id": "hotels", "text": "Hotels", "feedback": "Many have."},
            {"id": "halls", "text": "Halls"},
        ],
    },
    "reflection": {
        "id": "monday",
        "kind": "reflection",
        "prompt": "What will you do on Monday?",
        "explanation": "Keep it.",
    },
}


def written(kind: str, /, **changes: Any) -> dict[str, Any]:
    """The example of a kind with some keys changed; None takes a key out."""
    item = deepcopy(ITEMS[kind]) | changes
    return {key: value for key, value in item.items() if value is not None}


def quiz_of(*items: dict[str, Any], **rules: Any) -> Quiz:
    read = quizzes.read(rules | {"items": list(items)})
    assert read.faults == ()
    assert read.quiz is not None
    return read.quiz


def item_of(kind: str, /, **changes: Any) -> Item:
    return quiz_of(written(kind, **changes)).items[0]


def whole_quiz(**rules: Any) -> Quiz:
    """One item of each kind."""
    return quiz_of(*ITEMS.values(), **rules)


def choice(name: str = "x", text: str = "X", **more: Any) -> dict[str, Any]:
    """A choice or pair as written."""
    return {"id": name, "text": text, **more}
