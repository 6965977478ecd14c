"""A small language for the value of a calculated item: numbers, names, + − × ÷ ^, parentheses, min, max and round.

Read by recursive descent into a tree and computed in exact fractions. Nothing of Python is evaluated, and every step is
bounded: a formula from anybody ends at once with a number or with a message.

    sum    = term { ("+" | "-") term }
    term   = signed { ("×" | "÷") signed }
    signed = ("+" | "-") signed | power
    power  = atom [ "^" signed ]
    atom   = number | name | function "(" sum { "," sum } ")" | "(" sum ")"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

LONGEST = 500  # characters
DEEPEST = 40  # parentheses and signs inside one another
HIGHEST_POWER = 64
MOST_BITS = 2048  # of a numerator or denominator on the way
FUNCTIONS = ("max", "min", "round")
NAME = re.compile(r"[a-z][a-z0-9_]*")
_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([a-z][a-z0-9_]*)|(.))", re.ASCII | re.DOTALL)
_SIGNS = str.maketrans("−–*·:/", "--××÷÷")


class Wrong(ValueError):
    """A formula that cannot be read or computed; the text says why, ``hint`` the way out."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Node:
    """A step of a formula: a number, a name, or an operation on parts."""

    what: str
    parts: tuple[Node, ...] = ()
    number: Fraction = Fraction(0)


def names_in(node: Node) -> frozenset[str]:
    found = frozenset((node.what[1:],)) if node.what.startswith("$") else frozenset[str]()
    return found.union(*map(names_in, node.parts))


@lru_cache(maxsize=1024)
def parse(text: str) -> Node:
    """Raises ``Wrong`` for anything that is no formula."""
    if len(text) > LONGEST:
        raise Wrong(f"the formula is longer than {LONGEST} characters", "make it shorter")
    parser = _Parser([match.groups(default="") for match in _TOKEN.finditer(text.translate(_SIGNS).strip())])
    node = parser.sum()
    parser.end()
    return node


def compute(node: Node, values: Mapping[str, Fraction]) -> Fraction:
    """Raises ``Wrong`` for a name without a value, a division by zero, and what grows out of bounds."""
    if node.what == "number":
        return node.number
    if node.what.startswith("$"):
        if node.what[1:] not in values:
            raise Wrong(f"`{node.what[1:]}` is no parameter", "add it to `params`")
        return values[node.what[1:]]
    result = _OPERATIONS[node.what](*(compute(part, values) for part in node.parts))
    if max(result.numerator.bit_length(), result.denominator.bit_length()) > MOST_BITS:
        raise Wrong("the formula gives a number that is too large", "use smaller numbers or powers")
    return result


def rounded(value: Fraction, places: Fraction = Fraction(0)) -> Fraction:
    """Half away from zero, as people round; ``places`` behind the point, from 0 to 12."""
    if places.denominator != 1 or not 0 <= places <= 12:
        raise Wrong("`round` takes 0 to 12 places", "for example `round(x, 2)`")
    scale = 10 ** int(places)
    whole = int(abs(value) * scale + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, scale)


def _divided(above: Fraction, below: Fraction) -> Fraction:
    if not below:
        raise Wrong("the formula divides by zero", "choose parameters that cannot make it zero")
    return above / below


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > HIGHEST_POWER:
        raise Wrong(
            f"a power must be a whole number from -{HIGHEST_POWER} to {HIGHEST_POWER}", "write it as one, for example `x^2`"
        )
    if not base and exponent < 0:
        raise Wrong("the formula divides by zero", "choose parameters that cannot make it zero")
    if max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(exponent) > MOST_BITS + HIGHEST_POWER:
        raise Wrong("the formula gives a number that is too large", "use smaller numbers or powers")
    return Fraction(base**exponent)


_OPERATIONS: Mapping[str, Callable[..., Fraction]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "×": lambda a, b: a * b,
    "÷": _divided,
    "^": _power,
    "negative": lambda a: -a,
    "min": lambda *parts: min(parts),
    "max": lambda *parts: max(parts),
    "round": rounded,
}


class _Parser:
    """``tokens`` are (number, name, sign), of which one is not empty."""

    def __init__(self, tokens: list[tuple[str, ...]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def sum(self) -> Node:
        return self._chain("+-", self._term)

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise Wrong(
                f"`{''.join(self._tokens[self._at])}` cannot stand here in a formula",
                "check the signs and parentheses before it",
            )

    def _term(self) -> Node:
        return self._chain("×÷", self._signed)

    def _chain(self, signs: str, part: Callable[[], Node]) -> Node:
        node = part()
        while (sign := self._sign()) and sign in signs:
            self._at += 1
            node = Node(sign, (node, part()))
        return node

    def _signed(self) -> Node:
        sign = self._sign()
        if sign not in ("+", "-"):
            return self._power()
        self._at += 1
        node = self._deeper(self._signed)
        return Node("negative", (node,)) if sign == "-" else node

    def _power(self) -> Node:
        base = self._atom()
        if self._sign() != "^":
            return base
        self._at += 1
        return Node("^", (base, self._deeper(self._signed)))

    def _atom(self) -> Node:
        number, name, sign = self._tokens[self._at] if self._at < len(self._tokens) else ("", "", "")
        self._at += 1
        if number:
            return Node("number", number=Fraction(number))
        if name and self._sign() == "(":
            return self._call(name)
        if name:
            return Node(f"${name}")
        if sign != "(":
            where = f"before `{sign}`" if sign else "at the end"
            raise Wrong(f"a number or a name is missing {where}", "for example `2 × (n + 1)`")
        node = self._deeper(self.sum)
        self._expect(")")
        return node

    def _call(self, name: str) -> Node:
        if name not in FUNCTIONS:
            raise Wrong(f"there is no function `{name}`", "known are `min`, `max` and `round`")
        self._at += 1
        parts = [self._deeper(self.sum)]
        while self._sign() == ",":
            self._at += 1
            parts.append(self._deeper(self.sum))
        self._expect(")")
        if name == "round" and len(parts) > 2:
            raise Wrong("`round` takes a number and the places behind the point", "for example `round(x, 2)`")
        return Node(name, tuple(parts))

    def _deeper(self, part: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Wrong("the formula has too many parentheses or signs inside one another", "make it simpler")
        node = part()
        self._depth -= 1
        return node

    def _sign(self) -> str:
        return self._tokens[self._at][2] if self._at < len(self._tokens) else ""

    def _expect(self, sign: str) -> None:
        if self._sign() != sign:
            raise Wrong(f"`{sign}` is missing", "close every parenthesis")
        self._at += 1
