"""Requests that arrive at a rate, sent by a process of their own, while something else is measured."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.bench import load
from tests.rig.server import Server

Requests = Callable[[], Iterator[bytes]]  # goes to the other process: a function of a module, or a partial of one


@dataclass
class Seen:
    """What came back; filled in when the block ends."""

    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    def wrong(self, status: int) -> int:
        return sum(self.statuses.values()) - self.statuses.get(status, 0)


@contextmanager
def beside(server: Server, requests: Requests, per_second: float, addresses: str = "127.0.0.1") -> Iterator[Seen]:
    """Latencies are counted from when a request was due. ``addresses`` as for ``load.arriving``."""
    context, found = multiprocessing.get_context("spawn"), Seen()
    over, (result, end) = context.Event(), context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(server.port, requests, per_second, addresses, over, end))
    process.start()
    end.close()  # here: if that process ends without a word, this one must not wait for it
    try:
        time.sleep(1)
        yield found
    finally:
        over.set()
        found.latencies, found.statuses = result.recv()
        process.join()


def _send(port: int, requests: Requests, per_second: float, addresses: str, over: Any, end: Any) -> None:
    end.send(load.paced(port, requests(), per_second=per_second, is_over=over.is_set, addresses=addresses))
