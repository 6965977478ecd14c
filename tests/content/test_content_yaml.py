"""YAML stays plain text; nothing in it raises, hangs or changes its type."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.content.front_matter import decode, split_page
from course.content.yaml_reader import read_yaml
from tests.rig.pace import quickest


def value(text: str) -> Any:
    document = read_yaml(text, "a.yaml")
    assert document.problems == ()
    return document.value


@pytest.mark.parametrize(
    "written", ["no", "yes", "on", "12:30", "2020-02-30", "0x10", "1e3", ".nan", "1_000", "True", "FALSE", "012", "=", "Null"]
)
def test_scalars_stay_what_was_typed(written: str) -> None:
    assert value(f"a: {written}") == {"a": written}


@pytest.mark.parametrize(
    ("written", "read"),
    [("true", True), ("false", False), ('"true"', "true"), ("", ""), ("~", ""), ("null", ""), ("'null'", "null")],
)
def test_words_of_yaml(written: str, read: object) -> None:
    assert value(f"a: {written}") == {"a": read}


def test_shapes() -> None:
    assert value("a:\n- b: [c, {d: e}]\n  f: |\n    g\n    h\n") == {"a": [{"b": ["c", {"d": "e"}], "f": "g\nh\n"}]}
    assert value("") == ""
    assert value("# only a remark\n") == ""
    assert value("- a\n- b\n") == ["a", "b"]


def test_places() -> None:
    document = read_yaml("a: x\nb:\n- c: y\n  d: |\n    z\n", "a.yaml", first_line=10)
    assert document.at(("a",)) == (10, 1)
    assert document.at(("b", 0)) == (12, 3)
    assert document.at(("b", 0, "d")) == (13, 3)
    assert document.at(("b", 0, "missing", 4)) == (12, 3)
    assert document.at(("nowhere",)) == (10, 1)
    assert document.text_line(("b", 0, "d")) == 14
    assert document.text_line(("b", 0, "c")) == 12


BOMBS = {
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    "merges": "a: &a {b: c}\n" + "".join(f"d{n}: &d{n}\n  <<: [*a, *a]\n" for n in range(500)),
    "brackets": "[" * 5_000,
    "braces": "{a: " * 5_000,
    "dashes": "- " * 5_000,
    "indents": "".join(" " * n + "a:\n" for n in range(300)),
    "keys": "? " * 5_000,
    "long key": "x" * 200_000 + ": a",
    "many keys": "".join(f"k{n}: a\n" for n in range(20_000)),
    "large": "a: " + "x" * 300_000,
    "tags": "a: " + "!!python/object/apply:os.system ['true']",
    "loop": "&a [*a]",
    "quotes": "'" * 100_001,
    "binary": "a: !!binary x",
    "surrogate": "a: \ud800",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_over_within_a_second(bomb: str) -> None:
    def read() -> None:
        document = read_yaml(BOMBS[bomb], "a.yaml")
        assert (bomb in ("many keys", "quotes")) >= (document.problems == ())

    assert quickest(read, 1) < 1


def test_an_alias_loop_is_no_loop() -> None:
    document = read_yaml("a: &a [*a]", "a.yaml")
    assert document.value == {"a": ["*a"]}
    assert [problem.code for problem in document.problems] == ["yaml-alias", "yaml-alias"]


def test_a_key_that_is_a_list_keeps_the_rest() -> None:
    document = read_yaml("? [a, {b: c}]\n: {d: [e]}\nf: g", "a.yaml")
    assert document.value["f"] == "g"
    assert [str(problem) for problem in document.problems] == [
        "a.yaml:1:3: a key must be one line of text [yaml-key]\n  hint: put it in quotes if it holds `{` or `[`"
    ]


def test_directives_and_empty_keys_are_told() -> None:
    assert [problem.code for problem in read_yaml("%YAML 1.1\n---\na: b", "a.yaml").problems] == ["yaml-tag"]
    assert [problem.code for problem in read_yaml("'': b", "a.yaml").problems] == ["yaml-key"]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="ab:-?[]{}&*!|>'\"%#@,~<\n\t \x00\ufeff\x85é", max_size=40))
def test_no_text_raises(text: str) -> None:
    document = read_yaml(text, "a.yaml")
    for path in document.places:
        line, col = document.at(path)
        assert line >= 1 and col >= 1


def test_bytes_to_text() -> None:
    assert decode("\ufeffa\r\nb\rc".encode(), "a") == ("a\nb\nc", ())
    text, problems = decode("é: 1\né".encode() + b"\xff", "a.yaml")
    assert text is None
    assert [(problem.line, problem.col, problem.code) for problem in problems] == [(2, 2, "not-utf-8")]
    assert decode(b"x" * 300_000, "a")[1][0].code == "too-large"


def test_a_page_is_front_matter_and_body() -> None:
    page, problems = split_page("---\na: b\n---\ntext\n---\nmore", "a.md")
    assert (page.matter.value, page.body, page.body_line, problems) == ({"a": "b"}, "text\n---\nmore", 4, ())
    assert page.matter.at(("a",)) == (2, 1)
