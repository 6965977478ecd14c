"""What stands within a line of an author's text: links, citations, images; each resolved, each fault at its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from . import blocks
from .index import KINDS, Setting, resolve
from .problems import Notes, did_you_mean, quoted
from .words import words

_CITATION = re.compile(r"\[\^([^\]\s]{1,80})\]")
_INTERNAL = re.compile(rf"({'|'.join(KINDS)}):(.+)")
_VAGUE = {"here", "click here", "link", "this link", "this", "read more", "more", "aquí", "ici", "aqui"}
_EMPTY_LINK = "say where it leads: `[the guide](https://…)`"


@dataclass(slots=True)
class Walk:
    """A pass over the tokens of a text; this part of it checks what stands within a line."""

    setting: Setting
    notes: Notes
    first_line: int
    lines: Sequence[str]
    blocks_fit: bool = True
    is_loose: bool = False
    out: list[Token] = field(default_factory=list)

    def raw(self, html: str) -> None:
        self.out.append(Token("html_block", "", 0, content=html))

    def lines_of(self, token: Token) -> tuple[int, int]:
        first, last = token.map or (0, 1)
        return self.first_line + first, self.first_line + max(last - 1, first)

    def note_at(self, needle: str, between: tuple[int, int], code: str, message: str, hint: str = "") -> None:
        """Notes a problem where ``needle`` first stands between two lines of the file."""
        first, last = (self.first_line, self.first_line + len(self.lines)) if self.is_loose else between
        for number in range(first, last + 1):
            index = number - self.first_line
            line = self.lines[index] if 0 <= index < len(self.lines) else ""
            if needle and needle in line:
                self.notes.add((number, line.index(needle) + 1), code, message, hint)
                return
        self.notes.add((between[0], 1), code, message, hint)

    def take_inline(self, token: Token, between: tuple[int, int]) -> None:
        children = token.children or []
        for number, child in enumerate(children):
            if child.type == "link_open":
                self._take_link(child, children[number + 1 :], between)
            elif child.type == "image":
                self._refuse_inline_image(child, between)
            elif child.type == "text":
                self._take_text(child, between)
            elif child.type == "footnote_ref":
                meta = child.meta
                sources = self.setting.sources or {}
                html = blocks.cite(meta["id"] + 1, meta["subId"], words(self.setting.lang), meta.get("label", "") in sources)
                children[number] = Token("html_inline", "", 0, content=html)

    def _take_link(self, link: Token, after: Sequence[Token], between: tuple[int, int]) -> None:
        href = str(link.attrs.get("href", ""))
        shown = plain(after[: next((i for i, t in enumerate(after) if t.type == "link_close"), len(after))])
        link.attrs.pop("title", None)
        if not shown.strip():
            self.note_at(f"]({href}", between, "link-words", "a link without words", _EMPTY_LINK)
        elif shown.strip().strip(".!").casefold() in _VAGUE:
            self.note_at(f"]({href}", between, "link-words", f"{quoted(shown)} does not say where the link leads", _EMPTY_LINK)
        found = _INTERNAL.fullmatch(href)
        if found:
            address, hint = resolve(found.group(1), found.group(2), self.setting)
            if not address:
                self.note_at(href, between, "dead-link", f"{quoted(href)} leads nowhere", hint)
            link.attrs["href"] = address
        elif re.match(r"https?://[^/]", href, re.IGNORECASE):
            link.attrs["rel"] = "noopener noreferrer"
        elif not re.match(r"mailto:.+@.+", href):
            hint = "write `https://…`, or `lesson:`, `practice:`, `session:`, `module:` or `quiz:` and a name"
            self.note_at(
                f"]({href}", between, "dead-link", f"{quoted(href)} is no address of a web page or of the course", hint
            )

    def _refuse_inline_image(self, image: Token, between: tuple[int, int]) -> None:
        src = str(image.attrs.get("src", ""))
        self.note_at(
            "![", between, "image", f"the image {quoted(src)} stands within a paragraph", "give it a paragraph of its own"
        )
        image.type, image.content = "text", ""

    def _take_text(self, child: Token, between: tuple[int, int]) -> None:
        for found in _CITATION.finditer(child.content):
            if self.notes.is_full:
                return
            name = found.group(1)
            if not self.blocks_fit:
                self.note_at(
                    found.group(), between, "unknown-source", "citations do not stand here", "name the source in words"
                )
            elif self.setting.sources is not None:
                hint = did_you_mean(name, self.setting.sources, "add it to `sources` in module.yaml")
                self.note_at(found.group(), between, "unknown-source", f"there is no source `{name}` in this module", hint)
        _, broken, rest = child.content.partition("](")
        if broken:
            hint = "write `[words](address)`, without spaces in the address"
            self.note_at(broken + rest[:20], between, "dead-link", "this link cannot be read", hint)


def plain(children: Sequence[Token]) -> str:
    """The words of inline tokens, without marks and citations."""
    return "".join(
        " " if child.type == "softbreak" else child.content
        for child in children
        if child.type in ("text", "code_inline", "softbreak")
    )
