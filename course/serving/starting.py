"""Starting and stopping the server's processes."""

from __future__ import annotations

import ctypes
import errno
import importlib
import multiprocessing
import os
import resource
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from course.config import SettingError

from .adapter import Adapter

BACKLOG = 2048
HEADERS_WITHIN = 20_000  # milliseconds for a request's first line and headers
HEADERS_SIZE = 64 * 1024
GRACE = 10  # seconds that a request under way has left once the server is told to stop
CONNECTIONS = 4096  # for each worker; beyond it a new one waits to be accepted
STARTING = 5.0  # seconds in which a worker that ends by its own error means that nothing can be served
PAUSE = 1.0  # seconds before a worker is replaced that had lived only so long
PR_SET_PDEATHSIG = 1  # of prctl(2)
LOG = {
    "handlers": {
        "console": {"formatter": "generic", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
        "access": {"formatter": "access", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
    }
}


def serve(host: str, port: int, workers: int = 1, factory: str = "wsgi:app", *, threads: int = 4) -> None:
    """Serves the WSGI application named ``module:name`` until SIGTERM or SIGINT, then lets requests under way end.

    Every worker is a process of its own with ``threads`` threads for pages; one that dies is replaced. Prints nothing. Raises
    SettingError with one line when the address is taken or is not of this machine.
    """
    ensure_free(host, port)
    _allow_connections()
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")  # for the workers: their threads would each keep a heap of their own
    multiprocessing.set_start_method("spawn", force=True)  # a fork would copy the caller's threads' locks, held for ever
    server = _Server(
        factory,
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
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
    )
    load: Any = partial(_load, threads=threads, folder=str(Path.cwd()), server=os.getpid())
    server.serve(target_loader=load)


class _Server(MPServer):
    """Granian ends when a worker dies twice within six seconds. Here that is so at the start alone.

    Later a worker is always replaced, each second if need be: one that was killed for its memory twice, or that finds its
    database restarting, must not take the whole site down.
    """

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        self._begun = time.monotonic()

    def _respawn_workers(self, workers: list[int], *words: Any, **options: Any) -> None:
        now, ended = time.monotonic(), [self.wrks[number] for number in workers]
        if any(now - worker.birth < PAUSE for worker in ended):
            time.sleep(PAUSE)
        super()._respawn_workers(workers, *words, **options)
        if now - self._begun > STARTING or all(worker.inner.exitcode < 0 for worker in ended):
            self.respawned_wrks.clear()  # by which it would know a worker that dies again


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


def _load(target: str, *, threads: int, folder: str, server: int) -> Adapter:
    """In the worker: imports the application and wraps it."""
    _end_with(server)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module, _, name = target.partition(":")
    return Adapter(getattr(importlib.import_module(module), name), threads=threads)


def _end_with(server: int) -> None:
    """Ends this worker when the server is killed; left alone it would hold the port, and no new server could start.

    At once, not gracefully: there is nobody any more to end a worker that hangs while it stops, perhaps with the lock of the
    database in its hands.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:  # it was quicker
        sys.exit(1)
