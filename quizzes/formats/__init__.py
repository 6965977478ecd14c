"""Other people's formats ↔ our items, each with a ledger. A format is a reader and perhaps a writer: a line in ``FORMATS``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..model import Quiz
from . import aiken, gift, gift_writing, moodle_writing, moodle_xml
from .decoding import MOST_BYTES
from .exporting import Exported
from .ledger import Change, Entry, Fate, Ledger, Refused
from .settling import Imported

__all__ = ["FORMATS", "MOST_BYTES", "Change", "Entry", "Exported", "Fate", "Format", "Imported", "Ledger", "Refused"]


@dataclass(frozen=True, slots=True)
class Format:
    """``read`` raises Refused for a file of which nothing can be read; whatever is wrong with an item is in the ledger."""

    words: str
    extension: str
    read: Callable[[bytes], Imported]
    write: Callable[[Quiz], Exported] | None = None


# The door for QTI, OLX and H5P: one line each.
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "gift": Format("GIFT", "gift", gift.read, gift_writing.write),
        "moodle-xml": Format("Moodle XML", "xml", moodle_xml.read, moodle_writing.write),
        "aiken": Format("Aiken", "txt", aiken.read),
    }
)
