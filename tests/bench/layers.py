"""Where the time of a request goes: `./dev bench layers` prints the table of docs/performance.md, and a profile under it.

The application is called in this process, without server and socket. Each layer's functions are wrapped in a clock that stops
while another layer's run, so that the parts add up to the whole; the clocks themselves cost about a microsecond a call, which
stays in the layer that calls. A figure is the lower quartile of the requests: what else the machine does only ever adds.
"""

from __future__ import annotations

import cProfile
import functools
import io
import itertools
import pstats
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import flask
from sqlalchemy.engine.base import RootTransaction

import quizzes
from course import config, create_app, extensions
from course.accounts import sign_ins
from course.database import on_disk, statements
from course.learning import attempts, completing, facts, grading, lessons, record
from course.web import compression, headers, lesson_page, published, visitor
from tests.bench import load, site

WARM, MEASURED, PROFILED, LINES = 60, 240, 300, 14
REST = "Flask: context, routing, dispatch, answer"
LAYERS: dict[str, list[tuple[Any, str]]] = {
    "user: cookie, sign-in": [(visitor, "_load"), (sign_ins, "find")],
    "CSRF and the form": [(visitor, "is_csrf_right"), (visitor, "csrf_token")],
    "hooks: language, headers, compression, end": [
        (flask.Flask, "process_response"),
        (flask.Flask, "do_teardown_request"),
        (flask.Flask, "do_teardown_appcontext"),
        (published, "peek"),
        (headers, "_missing"),
        (compression, "_compress"),
    ],
    "session and connection": [
        *((extensions.IntentSession, name) for name in ("connection", "_end")),
        (extensions, "current_session"),
    ],
    "statements: values in, rows out": [
        *((statements.Statement, name) for name in ("all", "first", "scalar", "run", "run_many")),
        (record, "read_module"),
    ],
    "driver and SQLite": [(statements, "send")],
    "commit": [(RootTransaction, "commit")],
    "flush to the disk": [(on_disk.Log, "flush")],
    "rules: what a verb decides": [
        *((attempts, name) for name in ("close", "find", "responses")),
        *((lessons, name) for name in ("mark_done", "undo")),
        (completing, "settle"),
        (facts, "add"),
    ],
    "grading": [(quizzes, "grade_kept"), (quizzes, "instance"), (grading, "rulings")],
    "page: shared layer, own parts, tag": [(lesson_page, "respond")],
}


class Clocks:
    """Exclusive time of each layer in the request under way."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._open: list[str] = []
        self._since = 0.0

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._open:
            self.spent[self._open[-1]] += now - self._since  # type: ignore[assignment]  # seconds
        self._since = now

    def within(self, layer: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._turn()
            self._open.append(layer)
            try:
                return call(*args, **kwargs)
            finally:
                self._turn()
                self._open.pop()

        return timed


def measured() -> str:
    """The table in Markdown, in microseconds a request, and the functions that take longest when a quiz of five is closed."""
    with tempfile.TemporaryDirectory() as folder:
        made = site.build_short(Path(folder))
        app = create_app(config.load(made.environ))
        pages = itertools.cycle([load.get(made.lesson, cookie) for cookie in made.cookies[:100]])
        marks, closes = site.progress(made.marks), iter(made.closes)
        profile = _profile(app, closes)
        clocks = Clocks()
        for layer, functions in LAYERS.items():
            for owner, name in functions:
                _wrap(owner, name, layer, clocks)
        answer = clocks.within(REST, app)
        kinds = {"lesson page": pages, "lesson marked as done": marks, "graded quiz of 5": closes}
        columns = {kind: _column(answer, clocks, requests) for kind, requests in kinds.items()}
        with app.app_context():
            extensions.let_go()
    return f"{_table(columns)}\n\n{profile}"


def _wrap(owner: Any, name: str, layer: str, clocks: Clocks) -> None:
    """Also where another module has imported the function by its name."""
    held = getattr(owner, name)
    timed = clocks.within(layer, held)
    places = [owner] if isinstance(owner, type) else _modules_with(name, held)
    for place in places:
        setattr(place, name, timed)


def _modules_with(name: str, held: object) -> list[Any]:
    ours = [module for key, module in sys.modules.items() if key.partition(".")[0] in ("course", "quizzes")]
    return [module for module in ours if getattr(module, name, None) is held]


def _column(answer: Callable[..., Any], clocks: Clocks, requests: Iterator[bytes]) -> dict[str, float]:
    found: dict[str, list[float]] = defaultdict(list)
    for number, request in enumerate(itertools.islice(requests, WARM + MEASURED)):
        clocks.spent.clear()
        _call(answer, request)
        if number >= WARM:
            for layer in (REST, *LAYERS):
                found[layer].append(clocks.spent[layer] * 1e6)
    return {layer: statistics.quantiles(values)[0] for layer, values in found.items()}


def _call(app: Callable[..., Iterable[bytes]], request: bytes) -> None:
    answered = app(_environ(request), lambda *_words: None)
    for _piece in answered:
        pass
    getattr(answered, "close", lambda: None)()


def _environ(request: bytes) -> dict[str, Any]:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    said = dict(line.split(": ", 1) for line in lines)
    method, path, _version = first.split()
    about = {"HTTP_HOST": said["Host"], "HTTP_ACCEPT": said["Accept"], "HTTP_COOKIE": said.get("Cookie", "")}
    form = {"CONTENT_LENGTH": said.get("Content-Length", "0"), "CONTENT_TYPE": said.get("Content-Type", "")}
    server = {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1"}
    wsgi = {"wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO()}
    return {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": ""} | about | form | server | wsgi


def _table(columns: dict[str, dict[str, float]]) -> str:
    lines = [f"| layer | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    rows = {layer: [f"{column[layer]:.0f}" for column in columns.values()] for layer in (REST, *LAYERS)}
    lines += [f"| {layer} | {' | '.join(cells)} |" for layer, cells in rows.items()]
    lines.append(f"| **all** | {' | '.join(f'**{sum(column.values()):.0f}**' for column in columns.values())} |")
    return "\n".join(lines)


def _profile(app: Callable[..., Iterable[bytes]], requests: Iterator[bytes]) -> str:
    """The functions of the program and of its libraries with most time of their own, as `cProfile` counts it."""
    for request in itertools.islice(requests, WARM):
        _call(app, request)
    profiler = cProfile.Profile()
    for request in itertools.islice(requests, PROFILED):
        profiler.runcall(_call, app, request)
    found = pstats.Stats(profiler).stats  # type: ignore[attr-defined]  # what `print_stats` prints
    whole = sum(own for _calls, _all_calls, own, _with_others, _callers in found.values())
    longest = sorted(found.items(), key=lambda each: -each[1][2])[:LINES]
    lines = ["| own time | calls a request | function |", "|---:|---:|---|"]
    for (path, _line, name), (_primitive, calls, own, _with_others, _callers) in longest:
        where = "/".join(Path(path).parts[-2:]) if path != "~" else ""
        lines.append(f"| {own / whole:.1%} | {calls / PROFILED:.1f} | `{f'{where} ' if where else ''}{name.strip('<>')}` |")
    return "\n".join(lines)
