"""Typed texts are the same when their letters are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import texts


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
