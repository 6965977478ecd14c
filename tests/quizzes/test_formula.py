"""The small language of calculated items: exact, bounded, and nothing of Python in it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import formula

VALUES = {"n": Fraction(7), "k_2": Fraction(-1, 2)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", "1"),
        (" 1.25 ", "5/4"),
        ("1 + 2 × 3", "7"),
        ("1 + 2 * 3", "7"),
        ("10 - 2 - 3", "5"),
        ("10 − 2", "8"),
        ("24 ÷ 2 ÷ 3", "4"),
        ("24 / 2 : 3", "4"),
        ("2 · 3", "6"),
        ("(1 + 2) × 3", "9"),
        ("-2^2", "-4"),
        ("(-2)^2", "4"),
        ("2^3^2", "512"),
        ("2^-2", "1/4"),
        ("--2", "2"),
        ("+2", "2"),
        ("2 × -3", "-6"),
        ("n × k_2", "-7/2"),
        ("min(n, 3, k_2)", "-1/2"),
        ("max(n, 3)", "7"),
        ("max(3)", "3"),
        ("round(n / 2)", "4"),
        ("round(-n / 2)", "-4"),
        ("round(2 ÷ 3, 2)", "67/100"),
        ("round(1.005, 2)", "101/100"),
        ("0^0", "1"),
        ("1^64", "1"),
    ],
)
def test_computes(text: str, value: str) -> None:
    assert formula.compute(formula.parse(text), VALUES) == Fraction(value)


MISSING = "for example `2 × (n + 1)`"
LARGE = ("the formula gives a number that is too large", "use smaller numbers or powers")
ZERO = ("the formula divides by zero", "choose parameters that cannot make it zero")
POWER = ("a power must be a whole number from -64 to 64", "write it as one, for example `x^2`")
PLACES = ("`round` takes 0 to 12 places", "for example `round(x, 2)`")
DEEP = ("the formula has too many parentheses or signs inside one another", "make it simpler")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "a number or a name is missing at the end", MISSING),
        ("1 +", "a number or a name is missing at the end", MISSING),
        ("× 2", "a number or a name is missing before `×`", MISSING),
        ("1 2", "`2` cannot stand here in a formula", "check the signs and parentheses before it"),
        ("n n", "`n` cannot stand here in a formula", "check the signs and parentheses before it"),
        ("(1", "`)` is missing", "close every parenthesis"),
        ("min(1, 2", "`)` is missing", "close every parenthesis"),
        ("1)", "`)` cannot stand here in a formula", "check the signs and parentheses before it"),
        ("1 % 2", "`%` cannot stand here in a formula", "check the signs and parentheses before it"),
        ("eval(1)", "there is no function `eval`", "known are `min`, `max` and `round`"),
        ("__import__", "a number or a name is missing before `_`", MISSING),
        ("x", "`x` is no parameter", "add it to `params`"),
        ("min()", "a number or a name is missing before `)`", MISSING),
        ("round(1, 2, 3)", "`round` takes a number and the places behind the point", "for example `round(x, 2)`"),
        ("round(1, 0.5)", *PLACES),
        ("round(1, 13)", *PLACES),
        ("round(1, -1)", *PLACES),
        ("1 / (n - 7)", *ZERO),
        ("0^-1", *ZERO),
        ("2^0.5", *POWER),
        ("2^65", *POWER),
        ("2^-65", *POWER),
        ("9999999999999^64", *LARGE),
        ("(2^64)^32 × 2", *LARGE),
        ("1 ÷ (2^64)^32", *LARGE),
        ("9^9^9", *POWER),
        ("(" * 41 + "1" + ")" * 41, *DEEP),
        ("-" * 41 + "1", *DEEP),
        ("1^" * 41 + "1", *DEEP),
        ("min(" * 41 + "1" + ")" * 41, *DEEP),
        ("1" * 501, "the formula is longer than 500 characters", "make it shorter"),
    ],
)
def test_refuses(text: str, message: str, hint: str) -> None:
    with pytest.raises(formula.Wrong) as refused:
        formula.compute(formula.parse(text), VALUES)
    assert (str(refused.value), refused.value.hint) == (message, hint)


def test_as_much_as_is_allowed_is_computed() -> None:
    deep = "(" * 40 + "1" + ")" * 40
    assert formula.compute(formula.parse(deep), {}) == 1
    assert formula.compute(formula.parse("(2^64)^31 × 2^63"), {}) == 2**2047
    assert formula.compute(formula.parse("1+" * 249 + "1"), {}) == 250


def test_says_which_names_it_needs() -> None:
    assert formula.names_in(formula.parse("min(a, b) + a^c_1 - 2")) == {"a", "b", "c_1"}


@given(st.text("0123456789.+-*/^(), nminaxroud×÷−_", max_size=40))
def test_any_text_gives_a_number_or_a_message(text: str) -> None:
    try:
        value = formula.compute(formula.parse(text), {"n": Fraction(3)})
    except formula.Wrong as wrong:
        assert str(wrong) and wrong.hint
    else:
        assert abs(value) < 2**formula.MOST_BITS


trees = st.recursive(
    st.integers(0, 99).map(str),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda text: f"(-{text})"),
        st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})"),
    ),
    max_leaves=8,
)


@given(trees)
def test_computes_what_python_would(text: str) -> None:
    assert formula.compute(formula.parse(text), {}) == eval(text, {"__builtins__": {}, "max": max})
