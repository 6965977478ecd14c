"""What a person typed → a number, with what was understood. Nothing is guessed: what can be read in two ways is asked back.

Read are `1.5`, `1,5`, `1500`, `1 500`, `1'500`, `1.500,5`, `1,00,000`, `3/4`, `1 1/2`, `½`, `50 %`, digits of any script
and every kind of minus sign. Three digits behind a single point or comma (`1,500`) are a thousand in one country and
one and a half in another.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

LONGEST = 500  # characters; nobody types a longer number, and int() of much longer ones takes its time
_PERCENT = frozenset({"%", "percent", "per cent", "pct"})
_SIGNS = str.maketrans(
    dict.fromkeys("−–—‐‑‒﹣－", "-") | dict.fromkeys("’ʼ‘´`", "'") | {"٪": "%", "٫": ".", "٬": "'", "⁄": "/", "∕": "/"}
)
_RATIO = re.compile(r"(?:(\d+) )?(\d+) ?/ ?(\d+)")
_PLAIN = re.compile(r"(\d*)(?:[.,](\d*))?")
_INDIAN = re.compile(r"([1-9]\d?(?:,\d\d)+,\d{3})(?:\.(\d*))?")
# A thousands separator and the decimal marks that may follow it.
_GROUPED = tuple(
    re.compile(rf"([1-9]\d{{0,2}}(?:{re.escape(group)}\d{{3}})+)(?:[{re.escape(marks)}](\d*))?")
    for group, marks in ((",", "."), (".", ","), (" ", ".,"), ("'", ".,"))
)
_EXACT = re.compile(r"([+-]?)(\d+)(?:\.(\d+)|/(\d*[1-9]\d*))?")


@dataclass(frozen=True, slots=True)
class Reading:
    """``values`` holds one number, two where the text can be read in two ways, none where it cannot be read.

    ``message`` is for the person who typed it, and empty when there is exactly one value.
    """

    values: tuple[Fraction, ...]
    message: str = ""

    @property
    def understood(self) -> str:
        return " or ".join(map(_shown, self.values))


def read(text: str, unit: str = "") -> Reading:
    """The number in a text; the item's ``unit`` may stand before or behind it.

    A percent sign is dropped where the unit is percent, divides by 100 where there is no unit, and is asked back otherwise.
    """
    plain = _without_unit(_plain(text[: LONGEST + 1]), unit)
    is_percent = unit.strip().casefold() in _PERCENT
    if plain.endswith("%"):
        if unit and not is_percent:
            return Reading((), f"Write the number in {unit}, without a percent sign.")
        values = tuple(value / (1 if unit else 100) for value in _values(plain.rstrip("% ")))
    else:
        values = _values(plain)
    if not values or len(text) > LONGEST:
        return Reading((), f"“{_short(text)}” cannot be read as a number. Write it in digits, for example 1500, 1.5 or 3/4.")
    if len(values) > 1:
        first, second = map(write, values)
        return Reading(values, f"“{_short(text)}” can mean {first} or {second}. Write {first} or {second}.")
    return Reading(values)


def exact(text: str) -> Fraction | None:
    """A number as authors write it: `12`, `-1.5`, `1/4`; no separators, nothing to guess. None for anything else."""
    found = _EXACT.fullmatch(text.strip())
    if found is None or not text.isascii() or len(text) > LONGEST:
        return None
    sign, whole, decimals, below = found.groups()
    value = Fraction(int(whole), int(below)) if below else Fraction(f"{whole}.{decimals or 0}")
    return -value if sign == "-" else value


def write(value: Fraction) -> str:
    """A short text that ``read`` reads as this value alone: `1500`, `1.5`, `1.2340`, `2/3`."""
    text = _shown(value)
    return f"{text}0" if len(_values(text)) > 1 else text


def _plain(text: str) -> str:
    """ASCII digits, signs and single spaces; a raised digit would turn 10² into 102, so it becomes unreadable."""
    parts: list[str] = []
    for char in text.strip():
        kind = unicodedata.decomposition(char)
        if kind.startswith(("<super>", "<sub>")):
            parts.append("^")
        elif kind.startswith("<fraction>"):
            parts.append(f" {unicodedata.normalize('NFKC', char)}")
        elif unicodedata.category(char) != "Cf":
            decimal = unicodedata.decimal(char, None)
            parts.append(char if decimal is None else str(decimal))
    folded = unicodedata.normalize("NFKC", "".join(parts).translate(_SIGNS))
    return " ".join(folded.translate(_SIGNS).split())


def _without_unit(plain: str, unit: str) -> str:
    word, low = " ".join(unicodedata.normalize("NFKC", unit).casefold().split()), plain.casefold()
    if not word or len(low) != len(plain):
        return plain
    if low.endswith(word):
        return plain[: -len(word)].rstrip()
    return plain[len(word) :].lstrip() if low.startswith(word) else plain


def _values(plain: str) -> tuple[Fraction, ...]:
    """Every value that a plain text can have, the one with thousands first."""
    sign = -1 if plain.startswith("-") else 1
    rest = plain[1:].lstrip() if plain.startswith(("-", "+")) else plain
    ratio = _RATIO.fullmatch(rest)
    if ratio:
        whole, above, below = ratio.groups()
        return (sign * (int(whole or 0) + Fraction(int(above), int(below))),) if int(below) else ()
    if not any(map(str.isdigit, rest)):
        return ()
    readings = (pattern.fullmatch(rest) for pattern in (*_GROUPED, _INDIAN, _PLAIN))
    return tuple(dict.fromkeys(sign * _decimal(*match.groups()) for match in readings if match))


def _decimal(whole: str, decimals: str | None) -> Fraction:
    return Fraction(f"{re.sub(r'[^0-9]', '', whole) or 0}.{decimals or 0}")


def _shown(value: Fraction) -> str:
    """A finite decimal with a point, or a ratio."""
    below, twos, fives = value.denominator, 0, 0
    while below % 2 == 0:
        below, twos = below // 2, twos + 1
    while below % 5 == 0:
        below, fives = below // 5, fives + 1
    if below > 1:
        return f"{value.numerator}/{value.denominator}"
    places = max(twos, fives)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def _short(text: str) -> str:
    tidy = " ".join(text.split())
    return tidy if len(tidy) <= 40 else f"{tidy[:39]}…"
