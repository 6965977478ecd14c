"""Items → the text of a quiz.yaml, so that our own loader reads the same items back and an author likes to go on with it.

An author's file is only ever added to: what stands in it, comments too, keeps every byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

import quizzes
from quizzes.model import Item, Quiz

from .yaml_reader import read_yaml

WIDE = 128  # columns that a line may take before a list or mapping goes over several
# What can stand without quotes and is read as itself: no mark of YAML, no word or number that another reader would change.
_PLAIN = re.compile(r"[^\W\d_](?:[^:#\n\t\[\]{},\"'&*!|>%@`\\]|(?<=[^\s]):(?=[^\s])){0,400}")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~", ""})
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15}|/\d{1,15})?%?")
_NUMBERS = frozenset({"points", "value", "tolerance", "cost", "weight", "factor", "from", "to", "step", "distance", "draw"})
_LONG = frozenset({"choices", "pairs", "blanks"})  # each entry on lines of its own
_RULES = ("attempts", "wait_minutes", "counts", "shuffle", "review", "time_limit_minutes", "pools")
_DEFAULTS: Mapping[str, Any] = {"points": "1", "shuffle": True, "multiple": False, "other": False, "accents": "optional"}


class NotAppended(Exception):
    """Items cannot be put behind those of a file as it is written; the text says why."""


def quiz_text(quiz: Quiz) -> str:
    """A whole quiz.yaml."""
    mapping = quizzes.to_mapping(quiz)
    head = {key: mapping[key] for key in _RULES if key in mapping}
    lines = [line for key, value in head.items() for line in _entry(key, value, 0)]
    return "\n".join([*lines, "items:", *_items(quiz.items), ""])


def items_text(items: Sequence[Item], indent: int = 0) -> str:
    """The items as entries of a list, as they stand below `items:`."""
    return "".join(f"{' ' * indent}{line}\n" if line else "\n" for line in _items(items))


def appended(text: str, items: Sequence[Item]) -> str:
    """The author's text with the items behind its own. Raises NotAppended where its list does not end the file."""
    document = read_yaml(text, "quiz.yaml")
    if not isinstance(document.value, dict) or not isinstance(document.value.get("items"), list):
        raise NotAppended("it has no list `items` to which anything could be added")
    places = [place for path, place in document.places.items() if path[:1] == ("items",) and len(path) == 2]
    after = [key for key in document.value if document.at((key,)) > document.at(("items",))]
    if not places or after:
        raise NotAppended(f"`{after[0]}` stands behind `items`; move it before" if after else "its list `items` is empty")
    line, column = places[-1]
    dash = document.lines[line - 1][: column - 1].rfind("-")
    if dash < 0 or document.lines[line - 1][:dash].strip():
        raise NotAppended("its items stand in brackets; write each on lines of its own that begin with `- `")
    end = "" if text.endswith("\n") else "\n"
    whole = f"{text}{end}{items_text(items, dash)}"
    _check_end(document.value["items"], whole)
    return whole


def _check_end(before: Sequence[Any], whole: str) -> None:
    """A block text at the end of a file could swallow what follows it; then the first items are no longer the same."""
    read = read_yaml(whole, "quiz.yaml")
    given = read.value.get("items") if isinstance(read.value, dict) else None
    if not isinstance(given, list) or given[: len(before)] != list(before):
        raise NotAppended("its end is written so that nothing can follow; end its last item with a line of its own")


def _items(items: Iterable[Item]) -> list[str]:
    lines: list[str] = []
    for mapping in quizzes.to_mapping(Quiz(tuple(items)))["items"]:
        shown = {key: value for key, value in mapping.items() if not _is_default(key, value, mapping)}
        if "hints" in shown:
            shown["hints"] = [hint if hint["cost"] != "0" else hint["text"] for hint in shown["hints"]]
        lines += _listed([line for key, value in shown.items() for line in _entry(key, value, 0)])
    return lines


def _is_default(key: str, value: Any, item: Mapping[str, Any]) -> bool:
    """Whether the reader would put in the same if the key were not there."""
    if key == "credit":
        return bool(value == next(iter(quizzes.kinds.KINDS[item["kind"]].CREDITS)))
    return key in _DEFAULTS and bool(_DEFAULTS[key] == value)


def _listed(lines: Sequence[str]) -> list[str]:
    """The lines of a mapping as one entry of a list."""
    return [f"- {lines[0]}", *(f"  {line}" if line else "" for line in lines[1:])]


def _entry(key: str, value: Any, depth: int) -> list[str]:
    on_one = f"{key}: {_flow(key, value)}"
    is_text = not isinstance(value, (dict, list))
    if is_text and isinstance(value, str) and "\n" in value and _fits_block(value):
        return [f"{key}: |-", *(f"  {line}" if line else "" for line in value.split("\n"))]
    if is_text or (key not in _LONG and len(on_one) + 2 * depth < WIDE):
        return [on_one]
    if isinstance(value, dict):
        return [f"{key}:", *(f"  {line}" for name, each in value.items() for line in _entry(name, each, depth + 1))]
    lines: list[str] = []
    for each in value:
        flow = _flow(key, each)
        fits = len(flow) + 2 * depth < WIDE or not isinstance(each, dict)
        inner = [line for name, part in each.items() for line in _entry(name, part, depth + 1)] if not fits else []
        lines += [f"- {flow}"] if fits else _listed(inner)
    return [f"{key}:", *lines]


def _fits_block(text: str) -> bool:
    """Whether a block (`|-`) gives the text back: it begins with a letter of its own and no line ends in spaces."""
    is_trimmed = text == text.strip() and all(line == line.rstrip() for line in text.split("\n"))
    return is_trimmed and text[0] != "#" and _is_shown(text)


def _flow(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_flow(name, each)}' for name, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(_flow(key, each) for each in value)}]"
    return _scalar(key, str(value))


def _scalar(key: str, text: str) -> str:
    if key in _NUMBERS and _NUMBER.fullmatch(text):
        return text
    is_plain = _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _WORDS and _is_shown(text)
    return text if is_plain else _quoted(text)


def _is_shown(text: str) -> bool:
    return all(letter == "\n" or (letter.isprintable() and letter != "\ufeff") for letter in text)


def _quoted(text: str) -> str:
    """In double quotes, with YAML's own escapes for what could not be seen."""
    if _is_shown(text) and "\n" not in text:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    written: str = yaml.safe_dump(text, default_style='"', width=float("inf"), allow_unicode=False)
    return written.rstrip("\n")
