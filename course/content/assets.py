"""Media files: only kinds that cannot run, only what their name says, and nothing from outside the module."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from . import media
from .files import Folder
from .model import Asset
from .problems import Notes, did_you_mean

MAX_CLIP = 1_000_000
MAX_OTHER = 2_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[a-z]{2,8}(?:-[A-Za-z]{2,8})?)?\.[A-Za-z0-9]{2,5}")


@dataclass(frozen=True, slots=True)
class Medium:
    """A checked media file with the size of its picture, or the length and text of what else it is."""

    asset: Asset
    size: tuple[int, int] | None = None
    seconds: float | None = None


def read_medium(folder: Folder, path: str) -> tuple[Medium | None, Notes]:
    """Reads and checks one file of a module's ``media``."""
    notes = Notes(path)
    name = path.rsplit("/", 1)[-1]
    extension = name.rsplit(".", 1)[-1]
    if extension not in media.TYPES or not _NAME.fullmatch(name):
        notes.add((1, 1), "media-name", f"`{name}` cannot be served", _name_hint(extension))
        return None, notes
    limit = MAX_CLIP if extension == "webm" else MAX_OTHER
    content = folder.read(path, limit, notes)
    if content is None:
        return None, notes
    if not media.is_kind(extension, content):
        notes.add((1, 1), "media-kind", f"the bytes of `{name}` are not {extension}", "export it again under its right name")
        return None, notes
    fault = media.svg_fault(content) if extension == "svg" else ""
    if fault:
        notes.add(
            (1, 1), "media-svg", f"the picture holds {fault}", "save it as a plain picture that needs nothing outside itself"
        )
        return None, notes
    asset = Asset(path, hashlib.sha256(content).hexdigest(), len(content), media.TYPES[extension])
    seconds = media.webm_seconds(content) if extension == "webm" else None
    return Medium(asset, media.picture_size(extension, content), seconds), notes


def _name_hint(extension: str) -> str:
    if extension in media.TYPES:
        return "use letters a-z, digits, `-` and `_` in its name"
    if extension.lower() in ("jpeg", "jpe"):
        return "rename it to end in `.jpg`"
    return did_you_mean(extension, media.TYPES)
