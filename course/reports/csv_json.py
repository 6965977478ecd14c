"""The same rows as CSV and JSON. A spreadsheet must open the CSV with every accent and run nothing in it.

Above the table a CSV holds the rules it was counted by, each in one cell that begins with ``# ``; the first of them says in
which row the table begins. A program skips rows that begin with ``#``, or asks for the table without its head.
"""

from __future__ import annotations

import csv
import io
import json
import string
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice

import quizzes

from .completion import Line, Report, Week
from .filters import WHO, Filters, exact, iso

Value = str | int | float | None
Row = Mapping[str, Value]
BOM = "\ufeff"  # Excel reads UTF-8 only behind it
FORMULA_START = set("=+-@\t\r\n")
HARMLESS_START = {*string.ascii_letters, *string.digits, ""}  # most texts, which need no closer look
ROWS = 250  # of a CSV that are made at once
COMPLETION_COLUMNS = (
    "organisation",
    "kind",
    "module",
    "enrolled",
    "started",
    "not_started",
    "passed",
    "completed",
    "certificates",
    "mean_score_percent",
    "median_score_percent",
    "median_days",
)
WEEK_COLUMNS = ("week", "began", "completed")
PEOPLE_COLUMNS = (
    "name",
    "email",
    "organisations",
    "enrolled_at",
    "started_at",
    "percent",
    "score_percent",
    "passed_at",
    "completed_at",
    "last_at",
)


def completion_rows(report: Report) -> list[dict[str, Value]]:
    """One mapping a line of the report, in its order; the one form that page, CSV, XLSX and JSON are checked against."""
    return [dict(zip(COMPLETION_COLUMNS, _line(line), strict=True)) for line in report.lines]


def _line(line: Line) -> tuple[Value, ...]:
    counts = line.counts
    return (
        " › ".join(line.place.path) if line.place else "all",
        line.place.kind if line.place else "total",
        line.module or "all",
        counts.enrolled,
        counts.started,
        counts.not_started,
        counts.passed,
        counts.completed,
        counts.certified,
        _percent(counts.mean),
        _percent(counts.median),
        number(counts.median_days),
    )


def _percent(scaled: Fraction | None) -> int | None:
    return None if scaled is None else quizzes.percent_of(scaled)


def number(value: Fraction | None) -> Value:
    """A whole number as one; halves, which medians may be, as they are."""
    return None if value is None else int(value) if value.denominator == 1 else float(value)


def week_rows(weeks: Iterable[Week]) -> list[dict[str, Value]]:
    return [{"week": week.begins_on.isoformat(), "began": week.began, "completed": week.completed} for week in weeks]


def head(title: str, filters: Filters, made_at: str | None, rules: Sequence[str]) -> list[str]:
    """What stands before a table: what it is, of which moment, by which filters and rules."""
    limits = [f"{name}: {value}" for name, value in filters_of(filters).items() if value]
    return [title, f"Made at {made_at}", *limits, *rules]


def csv_lines(
    columns: Sequence[str], rows: Iterable[Row], above: Sequence[str] = (), headings: Sequence[str] = ()
) -> Iterator[str]:
    return csv_pieces(headings or columns, ([row[name] for name in columns] for row in rows), above)


def csv_pieces(headings: Sequence[str], rows: Iterable[Sequence[Value]], above: Sequence[str] = ()) -> Iterator[str]:
    """RFC 4180 with a byte order mark; texts that a spreadsheet would run as a formula get an apostrophe before them.

    The head comes before the first row is asked for, and then the rows, some hundreds at a time.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if above:
        writer.writerow([f"# The table begins in row {len(above) + 2}; each row before it begins with #."])
        writer.writerows([f"# {line}"] for line in above)
    writer.writerow(headings)
    yield BOM + text.getvalue()
    left = iter(rows)
    while part := [[safe(value) for value in row] for row in islice(left, ROWS)]:
        text.seek(0)
        text.truncate()
        writer.writerows(part)
        yield text.getvalue()


def safe(value: Value) -> Value:
    """A text that no spreadsheet takes for a formula, whatever spaces or full-width signs it begins with."""
    if not isinstance(value, str) or value[:1] in HARMLESS_START:
        return value
    seen = unicodedata.normalize("NFKC", value).lstrip(" \u00a0\u200b\ufeff")
    return f"'{value}" if seen[:1] in FORMULA_START or value[:1] in FORMULA_START else value


def completion_json(report: Report) -> str:
    """The lines with the filters and rules they were counted by."""
    return json.dumps(
        {
            "made_at": iso(report.made_at),
            "filters": filters_of(report.filters),
            "rules": list(report.rules),
            "lines": completion_rows(report),
            "weeks": week_rows(report.weeks),
        },
        ensure_ascii=False,
        indent=1,
    )


def table_json(rows: Iterable[Row], above: Sequence[str]) -> Iterator[str]:
    """Any other table, with the lines that stand above it in a CSV, piece by piece."""
    yield json.dumps({"about": list(above)}, ensure_ascii=False)[:-1] + ', "rows": ['
    yield from _listed(map(dict, rows))


def _listed(rows: Iterable[Row]) -> Iterator[str]:
    """The rows of a list that has been opened, a line each, and its end."""
    for place, row in enumerate(rows):
        yield (",\n" if place else "\n") + json.dumps(row, ensure_ascii=False)
    yield "\n]}\n"


def people_json(
    people: Iterable[Sequence[Value]], filters: Filters, made_at: str | None, rules: Sequence[str]
) -> Iterator[str]:
    """The people as JSON, piece by piece."""
    before = {"made_at": made_at, "filters": filters_of(filters), "rules": list(rules)}
    yield json.dumps(before, ensure_ascii=False)[:-1] + ', "people": ['
    yield from _listed(dict(zip(PEOPLE_COLUMNS, cells, strict=True)) for cells in people)


def filters_of(filters: Filters) -> dict[str, str]:
    """In words that can be read back."""
    return {
        "organisation": filters.within,
        "as_of": exact(filters.as_of) if filters.as_of else "",
        "module": filters.module,
        "since": filters.since.isoformat() if filters.since else "",
        "until": filters.until.isoformat() if filters.until else "",
        "language": filters.language,
        "cohort": filters.cohort_name,
        "who": WHO[filters.who],
    } | {
        name: value
        for name, value in (("week", filters.week.isoformat() if filters.week else ""), ("name", filters.words))
        if value
    }
