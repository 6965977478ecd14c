"""The server as a client sees it: real processes, real sockets, small applications."""

from __future__ import annotations

import http.client
import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import pytest

from course.config import SettingError
from course.serving.minding import STARTING
from course.serving.ports import free_address
from tests.rig import together
from tests.rig.pace import quickest
from tests.rig.server import ROOT, Server, serving

SLOW_CLIENTS = 50
LARGE = 8 * 1024 * 1024  # bytes of /large: twice what the sockets on the way hold
APP = "tests.serving.applications:app"


@pytest.fixture(scope="module")
def media_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media") / "clip.webm"
    path.write_bytes(bytes(range(256)) * 4096)  # 1 MB
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, media_file: Path) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(APP, log, environ={"TEST_MEDIA": str(media_file)}) as found:
        yield found


def ask(server: Server, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def lines(answer: tuple[int, dict[str, str], bytes]) -> dict[str, str]:
    return dict(line.split("=", 1) for line in answer[2].decode("latin-1").splitlines())


def raw(server: Server, request: bytes) -> bytes:
    """Sends bytes as they are and returns all that comes until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
        return b"".join(parts)


def test_request_arrives_as_it_was_sent(server: Server) -> None:
    got = lines(ask(server, "POST", "/a%20b/%C3%A9%2520?x=%20y", b"12345", Content_Type="text/plain", Cookie="a=b"))
    assert got == {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/a b/é%20".encode().decode("latin-1"),
        "QUERY_STRING": "x=%20y",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "5",
        "HTTP_ACCEPT_ENCODING": "identity",
        "HTTP_COOKIE": "a=b",
        "HTTP_HOST": f"127.0.0.1:{server.port}",
        "body": "5",
    }


def test_forwarded_headers_are_not_believed(server: Server) -> None:
    got = lines(
        ask(server, "GET", "/", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https", X_Forwarded_Host="evil.example")
    )
    assert (got["REMOTE_ADDR"], got["wsgi.url_scheme"], got["HTTP_HOST"]) == ("127.0.0.1", "http", f"127.0.0.1:{server.port}")


def test_header_that_looks_like_another_is_left_out(server: Server) -> None:
    answer = raw(
        server, b"GET / HTTP/1.1\r\nHost: h\r\nX_Real: 1\r\nProxy: p\r\nX-Two: a\r\nX-Two: b\r\nConnection: close\r\n\r\n"
    )
    named = re.findall(rb"^HTTP_(\w+)=(.*)$", answer, re.MULTILINE)
    assert named == [(b"CONNECTION", b"close"), (b"HOST", b"h"), (b"X_TWO", b"a, b")]


def test_head_has_the_length_and_no_body(server: Server) -> None:
    whole = ask(server, "GET", "/")
    status, headers, body = ask(server, "HEAD", "/")
    assert (status, int(headers["content-length"]), body) == (200, len(whole[2]) + 1, b"")  # HEAD is one letter longer than GET


def test_head_of_a_long_answer_makes_none(server: Server) -> None:
    assert ask(server, "HEAD", "/large")[2] == b""


def test_not_modified_has_no_body(server: Server) -> None:
    status, headers, body = ask(server, "GET", "/unchanged")
    assert (status, headers["etag"], body) == (304, '"one"', b"")


def test_two_cookies_stay_two(server: Server) -> None:
    answer = raw(server, b"GET /cookies HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert re.findall(rb"^set-cookie: (.*)\r$", answer, re.MULTILINE) == [b"a=1", b"b=2"]


def test_file_whole_and_in_ranges(server: Server, media_file: Path) -> None:
    content = media_file.read_bytes()
    status, headers, body = ask(server, "GET", "/media")
    assert (status, headers["accept-ranges"], headers["content-length"], body) == (200, "bytes", str(len(content)), content)
    for first, last in ((0, 0), (5, 104), (1000, 900_999), (len(content) - 10, len(content) - 1)):
        status, headers, body = ask(server, "GET", "/media", Range=f"bytes={first}-{last}")
        assert (status, headers["content-range"]) == (206, f"bytes {first}-{last}/{len(content)}")
        assert (headers["content-length"], body) == (str(last - first + 1), content[first : last + 1])
    assert ask(server, "GET", "/media", Range=f"bytes={len(content)}-")[0] == 416
    tag = ask(server, "HEAD", "/media")[1]["etag"]
    assert ask(server, "GET", "/media", If_None_Match=tag)[::2] == (304, b"")


def test_file_is_sent_from_where_it_is(tmp_path: Path, media_file: Path) -> None:
    """Without a copy for each who asks, for which there is no room here."""
    with serving(APP, tmp_path / "log", environ={"TEST_MEDIA": str(media_file)}) as server:
        resource.prlimit(workers(server)[0], resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        assert ask(server, "GET", "/large")[0] == 503
        assert ask(server, "GET", "/media")[::2] == (200, media_file.read_bytes())


def test_long_answer_is_complete(server: Server) -> None:
    status, headers, body = ask(server, "GET", "/large")
    assert (status, headers["content-length"], len(body)) == (200, str(LARGE), LARGE)


def test_long_answer_keeps_what_the_page_set_for_itself(server: Server) -> None:
    assert ask(server, "GET", "/remembering")[2][-4:] == b"kept"


def test_what_takes_long_is_sent_while_it_is_made(server: Server) -> None:
    begun: list[http.client.HTTPResponse] = []

    def begin() -> None:
        connection.close()
        connection.request("GET", "/steady")
        begun.append(connection.getresponse())
        assert len(begun[-1].read(1000)) == 1000

    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        assert quickest(begin, 0.9, clock=time.monotonic) < 0.9, "the first byte waited for the second piece"
        rest = sum(map(len, iter(lambda: begun[-1].read(65536), b"")))
    assert (begun[-1].getheader("transfer-encoding"), 1000 + rest) == ("chunked", 1024 * 65536)


def test_failure_half_way_is_a_broken_download(server: Server) -> None:
    with pytest.raises(http.client.IncompleteRead) as broken:
        ask(server, "GET", "/steady?fail")
    assert len(broken.value.partial) < 1024 * 65536
    assert ask(server, "GET", "/")[0] == 200


def test_an_end_that_comes_when_all_is_sent_is_told(server: Server) -> None:
    status, headers, body = ask(server, "GET", "/waiting")
    assert (status, headers["transfer-encoding"], len(body)) == (200, "chunked", 65536)
    with pytest.raises(http.client.IncompleteRead) as broken:
        ask(server, "GET", "/waiting?fail")
    assert len(broken.value.partial) == 65536


def test_a_client_that_knows_no_chunks_waits_for_the_length(server: Server) -> None:
    head, _, body = raw(server, b"GET /steady HTTP/1.0\r\nHost: h\r\n\r\n").partition(b"\r\n\r\n")
    assert (b"content-length: %d" % len(body) in head.lower(), len(body)) == (True, 1024 * 65536)
    assert raw(server, b"GET /steady?fail HTTP/1.0\r\nHost: h\r\n\r\n").split(b"\r\n")[0].split(b" ", 1)[1] == (
        b"500 Internal Server Error"
    )


def test_what_nobody_waits_for_is_not_made(server: Server, media_file: Path) -> None:
    sign = media_file.with_name("endless-is-over")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"GET /endless HTTP/1.1\r\nHost: h\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"
    deadline = time.monotonic() + 20
    while not sign.exists():
        assert time.monotonic() < deadline, "it is still made"
        time.sleep(0.05)


def test_a_long_page_is_not_begun_for_who_has_hung_up(server: Server, media_file: Path) -> None:
    """As when somebody asks again and again for a report that takes long."""
    first = [threading.Thread(target=ask, args=(server, "GET", f"/long?{name}")) for name in ("a", "b")]
    for thread in first:
        thread.start()
    time.sleep(0.3)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"GET /long?gone HTTP/1.1\r\nHost: h\r\n\r\n")
        time.sleep(0.3)
    assert ask(server, "GET", "/long?last")[0] == 200
    for thread in first:
        thread.join()
    begun = [name for name in ("a", "b", "gone", "last") if media_file.with_name(f"long-{name}").exists()]
    assert begun == ["a", "b", "last"]


@pytest.mark.parametrize("path", ["/failing", "/crashing"])
def test_failure_is_an_error_and_never_half_an_answer(server: Server, path: str) -> None:
    assert ask(server, "GET", path)[::2] == (500, b"Something went wrong here. It has been noted.\n")
    assert ask(server, "GET", "/")[0] == 200


def test_body_has_a_limit(server: Server) -> None:
    assert lines(ask(server, "POST", "/", b"x" * (2 * 1024 * 1024)))["body"] == str(2 * 1024 * 1024)
    assert (
        raw(server, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2097153\r\n\r\n").split(b"\r\n")[0]
        == b"HTTP/1.1 413 Payload Too Large"
    )


@pytest.mark.parametrize("sent", ["with its body", "after asking"])
def test_of_a_body_that_is_too_long_an_application_is_told_that_minds_it(tmp_path: Path, sent: str) -> None:
    """A browser sends all of it before it reads: were it not taken, nobody would see the answer."""
    length = 40 * 1024 * 1024
    head = f"POST /form HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {length}\r\n"
    with serving("tests.serving.applications:telling", tmp_path / "log") as server:
        before = memory(server)
        if sent == "after asking":
            answer = raw(server, f"{head}Expect: 100-continue\r\n\r\n".encode())
        else:
            answer = raw(server, f"{head}\r\n".encode() + b"x" * length)
        told = dict(line.split("=", 1) for line in answer.decode().partition("\r\n\r\n")[2].split("\n"))
        assert (told["PATH_INFO"], told["CONTENT_LENGTH"], told["body"]) == ("/form", str(length), "0")
        assert memory(server) - before < 20_000  # KB
        assert ask(server, "POST", "/", b"x" * 10)[0] == 200
        assert raw(server, f"GET{head[4:]}\r\n".encode()).split(b"\r\n")[0] == b"HTTP/1.1 413 Payload Too Large"


def test_body_without_a_length_is_refused(server: Server) -> None:
    request = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    assert raw(server, request).split(b"\r\n")[0] == b"HTTP/1.1 411 Length Required"


def test_half_a_body_never_reaches_the_page(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n12345")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65536)[:12] == b"HTTP/1.1 400"
    assert ask(server, "GET", "/")[0] == 200


@pytest.mark.parametrize("length", [10, 20_000])
def test_a_body_may_come_later_than_its_head(server: Server, length: int) -> None:
    head = f"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head.encode())
        for part in (b"a" * (length - 3), b"bcd"):
            time.sleep(0.05)
            connection.sendall(part)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.split(b"\n")[-1] == f"body={length}".encode()


def test_long_bodies_that_do_not_end_keep_out_no_short_form(tmp_path: Path) -> None:
    full, head = 2 * 1024 * 1024, "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {}\r\n\r\n"
    with serving(APP, tmp_path / "log") as server, ExitStack() as held:

        def begin(length: int, sent: int) -> socket.socket:
            connection = held.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            connection.sendall(head.format(length).encode() + b"x" * sent)
            return connection

        def end(connection: socket.socket) -> bytes:
            time.sleep(0.05)  # it comes later than its head
            connection.sendall(b"x")
            return b"".join(iter(lambda: connection.recv(65536), b""))

        refused, _, _ = select.select([begin(full, full - 1) for _ in range(33)], [], [], 10)  # whose bytes come last
        assert [connection.recv(12) for connection in refused] == [b"HTTP/1.1 503"]
        assert end(begin(100, 99)).split(b"\n")[-1] == b"body=100"


def test_clients_that_leave_do_no_harm(server: Server) -> None:
    for request in (
        b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n",
        b"POST / HTTP/1.1\r\nHo",
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(request)
    assert ask(server, "GET", "/")[0] == 200


class SlowClients:
    """Clients that send one byte a second, or that ask for a large answer and read none of it."""

    def __init__(self, server: Server, request: bytes, at_once: int) -> None:
        self._connections = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(SLOW_CLIENTS)]
        self._rest = request[at_once:]
        for connection in self._connections:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(request[:at_once])
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def _send(self) -> None:
        for byte in self._rest:
            if self._over.wait(1):
                return
            for connection in self._connections:
                connection.sendall(bytes([byte]))

    def __enter__(self) -> SlowClients:
        self._thread.start()
        time.sleep(0.3)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        for connection in self._connections:
            connection.close()


POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "at_once"),
    [(POST, 20), (POST + b"x" * 100, len(POST)), (b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n", 100)],
    ids=["headers", "bodies", "readers"],
)
def test_slow_clients_stop_nobody(server: Server, request_: bytes, at_once: int) -> None:
    with SlowClients(server, request_, at_once):
        deadline = time.monotonic() + 30
        while server_is_busy(server) and time.monotonic() < deadline:  # fifty exports are made once, whoever reads them
            time.sleep(0.1)
        for _ in range(3):  # what else the machine does slows down one round or another, slow clients each
            times = sorted(timed(server) for _ in range(200))
            if times[197] < 0.5:
                break
    assert times[197] < 0.5, f"p99 of a healthy page was {times[197]:.3f} s"


def server_is_busy(server: Server) -> bool:
    return timed(server) > 0.1


def timed(server: Server) -> float:
    begun = time.monotonic()
    assert ask(server, "GET", "/")[0] == 200
    return time.monotonic() - begun


def test_reader_that_reads_nothing_costs_no_memory(server: Server) -> None:
    before = memory(server)
    with SlowClients(server, b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n", 100):
        time.sleep(3)
        assert ask(server, "GET", "/")[0] == 200
        grown = memory(server) - before
    assert grown < SLOW_CLIENTS * 2, f"{grown} MB more for {SLOW_CLIENTS} readers of 8 MB each"


def test_reader_that_reads_nothing_of_what_is_being_made_costs_no_memory_and_no_thread(server: Server) -> None:
    before = memory(server)
    request = b"GET /steady HTTP/1.1\r\nHost: h\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(request)
        time.sleep(2)  # it is made by now, and the next two are made at the same time
        two = partial(together.at_once, *[partial(ask, server, "GET", "/steady")] * 2)
        took = quickest(two, 1.9, clock=time.monotonic)
        grown = memory(server) - before
    assert (took < 1.9, grown < 32) == (True, True), f"{took:.1f} s for two more, {grown} MB more for a body of 64 MB"


def memory(server: Server) -> int:
    """MB that the server's processes hold, workers included."""
    pids = [str(server.process.pid), *children(server)]
    held = [re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) for pid in pids]
    return sum(int(found.group(1)) for found in held if found) // 1024


