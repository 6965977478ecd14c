"""The two Markdown parsers: for pages with blocks and citations, and for a quiz's short texts. Raw HTML is off."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref

MAX_NESTING = 20
LONGEST_LABEL = 200  # letters of a footnote's name


def _take_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """``::: name title`` … ``:::``. A block ends at the first line of colons alone; blocks do not stand in one another."""
    first = _line(state, start)
    if not first.startswith(":::") or state.is_code_block(start):
        return False
    if silent:
        return True
    name = first.lstrip(":").strip()
    close = next((number for number in range(start + 1, end) if _line(state, number).startswith(":::")), end)
    is_closed = close < end and not _line(state, close).strip(": ")
    token = state.push("block_open", "", 1)
    token.info, token.map, token.meta = name, [start, close], {"is_closed": is_closed}
    if name:
        outer, state.parentType, state.lineMax = (state.parentType, state.lineMax), "block", close
        state.md.block.tokenize(state, start + 1, close)
        state.parentType, state.lineMax = outer
    state.push("block_close", "", -1).info = name
    state.line = start + 1 if not name else close + 1 if is_closed else close
    return True


def _refer(state: StateInline, silent: bool) -> bool:
    """``[^label]``. The plugin looks for each label's end as far as the paragraph goes: minutes for one of ``[^`` alone."""
    return state.src.find("]", state.pos, state.pos + LONGEST_LABEL) > 0 and footnote_ref(state, silent)


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def _build(with_blocks: bool) -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING}).enable("table")
    if with_blocks:
        footnote_plugin(md, inline=False)
        md.inline.ruler.at("footnote_ref", _refer)
        md.block.ruler.before("fence", "block", _take_block, {"alt": ["paragraph", "reference", "blockquote", "list", "table"]})
    return md


PAGE, SHORT = _build(with_blocks=True), _build(with_blocks=False)
