"""How long something takes, on a machine that does other things meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable


def quickest(work: Callable[[], object], enough: float, *, clock: Callable[[], float] = time.thread_time) -> float:
    """Seconds of the quickest of three runs, by a clock; the first that took less than enough is the last.

    What else a machine does slows down one run or another, by a clock of the processor too; what is wrong with it, all three.
    """
    least = float("inf")
    for _ in range(3):
        begun = clock()
        work()
        least = min(least, clock() - begun)
        if least < enough:
            break
    return least
