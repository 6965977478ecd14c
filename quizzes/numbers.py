"""What a person typed → a number, with what was understood. Nothing is guessed: what can be read in two ways is asked back.

Read are `1.5`, `1,5`, `1500`, `1 500`, `1'500`, `1.500,5`, `1,00,000`, `3/4`, `1 1/2`, `½`, `50 %`, digits of any script
and every kind of minus sign, `1e3`. Three digits behind a single point or comma (`1,500`) are a thousand in one country and
one and a half in another: where the learner's locale is given and one of the two is its way of writing, that one is read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from .model import Unit

LONGEST = 500  # characters; nobody types a longer number, and int() of much longer ones takes its time
_PERCENT = frozenset({"%", "percent", "per cent", "pct"})
_SIGNS = str.maketrans(
    dict.fromkeys("−–—‐‑‒﹣－", "-") | dict.fromkeys("’ʼ‘´`", "'") | {"٪": "%", "٬": "'", "⁄": "/", "∕": "/"}
)
_RATIO = re.compile(r"(?:(\d+) )?(\d+) ?/ ?(\d+)")
_POWER = re.compile(r"([^/e]+?) ?e ?([+-]?\d{1,2})", re.IGNORECASE)
_PLAIN = re.compile(r"(\d*)(?:[.,٫](\d*))?")
_INDIAN = re.compile(r"([1-9]\d?(?:,\d\d)+,\d{3})(?:[.٫](\d*))?")
# A thousands separator and the decimal marks that may follow it.
_GROUPED = tuple(
    re.compile(rf"([1-9]\d{{0,2}}(?:{re.escape(group)}\d{{3}})+)(?:[{re.escape(marks)}](\d*))?")
    for group, marks in ((",", ".٫"), (".", ",٫"), (" ", ".,٫"), ("'", ".,٫"))
)
_EXACT = re.compile(r"([+-]?)(\d+)(?:\.(\d+)|/(\d*[1-9]\d*))?")


@dataclass(frozen=True, slots=True)
class Reading:
    """``values`` holds one number, two where the text can be read in two ways, none where it cannot be read.

    ``message`` is for the person who typed it, and empty when there is exactly one value.
    """

    values: tuple[Fraction, ...]
    message: str = ""
    locale: str | None = None

    @property
    def understood(self) -> str:
        """As the locale writes it, so that a learner sees at once where a number was read otherwise than meant."""
        return " or ".join(show(value, self.locale) for value in self.values)


def read(text: str, unit: str = "", locale: str | None = None, units: Sequence[Unit] = ()) -> Reading:
    """The number in a text, in the item's ``unit``, which may stand before or behind it, as may one of the other ``units``.

    A percent sign is dropped where the unit is percent, divides by 100 where there is no unit, and is asked back otherwise.
    A ``locale`` that CLDR does not know decides nothing, as none does.
    """
    plain, factor = _without_unit(_plain(text[: LONGEST + 1]), unit, units)
    is_percent = unit.strip().casefold() in _PERCENT
    convention = convention_of(locale)
    if plain.endswith("%") or plain.startswith("%"):
        if unit and not is_percent:
            return Reading((), f"Write the number in {unit}, without a percent sign.", locale)
        factor = Fraction(1, 1 if unit else 100)
        plain = plain.removeprefix("%").rstrip("% ").lstrip()
    values = tuple(value * factor for value in _values(plain, convention))
    if not values or len(text) > LONGEST:
        examples = f"1500, {show(Fraction(3, 2), locale)} or 3/4"
        return Reading((), f"“{_short(text)}” cannot be read as a number. Write it in digits, for example {examples}.", locale)
    if len(values) > 1:
        first, second = (write(value, locale) for value in values)
        return Reading(values, f"“{_short(text)}” can mean {first} or {second}. Write {first} or {second}.", locale)
    return Reading(values, locale=locale)


@dataclass(frozen=True, slots=True)
class Convention:
    """How a locale writes numbers: ``decimal`` as written with digits 0 to 9, and what it reads as a number of its own."""

    decimal: str
    pattern: re.Pattern[str]


@lru_cache(maxsize=512)
def convention_of(locale: str | None) -> Convention | None:
    """None for a locale that CLDR does not know. Both its own digits and 0 to 9 have their separators in a locale."""
    try:
        known = Locale.parse((locale or "").replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return None
    systems = [known.number_symbols.get(system, {}) for system in (known.default_numbering_system, "latn")]
    # Where CLDR names none for a system of digits, Babel writes a point and commas.
    written = [str(held.get("decimal") or ".") for held in systems]
    decimals = dict.fromkeys(map(_symbol, written))
    groups = [group for held in systems if (group := _symbol(str(held.get("group") or ","))) not in decimals]
    last, others = known.decimal_formats[None].grouping
    group, mark = (f"[{''.join(map(re.escape, found))}]" for found in (groups, decimals))
    whole = rf"\d+|[1-9]\d{{0,{others - 1}}}(?:{group}\d{{{others}}})*{group}\d{{{last}}}"
    return Convention(written[-1], re.compile(rf"({whole})(?:{mark}(\d*))?|{mark}(\d+)"))


def _symbol(text: str) -> str:
    return _plain(f"0{text}0")[1:-1]


def exact(text: str) -> Fraction | None:
    """A number as authors write it: `12`, `-1.5`, `1/4`; no separators, nothing to guess. None for anything else."""
    found = _EXACT.fullmatch(text.strip())
    if found is None or not text.isascii() or len(text) > LONGEST:
        return None
    sign, whole, decimals, below = found.groups()
    value = Fraction(int(whole), int(below)) if below else Fraction(f"{whole}.{decimals or 0}")
    return -value if sign == "-" else value


def write(value: Fraction, locale: str | None = None) -> str:
    """A short text that ``read`` reads as this value alone: `1500`, `1.5`, `1.2340`, `2/3`."""
    text = show(value, locale)
    return f"{text}0" if len(_values(_plain(text), convention_of(locale))) > 1 else text


def _plain(text: str) -> str:
    """ASCII digits, signs and single spaces; a raised digit would turn 10² into 102, so it becomes unreadable."""
    if text.isascii():
        return " ".join(text.translate(_SIGNS).split())
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


def _without_unit(plain: str, unit: str, units: Sequence[Unit]) -> tuple[str, Fraction]:
    """The rest of the text, and how many of the item's unit make the one that was typed. The longest that fits is meant."""
    low = plain.casefold()
    words = [(word, each.factor) for each in (*units, Unit(unit, Fraction(1))) for word in _words(each.text)]
    known = dict(words)
    for word in sorted(filter(None, known), key=len, reverse=True) if len(low) == len(plain) else ():
        if low.endswith(word):
            return plain[: -len(word)].rstrip(), known[word]
        if low.startswith(word):
            return plain[len(word) :].lstrip(), known[word]
    return plain, Fraction(1)


