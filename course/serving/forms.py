"""Threads for forms, which send their own answers; the event loop hears of it when it is awake anyway."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue

from .answers import Answer


@dataclass(slots=True)
class _Form:
    """What is called for one form, who waits for it, and what came of it."""

    context: contextvars.Context
    call: Callable[[], Answer | None]
    loop: asyncio.AbstractEventLoop
    waiting: asyncio.Future[Answer | None]
    answer: Answer | None = None
    error: BaseException | None = None

    def run(self) -> None:
        try:
            self.answer = self.context.run(self.call)
        except BaseException as error:  # noqa: BLE001  it is raised where the form is waited for
            self.error = error

    def tell(self) -> None:
        if self.waiting.cancelled():
            return
        if self.error is not None:
            self.waiting.set_exception(self.error)
        else:
            self.waiting.set_result(self.answer)


class Forms:
    """To wake the event loop for each form whose answer has left would cost a twentieth of the form, and there is no hurry.

    The next form finds it awake, or the last that runs wakes it: then it hears of all that are over. The threads are our own,
    made when they are first needed: Python's pool makes a future with two locks for each call, as dear as a statement.
    """

    def __init__(self, threads: int) -> None:
        self._most = threads
        self._threads: list[threading.Thread] = []
        self._asked = SimpleQueue[_Form | None]()
        self._over = deque[_Form]()
        self._counting = threading.Lock()
        self._running = 0

    async def run(self, context: contextvars.Context, call: Callable[[], Answer | None]) -> Answer | None:
        """What ``call`` returns or raises in a thread: None where it has sent the answer, else the answer to be sent."""
        self._hear()
        loop = asyncio.get_running_loop()
        form = _Form(context, call, loop, loop.create_future())
        with self._counting:
            self._running += 1
        self._asked.put(form)
        if len(self._threads) < min(self._most, self._running):
            self._threads.append(threading.Thread(target=self._work, name=f"form_{len(self._threads)}"))
            self._threads[-1].start()
        return await form.waiting

    def _work(self) -> None:
        while form := self._asked.get():
            form.run()
            self._over.append(form)
            with self._counting:
                self._running -= 1
                is_last = self._running == 0
            if is_last or form.error or form.answer:
                form.loop.call_soon_threadsafe(self._hear)
            del form  # its body is let go before the next one comes

    def _hear(self) -> None:
        with suppress(IndexError):
            while True:
                self._over.popleft().tell()

    def shutdown(self) -> None:
        """Returns when the forms that were asked for are over."""
        for _ in self._threads:
            self._asked.put(None)
        for thread in self._threads:
            thread.join()
