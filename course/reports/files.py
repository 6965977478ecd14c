"""The reports as files: one place says how each is written in each form, for the page, the command and exports made later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from . import csv_json, spreadsheet
from .completion import Report
from .csv_json import Row
from .everyone import Cells
from .filters import Filters, iso, states_of
from .headings import over
from .spreadsheet import Workbook

TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": spreadsheet.TYPE, "json": "application/json; charset=utf-8"}
FORMS = {"csv": "CSV", "xlsx": "XLSX", "json": "JSON"}


@dataclass(frozen=True, slots=True)
class Look:
    """How a table is written: whether the rules stand above a CSV, and the language of the headings (empty: their names)."""

    has_head: bool = True
    headings: str = ""


PLAIN = Look()
Content = str | Iterator[str] | Workbook  # whole, in pieces, or a file to be read and closed


def put_together(texts: Iterable[str], size: int, *, first_at_once: bool = False) -> Iterator[str]:
    """The same text in pieces of at least ``size`` characters, the last one of what is left."""
    held: list[str] = []
    length = size if first_at_once else 0
    for text in texts:
        held.append(text)
        length += len(text)
        if length >= size:
            yield "".join(held)
            held, length = [], 0
    yield "".join(held)


def read(file: Workbook, size: int) -> Iterator[bytes]:
    """The file in pieces of so many bytes; it is closed behind the last."""
    with file:
        while piece := file.read(size):
            yield piece


def completion_file(report: Report, form: str, look: Look = PLAIN, *, of_weeks: bool = False) -> Content:
    """A CSV is one table: ``of_weeks`` chooses that of the weeks. The other forms hold both."""
    title = "Completion"
    if form == "xlsx":
        return spreadsheet.completion_xlsx(report, title, look.headings)
    if form == "json":
        return csv_json.completion_json(report)
    above = csv_json.head(title, report.filters, iso(report.made_at), report.rules)
    if of_weeks:
        return _csv(csv_json.WEEK_COLUMNS, csv_json.week_rows(report.weeks), above, look)
    return _csv(csv_json.COMPLETION_COLUMNS, csv_json.completion_rows(report), above, look)


def _csv(columns: Sequence[str], rows: Iterable[Row], above: Sequence[str], look: Look) -> Iterator[str]:
    return csv_json.csv_lines(columns, rows, above if look.has_head else (), over(columns, look.headings))


def table_file(
    columns: Sequence[str], rows: Iterable[Row], form: str, title: str, above: Sequence[str], look: Look = PLAIN
) -> Content:
    """Any other report: one table, with lines above it that say what it is and how it was counted."""
    if form == "xlsx":
        return spreadsheet.table_xlsx(columns, rows, title, above, look.headings)
    if form == "json":
        return csv_json.table_json(rows, above)
    return _csv(columns, rows, above, look)


def people_file(
    people: Iterable[Cells],
    form: str,
    filters: Filters,
    state: str,
    made_at: str | None,
    rules: Sequence[str],
    look: Look = PLAIN,
) -> Content:
    """The people behind a figure, however many there are."""
    title = f"{states_of(filters.module)[state]}: people"
    if form == "xlsx":
        return spreadsheet.people_xlsx(people, title, filters, made_at, rules, look.headings)
    if form == "json":
        return csv_json.people_json(people, filters, made_at, rules)
    above = csv_json.head(title, filters, made_at, rules) if look.has_head else ()
    return csv_json.csv_pieces(over(csv_json.PEOPLE_COLUMNS, look.headings), people, above)
