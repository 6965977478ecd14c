"""Crowds that arrive at a rate do not wait for the server, and their latencies say so."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.bench import load

TAKES, EVERY, NUMBER = 0.03, 0.01, 8  # seconds for an answer and between two requests


class Slow(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/rows":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na,0\r\n\r\n")
            time.sleep(TAKES)
            self.wfile.write(b"0\r\n\r\n")
            return
        time.sleep(TAKES)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Of a server that answers one request after the other."""
    with HTTPServer(("127.0.0.1", 0), Slow) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_who_is_late_counts_from_when_they_were_due(port: int) -> None:
    latencies: list[float] = []
    asks = itertools.repeat(load.Ask(load.get("/"), lambda status, answer, seconds: latencies.append(seconds)), NUMBER)
    load.arriving(port, asks, per_second=1 / EVERY, is_over=lambda: len(latencies) == NUMBER, connections=1)
    earliest = [TAKES + number * (TAKES - EVERY) for number in range(NUMBER)]  # each waits for all before it
    assert [at_least for at_least, took in zip(earliest, latencies, strict=True) if took < at_least] == []


def test_rows_that_end_with_a_zero_are_not_the_end(port: int) -> None:
    found = load.run(port, iter([load.get("/rows")] * 2), pids=[], seconds=9, connections=1)
    assert (found.statuses, min(found.latencies) >= TAKES) == ({200: 2}, True)
