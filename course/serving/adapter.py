"""From the server's requests to a WSGI application and back, so that a slow client never holds a thread.

The body is awaited on the event loop, within limits of size and of time, before any thread is taken; a short one, which mostly
comes with its head, is looked for by the thread itself, for a millisecond at most. The page is then called in a small pool of
threads. What it answers is held in memory up to HELD bytes; a longer answer goes on into a temporary file in a second pool, and
the server reads that file as the client takes it. Both are whole before the first byte leaves, except where an export takes
longer than a moment: it is sent while it is made (`following.py`). One that fails half-way is an error or a broken download,
never a shorter export.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import sys
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian._granian import RSGIProtocolClosed as ProtocolClosed
from granian.rsgi import Scope

from .answers import Answer, Application, Spool, begin
from .environ import to_environ
from .following import DESCRIPTORS, OPENED_WITHIN, Gone, follow
from .forms import Forms

log = logging.getLogger("course.serving")
Made = TypeVar("Made")
Body = TypeVar("Body", bytes, bytearray)
READING = {"GET", "HEAD", "OPTIONS"}
STREAM_THREADS, FORM_THREADS, LONG_THREADS = 2, 4, 2
AT_ONCE = 0.25  # seconds in which an answer of unknown length may be whole, before it is sent while it is made
SHORT = 8 * 1024  # bytes of a body that the server may gather: its 4,096 connections hold 32 MB at most
LOOKS, LOOK_AGAIN = 10, 0.0001  # how often a form's thread looks for such a body, and after how many seconds
TOO_EARLY = "The request ended too early. Nothing was saved. Please send it again."
LENGTHS = 18  # digits of a length that is still a number to everybody
PLAIN = ("content-type", "text/plain; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may ask of a worker."""

    body: int = 2 * 1024 * 1024  # bytes of one request's body
    bodies: int = 64 * 1024 * 1024  # bytes of the bodies that a worker holds at a time, beyond which it takes short ones alone
    body_within: float = 60.0  # seconds from the end of the headers to the end of the body


