"""A text with blanks: each is judged by its kind and shown where it stands."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import quizzes
from quizzes.kinds import Cloze
from quizzes.model import BlankView, Fault, Feedback, Read, Response
from tests.quizzes.examples import choice, item_of, quiz_of, written

BLANKS: list[dict[str, Any]] = written("cloze")["blanks"]
TEXT: str = written("cloze")["text"]


def test_a_page_shows_each_blank_where_it_stands() -> None:
    (view,) = quizzes.draw(quiz_of(written("cloze")), "a")
    area, who, word = view.blanks
    assert (area, word) == (BlankView("area", "numeric", (), "m²"), BlankView("word", "short_text"))
    assert (who.id, who.kind, sorted(who.choices)) == ("who", "choice", [("mayor", "the mayor"), ("porter", "the porter")])
    assert view.parts == (
        ("The hall has ", area),
        (" m², ", who),
        (" has the keys, and nobody is ", word),
        (".", None),
    )


def test_a_view_without_blanks_has_no_parts_but_its_text() -> None:
    assert quizzes.draw(quiz_of(written("numeric")), "a")[0].parts == (("", None),)


def test_the_choices_of_a_blank_are_drawn_and_may_keep_their_order() -> None:
    def orders(item: dict[str, Any]) -> set[tuple[str, ...]]:
        quiz = quiz_of(item)
        return {tuple(name for name, _ in quizzes.draw(quiz, seed)[0].blanks[1].choices) for seed in range(50)}

    assert orders(written("cloze")) == {("porter", "mayor"), ("mayor", "porter")}
    still = written("cloze")
    still["blanks"][1]["shuffle"] = "false"
    assert orders(still) == {("porter", "mayor")}


def test_points_of_blanks_are_their_weight() -> None:
    item = item_of("cloze", points="4")
    assert quizzes.grade_item(item, Response(pairs=(("area", "1500"),))).score.raw == Fraction(2)
    assert quizzes.grade_item(item, Response(pairs=(("who", "porter"), ("word", "evicted")))).score.raw == Fraction(2)


def test_each_number_says_how_it_was_read() -> None:
    item = item_of("cloze")
    given = Response(pairs=(("area", "1,5"), ("word", "a  b")))
    assert quizzes.understood(item, given) == "gap 1: 1.5; gap 3: a b"


def test_texts_are_written_anew_but_not_those_of_a_list() -> None:
    quiz = quizzes.map_texts(quiz_of(written("cloze")), lambda text: f"<p>{text}</p>", lambda text: f"<b>{text}</b>")
    (item,) = quiz.items
    assert isinstance(item, Cloze)
    assert item.text == f"<p>{TEXT}</p>"
    assert item.blanks[0].feedback == Feedback("<p>Yes.</p>", "", "<p>Length by width.</p>")
    assert [(c.text, c.feedback) for c in item.blanks[1].choices] == [
        ("the porter", "<p>Day and night.</p>"),
        ("the mayor", "<p>He sleeps.</p>"),
    ]
    assert quizzes.read(quizzes.to_mapping(quiz)).quiz == quiz


def test_a_translation_moves_the_blanks() -> None:
    quiz = quiz_of(written("cloze"))
    text = "[[who]] tiene las llaves, nadie es [[word]], y la sala tiene [[area]]."
    spanish = {
        "id": "report",
        "text": text,
        "blanks": [
            {"id": "who", "choices": [{"id": "porter", "text": "El portero", "feedback": "Siempre."}]},
            {"id": "area", "unit": "metros", "feedback": {"incorrect": "Largo por ancho."}},
        ],
    }
    read = quizzes.translate(quiz, {"items": [spanish]})
    assert read.quiz is not None
    (item,) = read.quiz.items
    assert isinstance(item, Cloze)
    assert (item.text, item.blanks[0].unit, item.blanks[0].feedback) == (
        text,
        "metros",
        Feedback("Yes.", "", "Largo por ancho."),
    )
    assert item.blanks[1].choices[0].text == "El portero"
    assert quizzes.key_of(item) == quizzes.key_of(quiz.items[0])


@pytest.mark.parametrize(
    ("spanish", "fault"),
    [
        (
            {"text": "[[area]] [[who]]"},
            Fault(("text",), "the blank `word` does not stand in the text", "write `[[word]]` where it belongs", "missing"),
        ),
        (
            {"blanks": [{"id": "words"}]},
            Fault(("blanks", 0, "id"), "the quiz has no `words` here", "did you mean `word`?", "unknown-id"),
        ),
        (
            {"blanks": [{"id": "word", "accept": ["x"]}]},
            Fault(
                ("blanks", 0, "accept"),
                "`accept` has no place in a translation, which holds texts only",
                "change it in quiz.yaml",
                "not-a-text",
            ),
        ),
    ],
)
def test_fault_of_a_translation(spanish: dict[str, Any], fault: Fault) -> None:
    read = quizzes.translate(quiz_of(written("cloze")), {"items": [{"id": "report"} | spanish]})
    assert read == Read(None, (Fault(("items", 0, *fault.at), fault.message, fault.hint, fault.code),))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"text": None}, Fault((), "`text` is missing", "add `text: …`", "missing")),
        ({"blanks": None}, Fault((), "`blanks` is missing", "add `blanks:` with a list below it", "missing")),
        (
            {"text": TEXT + " [[words]]"},
            Fault(("text",), "there is no blank `words`", "did you mean `word`?", "unknown-id"),
        ),
        (
            {"text": TEXT + " [[A b]]"},
            Fault(("text",), "there is no blank `A b`", "known here: `area`, `who`, `word`", "unknown-id"),
        ),
        (
            {"text": TEXT + " [[word]]"},
            Fault(
                ("text",), "the blank `word` stands twice in the text", "give the second one an id of its own", "duplicate-id"
            ),
        ),
        (
            {"text": "[[area]] [[who]]"},
            Fault(("text",), "the blank `word` does not stand in the text", "write `[[word]]` where it belongs", "missing"),
        ),
        (
            {"blanks": [*BLANKS, BLANKS[2]]},
            Fault(("blanks", 3, "id"), "`word` is the id of another one above", "give it another id", "duplicate-id"),
        ),
        (
            {"blanks": [*BLANKS[:2], {"id": "word", "kind": "short_text", "accept": ["x"], "points": "0"}]},
            Fault(("blanks", 2, "points"), "`points` must be above zero", "write `points: 1`, or leave it out", "not-a-number"),
        ),
        (
            {"blanks": [*BLANKS[:2], {"id": "word", "kind": "short_text", "acept": ["x"], "accept": ["x"]}]},
            Fault(("blanks", 2, "acept"), "unknown key `acept`", "did you mean `accept`?", "unknown-key"),
        ),
        (
            {"blanks": [*BLANKS[:2], {"id": "word", "kind": "choice", "choices": [choice("a", "A"), choice("b", "B")]}]},
            Fault(("blanks", 2, "choices"), "no choice is correct", "add `correct: true` to the right one", "no-key"),
        ),
    ],
)
def test_fault_of_a_cloze(changes: dict[str, Any], fault: Fault) -> None:
    read = quizzes.read({"items": [written("cloze", **changes)]})
    assert read == Read(None, (Fault(("items", 0, *fault.at), fault.message, fault.hint, fault.code),))


@pytest.mark.parametrize(
    ("blank", "fault"),
    [
        (
            {"id": "word", "kind": "ordering"},
            Fault(
                ("kind",),
                "a blank cannot be of the kind `ordering`",
                "known here: `choice`, `numeric`, `short_text`",
                "unknown-kind",
            ),
        ),
        ({"id": "word"}, Fault((), "`kind` is missing", "add `kind: …`", "missing")),
    ],
)
def test_a_blank_of_no_kind(blank: dict[str, Any], fault: Fault) -> None:
    """The text then names a blank that could not be read."""
    read = quizzes.read({"items": [written("cloze", blanks=[*BLANKS[:2], blank])]})
    assert read.faults == (
        Fault(("items", 0, "blanks", 2, *fault.at), fault.message, fault.hint, fault.code),
        Fault(("items", 0, "text"), "there is no blank `word`", "known here: `area`, `who`", "unknown-id"),
    )


def test_what_a_blank_may_lack() -> None:
    item = written("cloze")
    del item["blanks"][0]["feedback"]
    del item["blanks"][1]["choices"][1]["feedback"]
    assert quizzes.completeness(quiz_of(item)) == (
        Fault(
            ("items", 0, "blanks", 0),
            "`area` says nothing to a wrong response",
            "add `feedback: {correct: …, incorrect: …}`",
            "no-feedback",
        ),
        Fault(
            ("items", 0, "blanks", 1, "choices", 1),
            "`mayor` has no feedback",
            "say why it is right or wrong: `feedback: …`",
            "no-feedback",
        ),
    )
