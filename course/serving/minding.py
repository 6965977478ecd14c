"""Processes that are forked from this one, replaced when they end, and ended with it.

This process has one thread and handles signals between two steps, so nothing is half done at a fork: no lock is held by a
thread that the new process would not have. What is in memory here is shared with all of them as long as nobody changes it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence

STARTING = 5.0  # seconds in which a process that ends by its own error, twice, means that nothing can be served
PAUSE = 1.0  # seconds before a process is replaced that had lived only so long
PR_SET_PDEATHSIG = 1  # of prctl(2)
STOPPING = (signal.SIGTERM, signal.SIGINT)
HEARD = {*STOPPING, signal.SIGCHLD}
Job = Callable[[], object]


def mind(jobs: Sequence[Job], *, grace: float) -> int:
    """Runs each job in a process of its own until SIGTERM or SIGINT, and at most ``grace`` seconds longer. Gives an exit code.

    One that ends is always replaced, each second if need be: a worker that was killed for its memory twice, or that finds its
    database restarting, must not take the whole site down. Only at the start a second failure ends all, so that a server that
    cannot work says so.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # it may have been ignored by whoever started us
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    try:
        return _Family(jobs).mind(grace)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)


def apart(job: Job) -> bool:
    """Runs the job in a process of its own, so that the memory it needs is given back. Whether it ended well."""
    return os.waitstatus_to_exitcode(os.waitpid(_fork(job), 0)[1]) == 0


class _Family:
    """``_due`` says when the jobs that do not run begin, ``_running`` which jobs run since when, by process."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        self._due = dict.fromkeys(range(len(jobs)), 0.0)
        self._running: dict[int, tuple[int, float]] = {}
        self._begun, self._failures = time.monotonic(), dict.fromkeys(range(len(jobs)), 0)

    def mind(self, grace: float) -> int:
        while max(self._failures.values()) < 2:
            self._begin()
            if self._hear(min(self._due.values(), default=None)) in STOPPING:
                break
            self._reap()
        self._end(grace)
        return int(max(self._failures.values()) >= 2)

    def _begin(self) -> None:
        now = time.monotonic()
        for number in [number for number, at in self._due.items() if at <= now]:
            del self._due[number]
            self._running[_fork(self._jobs[number])] = number, now

    def _hear(self, until: float | None) -> int | None:
        """Waits for a signal, at most until that time."""
        if until is None:
            return signal.sigwait(HEARD)
        heard = signal.sigtimedwait(HEARD, max(0.0, until - time.monotonic()))
        return heard.si_signo if heard else None

    def _reap(self) -> None:
        """Takes note of all that have ended."""
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            if pid in self._running:  # as the first process of a container we are handed others as well
                self._note(*self._running.pop(pid), failed=os.waitstatus_to_exitcode(status) > 0)

    def _note(self, number: int, since: float, *, failed: bool) -> None:
        now = time.monotonic()
        self._due[number] = now + PAUSE if now - since < PAUSE else now
        self._failures[number] += failed and now - self._begun < STARTING

    def _end(self, grace: float) -> None:
        self._tell(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while self._running and time.monotonic() < deadline:
            self._hear(deadline)
            self._reap()
        self._tell(signal.SIGKILL)
        while self._running:
            self._hear(None)
            self._reap()

    def _tell(self, what: signal.Signals) -> None:
        for pid in self._running:
            os.kill(pid, what)


def _fork(job: Job) -> int:
    """The process that does the job. It ends with this one, however that ends."""
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _end_with(parent)
        for one in STOPPING:
            signal.signal(one, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        job()
        code = 0
    except BaseException:  # noqa: BLE001  nothing of the parent's goes on in here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _end_with(parent: int) -> None:
    """Ends this process when its parent is killed; a worker left alone would hold the port, and no new server could start.

    At once, not gracefully: there is nobody any more to end a worker that hangs while it stops, perhaps with the lock of the
    database in its hands.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was quicker
        os._exit(1)
