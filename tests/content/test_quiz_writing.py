"""Items as the text of a quiz.yaml: our own loader reads them back, and an author's file keeps every byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quizzes
from course.content.quiz_writing import NotAppended, appended, items_text, quiz_text
from course.content.yaml_reader import read_yaml
from quizzes.model import Quiz
from tests.quizzes.drawn import quiz
from tests.quizzes.examples import ITEMS, quiz_of, whole_quiz, written
from tests.quizzes.test_formats_round_trip import HARD, SHIPPED, letters

YAML = [
    "yes",
    "No",
    "null",
    "~",
    "12:30",
    "2020-03-25",
    "1_000",
    "0x1F",
    "- a",
    "a: b",
    "a #b",
    "# a",
    "'",
    '"',
    "{a}",
    "[a",
    "|",
    ">",
]
YAML += [
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
    "`a",
    "a\n b\n\n  c",
    "a  \nb",
    "#a\nb",
    "a\tb",
    "é\u2028x",
    "\ufeffx",
    "1e3",
    ".5",
    "=",
    "<<",
    "?",
]


def back(text: str) -> Quiz | None:
    document = read_yaml(text, "quiz.yaml")
    assert document.problems == ()
    return quizzes.read(document.value).quiz


@settings(deadline=None, max_examples=30)
@given(quiz())
def test_every_quiz_is_read_back(quiz: Quiz) -> None:
    assert back(quiz_text(quiz)) == quiz


@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from(HARD + YAML), letters), min_size=4, max_size=4, unique_by=str.strip))
def test_every_text_is_read_back(texts: list[str]) -> None:
    one, two, three, four = texts
    mapping = {
        "items": [
            written(
                "single_choice", prompt=one, explanation=two, tags=[three, four], hints=[one, {"text": two, "cost": "1/4"}]
            ),
            written("short_text", accept=[four], feedback={"correct": one}, prompt=three),
            written("numeric", unit=one, units=[{"text": two, "factor": "1000"}]),
        ]
    }
    found = quizzes.read(mapping)
    if found.quiz is not None:
        assert back(quiz_text(found.quiz)) == found.quiz


def test_rules_and_every_kind_are_read_back() -> None:
    rules = {
        "attempts": "3",
        "wait_minutes": "5",
        "counts": "last",
        "shuffle": False,
        "review": "never",
        "time_limit_minutes": "9",
    }
    whole = whole_quiz(pools=[{"tag": "start", "draw": "1"}], **rules)
    assert back(quiz_text(whole)) == whole


def test_an_item_reads_as_an_author_writes_it() -> None:
    item = written("single_choice", prompt="One line.\n\nAnother: with marks.", hints=["Think."], tags=["start"])
    assert items_text(quiz_of(item).items) == (
        "- id: first-step\n"
        "  kind: single_choice\n"
        "  prompt: |-\n"
        "    One line.\n"
        "\n"
        "    Another: with marks.\n"
        "  choices:\n"
        "  - {id: count, text: Count who has no door, correct: true, feedback: Yes.}\n"
        "  - {id: buy, text: Buy tents, feedback: A tent has no door.}\n"
        "  - {id: wait, text: Wait, feedback: For whom?}\n"
        "  feedback: {correct: Right., incorrect: Wrong.}\n"
        "  explanation: Counting takes a day.\n"
        "  review_lesson: rooms\n"
        "  hints: [Think.]\n"
        "  tags: [start]\n"
    )


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_the_shipped_files_keep_every_byte(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    new = quiz_of(*(item | {"id": f"new-{item['id']}", "review_lesson": ""} for item in ITEMS.values())).items
    whole = appended(text, new)
    assert whole.startswith(text)
    held, read = back(text), back(whole)
    assert held is not None
    assert read is not None
    assert read.items == held.items + new


@pytest.mark.parametrize(
    "text",
    [
        "# Ours\nitems:  # the list\n- {id: a, kind: reflection, prompt: A}  # a comment\n# the end",
        "items:\n    - id: a\n      kind: reflection\n      prompt: |\n        A\n\n        B\n# end\n\n",
        "items:\n  -   id: a\n      kind: reflection\n      prompt: A\n",
    ],
    ids=["comments", "indented block", "wide"],
)
def test_an_authors_layout_is_gone_on_with(text: str) -> None:
    new = quiz_of(written("hotspot"), written("reflection")).items
    whole = appended(text, new)
    assert whole.startswith(text)
    read = back(whole)
    assert read is not None
    assert read.items[1:] == new


NO_LIST = "it has no list `items` to which anything could be added"
BRACKETS = "its items stand in brackets; write each on lines of its own that begin with `- `"
NO_END = "its end is written so that nothing can follow; end its last item with a line of its own"
ONE = "items:\n- {id: a, kind: reflection, prompt: A}\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", NO_LIST),
        ("items: []\n", "its list `items` is empty"),
        ("items: [{id: a, kind: reflection, prompt: A}]\n", BRACKETS),
        (f"{ONE}attempts: 3\n", "`attempts` stands behind `items`; move it before"),
        (f"{ONE}...\n", NO_END),
        (f"{ONE}--- # x\n", NO_LIST),
    ],
)
def test_what_cannot_be_gone_on_with_is_said(text: str, why: str) -> None:
    with pytest.raises(NotAppended) as error:
        appended(text, quiz_of(written("reflection")).items)
    assert str(error.value) == why
