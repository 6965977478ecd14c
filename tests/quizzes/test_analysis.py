"""The figures of items, against examples computed by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

import quizzes
from quizzes.analysis import Count, Figure, ItemAnalysis, QuizAnalysis, Row, analyse
from quizzes.model import Quiz, Response
from quizzes.regrading import Rule, regrade
from tests.quizzes.examples import ITEMS, quiz_of, whole_quiz, written

A, B, C = (written("true_false", id=name) for name in "abc")
QUIZ = quiz_of(A, B, C)
MARKS = ["111", "110", "100", "010", "000"]


def row(quiz: Quiz, person: object, responses: dict[str, Response]) -> Row:
    return Row(str(person), quizzes.grade(quiz, responses), responses)


def marked(quiz: Quiz, *marks: str) -> list[Row]:
    """One attempt for each text: 1 is a right response, 0 a wrong one, - none."""
    key = {"1": Response(choices=("false",)), "0": Response(choices=("true",)), "-": Response()}
    return [
        row(quiz, n, {item.id: key[mark] for item, mark in zip(quiz.items, text, strict=True)}) for n, text in enumerate(marks)
    ]


def analysed(*marks: str, quiz: Quiz = QUIZ) -> QuizAnalysis:
    found = analyse(quiz, marked(quiz, *marks))
    assert found is not None
    return found


def value(figure: Figure | None) -> float | None:
    return None if figure is None else round(figure.value, 6)


def interval(figure: Figure | None) -> tuple[float, float] | None:
    return (
        None if figure is None or figure.low is None or figure.high is None else (round(figure.low, 2), round(figure.high, 2))
    )


def test_five_people_and_three_items() -> None:
    """Totals 3 2 1 1 0: variance 1.3. Variances of the items 0.3, 0.3 and 0.2. Rest of a: 2 1 0 1 0, of c: 2 2 1 1 0."""
    found = analysed(*MARKS)
    a, b, c = found.items
    assert (found.people, found.attempts) == (5, 5)
    assert [value(item.facility) for item in found.items] == [60, 60, 20]
    assert value(found.mean) == round(100 * 7 / 15, 6)
    assert value(a.discrimination) == value(b.discrimination) == round(100 * 0.15 / sqrt(0.3 * 0.7), 6)
    assert value(c.discrimination) == round(100 * 0.2 / sqrt(0.2 * 0.7), 6)
    assert [value(item.efficiency) for item in found.items] == [37.5, 37.5, 100]
    roots = sqrt(0.45), sqrt(0.45), sqrt(0.4)
    assert [value(item.weight) for item in found.items] == [round(100 * root / sum(roots), 6) for root in roots]
    assert value(found.alpha) == round(1.5 * (1 - 0.8 / 1.3), 6)
    assert value(found.standard_error) == round(sqrt(0.55), 6)
    assert {figure.n for figure in (a.facility, a.discrimination, a.efficiency, a.weight, found.alpha) if figure} == {5}


def test_intervals_of_five_people() -> None:
    """Wilson for 3 of 5 and 1 of 5, Fisher for r = 0.3273, Bonett for alpha = 0.5769; computed with a calculator."""
    found = analysed(*MARKS)
    a, _, c = found.items
    assert (interval(a.facility), interval(c.facility)) == ((23.07, 88.24), (3.62, 62.45))
    assert interval(a.discrimination) == (-78.03, 93.85)
    assert interval(found.alpha) == (-2.0, 0.94)
    assert [interval(figure) for figure in (a.efficiency, a.weight, found.standard_error)] == [None, None, None]


def test_what_everybody_or_nobody_knows_has_an_interval_too() -> None:
    found = analysed(*["10"] * 5, quiz=quiz_of(A, B))
    easy, hard = found.items
    assert (value(easy.facility), interval(easy.facility)) == (100, (56.55, 100))
    assert (value(hard.facility), interval(hard.facility)) == (0, (0, 43.45))
    assert (easy.discrimination, easy.efficiency, easy.weight, found.alpha, found.standard_error) == (None,) * 5


def test_items_that_agree_wholly() -> None:
    found = analysed("11", "11", "00", "00", "11", quiz=quiz_of(A, B))
    assert [value(item.discrimination) for item in found.items] == [100, 100]
    assert [interval(item.discrimination) for item in found.items] == [None, None]
    assert (value(found.alpha), interval(found.alpha), value(found.standard_error)) == (1, None, 0)


def test_an_item_that_contradicts_the_others_has_no_weight() -> None:
    found = analysed("110", "110", "110", "001", "001", "000")
    c = found.items[2]
    assert c.discrimination is not None
    assert c.discrimination.value < 0
    assert (c.weight, value(found.items[0].weight), value(found.items[1].weight)) == (None, 50, 50)
    assert c.efficiency is not None
    assert c.efficiency.value < 0


def test_partial_points_count_as_they_are() -> None:
    quiz = quiz_of(written("multiple_choice"), A)
    ticked: list[tuple[str, ...]] = [("hotels", "nurses"), ("hotels",), ("nurses",), (), ("press",)]
    rows = [row(quiz, n, {"partners": Response(choices=each)}) for n, each in enumerate(ticked)]
    found = analyse(quiz, rows)
    assert found is not None
    partners = found.items[0]
    assert (value(partners.facility), value(partners.blank), interval(partners.blank)) == (40, 20, (3.62, 62.45))
    assert partners.counts == (
        Count("", "hotels", 2, True),
        Count("", "nurses", 2, True),
        Count("", "press", 1, False),
        Count("", "lawyers", 0, False),
    )


def test_under_five_people_nothing_is_said() -> None:
    assert analyse(QUIZ, marked(QUIZ, *MARKS[:4])) is None
    again = [*marked(QUIZ, *MARKS[:4]), *marked(QUIZ, *MARKS[:4])]
    assert analyse(QUIZ, again) is None
    assert analyse(QUIZ, []) is None


def test_an_item_that_fewer_than_five_people_had_says_nothing() -> None:
    tags = {"tags": ["all"]}
    pooled = quiz_of(A | tags, B | tags, C, pools=[{"tag": "all", "draw": "1"}])
    seeds = {name: [n for n in range(99) if quizzes.instance(pooled, n).items[0].id == name] for name in "ab"}
    rows = [row(quizzes.instance(pooled, n), n, {}) for n in (*seeds["a"][:5], *seeds["b"][:4])]
    found = analyse(pooled, rows)
    assert found is not None
    a, b, c = found.items
    assert (a.people, b, c.people) == (5, ItemAnalysis("b", 4), 9)
    assert (value(a.facility), found.alpha) == (0, None)


def test_attempts_with_other_items_have_no_alpha() -> None:
    tags = {"tags": ["all"]}
    pooled = quiz_of(A | tags, B | tags, C, pools=[{"tag": "all", "draw": "1"}])
    right = Response(choices=("false",))
    rows = []
    for n in range(40):
        one = quizzes.instance(pooled, n)
        rows.append(row(one, n, {item.id: right for item in one.items[: n % 3]}))
    found = analyse(pooled, rows)
    assert found is not None
    assert (found.attempts, found.alpha, found.standard_error) == (40, None, None)
    assert sum(item.people for item in found.items) == 80


def test_an_item_of_another_revision_is_left_out() -> None:
    found = analyse(quiz_of(A, B), marked(QUIZ, *MARKS))
    assert found is not None
    assert [item.item_id for item in found.items] == ["a", "b"]


def test_what_was_dropped_for_all_is_no_part_of_the_figures() -> None:
    rows = [
        replace(each, outcome=regrade(QUIZ, each.outcome, each.responses, Rule("c", "drop"))) for each in marked(QUIZ, *MARKS)
    ]
    found = analyse(QUIZ, rows)
    assert found is not None
    c = found.items[2]
    assert (c.facility, c.discrimination, c.efficiency, c.weight, value(c.blank)) == (None, None, None, None, 0)
    assert value(found.alpha) == value(analysed(*(text[:2] for text in MARKS), quiz=quiz_of(A, B)).alpha)


def test_what_is_not_graded_is_counted() -> None:
    quiz = quiz_of(A, written("survey"), written("reflection"))
    given = [("hotels", "halls"), ("halls",), (), (), ()]
    texts = ["x", "", "", "", ""]
    rows = [
        row(quiz, n, {"before": Response(choices=choices, text=text)})
        for n, (choices, text) in enumerate(zip(given, texts, strict=True))
    ]
    found = analyse(quiz, rows)
    assert found is not None
    survey, reflection = found.items[1:]
    assert (survey.facility, survey.weight, value(survey.blank), value(reflection.blank)) == (None, None, 60, 100)
    assert survey.counts == (Count("", "hotels", 1, False), Count("", "halls", 2, False))
    assert reflection.counts == ()


def test_counts_of_rows_places_and_blanks() -> None:
    quiz = quiz_of(*(ITEMS[kind] for kind in ("ordering", "matching", "cloze")))
    responses = {
        "order": Response(choices=("open", "count")),
        "who": Response(pairs=(("nurse", "money"),)),
        "report": Response(pairs=(("who", "mayor"), ("word", "evicted"))),
    }
    found = analyse(quiz, [row(quiz, n, responses) for n in range(5)])
    assert found is not None
    ordering, matching, cloze = found.items
    assert [count for count in ordering.counts if count.count] == [Count("1", "open", 5, False), Count("2", "count", 5, False)]
    assert [(count.about, count.choice) for count in ordering.counts if count.is_key] == [
        ("1", "count"),
        ("2", "open"),
        ("3", "follow"),
    ]
    assert [count for count in matching.counts if count.count] == [Count("nurse", "money", 5, False)]
    assert [(count.about, count.choice) for count in matching.counts if count.is_key] == [
        ("caretaker", "keys"),
        ("nurse", "list"),
    ]
    assert cloze.counts == (Count("who", "porter", 0, True), Count("who", "mayor", 5, False))


@given(st.lists(st.text("01-", min_size=3, max_size=3), min_size=5, max_size=30))
def test_figures_stay_in_their_bounds(marks: list[str]) -> None:
    found = analysed(*marks)
    for item in found.items:
        assert item.facility is not None
        assert item.blank is not None
        assert item.facility.low is not None
        assert item.facility.high is not None
        assert 0 <= item.facility.low <= item.facility.value + 1e-9 <= item.facility.high + 2e-9 <= 100 + 3e-9
        for figure in (item.discrimination, item.efficiency):
            assert figure is None or -100 - 1e-9 <= figure.value <= 100 + 1e-9 or figure is item.efficiency
    weights = [item.weight.value for item in found.items if item.weight]
    assert not weights or round(sum(weights), 6) == 100
    assert found.alpha is None or found.alpha.value <= 1
    assert found.mean
    assert found.mean.value == pytest.approx(
        100 * float(sum((Fraction(text.count("1"), 3) for text in marks), Fraction(0)) / len(marks))
    )


def test_the_whole_quiz_can_be_analysed() -> None:
    quiz = whole_quiz()
    keys = {item.id: quizzes.key_of(item) for item in quiz.items}
    found = analyse(quiz, [row(quiz, n, dict(list(keys.items())[n:])) for n in range(6)])
    assert found is not None
    assert [item.people for item in found.items] == [6] * 12
