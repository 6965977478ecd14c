"""What a worker of the server is: granian with our adapter around the application."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
from collections.abc import Callable
from functools import partial
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from .adapter import Adapter
from .answers import Application
from .minding import Job

BACKLOG = 2048
HEADERS_WITHIN = 20_000  # milliseconds for a request's first line and headers
HEADERS_SIZE = 64 * 1024
CONNECTIONS = 4096  # for each worker; beyond it a new one waits to be accepted
M_ARENA_MAX = -8  # of mallopt(3)
LOG = {
    "handlers": {
        "console": {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
        "access": {"formatter": "access", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
    }
}


def worker(app: Application, host: str, port: int, *, workers: int, threads: int) -> Job:
    """What each of so many workers does until SIGTERM or SIGINT; then requests under way end. Prints nothing.

    A worker has ``threads`` threads for pages. All are forked from this process, which may hold no connection and no thread.
    """
    _allow_connections()
    _limit_heaps()
    server = _Server(
        "",  # what is served is here already
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=workers,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN, max_buffer_size=HEADERS_SIZE),
        log_level=LogLevels.error,
        log_dictconfig=LOG,
    )
    load: Any = partial(Adapter, app, threads=threads)
    server.serve(target_loader=load, wrap_loader=False)
    gc.collect()
    if workers > 1:
        gc.freeze()  # no worker looks through what all of them share, by which it would get pages of its own
    return server.work


class _Server(MPServer):
    """Granian's worker without its way of making and minding processes, which forks beside threads."""

    def _serve(self, spawn_target: Callable[..., None], target_loader: Callable[[], Adapter]) -> None:
        self._init_shared_socket()  # type: ignore[no-untyped-call]  # granian's own
        self._made = spawn_target, target_loader

    def work(self) -> None:
        self._spawn_worker(0, *self._made).inner.run()


def _allow_connections() -> None:
    """Raises this process's limit of open files as far as allowed, so that slow clients do not use it up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS * 2 if hard == resource.RLIM_INFINITY else min(CONNECTIONS * 2, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _limit_heaps() -> None:
    """Threads would each keep a heap of their own, which are never given back."""
    libc = ctypes.CDLL(None)
    if "MALLOC_ARENA_MAX" not in os.environ and hasattr(libc, "mallopt"):
        libc.mallopt(M_ARENA_MAX, 2)
