"""Several things at the same moment, as when many people press a button."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Found = TypeVar("Found")


def at_once(*jobs: Callable[[], Found]) -> list[Found]:
    """What each gives, in their order; all begin at one moment, each in a thread. Raises what one has raised."""
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], Found]) -> Found:
        barrier.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        running = [pool.submit(run, job) for job in jobs]
    return [one.result() for one in running]
