"""What holds for every quiz and every response."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

import quizzes
from quizzes.kinds import KINDS, of
from quizzes.model import Item, ItemOutcome, Quiz, Response, Score
from tests.quizzes.drawn import IDS, ids, quiz, responses
from tests.quizzes.examples import quiz_of


def without_hints(item: Item, response: Response) -> Fraction:
    return quizzes.grade_item(item, replace(response, hints=0)).score.raw


@given(quiz(), responses)
def test_a_score_is_between_nothing_and_all(quiz: Quiz, response: Response) -> None:
    for item in quiz.items:
        outcome = quizzes.grade_item(item, response)
        assert 0 <= outcome.score.raw <= outcome.score.max == item.points
        assert (outcome.status == "correct") == (without_hints(item, response) == item.points > 0)


@given(quiz())
def test_the_key_earns_all(quiz: Quiz) -> None:
    outcome = quizzes.grade(quiz, {item.id: quizzes.key_of(item) for item in quiz.items})
    graded = {each.status for each in outcome.items if each.score.max}
    assert (outcome.score.raw, outcome.score.max, graded) == (outcome.score.max, quiz.points, {"correct"})
    assert quizzes.percent(outcome.score) == 100


@given(quiz(), st.integers(0, 3))
def test_a_blank_earns_nothing_and_says_nothing(quiz: Quiz, hints: int) -> None:
    for item in quiz.items:
        outcome = quizzes.grade_item(item, Response(hints=hints))
        assert outcome == ItemOutcome(item.id, "not_answered", Score(Fraction(0), item.points))


@given(quiz(["single_choice", "multiple_choice", "true_false", "hotspot"]), responses)
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


@given(quiz(["multiple_choice", "hotspot"]), responses)
def test_one_more_right_tick_never_costs(quiz: Quiz, response: Response) -> None:
    for item in map(of, quiz.items):
        ticked = item.known(response).choices
        for choice in item.choices:
            more = (*ticked, choice.id)
            if choice.correct and choice.id not in ticked and len(more) < len(item.choices):
                assert without_hints(item, Response(choices=more)) >= without_hints(item, Response(choices=ticked))


@given(quiz(["multiple_choice", "hotspot"]), responses)
def test_one_wrong_tick_less_never_costs(quiz: Quiz, response: Response) -> None:
    """As long as something stays ticked: a response that ticks nothing is none, and earns nothing under every rule."""
    for item in map(of, quiz.items):
        ticked = item.known(response).choices
        for choice in item.choices:
            fewer = tuple(name for name in ticked if name != choice.id)
            if not choice.correct and choice.id in ticked and fewer:
                assert without_hints(item, Response(choices=fewer)) >= without_hints(item, Response(choices=ticked))


@given(quiz(["matching", "cloze"]), responses)
def test_one_more_right_row_never_costs(quiz: Quiz, response: Response) -> None:
    for item in map(of, quiz.items):
        given = of(item).known(replace(response, numbers=()))
        for row, right in item.key().pairs:
            better = Response(pairs=tuple((dict(given.pairs) | {row: right}).items()))
            assert without_hints(item, better) >= without_hints(item, given)


@given(quiz(["ordering"]), st.randoms(use_true_random=False))
def test_two_lines_put_right_never_cost(quiz: Quiz, random: Random) -> None:
    item = replace(of(quiz.items[0]), credit="pairs")
    key = list(item.key().choices)
    given = random.sample(key, len(key))
    for n in range(len(key) - 1):
        if key.index(given[n]) > key.index(given[n + 1]):
            better = (*given[:n], given[n + 1], given[n], *given[n + 2 :])
            assert without_hints(item, Response(choices=better)) > without_hints(item, Response(choices=tuple(given)))


@given(quiz(), st.data())
def test_no_response_and_no_change_of_one_beats_the_key(quiz: Quiz, data: st.DataObject) -> None:
    for item in map(of, quiz.items):
        best = quizzes.grade_item(item, item.key())
        given = data.draw(responses)
        changed = data.draw(st.sampled_from(["choices", "text", "pairs", "hints", "numbers"]))
        mixed = replace(given, **{changed: getattr(item.key(), changed)})
        for response in (given, mixed):
            outcome = quizzes.grade_item(item, response)
            assert outcome.score.raw <= best.score.raw
            if outcome.score.raw == best.score.raw and item.IS_GRADED:
                assert outcome.status == "correct"


@given(quiz(), responses)
def test_the_order_in_which_choices_are_written_changes_no_score(quiz: Quiz, response: Response) -> None:
    for item in map(of, quiz.items):
        if item.kind != "ordering":  # whose order is the key
            turned = replace(item, choices=item.choices[::-1], pairs=item.pairs[::-1])
            assert quizzes.grade_item(turned, response).score == quizzes.grade_item(item, response).score


@given(quiz(), responses, st.text(max_size=5))
def test_a_reload_changes_no_outcome(quiz: Quiz, response: Response, seed: str) -> None:
    """Quiz and response are stored and read again, and the attempt is drawn again from its seed."""
    again = quizzes.read(quizzes.to_mapping(quiz)).quiz
    assert again is not None
    once, reloaded = quizzes.instance(quiz, seed), quizzes.instance(again, seed)
    stored = {item.id: Response.from_json(of(item).known(response).as_json()) for item in once.items}
    assert quizzes.grade(reloaded, stored) == quizzes.grade(once, {item.id: response for item in once.items})
    assert quizzes.draw(again, seed) == quizzes.draw(quiz, seed)


@given(quiz(), responses)
def test_another_language_changes_no_score(quiz: Quiz, response: Response) -> None:
    other = quizzes.map_texts(quiz, lambda text: f"{text} (es)", lambda text: f"{text} (es)")
    for one, same in zip(quiz.items, other.items, strict=True):
        assert quizzes.grade_item(one, response) == quizzes.grade_item(same, response)


@given(quiz(), st.text(max_size=5))
def test_an_instance_is_the_same_quiz_with_another_value(quiz: Quiz, seed: str) -> None:
    once = quizzes.instance(quiz, seed)
    assert (once, [item.id for item in once.items]) == (quizzes.instance(once, seed), [item.id for item in quiz.items])
    assert once.points == quiz.points
    keys = {item.id: quizzes.key_of(item) for item in once.items}
    assert quizzes.percent(quizzes.grade(once, keys).score) == 100
    same = (one == other for one, other in zip(quiz.items, once.items, strict=True) if one.kind != "calculated")
    assert all(same)


@given(quiz(), responses, st.text(max_size=5))
def test_what_was_drawn_changes_nothing(quiz: Quiz, response: Response, seed: str) -> None:
    views = quizzes.draw(quiz, seed)
    assert sorted(view.id for view in views) == sorted(item.id for item in quiz.items)
    for view in views:
        item = of(quiz.item(view.id))
        assert sorted(view.choices) == sorted((choice.id, choice.text) for choice in item.choices)
        in_view_order = tuple(name for name, _ in view.choices if name in response.choices)
        ticked = [name for name in dict.fromkeys(response.choices) if name in in_view_order]
        if item.kind not in ("ordering", "survey"):
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
        assert of(item).known(response) == of(item).known(of(item).known(response))
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
    "text",
    "blanks",
    "params",
    "units",
    "figure",
    "area",
    "weight",
    "credit",
    "reject",
    "distance",
    "pools",
]
PART = st.dictionaries(
    st.sampled_from(["id", "text", "correct", "choice", "kind", "area", "weight", "factor"]), anything, max_size=4
)
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
