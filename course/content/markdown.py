"""An author's Markdown → HTML: parsed once, every name in it resolved, every fault at its line. The result is not yet clean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from . import blocks
from .index import Setting
from .media import PICTURES
from .parser import PAGE, SHORT
from .problems import Notes, did_you_mean, quoted
from .walk import Walk, plain
from .words import words

MAX_MARKDOWN = 64_000
# Every letter, figure and mark here stays itself in Markdown within a line.
_MEANS_NOTHING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:?'()%-–’"


@dataclass(frozen=True, slots=True)
class Rendered:
    """``html`` is as the author's text gives it; ``headings`` are (id, words) of level 2."""

    html: str
    headings: tuple[tuple[str, str], ...] = ()
    cited: frozenset[str] = frozenset()


def render_page(text: str, setting: Setting, notes: Notes, first_line: int = 1) -> Rendered:
    """The body of a lesson, practice or session; ``first_line`` is the line of the file on which it begins."""
    return _render(PAGE, text, setting, notes, first_line, blocks_fit=True)


def render_short(text: str, setting: Setting, notes: Notes, line: int, written: Sequence[str]) -> str:
    """A prompt or an explanation: paragraphs, lists, tables and links, without blocks, headings and citations.

    ``written`` are the lines of the file from ``line`` on, in which the place of a fault is looked for.
    """
    return _render(SHORT, text, setting, notes, line, blocks_fit=False, written=written).html


def render_line(text: str, setting: Setting, notes: Notes, line: int, written: Sequence[str]) -> str:
    """A text within a line: emphasis, code and links."""
    flat = " ".join(text.split())
    if not flat.strip(_MEANS_NOTHING):
        return flat
    tokens = SHORT.parseInline(flat)
    walk = Walk(setting, notes, line, written, blocks_fit=False, is_loose=True)
    walk.take_inline(tokens[0], (line, line))
    return str(SHORT.renderer.render(tokens, SHORT.options, {}))


def _render(
    md: MarkdownIt, text: str, setting: Setting, notes: Notes, first_line: int, *, blocks_fit: bool, written: Sequence[str] = ()
) -> Rendered:
    if len(text) > MAX_MARKDOWN:
        notes.add(
            (first_line, 1),
            "too-large",
            f"the text has {len(text)} characters; {MAX_MARKDOWN} fit",
            "split it into two lessons",
        )
        return Rendered("")
    sources = setting.sources or {}
    env: dict[str, Any] = {"footnotes": {"refs": {f":{source_id}": -1 for source_id in sources}, "list": {}}}
    tokens = md.parse(text, env)
    walk = _Page(setting, notes, first_line, written or text.split("\n"), blocks_fit=blocks_fit, is_loose=bool(written))
    html = str(md.renderer.render(walk.take(tokens), md.options, env))
    listed = frozenset(str(entry.get("label", "")) for entry in env["footnotes"]["list"].values())
    for name, number in env["footnotes"]["refs"].items():
        if number < 0 and name[1:] not in sources:
            walk.note_at(
                f"[^{name[1:]}]:",
                (first_line, first_line + len(walk.lines)),
                "unknown-source",
                f"the footnote `{name[1:]}` is never cited",
                f"write `[^{name[1:]}]` where it belongs, or take it out",
            )
    return Rendered(html, tuple(walk.headings), listed & sources.keys())


