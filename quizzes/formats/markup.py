"""The texts of other systems → our Markdown. Every pass is linear, and what Markdown cannot say is told."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import quote, unquote

from .asked import LONGEST, Said, Unfit

PICTURE_MOST = 2 * 1024 * 1024
_KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg"}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>")
_ATTRIBUTE = re.compile(r"""(?<![a-zA-Z-])([a-zA-Z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
# Underscores mean something where a word begins or ends with them; a gap (`_____`) and snake_case do not.
_SPECIAL = re.compile(r"[\\`*\[\]]|(?<!\w)_++(?=[^\W_])|(?<=[^\W_])_++(?![^\W_])|&(?=#?\w{1,31};)|<(?=[a-zA-Z/!])")
_LINE_START = re.compile(r"(?m)^([ \t]*)(#{1,6}(?=\s)|>|[-+=](?=\s|[-+=]|$)|~~~|\d{1,9}(?=[.)]\s))")
_PICTURE = re.compile(r"!\[([^\[\]\n]*)\]\(@@PLUGINFILE@@/([^)\s]+)(?:\s[^)\n]*)?\)")
_SILENT = frozenset({"script", "style", "iframe", "object", "embed", "video", "audio", "svg", "math", "noscript"})
_SILENT_END = {name: re.compile(f"</{name}[^>]*>", re.IGNORECASE) for name in _SILENT}
_DEEPEST = 50  # tags inside one another
_MOST_CELLS = 2000
_WRAPS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`", "tt": "`"}
_LOST = frozenset(
    {"u", "s", "strike", "del", "ins", "mark", "small", "big", "font", "center", "blink", "form", "input", "button"}
)
_BLOCKS = frozenset({"p", "div", "section", "article", "blockquote", "hr", "table", "ul", "ol", "dl", "dt", "dd", "pre"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_RAISED = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")

_TEX = re.compile(r"\\\(|\\\[|\$\$")

Note = Callable[[str, str], None]


@dataclass(slots=True)
class Pictures:
    """The pictures found in texts, by the name under which they go into the module's `media/`."""

    found: dict[str, bytes] = field(default_factory=dict)

    def take(self, content: bytes) -> str:
        """Its name in `media/`; empty for what is no picture of a kind that the course shows."""
        kind = next((kind for magic, kind in _KINDS.items() if content.startswith(magic)), "")
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            kind = "webp"
        if not kind or len(content) > PICTURE_MOST:
            return ""
        name = f"picture-{hashlib.sha256(content).hexdigest()[:12]}.{kind}"
        self.found[name] = content
        return name


def to_markdown(said: Said, pictures: Pictures, note: Note) -> str:
    """Paragraphs, lists and tables; a picture stands in a paragraph of its own."""
    text = _checked(said)
    if said.form == "markdown":
        return _own_pictures(text, said, pictures, note)
    if _TEX.search(text):
        note("a formula in TeX", "the course shows it as it is typed")
    if said.form == "html" or (said.form == "moodle" and _TAG.search(text)):
        return _Html(said, pictures, note, is_line=False).read(text)
    plain = unescape(text) if said.form == "moodle" else text
    return "\n\n".join(escape(part) for part in re.split(r"\n[ \t]*\n", plain) if part.strip())


def to_line(said: Said, note: Note) -> str:
    """A text within a line, as a choice is."""
    text = _checked(said)
    if said.form == "markdown":
        return " ".join(text.split())
    if said.form == "html" or (said.form == "moodle" and _TAG.search(text)):
        return " ".join(_Html(said, Pictures(), note, is_line=True).read(text).replace("\\\n", " ").split())
    return escape(" ".join((unescape(text) if said.form == "moodle" else text).split()))


def to_plain(said: Said) -> str:
    """A text to be compared with what somebody types: no markup at all."""
    text = _checked(said)
    if said.form in ("html", "moodle"):
        text = unescape(_TAG.sub(" ", text) if said.form == "html" or _TAG.search(text) else text)
    return " ".join(text.split())


def escape(text: str) -> str:
    """A plain text, so that Markdown shows it as it is."""
    return _LINE_START.sub(_escaped_start, escape_within(text.strip()))


def _escaped_start(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}\\" if found[2].isdigit() else f"{found[1]}\\{found[2]}"


def _checked(said: Said) -> str:
    if len(said.text) > LONGEST:
        raise Unfit(f"a text has {len(said.text):,} characters, and {LONGEST:,} are the most")
    return said.text.strip()


def _own_pictures(text: str, said: Said, pictures: Pictures, note: Note) -> str:
    def put(found: re.Match[str]) -> str:
        name = pictures.take(said.files.get(unquote(found[2]), b""))
        if not name:
            note(f"the picture `{found[2][:80]}`", "it is not in the file, or none that the course can show")
        return f"![{found[1] or name}](media/{name})" if name else escape(found[1])

    return _PICTURE.sub(put, text)


class _Html:
    """One pass over a text in HTML. Marks are written when they close, so that what is empty leaves none."""

    def __init__(self, said: Said, pictures: Pictures, note: Note, *, is_line: bool) -> None:
        self._said, self._pictures, self._note, self._is_line = said, pictures, note, is_line
        self._blocks: list[tuple[bool, str]] = []
        self._words: list[str] = []
        self._open: list[tuple[str, int, str]] = []  # tag, where its words begin, what it leads to
        self._lists: list[int] = []  # 0 for a list without numbers, else the number of its next entry
        self._marker = ""
        self._rows: list[list[str]] | None = None
        self._lost: dict[str, None] = {}
        self._is_pre = False

    def read(self, html: str) -> str:
        at = 0
        while at < len(html):
            start = html.find("<", at)
            self._take_text(html[at : start if start >= 0 else len(html)])
            if start < 0:
                break
            at = self._take_markup(html, start)
        self._flush()
        if self._lost:
            self._note(f"the look of a text ({', '.join(self._lost)})", "Markdown has none, so the words alone were taken")
        return self._joined()

    def _joined(self) -> str:
        parts: list[str] = []
        for n, (is_entry, block) in enumerate(self._blocks):
            between = "\n" if n and is_entry and self._blocks[n - 1][0] else "\n\n"
            parts += [between, block] if n else [block]
        return "".join(parts)

    def _take_markup(self, html: str, start: int) -> int:
        """Where it ends."""
        if html.startswith("<!--", start):
            end = html.find("-->", start)
            return len(html) if end < 0 else end + 3
        found = _TAG.match(html, start)
        if found is None:
            self._take_text("<")
            return start + 1
        name, is_end = found[2].lower(), bool(found[1])
        if name in _SILENT and not is_end:
            self._note(f"an element `{name}`", "the course shows no such thing, so it was left out")
            if found[3].endswith("/"):
                return found.end()
            close = _SILENT_END[name].search(html, found.end())
            return close.end() if close else len(html)
        given = {key.lower(): unescape(a or b or c) for key, a, b, c in _ATTRIBUTE.findall(found[3])}
        self._take_tag(name, given, is_end=is_end)
        return found.end()

    def _take_text(self, raw: str) -> None:
        text = unescape(raw)
        if self._is_pre:
            self._words.append(text)
        elif text:
            flat = re.sub(r"\s+", " ", text)
            self._words.append(escape_within(flat if self._words else flat.lstrip()))

    def _take_tag(self, name: str, given: dict[str, str], *, is_end: bool) -> None:
        if "style" in given and "color" in given["style"]:
            self._lost["colour"] = None
        if name in _LOST:
            self._lost[name] = None
        elif name in _WRAPS or name in ("a", "sub", "sup"):
            if is_end:
                self._close(name)
            else:
                self._begin(name, given.get("href", ""))
        elif name == "br":
            self._words.append("\n" if self._is_pre else "\\\n")
        elif name == "img" and not is_end:
            self._take_picture(given)
        elif name in ("tr", "td", "th", "table"):
            self._take_table(name, is_end=is_end)
        elif name == "li":
            self._flush()
            self._marker = "" if is_end else self._next_marker()
        elif name in _BLOCKS or name in _HEADINGS:
            self._take_block(name, is_end=is_end)

    def _take_block(self, name: str, *, is_end: bool) -> None:
        code = "".join(self._words).strip("\n") if name == "pre" and is_end else ""
        if code:
            self._words, self._is_pre = [], False
            self._blocks.append((False, code if self._is_line else f"```\n{code.replace('```', '` ` `')}\n```"))
            return
        self._flush()
        self._is_pre = name == "pre" and not is_end
        if name in ("ul", "ol"):
            if is_end:
                self._lists = self._lists[:-1]
            else:
                self._lists.append(int(name == "ol"))
        elif name in _HEADINGS and not is_end:
            self._begin("strong", "")  # a heading does not stand in an item

    def _next_marker(self) -> str:
        number = self._lists[-1] if self._lists else 0
        if number:
            self._lists[-1] += 1
        indent = "   " * max(0, min(len(self._lists), 5) - 1)
        return f"{indent}{number}. " if number else f"{indent}- "

    def _take_table(self, name: str, *, is_end: bool) -> None:
        if name == "table":
            self._flush()
            if is_end and self._rows:
                self._blocks.append((False, _table(self._rows)))
            self._rows = None if is_end else []
        elif self._rows is not None and name == "tr" and not is_end:
            self._rows.append([])
        elif self._rows and is_end and name != "tr":
            self._rows[-1].append(self._taken().replace("|", "\\|").replace("\\\n", " "))

    def _take_picture(self, given: dict[str, str]) -> None:
        source, alt = given.get("src", ""), " ".join(given.get("alt", "").split())
        named = unquote(source.rsplit("/", 1)[-1])[:80]
        content = (
            _data(source)
            if source.startswith("data:")
            else self._said.files.get(unquote(source.removeprefix("@@PLUGINFILE@@/")))
        )
        shown = "a picture" if source.startswith("data:") else f"the picture `{named}`"
        name = "" if self._is_line or self._rows is not None else self._pictures.take(content or b"")
        if not name:
            why = (
                "it is not in the file, or none that the course can show" if not self._is_line else "a choice holds words only"
            )
            self._note(shown, f"{why}; its description was taken" if alt else f"{why}, and it has no description")
            self._words.append(escape(alt))
            return
        if not alt:
            self._note(shown, "it has no description: write one in place of its name")
        self._flush()
        self._blocks.append((False, f"![{escape(alt) or name}](media/{name})"))

    def _begin(self, name: str, target: str) -> None:
        if len(self._open) >= _DEEPEST:
            raise Unfit(f"a text has more than {_DEEPEST} tags inside one another")
        self._open.append((name, len(self._words), target))

    def _close(self, name: str) -> None:
        """Writes the marks around the words since the tag was opened; of tags that cross, the inner one ends with the outer."""
        depth = next((n for n in range(len(self._open) - 1, -1, -1) if self._open[n][0] == name), None)
        if depth is None:
            return
        _, start, target = self._open[depth]
        self._open = self._open[:depth]
        inner = "".join(self._words[start:])
        words = inner.strip()
        before, after = (inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]) if words else (inner, "")
        self._words[start:] = [before, self._marked(name, words, target), after]

    def _marked(self, name: str, words: str, target: str) -> str:
        if not words:
            return ""
        if name == "a":
            return self._linked(words, target)
        if name in ("sub", "sup"):
            table = _RAISED if name == "sup" else _LOWERED
            if all(ord(letter) in table for letter in words):
                return words.translate(table)
            self._lost[name] = None
            return f"{'^' if name == 'sup' else '_'}{words}"
        mark = _WRAPS[name]
        return words if mark == "*" and words.startswith("*") else f"{mark}{words}{mark}"

    def _linked(self, words: str, target: str) -> str:
        if re.match(r"https?://[^/]|mailto:[^@]+@", target.strip()):
            return f"[{words}]({quote(target.strip(), safe=':/?#@!$&*+,;=%~-._')})"
        if target:
            self._note(f"the link `{target[:80]}`", "it leads nowhere from here, so its words alone were taken")
        return words

    def _taken(self) -> str:
        for name, _, _ in reversed(self._open):
            self._close(name)
        words, self._words = "".join(self._words), []
        return words.strip().removesuffix("\\").strip()

    def _flush(self) -> None:
        words = self._taken()
        while words.startswith("\\\n"):
            words = words[2:].lstrip()
        if not words:
            return
        marker = self._marker
        indent = " " * len(marker)
        self._blocks.append((bool(marker), marker + _LINE_START.sub(_escaped_start, words).replace("\n", f"\n{indent}")))
        self._marker = indent if marker else ""


def escape_within(text: str) -> str:
    """As ``escape``, for a part of a line: spaces at the ends stay."""
    return _SPECIAL.sub(lambda found: "".join(f"\\{mark}" for mark in found[0]), text)


def _table(rows: list[list[str]]) -> str:
    width = max(map(len, rows))
    if width * len(rows) > _MOST_CELLS:
        raise Unfit(f"a table has more than {_MOST_CELLS:,} cells")
    lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * width, *lines[1:]])


def _data(source: str) -> bytes:
    try:
        return base64.b64decode(source.partition("base64,")[2], validate=False)
    except (binascii.Error, ValueError):
        return b""
