"""Lists of e-mail addresses as people have them: one a line, from the field of a mail program, or a table saved as CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BETWEEN = re.compile(r"[\s,;:<>()\[\]\"]+")
HEAD = re.compile(r"[,;\t]|mail|address", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that holds something, by its number in the list, with the addresses in it; none is for its writer to see."""

    number: int
    text: str
    addresses: tuple[str, ...]
    is_of_file: bool = False


def read(text: str, *, is_of_file: bool = False) -> Iterator[Line]:
    """Every line but empty ones, those that begin with ``#`` as the head of our own exports does, and the head of a table.

    One after the other, so that who takes some thousands does not read a million.
    """
    is_first = True
    for number, whole in enumerate(text.splitlines(), 1):
        written = "".join(one for one in whole if one.isprintable() or one == "\t").strip()
        if not written or written.lstrip('"').startswith("#"):
            continue
        found = tuple(one.strip("'.") for one in BETWEEN.split(written) if _is_address(one))
        if found or not is_first or not HEAD.search(written):
            yield Line(number, written, found, is_of_file)
        is_first = False


def _is_address(word: str) -> bool:
    """Something, an @, and behind it something with a point inside. By no pattern, which would begin anew at each letter."""
    return word.rfind(".", word.find("@", 1) + 2, -1) > word.find("@", 1) > 0


def decoded(data: bytes) -> str:
    """The text of a file as spreadsheets write it: UTF-8, UTF-16 with its mark, or else the old encoding of Western Europe."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
