"""`./dev bench`: what the course must reach, as ratios in one run, medians of rounds in turn. Exit 1 if any falls short.

`./dev bench quick`, `busy`, `regrade` and `reports` are its parts. `busy` has many at once beside a crowd of 50,000 learners,
and `reports` is of 200,000, or of as many as are named behind them: `./dev bench reports 1000000`. `./dev bench size` is apart:
the reports of 100,000 learners, or of `--learners 1000000`, in SQLite or with `--postgresql`; it fails nothing.
`--keep` behind any of them writes what was found to docs/performance. `./dev bench layers` prints where the time of a request
goes, as docs/performance.md has it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from course import clock
from tests.bench import busy, formats, grading, keeping, layers, ratios, regrading, reporting, site, size
from tests.bench.lines import Line, machine, show, spread
from tests.bench.ratios import fetch
from tests.rig.server import ROOT, serving


def main(words: list[str]) -> int:
    is_kept = "--keep" in words
    words = [word for word in words if word != "--keep"]
    parts: dict[str, Callable[[], list[Line]]] = {
        "quick": quick,
        "busy": busy.measured,
        "regrade": regrades,
        "reports": reports,
    }
    if words == ["layers"]:
        print(layers.measured())
        return 0
    if words[:1] == ["size"]:
        parts = {"size": lambda: [Line(*row) for row in size.measured(words[1:])]}
    elif len(words) == 2 and words[0] in CROWDS and words[1].isdigit():
        parts = {words[0]: lambda: CROWDS[words[0]](int(words[1]))}
    elif len(words) > 1 or not parts.keys() >= set(words):
        print(
            f"`./dev bench` measures everything, `./dev bench PART` one of {', '.join(parts)}, size, layers.", file=sys.stderr
        )
        return 2
    elif words:
        parts = {words[0]: parts[words[0]]}
    lines = {name: measure() for name, measure in parts.items()}
    every = [line for part in lines.values() for line in part]
    show(every)
    if is_kept:
        for name, part in lines.items():
            keeping.keep(name, part, machine(), clock.now().date())
    return int("size" not in parts and any(line.ok is False for line in every))


def regrades() -> list[Line]:
    return [Line(*row) for row in regrading.measured()]


def reports(learners: int = reporting.LEARNERS) -> list[Line]:
    return [Line(*row) for row in reporting.measured(learners)]


CROWDS = {"busy": busy.measured, "reports": reports}  # parts of as many learners as are named


def quick() -> list[Line]:
    lines = [Line(name, spread(values), bound, ok) for name, values, bound, ok in grading.bounds(*grading.measure())]
    lines += [
        Line(f"{words}: 10,000 items against 5,000", spread(growth), "≤ 2.2", statistics.median(growth) <= 2.2)
        for words, growth, _ in formats.measured()
    ]
    with tempfile.TemporaryDirectory() as folder:
        made, short = site.build(Path(folder)), site.build_short(Path(folder) / "short")
        lines += ratios.measured(made, short, Path(folder))
        return [*lines, check_time(made.modules), cold_start(made), *weights(made, Path(folder))]


def check_time(modules: Path) -> Line:
    """The whole command, as a person waits for it."""
    took = []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "course", "check", str(modules)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - begun)
    return Line("course check, s", spread(took), "< 3", statistics.median(took) < 3)


def cold_start(made: site.Made) -> Line:
    """From the command to the first answer, on an instance that has the course already."""
    took = [site.seconds_to_first_page([sys.executable, str(ROOT / "dev"), "run"], made) for _ in range(3)]
    return Line("./dev run to the first page, s", spread(took), "< 3", statistics.median(took) < 3)


def weights(made: site.Made, folder: Path) -> list[Line]:
    """Everything but media that a first visit brings over the wire, as it is sent to a browser."""
    lines = []
    with serving("wsgi:app", folder / "weights.log", environ=made.environ) as server:
        for words, path in (("lesson", made.lesson), ("home", "/en/")):
            html = fetch(server, path, made.cookies[0])
            files = sorted({part.split('"')[0] for part in html.decode().split('="/static/')[1:]})
            sent = [fetch(server, path, made.cookies[0], packed=True)]
            sent += [fetch(server, f"/static/{file}", "", packed=True) for file in files]
            kilobytes = sum(map(len, sent)) / 1000
            lines.append(Line(f"{words} with its CSS and scripts, KB sent", f"{kilobytes:.1f}", "≤ 60", kilobytes <= 60))
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