def children(server: Server) -> list[str]:
    return Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()


@pytest.mark.parametrize(("method", "path"), [("POST", "/slow"), ("GET", "/long?waits")])
def test_what_waits_holds_up_no_page(server: Server, method: str, path: str) -> None:
    """Forms, as when the database is locked, or while passwords are hashed; and reports."""
    waiting = [threading.Thread(target=ask, args=(server, method, path, b"x")) for _ in range(12)]
    for thread in waiting:
        thread.start()
    time.sleep(0.3)
    timed(server)
    left = sum(thread.is_alive() for thread in waiting)
    for thread in waiting:
        thread.join()
    assert left > 6  # of a page that waited for a thread of theirs, four would be left at most


def test_bodies_of_forms_that_are_over_are_let_go_while_another_runs(server: Server) -> None:
    """More of them than a worker holds at a time, which hears of each with the next."""
    slow = threading.Thread(target=ask, args=(server, "POST", "/slow", b"x"))
    slow.start()
    body = b"x" * (2 * 1024 * 1024)
    assert [ask(server, "POST", "/", body)[0] for _ in range(40)] == [200] * 40
    slow.join()


@pytest.mark.parametrize("path", ["/large", "/lying", "/cookies", "/crashing", "/failing"])
def test_a_form_is_answered_like_a_page(server: Server, path: str) -> None:
    """Whole in memory, from a file, longer than what is held, or not at all."""
    page, form = (ask(server, method, path, b"") for method in ("GET", "POST"))
    assert (form[0], form[2]) == (page[0], page[2])
    assert form[1].keys() == page[1].keys()


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_stopping_lets_requests_end(tmp_path: Path, with_signal: signal.Signals) -> None:
    with serving(APP, tmp_path / "log", workers=2) as server:
        got: list[bytes] = []
        client = threading.Thread(target=lambda: got.append(ask(server, "GET", "/slow")[2]))
        client.start()
        time.sleep(0.4)
        assert server.stop(with_signal) == 0
        client.join()
    assert (got, (tmp_path / "log").read_text()) == ([b"finished"], "")


