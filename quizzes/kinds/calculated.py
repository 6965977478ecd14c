"""A number to be calculated from parameters that each attempt draws anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, Self

from .. import formula, numbers
from ..entry import Entry, meant
from ..itself import Itself
from ..model import Feedback
from .interaction import place
from .numeric import Numeric, read_tolerance, read_units

MOST_SETS = 10_000  # sets of parameters, every one of which is tried when the quiz is read
_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_EXAMPLE = "for example `n: {from: 10, to: 50, step: 5}`"


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter runs from ``low`` in steps up to ``high`` at most."""

    name: str
    low: Fraction
    high: Fraction
    step: Fraction

    @property
    def count(self) -> int:
        return (self.high - self.low) // self.step + 1

    @property
    def values(self) -> Iterator[Fraction]:
        return (self.low + n * self.step for n in range(self.count))

    def drawn(self, seed: str | int, item_id: str) -> int:
        """Which of its values the seed draws."""
        return int.from_bytes(place(seed, item_id, "param", self.name)[:8], "big") % _count(Itself(self))


@dataclass(frozen=True, slots=True)
class Calculated(Numeric):
    """``text_of_value`` is the formula. Before ``instance`` has drawn them, every parameter has the first value of its range.

    `{n}` in a text is the parameter n; `{value}` in an explanation or feedback is the right value.
    """

    params: tuple[Param, ...] = ()
    text_of_value: str = ""
    is_drawn: bool = False

    @classmethod
    def read(cls, entry: Entry, common: Mapping[str, Any]) -> Self:
        tolerance, is_relative = read_tolerance(entry)
        params = tuple(_read_params(entry))
        item = cls(
            **common,
            unit=entry.text("unit"),
            units=read_units(entry),
            tolerance=tolerance,
            is_relative=is_relative,
            value=Fraction(0),
            params=params,
            text_of_value=entry.text("value", required=True),
        )
        try:
            return replace(item, value=item._value({param.name: param.low for param in params}))
        except formula.Wrong:
            return item  # ``validate`` says why

    def own(self) -> dict[str, Any]:
        params = {p.name: {"from": str(p.low), "to": str(p.high), "step": str(p.step)} for p in self.params}
        return {"params": params, "value": self.text_of_value} | self.own_tolerance() | self.own_units()

    def validate(self, entry: Entry) -> None:
        self.check_tolerance(entry)
        self._check_texts(entry)
        names = {param.name for param in self.params}
        try:
            used = formula.names_in(formula.parse(self.text_of_value)) if self.text_of_value else names
            for name in sorted(used - names):
                entry.fault("unknown-param", f"`{name}` is no parameter", meant(name, names), at=("value",))
            if self.text_of_value and used <= names:
                self._check_every_set(entry)
        except formula.Wrong as wrong:
            entry.fault("not-a-formula", str(wrong), wrong.hint, at=("value",))

    def _check_texts(self, entry: Entry) -> None:
        """Who calculates must see every parameter; what looks like one and is none was misspelt."""
        names, shown = {param.name for param in self.params}, _PLACE.findall(self.prompt)
        hinted = (name for hint in self.hints for name in _PLACE.findall(hint.text))
        for key, name in dict.fromkeys((*(("prompt", name) for name in shown), *(("hints", name) for name in hinted))):
            if name not in names:
                entry.fault("unknown-param", f"`{{{name}}}` is no parameter", meant(name, names), at=(key,))
        for name in sorted(names.difference(shown)) if self.prompt else ():
            message = f"the prompt does not show the parameter `{name}`"
            entry.fault("unused-param", message, f"write `{{{name}}}` where it belongs", at=("prompt",))

    def translate(self, entry: Entry) -> Self:
        translated = replace(Numeric.translate(self, entry), prompt=entry.text("prompt", self.prompt))
        translated._check_texts(entry)
        return translated

    def _check_every_set(self, entry: Entry) -> None:
        count = prod(param.count for param in self.params)
        if count > MOST_SETS:
            message = f"the parameters can be drawn in {count:,} ways, and {MOST_SETS:,} are the most"
            entry.fault("too-many", message, "use larger steps", at=("params",))
            return
        tree = formula.parse(self.text_of_value)
        for values in product(*(param.values for param in self.params)):
            drawn = dict(zip((param.name for param in self.params), values, strict=True))
            try:
                value = formula.compute(tree, drawn)
            except formula.Wrong as wrong:
                entry.fault("not-a-formula", f"{wrong}, with {_shown(drawn)}", wrong.hint, at=("value",))
                return
            if not self.tolerance and not numbers.is_finite(value):
                message = f"the value has no end behind the point, with {_shown(drawn)}"
                entry.fault("no-tolerance", message, "add a `tolerance`, or write `round(…, 2)`", at=("value",))
                return

    def _value(self, drawn: Mapping[str, Fraction]) -> Fraction:
        return formula.compute(formula.parse(self.text_of_value), drawn)

    def instance(self, seed: str | int) -> Self:
        if self.is_drawn:
            return self
        found: Self = _drawn(Itself(self), tuple(param.drawn(seed, self.id) for param in self.params))
        return found

    def with_values(self, drawn: Mapping[str, Fraction]) -> Self:
        """The item with a value for each parameter, in its key and in all texts."""
        value = self._value(drawn)
        shown = {name: numbers.show(each) for name, each in drawn.items()}

        def fill(text: str) -> str:
            return _PLACE.sub(lambda found: shown.get(found[1], found[0]), text)

        def tell(text: str) -> str:
            return fill(text.replace("{value}", numbers.show(value)))

        said = (self.feedback.correct, self.feedback.partial, self.feedback.incorrect)
        return replace(
            self,
            prompt=fill(self.prompt),
            hints=tuple(replace(hint, text=fill(hint.text)) for hint in self.hints),
            explanation=tell(self.explanation),
            feedback=Feedback(*map(tell, said)),
            value=value,
            is_drawn=True,
        )


@lru_cache(maxsize=256)  # attempts that have drawn the same have one item
def _drawn(item: Itself[Any], places: tuple[int, ...]) -> Any:
    values = {param.name: param.low + n * param.step for param, n in zip(item.value.params, places, strict=True)}
    return item.value.with_values(values)


@lru_cache(maxsize=256)
def _count(param: Itself[Param]) -> int:
    return param.value.count


def _read_params(entry: Entry) -> Iterator[Param]:
    params = entry.sub("params")
    if params is None:
        if "params" not in entry:
            entry.fault("missing", "`params` is missing", _EXAMPLE)
        return
    for name in params.names():
        each = params.sub(name)
        if not formula.NAME.fullmatch(name) or name in (*formula.FUNCTIONS, "value"):
            params.fault("not-a-name", f"`{name}` cannot be a parameter", "write a name such as `n` or `beds_2`", at=(name,))
        if each is None:
            continue
        low, high = each.number("from"), each.number("to")
        step = each.number("step", Fraction(1))
        for key in ("from", "to"):
            if key not in each:
                each.fault("missing", f"`{key}` is missing", _EXAMPLE)
        each.close()
        if low is None or high is None or step is None:
            continue
        if step <= 0 or high < low:
            each.fault("not-a-range", f"`{name}` has no values", "write `from` below `to` and a `step` above zero")
        else:
            yield Param(name, low, high, step)


def _shown(drawn: Mapping[str, Fraction]) -> str:
    return ", ".join(f"{name} = {numbers.show(value)}" for name, value in drawn.items())
