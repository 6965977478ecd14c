"""Typed texts are the same when their letters are."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import texts
from tests.rig.pace import quickest


@pytest.mark.parametrize("keep_accents", [True, False])
@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0301\u200d\u0316\u200d", "\u05b0\u05bc\u05b4"], ids=ascii)
def test_marks_above_and_below_are_read_at_once_however_many(marks: str, keep_accents: bool) -> None:
    """To put them in order took a second for each 60 KB, and a quiz reads the texts that it accepts ten times."""

    def read() -> None:
        found = texts.normalise("a" + marks * 100_000 + " b", keep_accents=keep_accents)
        assert (found[0] in "aá", found[-2:], len(found) < 40) == (True, " b", True)

    assert quickest(read, 2) < 2


def test_a_long_text_keeps_the_marks_of_its_letters() -> None:
    text = "Việt Nam, हिन्दी, عَرَبِيّ, e\u0301\u0316\u0323, " * 20
    assert texts.tidy(text) == " ".join(unicodedata.normalize("NFKC", text).split())
    assert texts.normalise(text) == texts.normalise("".join(texts.normalise(part) + ", " for part in text.split(", ")[:-1]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Eviction", " eviction "),
        ("a  b", "a\tb"),
        ("l’eau", "l'eau"),
        ("stay–home", "stay-home"),
        ("ＡＢＣ", "abc"),
        ("Straße", "STRASSE"),
        ("“quoted”", '"quoted"'),
        ("pa\u00adper", "paper"),
        ("Medellín", "medellin"),
        ("Łódź", "lodz"),
        ("Tromsø", "tromso"),
        ("مُدُن", "مدن"),
        ("and …", "and ..."),
    ],
)
def test_same(one: str, other: str) -> None:
    assert texts.normalise(one) == texts.normalise(other)


@pytest.mark.parametrize(("one", "other"), [("his", "hers"), ("が", "か"), ("हिन्दी", "हन्द"), ("-5", "5")])
def test_not_the_same(one: str, other: str) -> None:
    assert texts.normalise(one) != texts.normalise(other)


def test_accents_can_be_kept() -> None:
    assert texts.normalise("Año", keep_accents=True) == "año"
    assert texts.normalise("an\u0303o", keep_accents=True) == "año"
    assert texts.normalise("Año") == "ano"


def test_tidy_keeps_what_is_seen() -> None:
    assert texts.tidy("  Ａ\u200b  Bé\n") == "A Bé"


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("formal", "formal", 0),
        ("formal", "formel", 1),
        ("formal", "fomal", 1),
        ("formal", "formmal", 1),
        ("formal", "fromal", 1),
        ("formal", "informal", 2),
        ("ab", "ba", 1),
        ("ca", "abc", 3),
        ("abcd", "badc", 2),
        ("", "ab", 2),
        ("kitten", "sitting", 3),
    ],
)
def test_distance(one: str, other: str, distance: int) -> None:
    assert [texts.is_near(a, b, distance) for a, b in ((one, other), (other, one))] == [True, True]
    assert distance == 0 or not texts.is_near(one, other, distance - 1)


@given(st.text("ab", max_size=5), st.text("ab", max_size=5))
def test_a_distance_is_never_further_than_both_words(one: str, other: str) -> None:
    assert texts.is_near(one, other, max(len(one), len(other)))
    assert texts.is_near(one, other, 0) == (one == other)


@given(st.text(), st.booleans())
def test_case_and_spaces_never_matter(text: str, keep: bool) -> None:
    assert texts.normalise(f"  {text}\n", keep_accents=keep) == texts.normalise(text, keep_accents=keep)
