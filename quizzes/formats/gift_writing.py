"""Items as Moodle thinks of them → GIFT."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from ..model import Quiz
from .asked import Answer, Asked, Said, Unfit
from .exporting import Exported, Writer
from .gift import items_of
from .telling import decimal

_MARKS = re.compile(r"[\\~=#{}:]")


def write(quiz: Quiz) -> Exported:
    return _WRITER.export(quiz)


def _written(asked: Asked) -> str:
    notes = [f"[id:{_bracketed(asked.id)}]", *(f"[tag:{_bracketed(tag)}]" for tag in asked.tags)]
    margin = [f"// {asked.margin}"] if asked.margin else []
    text = f"::{_escaped(asked.name)}::[markdown]{_escaped(asked.text.text)}"
    return "\n".join([f"// {' '.join(notes)}", *margin, f"{text}{_answers(asked)}", "", ""])


def _bracketed(text: str) -> str:
    return re.sub(r"([\\\]])", r"\\\1", " ".join(text.split()))


def _answers(asked: Asked) -> str:
    general = f"####{_text(asked.general)}" if asked.general.text else ""
    if asked.kind == "essay":
        return f"{{{general}}}"
    if asked.kind == "truefalse":
        return f"{{{_truth(asked.answers)}{general}}}"
    lines = {
        "multichoice": _choices,
        "shortanswer": _words,
        "numerical": _numbers,
        "matching": _rows,
        "ordering": _lines,
    }.get(asked.kind)
    if lines is None:
        raise Unfit(f"GIFT has no item of the kind {asked.kind}")
    first = {"numerical": "#", "ordering": f">{len(asked.answers)} ALL VERTICAL {asked.grading}"}.get(asked.kind, "")
    return "\n".join([f"{{{first}", *lines(asked), *([f"\t{general}"] if general else []), "}"])


def _truth(answers: tuple[Answer, ...]) -> str:
    right = next(answer for answer in answers if answer.share)
    wrong = next(answer for answer in answers if not answer.share)
    said = [_text(wrong.feedback), _text(right.feedback)]
    return "#".join([right.text.text.upper(), *(said if any(said) else [])])


def _choices(asked: Asked) -> Iterable[str]:
    for answer in asked.answers:
        mark = "=" if answer.share == 1 and asked.is_single else "~"
        weight = "" if mark == "=" or not answer.share else _weight(answer.share)
        if not weight and answer.text.text.startswith("%"):
            weight = "%100%" if mark == "=" else "%0%"
        yield f"\t{mark}{weight}{_text(answer.text)}{_feedback(answer)}"


def _words(asked: Asked) -> Iterable[str]:
    """`->` would make rows of them."""
    for answer in asked.answers:
        line = f"\t={_weight(answer.share)}{_escaped(answer.text.text)}{_feedback(answer)}"
        yield line.replace("->", "→")


def _numbers(asked: Asked) -> Iterable[str]:
    for answer in asked.answers:
        if answer.low is None or answer.high is None:
            yield f"\t~{_feedback(answer)}"
        elif asked.grading:
            yield f"\t={_weight(answer.share)}{decimal(answer.low)}..{decimal(answer.high)}{_feedback(answer)}"
        else:
            middle, around = (answer.low + answer.high) / 2, (answer.high - answer.low) / 2
            yield f"\t={_weight(answer.share)}{decimal(middle)}:{decimal(around)}{_feedback(answer)}"


def _rows(asked: Asked) -> Iterable[str]:
    for left, right in asked.rows:
        yield f"\t={_text(left).replace('->', '→')} -> {_text(right)}"


def _lines(asked: Asked) -> Iterable[str]:
    for answer in asked.answers:
        text = _text(answer.text)
        yield f"[markdown]{text}" if text.startswith("//") else text


def _feedback(answer: Answer) -> str:
    return f"#{_text(answer.feedback)}" if answer.feedback.text else ""


def _weight(share: Fraction) -> str:
    percent = share * 100
    return f"%{percent}%" if percent.denominator == 1 else f"%{float(percent):.7f}%"


def _text(said: Said) -> str:
    escaped = _escaped(said.text)
    return f"[markdown]{escaped}" if said.text.startswith("[") else escaped


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\g<0>", text).replace("\n", "\\n")


def _read_back(text: str) -> Asked:
    return next(items_of(text))


_WRITER = Writer("GIFT", _written, _read_back)
