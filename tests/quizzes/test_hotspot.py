"""Regions of a figure, equal to a list of choices."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import quizzes
from quizzes.kinds import Hotspot, of
from quizzes.model import Fault, Read, Response
from tests.quizzes.examples import item_of, quiz_of, written

CHOICES: list[dict[str, Any]] = written("hotspot")["choices"]


def with_areas(*areas: list[str]) -> list[dict[str, Any]]:
    return [choice | {"area": area} for choice, area in zip(CHOICES, areas, strict=False)]


def test_a_page_shows_figure_and_regions_and_no_key() -> None:
    (view,) = quizzes.draw(quiz_of(written("hotspot")), "a")
    assert (view.figure, view.alt) == ("media/plan.svg", "A plan with a hall, a yard and two rooms")
    assert view.is_multiple
    assert [name for name, _ in view.areas] == [name for name, _ in view.choices]
    assert dict(view.areas)["yard"] == (Fraction(0), Fraction(50), Fraction(100), Fraction("49.5"))


def test_with_one_right_region_one_is_chosen() -> None:
    choices = [choice | {"correct": choice["id"] == "yard"} for choice in CHOICES]
    quiz = quiz_of(written("hotspot", choices=choices))
    assert not quizzes.draw(quiz, "a")[0].is_multiple
    words = "One choice is right: full points for it, none for another."
    assert quizzes.credit_in_words(quiz.items[0]) == words
    assert quizzes.grade_item(quiz.items[0], Response(choices=("yard",))).score.raw == 1
    halves = item_of("hotspot", choices=choices, credit="halves")
    assert quizzes.credit_in_words(halves) == Hotspot.CREDITS["halves"]


def test_regions_that_touch_do_not_overlap() -> None:
    areas = [["0", "0", "50", "50"], ["50", "0", "50", "50"], ["0", "50", "100", "50"]]
    assert [choice.id for choice in of(item_of("hotspot", choices=with_areas(*areas))).choices] == ["hall", "room", "yard"]


def test_the_words_of_a_figure_are_translated() -> None:
    quiz = quiz_of(written("hotspot"))
    spanish = {"id": "map", "alt": "Un plano", "choices": [{"id": "hall", "text": "La sala"}]}
    read = quizzes.translate(quiz, {"items": [spanish]})
    assert read.quiz is not None
    (item,) = read.quiz.items
    assert isinstance(item, Hotspot)
    assert (item.alt, item.choices[0].text) == ("Un plano", "La sala")
    assert [str(end) for end in item.choices[0].area] == ["0", "0", "50", "50"]
    assert quizzes.key_of(item) == quizzes.key_of(quiz.items[0])


AREA = ("`area` is left, top, width and height in percent of the figure", "for example `area: [10, 20, 30, 15]`", "not-an-area")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"figure": None}, Fault((), "`figure` is missing", "add `figure: …`", "missing")),
        ({"alt": None}, Fault((), "`alt` is missing", "add `alt: …`", "missing")),
        (
            {"figure": "plan.png"},
            Fault(("figure",), "`plan.png` is no figure of ours", "write `figure: media/name.svg`", "not-a-figure"),
        ),
        ({"choices": with_areas(["0", "0", "9", "9"], ["1", "2", "3"])}, Fault(("choices", 1, "area"), *AREA)),
        ({"choices": with_areas(["0", "0", "9", "9"], ["-1", "2", "3", "4"])}, Fault(("choices", 1, "area"), *AREA)),
        ({"choices": with_areas(["0", "0", "9", "9"], ["10", "-2", "3", "4"])}, Fault(("choices", 1, "area"), *AREA)),
        ({"choices": with_areas(["0", "0", "9", "9"], ["10", "2", "91", "4"])}, Fault(("choices", 1, "area"), *AREA)),
        ({"choices": with_areas(["0", "0", "9", "9"], ["10", "97", "3", "4"])}, Fault(("choices", 1, "area"), *AREA)),
        ({"choices": with_areas(["0", "0", "9", "9"], ["10", "2", "0", "4"])}, Fault(("choices", 1, "area"), *AREA)),
        ({"choices": with_areas(["0", "0", "9", "9"], ["10", "2", "3", "0"])}, Fault(("choices", 1, "area"), *AREA)),
        (
            {"choices": with_areas(["0", "0", "9", "9"], ["10", "2", "3", "x"])},
            Fault(
                ("choices", 1, "area", 3),
                "`x` is not a number",
                "write it with a point and without separators, for example `1500`, `1.5` or `1/4`",
                "not-a-number",
            ),
        ),
        (
            {"choices": with_areas(["10", "10", "50", "50"], ["59", "59", "9", "9"], ["0", "90", "9", "9"])},
            Fault(
                ("choices", 1, "area"),
                "the areas of `room` and `hall` lie over one another",
                "make one of them smaller, so that each point belongs to one region",
                "overlap",
            ),
        ),
        (
            {"choices": [choice | {"correct": False} for choice in CHOICES]},
            Fault(("choices",), "no choice is correct", "add `correct: true` to the right one", "no-key"),
        ),
    ],
)
def test_fault_of_a_hotspot(changes: dict[str, Any], fault: Fault) -> None:
    if "choices" in changes and "correct" in changes["choices"][1]:
        changes["choices"][1].pop("correct")
    read = quizzes.read({"items": [written("hotspot", **changes)]})
    assert read == Read(None, (Fault(("items", 0, *fault.at), fault.message, fault.hint, fault.code),))


def test_a_region_without_an_area() -> None:
    choices = [*CHOICES[:2], {"id": "yard", "text": "The yard"}]
    fault = Fault(("items", 0, "choices", 2), "`area` is missing", "add `area:` with a list below it", "missing")
    assert quizzes.read({"items": [written("hotspot", choices=choices)]}) == Read(None, (fault,))
