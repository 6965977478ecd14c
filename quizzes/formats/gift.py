"""GIFT → items as Moodle thinks of them, in the dialects that people and programs write.

Escapes become letters of a private range before anything is looked for, as Moodle does it, so that no mark inside a text is
taken for one of the format. A blank line ends an item, as does a new title where the blank line was forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ..numbers import exact
from . import margin
from .asked import LONGEST, MOST_ANSWERS, Answer, Asked, Said
from .decoding import decode
from .ledger import Change
from .settling import Imported, settle
from .tags import category_tag

_ESCAPED = "~=#{}:n\\"
_HELD = {mark: chr(0xF700 + n) for n, mark in enumerate(_ESCAPED)}
_BACK = str.maketrans({held: "\n" if mark == "n" else mark for mark, held in _HELD.items()})
_ESCAPE = re.compile(r"\\([~=#{}:n\\])")
_PRIVATE = re.compile("[\uf700-\uf707]")
_FORMATS = {"html": "html", "moodle": "moodle", "plain": "plain", "markdown": "markdown"}
_WEIGHT = re.compile(r"\s*%\s*(-?[0-9]{1,3}(?:\.[0-9]{0,10})?)\s*%")
_MARKED = re.compile(r"\[(id|tag):((?:\\.|[^\]\\]){1,400})\]")
_ORDER = re.compile(r">\s*(\d*)((?:\s+[A-Za-z_]+){0,6})[^\n]*")
_SHOWN = frozenset({"ALL", "EXACT", "VERTICAL", "HORIZONTAL", "RANDOM", "CONTIGUOUS"})
_BEGINS = re.compile(r"(?:\[[a-z]+\]\s*)?[A-Z0-9¿¡“\"][^{]*\{")
_TRUTHS = {"t": True, "true": True, "f": False, "false": False}
_DEFAULT = Said()


@dataclass(slots=True)
class _Block:
    """The lines of one item, and what the comments before it say."""

    line: int
    lines: list[str] = field(default_factory=list)
    id: str = ""
    tags: list[str] = field(default_factory=list)
    margin: str = ""
    depth: int = 0
    has_answers: bool = False
    is_joined: bool = False


def read(data: bytes) -> Imported:
    """Raises Refused for a file that is no text."""
    text, changes = decode(data)
    remarks = list(changes)
    return settle(items_of(_PRIVATE.sub("\ufffd", text), remarks), remarks)


def items_of(text: str, remarks: list[Change] | None = None) -> Iterator[Asked]:
    category = ""
    for block in _blocks(text):
        first = block.lines[0].strip()
        if first.startswith("$CATEGORY:"):
            category = category_tag(_plain(" ".join([first[10:], *block.lines[1:]])), f"line {block.line}", remarks)
            continue
        if category and category not in block.tags:
            block.tags.append(category)
        yield _item(block)


def _blocks(text: str) -> Iterator[_Block]:
    block = _Block(1)
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        is_comment = bare.startswith("//")
        if block.lines and _ends_before(block, bare, is_comment=is_comment):
            yield block
            block = _Block(number, is_joined=block.has_answers and _BEGINS.match(bare) is not None)
        if is_comment:
            _take_comment(block, bare[2:])
        elif bare or block.lines:
            block.line = block.line if block.lines else number
            _take_line(block, line)
    if block.lines:
        yield block


def _ends_before(block: _Block, bare: str, *, is_comment: bool) -> bool:
    """An item that was never closed ends where a new one begins after a blank line; else it would take the whole file."""
    begins = bare.startswith(("::", "$CATEGORY:"))
    if block.has_answers and block.depth == 0 and _BEGINS.match(bare) and block.lines[-1].rstrip().endswith("}"):
        return True
    if block.lines[0].lstrip().startswith("$CATEGORY:"):
        return True
    if block.depth > 0:
        return begins and not block.lines[-1].strip()
    return not bare or begins or (is_comment and block.has_answers)


def _take_line(block: _Block, line: str) -> None:
    held = _ESCAPE.sub(lambda found: _HELD[found[1]], line)
    block.lines.append(held)
    block.depth += held.count("{") - held.count("}")
    block.has_answers = block.has_answers or "}" in held


def _take_comment(block: _Block, text: str) -> None:
    if text.strip().startswith(margin.MARK):
        block.margin = text
        return
    for name, value in _MARKED.findall(text[:4000]):
        plain = re.sub(r"\\(.)", r"\1", value).strip()
        if name == "id":
            block.id = plain
        elif plain not in block.tags:
            block.tags.append(plain)


def _item(block: _Block) -> Asked:
    whole = "\n".join(block.lines).strip()
    name, body = _title(whole)
    asked = Asked("", f"line {block.line}", _DEFAULT, name, block.id, tags=tuple(block.tags), margin=block.margin)
    if block.is_joined:
        asked = replace(asked, left_out=(("its place", "no blank line stands before it; it was taken for an item of its own"),))
    if len(whole) > 4 * LONGEST:
        return replace(asked, unfit=f"it has {len(whole):,} characters, and {4 * LONGEST:,} are the most")
    before, answers, after = _parted(body)
    if answers is None:
        unfit = "a brace opens or closes nothing: write `\\{` for a brace in a text" if "{" in body or "}" in body else ""
        return replace(asked, kind="description", text=_said(body, "moodle"), unfit=unfit)
    text = _said(f"{before}_____{after}" if after.strip() else before, "moodle")
    if "{" in after or "}" in after:
        return replace(asked, unfit="it has several lists of answers, and an item of GIFT has one", text=text)
    inner, _, general = answers.strip().rpartition("####")
    inner = inner if "####" in answers else answers.strip()
    general = general if "####" in answers else ""
    asked = replace(asked, text=text, general=_said(general, text.form))
    return _answered(asked, inner.strip())


def _title(whole: str) -> tuple[str, str]:
    if not whole.startswith("::"):
        return "", whole
    name, end, body = whole[2:].partition("::")
    return (_plain(name).strip(), body.strip()) if end else ("", whole[2:].strip())


def _parted(body: str) -> tuple[str, str | None, str]:
    """The text, what stands between the braces, and what follows; None where there are no braces that fit."""
    start = body.find("{")
    depth = 0
    for found in re.finditer("[{}]", body[start:]) if start >= 0 else ():
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            end = start + found.start()
            return body[:start], body[start + 1 : end], body[end + 1 :]
    return body, None, ""


def _answered(asked: Asked, inner: str) -> Asked:
    form = asked.text.form
    if not inner:
        return replace(asked, kind="essay", points=Fraction(0))
    if inner.count("=") + inner.count("~") > MOST_ANSWERS or inner.count("\n") > 4 * MOST_ANSWERS:
        return replace(asked, unfit=f"it has more than {MOST_ANSWERS} answers")
    if inner.startswith("#"):
        return _numerical(asked, inner[1:])
    if inner.startswith(">"):
        return _ordering(asked, inner)
    if "~" in inner:
        return _multichoice(asked, inner)
    if "=" in inner and "->" in inner:
        return _matching(asked, inner)
    word, *said = inner.split("#", 2)
    if word.strip().lower() in _TRUTHS:
        holds = _TRUTHS[word.strip().lower()]
        wrong, right = (_said(each, form) for each in (*said, "", "")[:2])
        told = {holds: right, not holds: wrong}
        words = {True: "true", False: "false"}
        answers = tuple(Answer(Said(words[each]), Fraction(each is holds), told[each]) for each in (True, False))
        return replace(asked, kind="truefalse", answers=answers)
    return replace(asked, kind="shortanswer", answers=_answers(inner, form, plain=True))


def _multichoice(asked: Asked, inner: str) -> Asked:
    """With a `=` one choice is right; without, each that has a weight."""
    answers = []
    for part in _split(inner.replace("=", "~="), "~"):
        is_key = part.startswith("=")
        share, rest = _weighed(part[1:] if is_key else part, Fraction(is_key))
        answers.append(_answer(rest, share, asked.text.form))
    return replace(asked, kind="multichoice", is_single="=" in inner, answers=tuple(answers))


def _matching(asked: Asked, inner: str) -> Asked:
    rows = []
    for part in _split(inner, "="):
        left, arrow, right = part.partition("->")
        if not arrow:
            return replace(asked, unfit="a row of it has no `->`")
        rows.append((_said(left, asked.text.form), _said(right, "plain" if asked.text.form != "markdown" else "markdown")))
    return replace(asked, kind="matching", rows=tuple(rows))


def _ordering(asked: Asked, inner: str) -> Asked:
    head = _ORDER.match(inner)
    words = head[2].upper().split() if head else []
    lines = [line for line in inner.split("\n")[1:] if line.strip()]
    grading = next(
        (word for word in words if word not in ("ALL", "EXACT", "VERTICAL", "HORIZONTAL", "RANDOM", "CONTIGUOUS")), ""
    )
    answers = tuple(Answer(_said(line, asked.text.form)) for line in lines)
    return replace(asked, kind="ordering", answers=answers, grading=grading)


def _numerical(asked: Asked, inner: str) -> Asked:
    keys, tilde, wrong = inner.partition("~")
    answers = []
    for part in _split(keys, "="):
        share, rest = _weighed(part, Fraction(1))
        number, _, said = rest.partition("#")
        low, high = _bounds(_plain(number))
        answers.append(Answer(Said(_plain(number).strip()), share, _said(said, asked.text.form), low, high))
    if tilde:
        answers.append(Answer(Said("*"), Fraction(0), _said(wrong.partition("#")[2], asked.text.form)))
    is_range = len(answers) > 0 and ".." in answers[0].text.text
    return replace(asked, kind="numerical", answers=tuple(answers), grading="range" if is_range else "")


def _bounds(text: str) -> tuple[Fraction | None, Fraction | None]:
    """`3`, `3:0.5` or `1..5`; None for what is no number."""
    if ".." in text:
        low, _, high = text.partition("..")
        ends = sorted(end for end in (number(low), number(high)) if end is not None)
        return (ends[0], ends[1]) if len(ends) == 2 else (None, None)
    value, _, tolerance = text.partition(":")
    middle, around = number(value), number(tolerance or "0")
    return (None, None) if middle is None or around is None else (middle - abs(around), middle + abs(around))


def number(text: str) -> Fraction | None:
    """A number as programs write it: also `1e3`, `.5`, `5.` and a decimal comma; None for anything else, and for `1e999`."""
    tidy = text.strip().replace(",", ".")
    if re.fullmatch(r"[+-]?(?:\d{1,30}\.?\d{0,30}|\.\d{1,30})(?:[eE][+-]?\d{1,2})?", tidy, re.ASCII):
        return Fraction(tidy.rstrip(".") if "e" not in tidy.lower() else tidy)
    return exact(tidy) if len(tidy) < 80 else None


def _answers(inner: str, form: str, *, plain: bool) -> tuple[Answer, ...]:
    found = []
    for part in _split(inner, "="):
        share, rest = _weighed(part, Fraction(1))
        found.append(_answer(rest, share, form, plain=plain))
    return tuple(found)


def _answer(text: str, share: Fraction, form: str, *, plain: bool = False) -> Answer:
    words, _, said = text.partition("#")
    return Answer(Said(_plain(words).strip(), "plain") if plain else _said(words, form), share, _said(said, form))


def _weighed(part: str, default: Fraction) -> tuple[Fraction, str]:
    found = _WEIGHT.match(part)
    return (share_of(found[1]), part[found.end() :]) if found else (default, part)


def share_of(percent: str) -> Fraction:
    """A percentage as Moodle rounds it → the share that was meant: 33.33333 is a third."""
    given = number(percent) or Fraction(0)
    share = max(Fraction(-1), min(Fraction(1), given / 100))
    near = share.limit_denominator(20)
    return near if abs(near - share) < Fraction(1, 100_000) else share


def _split(inner: str, mark: str) -> list[str]:
    parts = [part.strip() for part in inner.split(mark)]
    return parts if parts[0] else parts[1:]


def _said(text: str, form: str) -> Said:
    tidy = text.strip()
    end = tidy.find("]", 0, 12)
    named = tidy[1:end].strip().lower() if tidy.startswith("[") and end > 0 else ""
    if named in _FORMATS:
        return Said(_plain(tidy[end + 1 :]).strip(), _FORMATS[named])
    return Said(_plain(tidy).strip(), form)


def _plain(text: str) -> str:
    return text.translate(_BACK)
