"""Quizzes of every kind, and responses to them, as Hypothesis draws them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from quizzes.kinds import KINDS
from quizzes.model import Quiz, Response
from tests.quizzes.examples import quiz_of

WORDS = ["beds", "Bänke", "ﬁre", "drinking water", "ليلة", "水", "3 %", "a-b", "l'eau"]
IDS = [f"c{n}" for n in range(6)]
fractions = st.fractions(min_value=Fraction(1, 8), max_value=9, max_denominator=8)


@st.composite
def choices(draw: st.DrawFn, least: int, *, keyed: bool) -> list[dict[str, Any]]:
    texts = draw(st.lists(st.sampled_from(WORDS), min_size=least, max_size=6, unique=True))
    found: list[dict[str, Any]] = [{"id": name, "text": text} for name, text in zip(IDS, texts, strict=False)]
    if keyed:
        right = draw(st.sets(st.sampled_from(range(len(found))), min_size=1, max_size=len(found) - 1))
        for n in right:
            found[n]["correct"] = True
    return found


def weighed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Right choices share the points; wrong ones take different parts away."""
    right = sum(1 for each in found if each.get("correct"))
    return [
        {key: value for key, value in each.items() if key != "correct"}
        | {"weight": f"1/{right}" if each.get("correct") else taken}
        for each, taken in zip(found, itertools.cycle(["0", "-1/4", "-1"]), strict=False)
    ]


def areas(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each | {"area": [str(n * 10), "0", "10", "99.5"]} for n, each in enumerate(found)]


def ticked(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    found, credit = draw(choices(3, keyed=True)), draw(st.sampled_from(sorted(KINDS[kind].CREDITS)))
    found = weighed(found) if credit == "weights" else found
    if kind == "multiple_choice":
        return {"choices": found, "credit": credit}
    return {"choices": areas(found), "credit": credit, "figure": "media/x.svg", "alt": "X"}


def single_choice(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    found = draw(choices(2, keyed=False))
    found[draw(st.integers(0, len(found) - 1))]["correct"] = "true"
    return {"choices": found, "shuffle": draw(st.booleans())}


def ordering(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    return {"choices": draw(choices(3, keyed=False)), "credit": draw(st.sampled_from(sorted(KINDS[kind].CREDITS)))}


def matching(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    found = draw(choices(2, keyed=False))
    homes = [0, 1, *draw(st.lists(st.integers(0, len(found) - 1), max_size=3))]
    pairs = [{"id": f"p{n}", "text": f"Row {n}", "choice": IDS[home]} for n, home in enumerate(homes)]
    return {"choices": found, "pairs": pairs, "credit": draw(st.sampled_from(sorted(KINDS[kind].CREDITS)))}


def numeric(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    value = draw(st.fractions(-9999, 9999, max_denominator=1000))
    return draw(
        st.sampled_from(
            [
                {"value": str(value), "tolerance": "2.5%"},
                {"value": str(value), "tolerance": "1/3"},
                {"value": str(value), "unit": "%"},
                {"range": [str(value), str(value + 7)], "unit": "km", "units": [{"text": "m", "factor": "1/1000"}]},
            ]
        )
    )


def short_text(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    return {"accept": draw(st.lists(st.sampled_from(WORDS), min_size=1, unique=True))}


def cloze(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    kinds = draw(st.lists(st.sampled_from(["choice", "numeric", "short_text"]), min_size=1, max_size=3))
    inner = {"choice": single_choice, "numeric": numeric, "short_text": short_text}
    blanks = [
        {"id": f"p{n}", "kind": each, "points": str(draw(fractions))} | inner[each](draw, each) for n, each in enumerate(kinds)
    ]
    text = " and ".join(f"[[p{n}]]" for n in range(len(kinds)))
    return {"text": text, "blanks": blanks, "credit": draw(st.sampled_from(sorted(KINDS[kind].CREDITS)))}


def calculated(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    low, step = draw(st.integers(-9, 9)), draw(st.sampled_from(["1", "2", "1/2", "5/4"]))
    params = {"a": {"from": str(low), "to": str(low + 7), "step": step}, "b": {"from": "2", "to": "4"}}
    value = draw(st.sampled_from(["a × b", "round(a ÷ b, 1)", "a ^ b - max(a, b)", "(a + b) ÷ 3"]))
    return {"prompt": "{a} and {b}?", "params": params, "value": value, "tolerance": "1/3"}


def survey(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    return {"choices": draw(choices(2, keyed=False)), "multiple": draw(st.booleans()), "other": draw(st.booleans())}


OWN: dict[str, Callable[[st.DrawFn, str], dict[str, Any]]] = {
    "single_choice": single_choice,
    "multiple_choice": ticked,
    "hotspot": ticked,
    "ordering": ordering,
    "matching": matching,
    "numeric": numeric,
    "short_text": short_text,
    "cloze": cloze,
    "calculated": calculated,
    "survey": survey,
    "true_false": lambda draw, kind: {"correct": draw(st.booleans())},
    "reflection": lambda draw, kind: {},
}


@st.composite
def quiz(draw: st.DrawFn, kinds: list[str] | None = None) -> Quiz:
    names = draw(st.permutations(kinds or sorted(KINDS)))
    hints = draw(st.lists(st.fractions(0, 1, max_denominator=4), max_size=2))
    return quiz_of(
        *(
            {
                "id": f"item-{kind.replace('_', '-')}",
                "kind": kind,
                "prompt": "?",
                **({"points": str(draw(fractions))} if KINDS[kind].IS_GRADED else {}),
                **({"hints": [{"text": "So.", "cost": str(cost)} for cost in hints]} if KINDS[kind].IS_GRADED else {}),
                **OWN[kind](draw, kind),
            }
            for kind in names
        )
    )


ids = st.sampled_from([*IDS, "true", "false", "else"])
responses = st.builds(
    Response,
    choices=st.lists(ids, max_size=8).map(tuple),
    text=st.one_of(st.text(max_size=20), st.sampled_from([*WORDS, "1,500", "c0=1;c1=1"])),
    pairs=st.lists(
        st.tuples(st.sampled_from([f"p{n}" for n in range(6)]), st.one_of(ids, st.sampled_from([*WORDS, "1,500", "7"]))),
        max_size=6,
    ).map(tuple),
    hints=st.integers(-1, 4),
    numbers=st.lists(st.tuples(st.sampled_from(["", "p0", "p1"]), st.sampled_from(["7", "-1/2", "x"])), max_size=2).map(tuple),
)
