"""Starting and stopping the server's processes."""

from __future__ import annotations

import ctypes
import errno
import gc
import os
import resource
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from course.config import SettingError

from .adapter import Adapter
from .answers import Application
from .minding import Job, mind

BACKLOG = 2048
HEADERS_WITHIN = 20_000  # milliseconds for a request's first line and headers
HEADERS_SIZE = 64 * 1024
GRACE = 10.0  # seconds that a request under way has left once the server is told to stop
CONNECTIONS = 4096  # for each worker; beyond it a new one waits to be accepted
M_ARENA_MAX = -8  # of mallopt(3)
LOG = {
    "handlers": {
        "console": {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
        "access": {"formatter": "access", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
    }
}


def serve(app: Application, host: str, port: int, workers: int = 1, *, threads: int = 4, beside: Sequence[Job] = ()) -> None:
    """Serves the application until SIGTERM or SIGINT, then lets requests under way end.

    Every worker is a process of its own with ``threads`` threads for pages; one that dies is replaced, and so are those that do
    the jobs ``beside`` them. All are forked from this process and have what it has loaded, so that it may hold no connection
    and no thread. Prints nothing. Raises SettingError with one line when the address is taken or is not of this machine.
    """
    ensure_free(host, port)
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
    server.beside = beside
    load: Any = partial(Adapter, app, threads=threads)
    server.serve(target_loader=load, wrap_loader=False)


class _Server(MPServer):
    """Granian's worker, in processes of ours: its own are minded by threads, and nobody may fork beside a thread."""

    beside: Sequence[Job] = ()

    def _serve(self, spawn_target: Callable[..., None], target_loader: Callable[[], Adapter]) -> None:
        self._init_shared_socket()  # type: ignore[no-untyped-call]
        workers = [partial(self._work, number, spawn_target, target_loader) for number in range(self.workers)]
        gc.collect()
        gc.freeze()  # no worker looks through what all of them share, by which it would get pages of its own
        if code := mind([*workers, *self.beside], grace=GRACE):
            sys.exit(code)

    def _work(self, number: int, spawn_target: Callable[..., None], target_loader: Callable[[], Adapter]) -> None:
        self._spawn_worker(number, spawn_target, target_loader).inner.run()


def ensure_free(host: str, port: int) -> None:
    """Raises SettingError with one clear line where ``host:port`` cannot be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except PermissionError:
        raise SettingError(f"--port {port}: not allowed to this account; choose one from 1024 on") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            other = port + 1 if port < 65535 else port - 1
            line = f"--port {port}: taken on {host} by another program; choose another, such as --port {other}"
        else:
            line = f"--host {host}: no address of this machine; try 127.0.0.1, or 0.0.0.0 for all of them"
        raise SettingError(line) from None


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