def test_stopping_does_not_wait_for_what_a_worker_had_started(tmp_path: Path) -> None:
    """As the making of an export, which goes on when its worker has ended."""
    with serving(APP, tmp_path / "log") as server:
        with pytest.raises(http.client.RemoteDisconnected):
            ask(server, "GET", "/leave")
        await_workers(server, 2)  # the new one, and what the old one has left
        left = next(pid for pid in workers(server) if b"sleep" in Path(f"/proc/{pid}/cmdline").read_bytes())
        begun = time.monotonic()
        assert (server.stop(), is_there(left)) == (0, True)
        assert time.monotonic() - begun < 8
    os.kill(left, signal.SIGKILL)


def test_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with serving(APP, tmp_path / "log") as server:
        with pytest.raises(http.client.RemoteDisconnected):
            ask(server, "GET", "/die")
        deadline = time.monotonic() + 20
        while not answers(server):
            assert time.monotonic() < deadline, "no new worker"
            time.sleep(0.1)


def test_workers_that_die_again_and_again_are_replaced_each_time(tmp_path: Path) -> None:
    """As when memory runs out, or while a database restarts that a worker needs at its start."""
    with serving(APP, tmp_path / "log", workers=2) as server:
        for _ in range(4):
            for pid in workers(server):
                os.kill(pid, signal.SIGKILL)
            await_workers(server, 2)
        assert answers(server)


