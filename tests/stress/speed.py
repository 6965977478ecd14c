"""The ratios to a bare application, against those that are kept in docs/performance: none has lost more than 15 %.

./dev stress speed [quick]
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from tests.bench import keeping, ratios, site
from tests.stress.telling import Table

FULL, QUICK = 11, 5  # rounds


def run(words: list[str]) -> bool:
    kept = keeping.read().get("quick")
    if kept is None:
        print("Nothing is kept to compare with. `./dev bench quick --keep` writes it.")
        return False
    before = keeping.ratios({"quick": kept})
    table = Table(f"speed, against what was kept on {kept['measured_on']} ({kept['machine']})")
    now = _measured(QUICK if "quick" in words else FULL)
    fallen = keeping.fallen(before, now)
    if fallen:  # what was only disturbed is there again
        again = _measured(QUICK if "quick" in words else FULL)
        both = {name: [*rounds, *again[name]] for name, rounds in now.items()}
        fallen, now = keeping.fallen(before, both), both
    for name in [name for name in before if name in now]:
        table.add(name, f"{statistics.median(now[name]):.3g} (was {statistics.median(before[name]):.3g})")
    table.none_of("ratios that have lost more than 15 %", fallen)
    return table.tell()


def _measured(number: int) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        made, short = site.build(Path(folder)), site.build_short(Path(folder) / "short")
        found = ratios.measured(made, short, Path(folder), number)
    return {line.name: line.ratios.rounds for line in found if line.ratios}
