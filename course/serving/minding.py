"""Workers and the process that minds them: made together so that they share memory, replaced when they end, ended with it.

This process stays small. For workers it forks a leader, which loads the application, forks the others from what it has loaded,
and becomes a worker itself: what none of them changes is in memory once. The others become children of this process too. Nobody
forks beside a thread: no lock is held that would never be given back in the new process.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress

STARTING = 5.0  # seconds in which more workers than there are ending by their own error mean that nothing can be served
PAUSE = 1.0  # seconds before something is replaced that had lived only so long
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # of prctl(2)
STOPPING = (signal.SIGTERM, signal.SIGINT)
HEARD = {*STOPPING, signal.SIGCHLD}
PID = 8  # bytes of one in the pipe
Job = Callable[[], object]
Lead = Callable[[bool], Job]


def mind(lead: Lead, workers: int, *, grace: float, beside: Sequence[Job] = (), once: Sequence[Job] = ()) -> int:
    """Has so many workers until SIGTERM or SIGINT, and at most ``grace`` seconds longer. Gives an exit code.

    ``lead`` loads what workers need, and returns their job; it is told whether this is the first time. Jobs ``beside`` them
    begin once a worker is there, as do those that are done ``once``. Whatever else ends is replaced, each second if need be: a
    worker that was killed for its memory twice, or that finds its database restarting, must not take the whole site down. Only
    at the start failures end all, so that a server that cannot work says so.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # it may have been ignored by whoever started us
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    return _Family(lead, workers, beside, once).mind(grace)


def apart(job: Job) -> bool:
    """Does the job in a process of its own, so that the memory it needs is given back. Whether it ended well."""
    return os.waitstatus_to_exitcode(os.waitpid(_fork(job), 0)[1]) == 0


class _Family:
    """``_leading`` are the leaders that still load, and how many workers each will make; the others are known since when."""

    def __init__(self, lead: Lead, workers: int, beside: Sequence[Job], once: Sequence[Job]) -> None:
        self._lead, self._wanted, self._jobs, self._lasting = lead, workers, (*beside, *once), len(beside)
        self._leading: dict[int, int] = {}
        self._workers: dict[int, float] = {}
        self._beside: dict[int, tuple[int, float]] = {}
        self._idle = set(range(len(self._jobs)))
        self._begun, self._not_before, self._failures = time.monotonic(), 0.0, 0
        self._is_serving = False
        self._minder = os.getpid()
        self._heard_from, self._tell = os.pipe()
        os.set_blocking(self._heard_from, False)

    def mind(self, grace: float) -> int:
        while self._failures <= self._wanted:
            self._begin()
            if self._hear(self._not_before) in STOPPING:
                break
            self._reap()
        self._end(grace)
        return int(self._failures > self._wanted)

    def _begin(self) -> None:
        """What is missing, unless something ended so soon that it has to wait."""
        now = time.monotonic()
        missing = self._wanted - len(self._workers) - sum(self._leading.values())
        if now < self._not_before:
            return
        if missing > 0:
            is_first = not self._is_serving
            self._leading[_fork(lambda: self._become(missing, is_first=is_first))] = missing
        while self._is_serving and self._idle:
            number = self._idle.pop()
            self._beside[_fork(self._jobs[number])] = number, now

    def _become(self, workers: int, *, is_first: bool) -> None:
        """In a leader."""
        job = self._lead(is_first)
        for _ in range(workers - 1):
            if not apart(lambda: self._report(_fork(lambda: self._join(job), under=self._minder))):
                raise SystemExit(1)
        self._join(job)

    def _join(self, job: Job) -> None:
        self._report(os.getpid())
        job()

    def _report(self, pid: int) -> None:
        """A leader reports all that it makes before itself; they do so as well, in case it was killed before it could."""
        os.write(self._tell, pid.to_bytes(PID, "big"))
        os.kill(self._minder, signal.SIGCHLD)

    def _hear(self, until: float) -> int | None:
        """Waits for a signal, for an hour or until that time."""
        left = until - time.monotonic()
        heard = signal.sigtimedwait(HEARD, left if left > 0 else 3600)
        self._listen()
        return heard.si_signo if heard else None

    def _listen(self) -> None:
        """Who is a worker now."""
        with suppress(BlockingIOError):
            while told := os.read(self._heard_from, PID):
                pid = int.from_bytes(told, "big")
                self._leading.pop(pid, None)
                self._workers[pid] = time.monotonic()
                self._is_serving = True

    def _reap(self) -> None:
        """Takes note of all that have ended."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                self._listen()
                self._note(pid, failed=os.waitstatus_to_exitcode(status) > 0)

    def _note(self, pid: int, *, failed: bool) -> None:
        now = time.monotonic()
        if pid in self._beside:
            number, since = self._beside.pop(pid)
            if number >= self._lasting:
                return
            self._idle.add(number)
        elif pid in self._workers:
            since = self._workers.pop(pid)
            self._failures += failed and now - self._begun < STARTING
        elif self._leading.pop(pid, 0):
            since = now
            self._failures += 0 if self._is_serving else self._wanted + 1
        else:
            return  # what a worker had started, which comes to us when that worker ends
        if now - since < PAUSE:
            self._not_before = now + PAUSE

    def _end(self, grace: float) -> None:
        deadline = time.monotonic() + grace
        with_signal: signal.Signals = signal.SIGTERM
        told = set[int]()
        self._reap()
        while known := {*self._workers, *self._leading, *self._beside}:
            if time.monotonic() >= deadline and with_signal != signal.SIGKILL:
                with_signal, told = signal.SIGKILL, set()
            for pid in known - told:
                os.kill(pid, with_signal)
            told |= known
            self._hear(deadline)
            self._reap()


def _fork(job: Job, under: int | None = None) -> int:
    """The process that does the job. It ends with its parent, however that ends.

    With ``under``, its parent is the process of that number, once this one has ended.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    here = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        while under and os.getppid() == here:
            time.sleep(0.001)
        _end_with(under or here)
        for one in STOPPING:
            signal.signal(one, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        job()
        code = 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 1
        if isinstance(ending.code, str):
            sys.stderr.write(f"{ending.code}\n")
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
