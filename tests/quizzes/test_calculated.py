"""Calculated items: parameters from the seed, the value from a formula, every set of parameters tried beforehand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import quizzes
from quizzes.kinds import Calculated
from quizzes.model import Fault, Read, Response
from tests.quizzes.examples import item_of, quiz_of, whole_quiz, written

QUIZ = quiz_of(written("calculated"))


def drawn(seed: str) -> Calculated:
    (item,) = quizzes.instance(QUIZ, seed).items
    assert isinstance(item, Calculated)
    return item


def test_a_seed_fills_in_prompt_hint_explanation_and_value() -> None:
    item = drawn("a")
    n, k = 45, 3
    assert item.prompt == "45 rooms with 3 beds each, and a tenth kept free?"
    assert (item.value, item.hints[0].text) == (n * k * Fraction(9, 10), "45 times 3.")
    assert (item.explanation, item.feedback.incorrect) == ("45 × 3 × 0.9 = 121.5.", "121.5.")
    (view,) = quizzes.draw(QUIZ, "a")
    assert (view.prompt, view.hints) == (item.prompt, item.hints)


def test_every_value_of_a_range_is_drawn_and_no_other() -> None:
    prompts = {drawn(str(seed)).prompt for seed in range(600)}
    expected = {
        f"{n} rooms with {k} beds each, and a tenth kept free?" for n in range(10, 51, 5) for k in ("1.5", "2", "2.5", "3")
    }
    assert prompts == expected


def test_an_attempt_is_graded_on_its_own_parameters() -> None:
    quiz = quizzes.instance(QUIZ, "a")
    assert quizzes.grade(quiz, {"people": Response(text="121,5")}).score.scaled == 1
    assert quizzes.grade(quizzes.instance(QUIZ, "b"), {"people": Response(text="121,5")}).score.scaled == 0
    for seed in range(50):
        each = quizzes.instance(QUIZ, seed)
        assert quizzes.grade(each, {"people": quizzes.key_of(each.items[0])}).score.scaled == 1


def test_an_instance_has_nothing_left_to_draw() -> None:
    once = quizzes.instance(whole_quiz(), "a")
    assert quizzes.instance(once, "b") == once
    assert quizzes.draw(once, "a") == quizzes.draw(whole_quiz(), "a")


def test_each_language_draws_the_same() -> None:
    spanish = {"id": "people", "prompt": "¿{n} cuartos de {k} camas?", "unit": "personas", "explanation": "{value}"}
    read = quizzes.translate(QUIZ, {"items": [spanish]})
    assert read.quiz is not None
    (item,) = quizzes.instance(read.quiz, "a").items
    assert isinstance(item, Calculated)
    assert (item.prompt, item.unit, item.explanation) == ("¿45 cuartos de 3 camas?", "personas", "121.5")
    assert item.value == drawn("a").value


def test_before_anything_is_drawn_each_parameter_has_its_first_value() -> None:
    item = item_of("calculated")
    assert isinstance(item, Calculated)
    assert item.value == 10 * Fraction("1.5") * Fraction("0.9")


def test_a_range_ends_at_its_last_full_step() -> None:
    item = item_of("calculated", params={"n": {"from": "1", "to": "2.4", "step": "0.5"}, "k": {"from": "3", "to": "3"}})
    assert isinstance(item, Calculated)
    assert [(p.count, *p.values) for p in item.params] == [(3, 1, Fraction(3, 2), 2), (1, 3)]


EXAMPLE = "for example `n: {from: 10, to: 50, step: 5}`"
N = {"from": "1", "to": "3"}
ONE = {"prompt": "{n}?", "hints": None}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"value": None},
            Fault((), "`value` is missing", "add `value: …`", "missing"),
        ),
        (
            {"value": "n ×"},
            Fault(("value",), "a number or a name is missing at the end", "for example `2 × (n + 1)`", "not-a-formula"),
        ),
        ({"value": "n × kk"}, Fault(("value",), "`kk` is no parameter", "did you mean `k`?", "unknown-param")),
        (
            {"prompt": "{n} rooms?"},
            Fault(("prompt",), "the prompt does not show the parameter `k`", "write `{k}` where it belongs", "unused-param"),
        ),
        (
            {"prompt": "{n} {k} {m}?"},
            Fault(("prompt",), "`{m}` is no parameter", "known here: `k`, `n`", "unknown-param"),
        ),
        ({"hints": ["{value}"]}, Fault(("hints",), "`{value}` is no parameter", "known here: `k`, `n`", "unknown-param")),
        ({"prompt": None}, Fault((), "`prompt` is missing", "add `prompt: …`", "missing")),
        (
            ONE | {"value": "6 ÷ (n - 2)", "params": {"n": N}},
            Fault(
                ("value",),
                "the formula divides by zero, with n = 2",
                "choose parameters that cannot make it zero",
                "not-a-formula",
            ),
        ),
        (
            ONE | {"value": "1 ÷ n", "params": {"n": N}, "tolerance": None},
            Fault(
                ("value",),
                "the value has no end behind the point, with n = 3",
                "add a `tolerance`, or write `round(…, 2)`",
                "no-tolerance",
            ),
        ),
        (
            ONE | {"value": "n", "params": {"n": {"from": "1", "to": "10001"}}},
            Fault(
                ("params",),
                "the parameters can be drawn in 10,001 ways, and 10,000 are the most",
                "use larger steps",
                "too-many",
            ),
        ),
        (
            {"tolerance": "-1"},
            Fault(("tolerance",), "`tolerance` is below zero", "write how far from the value is still right", "not-an-option"),
        ),
        (
            ONE | {"value": "n", "params": {"n": N | {"stop": "4"}}},
            Fault(("params", "n", "stop"), "unknown key `stop`", "did you mean `step`?", "unknown-key"),
        ),
        (
            {"prompt": "{n}{k}{round}?", "params": {"n": N, "k": N, "round": N}},
            Fault(("params", "round"), "`round` cannot be a parameter", "write a name such as `n` or `beds_2`", "not-a-name"),
        ),
        (
            {"params": {"n": N, "k": N, "B": N}, "prompt": "{n}{k}{b}"},
            Fault(("params", "B"), "`B` cannot be a parameter", "write a name such as `n` or `beds_2`", "not-a-name"),
        ),
    ],
)
def test_fault_of_a_calculated_item(changes: dict[str, Any], fault: Fault) -> None:
    read = quizzes.read({"items": [written("calculated", **changes)]})
    assert read.quiz is None
    assert read.faults[0] == Fault(("items", 0, *fault.at), fault.message, fault.hint, fault.code)


@pytest.mark.parametrize(
    ("params", "fault"),
    [
        (None, Fault((), "`params` is missing", EXAMPLE, "missing")),
        ("n", Fault(("params",), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping")),
        (
            {"n": "5"},
            Fault(("params", "n"), "here must stand entries `key: value`", "for example `id: first-step`", "not-a-mapping"),
        ),
        ({"n": {"from": "1"}}, Fault(("params", "n"), "`to` is missing", EXAMPLE, "missing")),
        ({"n": {"to": "1"}}, Fault(("params", "n"), "`from` is missing", EXAMPLE, "missing")),
        (
            {"n": {"from": "2", "to": "1"}},
            Fault(("params", "n"), "`n` has no values", "write `from` below `to` and a `step` above zero", "not-a-range"),
        ),
        (
            {"n": {"from": "1", "to": "2", "step": "0"}},
            Fault(("params", "n"), "`n` has no values", "write `from` below `to` and a `step` above zero", "not-a-range"),
        ),
    ],
)
def test_fault_of_a_parameter(params: object, fault: Fault) -> None:
    item = written("calculated", prompt="How many?", value="1", hints=None) | {"params": params}
    read = quizzes.read({"items": [{key: value for key, value in item.items() if value is not None}]})
    assert read == Read(None, (Fault(("items", 0, *fault.at), fault.message, fault.hint, fault.code),))


def test_a_translation_must_show_every_parameter() -> None:
    read = quizzes.translate(QUIZ, {"items": [{"id": "people", "prompt": "¿{n} cuartos?"}]})
    message = "the prompt does not show the parameter `k`"
    assert read == Read(None, (Fault(("items", 0, "prompt"), message, "write `{k}` where it belongs", "unused-param"),))
