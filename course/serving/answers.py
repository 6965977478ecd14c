"""What a WSGI application answers: short ones in memory, long ones in a file. Called in a thread; knows no event loop."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any

HELD = 256 * 1024  # bytes of an answer that are held in memory
Environ = dict[str, Any]
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
    """Calls the application and holds what it makes, up to about HELD bytes. HEAD gets no body, whatever the page makes."""
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


def spool(answer: Answer) -> Answer:
    """The same answer with its body in a temporary file without a name. Raises OSError where there is no room for it."""
    assert answer.rest is not None
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed once the server has opened it
    try:
        file.writelines(answer.pieces)
        file.writelines(answer.rest)
        size = file.tell()
        file.flush()
    except BaseException:
        file.close()
        raise
    finally:
        answer.close()
    headers = [(name, value) for name, value in answer.headers if name != "content-length"]
    return Answer(answer.status, [*headers, ("content-length", str(size))], answer.iterable, file=file)


def _fill(answer: Answer) -> None:
    rest = iter(answer.iterable)
    size = 0
    for piece in rest:
        if piece:
            answer.pieces.append(piece)
            size += len(piece)
        if size >= HELD:
            answer.rest = rest
            return
