"""A number, typed as people type numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar, Literal, Self

from .. import credit, numbers
from ..entry import Entry, repeated
from ..model import ItemView, Response, Unit
from ..texts import normalise
from .interaction import Fields, Interaction, Judgement, typed


@dataclass(frozen=True, slots=True)
class Numeric(Interaction):
    """Right is everything from ``low`` to ``high``, both included; ``value`` is None where a range was given.

    ``tolerance`` is an amount, or with ``is_relative`` a share of the value. ``units`` may be typed instead of ``unit``.
    """

    CREDITS: ClassVar[Mapping[str, str]] = credit.TYPED
    USES: ClassVar[Literal["choices", "text", "pairs"]] = "text"

    value: Fraction | None = None
    tolerance: Fraction = Fraction(0)
    is_relative: bool = False
    range: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    units: tuple[Unit, ...] = ()

    @property
    def low(self) -> Fraction:
        return self.range[0] if self.value is None else self.value - self._distance(self.value)

    @property
    def high(self) -> Fraction:
        return self.range[1] if self.value is None else self.value + self._distance(self.value)

    def _distance(self, value: Fraction) -> Fraction:
        return abs(value) * self.tolerance if self.is_relative else self.tolerance

    @classmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        tolerance, is_relative = read_tolerance(entry)
        ends = [entry.exact(text, ("range", n)) or Fraction(0) for n, text in enumerate(entry.texts("range"))]
        return cls(
            **common,
            unit=entry.text("unit"),
            value=entry.number("value"),
            units=read_units(entry),
            tolerance=tolerance,
            is_relative=is_relative,
            range=(ends[0], ends[1]) if len(ends) == 2 else (Fraction(0), Fraction(0)),
        )

    def own(self) -> dict[str, Any]:
        if self.value is None:
            return {"range": [str(end) for end in self.range]} | self.own_units()
        return {"value": str(self.value)} | self.own_tolerance() | self.own_units()

    def own_tolerance(self) -> dict[str, Any]:
        tolerance = f"{self.tolerance * 100}%" if self.is_relative else str(self.tolerance)
        return {"tolerance": tolerance} if tolerance != "0" else {}

    def own_units(self) -> dict[str, Any]:
        units = [{"text": unit.text, "factor": str(unit.factor)} for unit in self.units]
        return ({"unit": self.unit} if self.unit else {}) | ({"units": units} if units else {})

    def validate(self, entry: Entry) -> None:
        if "value" in entry and "range" in entry:
            entry.fault("conflict", "`value` and `range` exclude each other", "leave one of them", at=("range",))
        elif "range" in entry:
            self._validate_range(entry)
        elif "value" not in entry:
            entry.fault("no-key", "neither `value` nor `range` is given", "add `value: 12` or `range: [10, 14]`")
        self.check_tolerance(entry)

    def check_tolerance(self, entry: Entry) -> None:
        if self.tolerance < 0:
            entry.fault(
                "not-an-option", "`tolerance` is below zero", "write how far from the value is still right", at=("tolerance",)
            )
        if self.units and not self.unit:
            entry.fault(
                "missing", "`units` without a `unit` to count in", "add `unit: …`, in which the value is given", at=("units",)
            )
        for n, _ in repeated(normalise(text, keep_accents=True) for text in (self.unit, *(unit.text for unit in self.units))):
            message = f"`{self.units[n - 1].text}` stands here twice"
            entry.fault("duplicate-text", message, "leave one of them", at=("units", n - 1))

    def _validate_range(self, entry: Entry) -> None:
        ends = entry.value("range")
        if ends is None or (isinstance(ends, (list, tuple)) and len(ends) != 2):
            entry.fault("not-a-range", "`range` needs two numbers", "for example `range: [10, 14]`", at=("range",))
        elif self.range[0] > self.range[1]:
            entry.fault("not-a-range", "`range` begins above its end", "write the smaller number first", at=("range",))
        if "tolerance" in entry:
            message = "`tolerance` belongs to a `value`; a `range` says all"
            entry.fault("conflict", message, "leave one of them", at=("tolerance",))

    def judge(self, response: Response, locale: str | None = None) -> Judgement:
        """A text that can be read in two ways is right only when both are: nothing is guessed for or against the learner."""
        reading = self._stored(response, locale)
        right = bool(reading.values) and all(self.low <= value <= self.high for value in reading.values)
        unit = f" {self.unit}" if self.units and reading.values else ""
        return Judgement(Fraction(right), understood=f"{reading.understood}{unit}")

    def meaning(self, response: Response) -> object:
        return self._stored(response, None).values or response.text

    def _stored(self, response: Response, locale: str | None) -> numbers.Reading:
        """As it was read when it was given, where that was kept."""
        stored = numbers.exact(dict(response.numbers).get("", ""))
        return self._reading(response.text, locale) if stored is None else numbers.Reading((stored,), locale=locale)

    def _reading(self, text: str, locale: str | None) -> numbers.Reading:
        return numbers.read(text, self.unit, locale, self.units)

    def known(self, response: Response) -> Response:
        held = Interaction.known(self, response)
        stored = dict(response.numbers).get("", "")
        return replace(held, numbers=(("", stored),) if held.text and numbers.exact(stored) is not None else ())

    def key(self) -> Response:
        return Response(text=numbers.write((self.low + self.high) / 2))

    def describe_key(self) -> tuple[str, ...]:
        unit = f" {self.unit}" if self.unit else ""
        low, high = numbers.write(self.low), numbers.write(self.high)
        if low == high:
            return (f"{low}{unit}",)
        if self.value is None:
            return (f"from {low} to {high}{unit}",)
        return (f"{numbers.write(self.value)}{unit}; from {low} to {high} counts as right",)

    def collect(self, fields: Fields, locale: str | None = None) -> tuple[Response, str]:
        """With a locale, the number as read then is kept beside what was typed, so that no other page reads it otherwise."""
        response = Response(text=typed(self, fields))
        if response.is_blank:
            return response, ""
        reading = self._reading(response.text, locale)
        if locale is None or len(reading.values) != 1:
            return response, reading.message
        return replace(response, numbers=(("", str(reading.values[0])),)), ""

    def view(self, view: ItemView, seed: str | int) -> ItemView:
        return replace(view, units=tuple(unit.text for unit in self.units))

    def translate(self, entry: Entry) -> Self:
        return replace(self, unit=entry.text("unit", self.unit))


def read_tolerance(entry: Entry) -> tuple[Fraction, bool]:
    """The tolerance, and whether it is a share of the value."""
    tolerance = entry.text("tolerance", "0")
    is_relative = tolerance.endswith("%")
    amount = entry.exact(tolerance.rstrip("% "), ("tolerance",)) or Fraction(0)
    return amount / (100 if is_relative else 1), is_relative


def read_units(entry: Entry) -> tuple[Unit, ...]:
    return tuple(_read_unit(each) for each in entry.entries("units"))


def _read_unit(entry: Entry) -> Unit:
    text, factor = entry.text("text", required=True), entry.number("factor")
    if "factor" not in entry:
        entry.fault("missing", "`factor` is missing", "write how many of the `unit` make one: `factor: 1000`")
    elif factor is not None and factor <= 0:
        entry.fault("not-a-number", "`factor` must be above zero", "for example `factor: 1000`", at=("factor",))
    entry.close()
    return Unit(text, factor or Fraction(1))
