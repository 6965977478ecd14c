"""The folder of a course: what lies in it, and its bytes. Nothing outside is ever read, and nothing raises."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from .front_matter import MAX_TEXT, decode
from .model import Problem
from .problems import Notes

COURSE = "course.yaml"
_IGNORED_NAMES = frozenset({"__pycache__", "node_modules", "Thumbs.db", "desktop.ini"})
_SHELVES = (["practices"], ["sessions"], ["media"])
_MAX_FILES = 20_000
_NAME_IT = "name the folder that holds `course.yaml`: behind the command, or in the setting `modules` (COURSE_MODULES)"
_READ_IT = "let the owner of the course read it"


class Folder:
    """Reads files by their path in the folder and remembers the digest of each, which together name the revision.

    ``instead`` holds bytes that are read in place of what lies there, or as if they did, so that a change can be checked first.
    """

    def __init__(self, root: Path, instead: Mapping[str, bytes] | None = None) -> None:
        self.root = root
        self._instead = instead or {}
        self.problems: list[Problem] = []
        self.digests: dict[str, str] = {}
        self.paths: tuple[str, ...] = tuple(sorted({*self._walk(), *self._instead}))

    def _walk(self) -> list[str]:
        found: list[str] = []
        waiting = [""]
        while waiting:
            under = waiting.pop()
            for entry in self._entries(under):
                path = f"{under}/{entry.name}" if under else entry.name
                if (
                    entry.name.startswith((".", "_", "#"))
                    or entry.name.endswith(("~", ".swp", ".tmp"))
                    or entry.name in _IGNORED_NAMES
                ):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting += [path] if self._is_shelf(path) else []
                elif len(found) < _MAX_FILES:
                    found.append(path)
        return found

    def _entries(self, under: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root / under) as entries:
                return [entry for entry in entries if self._is_text(entry.name, under)]
        except OSError as error:
            is_lost = not under and isinstance(error, FileNotFoundError | NotADirectoryError)
            hint = _NAME_IT if is_lost else _READ_IT
            self._note(under or ".", "unreadable", f"the folder cannot be read ({_reason(error)})", hint)
            return []

    def _is_text(self, name: str, under: str) -> bool:
        try:
            name.encode("utf-8")
        except UnicodeEncodeError:
            self._note(under or ".", "file-name", "a file's name is not UTF-8", "rename it with letters a-z, digits and `-`")
            return False
        return True

    def _is_shelf(self, path: str) -> bool:
        """Whether a folder is one from which something is read."""
        if "/" not in path or path.split("/")[1:] in _SHELVES:
            return True
        hint = "take it out; known are `practices`, `sessions` and `media`"
        self._note(path, "unknown-file", "nothing is read from this folder", hint)
        return False

    def _note(self, path: str, code: str, message: str, hint: str) -> None:
        self.problems.append(Problem(path, 1, 1, code, message, hint))

    def folders(self) -> tuple[str, ...]:
        """The names of the folders that hold anything, and of the empty ones."""
        held = {path.split("/", 1)[0] for path in self.paths if "/" in path}
        return tuple(sorted(held | {entry.name for entry in self._empty_folders()}))

    def _empty_folders(self) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root) as entries:
                return [
                    entry
                    for entry in entries
                    if not entry.name.startswith((".", "_"))
                    and entry.name not in _IGNORED_NAMES
                    and entry.is_dir(follow_symlinks=False)
                ]
        except OSError:
            return []

    def read(self, path: str, most: int, notes: Notes) -> bytes | None:
        """The bytes of a plain file of at most ``most`` bytes; None with a problem noted when there are none to be had."""
        if path in self._instead:
            return self._taken(self._instead[path], path, most, notes)
        # O_NONBLOCK so that a named pipe in the folder cannot stop us, O_NOFOLLOW so that a link cannot lead out of it.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        if (self.root / path).is_symlink():
            notes.add((1, 1), "symlink", "links to other files are not followed", "put a copy of the file here")
            return None
        try:
            handle = os.open(self.root / path, flags)
            try:
                return self._read_open(handle, path, most, notes)
            finally:
                os.close(handle)
        except OSError as error:
            notes.add((1, 1), "unreadable", f"the file cannot be read ({_reason(error)})", _READ_IT)
            return None

    def _read_open(self, handle: int, path: str, most: int, notes: Notes) -> bytes | None:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            notes.add((1, 1), "unreadable", "this is not a plain file", "put a file here")
            return None
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(most + 1)
        return self._taken(content, path, most, notes)

    def _taken(self, content: bytes, path: str, most: int, notes: Notes) -> bytes | None:
        if len(content) > most:
            size = f"{most / 1000:.0f} KB" if most % 1024 else f"{most // 1024} KB"
            notes.add((1, 1), "too-large", f"the file is larger than {size}", "make it smaller, or split it")
            return None
        self.digests[path] = hashlib.sha256(content).hexdigest()
        return content

    def text(self, path: str) -> str | None:
        """The text of a file; problems go to ``problems``."""
        notes = Notes(path)
        content = self.read(path, MAX_TEXT, notes)
        self.problems += notes.found
        if content is None:
            return None
        text, problems = decode(content, path)
        self.problems += problems
        return text

    def digest(self) -> str:
        """The SHA-256 over every file that was read, by sorted path."""
        whole = hashlib.sha256()
        for path in sorted(self.digests):
            whole.update(f"{path}\0{self.digests[path]}\n".encode())
        return whole.hexdigest()


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()
