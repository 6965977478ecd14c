"""Learners at work until they are told to stop: they mark a lesson and take it back, begin attempts, respond, close.

A request without an answer, or with 503, is sent again as it was, as a browser's "send again" does; the ledger is written once
its answer has come.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.stress.browser import Answer, Browser, NoAnswer
from tests.stress.ledger import Notes
from tests.stress.place import Place

LESSON, QUIZ = "/en/modules/mobility/buses", "/en/modules/mobility/quiz"
DONE = {"toggle": r"notice=(un)?done$", "start": "^/en/attempts/", "respond": "/check$", "close": "/result"}  # where each leads
AGAIN = 0.1  # seconds until a request is sent again


class Learner:
    """One learner's walk, a step at a time."""

    def __init__(self, place: Place, number: int, over: threading.Event) -> None:
        who = place.learners[number]
        self.browser, self.notes, self._over = Browser(place, who), Notes(who.id), over
        self._steps = self._walk()

    def step(self) -> None:
        next(self._steps)

    def _walk(self) -> Iterator[None]:
        for round_ in itertools.count():
            self._toggle()
            yield
            attempt = self._start()
            yield
            for item, value in self._responses(round_):
                self._respond(attempt, item, value)
                yield
            self._close(attempt)
            yield

    def _responses(self, round_: int) -> Iterator[tuple[str, str]]:
        yield "who-travels", ("nurses", "school")[round_ % 2]
        yield "seats", str(1000 + round_)  # the same response twice would be one
        yield "seats", "20"
        yield "paint-first", ("true", "false")[round_ % 2]

    def _toggle(self) -> None:
        seen = self.notes.toggled
        fields = {"seen": str(seen), "stay": "1"} | ({"undo": "1"} if seen % 2 else {})
        if self._sent("toggle", f"{LESSON}/done", **fields):
            self.notes.toggled += 1

    def _start(self) -> str:
        answer = self._sent("start", QUIZ)
        found = re.match(r"/en/attempts/([\w-]+)/", answer.location) if answer else None
        if found is None:
            return ""
        if found[1] not in self.notes.started:
            self.notes.started.append(found[1])
        return found[1]

    def _respond(self, attempt: str, item: str, value: str) -> None:
        if attempt and self._sent("respond", f"/en/attempts/{attempt}/", item=item, then="check", **{f"r.{item}": value}):
            self.notes.responded[attempt, item].append(value)

    def _close(self, attempt: str) -> None:
        if attempt and self._sent("close", f"/en/attempts/{attempt}/", then="close"):
            self.notes.closed.append(attempt)

    def _sent(self, kind: str, path: str, **fields: str) -> Answer | None:
        """The answer that acknowledged it; None when everything is over first. Any other answer is noted as wrong."""
        while not self._over.is_set():
            self.notes.under_way = kind
            try:
                answer = self.browser.send(path, **fields)
            except NoAnswer:
                self._failed("no answer")
                continue
            if answer.status == 503 and answer.retry_after:
                if b"<h1>Not saved" not in answer.body:
                    self.notes.wrong.append(f"503 for {kind} on a page that does not say 'not saved'")
                self._failed("not saved (503)")
                continue
            if answer.status == 303 and re.search(DONE[kind], answer.location):
                self.notes.under_way = ""
                return answer
            self.notes.wrong.append(f"{answer.status} {answer.location} for {kind}")
            self._over.wait(AGAIN)
        return None

    def _failed(self, how: str) -> None:
        """Not acknowledged: it is noted, and sent again a moment later."""
        self.notes.counts[how] += 1
        self.notes.failed_at.append(time.monotonic())
        self._over.wait(AGAIN)


class Crowd:
    """Learners on so many threads, each thread with its own share of them, one step of each in turn."""

    def __init__(self, place: Place, threads: int) -> None:
        self.over = threading.Event()
        self.learners = [Learner(place, number, self.over) for number in range(len(place.learners))]
        self._failed: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._work, args=(self.learners[number::threads],)) for number in range(threads)
        ]

    @property
    def ledger(self) -> list[Notes]:
        return [learner.notes for learner in self.learners]

    @property
    def acknowledged(self) -> int:
        return sum(notes.acknowledged for notes in self.ledger)

    def count(self, what: str) -> int:
        return sum(notes.counts[what] for notes in self.ledger)

    @property
    def wrong(self) -> list[str]:
        return [line for notes in self.ledger for line in notes.wrong]

    def _work(self, share: list[Learner]) -> None:
        try:
            while not self.over.is_set():
                for learner in share:
                    learner.step()
                    if self.over.is_set():
                        return
        except BaseException as error:  # noqa: BLE001  what stops a thread must be told
            self._failed.append(error)

    @contextmanager
    def working(self) -> Iterator[None]:
        """They work while the block runs, and have stopped after it. Raises what any of them stumbled over."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in self._threads:
                thread.join()
            for learner in self.learners:
                learner.browser.close()
        if self._failed:
            raise self._failed[0]


def until(is_so: Callable[[], bool], seconds: float, what: str) -> None:
    """Waits. Raises TimeoutError with what was waited for."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(0.05)
