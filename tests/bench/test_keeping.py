"""Kept results: what comes back is what was measured, a fall is found, and noise is none."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import keeping, lines
from tests.bench.lines import Line, Ratios

BEFORE = [0.40, 0.42, 0.38, 0.41, 0.39]


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ([0.40, 0.42, 0.38, 0.41, 0.39], []),
        ([0.34, 0.35, 0.33, 0.36, 0.34], []),  # 15 % less
        ([0.32, 0.30, 0.32, 0.33, 0.41], []),  # one round came up to what was: the others were disturbed
        ([0.32, 0.30, 0.32, 0.33, 0.39], ["a page: was 0.4, is 0.32, 20% less"]),
        ([0.60, 0.61, 0.62, 0.60, 0.63], []),
    ],
)
def test_a_fall_is_found_and_noise_is_none(now: list[float], found: list[str]) -> None:
    assert keeping.fallen({"a page": BEFORE}, {"a page": now, "another": [0.1]}) == found


def test_a_ratio_that_is_not_measured_any_more_is_told() -> None:
    assert keeping.fallen({"a page": BEFORE}, {}) == ["a page: was 0.4, and is not measured any more"]


def test_less_cost_is_a_better_ratio() -> None:
    assert Ratios([50.0, 40.0], [20.0, 20.0], "µs", is_cost=True).rounds == [0.4, 0.5]
    assert Ratios([20.0, 20.0], [50.0, 40.0], "requests/s").rounds == [0.4, 0.5]


def test_a_ratio_below_its_bound_falls_short() -> None:
    found = Ratios([1.0, 2.0, 3.0], [10.0, 10.0, 10.0], "requests/s")
    assert lines.ratio("a page", found, 0.25) == Line("a page", "0.2 [0.1..0.3]", "≥ 0.25", False, found)
    assert lines.ratio("a page", found, 0.2).ok is True


def test_parts_are_kept_beside_each_other(tmp_path: Path) -> None:
    ratio = lines.ratio("pages <fast>", Ratios([40.0, 42.0], [100.0, 100.0], "requests/s"), 0.35)
    keeping.keep("quick", [ratio, Line("start, s", "2.1", "< 3", True)], "a machine", date(2026, 3, 2), tmp_path)
    keeping.keep("busy", [Line("p99 in ms", "60", "≤ 50", False)], "another", date(2026, 3, 3), tmp_path)
    assert keeping.ratios(keeping.read(tmp_path)) == {"pages <fast>": [0.4, 0.42]}
    assert (
        (tmp_path / "results.md").read_text(encoding="utf-8").removeprefix(keeping.HEAD)
        == """
## quick

2026-03-02, a machine

| | ours | ceiling | unit | ratio | min–max | bound |
|---|---|---|---|---|---|---|
| pages <fast> | 41 | 100 | requests/s | 0.41 | 0.4–0.42 | ≥ 0.35 ok |

| | figure | bound | |
|---|---|---|---|
| start, s | 2.1 | < 3 | ok |

## busy

2026-03-03, another

| | figure | bound | |
|---|---|---|---|
| p99 in ms | 60 | ≤ 50 | **falls short** |
"""
    )
    drawn = ElementTree.parse(tmp_path / "results.svg").getroot()
    assert [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")][-2:] == ["pages <fast>", "0.41"]
    assert len(drawn.findall("{http://www.w3.org/2000/svg}line[@class='bound']")) == 1


def test_nothing_is_kept_at_first(tmp_path: Path) -> None:
    assert keeping.read(tmp_path) == {}
