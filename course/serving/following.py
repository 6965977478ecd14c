"""Sending a body while it is still being made: the client gets what is in the file so far, as fast as it takes it.

The server sends what it reads from a pipe, and reads no faster than the client does; what the client has not taken waits in the
file, so neither memory nor a thread nor a database connection waits for it. (The server's own streams would keep it in memory.)
A body that fails half-way is cut off without its end: the answer is sent in chunks, and a client that gets no last chunk knows
that its download is broken.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian._granian import RSGIProtocolClosed as ProtocolClosed

from .answers import Answer, Spool

PIECE = 256 * 1024  # bytes read from the file at once
OPENED_WITHIN = 10.0  # seconds that what the server opens by its number is kept for it
DESCRIPTORS = Path("/dev/fd")  # of this process, by number


class Gone(Exception):
    """The client has hung up."""


async def follow(protocol: HTTPProtocol, answer: Answer, spool: Spool, making: asyncio.Future[None], client: str) -> None:
    """Sends a body that ``making`` still writes into the spool. Raises Gone, or what ``making`` raised once all is cut off."""
    making.add_done_callback(lambda _making: spool.grown.set())  # whoever waits for more must learn that none comes
    with _pipe() as (for_server, end):
        try:
            protocol.response_file(answer.status, answer.headers, str(DESCRIPTORS / str(for_server)))
            async for piece in _pieces(answer, spool, making):
                await _pour(end, piece)
            await making
        except (BrokenPipeError, ProtocolClosed):
            raise Gone from None
        except BaseException:
            _cut(client)  # before the pipe ends, which to the server is the end of a whole answer
            raise
        finally:
            spool.is_wanted = False
            making.add_done_callback(lambda _making: spool.file.close())


async def _pieces(answer: Answer, spool: Spool, making: asyncio.Future[None]) -> AsyncIterator[bytes]:
    """What is held of the body, and then what the file has beyond it, until nothing comes any more."""
    first = b"".join(answer.pieces)
    yield first
    offset = len(first)
    while True:
        spool.grown.clear()
        is_over, size = making.done(), spool.size
        if offset < size:
            piece = os.pread(spool.file.fileno(), min(PIECE, size - offset), offset)
            yield piece
            offset += len(piece)
        elif is_over:
            return
        else:
            await spool.grown.wait()


async def _pour(end: int, piece: bytes) -> None:
    """Writes a piece into the pipe as the server takes it. Raises BrokenPipeError when it takes no more."""
    left = memoryview(piece)
    while left:
        try:
            left = left[os.write(end, left) :]
        except BlockingIOError:
            await _has_room(end)


async def _has_room(end: int) -> None:
    loop, room = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(end, room.set)
    try:
        await room.wait()
    finally:
        loop.remove_writer(end)


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    """Its two ends; the one to read from stays open for a while, since the server opens it by its number."""
    for_server, end = os.pipe()
    os.set_blocking(end, False)
    asyncio.get_running_loop().call_later(OPENED_WITHIN, os.close, for_server)
    try:
        yield for_server, end
    finally:
        os.close(end)


def _cut(client: str) -> None:
    """Ends the connection of a client, which the server offers no way to do: found among this process's sockets by its peer."""
    for held in _sockets():
        with held:
            try:
                name = held.getpeername()
                if isinstance(name, tuple) and f"{name[0]}:{name[1]}" == client.replace("[", "").replace("]", ""):
                    held.shutdown(socket.SHUT_RDWR)
            except OSError:  # it listens, or is over
                continue


def _sockets() -> Iterator[socket.socket]:
    """Copies of this process's sockets."""
    for path in DESCRIPTORS.iterdir():
        try:
            number = os.dup(int(path.name))
        except OSError:  # closed since
            continue
        try:
            found = socket.socket(fileno=number)
        except OSError:  # no socket
            os.close(number)
            continue
        yield found