@dataclass(slots=True)
class _Page(Walk):
    """One pass over a whole text: checks each block, and puts HTML where Markdown's own would not do."""

    headings: list[tuple[str, str]] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    level: int = 1
    heading: str = ""
    open_blocks: list[str] = field(default_factory=list)

    def take(self, tokens: Sequence[Token]) -> list[Token]:
        at = 0
        while at < len(tokens):
            taker = _TAKERS.get(tokens[at].type)
            if taker is None:
                self.out.append(tokens[at])
                at += 1
            else:
                at = taker(self, tokens, at)
        return self.out

    def _inline(self, tokens: Sequence[Token], at: int) -> int:
        self.take_inline(tokens[at], self.lines_of(tokens[at]))
        self.out.append(tokens[at])
        return at + 1

    def _heading(self, tokens: Sequence[Token], at: int) -> int:
        opened, inline = tokens[at], tokens[at + 1]
        level, said = int(opened.tag[1]), plain(inline.children or []).strip()
        between = self.lines_of(opened)
        if not self.blocks_fit or self.open_blocks:
            self.notes.add(
                (between[0], 1), "heading", "a heading does not stand here", "write it in **bold**, or end the block before it"
            )
        elif level == 1:
            self.notes.add(
                (between[0], 1), "heading", "`#` is the page's title, which stands in the front matter", "write `##`"
            )
        elif level > 3 or level > self.level + 1:
            hint = "write `##`, or `###` under a `##`"
            self.notes.add((between[0], 1), "heading", f"a heading of level {level} does not stand here", hint)
        if not said:
            self.notes.add((between[0], 1), "heading", "a heading without words", "write its words after the `##`")
        self.level, self.heading = min(max(level, 2), 3), said
        name = self._name(said)
        opened.attrs = {"id": name}
        if level == 2:
            self.headings.append((name, said))
        self.out.append(opened)
        return at + 1

    def _name(self, said: str) -> str:
        flat = unicodedata.normalize("NFKC", said[:1000]).casefold()
        slug = re.sub(r"[\W_]+", "-", flat).strip("-")[:60].strip("-") or "part"
        self.ids[slug] = self.ids.get(slug, 0) + 1
        # Two hyphens, so that a second "Costs" can never take the name of a first "Costs 2".
        return f"at-{slug}" if self.ids[slug] == 1 else f"at-{slug}--{self.ids[slug]}"

    def _paragraph(self, tokens: Sequence[Token], at: int) -> int:
        inline = tokens[at + 1]
        children = [
            child
            for child in inline.children or []
            if (child.type != "softbreak" and child.content.strip()) or child.type == "image"
        ]
        if len(children) != 1 or children[0].type != "image":
            self.out.append(tokens[at])
            return at + 1
        self._figure(children[0], self.lines_of(inline))
        return at + 3

    def _figure(self, image: Token, between: tuple[int, int]) -> None:
        src, alt = str(image.attrs.get("src", "")), image.content.strip()
        if not alt:
            self.note_at(
                "![",
                between,
                "image-alt",
                f"the image {quoted(src)} has no alternative text",
                "say what it shows: `![What it shows](…)`",
            )
        name = src.removeprefix("media/")
        known = {known for known in self.setting.media if known.rsplit(".", 1)[-1] in PICTURES}
        if not src.startswith("media/") or name not in known:
            hint = did_you_mean(name, known, "put the picture into the module's `media/`, and write `media/name.svg`")
            self.note_at("![", between, "image", f"there is no picture {quoted(src)} in this module", hint)
            return
        address, size = self.setting.media[name]
        self.raw(blocks.illustration(address, size, alt, str(image.attrs.get("title", ""))))

    def _table(self, tokens: Sequence[Token], at: int) -> int:
        self.raw(blocks.table_open(self.heading or words(self.setting.lang).table))
        self.out.append(tokens[at])
        return at + 1

    def _table_close(self, tokens: Sequence[Token], at: int) -> int:
        self.out.append(tokens[at])
        self.raw("</div>\n")
        return at + 1

    def _cell(self, tokens: Sequence[Token], at: int) -> int:
        token = tokens[at]
        style = str(token.attrs.pop("style", ""))
        if style.endswith(("right", "center")):
            token.attrs["class"] = "end" if style.endswith("right") else "middle"
        if token.type == "th_open":
            token.attrs["scope"] = "col"
        self.out.append(token)
        return at + 1

    def _fence(self, tokens: Sequence[Token], at: int) -> int:
        self.raw(f"<pre><code>{escape(tokens[at].content)}</code></pre>\n")
        return at + 1

    def _block_open(self, tokens: Sequence[Token], at: int) -> int:
        token = tokens[at]
        name, _, rest = token.info.partition(" ")
        position = (self.lines_of(token)[0], 1)
        self.open_blocks.append(name)
        if not name:
            self.notes.add(
                position,
                "block",
                "`:::` closes a block that was not opened",
                "take the line out, or open one with `::: note …`",
            )
        elif not token.meta["is_closed"]:
            self.notes.add(position, "block", f"the block `{name}` is not closed", "put a line `:::` after its text")
        if name == "case":
            self._open_case(rest.strip(), position)
        elif name == "infographic":
            self._open_infographic(position, rest.strip(), is_empty=tokens[at + 1].type == "block_close")
        elif name in blocks.CALLOUTS:
            self._open_callout(name, rest.strip(), position, is_empty=tokens[at + 1].type == "block_close")
        elif name:
            self.notes.add(position, "block", f"there is no block {quoted(name)}", did_you_mean(name, blocks.BLOCKS))
        return at + 1

    def _block_close(self, tokens: Sequence[Token], at: int) -> int:
        name, _, rest = tokens[at].info.partition(" ")
        self.open_blocks.pop()
        practice = self.setting.index.practices.get(rest.strip()) if name == "case" else None
        if practice:
            self.raw(blocks.case_close(practice, words(self.setting.lang)))
        elif name in blocks.CALLOUTS:
            self.raw("</aside>\n")
        return at + 1

    def _open_case(self, slug: str, position: tuple[int, int]) -> None:
        practice = self.setting.index.practices.get(slug)
        if practice is None:
            message = f"there is no practice {quoted(slug)}" if slug else "`::: case` needs the name of a practice"
            add = f"add practices/{slug}.md, or name another" if slug else "write `::: case durban-shelters`"
            self.notes.add(position, "dead-link", message, did_you_mean(slug, self.setting.index.practices, add))
            return
        self.raw(blocks.case_open(practice, self.setting.lang, self.setting.source_lang, min(self.level + 1, 3)))

    def _open_callout(self, name: str, title: str, position: tuple[int, int], *, is_empty: bool) -> None:
        if not title:
            self.notes.add(position, "block", f"the block `{name}` has no title", f"write `::: {name} Its title`")
        if is_empty:
            self.notes.add(position, "block", f"the block `{name}` is empty", "write its text between the `:::` lines")
        self.raw(
            blocks.callout_open(
                name,
                render_line(title, self.setting, self.notes, position[0], self.lines[position[0] - self.first_line :][:1]),
                min(self.level + 1, 3),
            )
        )

    def _open_infographic(self, position: tuple[int, int], rest: str, *, is_empty: bool) -> None:
        shown = self.setting.infographic
        if rest or not is_empty:
            self.notes.add(
                position, "block", "`::: infographic` holds nothing of its own", "its words stand in infographic.yaml"
            )
        picture = self.setting.media.get("infographic.svg")
        if shown is None or picture is None:
            missing = "infographic.yaml" if shown is None else "media/infographic.svg"
            self.notes.add(position, "infographic", f"the module has no `{missing}`", "add it, or take the block out")
            return
        self.raw(blocks.infographic(shown, *picture, words(self.setting.lang)))

    def _sources_open(self, tokens: Sequence[Token], at: int) -> int:
        said = words(self.setting.lang)
        labels = {token.meta.get("label") for token in tokens[at:] if token.type == "footnote_open"}
        title = said.sources if labels <= (self.setting.sources or {}).keys() else said.notes
        self.raw(f'<section class="sources">\n<h2 id="source-list">{title}</h2>\n<ol>\n')
        return at + 1

    def _sources_close(self, tokens: Sequence[Token], at: int) -> int:
        self.raw("</ol>\n</section>\n")
        return at + 1

    def _footnote(self, tokens: Sequence[Token], at: int) -> int:
        meta = tokens[at].meta
        self.raw(f'<li id="source-{meta["id"] + 1}">')
        source = (self.setting.sources or {}).get(meta.get("label", ""))
        if source is None:
            return at + 1
        self.raw(blocks.source_line(source))
        if tokens[at + 1].type != "footnote_anchor":
            everywhere = (self.first_line, self.first_line + len(self.lines))
            message = f"`{source.id}` is a source, and its line at the foot writes itself"
            self.note_at(
                f"[^{source.id}]:",
                everywhere,
                "unknown-source",
                message,
                "take this line out, or give the footnote another name",
            )
        while tokens[at + 1].type not in ("footnote_anchor", "footnote_close"):
            at += 1
        return at + 1

    def _footnote_close(self, tokens: Sequence[Token], at: int) -> int:
        self.raw("</li>\n")
        return at + 1

    def _footnote_anchor(self, tokens: Sequence[Token], at: int) -> int:
        meta = tokens[at].meta
        self.raw(blocks.backlink(meta["id"] + 1, meta["subId"], words(self.setting.lang)))
        return at + 1


_TAKERS: dict[str, Callable[[_Page, Sequence[Token], int], int]] = {
    "inline": _Page._inline,
    "heading_open": _Page._heading,
    "paragraph_open": _Page._paragraph,
    "table_open": _Page._table,
    "table_close": _Page._table_close,
    "th_open": _Page._cell,
    "td_open": _Page._cell,
    "fence": _Page._fence,
    "code_block": _Page._fence,
    "block_open": _Page._block_open,
    "block_close": _Page._block_close,
    "footnote_block_open": _Page._sources_open,
    "footnote_block_close": _Page._sources_close,
    "footnote_open": _Page._footnote,
    "footnote_close": _Page._footnote_close,
    "footnote_anchor": _Page._footnote_anchor,
}
