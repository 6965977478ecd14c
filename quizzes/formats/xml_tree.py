"""XML from anywhere → one small tree an item, within bounds of size, depth and memory, without a DTD and without a socket.

The parser is the standard library's expat. A DOCTYPE is refused where it begins, so that no entity is ever declared: nothing
expands, and nothing outside is named. Only the tree of the item being read is held.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pyexpat import ExpatError, ParserCreate, XMLParserType

from .asked import LONGEST, MOST_ANSWERS
from .ledger import Refused

DEEPEST = 40
MOST_NODES = 5_000  # elements of one item
MOST_FILE = 3 * 1024 * 1024  # characters of an embedded file
MOST_TAG = 256 * 1024  # bytes of one tag or comment
_CHUNK = 64 * 1024


@dataclass(slots=True)
class Node:
    """An element. ``text`` is its own, without that of the elements in it; a comment of ours stays with its item."""

    name: str
    line: int
    given: dict[str, str]
    children: list[Node] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    size: int = 0

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def all(self, name: str) -> list[Node]:
        return [child for child in self.children if child.name == name]

    def few(self, name: str) -> list[Node]:
        """As many as an item can have, and one more, so that too many are seen."""
        return self.all(name)[: MOST_ANSWERS + 1]

    def first(self, name: str) -> Node:
        """The first child of that name; an empty one where there is none."""
        return next((child for child in self.children if child.name == name), Node(name, self.line, {}))

    def said(self, name: str) -> str:
        """What stands in the child of that name, or in its `text`."""
        child = self.first(name)
        return child.text.strip() or child.first("text").text.strip()


def elements(text: str, name: str) -> Iterator[Node]:
    """Each element of that name below the root. Raises Refused for what is no XML, or more than it may be."""
    reader = _Reader(name)
    data = text.encode("utf-8")
    for start in range(0, len(data), _CHUNK):
        reader.feed(data[start : start + _CHUNK], start + _CHUNK)
        yield from reader.taken()
    reader.end()
    yield from reader.taken()


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[Node] = []  # the element being read, from its own tag down
        self._depth = self._nodes = 0
        self._done: list[Node] = []
        parser: XMLParserType = ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = self._comment
        parser.StartDoctypeDeclHandler = self._doctype
        self._parser = parser

    def feed(self, data: bytes, fed: int) -> None:
        self._parse(data, is_final=False)
        if fed - self._parser.CurrentByteIndex > MOST_TAG + _CHUNK:
            raise self._refused(f"a tag or comment is longer than {MOST_TAG // 1024} KB", "shorten it")

    def end(self) -> None:
        self._parse(b"", is_final=True)

    def taken(self) -> list[Node]:
        done, self._done = self._done, []
        return done

    def _parse(self, data: bytes, *, is_final: bool) -> None:
        try:
            self._parser.Parse(data, is_final)
        except ExpatError as error:
            hint = "XML knows `&amp;`, `&lt;`, `&gt;` and numbers such as `&#160;` only" if error.code == _UNDEFINED else _MEND
            message = f"this is not XML: {str(error).partition(':')[0]}"
            raise Refused(f"line {error.lineno}, column {error.offset + 1}", message, hint) from None

    def _refused(self, message: str, hint: str) -> Refused:
        return Refused(f"line {self._parser.CurrentLineNumber}", message, hint)

    def _start(self, name: str, given: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._refused(f"its elements stand more than {DEEPEST} deep in one another", "no quiz needs this")
        if not self._open and (name != self._name or self._depth != 2):
            return
        node = Node(name, self._parser.CurrentLineNumber, given)
        self._nodes = self._nodes + 1 if self._open else 1
        if self._nodes > MOST_NODES:
            raise self._refused(f"an item has more than {MOST_NODES:,} elements", "split it")
        if self._open:
            self._open[-1].children.append(node)
        self._open.append(node)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if not self._open:
            return
        node = self._open.pop()
        if not self._open:
            self._done.append(node)

    def _text(self, text: str) -> None:
        if not self._open:
            return
        node = self._open[-1]
        node.size += len(text)
        most = MOST_FILE if node.name == "file" else LONGEST
        if node.size > most:
            message = f"a text is longer than {most:,} characters"
            raise Refused(f"line {node.line}, element `{node.name}`", message, "shorten it: nobody could read it in a quiz")
        node.parts.append(text)

    def _comment(self, text: str) -> None:
        if self._open and len(text) <= LONGEST:
            self._open[0].comments.append(text)

    def _doctype(self, name: str, system: str | None, public: str | None, has_own: int) -> None:
        message = "a DOCTYPE is not read, because entities in it can fill a memory or name a file elsewhere"
        raise self._refused(message, "take the line `<!DOCTYPE …>` out")


_UNDEFINED = 11  # what expat calls XML_ERROR_UNDEFINED_ENTITY
_MEND = "look at this place and the one before it"
