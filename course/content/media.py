"""What the bytes of a media file say: that they are what their name says, how wide a picture is, how long a clip."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Mapping
from xml.etree import ElementTree

TYPES: Mapping[str, str] = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "webm": "video/webm",
    "mp4": "video/mp4",
    "vtt": "text/vtt",
    "pdf": "application/pdf",
}
PICTURES = frozenset({"svg", "png", "jpg", "webp"})
_MAGIC: Mapping[str, Callable[[bytes], bool]] = {
    "png": lambda b: b.startswith(b"\x89PNG\r\n\x1a\n"),
    "jpg": lambda b: b.startswith(b"\xff\xd8\xff"),
    "webp": lambda b: b[:4] == b"RIFF" and b[8:12] == b"WEBP",
    "webm": lambda b: b.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in b[:64],
    "mp4": lambda b: b[4:8] == b"ftyp",
    "pdf": lambda b: b.startswith(b"%PDF-"),
    "vtt": lambda b: b.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT"),
    "svg": lambda b: b"<svg" in b[:4096],
}


def is_kind(extension: str, content: bytes) -> bool:
    return _MAGIC[extension](content)


def svg_fault(content: bytes) -> str:
    """What makes an SVG more than a picture; empty when nothing does."""
    if re.search(rb"<!\s*(?:DOCTYPE|ENTITY)|<\?xml-stylesheet", content, re.IGNORECASE):
        return "a DOCTYPE, entity or style sheet of its own"
    try:
        root = ElementTree.fromstring(content)  # noqa: S314  # entities and DOCTYPEs were refused above
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        return f"text that is not XML ({str(error)[:80]})"
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        return "a root that is not `<svg>` of the SVG namespace"
    for element in root.iter():
        fault = _element_fault(element)
        if fault:
            return fault
    return ""


_REFUSED = frozenset(
    {"script", "foreignobject", "iframe", "object", "embed", "audio", "video", "handler", "listener", "a", "image", "feimage"}
)


def _element_fault(element: ElementTree.Element) -> str:
    name = str(element.tag).rsplit("}", 1)[-1].lower()
    if name in _REFUSED:
        return f"an element `{name}`"
    for attribute, value in element.attrib.items():
        key = attribute.rsplit("}", 1)[-1].lower()
        if key.startswith("on"):
            return f"an attribute `{key}`"
        if key in ("href", "src", "base") and not value.strip().startswith("#"):
            return f"a link to the outside (`{key}`)"
        if key == "attributename" and value.strip().lower().rsplit(":", 1)[-1].startswith(("href", "on")):
            return "an animation of a link"
        if key not in ("class", "id") and _leaves(value):
            return f"a link to the outside (`{key}`)"
    return "a link to the outside (`style`)" if name == "style" and _leaves(element.text or "") else ""


def _leaves(style: str) -> bool:
    """Whether CSS loads anything; a backslash could hide the word that does, and is not needed in a picture."""
    return bool(re.search(r"@import|\\|url\(\s*[\"']?\s*[^#\"'\s]|javascript:|image-set\(", style, re.IGNORECASE))


def picture_size(extension: str, content: bytes) -> tuple[int, int] | None:
    """Width and height in CSS pixels; None when the file does not say."""
    if extension == "png" and len(content) >= 24:
        return struct.unpack(">II", content[16:24])
    if extension == "jpg":
        return _jpeg_size(content)
    if extension == "webp":
        return _webp_size(content)
    return _svg_size(content) if extension == "svg" else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        kind, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8X" and len(content) >= 30:
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if kind == b"VP8L" and len(content) >= 25:
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF)
    if kind == b"VP8 " and len(content) >= 30:
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _svg_size(content: bytes) -> tuple[int, int] | None:
    start = re.search(rb"<svg[^>]*>", content)
    box = (
        re.search(rb"viewBox\s*=\s*[\"']\s*[-0-9.]+[ ,]+[-0-9.]+[ ,]+([0-9.]{1,9})[ ,]+([0-9.]{1,9})", start.group())
        if start
        else None
    )
    if box is None:
        return None
    try:
        width, height = round(float(box.group(1))), round(float(box.group(2)))
    except ValueError:
        return None
    return (width, height) if 0 < width < 100_000 and 0 < height < 100_000 else None


_SEGMENT, _INFO, _SCALE, _DURATION = 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489


def webm_seconds(content: bytes) -> float | None:
    """The length that a WebM gives in its Segment › Info (RFC 9559); None when it gives none."""
    segment = _find(content, 0, len(content), _SEGMENT)
    info = _find(content, *segment, _INFO) if segment else None
    if info is None:
        return None
    duration, scale = _find(content, *info, _DURATION), _find(content, *info, _SCALE)
    if duration is None or duration[1] - duration[0] not in (4, 8):
        return None
    ticks: float = struct.unpack(">f" if duration[1] - duration[0] == 4 else ">d", content[slice(*duration)])[0]
    nanoseconds = int.from_bytes(content[slice(*scale)], "big") if scale else 1_000_000
    seconds = ticks * nanoseconds / 1e9
    return seconds if math.isfinite(seconds) and 0 < seconds < 86_400 else None


def _find(content: bytes, at: int, end: int, wanted: int) -> tuple[int, int] | None:
    """Where the body of the first element named ``wanted`` begins and ends between two offsets."""
    while at < end:
        name_length = _vint_length(content, at)
        size_length = _vint_length(content, at + name_length) if name_length else 0
        body = at + name_length + size_length
        if not size_length or body > end:
            return None
        size = int.from_bytes(content[at + name_length : body], "big") & ((1 << 7 * size_length) - 1)
        is_unknown = size == (1 << 7 * size_length) - 1
        stop = end if is_unknown else body + size
        if stop > end:
            return None  # the file is cut off
        if int.from_bytes(content[at : at + name_length], "big") == wanted:
            return body, stop
        at = stop
    return None


def _vint_length(content: bytes, at: int) -> int:
    return 9 - content[at].bit_length() if at < len(content) and content[at] else 0
