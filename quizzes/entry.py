"""A mapping of a quiz as written, read key by key; every fault goes on one list with its place and the way out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from fractions import Fraction

from . import numbers, texts
from .model import Fault

Place = tuple[str | int, ...]
# What a quiz says once, in its source language: structure, key and rules have no place in a translation.
SOURCE_KEYS = frozenset(
    (
        "kind",
        "points",
        "credit",
        "correct",
        "value",
        "tolerance",
        "range",
        "accept",
        "accents",
        "choice",
        "shuffle",
        "cost",
        "review_lesson",
        "tags",
        "attempts",
        "wait_minutes",
        "counts",
        "review",
        "time_limit_minutes",
        "pools",
        "weight",
        "multiple",
        "other",
        "figure",
        "area",
        "params",
        "units",
        "distance",
        "reject",
    )
)
_ID = re.compile(r"[a-z0-9-]+")


class Entry:
    """One mapping and its place in the quiz. Reading never raises: a wrong value leaves a fault and gives the default.

    ``close`` reports the keys that nobody asked for, so that a misspelt key is never silently lost.
    """

    def __init__(self, given: Mapping[object, object], at: Place, faults: list[Fault]) -> None:
        self._given = {str(key): value for key, value in given.items()}
        self._asked: set[str] = set()
        self._faults = faults
        self.at = at

    def __contains__(self, key: str) -> bool:
        return key in self._given

    def names(self) -> tuple[str, ...]:
        return tuple(self._given)

    def fault(self, code: str, message: str, hint: str = "", *, at: Place = ()) -> None:
        """``at`` leads on from this entry."""
        self._faults.append(Fault((*self.at, *at), message, hint, code))

    def value(self, key: str) -> object:
        self._asked.add(key)
        return self._given.get(key)

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        """Trimmed. A required text may not be empty."""
        if key not in self._given:
            self._asked.add(key)
            if required:
                self.fault("missing", f"`{key}` is missing", f"add `{key}: …`")
            return default
        text = self._text(self.value(key), (key,))
        if required and text == "":
            self.fault("missing", f"`{key}` is empty", "write its text behind the colon", at=(key,))
        return text or default

    def id(self) -> str:
        """The entry's `id`; empty when it is missing or faulty."""
        name = self.text("id", required=True)
        if name and not _ID.fullmatch(name):
            meant = re.sub(r"[^a-z0-9]+", "-", texts.normalise(name)).strip("-")
            hint = f"did you mean `{meant}`?" if meant else "for example `first-step`"
            self.fault("not-an-id", f"`{name}` is not an id: only a-z, 0-9 and - may stand in it", hint, at=("id",))
            return ""
        return name

    def option(self, key: str, options: Sequence[str], default: str) -> str:
        value = self.text(key, default)
        if value not in options:
            self.fault("not-an-option", f"`{value}` is not an option for `{key}`", meant(value, options), at=(key,))
            return default
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        value = self.value(key)
        if value is None:
            return default
        if value in (True, "true"):
            return True
        if value not in (False, "false"):
            self.fault("not-a-flag", f"`{key}` must be true or false", "write `true` or `false`", at=(key,))
        return False

    def whole(self, key: str, default: int) -> int:
        """A whole number from 0."""
        text = self.text(key, str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            self.fault("not-a-number", f"`{key}` must be a whole number from 0", "for example `3`", at=(key,))
            return default
        return int(text)

    def number(self, key: str, default: Fraction | None = None) -> Fraction | None:
        text = self.text(key, required=key in self._given)
        return self.exact(text, (key,)) if text else default

    def exact(self, text: str, at: Place) -> Fraction | None:
        """A number as authors write it; None and a fault for anything else."""
        value = numbers.exact(text)
        if value is None:
            hint = "write it with a point and without separators, for example `1500`, `1.5` or `1/4`"
            self.fault("not-a-number", f"`{text}` is not a number", hint, at=at)
        return value

    def list(self, key: str, *, required: bool = False) -> Sequence[object]:
        value = self.value(key)
        if value is None:
            if required:
                self.fault("missing", f"`{key}` is missing", f"add `{key}:` with a list below it")
            return ()
        if not isinstance(value, (list, tuple)):
            self.fault("not-a-list", f"`{key}` must be a list", "write each entry on a line that begins with `- `", at=(key,))
            return ()
        if required and not value:
            self.fault("missing", f"`{key}` is empty", "write each entry on a line that begins with `- `", at=(key,))
        return value

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        found = [self._text(value, (key, n)) for n, value in enumerate(self.list(key, required=required))]
        for n, text in enumerate(found):
            if text == "":
                self.fault("missing", f"entry {n + 1} of `{key}` is empty", "write its text, or take it out", at=(key, n))
        return tuple(text for text in found if text)

    def entries(self, key: str, *, required: bool = False) -> Iterator[Entry]:
        for n, value in enumerate(self.list(key, required=required)):
            entry = self.within(value, (key, n))
            if entry is not None:
                yield entry

    def sub(self, key: str) -> Entry | None:
        value = self.value(key)
        return None if value is None else self.within(value, (key,))

    def within(self, value: object, at: Place) -> Entry | None:
        if not isinstance(value, Mapping):
            self.fault("not-a-mapping", "here must stand entries `key: value`", "for example `id: first-step`", at=at)
            return None
        return Entry(value, (*self.at, *at), self._faults)

    def close(self, elsewhere: Collection[str] = ()) -> None:
        """Reports every key that was not asked for; those in ``elsewhere`` belong into the quiz in its source language."""
        for key in self._given:
            if key in self._asked:
                continue
            if key in elsewhere:
                self.fault(
                    "not-a-text",
                    f"`{key}` has no place in a translation, which holds texts only",
                    "change it in quiz.yaml",
                    at=(key,),
                )
            else:
                self.fault("unknown-key", f"unknown key `{key}`", meant(key, self._asked), at=(key,))

    def _text(self, value: object, at: Place) -> str | None:
        """None, and a fault, for what is no text."""
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if value is not None and not isinstance(value, str):
            self.fault("not-a-text", f"`{at[0]}` must be a text", "put quotation marks around it", at=at)
            return None
        return (value or "").strip()


def meant(given: str, known: Iterable[str]) -> str:
    """The hint for a name that is not known: the nearest known one, or all of them."""
    options = sorted(known)
    near = get_close_matches(given, options, 1, 0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"known here: {', '.join(f'`{option}`' for option in options)}" if options else "there is none yet: take it out"


def repeated(values: Iterable[str]) -> Iterator[tuple[int, int]]:
    """The positions of each value that stands there before, with the position where it stood first; empty ones are left out."""
    first: dict[str, int] = {}
    for n, value in enumerate(values):
        if value and first.setdefault(value, n) != n:
            yield n, first[value]