@lru_cache(maxsize=1024)
def _words(unit: str) -> tuple[str, str]:
    """A unit as ``_plain`` leaves it in a text, and as those type it who have no raised digits: m² and m2."""
    return _plain(unit).casefold(), " ".join(unicodedata.normalize("NFKC", unit).casefold().split())


def _values(plain: str, convention: Convention | None = None) -> tuple[Fraction, ...]:
    """Every value that a plain text can have, the one with thousands first; one where the convention decides."""
    power = _POWER.fullmatch(plain)
    if power:
        return tuple(value * Fraction(10) ** int(power[2]) for value in _values(power[1], convention))
    sign = -1 if plain.startswith("-") else 1
    rest = plain[1:].lstrip() if plain.startswith(("-", "+")) else plain
    ratio = _RATIO.fullmatch(rest)
    if ratio:
        whole, above, below = ratio.groups()
        return (sign * (int(whole or 0) + Fraction(int(above), int(below))),) if int(below) else ()
    if not any(map(str.isdigit, rest)):
        return ()
    own = convention.pattern.fullmatch(rest) if convention else None
    if own:
        return (sign * _decimal(own[1] or "", own[2] or own[3]),)
    readings = (pattern.fullmatch(rest) for pattern in (*_GROUPED, _INDIAN, _PLAIN))
    return tuple(dict.fromkeys(sign * _decimal(*match.groups()) for match in readings if match))


def _decimal(whole: str, decimals: str | None) -> Fraction:
    behind = decimals or ""
    return Fraction(int(f"{re.sub(r'[^0-9]', '', whole) or 0}{behind}"), 10 ** len(behind))


def show(value: Fraction, locale: str | None = None) -> str:
    """A finite decimal with the locale's mark, without one a point; or a ratio."""
    convention = convention_of(locale)
    return _shown(value).replace(".", convention.decimal) if convention else _shown(value)


def is_finite(value: Fraction) -> bool:
    """Whether it ends somewhere behind the point."""
    return _places(value) is not None


def _places(value: Fraction) -> int | None:
    below, twos, fives = value.denominator, 0, 0
    while below % 2 == 0:
        below, twos = below // 2, twos + 1
    while below % 5 == 0:
        below, fives = below // 5, fives + 1
    return None if below > 1 else max(twos, fives)


def _shown(value: Fraction) -> str:
    places = _places(value)
    if places is None:
        return f"{value.numerator}/{value.denominator}"
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def _short(text: str) -> str:
    tidy = " ".join(text.split())
    return tidy if len(tidy) <= 40 else f"{tidy[:39]}…"
