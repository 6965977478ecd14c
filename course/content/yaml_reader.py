"""YAML as plain text: every scalar stays what the author typed, and whatever YAML can do beyond that is a problem.

The events of PyYAML are put together here without recursion, so that no depth, alias or date can raise (an alias bomb of 9×9
walks for ever once it is a value; ``[`` × 5000 overflows the stack of a usual loader; ``2020-02-30`` raises in it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import yaml

from .model import Problem
from .problems import Notes

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
Path = tuple[str | int, ...]
Position = tuple[int, int]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "": "", "~": "", "null": ""}
# What YAML 1.2 §5.1 calls not printable; libyaml would tell only that there is one, not where.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Document:
    """What was read: ``value`` is None when the text could not be read to its end."""

    value: Any
    places: Mapping[Path, Position] = field(default_factory=lambda: MappingProxyType({}))
    text_lines: Mapping[Path, int] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[Problem, ...] = ()
    lines: tuple[str, ...] = ()

    def at(self, path: Path) -> Position:
        """Where the entry at ``path`` begins (its key, or the item of a list); for one that is missing, what should hold it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return (1, 1)

    def text_line(self, path: Path) -> int:
        """The line on which the text itself begins, which for a block (``|``, ``>``) is the line after its key."""
        return self.text_lines.get(path, self.at(path)[0])


def read_yaml(text: str, path: str, first_line: int = 1) -> Document:
    """Reads one YAML document; ``first_line`` is where it stands in its file (front matter starts on line 2)."""
    notes = Notes(path)
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        notes.add(
            (first_line, 1), "too-large", f"the YAML is larger than {MAX_BYTES // 1024} KB", "split it, or shorten the texts"
        )
        return Document(None, problems=tuple(notes.found))
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        before = text[: unprintable.start()]
        at = (first_line + before.count("\n"), len(before) - before.rfind("\n"))
        code = f"U+{ord(unprintable.group()):04X}"
        notes.add(at, "yaml-syntax", f"a character that cannot be shown ({code})", "delete it and type the place again")
        return Document(None, problems=tuple(notes.found))
    builder = _Builder(notes, first_line - 1)
    try:
        for event in _events(text):
            builder.take(event)
            if builder.is_stopped:
                break
    except yaml.YAMLError as error:
        builder.stop(_place(error, first_line), "yaml-syntax", *_explain(error))
    return replace(builder.document(), lines=tuple(text.split("\n")))


def _events(text: str) -> Iterator[Any]:
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    return events


def _place(error: yaml.YAMLError, first_line: int) -> Position:
    """Where it began for what is not closed, since that is noticed only lines later, or at the end of the file."""
    marks = [getattr(error, "problem_mark", None), getattr(error, "context_mark", None)]
    is_open = any(sign in str(getattr(error, "problem", "")) for sign in _NOT_CLOSED)
    mark = next((mark for mark in (reversed(marks) if is_open else marks) if mark), None)
    return (mark.line + first_line, mark.column + 1) if mark else (first_line, 1)


def _explain(error: yaml.YAMLError) -> tuple[str, str]:
    said = str(getattr(error, "problem", None) or "") or "this is not YAML"
    for sign, message, hint in _EXPLANATIONS:
        if sign in said:
            return message, hint
    return f"not readable as YAML: {said}", "look at the indent and the quotes of this line and the one before"


