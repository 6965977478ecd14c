"""A client that asks as fast as the server answers: connections kept open, raw requests, one thread, no parsing but lengths."""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LAST_CHUNK = b"0\r\n\r\n"


@dataclass
class Round:
    """What one round of requests took: requests a second, the server's CPU in microseconds a request, latencies in seconds."""

    per_second: float
    cpu: float
    latencies: list[float] = field(repr=False)
    statuses: dict[int, int] = field(default_factory=dict)

    def percentile(self, share: float) -> float:
        return percentile(self.latencies, share)


@dataclass
class _Line:
    socket: socket.socket
    begun: float = 0.0
    got: bytes = b""


def get(path: str, cookie: str = "", tag: str = "") -> bytes:
    """``tag`` is of the page that the browser has already."""
    return _request("GET", path, cookie, b"", tag)


def post(path: str, cookie: str, body: bytes) -> bytes:
    return _request("POST", path, cookie, body)


def _request(method: str, path: str, cookie: str, body: bytes, tag: str = "") -> bytes:
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/html"]
    head += [f"Cookie: course={cookie}"] if cookie else []
    head += [f"If-None-Match: {tag}"] if tag else []
    head += [f"Content-Length: {len(body)}", "Content-Type: application/x-www-form-urlencoded"] if body else []
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def run(port: int, requests: Iterator[bytes], *, pids: list[int], seconds: float, connections: int = 8) -> Round:
    """Sends what ``requests`` gives until the time is over or nothing is left."""
    chooser = selectors.DefaultSelector()
    lines = [_Line(socket.create_connection(("127.0.0.1", port))) for _ in range(connections)]
    latencies, statuses = list[float](), dict[int, int]()
    cpu, begun = cpu_seconds(pids), time.perf_counter()
    open_lines = 0
    for line in lines:
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chooser.register(line.socket, selectors.EVENT_READ, line)
        open_lines += _send_next(line, requests)
    while open_lines:
        for key, _ in chooser.select(timeout=5):
            line = key.data
            status = _receive(line)
            if not status:
                continue
            latencies.append(time.perf_counter() - line.begun)
            statuses[status] = statuses.get(status, 0) + 1
            if time.perf_counter() - begun > seconds or not _send_next(line, requests):
                open_lines -= 1
    took = time.perf_counter() - begun
    used = cpu_seconds(pids) - cpu
    for line in lines:
        line.socket.close()
    chooser.close()
    return Round(len(latencies) / took, used / max(1, len(latencies)) * 1e6, latencies, statuses)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, and what is done with its answer: the status, all of its bytes, and the seconds since it was due."""

    request: bytes
    answered: Callable[[int, bytes, float], None]


def arriving(
    port: int,
    asks: Iterator[Ask | None],
    *,
    per_second: float,
    is_over: Callable[[], bool],
    connections: int = 16,
    addresses: str = "127.0.0.1",
) -> None:
    """Sends so many a second, whatever the server does: who is late is waited for from when they were due. None asks nothing.

    ``addresses`` with ``{}`` in it gives each connection its own, as if each came from another town.
    """
    chooser = selectors.DefaultSelector()
    idle = deque[_Line]()
    for number in range(connections):
        source = addresses.format(number + 1)
        line = _Line(socket.create_connection(("127.0.0.1", port), source_address=(source, 0)))
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chooser.register(line.socket, selectors.EVENT_READ, line)
        idle.append(line)
    due, busy = time.perf_counter(), dict[int, Ask]()
    while busy or not is_over():
        while idle and due <= time.perf_counter() and not is_over():
            if ask := next(asks, None):
                line = idle.popleft()
                _send(line, ask.request)
                line.begun, busy[line.socket.fileno()] = due, ask
            due += 1 / per_second
        for key, _ in chooser.select(timeout=max(0.0, min(0.05, due - time.perf_counter())) if idle else 0.05):
            line = key.data
            status = _receive(line)
            if status:
                idle.append(line)
                busy.pop(line.socket.fileno()).answered(status, line.got, time.perf_counter() - line.begun)
    for line in idle:
        line.socket.close()
    chooser.close()


def paced(
    port: int, requests: Iterator[bytes], *, per_second: float, is_over: Callable[[], bool], addresses: str = "127.0.0.1"
) -> tuple[list[float], dict[int, int]]:
    """The latencies of requests that arrive so often, and how often each status came."""
    latencies, statuses = list[float](), dict[int, int]()

    def answered(status: int, _answer: bytes, seconds: float) -> None:
        latencies.append(seconds)
        statuses[status] = statuses.get(status, 0) + 1

    asks = (Ask(request, answered) for request in requests)
    arriving(port, asks, per_second=per_second, is_over=is_over, addresses=addresses)
    return latencies, statuses


def _send_next(line: _Line, requests: Iterator[bytes]) -> bool:
    request = next(requests, None)
    if request is not None:
        _send(line, request)
    return request is not None


def _send(line: _Line, request: bytes) -> None:
    line.begun, line.got = time.perf_counter(), b""
    line.socket.sendall(request)


def _receive(line: _Line) -> int:
    """The status once the whole answer is there, else 0. Raises ConnectionError when the server hangs up."""
    piece = line.socket.recv(262144)
    if not piece:
        raise ConnectionError("the server closed a connection in the middle of an answer")
    line.got += piece
    head, mark, body = line.got.partition(b"\r\n\r\n")
    if not mark:
        return 0
    status = int(head[9:12])
    for field_ in head.split(b"\r\n")[1:]:
        name, _, value = field_.partition(b":")
        if name.lower() == b"content-length":
            return status if len(body) >= int(value) else 0
    is_whole = body == LAST_CHUNK or body.endswith(b"\r\n" + LAST_CHUNK)  # a line of a CSV may end with a 0 as well
    return status if status in (204, 304) or is_whole else 0


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of processes so far, from the kernel's clock of 1/100 s."""
    total = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def family(pid: int) -> list[int]:
    """A process with all below it; one that ends meanwhile has none."""
    found = [pid]
    with suppress(FileNotFoundError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                found += family(int(child))
    return found


def memory(pids: list[int]) -> float:
    """Proportional set size of processes together, in MB: pages that they share count once."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            total += int(line.split()[1]) if line.startswith("Pss:") else 0
    return total / 1024
