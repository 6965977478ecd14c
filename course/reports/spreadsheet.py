"""The same rows as XLSX: the rules on the first sheet, typed cells, a head that stays. Every text is text, never a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from tempfile import SpooledTemporaryFile
from typing import Any

from .completion import Report
from .csv_json import COMPLETION_COLUMNS, PEOPLE_COLUMNS, WEEK_COLUMNS, Row, Value, completion_rows, head, week_rows
from .filters import Filters, iso
from .headings import RIGHT_TO_LEFT, over

WIDE = {
    "prompt": 44,
    "reason": 18,
    "module": 18,
    "lesson": 24,
    "organisation": 44,
    "organisations": 44,
    "name": 28,
    "email": 30,
}
LARGEST = 1_000_000  # rows a sheet can hold are 1,048,576; whoever needs more takes the CSV
HELD = 1024 * 1024  # bytes of a workbook that are held in memory
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Workbook(SpooledTemporaryFile[bytes]):
    """The file of one, to be read from its beginning and closed; a long one lies on the disk."""

    def __init__(self) -> None:
        super().__init__(HELD)


def completion_xlsx(report: Report, title: str, headings: str = "") -> Workbook:
    with _Book(headings) as book:
        book.rules(head(title, report.filters, iso(report.made_at), report.rules))
        book.table("Completion", COMPLETION_COLUMNS, completion_rows(report))
        book.table("By week", WEEK_COLUMNS, week_rows(report.weeks))
    return book.file


def people_xlsx(
    people: Iterable[Sequence[Value]],
    title: str,
    filters: Filters,
    made_at: str | None,
    rules: Sequence[str],
    headings: str = "",
) -> Workbook:
    with _Book(headings) as book:
        book.rules(head(title, filters, made_at, rules))
        book.table("People", PEOPLE_COLUMNS, (dict(zip(PEOPLE_COLUMNS, cells, strict=True)) for cells in people))
    return book.file


def table_xlsx(columns: Sequence[str], rows: Iterable[Row], title: str, above: Sequence[str], headings: str = "") -> Workbook:
    """Any other table, with what stands above it on the first sheet."""
    with _Book(headings) as book:
        book.rules(above)
        book.table(title, columns, rows)
    return book.file


class _Book:
    """A workbook that is written row by row, so that a long one takes no more memory than a short one."""

    def __init__(self, headings: str) -> None:
        import xlsxwriter  # 2 MB of memory, which only those pay who ask for a workbook

        self.file, self._headings = Workbook(), headings
        never = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = xlsxwriter.Workbook(self.file, {"constant_memory": True, **never})
        self._bold = self._book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})

    def __enter__(self) -> _Book:
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        self._book.close()
        self.file.close() if failed else self.file.seek(0)

    def rules(self, lines: Sequence[str]) -> None:
        sheet = self._book.add_worksheet("Rules")
        sheet.set_column(0, 0, 110)
        for place, line in enumerate(lines):
            sheet.write_string(place, 0, line, self._wrapped if place else self._bold)

    def table(self, name: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        if self._headings in RIGHT_TO_LEFT:
            sheet.right_to_left()
        for place, (column, heading) in enumerate(zip(columns, over(columns, self._headings), strict=True)):
            sheet.set_column(place, place, WIDE.get(column, 17 if _is_moment(column) else 12))
            named = heading.replace("_", " ") + (" (UTC)" if _is_moment(column) else "")
            sheet.write_string(0, place, heading if self._headings else named, self._bold)
        number = 0
        for number, row in enumerate(rows, 1):
            if number > LARGEST:
                sheet.write_string(number, 0, "More rows than a sheet holds: take the CSV.")
                break
            for place, column in enumerate(columns):
                self._cell(sheet, number, place, column, row[column])
        sheet.autofilter(0, 0, min(number, LARGEST), len(columns) - 1)

    def _cell(self, sheet: Any, row: int, place: int, column: str, value: Any) -> None:
        if value is None:
            return
        if _is_moment(column):
            sheet.write_datetime(row, place, datetime.fromisoformat(value).replace(tzinfo=None), self._moment)
        elif column == "week":
            sheet.write_datetime(row, place, date.fromisoformat(value), self._day)
        elif isinstance(value, str):
            sheet.write_string(row, place, value)
        else:
            sheet.write_number(row, place, value)


def _is_moment(column: str) -> bool:
    return column.endswith("_at") or column == "since"
