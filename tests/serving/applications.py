"""Small WSGI applications for the server's tests."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse

PIECE = b"0123456789abcdef" * 4096  # 64 KB
STEADY = 1024  # pieces of /steady
kept: ContextVar[str] = ContextVar("kept", default="lost")
if Path(os.environ.get("TEST_BROKEN", "/nowhere")).exists():
    raise SystemExit("cannot start at the moment")
if "TEST_LOADED" in os.environ:
    with Path(os.environ["TEST_LOADED"]).open("a", encoding="ascii") as file:
        file.write("loaded\n")


def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    page = PAGES.get(environ["PATH_INFO"], echo)
    return page(environ, start_response)


def echo(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """What arrived, one line for each thing."""
    body = environ["wsgi.input"].read()
    names = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "REMOTE_ADDR", "wsgi.url_scheme", "CONTENT_TYPE", "CONTENT_LENGTH")
    lines = [
        f"{name}={environ.get(name, '-')}" for name in (*names, *sorted(key for key in environ if key.startswith("HTTP_")))
    ]
    text = "\n".join([*lines, f"body={len(body)}"]).encode("latin-1")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else text]


def telling(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """What it is told of a body that is too long."""
    return echo(environ, start_response)


telling.answers_too_long = True  # type: ignore[attr-defined]  # what the server looks for


def large(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """8 MB in pieces."""
    start_response("200 OK", [("Content-Type", "text/csv")])
    return (PIECE for _ in range(128))


def failing(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/csv")])
    return _failing()


def _failing() -> Iterator[bytes]:
    for _ in range(20):
        yield PIECE
    raise RuntimeError("the second half cannot be made")


def crashing(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    raise RuntimeError("a fault of the application")


def steady(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """64 MB of which the first piece is there at once, and the rest after a second; with ``?fail`` not all of it comes."""
    start_response("200 OK", [("Content-Type", "text/csv")])
    return _steady(is_whole=environ["QUERY_STRING"] != "fail")


def _steady(*, is_whole: bool) -> Iterator[bytes]:
    yield PIECE
    time.sleep(1)
    for _ in range(STEADY - 1 if is_whole else 20):
        yield PIECE
    if not is_whole:
        raise RuntimeError("the second half cannot be made")


def waiting(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """One piece, and its end or a failure half a second later, when all there is has been sent."""
    start_response("200 OK", [("Content-Type", "text/csv")])
    return _waiting(is_whole=environ["QUERY_STRING"] != "fail")


def _waiting(*, is_whole: bool) -> Iterator[bytes]:
    yield PIECE
    time.sleep(0.5)
    if not is_whole:
        raise RuntimeError("the second half cannot be made")


def endless(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Pieces until nobody wants them; then a file says so."""
    start_response("200 OK", [("Content-Type", "text/csv")])
    return _endless(Path(os.environ["TEST_MEDIA"]).with_name("endless-is-over"))


def _endless(sign: Path) -> Iterator[bytes]:
    try:
        while True:
            time.sleep(0.02)
            yield PIECE
    finally:
        sign.touch()


def remembering(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    kept.set("kept")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return _remembering()


def _remembering() -> Iterator[bytes]:
    for _ in range(20):
        yield PIECE
    yield kept.get().encode()


def unchanged(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    start_response("304 Not Modified", [("ETag", '"one"')])
    return []


def cookies(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [b"two cookies"]


def long(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """As slow, and written down under the name that was asked for."""
    Path(os.environ["TEST_MEDIA"]).with_name(f"long-{environ['QUERY_STRING']}").touch()
    return slow(environ, start_response)


def slow(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    time.sleep(1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"finished"]


def lying(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """A file as it lies there, by whatever method it is asked for."""
    start_response("200 OK", [("Content-Type", "video/webm")])
    found: Iterable[bytes] = environ["wsgi.file_wrapper"](Path(os.environ["TEST_MEDIA"]).open("rb"))  # noqa: SIM115  the server closes it
    return found


def media(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """A file as Flask sends it: whole, in ranges, or not at all when the browser has it."""
    from flask import Flask, send_file

    flask = Flask(__name__)
    flask.add_url_rule(
        "/media", view_func=lambda: send_file(Path(os.environ["TEST_MEDIA"]), mimetype="video/webm", conditional=True)
    )
    return flask.wsgi_app(environ, start_response)


def die(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    os._exit(1)


def leave(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Starts a process that goes on by itself, and dies."""
    subprocess.Popen(["sleep", "30"], start_new_session=True)
    os._exit(1)


app.takes_long = lambda path: path == "/long"  # type: ignore[attr-defined]  # as the course's application has it
PAGES = {
    "/large": large,
    "/failing": failing,
    "/crashing": crashing,
    "/steady": steady,
    "/waiting": waiting,
    "/endless": endless,
    "/remembering": remembering,
    "/unchanged": unchanged,
    "/cookies": cookies,
    "/slow": slow,
    "/long": long,
    "/lying": lying,
    "/media": media,
    "/die": die,
    "/leave": leave,
}
