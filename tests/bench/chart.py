"""Ratios as bars in one SVG, readable on light and on dark ground; the table beside it says the same in figures."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from html import escape

WIDTH, NAMES, FIGURES = 900, 400, 60  # of the whole, of the names to the left and of the figures to the right
ROW, BAR, TOP = 26, 14, 34
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1b1b1b }
.quiet { fill: #555 } .line { stroke: #bbb } .bar { fill: #1d6fa5 } .span { stroke: #1b1b1b; stroke-width: 1.5 }
.bound { stroke: #b3261e; stroke-width: 2; stroke-dasharray: 3 2 }
@media (prefers-color-scheme: dark) {
text { fill: #eee } .quiet { fill: #b5b5b5 } .line { stroke: #555 }
.bar { fill: #6db3e0 } .span { stroke: #fff } .bound { stroke: #ff8a80 }
}
"""


def chart(ratios: Mapping[str, Sequence[float]], bounds: Mapping[str, float]) -> str:
    """A bar is the median, the thin line on it goes from the least to the most, the dashed one is the bound."""
    most = max([1.0, *(max(rounds) for rounds in ratios.values())])
    height = TOP + ROW * len(ratios) + 8
    words = "; ".join(f"{name} {statistics.median(rounds):.2f}" for name, rounds in ratios.items())
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title desc">',
        '<title id="title">Ours as a share of a bare Flask application</title>',
        f'<desc id="desc">{escape(words)}</desc>',
        f"<style>{STYLE}</style>",
        *_scale(most, height),
        *(line for n, (name, rounds) in enumerate(ratios.items()) for line in _row(n, name, rounds, bounds.get(name), most)),
        "</svg>\n",
    ])  # fmt: skip


def _x(value: float, most: float) -> str:
    return f"{NAMES + value / most * (WIDTH - NAMES - FIGURES):.1f}"


def _scale(most: float, height: int) -> Iterator[str]:
    for tenth in range(0, int(most * 10) + 1, 2):
        x = _x(tenth / 10, most)
        yield f'<line class="line" x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height - 8}"/>'
        yield f'<text class="quiet" x="{x}" y="{TOP - 14}" text-anchor="middle">{tenth / 10:.1f}</text>'


def _row(number: int, name: str, rounds: Sequence[float], bound: float | None, most: float) -> Iterator[str]:
    y, middle = TOP + number * ROW, statistics.median(rounds)
    centre = y + BAR / 2
    yield f'<text x="{NAMES - 10}" y="{y + BAR - 2}" text-anchor="end">{escape(name)}</text>'
    yield f'<rect class="bar" x="{NAMES}" y="{y}" width="{float(_x(middle, most)) - NAMES:.1f}" height="{BAR}"/>'
    yield f'<line class="span" x1="{_x(min(rounds), most)}" x2="{_x(max(rounds), most)}" y1="{centre}" y2="{centre}"/>'
    if bound is not None:
        yield f'<line class="bound" x1="{_x(bound, most)}" x2="{_x(bound, most)}" y1="{y - 3}" y2="{y + BAR + 3}"/>'
    yield f'<text x="{WIDTH - FIGURES + 10}" y="{y + BAR - 2}">{middle:.2f}</text>'
