"""Moodle's embedded answers, `{1:MULTICHOICE:=yes#so it is~no}`, ↔ the gaps of a cloze."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from html import unescape

from ..numbers import is_finite, show
from .asked import Answer, Asked, Blank, Said, Unfit
from .gift import number, share_of

MOST = 100  # gaps of one item
_START = re.compile(r"\{([0-9]{0,3}(?:\.[0-9]{1,4})?):([A-Z_]{1,16}):")
_SHOWN = ("MULTICHOICE", "MC", "MULTICHOICE_V", "MCV", "MULTICHOICE_H", "MCH")
_SHUFFLED = ("MULTICHOICE_S", "MCS", "MULTICHOICE_VS", "MCVS", "MULTICHOICE_HS", "MCHS")
_WORDS = {"SHORTANSWER": False, "SA": False, "MW": False, "SHORTANSWER_C": True, "SAC": True, "MWC": True}
_NUMBERS = frozenset({"NUMERICAL", "NM"})
_SHARE = re.compile(r"\s*%(-?[0-9]{1,3}(?:\.[0-9]{0,10})?)%")


def read_embedded(asked: Asked) -> Asked:
    """The item as a cloze with a blank for each embedded answer. Raises Unfit for one that cannot be a gap here."""
    text, at = asked.text.text, 0
    blanks: list[Blank] = []
    parts: list[str] = []
    while found := _START.search(text, at):
        end = _end(text, found.end())
        if len(blanks) >= MOST:
            raise Unfit(f"it has more than {MOST} gaps")
        name = f"gap-{len(blanks) + 1}"
        parts += [text[at : found.start()], f"[[{name}]]"]
        blanks.append(Blank(name, _blank(asked, found[1], found[2], text[found.end() : end])))
        at = end + 1
    whole = "".join([*parts, text[at:]])
    return replace(asked, kind="cloze", text=replace(asked.text, text=whole), blanks=tuple(blanks))


def _end(text: str, start: int) -> int:
    at = start
    while at < len(text) and text[at] != "}":
        at += 2 if text[at] == "\\" else 1
    if at >= len(text):
        raise Unfit("a gap is not closed with `}`")
    return at


def _blank(asked: Asked, weight: str, kind: str, inner: str) -> Asked:
    points = number(weight or "1") or Fraction(1)
    form = asked.text.form
    pieces = [_answer(piece, form) for piece in _split(inner, "~")]
    bare = Asked("shortanswer", asked.place, Said(), answers=tuple(pieces), points=points)
    if kind in (*_SHOWN, *_SHUFFLED):
        shown = tuple(replace(a, text=replace(a.text, form=form)) for a in pieces)
        return replace(bare, kind="multichoice", answers=shown, is_shuffled=kind in _SHUFFLED)
    if kind in _WORDS:
        return replace(bare, is_case_kept=_WORDS[kind])
    if kind in _NUMBERS:
        return replace(bare, kind="numerical", answers=tuple(map(_bounded, pieces)))
    raise Unfit(f"a gap of the kind {kind} is none of ours")


def _bounded(answer: Answer) -> Answer:
    value, _, tolerance = answer.text.text.partition(":")
    middle, around = number(value), number(tolerance or "0")
    if middle is None or around is None:
        return answer
    return replace(answer, low=middle - abs(around), high=middle + abs(around))


def _answer(piece: str, form: str) -> Answer:
    found = _SHARE.match(piece)
    is_key = piece.startswith("=")
    share = share_of(found[1]) if found else Fraction(is_key)
    rest = piece[found.end() :] if found else piece[is_key:]
    words, *said = _split(rest, "#", 1)
    return Answer(Said(_plain(words, form), "plain"), share, Said(_plain("".join(said), form), form))


def _split(text: str, mark: str, most: int = -1) -> list[str]:
    """Parts between marks that no backslash stands before."""
    parts, start, at = list[str](), 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == mark and len(parts) != most:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]


def _plain(text: str, form: str) -> str:
    bare = re.sub(r"\\([}#~/\"\\])", r"\1", text.strip())
    return unescape(bare) if form == "html" else bare


def write_embedded(text: str, blanks: Iterable[Blank]) -> str:
    """The text with an embedded answer at each blank's place."""
    for blank in blanks:
        text = text.replace(f"[[{blank.id}]]", _written(blank.asked))
    return text


def _written(asked: Asked) -> str:
    kind = {"multichoice": "MULTICHOICE_S" if asked.is_shuffled else "MULTICHOICE", "numerical": "NUMERICAL"}
    pieces = []
    for answer in asked.answers:
        mark = "=" if answer.share == 1 else "" if not answer.share else f"%{_shown(answer.share * 100)}%"
        said = f"#{_escaped(answer.feedback.text)}" if answer.feedback.text else ""
        around = (answer.high - answer.low) / 2 if answer.low is not None and answer.high is not None else Fraction(0)
        pieces.append(f"{mark}{_escaped(answer.text.text)}{f':{_shown(around)}' if around else ''}{said}")
    weight = str(int(asked.points)) if asked.points.denominator == 1 else "1"
    return f"{{{weight}:{kind.get(asked.kind, 'SHORTANSWER')}:{'~'.join(pieces)}}}"


def _shown(value: Fraction) -> str:
    return show(value) if is_finite(value) else f"{float(value):.10g}"


def _escaped(text: str) -> str:
    return re.sub(r"([}#~\"\\])", r"\\\1", text.replace("\n\n", " ").replace("\n", " "))
