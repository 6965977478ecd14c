"""Moodle XML → items as Moodle thinks of them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType

from . import margin
from .asked import Answer, Asked, Blank, Dataset, Said, Unfit
from .decoding import decode
from .embedded import read_embedded
from .gift import number, share_of
from .ledger import Change, Refused
from .settling import MOST_ITEMS, Imported, settle
from .tags import category_tag
from .xml_tree import Node, elements

_DECLARED = re.compile(rb"""\A(?:\xef\xbb\xbf)?\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,60})["']""")
_FORMS = {"html": "html", "moodle_auto_format": "moodle", "plain_text": "plain", "markdown": "markdown"}
_KINDS: Mapping[str, str] = MappingProxyType(
    {"multichoiceset": "multichoice", "calculatedsimple": "calculated", "ddmatch": "matching", "matching": "matching"}
)
_ITEM = re.compile(r"<question[\s/>]")
_GAP = re.compile(r"\[\[(\d{1,3})\]\]")
# What says how Moodle shows an item, or what only its own modes use: told once for the file.
_SETTINGS = MappingProxyType(
    {
        "penalty": "the penalty for another try",
        "answernumbering": "the numbering of choices",
        "showstandardinstruction": "Moodle's own instruction",
        "shownumcorrect": "the number of right responses shown",
        "hidden": "whether the item is hidden",
    }
)
_PLAIN_SETTINGS: Mapping[str, frozenset[str]] = MappingProxyType(
    {"penalty": frozenset({"0"}), "answernumbering": frozenset({"none", ""}), "hidden": frozenset({"0", ""})}
)


def read(data: bytes) -> Imported:
    """Raises Refused for a file that is no XML, more than it may be, or without any item."""
    found = _DECLARED.match(data[:400])
    text, changes = decode(data, found[1].decode("ascii") if found else "")
    if len(_ITEM.findall(text)) > MOST_ITEMS:
        raise Refused("the file", f"it holds more than {MOST_ITEMS:,} items", "split it into several files")
    settings: dict[str, int] = {}
    remarks = list(changes)
    items = list(items_of(_without_declaration(text), settings, remarks))
    if not items:
        raise Refused("the file", "it holds no element `question` below its root", "export the items as Moodle XML")
    return settle(items, [*remarks, *(_setting(name, count) for name, count in settings.items())])


def _without_declaration(text: str) -> str:
    """Blank lines before the first tag, as many exports have them, are no fault."""
    return text.lstrip("\ufeff \n\t")


def _setting(name: str, count: int) -> Change:
    what = f"{_SETTINGS[name]}, in {count} item{'s' if count > 1 else ''}"
    return Change("the file", what, "nothing here goes by it, so it was left out")


def items_of(text: str, settings: dict[str, int], remarks: list[Change] | None = None) -> Iterator[Asked]:
    category = ""
    for node in elements(text, "question"):
        kind = node.given.get("type", "")
        if kind == "category":
            category = category_tag(node.said("category"), f"line {node.line}", remarks)
            continue
        for name in _SETTINGS:
            settings_value = node.said(name).rstrip("0").rstrip(".") if name == "penalty" else node.said(name)
            if node.all(name) and settings_value not in _PLAIN_SETTINGS.get(name, frozenset({"0", ""})) | {""}:
                settings[name] = settings.get(name, 0) + 1
        yield _asked(node, kind, category)


def _asked(node: Node, kind: str, category: str) -> Asked:
    tags = [text for tag in node.first("tags").all("tag") if (text := tag.first("text").text.strip() or tag.text.strip())]
    asked = Asked(
        kind=_KINDS.get(kind, kind),
        place=f"line {node.line}",
        text=_said(node.first("questiontext")),
        name=node.said("name"),
        id=node.said("idnumber"),
        general=_said(node.first("generalfeedback")),
        correct=_said(node.first("correctfeedback")),
        partial=_said(node.first("partiallycorrectfeedback")),
        incorrect=_said(node.first("incorrectfeedback")),
        hints=tuple(_said(hint) for hint in node.few("hint")),
        tags=tuple(dict.fromkeys([*tags, *([category] if category else [])])),
        points=number(node.said("defaultgrade") or "1") or Fraction(0),
        is_single=node.said("single").lower() not in ("false", "0"),
        is_shuffled=node.said("shuffleanswers").lower() not in ("false", "0"),
        is_case_kept=node.said("usecase") == "1",
        is_all_or_nothing=kind == "multichoiceset",
        grading=node.said("gradingtype"),
        margin=next((text for text in node.comments if text.strip().startswith(margin.MARK)), ""),
        left_out=tuple(_left_out(node)),
    )
    if kind == "multichoiceset":
        asked = replace(asked, is_single=False)
    return _own(asked, node) if asked.kind in _OWN else asked


def _own(asked: Asked, node: Node) -> Asked:
    try:
        return _OWN[asked.kind](asked, node)
    except Unfit as unfit:
        return replace(asked, unfit=str(unfit))


def _left_out(node: Node) -> Iterator[tuple[str, str]]:
    for name, why in _DROPPED.items():
        said = node.said(name)
        if said and said not in ("0", "1", "editor"):
            yield f"`{name}`", why


def _said(node: Node) -> Said:
    """A text with the files that stand beside it."""
    text = node.first("text")
    files = {file.given.get("name", ""): _content(file) for file in node.all("file")}
    return Said(
        (text.text if node.all("text") else node.text).strip(), _FORMS.get(node.given.get("format", "html"), "html"), files
    )