def test_workers_that_cannot_start_for_a_while_are_tried_again(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    with serving(APP, tmp_path / "log", environ={"TEST_BROKEN": str(broken)}) as server:
        time.sleep(STARTING)
        broken.touch()
        os.kill(workers(server)[0], signal.SIGKILL)
        time.sleep(6)  # some tries
        assert server.process.poll() is None
        broken.unlink()
        await_workers(server, 1)
        assert answers(server)


def test_a_server_whose_workers_never_start_ends(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    with (
        pytest.raises(RuntimeError, match="the server did not start"),
        serving(APP, tmp_path / "log", environ={"TEST_BROKEN": str(tmp_path / "broken")}),
    ):
        raise AssertionError("it began")


def test_workers_are_made_from_what_one_of_them_has_loaded(tmp_path: Path) -> None:
    """And each goes on when the others are killed, which are made together again."""
    loaded = tmp_path / "loaded"
    with serving(APP, tmp_path / "log", workers=3, environ={"TEST_LOADED": str(loaded)}) as server:
        await_workers(server, 3)
        assert loaded.read_text().count("loaded") == 1
        first, second, third = workers(server)  # the first has loaded it
        for pid in (first, second):
            os.kill(pid, signal.SIGKILL)
        await_workers(server, 3)
        left = set(workers(server)) & {first, second, third}
    assert (left, loaded.read_text().count("loaded") <= 3) == ({third}, True)


def test_who_minds_the_workers_has_loaded_neither_the_application_nor_the_server(server: Server) -> None:
    mapped = {pid: b"_granian" in Path(f"/proc/{pid}/maps").read_bytes() for pid in [server.process.pid, *workers(server)]}
    assert mapped == {server.process.pid: False} | dict.fromkeys(workers(server), True)


def test_workers_end_with_their_server_and_leave_the_port(tmp_path: Path) -> None:
    with serving(APP, tmp_path / "log", workers=2) as server:
        left = workers(server)
        server.stop(signal.SIGKILL)
        deadline = time.monotonic() + 15
        while any(is_there(pid) for pid in left) or not is_left(server):  # the last of a worker's threads lets the port go
            assert time.monotonic() < deadline, "workers go on without a server"
            time.sleep(0.1)


def is_left(server: Server) -> bool:
    try:
        free_address("127.0.0.1", server.port)
    except SettingError:
        return False
    return True


def is_there(pid: int) -> bool:
    """Running, not only waiting for somebody to ask how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def workers(server: Server) -> list[int]:
    return [pid for pid in map(int, children(server)) if is_there(pid)]


def await_workers(server: Server, number: int) -> None:
    deadline = time.monotonic() + 20
    while len(workers(server)) < number or not answers(server):
        assert time.monotonic() < deadline, f"{len(workers(server))} workers instead of {number}"
        time.sleep(0.1)


def answers(server: Server) -> bool:
    try:
        return ask(server, "GET", "/")[0] == 200
    except OSError:
        return False


def test_what_is_to_be_done_once_is_done_once_and_what_is_beside_again(tmp_path: Path) -> None:
    code = """
import os, signal, sys, time
from course.serving.minding import mind
from functools import partial

def note(name):
    with open(name, "a") as file:
        file.write(".")

def end():
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (os.path.exists("beside") and len(open("beside").read()) > 1):
        time.sleep(0.05)
    os.kill(minder, signal.SIGTERM)
    time.sleep(60)

minder = os.getpid()
sys.exit(mind(lambda is_first: end, 1, grace=5, beside=[partial(note, "beside")], once=[partial(note, "once")]))
"""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environ, check=False, timeout=40)
    assert (done.returncode, (tmp_path / "once").read_text(), (tmp_path / "beside").read_text()[:2]) == (0, ".", "..")


@pytest.mark.parametrize("host", ["localhost", "::1"])
def test_a_host_may_be_a_name_or_an_address_of_the_newer_kind(tmp_path: Path, host: str) -> None:
    with serving(APP, tmp_path / "log", host=host) as server:
        assert server.stop() == 0
    assert (tmp_path / "log").read_text() == ""


def test_port_that_is_taken_is_one_clear_line(server: Server) -> None:
    code = (
        "import sys\nfrom course.config import SettingError\nfrom course.starting import serve\n"
        f"try: serve(print, '127.0.0.1', {server.port})\nexcept SettingError as error: sys.exit(str(error))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    expected = (
        f"--port {server.port}: taken on 127.0.0.1 by another program; choose another, such as --port {server.port + 1}\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)
