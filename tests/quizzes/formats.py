"""Files of other systems for tests, and what became of them in words."""

from __future__ import annotations

from typing import Any

import quizzes
from quizzes.formats import FORMATS, Imported
from quizzes.model import Quiz

# A picture of one pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def imported(form: str, text: str | bytes) -> Imported:
    """What a file gives; that nothing is lost on the way is checked each time."""
    found = FORMATS[form].read(text if isinstance(text, bytes) else text.encode())
    ledger = found.ledger
    assert ledger.items_in == ledger.count("kept") + ledger.count("changed") + ledger.count("dropped")
    assert ledger.items_out == len(found.items)
    return found


def mappings(found: Imported) -> list[dict[str, Any]]:
    """The items as they are written, without what is the same for all: points, credit and so on by default."""
    plain = {"points": "1", "shuffle": True, "accents": "optional"}
    items = quizzes.to_mapping(Quiz(found.items))["items"]
    return [
        {
            key: value
            for key, value in item.items()
            if plain.get(key) != value and (key != "credit" or value != next(iter(quizzes.kinds.KINDS[item["kind"]].CREDITS)))
        }
        for item in items
    ]


def one(form: str, text: str) -> dict[str, Any]:
    """The one item of a file."""
    (item,) = mappings(imported(form, text))
    return item


def told(found: Imported) -> list[str]:
    """The fate of each item, with every change."""
    lines = []
    for entry in found.ledger.entries:
        lines.append(f"{entry.place} {entry.fate} {entry.item_id}".strip())
        lines += [f"  {change.what}: {change.why}" for change in entry.changes]
    return lines


def why(form: str, text: str) -> list[str]:
    """The changes of a file's one item, or why it was dropped."""
    found = imported(form, text)
    (entry,) = found.ledger.entries
    return [f"{change.what}: {change.why}" for change in entry.changes]


def question(kind: str, inner: str, text: str = "What?", form: str = "html") -> str:
    """Moodle XML with one item."""
    return (
        f'<quiz><question type="{kind}"><name><text>N</text></name>'
        f'<questiontext format="{form}"><text><![CDATA[{text}]]></text></questiontext>{inner}</question></quiz>'
    )


def answer(share: float | str, text: str, feedback: str = "", more: str = "") -> str:
    said = f"<feedback><text>{feedback}</text></feedback>" if feedback else ""
    return f'<answer fraction="{share}"><text>{text}</text>{more}{said}</answer>'
