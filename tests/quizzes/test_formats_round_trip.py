"""Our items → a format → our items: identical for everything that the format can carry, and the ledger names the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.content.yaml_reader import read_yaml
from quizzes import read, to_mapping
from quizzes.formats import FORMATS, Exported
from quizzes.model import Item, Quiz
from tests.quizzes.drawn import quiz
from tests.quizzes.examples import quiz_of, whole_quiz, written
from tests.rig.server import ROOT

WRITERS = sorted(name for name, form in FORMATS.items() if form.write)
NEVER = {"gift": {"cloze", "calculated", "hotspot", "survey"}, "moodle-xml": {"hotspot", "survey"}}
SHIPPED = sorted(ROOT.glob("modules/*/quiz.yaml"))
# What could be taken for a mark of a format, of Markdown or of XML.
HARD = [
    "a -> b", "%50% of it", "= so", "~ or # so", "{n} :: [[x]]", "[markdown] no", "*", "\\n is \\\\ n", "// no comment", "T",
    "a\n\nb\n- c", "<b>&amp; ]]> -->", "é “x” 水 ليلة", "5 : 3", "1.", "-- a -- b", "####", "TRUE", "]", "$CATEGORY: x", "}",
]  # fmt: skip

# Any character but those that no YAML can hold.
letters = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=12)


def export(name: str, quiz: Quiz) -> Exported:
    write = FORMATS[name].write
    assert write is not None
    return write(quiz)


def carried(name: str, quiz: Quiz) -> tuple[Item, ...]:
    return tuple(item for item in quiz.items if item.kind not in NEVER[name])


def check(name: str, quiz: Quiz) -> None:
    out = export(name, quiz)
    dropped = {entry.name for entry in out.ledger.entries if entry.fate == "dropped"}
    assert dropped == {item.id for item in quiz.items if item.kind in NEVER[name]}
    assert (out.ledger.items_in, out.ledger.items_out) == (len(quiz.items), len(carried(name, quiz)))
    back = FORMATS[name].read(out.text.encode())
    assert back.items == carried(name, quiz)
    assert (back.ledger.count("kept"), back.ledger.items_in) == (len(back.items), len(back.items))
    assert export(name, Quiz(back.items)).text == out.text


@pytest.mark.parametrize("name", WRITERS)
@settings(deadline=None, max_examples=30)
@given(quiz())
def test_every_quiz_comes_back(name: str, quiz: Quiz) -> None:
    check(name, quiz)


@pytest.mark.parametrize("name", WRITERS)
@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from(HARD), letters), min_size=8, max_size=8, unique_by=str.strip))
def test_every_text_comes_back(name: str, texts: list[str]) -> None:
    prompt, one, two, three, said, word, tag, hint = texts
    mapping = {
        "items": [
            written("single_choice", prompt=prompt, explanation=said, tags=[tag], hints=[hint], choices=[
                {"id": "a", "text": one, "correct": True, "feedback": said}, {"id": "b", "text": two, "feedback": three},
            ]),
            written("short_text", prompt=said, accept=[word], feedback={"correct": one, "incorrect": two}),
            written("matching", prompt=three, pairs=[
                {"id": "p", "text": one, "choice": "a"}, {"id": "q", "text": two, "choice": "b", "feedback": hint},
            ], choices=[{"id": "a", "text": word}, {"id": "b", "text": tag}, {"id": "c", "text": prompt}]),
            written("true_false", prompt=hint, feedback_true=one, text_false=two, feedback={"partial": three}),
            written("ordering", prompt=tag, choices=[
                {"id": "a", "text": one}, {"id": "b", "text": two}, {"id": "c", "text": three},
            ]),
        ]
    }  # fmt: skip
    found = read(mapping)
    if found.quiz is not None:  # what is no quiz of ours is not written
        check(name, found.quiz)


@pytest.mark.parametrize("name", WRITERS)
def test_one_item_of_each_kind_comes_back(name: str) -> None:
    check(name, whole_quiz())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("name", WRITERS)
def test_the_shipped_quizzes_come_back(name: str, path: Path) -> None:
    found = read(read_yaml(path.read_text(encoding="utf-8"), path.name).value)
    assert found.quiz is not None
    check(name, found.quiz)


@pytest.mark.parametrize("name", WRITERS)
def test_the_rules_of_a_quiz_are_told(name: str) -> None:
    quiz = quiz_of(written("true_false", tags=["a"]), attempts="3", pools=[{"tag": "a", "draw": "1"}])
    assert [change.what for change in export(name, quiz).ledger.remarks] == ["`attempts`", "`pools`"]
    assert to_mapping(quiz)["attempts"] == "3"
