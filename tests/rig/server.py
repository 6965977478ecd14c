"""The real server in processes of its own, for tests that need one."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 30.0  # seconds
PORTS = range(20_000, 32_000)
START = """
import importlib, json, sys
from course.starting import serve
options = json.loads(sys.argv[1])
module, name = options.pop("factory").split(":")
sys.exit(serve(lambda _is_first: getattr(importlib.import_module(module), name), **options))
"""


@dataclass
class Server:
    """A running server. What it says goes to ``log``."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Asks it to stop and returns its exit code."""
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=30)


@contextmanager
def serving(
    factory: str,
    log: Path,
    *,
    workers: int = 1,
    environ: Mapping[str, str] | None = None,
    port: int = 0,
    host: str = "127.0.0.1",
    started_by: Sequence[str] = (),
) -> Iterator[Server]:
    """A server of ``module:name`` on a free port of this machine, ready when the block begins and gone when it ends.

    ``started_by`` is a program that becomes the one named behind it, for a server that is somewhere else.
    """
    port = port or free_port()
    options = f'{{"host": "{host}", "port": {port}, "workers": {workers}, "factory": "{factory}"}}'
    with _running([*started_by, sys.executable, "-c", START, options], log, port, host, environ) as server:
        yield server


@contextmanager
def serving_course(log: Path, *, workers: int = 1, environ: Mapping[str, str] | None = None) -> Iterator[Server]:
    """The same by the command of operators, which publishes the folder before."""
    port = free_port()
    command = [sys.executable, "-m", "course", "serve", "--workers", str(workers), "--port", str(port)]
    with _running(command, log, port, "127.0.0.1", environ) as server:
        yield server


@contextmanager
def _running(command: Sequence[str], log: Path, port: int, host: str, environ: Mapping[str, str] | None) -> Iterator[Server]:
    environment = {**os.environ, **(environ or {}), "PYTHONPATH": str(ROOT)}
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    server = Server(port, process, log, host)
    try:
        _await(server)
        yield server
    finally:
        if process.poll() is None:
            server.stop()


def free_port() -> int:
    """One below those that the system gives to whoever connects, so that a server which starts again finds it free."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _await(server: Server) -> None:
    """Until it answers. Its socket listens before its workers are there, so a connection alone is no sign."""
    deadline = time.monotonic() + READY_WITHIN
    while True:
        try:
            with socket.create_connection((server.host, server.port), timeout=READY_WITHIN) as connection:
                connection.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                if connection.recv(12).startswith(b"HTTP/1.1"):
                    return
        except OSError:
            pass
        if server.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server did not start:\n{server.log.read_text(errors='replace')}")
        time.sleep(0.05)
