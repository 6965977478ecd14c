"""The examples of docs/authors/exchange.md hold."""

from __future__ import annotations

import re

from course.content.quiz_writing import items_text
from quizzes.formats import FORMATS
from tests.quizzes.formats import imported
from tests.rig.server import ROOT

PAGE = (ROOT / "docs/authors/exchange.md").read_text(encoding="utf-8")


def examples() -> list[str]:
    """The indented blocks of the page, without their indent."""
    blocks = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", PAGE, re.MULTILINE)
    return [re.sub(r"(?m)^    ", "", block) for block in blocks]


def test_the_example_of_gift_becomes_the_yaml_below_it() -> None:
    text, yaml = next((one, two) for one, two in zip(examples(), examples()[1:], strict=False) if one.startswith("// [id:"))
    assert items_text(imported("gift", text).items) == yaml


def test_the_ledger_reads_as_shown() -> None:
    shown = next(block for block in examples() if block.startswith("Items in:"))
    text = "::Doors::Q{T}\n\n::Word::Q{=a hall =%50%halls}\n\nRead this.\n"
    assert "".join(f"{line}\n" for line in imported("gift", text).ledger.lines()) == shown


def test_every_format_is_named() -> None:
    assert [form.words for form in FORMATS.values() if form.words not in PAGE] == []