_NOT_CLOSED = ("unexpected end of stream", "did not find expected ',' or")
_EXPLANATIONS = (
    ("mapping values are not allowed", "a second `: ` on the line", 'put the whole text in quotes: `title: "One: two"`'),
    (
        "cannot start any token",
        "a character that cannot begin a value here",
        "put the text in quotes; where it is a tab, indent with spaces",
    ),
    ("found undefined tag handle", "tags (`!`) are not read", "put the text in quotes"),
    ("could not find expected ':'", "a key without `: ` after it", "write `key: value`, with a space after the colon"),
    ("unexpected end of stream", "a quotation mark that is not closed", "close it with the mark it began with"),
    (
        "did not find expected key",
        "this does not fit the indent or the quotes before it",
        "line it up with its neighbours; put a text that holds quotes, `: ` or ` #` in quotes",
    ),
    (
        "did not find expected ',' or",
        "a list or mapping in brackets that is not closed",
        "close its bracket or quotation mark; put a text that holds `,` `[` `]` `{` or `}` in quotes",
    ),
    ("did not find expected '-' indicator", "this does not fit the list before it", "line it up with the `-` of the list"),
    ("block sequence entries are not allowed", "a list cannot begin here", "begin it on a line of its own"),
    ("did not find expected <document start>", "text after the end of the YAML", "line it up with the keys before it"),
)


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read; ``key`` is the entry that waits for its value."""

    value: Any
    path: Path
    key: str | None = None
    is_ignored: bool = False


class _Builder:
    """Turns events into values with an explicit stack."""

    def __init__(self, notes: Notes, lines_before: int) -> None:
        self._notes, self._before = notes, lines_before
        self._stack: list[_Open] = []
        self._root: Any = ""
        self._documents = 0
        self._places: dict[Path, Position] = {(): (lines_before + 1, 1)}
        self._lines: dict[Path, int] = {}
        self.is_stopped = self._is_broken = False

    def document(self) -> Document:
        value = None if self._is_broken else self._root
        return Document(value, MappingProxyType(self._places), MappingProxyType(self._lines), tuple(self._notes.found))

    def stop(self, at: Position, code: str, message: str, hint: str) -> None:
        self._notes.add(at, code, message, hint)
        self.is_stopped = self._is_broken = True

    def take(self, event: Any) -> None:
        at = (event.start_mark.line + 1 + self._before, event.start_mark.column + 1)
        if isinstance(event, yaml.DocumentStartEvent):
            self._start_document(event, at)
        elif isinstance(event, yaml.AliasEvent):
            self._notes.add(at, "yaml-alias", "aliases (`*name`) are not read", "write the text out, or put it in quotes")
            self._place_value(f"*{event.anchor}", at, at[0])
        elif isinstance(event, yaml.NodeEvent):
            self._refuse_extras(event, at)
            self._take_node(event, at)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._stack.pop()

    def _start_document(self, event: Any, at: Position) -> None:
        self._documents += 1
        if self._documents > 1:
            self.stop(at, "yaml-documents", "a second YAML document (`---`)", "keep one document to a file")
        elif event.version or event.tags:
            self._notes.add(at, "yaml-tag", "directives (`%`) are not read", "leave the line out")

    def _refuse_extras(self, event: Any, at: Position) -> None:
        if event.anchor:
            self._notes.add(at, "yaml-alias", "anchors (`&name`) are not read", "write the text out, or put it in quotes")
        if getattr(event, "tag", None) is not None:
            self._notes.add(at, "yaml-tag", "tags (`!`) are not read", "put the text in quotes")

    def _take_node(self, event: Any, at: Position) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._take_scalar(event, at)
            return
        if len(self._stack) >= MAX_DEPTH:
            self.stop(at, "yaml-depth", f"nested deeper than {MAX_DEPTH} levels", "no file of the course needs this")
            return
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        if self._stack and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None:
            self._notes.add(at, "yaml-key", "a key must be one line of text", "put it in quotes if it holds `{` or `[`")
            self._stack.append(_Open(value, (), is_ignored=True))
            self._stack[-2].key = ""
            return
        path = self._place_value(value, at, at[0])
        self._stack.append(_Open(value, path, is_ignored=bool(self._stack) and self._stack[-1].is_ignored))

    def _take_scalar(self, event: Any, at: Position) -> None:
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._take_key(top, event.value, not event.style, at)
            return
        if not event.style and event.value.endswith('"') and event.value.count('"') % 2:
            hint = "begin the text with one too, or put the whole text in single quotes"
            self._notes.add(at, "yaml-quote", "a quotation mark at the end of a text that does not begin with one", hint)
        value = event.value if event.style else _WORDS.get(event.value, event.value)
        self._place_value(value, at, at[0] + (event.style in ("|", ">")))

    def _take_key(self, top: _Open, key: str, is_plain: bool, at: Position) -> None:
        if key == "<<" and is_plain:
            self._notes.add(at, "yaml-alias", "merge keys (`<<`) are not read", "write the entries out")
        elif not key and not top.is_ignored:
            self._notes.add(at, "yaml-key", "a key without words", "write `key: value`")
        elif key in top.value and not top.is_ignored:
            first = self._places[(*top.path, key)][0]
            self._notes.add(at, "yaml-duplicate", f"`{key}` stands twice", f"the first is on line {first}; keep one")
        top.key = key
        if not top.is_ignored:
            self._places.setdefault((*top.path, key), at)

    def _place_value(self, value: Any, at: Position, line: int) -> Path:
        """Puts a value where it belongs and gives its path; the first of two equal keys counts."""
        if not self._stack:
            self._root = value
            return ()
        top = self._stack[-1]
        if isinstance(top.value, list):
            path = (*top.path, len(top.value))
            top.value.append(value)
            if not top.is_ignored:
                self._places[path] = at
        else:
            path = (*top.path, top.key or "")
            top.value.setdefault(top.key or "", value)
            top.key = None
        if not top.is_ignored:
            self._lines.setdefault(path, line)
        return path
