"""Reads the tables of a report as those do who get them: on the page, as CSV, and as XLSX."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from xml.etree import ElementTree

from tests.site import Client

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
Cell = str | int | float | None


def page_figures(html: str) -> dict[str, dict[str, str]]:
    """Line → column → figure, as a person reads them on the page."""
    found = {}
    for name, cells in re.findall(r'<tr[^>]*data-line="([^"]*)"[^>]*>(.*?)</tr>', html, re.DOTALL):
        cell = {
            column: re.sub("<[^>]+>", "", value).replace("\u202f%", "").replace(" %", "").replace("\xa0%", "").strip()
            for column, value in re.findall(r'data-column="(\w+)">(.*?)</td>', cells, re.DOTALL)
        }
        found[name] = cell
    return found


def csv_rows(browser: Client, path: str) -> list[dict[str, str]]:
    text = browser.get(path).get_data()
    assert text.startswith(b"\xef\xbb\xbf")
    return table_of(text.decode("utf-8-sig"))


def table_of(text: str) -> list[dict[str, str]]:
    """The table of a CSV, as a program reads it that skips the rows of the head."""
    rows = csv.reader(io.StringIO(text, newline=""))
    columns, *found = [row for row in rows if not row[0].startswith("# ")]
    return [dict(zip(columns, row, strict=True)) for row in found]


def read_xlsx(content: bytes) -> dict[str, list[list[Cell]]]:
    """The sheets by name, as a spreadsheet program reads them, each cell with its type. No formula may be in any."""
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