class Refused(Exception):
    """The request is answered here with this status, and the application is not called."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Late(Exception):
    """The body has not arrived yet, and no thread is held for it."""


class Adapter:
    """A server's application around a WSGI application; one for each worker.

    Pages have ``threads``, forms have FORM_THREADS of their own: they wait for locks and hash passwords, and no page waits for
    them. One writes, two wait for the disk, one reads its form; more would only hand Python's lock round. Pages of which the
    application says by ``takes_long`` that they may take seconds have LONG_THREADS, for which no other page waits; one is not
    begun for a client that hung up meanwhile. Threads are made when they are first needed.
    """

    def __init__(self, app: Application, *, threads: int = 4, limits: Limits | None = None) -> None:
        self._app = app
        self._takes_long: Callable[[str], bool] = getattr(app, "takes_long", lambda _path: False)
        self._may_be_told: bool = getattr(app, "answers_too_long", False)
        self._limits = limits or Limits()
        self._pages = ThreadPoolExecutor(threads, thread_name_prefix="page")
        self._forms = Forms(min(threads, FORM_THREADS))
        self._long = ThreadPoolExecutor(LONG_THREADS, thread_name_prefix="long")
        self._turns = asyncio.Semaphore(LONG_THREADS)
        self._streams = ThreadPoolExecutor(STREAM_THREADS, thread_name_prefix="stream")
        self._held = 0

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        if scope.proto != "http":
            return
        body = bytearray()
        try:
            length = self._length(scope)
            if length > self._limits.body:
                await self._let_pass(protocol, scope)
                await self._respond(protocol, scope, bytes)
            elif 0 < length <= SHORT and scope.method not in READING:
                whole = protocol()
                try:
                    await self._respond(protocol, scope, partial(_arrived, whole, length))
                except Late:
                    await self._receive(_in_one(whole), body, length)
                    await self._respond(protocol, scope, partial(bytes, body))
            else:
                if length:
                    await self._receive(protocol, body, length)
                await self._respond(protocol, scope, partial(bytes, body))
        except Refused as refused:
            _refuse(protocol, refused)
        except (ProtocolClosed, Gone):
            return
        finally:
            self._held -= len(body)

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        """The worker's last step: pages under way end, and the process with them.

        Without Python's own way out: the server's threads may still reach for an interpreter that is being taken down, which
        then ends the process with a panic, one stop in ten.
        """
        self._pages.shutdown()
        self._forms.shutdown()
        self._long.shutdown()
        self._streams.shutdown()
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    def _length(self, scope: Scope) -> int:
        """How many bytes the body will have. Raises Refused: 411 when the request does not say, 413 when it is too long.

        The length is asked for because the server ends a body that was cut off like a complete one; no browser leaves it out.
        A form that is too long is left to an application that has a page for that: it gets the length, and nothing of the body.
        """
        said = scope.headers.get("content-length")
        if said is None:
            if "transfer-encoding" in scope.headers:
                raise Refused(411, "The request did not say how long it is. Nothing was saved.")
            return 0
        is_told = self._may_be_told and scope.method not in READING and len(said) <= LENGTHS
        if not said.isdecimal() or (int(said) > self._limits.body and not is_told):
            raise Refused(413, f"What was sent is longer than {self._limits.body // 1024} KB. Nothing was saved.")
        return int(said)

    async def _let_pass(self, protocol: HTTPProtocol, scope: Scope) -> None:
        """A body that is too long, of which nothing is kept: a browser reads no answer before it has sent all, and would say
        that the connection was broken. Whoever asks before sending is told at once.
        """
        if "expect" in scope.headers:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.body_within):
                async for _part in protocol:
                    pass

    async def _receive(self, parts: AsyncIterable[bytes], body: bytearray, length: int) -> None:
        """Fills ``body``. Raises Refused: 408 too slow, 503 too many at a time, 400 too short."""
        try:
            async with asyncio.timeout(self._limits.body_within):
                async for part in parts:
                    self._hold(body, part, length)
                    if len(body) >= length:  # to be told that this was the end would be another turn of the loop
                        break
        except TimeoutError:
            raise Refused(408, "The request took too long to arrive. Nothing was saved. Please send it again.") from None
        except ProtocolClosed:
            raise Refused(400, TOO_EARLY) from None
        _checked(body, length)

    def _hold(self, body: bytearray, part: bytes, length: int) -> None:
        """Short bodies are taken in any case: a few clients who hold back the end of long ones would stop everybody's forms."""
        body += part
        self._held += len(part)
        if self._held > self._limits.bodies and length > SHORT:
            raise Refused(503, "The server is busy. Nothing was saved. Please send it again in a minute.")

    async def _respond(self, protocol: HTTPProtocol, scope: Scope, received: Callable[[], bytes]) -> None:
        """Raises Late where the body of a form has not arrived yet: nothing was begun then."""
        # One context for the whole answer: what a page sets for itself is still set when its answer goes on in another thread.
        context = contextvars.copy_context()
        try:
            if scope.method in READING:
                answer = await self._begun(protocol, scope, context, received)
            elif left := await self._forms.run(context, partial(self._answer_form, protocol, scope, received)):
                answer = left
            else:
                return None
            if answer.rest is None:
                return _send(protocol, answer)
            spool = Spool(answer)
            making = _in(self._streams, context, spool.fill)
            can_follow = not answer.is_measured and scope.http_version != "1"  # HTTP/1.0 knows no chunks
            await asyncio.wait([making], timeout=AT_ONCE if can_follow else None)
            if making.done():
                return _send(protocol, spool.whole(making))
        except (Gone, Late, Refused, ProtocolClosed):
            raise
        except Exception as error:
            log.exception("%s %s: no page of the application's own", scope.method, scope.path)
            if isinstance(error, OSError):  # no room for the temporary file
                raise Refused(503, "The server cannot answer at the moment. Please try again in a minute.") from None
            raise Refused(500, "Something went wrong here. It has been noted.") from None
        try:
            await follow(protocol, answer, spool, making, scope.client)
        except Gone:
            return None
        except Exception:
            log.exception("%s %s: cut off half-way", scope.method, scope.path)

    async def _begun(
        self, protocol: HTTPProtocol, scope: Scope, context: contextvars.Context, received: Callable[[], bytes]
    ) -> Answer:
        """In a thread for what is asked for. Raises Gone where the client hung up before its turn for a long page."""
        environ = to_environ(scope, received())
        call = partial(begin, self._app, environ, is_head=scope.method == "HEAD")
        if not self._takes_long(environ["PATH_INFO"]):
            return await _in(self._pages, context, call)
        hung_up = asyncio.ensure_future(protocol.client_disconnect())
        try:
            async with self._turns:
                if hung_up.done():
                    raise Gone
                return await _in(self._long, context, call)
        finally:
            hung_up.cancel()

    def _answer_form(self, protocol: HTTPProtocol, scope: Scope, received: Callable[[], bytes]) -> Answer | None:
        """Sends an answer that is held in memory from the thread that made it; returns any other."""
        answer = begin(self._app, to_environ(scope, received()), is_head=False)
        if answer.rest is not None or answer.file is not None:
            return answer
        _send(protocol, answer)
        return None


def _arrived(whole: Any, length: int) -> bytes:
    """The body that the server gathers, looked for in the thread of a form. Raises Late where it does not come at once.

    Most bodies come with their head and are there by now. To await them would wake the event loop once more, which costs as
    much as the statements of a form.
    """
    for _ in range(LOOKS):
        if whole.done():
            try:
                body: bytes = whole.result()
            except ProtocolClosed:
                raise Refused(400, TOO_EARLY) from None
            return _checked(body, length)
        time.sleep(LOOK_AGAIN)
    raise Late


async def _in_one(whole: Awaitable[bytes]) -> AsyncIterator[bytes]:
    yield await whole


def _checked(body: Body, length: int) -> Body:
    if len(body) != length:
        raise Refused(400, TOO_EARLY)
    return body


def _in(pool: ThreadPoolExecutor, context: contextvars.Context, call: Callable[[], Made]) -> asyncio.Future[Made]:
    return asyncio.get_running_loop().run_in_executor(pool, context.run, call)


def _refuse(protocol: HTTPProtocol, refused: Refused) -> None:
    headers = [PLAIN, ("connection", "close"), ("cache-control", "no-store")]
    if refused.status == 503:
        headers.append(("retry-after", "60"))
    protocol.response_str(refused.status, headers, f"{refused}\n")


def _send(protocol: HTTPProtocol, answer: Answer) -> None:
    if answer.file is not None:
        protocol.response_file(answer.status, answer.headers, str(DESCRIPTORS / str(answer.file.fileno())))
        asyncio.get_running_loop().call_later(OPENED_WITHIN, answer.file.close)
    elif answer.pieces:
        protocol.response_bytes(answer.status, answer.headers, b"".join(answer.pieces))
    else:
        protocol.response_empty(answer.status, answer.headers)
