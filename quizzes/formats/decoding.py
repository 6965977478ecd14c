"""The bytes of a file from anywhere → text with ``\\n`` line ends; or refused, with the place.

Read are UTF-8 with and without a byte-order mark, UTF-16 with one, and what a file declares itself to be, as far as it is one
of the few encodings below. Anything else that is no UTF-8 is taken for windows-1252, and the ledger says so.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

from .ledger import Change, Refused

MOST_BYTES = 10 * 1024 * 1024
MOST_LINES = 500_000
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# An encoding such as UTF-7 can hide a tag from whoever looks for it, so that the list is short.
_DECLARED: Mapping[str, str] = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "utf-16": "utf-16",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "iso-8859-1": "cp1252",  # as browsers read it, and as most files that say so are meant
    "latin1": "cp1252",
}
_SAVE = "save it again with the encoding UTF-8"
# Characters that neither YAML nor XML can hold.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def decode(data: bytes, declared: str = "") -> tuple[str, tuple[Change, ...]]:
    """The text and what had to be changed for it. Raises Refused for what is too large or no text."""
    if len(data) > MOST_BYTES:
        raise Refused("the file", f"it is larger than {MOST_BYTES // 1024 // 1024} MB", "split it into several files")
    for mark, encoding in _MARKS:
        if data.startswith(mark) and not data.startswith(codecs.BOM_UTF32_LE):
            return _tidy(_decoded(data[len(mark) :], encoding), ())
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) or b"\0" in data[:64]:
        raise Refused("line 1", "this is no text in UTF-8 or in UTF-16 with a byte-order mark", _SAVE)
    named = declared.strip().lower()
    encoding = _DECLARED.get(named, "") if named else "utf-8"
    if not encoding or encoding == "utf-16":
        raise Refused("line 1", f"the file says that it is `{declared[:40]}`, which is not read", _SAVE)
    try:
        return _tidy(data.decode(encoding), ())
    except UnicodeDecodeError as error:
        if named:
            raise _not_text(error, declared) from None
        place, found = _line(data, error.start), f"the byte 0x{data[error.start]:02X}"
    return _tidy(_decoded(data, "cp1252"), (Change(place, found, "is no UTF-8, so the file was read as windows-1252"),))


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_text(error, encoding) from None


def _not_text(error: UnicodeDecodeError, encoding: str) -> Refused:
    found = f"the byte 0x{error.object[error.start]:02X}" if error.start < len(error.object) else "the end of the file"
    return Refused(_line(error.object, error.start), f"{found} is not `{encoding}`", _SAVE)


def _line(data: bytes, at: int) -> str:
    breaks = data.count(b"\n", 0, at)
    return f"line {breaks + 1}"


def _tidy(text: str, changes: tuple[Change, ...]) -> tuple[str, tuple[Change, ...]]:
    """With plain line ends, and without the characters that no text holds."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if plain.count("\n") > MOST_LINES:
        raise Refused("the file", f"it has more than {MOST_LINES:,} lines", "split it into several files")
    first = _UNPRINTABLE.search(plain)
    if first is None:
        return plain, changes
    without, count = _UNPRINTABLE.subn("", plain)
    place = f"line {plain.count(chr(10), 0, first.start()) + 1}"
    what = f"{count} control character{'s' if count > 1 else ''}, the first U+{ord(first[0]):04X}"
    return without, (*changes, Change(place, what, "no text can hold it, so it was left out"))
