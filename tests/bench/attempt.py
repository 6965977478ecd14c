"""A whole attempt at a quiz of five items, in the server's CPU: begun, answered and closed, and its result shown."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import quizzes
from course import config, create_app
from course.extensions import current_session, let_go
from course.publishing import revisions
from quizzes import kinds
from quizzes.robots import fields_of
from tests.bench import lines, load, site
from tests.bench.lines import Line
from tests.rig.server import Server, serving

TIMES, WARM = 150, 20
MOST = 5.0  # ms
Fields = dict[str, list[str]]


def measured(folder: Path) -> list[Line]:
    """With everything in one form, as it may be sent; and a page for each item, as learners see it."""
    made = site.build_short(folder / "short", learners=1)
    quiz, given = _given(made.environ)
    newcomers = site.newcomers(made.environ, TIMES)
    found = []
    with serving("wsgi:app", folder / "attempt.log", environ=made.environ) as server:
        for words, way, bound in (("in one form", _at_once, MOST), ("page by page", _page_by_page, None)):
            asked = used = 0.0
            for number, newcomer in enumerate(newcomers):
                if number == WARM:
                    asked, used = 0, load.cpu_seconds(load.family(server.process.pid))
                browser = Browser(server, newcomer)
                way(browser, quiz, given)
                asked += browser.close()
            used = (load.cpu_seconds(load.family(server.process.pid)) - used) / (TIMES - WARM) * 1000
            name = f"whole attempt of 5 items {words}, {asked / (TIMES - WARM):.0f} requests: CPU in ms"
            found.append(Line(name, f"{used:.1f}", "", None) if bound is None else lines.at_most(name, used, bound, 1))
    return found


def _given(environ: dict[str, str]) -> tuple[str, list[Fields]]:
    """The address of the first quiz, and for each of its items what the form of a learner who knows it holds."""
    with create_app(config.load(environ)).app_context():
        session = current_session()
        course = revisions.restore(session, revisions.live_digest(session))
        let_go()
    module = course.modules[0]
    items = quizzes.instance(module.quizzes[course.languages[0]], "bench").items
    forms = [{"item": [item.id]} | fields_of(kinds.of(item), quizzes.key_of(item)) for item in items]
    return f"/en/modules/{module.slug}/quiz", forms


def _at_once(browser: Browser, quiz: str, given: list[Fields]) -> None:
    attempt = browser.post(quiz, {}).rpartition("/")[0] + "/"
    together = {name: value for fields in given for name, value in fields.items()}
    together |= {"item": [name for fields in given for name in fields["item"]], "then": ["close"]}
    browser.get(browser.post(attempt, together))


def _page_by_page(browser: Browser, quiz: str, given: list[Fields]) -> None:
    at = browser.post(quiz, {})
    attempt = at.rpartition("/")[0] + "/"
    for number, fields in enumerate(given, 2):
        browser.get(at)
        at = browser.post(attempt, fields | {"then": [str(number) if number <= len(given) else "check"]})
    browser.get(at)
    browser.get(browser.post(attempt, {"then": ["close"]}))


@dataclass
class Browser:
    """One learner's connection. Raises SystemExit where the answer is not what a learner on this way gets."""

    server: Server
    who: site.Newcomer
    asked: int = 0

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)

    def get(self, path: str) -> None:
        self._ask("GET", path, None, 200)

    def post(self, path: str, fields: Mapping[str, list[str]]) -> str:
        """Where the answer leads."""
        body = urlencode({"csrf_token": [self.who.token]} | dict(fields), doseq=True)
        return self._ask("POST", path, body, 303).getheader("Location", "")

    def close(self) -> int:
        """Returns how often it has asked."""
        self._connection.close()
        return self.asked

    def _ask(self, method: str, path: str, body: str | None, status: int) -> http.client.HTTPResponse:
        headers = {"Cookie": f"course={self.who.cookie}", "Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request(method, path, body, headers)
        self.asked += 1
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != status:
            raise SystemExit(f"{method} {path}: {answer.status}\n{said.decode()[:500]}")
        return answer
