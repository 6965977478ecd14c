"""Threads for forms, which send their own answers; the event loop hears of it when it is awake anyway."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from .answers import Answer

Waiting = asyncio.Future[Answer | None]
Called = Future[Answer | None]


class Forms:
    """To wake the event loop for each form whose answer has left would cost a twentieth of the form, and there is no hurry.

    The next form finds it awake, or the last that runs wakes it: then it hears of all that are over.
    """

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="form")
        self._counting = threading.Lock()
        self._running = 0
        self._over = deque[tuple[Waiting, Called]]()

    async def run(self, context: contextvars.Context, call: Callable[[], Answer | None]) -> Answer | None:
        """What ``call`` returns or raises in a thread: None where it has sent the answer, else the answer to be sent."""
        self._hear()
        loop = asyncio.get_running_loop()
        waiting: Waiting = loop.create_future()
        with self._counting:
            self._running += 1
        self._threads.submit(context.run, call).add_done_callback(partial(self._tell, loop, waiting))
        return await waiting

    def _tell(self, loop: asyncio.AbstractEventLoop, waiting: Waiting, called: Called) -> None:
        self._over.append((waiting, called))
        with self._counting:
            self._running -= 1
            is_last = self._running == 0
        if is_last or called.exception() or called.result():
            loop.call_soon_threadsafe(self._hear)

    def _hear(self) -> None:
        with suppress(IndexError):
            while True:
                waiting, called = self._over.popleft()
                if waiting.cancelled():
                    continue
                if error := called.exception():
                    waiting.set_exception(error)
                else:
                    waiting.set_result(called.result())

    def shutdown(self) -> None:
        self._threads.shutdown()
