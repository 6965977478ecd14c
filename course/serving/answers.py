"""What a WSGI application answers: short ones in memory, long ones in a file, both made in a thread."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from types import TracebackType
from typing import IO, Any

HELD = 256 * 1024  # bytes of an answer that are held in memory
Environ = dict[str, Any]
SEEN = 64 * 1024  # bytes more in a file of which its reader is told
StartResponse = Callable[..., Callable[[bytes], object]]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
Headers = list[tuple[str, str]]
Failure = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None


@dataclass(slots=True)
class Answer:
    """Status and headers; ``pieces`` held of the body, ``rest`` where there may be more, ``file`` where that has it all."""

    status: int
    headers: Headers
    iterable: Any
    pieces: list[bytes] = field(default_factory=list)
    rest: Iterator[bytes] | None = None
    file: IO[bytes] | None = None

    @property
    def is_measured(self) -> bool:
        """Whether its length is known before all of it is made."""
        return isinstance(self.iterable, (list, tuple)) or any(name == "content-length" for name, _value in self.headers)

    def close(self) -> None:
        """Tells the application that the answer is over, sent or not, as PEP 3333 asks of a server."""
        if hasattr(self.iterable, "close"):
            self.iterable.close()


class OpenFile:
    """What ``wsgi.file_wrapper`` makes of a file that a page sends whole, from its beginning: it goes out as it lies there."""

    def __init__(self, file: IO[bytes], size: int = 65536) -> None:
        self.file, self._size = file, size

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.file.read(self._size):
            yield piece

    def close(self) -> None:
        self.file.close()


def begin(app: Application, environ: Environ, *, is_head: bool) -> Answer:
    """Calls the application and holds what it makes, up to about HELD bytes, or the first piece of what is made as it is sent.

    HEAD gets no body, whatever the page makes.
    """
    answer = Answer(0, [], None)

    def start_response(status: str, headers: Headers, failure: Failure = None) -> Callable[[bytes], object]:
        if answer.status and failure is None:
            raise RuntimeError("start_response was called twice")
        answer.status, answer.headers = int(status[:3]), [(name.lower(), value) for name, value in headers]
        return answer.pieces.append

    answer.iterable = app(environ, start_response)
    if (
        isinstance(answer.iterable, OpenFile)
        and _has_a_descriptor(answer.iterable.file)
        and answer.status == 200
        and not is_head
    ):
        answer.file = answer.iterable.file
        return answer
    try:
        _fill(answer)
        if not answer.status:
            raise RuntimeError("start_response was not called")
    except BaseException:
        answer.close()
        raise
    if is_head or answer.status in (204, 304):
        answer.pieces, answer.rest = [], None
    if answer.rest is None:
        answer.close()
    return answer


def _has_a_descriptor(file: IO[bytes]) -> bool:
    try:
        return file.fileno() >= 0
    except (AttributeError, OSError):
        return False


class Spool:
    """A body on its way into a temporary file without a name. ``size`` is how much of it can be read there already.

    Made on the event loop, where ``grown`` is set whenever there is more; filled in a thread.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer, self._loop = answer, asyncio.get_running_loop()
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  whoever sends it closes it
        self.size = 0
        self.is_wanted = True
        self.grown = asyncio.Event()

    def fill(self) -> None:
        """Writes all of the body, or stops when nobody wants it any more. Raises OSError where there is no room for it."""
        assert self._answer.rest is not None
        try:
            for piece in chain(self._answer.pieces, self._answer.rest):
                self.file.write(piece)
                if not self.is_wanted:
                    return
                if self.file.tell() - self.size >= SEEN:
                    self._show()
            self._show()
        finally:
            self._answer.close()

    def _show(self) -> None:
        self.file.flush()
        self.size = self.file.tell()
        self._loop.call_soon_threadsafe(self.grown.set)

    def whole(self, making: asyncio.Future[None]) -> Answer:
        """The answer now that the file should have all of it. Raises what filling it raised."""
        try:
            making.result()
        except BaseException:
            self.file.close()
            raise
        old = self._answer
        headers = [(name, value) for name, value in old.headers if name != "content-length"]
        return Answer(old.status, [*headers, ("content-length", str(self.size))], old.iterable, file=self.file)


def _fill(answer: Answer) -> None:
    rest = iter(answer.iterable)
    size = 0
    for piece in rest:
        if piece:
            answer.pieces.append(piece)
            size += len(piece)
        if size >= HELD or (size and not answer.is_measured):
            answer.rest = rest
            return
