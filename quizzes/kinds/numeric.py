"""A number, typed as people type numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar, Literal, Self

from .. import credit, numbers
from ..entry import Entry
from ..model import Response
from .interaction import Fields, Interaction, Judgement, typed


@dataclass(frozen=True, slots=True)
class Numeric(Interaction):
    """Right is everything from ``low`` to ``high``, both included; ``value`` is None where a range was given.

    ``tolerance`` is an amount, or with ``is_relative`` a share of the value.
    """

    CREDITS: ClassVar[Mapping[str, str]] = credit.TYPED
    USES: ClassVar[Literal["choices", "text", "pairs"]] = "text"

    value: Fraction | None = None
    tolerance: Fraction = Fraction(0)
    is_relative: bool = False
    range: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))

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
        tolerance = entry.text("tolerance", "0")
        is_relative = tolerance.endswith("%")
        amount = entry.exact(tolerance.rstrip("% "), ("tolerance",)) or Fraction(0)
        ends = [entry.exact(text, ("range", n)) or Fraction(0) for n, text in enumerate(entry.texts("range"))]
        return cls(
            **common,
            unit=entry.text("unit"),
            value=entry.number("value"),
            tolerance=amount / (100 if is_relative else 1),
            is_relative=is_relative,
            range=(ends[0], ends[1]) if len(ends) == 2 else (Fraction(0), Fraction(0)),
        )

    def own(self) -> dict[str, Any]:
        unit = {"unit": self.unit} if self.unit else {}
        if self.value is None:
            return {"range": [str(end) for end in self.range]} | unit
        tolerance = f"{self.tolerance * 100}%" if self.is_relative else str(self.tolerance)
        return {"value": str(self.value)} | ({"tolerance": tolerance} if tolerance != "0" else {}) | unit

    def validate(self, entry: Entry) -> None:
        if "value" in entry and "range" in entry:
            entry.fault("conflict", "`value` and `range` exclude each other", "leave one of them", at=("range",))
        elif "range" in entry:
            self._validate_range(entry)
        elif "value" not in entry:
            entry.fault("no-key", "neither `value` nor `range` is given", "add `value: 12` or `range: [10, 14]`")
        if self.tolerance < 0:
            entry.fault(
                "not-an-option", "`tolerance` is below zero", "write how far from the value is still right", at=("tolerance",)
            )

    def _validate_range(self, entry: Entry) -> None:
        ends = entry.value("range")
        if ends is None or (isinstance(ends, (list, tuple)) and len(ends) != 2):
            entry.fault("not-a-range", "`range` needs two numbers", "for example `range: [10, 14]`", at=("range",))
        elif self.range[0] > self.range[1]:
            entry.fault("not-a-range", "`range` begins above its end", "write the smaller number first", at=("range",))
        if "tolerance" in entry:
            message = "`tolerance` belongs to a `value`; a `range` says all"
            entry.fault("conflict", message, "leave one of them", at=("tolerance",))

    def judge(self, response: Response) -> Judgement:
        """A text that can be read in two ways is right only when both are: nothing is guessed for or against the learner."""
        reading = numbers.read(response.text, self.unit)
        right = bool(reading.values) and all(self.low <= value <= self.high for value in reading.values)
        return Judgement(Fraction(right), understood=reading.understood)

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

    def collect(self, fields: Fields) -> tuple[Response, str]:
        response = Response(text=typed(self, fields))
        return response, "" if response.is_blank else numbers.read(response.text, self.unit).message

    def translate(self, entry: Entry) -> Self:
        return replace(self, unit=entry.text("unit", self.unit))
