"""Numbers as people type them: read when they can mean one thing, asked back when they can mean two."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1500", "1500"),
        (" 1500 ", "1500"),
        ("+7", "7"),
        ("007", "7"),
        ("0", "0"),
        ("1.5", "1.5"),
        ("1,5", "1.5"),
        (".5", "0.5"),
        (",5", "0.5"),
        ("5.", "5"),
        ("1,50", "1.5"),
        ("0,500", "0.5"),
        ("0.125", "0.125"),
        ("1500,250", "1500.25"),
        ("1 500", "1500"),
        ("1\u00a0500", "1500"),
        ("1\u202f500", "1500"),
        ("1 500,5", "1500.5"),
        ("1 500.25", "1500.25"),
        ("1'500", "1500"),
        ("1’500.5", "1500.5"),
        ("1.500,5", "1500.5"),
        ("1,500.5", "1500.5"),
        ("1,500,000", "1500000"),
        ("1.500.000", "1500000"),
        ("1,00,000", "100000"),
        ("12,34,567.5", "1234567.5"),
        ("3/4", "3/4"),
        ("3 / 4", "3/4"),
        ("1 1/2", "3/2"),
        ("½", "1/2"),
        ("1½", "3/2"),
        ("-3/4", "-3/4"),
        ("-5", "-5"),
        ("−5", "-5"),
        ("–5", "-5"),
        ("- 5", "-5"),
        ("١٢٣", "123"),
        ("١٫٥", "1.5"),
        ("١٬٥٠٠", "1500"),
        ("१२", "12"),
        ("１２", "12"),
        ("50 %", "1/2"),
        ("50%", "1/2"),
        ("٥٠٪", "1/2"),
        ("12\u200e", "12"),
        ("%50", "1/2"),
        ("1e3", "1000"),
        ("1,5E3", "1500"),
        ("-2 e -2", "-0.02"),
        ("1e+3", "1000"),
        ("١٫٥٠٠", "1.5"),
    ],
)
def test_reads_what_can_mean_one_thing(text: str, value: str) -> None:
    assert numbers.read(text) == numbers.Reading((Fraction(value),))


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("1,500", ("1500", "3/2"), "“1,500” can mean 1500 or 1.5. Write 1500 or 1.5."),
        ("1.500", ("1500", "3/2"), "“1.500” can mean 1500 or 1.5. Write 1500 or 1.5."),
        ("-12.345", ("-12345", "-12.345"), "“-12.345” can mean -12345 or -12.3450. Write -12345 or -12.3450."),
    ],
)
def test_asks_back_what_can_mean_two_things(text: str, values: tuple[str, ...], message: str) -> None:
    assert numbers.read(text) == numbers.Reading(tuple(map(Fraction, values)), message)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "about ten",
        "1 50",
        "1,50,0",
        "1/0",
        "10²",
        "1..5",
        "1e",
        "e3",
        "1e100",
        "1/2e3",
        "1e2e3",
        "--5",
        "5-",
        "-",
        ".",
        "1,500.500,5",
        "½½",
        "1 5/",
        "x" * 501,
    ],
)
def test_cannot_be_read(text: str) -> None:
    shown = text if len(text) <= 40 else f"{text[:39]}…"
    message = f"“{shown}” cannot be read as a number. Write it in digits, for example 1500, 1.5 or 3/4."
    assert numbers.read(text) == numbers.Reading((), message)


def test_a_longer_number_than_anybody_types_is_not_read() -> None:
    assert numbers.read("1" * 501).values == ()


@pytest.mark.parametrize(
    ("text", "unit", "values"),
    [
        ("40 beds", "beds", ("40",)),
        ("40 Beds", "beds", ("40",)),
        ("€ 40", "€", ("40",)),
        ("40", "beds", ("40",)),
        ("50 %", "%", ("50",)),
        ("50 %", "percent", ("50",)),
        ("50", "%", ("50",)),
        ("50 percent", "percent", ("50",)),
        ("5 ﷺ", "beds", ()),
        ("40 ß", "ss", ()),
    ],
)
def test_the_unit_may_be_typed_too(text: str, unit: str, values: tuple[str, ...]) -> None:
    assert numbers.read(text, unit).values == tuple(map(Fraction, values))


def test_a_percent_sign_with_another_unit_is_asked_back() -> None:
    assert numbers.read("50 %", "beds") == numbers.Reading((), "Write the number in beds, without a percent sign.")


def test_says_how_it_was_understood() -> None:
    assert [numbers.read(text).understood for text in ("1,5", "2/3", "1,500", "x", "-0.25")] == [
        "1.5",
        "2/3",
        "1500 or 1.5",
        "",
        "-0.25",
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12"),
        ("-1.5", "-1.5"),
        ("+2", "2"),
        ("1/4", "1/4"),
        (" 3 ", "3"),
        ("-1/4", "-1/4"),
        ("1,5", None),
        ("1/0", None),
        ("1 500", None),
        ("abc", None),
        ("", None),
        ("١", None),
        ("1" * 501, None),
    ],
)
def test_authors_write_exactly(text: str, value: str | None) -> None:
    assert numbers.exact(text) == (None if value is None else Fraction(value))


@given(st.fractions(max_denominator=10**6))
def test_what_is_written_is_read_as_this_alone(value: Fraction) -> None:
    assert numbers.read(numbers.write(value)) == numbers.Reading((value,))


@given(st.text(), st.sampled_from(["", "%", "beds"]))
def test_any_text_gives_a_value_or_a_message(text: str, unit: str) -> None:
    reading = numbers.read(text, unit)
    assert (len(reading.values) == 1) == (reading.message == "")


@given(st.text("0123456789.,' /%-½", max_size=12))
def test_at_most_two_readings(text: str) -> None:
    assert len(numbers.read(text).values) <= 2
