"""The one place where HTML becomes trusted: limits first, then bleach by its allow-list, then nh3 with the same list.

bleach takes time by the square of the depth, so size, depth and tag length are measured before it runs. nh3 has the last word,
since bleach is no longer maintained. ``clean(clean(x)) == clean(x)`` for every x that is within the limits.
"""

from __future__ import annotations

import re
import threading
from functools import lru_cache

import nh3
from bleach.sanitizer import Cleaner

MAX_CHARACTERS = 160_000
MAX_DEPTH = 60
MAX_TAG = 8_000
MAX_MARKS = 12_000
CLASSES = frozenset(
    {
        "backlink",
        "case",
        "caution",
        "cite",
        "end",
        "figure",
        "figures",
        "illustration",
        "infographic",
        "middle",
        "monday",
        "more",
        "note",
        "notes",
        "place",
        "source",
        "sources",
        "tablewrap",
    }
)
_WITHIN_LINES = ("a", "b", "br", "code", "em", "img", "strong", "sup")
_LISTS_AND_TABLES = ("li", "ol", "table", "tbody", "td", "th", "thead", "tr", "ul")
_SECTIONS = ("article", "aside", "details", "div", "figcaption", "figure", "section", "summary")
_TEXT = ("blockquote", "h2", "h3", "h4", "hr", "p", "pre")
TAGS = frozenset((*_WITHIN_LINES, *_LISTS_AND_TABLES, *_SECTIONS, *_TEXT))
_VOID = {"br", "hr", "img"}
_COMMON = frozenset({"class", "id", "aria-label"})
_OWN: dict[str, frozenset[str]] = {
    "a": frozenset({"href", "rel"}),
    "div": frozenset({"role", "tabindex"}),
    "img": frozenset({"src", "alt", "width", "height", "loading", "decoding"}),
    "ol": frozenset({"start"}),
    "th": frozenset({"scope"}),
}
_VALUES: dict[str, re.Pattern[str]] = {
    "id": re.compile(r"(?:at|source|cite)-[\w-]{1,120}"),
    "href": re.compile(
        r"(?:https?://[^\s\x00-\x20]+|mailto:[^\s\x00-\x20]+|/~/(?:[\w-]+/)*[\w-]*(?:#at-[\w-]+)?|#(?:at|source|cite)-[\w%-]+)",
        re.IGNORECASE,
    ),
    "src": re.compile(r"/assets/[0-9a-f]{32}/[\w.-]+"),
    "rel": re.compile("noopener noreferrer"),
    "role": re.compile("region"),
    "tabindex": re.compile("0"),
    "width": re.compile(r"[0-9]{1,5}"),
    "height": re.compile(r"[0-9]{1,5}"),
    "start": re.compile(r"[0-9]{1,9}"),
    "loading": re.compile("lazy"),
    "decoding": re.compile("async"),
    "scope": re.compile("col|row"),
}
_PLAIN = re.compile(r"(?:<p>)?[^<>&\x00-\x08\x0b-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufffe\uffff]*(?:</p>\n?)?")
_TAG_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]*)")


class TooMuch(ValueError):
    """HTML beyond the limits; its message says which."""


def clean(html: str) -> str:
    """Trusted HTML. Raises TooMuch before any work when the text is larger or deeper than a page of the course can be."""
    if (
        "<" not in html[3:-6]
        and "&" not in html
        and _PLAIN.fullmatch(html)
        and html.startswith("<p>") == html.rstrip().endswith("</p>")
    ):
        return html  # words alone, which both cleaners give back as they are
    return _clean(html)


@lru_cache(maxsize=4096)
def _clean(html: str) -> str:
    _measure(html)
    with _ONE_AT_A_TIME:
        allowed = _BLEACH.clean(html)
    return nh3.clean(
        allowed,
        tags=set(TAGS),
        attributes={tag: set(_allowed(tag)) for tag in TAGS},
        attribute_filter=_keep,
        link_rel=None,
        url_schemes={"http", "https", "mailto"},
        strip_comments=True,
        generic_attribute_prefixes=None,
        clean_content_tags={"script", "style"},
    )


def _measure(html: str) -> None:
    if len(html) > MAX_CHARACTERS:
        raise TooMuch(f"it has {len(html)} characters as HTML; {MAX_CHARACTERS} fit")
    depth = 0
    pieces = html.split("<")[1:]
    marks = len(pieces) + html.count("&")
    if marks > MAX_MARKS:
        raise TooMuch(f"it has {marks} tags and entities; {MAX_MARKS} fit")
    for piece in pieces:
        found = _TAG_NAME.match(piece)
        if found is None:
            continue
        if len(piece.split(">", 1)[0]) > MAX_TAG:
            raise TooMuch(f"one element is longer than {MAX_TAG} characters")
        if found.group(1).lower() not in _VOID:
            depth = max(0, depth - 1) if piece.startswith("/") else depth + 1
        if depth > MAX_DEPTH:
            raise TooMuch(f"it is nested deeper than {MAX_DEPTH} levels")


def _allowed(tag: str) -> frozenset[str]:
    return _COMMON | _OWN.get(tag, frozenset())


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name not in _allowed(tag):
        return False
    if name == "class":
        return bool(value.split()) and set(value.split()) <= CLASSES
    pattern = _VALUES.get(name)
    return pattern is None or pattern.fullmatch(value) is not None


def _keep(tag: str, name: str, value: str) -> str | None:
    return value if _is_allowed(tag, name, value) else None


_ONE_AT_A_TIME = threading.Lock()  # a Cleaner keeps its parser between calls, and is not safe for threads
_BLEACH = Cleaner(tags=TAGS, attributes=_is_allowed, protocols={"http", "https", "mailto"}, strip=True, strip_comments=True)