def _content(file: Node) -> bytes:
    """Nothing for what is not encoded as it says."""
    try:
        return base64.b64decode(file.text) if file.given.get("encoding", "base64") == "base64" else b""
    except (binascii.Error, ValueError):
        return b""


def _answers(asked: Asked, node: Node) -> Asked:
    return replace(asked, answers=tuple(_answer(each) for each in node.few("answer")))


def _answer(node: Node) -> Answer:
    return Answer(_said(node), share_of(node.given.get("fraction", "0")), _said(node.first("feedback")))


def _shortanswer(asked: Asked, node: Node) -> Asked:
    answers = _answers(asked, node).answers
    return replace(asked, answers=tuple(replace(a, text=Said(a.text.text, "plain")) for a in answers))


def _numerical(asked: Asked, node: Node) -> Asked:
    answers = []
    for each in node.few("answer"):
        answer, value, around = _answer(each), number(_said(each).text), number(each.said("tolerance") or "0")
        if value is not None and around is not None:
            answer = replace(answer, low=value - abs(around), high=value + abs(around))
        answers.append(answer)
    return replace(asked, answers=tuple(answers), units=_units(node))


def _units(node: Node) -> tuple[tuple[str, Fraction], ...]:
    units = node.first("units").few("unit")
    return tuple((unit.said("unit_name"), number(unit.said("multiplier")) or Fraction(0)) for unit in units)


def _matching(asked: Asked, node: Node) -> Asked:
    rows = []
    for each in node.few("subquestion"):
        left, right = _said(each), each.first("answer")
        form = left.form if left.form == "markdown" and not right.given.get("format") else "plain"
        rows.append((left, replace(_said(right), form=_FORMS.get(right.given.get("format", ""), form))))
    return replace(asked, rows=tuple(rows))


def _gaps(asked: Asked, node: Node) -> Asked:
    """`[[2]]` in the text names the second choice; the choices of its group are those of its gap."""
    given = node.all("selectoption") or node.all("dragbox")
    options = [(_said(each), each.said("group") or "1") for each in given]
    blanks: list[Blank] = []

    def put(found: re.Match[str]) -> str:
        n = int(found[1])
        if not 1 <= n <= len(options) or len(blanks) >= _MOST_GAPS:
            raise Unfit(f"its gap {found[0]} names no choice, or it has more than {_MOST_GAPS} gaps")
        mine = [(m, said) for m, (said, group) in enumerate(options, 1) if group == options[n - 1][1]]
        answers = tuple(Answer(said, Fraction(m == n)) for m, said in mine)
        blanks.append(Blank(f"gap-{len(blanks) + 1}", replace(_BARE, place=asked.place, answers=answers)))
        return f"[[gap-{len(blanks)}]]"

    text = _GAP.sub(put, asked.text.text)
    return replace(asked, kind="cloze", text=replace(asked.text, text=text), blanks=tuple(blanks))


def _cloze(asked: Asked, node: Node) -> Asked:
    return read_embedded(asked)


def _calculated(asked: Asked, node: Node) -> Asked:
    answers = []
    for each in node.few("answer"):
        answer = _answer(each)
        answers.append(replace(answer, text=Said(answer.text.text, "plain"), high=number(each.said("tolerance") or "0")))
    kinds = {each.said("tolerancetype") or "1" for each in node.few("answer")}
    if kinds - {"1", "2"}:
        raise Unfit("its tolerance is neither an amount nor a share")
    datasets = tuple(_dataset(each) for each in node.first("dataset_definitions").few("dataset_definition"))
    return replace(asked, answers=tuple(answers), datasets=datasets, is_relative=kinds == {"1"}, units=_units(node))


def _dataset(node: Node) -> Dataset:
    low, high = number(node.said("minimum")), number(node.said("maximum"))
    decimals = number(node.said("decimals") or "0") or Fraction(0)
    if low is None or high is None or high < low or not 0 <= decimals <= 6:
        raise Unfit(f"the parameter {{{node.said('name')[:60]}}} has no range of values")
    return Dataset(node.said("name"), low, high, _step(node, low, high) or Fraction(1, 10 ** int(decimals)))


def _step(node: Node, low: Fraction, high: Fraction) -> Fraction | None:
    """Where the values that were drawn run from end to end in equal steps, that step."""
    drawn = (number(each.said("value")) for each in node.first("dataset_items").all("dataset_item"))
    values = sorted({value for value in drawn if value is not None})
    steps = {after - before for before, after in pairwise(values)}
    return steps.pop() if len(steps) == 1 and (values[0], values[-1]) == (low, high) else None


def _as_it_is(asked: Asked, node: Node) -> Asked:
    return asked


_MOST_GAPS = 100
_BARE = Asked("multichoice", "", Said())
_OWN: Mapping[str, Callable[[Asked, Node], Asked]] = MappingProxyType(
    {
        "multichoice": _answers,
        "truefalse": _answers,
        "shortanswer": _shortanswer,
        "numerical": _numerical,
        "matching": _matching,
        "ordering": _answers,
        "essay": _as_it_is,
        "cloze": _cloze,
        "multianswer": _cloze,
        "gapselect": _gaps,
        "ddwtos": _gaps,
        "calculated": _calculated,
    }
)
_DROPPED: Mapping[str, str] = MappingProxyType(
    {
        "graderinfo": "nobody grades what is written here",
        "responsetemplate": "the field begins empty here",
        "responseformat": "a text is written here, and nothing else is handed in",
        "attachments": "no file is handed in here",
        "unitpenalty": "a wrong unit is a wrong response here",
    }
)
