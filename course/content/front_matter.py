"""A file of bytes as text, and a Markdown file as its front matter and its body."""

from __future__ import annotations

from dataclasses import dataclass

from .model import Problem
from .problems import Notes
from .yaml_reader import Document, read_yaml

MAX_TEXT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """A Markdown file: ``body`` begins on line ``body_line`` of the file."""

    matter: Document
    body: str
    body_line: int


def decode(content: bytes, path: str) -> tuple[str | None, tuple[Problem, ...]]:
    """UTF-8 with or without a byte-order mark; line ends become ``\\n``. None when the bytes are no text."""
    notes = Notes(path)
    if len(content) > MAX_TEXT:
        notes.add(
            (1, 1), "too-large", f"the file is larger than {MAX_TEXT // 1024} KB", "split it, or move a picture to `media/`"
        )
        return None, tuple(notes.found)
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line_start = before.rfind(b"\n") + 1
        at = (before.count(b"\n") + 1, len(before[line_start:].decode("utf-8", "replace")) + 1)
        notes.add(at, "not-utf-8", "the file is not UTF-8 from here on", "save it again with the encoding UTF-8")
        return None, tuple(notes.found)
    return text.replace("\r\n", "\n").replace("\r", "\n"), ()


def split_page(text: str, path: str) -> tuple[Page, tuple[Problem, ...]]:
    """Front matter stands between two lines of ``---`` at the top."""
    lines = text.split("\n")
    notes = Notes(path)
    if lines[0].rstrip() != "---":
        notes.add(
            (1, 1), "front-matter", "the file does not begin with its front matter", "begin with a line `---`, then `title: …`"
        )
        return Page(Document(None), text, 1), tuple(notes.found)
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        notes.add((1, 1), "front-matter", "the front matter is not closed", "put a line `---` after its last entry")
        return Page(Document(None), "", len(lines)), tuple(notes.found)
    matter = read_yaml("\n".join(lines[1:end]) + "\n", path, first_line=2)
    return Page(matter, "\n".join(lines[end + 1 :]), end + 2), matter.problems
