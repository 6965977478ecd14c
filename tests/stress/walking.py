"""What learners ask next, as raw requests that arrive at a rate, each with what the ledger notes once it is answered."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.bench import load
from tests.stress.learning import DONE, LESSON, QUIZ
from tests.stress.ledger import Notes
from tests.stress.place import Somebody

Noted = Callable[[str], None]  # given where the answer leads


def nothing(location: str) -> None:
    """For pages, which the ledger does not know."""


@dataclass(frozen=True)
class Step:
    """A request, the status that it must be answered with, and what follows from that."""

    kind: str
    request: bytes
    status: int = 200
    noted: Noted = nothing


class Walker:
    """One learner, who asks one thing at a time."""

    def __init__(self, who: Somebody) -> None:
        self.who, self.notes, self.is_waiting = who, Notes(who.id), False
        self._attempt, self._at, self._quiz = "", "", self._quizzes()

    def lesson(self) -> Step:
        return Step("lesson", load.get(LESSON, self.who.cookie))

    def toggle(self) -> Step:
        seen = self.notes.toggled
        fields = {"seen": str(seen), "stay": "1"} | ({"undo": "1"} if seen % 2 else {})

        def noted(_location: str) -> None:
            self.notes.toggled += 1

        return self._form("toggle", f"{LESSON}/done", noted, fields)

    def quiz(self) -> Step:
        """The next step of an attempt: begun, its page, four saved responses, closed, its result; then another attempt."""
        return next(self._quiz)

    def start(self) -> Step:
        def noted(location: str) -> None:
            self._at = location
            self._attempt = location.split("/")[3]
            self.notes.started.append(self._attempt)

        return self._form("start", QUIZ, noted)

    def page(self) -> Step:
        return Step("page", load.get(self._at, self.who.cookie))

    def respond(self, item: str, value: str) -> Step:
        attempt = self._attempt

        def noted(_location: str) -> None:
            self.notes.responded[attempt, item].append(value)

        return self._form("respond", f"/en/attempts/{attempt}/", noted, {"item": item, "then": "check", f"r.{item}": value})

    def close(self) -> Step:
        def noted(location: str) -> None:
            self._at = location
            self.notes.closed.append(self._attempt)

        return self._form("close", f"/en/attempts/{self._attempt}/", noted, {"then": "close"})

    def _quizzes(self) -> Iterator[Step]:
        for round_ in itertools.count():
            yield self.start()
            yield self.page()
            yield self.respond("who-travels", ("nurses", "school")[round_ % 2])
            yield self.respond("seats", str(1000 + round_))  # the same response twice would be one
            yield self.respond("seats", "20")
            yield self.respond("paint-first", ("true", "false")[round_ % 2])
            yield self.close()
            yield self.page()

    def _form(self, kind: str, path: str, noted: Noted, fields: dict[str, str] | None = None) -> Step:
        body = urlencode({"csrf_token": self.who.token} | (fields or {})).encode()
        return Step(kind, load.post(path, self.who.cookie, body), 303, noted)


class Arrivals:
    """A crowd's requests and answers: ``ask`` is what ``load.arriving`` sends for a step of a walker, or of nobody."""

    def __init__(self, walkers: list[Walker]) -> None:
        self.walkers = walkers
        self.latencies: dict[str, list[float]] = defaultdict(list)
        self._wrong = Counter[str]()

    def ask(self, step: Step, walker: Walker | None = None) -> load.Ask:
        if walker is not None:
            walker.is_waiting = True
            walker.notes.under_way = step.kind if step.kind in DONE else ""

        def answered(status: int, answer: bytes, seconds: float) -> None:
            found = re.search(rb"\r\nlocation: *([^\r]*)", answer.partition(b"\r\n\r\n")[0] + b"\r\n", re.IGNORECASE)
            location = found[1].decode() if found else ""
            if walker is not None:
                walker.is_waiting, walker.notes.under_way = False, ""
            self.latencies[step.kind].append(seconds)
            if status != step.status or not re.search(DONE.get(step.kind, ""), location):
                self._wrong[f"{status} {location} for {step.kind}"] += 1
            else:
                step.noted(location)

        return load.Ask(step.request, answered)

    @property
    def ledger(self) -> list[Notes]:
        return [walker.notes for walker in self.walkers]

    @property
    def wrong(self) -> list[str]:
        return [f"{number:,} × {what}" for what, number in self._wrong.items()]

    @property
    def answered(self) -> int:
        return sum(map(len, self.latencies.values()))

    @property
    def every(self) -> list[float]:
        return [one for some in self.latencies.values() for one in some]
