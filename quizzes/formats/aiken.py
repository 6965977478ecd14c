"""Aiken → items: a text, its choices behind letters, and `ANSWER: B`. Everything else in the file is told in the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from .asked import LONGEST, Answer, Asked, Said
from .decoding import decode
from .settling import Imported, settle

_CHOICE = re.compile(r"\s*([A-Za-z])\s*[.)]\s*(\S.*)")
_KEY = re.compile(r"\s*ANSWER\s*[:=]\s*([A-Za-z])\s*\.?\s*", re.IGNORECASE)


@dataclass(slots=True)
class _Block:
    line: int = 0
    text: list[str] = field(default_factory=list)
    choices: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_begun(self) -> bool:
        return bool(self.text or self.choices)


def read(data: bytes) -> Imported:
    """Raises Refused for a file that is no text."""
    text, changes = decode(data)
    return settle(_items(text), changes)


def _items(text: str) -> Iterator[Asked]:
    block = _Block()
    for number, line in enumerate(text.split("\n"), 1):
        key, choice = _KEY.fullmatch(line[:200]), _CHOICE.fullmatch(line)
        if key:
            yield _item(block if block.is_begun else _Block(number), key[1].upper())
            block = _Block()
        elif choice and block.text:
            block.choices.append((choice[1].upper(), choice[2].strip()))
        elif line.strip() and block.choices:
            yield _item(block, "")
            block = _Block(number, [line.strip()])
        elif line.strip():
            block.line = block.line or number
            block.text.append(line.strip())
    if block.is_begun:
        yield _item(block, "")


def _item(block: _Block, key: str) -> Asked:
    letters = [letter for letter, _ in block.choices]
    place, text = f"line {block.line}", Said("\n".join(block.text)[: LONGEST + 1], "plain")
    if key not in letters or len(set(letters)) != len(letters):
        why = f"`ANSWER: {key}` names none of its choices" if key else "no line `ANSWER: …` follows its choices"
        return Asked("multichoice", place, text, unfit=why)
    answers = tuple(Answer(Said(words, "plain"), Fraction(letter == key)) for letter, words in block.choices)
    return Asked("multichoice", place, text, answers=answers)
