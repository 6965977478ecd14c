"""Results that are kept in the repository: `./dev bench quick --keep` writes them, `./dev stress speed` compares with them."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tests.bench.chart import chart
from tests.bench.lines import Line, Ratios
from tests.rig.server import ROOT

FOLDER = ROOT / "docs" / "performance"
MOST_LOST = 0.15  # of a ratio
Kept = dict[str, Any]  # part → when and where it was measured, and its lines
HEAD = """# Measured

Written by `./dev bench PART --keep`; each part says when and where it was measured. The ceiling is a Flask application that
returns the same bytes and does nothing else, behind the same server, on the same core, in turns with ours. A ratio is ours over
the ceiling; of CPU the ceiling's over ours. Figures are medians of rounds, with the least and the most in brackets.
`./dev stress speed` measures the ratios again and fails where one has lost more than 15 %.

![The ratios as bars, with their least and most](results.svg)
"""


def keep(part: str, lines: Sequence[Line], machine: str, today: date, folder: Path = FOLDER) -> None:
    """Puts a part's lines in place of those from before, and writes table and chart anew."""
    kept = read(folder) | {part: {"measured_on": f"{today}", "machine": machine, "lines": [_to_json(line) for line in lines]}}
    folder.mkdir(exist_ok=True)
    (folder / "results.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "results.md").write_text(table(kept), encoding="utf-8")
    (folder / "results.svg").write_text(chart(ratios(kept), _bounds(kept)), encoding="utf-8")


def read(folder: Path = FOLDER) -> Kept:
    """Nothing where nothing was kept so far."""
    path = folder / "results.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def ratios(kept: Kept) -> dict[str, list[float]]:
    """The rounds of each ratio, by its name."""
    return {line["name"]: _ratios(line).rounds for part in kept.values() for line in part["lines"] if "ratios" in line}


def fallen(kept: Mapping[str, Sequence[float]], now: Mapping[str, Sequence[float]]) -> list[str]:
    """What has lost more than 15 % of its kept median, and in no round came up to that; and what is measured no more."""
    found = []
    for name, before in kept.items():
        was = statistics.median(before)
        if name not in now:
            found.append(f"{name}: was {was:.3g}, and is not measured any more")
        elif statistics.median(now[name]) < (1 - MOST_LOST) * was and max(now[name]) < was:
            share = 1 - statistics.median(now[name]) / was
            found.append(f"{name}: was {was:.3g}, is {statistics.median(now[name]):.3g}, {share:.0%} less")
    return found


def table(kept: Kept) -> str:
    said = [HEAD]
    for part, found in kept.items():
        said.append(f"## {part}\n\n{found['measured_on']}, {found['machine']}\n")
        with_ratio = [line for line in found["lines"] if "ratios" in line]
        if with_ratio:
            said.append("| | ours | ceiling | unit | ratio | min–max | bound |\n|---|---|---|---|---|---|---|")
            said += [_ratio_row(line) for line in with_ratio]
            said.append("")
        said.append("| | figure | bound | |\n|---|---|---|---|")
        said += [
            f"| {line['name']} | {line['value']} | {line['bound']} | {_mark(line)} |"
            for line in found["lines"]
            if "ratios" not in line
        ]
        said.append("")
    return "\n".join(said)


def _ratio_row(line: Mapping[str, Any]) -> str:
    found = _ratios(line)
    ours, ceiling, ratio = (statistics.median(values) for values in (found.ours, found.ceiling, found.rounds))
    span = f"{min(found.rounds):.3g}–{max(found.rounds):.3g}"
    bound = " ".join(filter(None, [line["bound"], _mark(line)]))
    return f"| {line['name']} | {ours:,.0f} | {ceiling:,.0f} | {found.unit} | {ratio:.3g} | {span} | {bound} |"


def _mark(line: Mapping[str, Any]) -> str:
    return {True: "ok", False: "**falls short**", None: ""}[line["ok"]]


def _to_json(line: Line) -> dict[str, Any]:
    told: dict[str, Any] = {"name": line.name, "value": line.value, "bound": line.bound, "ok": line.ok}
    if line.ratios:
        rounds = {name: [float(f"{one:.5g}") for one in getattr(line.ratios, name)] for name in ("ours", "ceiling")}
        told["ratios"] = rounds | {"unit": line.ratios.unit, "is_cost": line.ratios.is_cost}
    return told


def _ratios(line: Mapping[str, Any]) -> Ratios:
    return Ratios(**line["ratios"])


def _bounds(kept: Kept) -> dict[str, float]:
    lines = [line for part in kept.values() for line in part["lines"] if "ratios" in line and line["bound"]]
    return {line["name"]: float(line["bound"].removeprefix("≥ ")) for line in lines}
