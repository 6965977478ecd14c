"""Lines of the table that `./dev bench` prints, and ratios to a ceiling as figures that can be kept and compared."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Row = tuple[str, str, str, bool | None]  # name, value, bound, and whether it is kept


@dataclass(frozen=True)
class Ratios:
    """Ours against the ceiling, round by round. ``unit`` is that of both; of CPU the ceiling's is over ours."""

    ours: Sequence[float]
    ceiling: Sequence[float]
    unit: str
    is_cost: bool = False  # less of it is better

    @property
    def rounds(self) -> list[float]:
        pairs = zip(self.ours, self.ceiling, strict=True)
        return [ceiling / ours if self.is_cost else ours / ceiling for ours, ceiling in pairs]


@dataclass(frozen=True)
class Line:
    """One line of the table. ``ok`` None is a figure without a bound; ``ratios`` are there where it is one."""

    name: str
    value: str
    bound: str
    ok: bool | None
    ratios: Ratios | None = None


def ratio(name: str, found: Ratios, at_least: float = 0.0) -> Line:
    middle = statistics.median(found.rounds)
    bound, ok = (f"≥ {at_least}", middle >= at_least) if at_least else ("", None)
    return Line(name, spread(found.rounds), bound, ok, found)


def at_most(name: str, value: float, bound: float, digits: int = 0) -> Line:
    return Line(name, f"{value:,.{digits}f}", f"≤ {bound:g}", value <= bound)


def none(name: str, number: int) -> Line:
    return Line(name, f"{number:,}", "= 0", number == 0)


def show(lines: Sequence[Line]) -> None:
    print(f"\n{machine()}")
    width = max(len(line.name) for line in lines)
    for line in lines:
        mark = {True: "ok", False: "FALLS SHORT", None: ""}[line.ok]
        print(f"{line.name:<{width}}  {line.value:>28}  {line.bound:<10} {mark}")


def machine() -> str:
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.3g} [{min(values):.3g}..{max(values):.3g}]"
