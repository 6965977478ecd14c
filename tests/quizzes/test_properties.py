"""What holds for every quiz and every response."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import quizzes
from quizzes.kinds import KINDS, of
from quizzes.model import Item, ItemOutcome, Quiz, Response, Score
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


@st.composite
def own(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    if kind == "single_choice":
        found = draw(choices(2, keyed=False))
        found[draw(st.integers(0, len(found) - 1))]["correct"] = "true"
        return {"choices": found, "shuffle": draw(st.booleans())}
    if kind in ("multiple_choice", "ordering"):
        found = draw(choices(3, keyed=kind == "multiple_choice"))
        return {"choices": found, "credit": draw(st.sampled_from(sorted(KINDS[kind].CREDITS)))}
    if kind == "matching":
        found = draw(choices(2, keyed=False))
        homes = [0, 1, *draw(st.lists(st.integers(0, len(found) - 1), max_size=3))]
        pairs = [{"id": f"p{n}", "text": f"Row {n}", "choice": IDS[home]} for n, home in enumerate(homes)]
        return {"choices": found, "pairs": pairs, "credit": draw(st.sampled_from(sorted(KINDS[kind].CREDITS)))}
    if kind == "true_false":
        return {"correct": draw(st.booleans())}
    if kind == "short_text":
        return {"accept": draw(st.lists(st.sampled_from(WORDS), min_size=1, unique=True))}
    value = draw(st.fractions(-9999, 9999, max_denominator=1000))
    return draw(
        st.sampled_from(
            [
                {"value": str(value), "tolerance": "2.5%"},
                {"value": str(value), "tolerance": "1/3"},
                {"value": str(value), "unit": "%"},
                {"range": [str(value), str(value + 7)], "unit": "km"},
            ]
        )
    )


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
                "points": str(draw(fractions)),
                "hints": [{"text": "So.", "cost": str(cost)} for cost in hints],
                **draw(own(kind)),
            }
            for kind in names
        )
    )


ids = st.sampled_from([*IDS, "true", "false", "else"])
responses = st.builds(
    Response,
    choices=st.lists(ids, max_size=8).map(tuple),
    text=st.one_of(st.text(max_size=20), st.sampled_from([*WORDS, "1,500", "c0=1;c1=1"])),
    pairs=st.lists(st.tuples(st.sampled_from([f"p{n}" for n in range(6)]), ids), max_size=6).map(tuple),
    hints=st.integers(-1, 4),
)


def without_hints(item: Item, response: Response) -> Fraction:
    return quizzes.grade_item(item, Response(response.choices, response.text, response.pairs)).score.raw


@given(quiz(), responses)
def test_a_score_is_between_nothing_and_all(quiz: Quiz, response: Response) -> None:
    for item in quiz.items:
        outcome = quizzes.grade_item(item, response)
        assert 0 <= outcome.score.raw <= outcome.score.max == item.points
        assert (outcome.status == "correct") == (without_hints(item, response) == item.points)


@given(quiz())
def test_the_key_earns_all(quiz: Quiz) -> None:
    outcome = quizzes.grade(quiz, {item.id: quizzes.key_of(item) for item in quiz.items})
    assert (outcome.score.raw, {each.status for each in outcome.items}) == (outcome.score.max, {"correct"})
    assert quizzes.percent(outcome.score) == 100


@given(quiz(), st.integers(0, 3))
def test_a_blank_earns_nothing_and_says_nothing(quiz: Quiz, hints: int) -> None:
    for item in quiz.items:
        outcome = quizzes.grade_item(item, Response(hints=hints))
        assert outcome == ItemOutcome(item.id, "not_answered", Score(Fraction(0), item.points))


@given(quiz(["single_choice", "multiple_choice", "true_false"]), responses)
def test_ticking_everything_beats_nothing(quiz: Quiz, response: Response) -> None:
    for item in quiz.items:
        everything = Response(choices=tuple(choice.id for choice in of(item).choices))
        assert without_hints(item, everything) == 0 <= without_hints(item, response)


@given(quiz(), st.data())
def test_a_change_to_the_key_never_earns_more(quiz: Quiz, data: st.DataObject) -> None:
    for item in quiz.items:
        key = quizzes.key_of(item)
        changed = data.draw(
            st.sampled_from(
                [
                    Response(choices=key.choices[1:], text=key.text[1:], pairs=key.pairs[1:]),
                    Response(choices=(*key.choices, *IDS), text=f"{key.text}0", pairs=(*key.pairs, ("p0", "c1"))),
                    Response(choices=tuple(reversed(key.choices)), text=key.text, pairs=key.pairs),
                ]
            )
        )
        assert without_hints(item, changed) <= item.points


@given(quiz(["multiple_choice"]), responses)
def test_one_more_right_tick_never_costs(quiz: Quiz, response: Response) -> None:
    (item,) = quiz.items
    ticked = of(item).known(response).choices
    for choice in of(item).choices:
        more = (*ticked, choice.id)
        if choice.correct and choice.id not in ticked and len(more) < len(of(item).choices):
            assert without_hints(item, Response(choices=more)) >= without_hints(item, Response(choices=ticked))


@given(quiz(), responses, st.text(max_size=5))
def test_what_was_drawn_changes_nothing(quiz: Quiz, response: Response, seed: str) -> None:
    views = quizzes.draw(quiz, seed)
    assert sorted(view.id for view in views) == sorted(item.id for item in quiz.items)
    for view in views:
        item = of(quiz.item(view.id))
        assert sorted(view.choices) == sorted((choice.id, choice.text) for choice in item.choices)
        in_view_order = tuple(name for name, _ in view.choices if name in response.choices)
        ticked = [name for name in dict.fromkeys(response.choices) if name in in_view_order]
        if item.kind != "ordering":
            assert quizzes.grade_item(item, Response(in_view_order)) == quizzes.grade_item(item, Response(tuple(ticked)))


@given(quiz())
def test_leaving_lines_as_drawn_never_earns_all(quiz: Quiz) -> None:
    for view in quizzes.draw(quiz, "any"):
        if view.kind == "ordering":
            assert without_hints(quiz.item(view.id), Response(tuple(name for name, _ in view.choices))) < view.points


@given(quiz())
def test_written_and_read_again_it_is_the_same(quiz: Quiz) -> None:
    assert quizzes.read(quizzes.to_mapping(quiz)).quiz == quiz


@given(quiz(), responses)
def test_a_response_survives_json(quiz: Quiz, response: Response) -> None:
    for item in quiz.items:
        known = of(item).known(response)
        assert Response.from_json(known.as_json()) == known == of(item).known(known)


@given(quiz(), st.data())
def test_what_a_form_holds_is_graded(quiz: Quiz, data: st.DataObject) -> None:
    for item in map(of, quiz.items):
        parts = [*(choice.id for choice in item.choices), *(pair.id for pair in item.pairs)]
        names = [f"r.{item.id}", *(f"r.{item.id}.{part}" for part in parts)]
        values = st.one_of(ids, st.sampled_from(["", "1", "2", "3", "x"]), st.text(max_size=5))
        fields = data.draw(st.dictionaries(st.sampled_from(names), st.lists(values, max_size=3)))
        response, error = quizzes.collect(item, fields)
        assert of(item).known(response).choices == response.choices
        assert error == "" or quizzes.key_of(item) != response
        assert 0 <= quizzes.grade_item(item, response).score.raw <= item.points


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=6), st.sampled_from(sorted(KINDS)))
anything = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3))
)
KEYS = [
    "id",
    "kind",
    "prompt",
    "points",
    "choices",
    "pairs",
    "correct",
    "value",
    "range",
    "tolerance",
    "accept",
    "hints",
    "feedback",
    "tags",
]
PART = st.dictionaries(st.sampled_from(["id", "text", "correct", "choice"]), anything, max_size=4)
ANY_ITEM = st.fixed_dictionaries(
    {"kind": st.sampled_from(sorted(KINDS))},
    optional={key: st.one_of(anything, st.lists(PART, max_size=3)) for key in KEYS if key != "kind"},
)


@settings(max_examples=300)
@given(st.one_of(anything, st.fixed_dictionaries({"items": st.lists(ANY_ITEM, max_size=3)})))
def test_reading_never_raises_and_names_every_way_out(mapping: object) -> None:
    source = quiz_of({"id": "a", "kind": "true_false", "prompt": "?", "correct": True})
    for read in (quizzes.read(mapping, ["rooms"]), quizzes.translate(source, mapping)):
        assert (read.quiz is None) == bool(read.faults)
        assert [fault for fault in read.faults if not (fault.message and fault.hint and fault.code)] == []
