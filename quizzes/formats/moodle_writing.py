"""Items as Moodle thinks of them → Moodle XML."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, log10
from xml.sax.saxutils import escape, quoteattr

from ..model import Quiz
from .asked import Answer, Asked, Dataset, Said
from .embedded import write_embedded
from .exporting import Exported, Writer
from .moodle_xml import items_of
from .telling import decimal

_FORMS = {"markdown": "markdown", "plain": "plain_text"}
MOST_DRAWN = 100  # sets of values that Moodle is given of a calculated item


def write(quiz: Quiz) -> Exported:
    return _WRITER.export(quiz)


def _written(asked: Asked) -> str:
    lines = [f"  <question type={quoteattr(asked.kind)}>"]
    if asked.margin:
        lines.append(f"    <!-- {asked.margin} -->")
    text = asked.text
    if asked.kind == "cloze":
        text = Said(write_embedded(text.text, asked.blanks), text.form)
    lines += [
        f"    <name><text>{escape(asked.name)}</text></name>",
        _said("questiontext", text),
        _said("generalfeedback", asked.general),
        f"    <defaultgrade>{decimal(asked.points)}</defaultgrade>",
        "    <penalty>0</penalty>",
        "    <hidden>0</hidden>",
        f"    <idnumber>{escape(asked.id)}</idnumber>",
        *_own(asked),
        *(_said("hint", hint) for hint in asked.hints),
    ]
    if asked.tags:
        tags = "".join(f"<tag><text>{escape(tag)}</text></tag>" for tag in asked.tags)
        lines.append(f"    <tags>{tags}</tags>")
    return "\n".join([*lines, "  </question>", ""])


def _said(name: str, said: Said, inner: str = "") -> str:
    form = _FORMS.get(said.form, "html")
    return f'    <{name} format="{form}"><text>{escape(said.text)}</text>{inner}</{name}>'


def _own(asked: Asked) -> Iterator[str]:
    if asked.kind in ("multichoice", "matching", "ordering"):
        yield f"    <shuffleanswers>{'true' if asked.is_shuffled else 'false'}</shuffleanswers>"
    if asked.kind == "multichoice":
        yield f"    <single>{'true' if asked.is_single else 'false'}</single>"
        yield "    <answernumbering>none</answernumbering>"
    if asked.kind == "shortanswer":
        yield "    <usecase>0</usecase>"
    if asked.kind == "ordering":
        count = len(asked.answers)
        yield f"    <layouttype>VERTICAL</layouttype><selecttype>ALL</selecttype><selectcount>{count}</selectcount>"
        yield f"    <gradingtype>{asked.grading}</gradingtype>"
    if asked.kind == "essay":
        yield "    <responseformat>editor</responseformat>"
    for name in ("correct", "partial", "incorrect"):
        said: Said = getattr(asked, name)
        if said.text:
            yield _said("partiallycorrectfeedback" if name == "partial" else f"{name}feedback", said)
    yield from (_answer(asked, answer) for answer in asked.answers)
    for left, right in asked.rows:
        answer = f'<answer format="markdown"><text>{escape(right.text)}</text></answer>'
        yield _said("subquestion", left, answer)
    yield from _numbers(asked)


def _answer(asked: Asked, answer: Answer) -> str:
    percent = answer.share * 100
    share = str(percent) if percent.denominator == 1 else f"{float(percent):.7f}"
    form = _FORMS.get(answer.text.form, "html")
    more = ""
    if asked.kind == "numerical" and answer.low is not None and answer.high is not None:
        more = f"<tolerance>{decimal((answer.high - answer.low) / 2)}</tolerance>"
    if asked.kind == "calculated" and answer.high is not None:
        kind = 1 if asked.is_relative else 2
        more = f"<tolerance>{decimal(answer.high)}</tolerance><tolerancetype>{kind}</tolerancetype>"
    feedback = _said("feedback", answer.feedback).strip() if answer.feedback.text else ""
    return f'    <answer fraction="{share}" format="{form}"><text>{escape(answer.text.text)}</text>{more}{feedback}</answer>'


def _numbers(asked: Asked) -> Iterator[str]:
    if asked.units:
        units = "".join(
            f"<unit><multiplier>{decimal(factor)}</multiplier><unit_name>{escape(name)}</unit_name></unit>"
            for name, factor in asked.units
        )
        yield f"    <units>{units}</units>"
    if asked.datasets:
        most = min(MOST_DRAWN, max(_count(data) for data in asked.datasets))
        yield f"    <dataset_definitions>{''.join(_dataset(data, most) for data in asked.datasets)}</dataset_definitions>"


def _count(data: Dataset) -> int:
    return int((data.high - data.low) / data.step) + 1


def _dataset(data: Dataset, most: int) -> str:
    """Its values in turn, each stride another one, so that the sets are different ones."""
    count = _count(data)
    stride = _stride(count)
    values = [decimal(data.low + (n * stride % count) * data.step) for n in range(most)]
    items = "".join(
        f"<dataset_item><number>{n}</number><value>{value}</value></dataset_item>" for n, value in enumerate(values, 1)
    )
    return (
        f"<dataset_definition><status><text>private</text></status><name><text>{escape(data.name)}</text></name>"
        "<type>calculated</type><distribution><text>uniform</text></distribution>"
        f"<minimum><text>{decimal(data.low)}</text></minimum><maximum><text>{decimal(data.high)}</text></maximum>"
        f"<decimals><text>{_decimals(data.step)}</text></decimals><itemcount>{most}</itemcount>"
        f"<dataset_items>{items}</dataset_items><number_of_items>{most}</number_of_items></dataset_definition>"
    )


def _stride(count: int) -> int:
    """Has no factor in common with the count, so that every value comes in its turn."""
    return next(n for n in range(max(1, count // 2), count + 2) if Fraction(n, count).denominator == count)


def _decimals(step: Fraction) -> int:
    return 0 if step.denominator == 1 else min(6, ceil(log10(step.denominator)))


def _read_back(text: str) -> Asked:
    return next(items_of(f"<quiz>{text}</quiz>", {}))


_WRITER = Writer("Moodle XML", _written, _read_back, '<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n', "</quiz>\n")
