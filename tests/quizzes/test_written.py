"""A response in one line and back, for every kind; and what is said where the line cannot be meant."""

from __future__ import annotations

import pytest

import quizzes
from quizzes.model import Response
from quizzes.written import line_of, response_of
from tests.quizzes.examples import ITEMS, item_of


@pytest.mark.parametrize("kind", [kind for kind in ITEMS if kind not in {"survey", "reflection", "calculated"}])
def test_the_key_of_each_kind_goes_into_a_line_and_comes_back(kind: str) -> None:
    item = item_of(kind)
    key = quizzes.key_of(item)
    read, message = response_of(item, line_of(item, key))
    assert message == ""
    assert (read.choices, read.pairs, read.text) == (key.choices, key.pairs, key.text)
    assert quizzes.grade_item(item, read).status == "correct"


@pytest.mark.parametrize(
    ("kind", "line", "expected"),
    [
        ("single_choice", " buy ", Response(choices=("buy",))),
        ("multiple_choice", "press,hotels,", Response(choices=("press", "hotels"))),
        ("true_false", "true", Response(choices=("true",))),
        ("short_text", "  an order  ", Response(text="an order")),
        ("numeric", "52", Response(text="52")),
    ],
)
def test_a_line_says_what_it_says(kind: str, line: str, expected: Response) -> None:
    assert response_of(item_of(kind), line) == (expected, "")


@pytest.mark.parametrize(
    ("kind", "line", "message"),
    [
        ("single_choice", "", "Write the response."),
        ("short_text", " ", "Write the response."),
        ("matching", ";", "Write the response."),
        ("single_choice", "tents", "There is no `tents` in this item; there are count, buy, wait."),
        ("multiple_choice", "press, press", "`press` stands there twice."),
    ],
)
def test_what_cannot_be_meant_is_said(kind: str, line: str, message: str) -> None:
    assert response_of(item_of(kind), line)[1] == message


def test_the_rows_the_choices_and_the_blanks_must_be_there() -> None:
    matching, cloze = item_of("matching"), item_of("cloze")
    row, choice = quizzes.key_of(matching).pairs[0]
    blank = quizzes.key_of(cloze).pairs[0][0]
    assert response_of(matching, f"{row}={choice}") == (Response(pairs=((row, choice),)), "")
    assert response_of(matching, f"nobody={choice}")[1].startswith("There is no `nobody` in this item; there are ")
    assert response_of(matching, f"{row}=nothing")[1].startswith("There is no `nothing` in this item; there are ")
    assert response_of(matching, f"{row}={choice}; {row}={choice}")[1] == f"`{row}` stands there twice."
    assert response_of(cloze, "nobody=1")[1] == "There is no `nobody` in this item; there are area, who, word."
    assert response_of(cloze, f"{blank}=")[1] == "Write the response."


def test_a_number_of_two_meanings_is_asked_back() -> None:
    item = item_of("numeric")
    response, message = response_of(item, "1,500")
    assert message == quizzes.collect(item, {f"r.{item.id}": ["1,500"]})[1]
    assert (response.text, message != "") == ("1,500", True)
