"""Numbers as each country writes them: what a locale decides is read, everything else is asked back as before."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from babel.localedata import locale_identifiers
from babel.numbers import format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

import quizzes
from quizzes import numbers
from quizzes.model import Response, Unit
from tests.quizzes.examples import item_of

LOCALES = sorted(locale_identifiers())
VALUES = [Decimal(text) for text in ("0", "-1", "12.345", "0.5", "1234", "-1234.5", "123456", "1234567.125", "-0.001")]


@pytest.mark.parametrize("system", ["default", "latn"])
def test_what_cldr_writes_is_read_in_every_locale(system: str) -> None:
    wrong = [
        (locale, value)
        for locale in LOCALES
        for value in VALUES
        if numbers.read(
            format_decimal(value, locale=locale, numbering_system=system, decimal_quantization=False), locale=locale
        )
        != numbers.Reading((Fraction(value),), locale=locale)
    ]
    assert wrong == []


def test_what_is_written_is_read_in_every_locale() -> None:
    wrong = [
        (locale, value)
        for locale in LOCALES
        for value in map(Fraction, VALUES)
        if numbers.read(numbers.write(value, locale), locale=locale).values != (value,)
        or numbers.read(numbers.show(value, locale), locale=locale).values != (value,)
    ]
    assert wrong == []


@settings(max_examples=500)
@given(st.sampled_from(LOCALES), st.fractions(max_denominator=10**6))
def test_any_number_written_in_a_locale_is_read_in_it(locale: str, value: Fraction) -> None:
    assert numbers.read(numbers.write(value, locale), locale=locale).values == (value,)


@given(st.sampled_from(LOCALES), st.decimals(-(10**9), 10**9, places=3))
def test_any_number_as_cldr_writes_it_is_read(locale: str, value: Decimal) -> None:
    text = format_decimal(value, locale=locale, decimal_quantization=False)
    assert numbers.read(text, locale=locale).values == (Fraction(value),)


@pytest.mark.parametrize(
    ("text", "locale", "understood"),
    [
        ("1,500", "en", "1500"),
        ("1.500", "en", "1.5"),
        ("1,500", "es", "1,5"),
        ("1.500", "es", "1500"),
        ("1.500,25", "es", "1500,25"),
        ("1.5", "es", "1,5"),
        ("1,5", "en", "1.5"),
        ("1 500,5", "fr", "1500,5"),
        ("1,500", "fr", "1,5"),
        ("1.500", "fr", "1500 or 1,5"),
        ("1’500.5", "de-CH", "1500.5"),
        ("1.500", "de_CH", "1.5"),
        ("1,500", "de-CH", "1500 or 1.5"),
        ("1,00,000", "hi", "100000"),
        ("१,५००", "hi", "1500"),
        ("١٬٥٠٠٫٢٥", "ar-EG", "1500.25"),
        ("١٫٥٠٠", "ar", "1.5"),
        ("1,500", "xx", "1500 or 1.5"),
        ("1,500", "no such", "1500 or 1.5"),
        ("1,500", "", "1500 or 1.5"),
        ("1,500", None, "1500 or 1.5"),
        ("2/3", "es", "2/3"),
        ("1e3", "es", "1000"),
        ("1,5e3", "es", "1500"),
        ("1.500e3", "es", "1500000"),
        ("0,500", "en", "0.5"),
    ],
)
def test_the_locale_decides_where_it_can(text: str, locale: str | None, understood: str) -> None:
    assert numbers.read(text, locale=locale).understood == understood


def test_what_is_asked_back_is_written_as_the_locale_writes() -> None:
    assert numbers.read("1.500", locale="fr").message == "“1.500” can mean 1500 or 1,5. Write 1500 or 1,5."
    message = "“x” cannot be read as a number. Write it in digits, for example 1500, 1,5 or 3/4."
    assert numbers.read("x", locale="es").message == message


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5 km", "1500"), ("15 m", "15"), ("km 2", "2000"), ("300 cm", "3"), ("300 CM", "3"), ("7", "7"), ("2 k", None)],
)
def test_other_units_are_counted_in_the_own_one(text: str, value: str | None) -> None:
    units = [Unit("cm", Fraction(1, 100)), Unit("km", Fraction(1000))]
    assert numbers.read(text, "m", units=units).values == ((Fraction(value),) if value else ())


@pytest.mark.parametrize("text", ["20 m²", "20 m2", "m² 20"])
def test_a_unit_with_a_raised_digit_may_be_typed(text: str) -> None:
    assert numbers.read(text, "m²").values == (Fraction(20),)


def test_a_response_keeps_how_its_number_was_read() -> None:
    item = item_of("numeric", value="1500")
    response, message = quizzes.collect(item, {"r.beds": ["1.500"]}, "es")
    assert (response, message) == (Response(text="1.500", numbers=(("", "1500"),)), "")
    assert response == Response.from_json(response.as_json())
    assert quizzes.grade_item(item, response).status == "correct"
    assert quizzes.understood(item, response, "es") == "1500"
    assert quizzes.collect(item, {"r.beds": ["1.500"]}) == (
        Response(text="1.500"),
        "“1.500” can mean 1500 or 1.5. Write 1500 or 1.5.",
    )
    asked = quizzes.collect(item, {"r.beds": ["1.500"]}, "fr")
    assert asked == (Response(text="1.500"), "“1.500” can mean 1500 or 1,5. Write 1500 or 1,5.")
    assert quizzes.collect(item, {"r.beds": [" "]}, "es") == (Response(text=" "), "")


def test_a_kept_number_counts_only_with_its_text_and_only_as_a_number() -> None:
    item = item_of("numeric")
    assert quizzes.grade_item(item, Response(numbers=(("", "53"),))).status == "not_answered"
    assert quizzes.grade_item(item, Response(text="54", numbers=(("", "x"),))).understood == "54"


def test_a_cloze_keeps_how_each_number_was_read() -> None:
    item = item_of("cloze")
    response, message = quizzes.collect(item, {"r.report.area": ["1.500"], "r.report.word": ["evicted"]}, "es")
    assert message == ""
    assert response == Response(pairs=(("area", "1.500"), ("word", "evicted")), numbers=(("area", "1500"),))
    assert quizzes.grade_item(item, response).score.raw == Fraction(3, 4)
    assert quizzes.understood(item, Response(pairs=(("area", "1.500"),)), "es") == "gap 1: 1500"


def test_what_was_understood_names_the_unit_where_there_are_several() -> None:
    item = item_of("numeric", unit="m", units=[{"text": "km", "factor": "1000"}])
    assert quizzes.understood(item, Response(text="1,5 km"), "es") == "1500 m"
    assert quizzes.understood(item, Response(text="x")) == ""
