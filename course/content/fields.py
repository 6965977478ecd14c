"""Reading the entries of a mapping one by one: strict, all problems at once, and each at its line and column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .problems import Notes, did_you_mean, quoted
from .yaml_reader import Document, Path

ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_WHOLE = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?")
_ADDRESS = re.compile(r"https?://[a-z0-9.-]+\.[a-z0-9-]+(?::[0-9]+)?(?:[/?#][^\s<>\"]*)?", re.IGNORECASE)
TEXT_MOST = 600


class Fields:
    """The entries of one mapping. Each reading method notes what is wrong and gives a value that is safe to go on with."""

    def __init__(self, document: Document, notes: Notes, at: Path = (), what: str = "the file") -> None:
        self._document, self._notes, self._path, self._what = document, notes, at, what
        value = _inside(document.value, at)
        self._is_mapping = isinstance(value, dict)
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}
        self._known: set[str] = set()
        if not self._is_mapping and document.value is not None:
            notes.add(
                document.at(at),
                "not-a-mapping",
                f"{what} must hold entries `key: value`",
                "look at the page on the course format",
            )

    def where(self, *key: str | int) -> tuple[int, int]:
        """Where an entry stands, or what should hold it."""
        return self._document.at((*self._path, *key))

    def add(self, key: str | tuple[str | int, ...], code: str, message: str, hint: str = "") -> None:
        at = (key,) if isinstance(key, str) else key
        self._notes.add(self.where(*at), code, message, hint)

    def raw(self, key: str) -> Any:
        """The value as written; ``""`` when there is none."""
        self._known.add(key)
        return self._value.get(key, "")

    def text(self, key: str, *, required: bool = False, most: int = TEXT_MOST) -> str:
        value = self.raw(key)
        if not isinstance(value, str):
            self.add(key, "not-a-text", f"`{key}` must be a text", _text_hint(key, value))
            return ""
        text = value.strip()
        if required and not text:
            self.missing(key)
        if len(text) > most:
            self.add(key, "too-long", f"`{key}` has {len(text)} characters; {most} fit", "shorten it")
        return text

    def slug(self, key: str, *, required: bool = False) -> str:
        """An id, or empty when it is missing or misspelt."""
        text = self.text(key, required=required, most=80)
        if text and not ID.fullmatch(text):
            self.add(key, "not-an-id", f"{quoted(text)} is not an id", "use small letters a-z, digits and `-`")
            return ""
        return text

    def address(self, key: str, *, required: bool = False) -> str:
        text = self.text(key, required=required, most=2000)
        if text and not _ADDRESS.fullmatch(text):
            self.add(
                key, "not-an-address", f"{quoted(text)} is not a web address", "write it from `https://` on, without spaces"
            )
        return text

    def whole(self, key: str, *, least: int, most: int, default: int | None = None) -> int:
        """A whole number between ``least`` and ``most``; ``default`` None means that it is required."""
        value = self.raw(key)
        if value == "":
            if default is None:
                self.missing(key)
            return least if default is None else default
        if not isinstance(value, str) or not _WHOLE.fullmatch(value) or not least <= int(value) <= most:
            self.add(key, "not-a-number", f"`{key}` must be a whole number from {least} to {most}", "write digits only")
            return least if default is None else default
        return int(value)

    def decimal(self, key: str, *, least: float, most: float) -> float:
        value = self.raw(key)
        if value == "":
            self.missing(key)
            return 0.0
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value) or not least <= float(value) <= most:
            self.add(
                key,
                "not-a-number",
                f"`{key}` must be a number from {least:.0f} to {most:.0f}",
                "write digits with a decimal point",
            )
            return 0.0
        return float(value)

    def one_of(self, key: str, options: Sequence[str], default: str = "") -> str:
        """One of ``options``; without a ``default`` it is required."""
        value = self.raw(key)
        if value == "":
            if not default:
                self.missing(key, "write one of " + ", ".join(f"`{option}`" for option in options))
            return default or options[0]
        if not isinstance(value, str) or value not in options:
            self.add(key, "not-an-option", f"`{key}` cannot be {quoted(str(value).lower())}", did_you_mean(str(value), options))
            return default or options[0]
        return value

    def texts(self, key: str, *, least: int = 0, most: int = 60, longest: int = TEXT_MOST) -> tuple[str, ...]:
        """A list of texts."""
        value = self.raw(key)
        if value == "" and not least:
            return ()
        if not isinstance(value, list):
            if value == "":
                self.missing(key)
            else:
                self.add(key, "not-a-list", f"`{key}` must be a list", f"write `{key}: [one, two]`, or a `-` before each")
            return ()
        kept = tuple(self._entry(key, number, entry, longest) for number, entry in enumerate(value))
        if not least <= len(kept) <= most:
            wanted = f"{least} to {most}" if least else f"at most {most}"
            has = "1 entry" if len(kept) == 1 else f"{len(kept)} entries"
            self.add(key, "wrong-count", f"`{key}` has {has}; {wanted} are wanted", "add some, or take some out")
        return kept

    def _entry(self, key: str, number: int, entry: Any, longest: int) -> str:
        if not isinstance(entry, str) or not entry.strip():
            hint = "put it in quotes" if isinstance(entry, (dict, bool)) else "fill it in, or take it out"
            self.add((key, number), "not-a-text", f"entry {number + 1} of `{key}` must be a text", hint)
            return ""
        if len(entry) > longest:
            self.add(
                (key, number),
                "too-long",
                f"entry {number + 1} of `{key}` has {len(entry)} characters; {longest} fit",
                "shorten it",
            )
        return entry.strip()

    def child(self, key: str) -> Fields | None:
        """The mapping under ``key``; None when there is none."""
        return Fields(self._document, self._notes, (*self._path, key), f"`{key}`") if self.raw(key) != "" else None

    def children(self, key: str, *, required: bool = False) -> list[Fields]:
        """The mappings in the list under ``key``."""
        value = self.raw(key)
        if value == "" and not required:
            return []
        if not isinstance(value, list):
            if value == "":
                self.missing(key)
            else:
                self.add(key, "not-a-list", f"`{key}` must be a list", "write a `-` before each entry")
            return []
        return [
            Fields(self._document, self._notes, (*self._path, key, i), f"entry {i + 1} of `{key}`") for i in range(len(value))
        ]

    def finish(self, why: str = "") -> None:
        """Notes every entry that was not asked for; call it last. ``why`` explains what may stand here.

        ``<<`` and an empty key were told by the reader of YAML.
        """
        for key, value in self._value.items():
            if key in self._known or key in ("", "<<") or self._notes.is_full:
                continue
            # `{value: 1,000, unit: beds}` reads as a value 1 and a key 000: the author meant one text.
            comma = "if it belongs to the text before it, put that text in quotes" if value == "" else ""
            self.add((key,), "unknown-key", f"unknown entry {quoted(key)}", why or did_you_mean(key, self._known, comma))

    def missing(self, key: str, hint: str = "") -> None:
        """Notes that a required entry is not there; says nothing where there are no entries at all."""
        if self._is_mapping:
            self._notes.add(self.where(key), "missing", f"`{key}` is missing", hint or f"add `{key}: …`")


def _inside(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _text_hint(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return f'put it in quotes: `{key}: "{str(value).lower()}"`'
    if isinstance(value, dict):
        return f'put the text in quotes: `{key}: "…"`'
    return "write one text, not a list"
