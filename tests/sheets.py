"""Reads an XLSX as a spreadsheet program does: its sheets by name, each cell with its type. No formula may be in any."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
Cell = str | int | float | None


def read_xlsx(content: bytes) -> dict[str, list[list[Cell]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = [str(one.get("name")) for one in _read(book, "xl/workbook.xml").iter(f"{MAIN}sheet")]
        shared = []
        if "xl/sharedStrings.xml" in book.namelist():
            shared = ["".join(text.itertext()) for text in _read(book, "xl/sharedStrings.xml").iter(f"{MAIN}si")]
        return {name: _sheet(_read(book, f"xl/worksheets/sheet{n}.xml"), shared) for n, name in enumerate(names, 1)}


def as_text(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _read(book: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(book.read(name))


def _sheet(root: ElementTree.Element, shared: list[str]) -> list[list[Cell]]:
    assert list(root.iter(f"{MAIN}f")) == [], "no formula"
    rows: list[list[Cell]] = []
    for row in root.iter(f"{MAIN}row"):
        found: dict[int, Cell] = {}
        for cell in row.iter(f"{MAIN}c"):
            found[_column(str(cell.get("r")))] = _value(cell, shared)
        rows.append([found.get(place) for place in range(max(found, default=-1) + 1)])
    width = max(map(len, rows), default=0)
    return [row + [None] * (width - len(row)) for row in rows]


def _column(address: str) -> int:
    number = 0
    for letter in address.rstrip("0123456789"):
        number = number * 26 + ord(letter) - 64
    return number - 1


def _value(cell: ElementTree.Element, shared: list[str]) -> Cell:
    if cell.get("t") == "inlineStr":
        return "".join(cell.itertext())
    text = cell.findtext(f"{MAIN}v")
    if text is None or cell.get("t") == "s":
        return shared[int(text)] if text else None
    return float(text) if "." in text else int(text)
