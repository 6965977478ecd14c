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
