"""Every fault of a quiz as written, with its place and the way out."""

from __future__ import annotations

from typing import Any

import pytest

import quizzes
from quizzes.model import Fault, Read
from tests.quizzes.examples import choice, written

REWORD = "a learner cannot tell them apart: word one of them differently"
NUMBER = "write it with a point and without separators, for example `1500`, `1.5` or `1/4`"
LIST = "write each entry on a line that begins with `- `"
KINDS = (
    "`calculated`, `cloze`, `hotspot`, `matching`, `multiple_choice`, `numeric`, `ordering`, `reflection`, `short_text`, "
    "`single_choice`, `survey`, `true_false`"
)

RIGHT, WRONG = choice("a", "A", correct="true"), choice("b", "B")
ITEM_FAULTS: list[tuple[str, dict[str, Any], Fault]] = [
    # What every item has
    ("single_choice", {"id": None}, Fault((), "`id` is missing", "add `id: …`", "missing")),
    ("single_choice", {"id": ""}, Fault(("id",), "`id` is empty", "write its text behind the colon", "missing")),
    (
        "single_choice",
        {"id": "First Step"},
        Fault(
            ("id",), "`First Step` is not an id: only a-z, 0-9 and - may stand in it", "did you mean `first-step`?", "not-an-id"
        ),
    ),
    (
        "single_choice",
        {"id": "?"},
        Fault(("id",), "`?` is not an id: only a-z, 0-9 and - may stand in it", "for example `first-step`", "not-an-id"),
    ),
    ("single_choice", {"kind": None}, Fault((), "`kind` is missing", "add `kind: …`", "missing")),
    ("single_choice", {"kind": "essay"}, Fault(("kind",), "there is no kind `essay`", f"known here: {KINDS}", "unknown-kind")),
    (
        "single_choice",
        {"kind": "single-choice"},
        Fault(("kind",), "there is no kind `single-choice`", "did you mean `single_choice`?", "unknown-kind"),
    ),
    ("single_choice", {"prompt": None}, Fault((), "`prompt` is missing", "add `prompt: …`", "missing")),
    ("single_choice", {"promt": "What?"}, Fault(("promt",), "unknown key `promt`", "did you mean `prompt`?", "unknown-key")),
    (
        "single_choice",
        {"prompt": ["What?"]},
        Fault(("prompt",), "`prompt` must be a text", "put quotation marks around it", "not-a-text"),
    ),
    (
        "single_choice",
        {"prompt": True},
        Fault(("prompt",), "`prompt` must be a text", "put quotation marks around it", "not-a-text"),
    ),
    (
        "single_choice",
        {"points": "0"},
        Fault(("points",), "`points` must be above zero", "write `points: 1`, or leave it out", "not-a-number"),
    ),
    (
        "single_choice",
        {"points": "-1/2"},
        Fault(("points",), "`points` must be above zero", "write `points: 1`, or leave it out", "not-a-number"),
    ),
    ("single_choice", {"points": "one"}, Fault(("points",), "`one` is not a number", NUMBER, "not-a-number")),
    ("single_choice", {"points": ""}, Fault(("points",), "`points` is empty", "write its text behind the colon", "missing")),
    (
        "single_choice",
        {"credit": "pairs"},
        Fault(("credit",), "`pairs` is not an option for `credit`", "known here: `all_or_nothing`, `weights`", "not-an-option"),
    ),
    (
        "multiple_choice",
        {"credit": "halfs"},
        Fault(("credit",), "`halfs` is not an option for `credit`", "did you mean `halves`?", "not-an-option"),
    ),
    (
        "single_choice",
        {"review_lesson": "roms"},
        Fault(("review_lesson",), "the module has no lesson `roms`", "did you mean `rooms`?", "unknown-lesson"),
    ),
    ("single_choice", {"tags": "start"}, Fault(("tags",), "`tags` must be a list", LIST, "not-a-list")),
    (
        "single_choice",
        {"tags": ["start", " "]},
        Fault(("tags", 1), "entry 2 of `tags` is empty", "write its text, or take it out", "missing"),
    ),
    (
        "single_choice",
        {"tags": [["start"]]},
        Fault(("tags", 0), "`tags` must be a text", "put quotation marks around it", "not-a-text"),
    ),
    (
        "single_choice",
        {"feedback": "Well."},
        Fault(("feedback",), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping"),
    ),
    (
        "single_choice",
        {"feedback": {"wrong": "No."}},
        Fault(("feedback", "wrong"), "unknown key `wrong`", "known here: `correct`, `incorrect`, `partial`", "unknown-key"),
    ),
    (
        "single_choice",
        {"hints": [["So."]]},
        Fault(("hints", 0), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping"),
    ),
    ("single_choice", {"hints": [{"cost": "1/4"}]}, Fault(("hints", 0), "`text` is missing", "add `text: …`", "missing")),
    (
        "single_choice",
        {"hints": ["So.", {"text": "Or so.", "cost": "2"}]},
        Fault(("hints", 1, "cost"), "`cost` is a share of the points, from 0 to 1", "for example `cost: 1/4`", "not-a-number"),
    ),
    (
        "single_choice",
        {"hints": [{"text": "So.", "cost": "little"}]},
        Fault(("hints", 0, "cost"), "`little` is not a number", NUMBER, "not-a-number"),
    ),
    (
        "single_choice",
        {"hints": [{"text": "So.", "costs": "1"}]},
        Fault(("hints", 0, "costs"), "unknown key `costs`", "did you mean `cost`?", "unknown-key"),
    ),
    # Choices
    ("single_choice", {"choices": None}, Fault((), "`choices` is missing", "add `choices:` with a list below it", "missing")),
    ("single_choice", {"choices": []}, Fault(("choices",), "`choices` is empty", LIST, "missing")),
    (
        "single_choice",
        {"choices": [RIGHT, WRONG, "C"]},
        Fault(("choices", 2), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping"),
    ),
    (
        "single_choice",
        {"choices": [RIGHT, choice("a", "B")]},
        Fault(("choices", 1, "id"), "`a` is the id of another one above", "give it another id", "duplicate-id"),
    ),
    (
        "single_choice",
        {"choices": [RIGHT, choice("b", " a ")]},
        Fault(("choices", 1, "text"), "`b` says the same as `a`", REWORD, "duplicate-text"),
    ),
    (
        "single_choice",
        {"choices": [RIGHT, choice("b", "")]},
        Fault(("choices", 1, "text"), "`text` is empty", "write its text behind the colon", "missing"),
    ),
    (
        "single_choice",
        {"choices": [RIGHT, choice("b", "B", correct="no")]},
        Fault(("choices", 1, "correct"), "`correct` must be true or false", "write `true` or `false`", "not-a-flag"),
    ),
    (
        "single_choice",
        {"choices": [RIGHT, choice("b", "B", feedbak="No.")]},
        Fault(("choices", 1, "feedbak"), "unknown key `feedbak`", "did you mean `feedback`?", "unknown-key"),
    ),
    (
        "single_choice",
        {"choices": [WRONG, choice()]},
        Fault(("choices",), "no choice is correct", "add `correct: true` to the right one", "no-key"),
    ),
    (
        "single_choice",
        {"choices": [RIGHT, choice("b", "B", correct=True), choice()]},
        Fault(("choices",), "2 choices are correct: `a`, `b`", "leave one, or write `kind: multiple_choice`", "several-keys"),
    ),
    (
        "multiple_choice",
        {"choices": [RIGHT, choice("b", "B", correct=True)]},
        Fault(("choices",), "every choice is correct, so nothing is asked", "add a choice that is not", "no-wrong-choice"),
    ),
    (
        "multiple_choice",
        {"choices": [WRONG, choice()]},
        Fault(("choices",), "no choice is correct", "add `correct: true` to the right one", "no-key"),
    ),
    (
        "multiple_choice",
        {"choices": [RIGHT]},
        Fault(("choices",), "`choices` has 1, and 2 are the least", "add to `choices`", "too-few"),
    ),
    (
        "ordering",
        {"choices": [WRONG, choice()]},
        Fault(("choices",), "`choices` has 2, and 3 are the least", "add to `choices`", "too-few"),
    ),
    (
        "ordering",
        {"choices": [RIGHT, WRONG, choice()]},
        Fault(("choices", 0, "correct"), "unknown key `correct`", "known here: `feedback`, `id`, `text`", "unknown-key"),
    ),
    # Weights
    (
        "multiple_choice",
        {"choices": [RIGHT, choice("b", "B", weight="-1/2")]},
        Fault(
            ("choices", 1, "weight"),
            "`weight` counts only where the item says `credit: weights`",
            "add `credit: weights` to the item, or take `weight` out",
            "conflict",
        ),
    ),
    (
        "multiple_choice",
        {"credit": "weights", "choices": [choice("a", "A", weight="1"), choice("b", "B", correct="false")]},
        Fault(("choices", 1, "correct"), "the `weight` says already what is correct", "take `correct` out", "conflict"),
    ),
    (
        "multiple_choice",
        {"credit": "weights", "choices": [choice("a", "A", weight="1"), choice("b", "B", weight="-5/4")]},
        Fault(
            ("choices", 1, "weight"),
            "`weight` is a share of the points, from -1 to 1",
            "for example `weight: 1/2`",
            "not-a-number",
        ),
    ),
    (
        "multiple_choice",
        {"credit": "weights", "choices": [choice("a", "A", weight="1/2"), choice("b", "B", weight="1/4"), choice("c", "C")]},
        Fault(
            ("choices",),
            "the weights of the right choices add up to 3/4, and must to 1",
            "for example two choices with `weight: 1/2`",
            "wrong-weights",
        ),
    ),
    (
        "multiple_choice",
        {"credit": "weights", "choices": [choice("a", "A"), choice("b", "B", weight="-1")]},
        Fault(("choices",), "no choice is correct", "give the right one `weight: 1`", "no-key"),
    ),
    (
        "single_choice",
        {"credit": "weights", "choices": [choice("a", "A", weight="1/2"), choice("b", "B")]},
        Fault(("choices",), "no choice is correct", "give the right one `weight: 1`", "no-key"),
    ),
    # true_false
    ("true_false", {"correct": None}, Fault((), "`correct` is missing", "add `correct: true` or `correct: false`", "missing")),
    (
        "true_false",
        {"correct": "yes"},
        Fault(("correct",), "`correct` must be true or false", "write `true` or `false`", "not-a-flag"),
    ),
    (
        "true_false",
        {"text_true": "False"},
        Fault((), "`text_true` and `text_false` say the same", "word one of them differently", "duplicate-text"),
    ),
    # numeric
    (
        "numeric",
        {"value": None, "tolerance": None},
        Fault((), "neither `value` nor `range` is given", "add `value: 12` or `range: [10, 14]`", "no-key"),
    ),
    ("numeric", {"value": "many"}, Fault(("value",), "`many` is not a number", NUMBER, "not-a-number")),
    ("numeric", {"value": ""}, Fault(("value",), "`value` is empty", "write its text behind the colon", "missing")),
    (
        "numeric",
        {"range": ["1", "2"], "tolerance": None},
        Fault(("range",), "`value` and `range` exclude each other", "leave one of them", "conflict"),
    ),
    (
        "numeric",
        {"value": None, "range": ["1", "2"]},
        Fault(("tolerance",), "`tolerance` belongs to a `value`; a `range` says all", "leave one of them", "conflict"),
    ),
    (
        "numeric",
        {"tolerance": "-1"},
        Fault(("tolerance",), "`tolerance` is below zero", "write how far from the value is still right", "not-an-option"),
    ),
    ("numeric", {"tolerance": "some"}, Fault(("tolerance",), "`some` is not a number", NUMBER, "not-a-number")),
    (
        "numeric",
        {"value": None, "tolerance": None, "range": ["1"]},
        Fault(("range",), "`range` needs two numbers", "for example `range: [10, 14]`", "not-a-range"),
    ),
    (
        "numeric",
        {"value": None, "tolerance": None, "range": "1 to 2"},
        Fault(("range",), "`range` must be a list", LIST, "not-a-list"),
    ),
    (
        "numeric",
        {"value": None, "tolerance": None, "range": ["2", "1"]},
        Fault(("range",), "`range` begins above its end", "write the smaller number first", "not-a-range"),
    ),
    (
        "numeric",
        {"value": None, "tolerance": None, "range": ["-1", "one"]},
        Fault(("range", 1), "`one` is not a number", NUMBER, "not-a-number"),
    ),
    ("numeric", {"valeu": "5"}, Fault(("valeu",), "unknown key `valeu`", "did you mean `value`?", "unknown-key")),
    (
        "numeric",
        {"unit": None, "units": [{"text": "rooms", "factor": "2"}]},
        Fault(("units",), "`units` without a `unit` to count in", "add `unit: …`, in which the value is given", "missing"),
    ),
    (
        "numeric",
        {"units": [{"text": "rooms", "factor": "2"}, {"text": "Beds ", "factor": "3"}]},
        Fault(("units", 1), "`Beds` stands here twice", "leave one of them", "duplicate-text"),
    ),
    (
        "numeric",
        {"units": [{"text": "rooms"}]},
        Fault(("units", 0), "`factor` is missing", "write how many of the `unit` make one: `factor: 1000`", "missing"),
    ),
    (
        "numeric",
        {"units": [{"text": "rooms", "factor": "0"}]},
        Fault(("units", 0, "factor"), "`factor` must be above zero", "for example `factor: 1000`", "not-a-number"),
    ),
    (
        "numeric",
        {"units": [{"text": "rooms", "factor": "two"}]},
        Fault(("units", 0, "factor"), "`two` is not a number", NUMBER, "not-a-number"),
    ),
    # short_text
    (
        "short_text",
        {"distance": "3"},
        Fault(("distance",), "`3` is not an option for `distance`", "known here: `0`, `1`, `2`", "not-an-option"),
    ),
    (
        "short_text",
        {"accept": ["formal", "due"], "distance": "1"},
        Fault(
            ("accept", 1),
            "`due` is too short for a distance of 1: other words are as near",
            "leave out `distance`, or accept 4 letters or more",
            "too-near",
        ),
    ),
    (
        "short_text",
        {"accept": ["formal"], "reject": ["informal", "Formal"]},
        Fault(("reject", 1), "`Formal` is accepted and rejected", "take it out of one of the lists", "conflict"),
    ),
    ("short_text", {"accept": None}, Fault((), "`accept` is missing", "add `accept:` with a list below it", "missing")),
    ("short_text", {"accept": []}, Fault(("accept",), "`accept` is empty", LIST, "missing")),
    (
        "short_text",
        {"accept": ["a", "\u0301"]},
        Fault(("accept", 1), "entry 2 of `accept` holds nothing that could be typed", "write a word", "no-key"),
    ),
    (
        "short_text",
        {"accept": ["Año", "ano"]},
        Fault(("accept", 1), "`ano` is accepted already, as `Año`", "leave one of them", "duplicate-text"),
    ),
    (
        "short_text",
        {"accents": "optinal"},
        Fault(("accents",), "`optinal` is not an option for `accents`", "did you mean `optional`?", "not-an-option"),
    ),
    # matching
    ("matching", {"pairs": None}, Fault((), "`pairs` is missing", "add `pairs:` with a list below it", "missing")),
    (
        "matching",
        {"pairs": [choice(choice="keys"), choice("y", "Y", choice="key")]},
        Fault(("pairs", 1, "choice"), "no choice has the id `key`", "did you mean `keys`?", "unknown-id"),
    ),
    (
        "matching",
        {"pairs": [choice(choice="keys"), choice("y", "Y")]},
        Fault(("pairs", 1), "`choice` is missing", "add `choice: …`", "missing"),
    ),
    (
        "matching",
        {"pairs": [choice(choice="keys"), choice("x", "Y", choice="list")]},
        Fault(("pairs", 1, "id"), "`x` is the id of another one above", "give it another id", "duplicate-id"),
    ),
    (
        "matching",
        {"pairs": [choice(choice="keys"), choice("y", "x", choice="list")]},
        Fault(("pairs", 1, "text"), "`y` says the same as `x`", REWORD, "duplicate-text"),
    ),
    (
        "matching",
        {"pairs": [choice(choice="keys")]},
        Fault(("pairs",), "`pairs` has 1, and 2 are the least", "add to `pairs`", "too-few"),
    ),
    (
        "matching",
        {"pairs": [choice(choice="keys"), choice("y", "Y", choice="keys")]},
        Fault(
            ("pairs",),
            "every pair belongs to the same choice, so nothing is asked",
            "let the pairs belong to two choices or more",
            "one-choice-for-all",
        ),
    ),
]


@pytest.mark.parametrize(
    ("kind", "changes", "fault"), ITEM_FAULTS, ids=lambda value: value.code if isinstance(value, Fault) else ""
)
def test_fault_of_an_item(kind: str, changes: dict[str, Any], fault: Fault) -> None:
    item = written(kind, **changes)
    read = quizzes.read({"items": [written("single_choice", id="before"), item]}, ["rooms", "rules"])
    here = Fault(("items", 1, *fault.at), fault.message, fault.hint, fault.code)
    assert read == Read(None, (here,))


QUIZ_FAULTS: list[tuple[object, Fault]] = [
    (["items"], Fault((), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping")),
    ({}, Fault((), "`items` is missing", "add `items:` with a list below it", "missing")),
    ({"items": []}, Fault(("items",), "`items` is empty", LIST, "missing")),
    ({"items": "none"}, Fault(("items",), "`items` must be a list", LIST, "not-a-list")),
    (
        {"items": [written("numeric"), written("true_false", id="beds")]},
        Fault(("items", 1, "id"), "`beds` is the id of another one above", "give it another id", "duplicate-id"),
    ),
    (
        {"items": [written("numeric")], "attempts": "many"},
        Fault(("attempts",), "`attempts` must be a whole number from 0", "for example `3`", "not-a-number"),
    ),
    (
        {"items": [written("numeric")], "wait_minutes": "-1"},
        Fault(("wait_minutes",), "`wait_minutes` must be a whole number from 0", "for example `3`", "not-a-number"),
    ),
    (
        {"items": [written("numeric")], "counts": "bst"},
        Fault(("counts",), "`bst` is not an option for `counts`", "did you mean `best`?", "not-an-option"),
    ),
    (
        {"items": [written("numeric")], "shuffle": "maybe"},
        Fault(("shuffle",), "`shuffle` must be true or false", "write `true` or `false`", "not-a-flag"),
    ),
    (
        {"items": [written("numeric")], "review": "no_attempts_left"},
        Fault(
            ("review",),
            "the key would never be shown: attempts have no limit",
            "limit `attempts`, or change `review`",
            "conflict",
        ),
    ),
    (
        {"items": [written("numeric")], "time_limit_minutes": "soon"},
        Fault(("time_limit_minutes",), "`time_limit_minutes` must be a whole number from 0", "for example `3`", "not-a-number"),
    ),
    (
        {"items": [written("numeric", tags=["beds"])], "pools": [{"tag": "bed", "draw": "1"}]},
        Fault(("pools", 0, "tag"), "no item has the tag `bed`", "did you mean `beds`?", "unknown-tag"),
    ),
    (
        {"items": [written("numeric", tags=["beds"])], "pools": [{"tag": "beds"}]},
        Fault(("pools", 0), "`draw` is missing", "write how many items each attempt draws: `draw: 3`", "missing"),
    ),
    (
        {"items": [written("numeric", tags=["beds"])], "pools": [{"draw": "1"}]},
        Fault(("pools", 0), "`tag` is missing", "add `tag: …`", "missing"),
    ),
    (
        {"items": [written("numeric", tags=["beds"])], "pools": [{"tag": "beds", "draw": "2"}]},
        Fault(
            ("pools", 0, "draw"),
            "`draw` must be from 1 to 1, for so many items have the tag `beds`",
            "change `draw`, or give more items the tag",
            "not-an-option",
        ),
    ),
    (
        {"items": [written("numeric", tags=["beds"])], "pools": [{"tag": "beds", "draw": "0"}]},
        Fault(
            ("pools", 0, "draw"),
            "`draw` must be from 1 to 1, for so many items have the tag `beds`",
            "change `draw`, or give more items the tag",
            "not-an-option",
        ),
    ),
    (
        {
            "items": [written("numeric", tags=["beds"]), written("true_false", tags=["beds"], points="2")],
            "pools": [{"tag": "beds", "draw": "1"}],
        },
        Fault(
            ("pools", 0, "tag"),
            "`hall` earns 2, and `beds` of the same pool 1",
            "give all items of a pool the same points",
            "unequal-points",
        ),
    ),
    (
        {
            "items": [written("numeric", tags=["beds", "rooms"])],
            "pools": [{"tag": "beds", "draw": "1"}, {"tag": "rooms", "draw": "1"}],
        },
        Fault(("pools", 1, "tag"), "`beds` belongs to the pool `beds` already", "take one of the tags out", "conflict"),
    ),
    (
        {"items": [written("numeric", tags=["beds"])], "pools": [{"tag": "beds", "draw": "1", "of": "3"}]},
        Fault(("pools", 0, "of"), "unknown key `of`", "known here: `draw`, `tag`", "unknown-key"),
    ),
    (
        {
            "items": [
                written("short_text", accept=["informal"], distance="2"),
                written("short_text", id="other", accept=["casual", "formal"]),
            ]
        },
        Fault(
            ("items", 0),
            "`word` would take `formal`, which another item accepts, for its own",
            "make `distance` smaller, or add `reject: [formal]`",
            "too-near",
        ),
    ),
    (
        {"items": [written("cloze"), written("short_text", accept=["eviction", "evictee"], distance="1")]},
        Fault(
            ("items", 1),
            "`word` would take `evicted`, which another item accepts, for its own",
            "make `distance` smaller, or add `reject: [evicted]`",
            "too-near",
        ),
    ),
    (
        {"items": [written("numeric")], "atempts": "3"},
        Fault(("atempts",), "unknown key `atempts`", "did you mean `attempts`?", "unknown-key"),
    ),
]


@pytest.mark.parametrize(("mapping", "fault"), QUIZ_FAULTS)
def test_fault_of_a_quiz(mapping: object, fault: Fault) -> None:
    assert quizzes.read(mapping) == Read(None, (fault,))
