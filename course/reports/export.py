"""The same rows as CSV and JSON. A spreadsheet must open the CSV with every accent and run nothing in it."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import quizzes

from .completion import Filters, Line, Report
from .people import Someone

Value = str | int | float | None
Row = Mapping[str, Value]
BOM = "\ufeff"  # Excel reads UTF-8 only behind it
FORMULA_START = set("=+-@\t\r\n")
COMPLETION_COLUMNS = (
    "organisation",
    "kind",
    "module",
    "enrolled",
    "started",
    "not_started",
    "passed",
    "completed",
    "mean_score_percent",
)
PEOPLE_COLUMNS = (
    "name",
    "email",
    "organisations",
    "enrolled_at",
    "percent",
    "score_percent",
    "passed_at",
    "completed_at",
    "last_at",
)


def completion_rows(report: Report) -> list[dict[str, str | int | None]]:
    """One mapping a line of the report, in its order; the one form that the page, the CSV and the JSON are checked against."""
    return [dict(zip(COMPLETION_COLUMNS, _line(line), strict=True)) for line in report.lines]


def _line(line: Line) -> tuple[str | int | None, ...]:
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
        None if counts.mean is None else quizzes.percent_of(counts.mean),
    )


def people_rows(people: Iterable[Someone]) -> list[dict[str, str | int | None]]:
    return [
        {
            "name": one.name,
            "email": one.email,
            "organisations": "; ".join(one.organisations),
            "enrolled_at": _iso(one.enrolled_at),
            "percent": one.percent,
            "score_percent": None if one.score is None else quizzes.percent_of(one.score),
            "passed_at": _iso(one.passed_at),
            "completed_at": _iso(one.completed_at),
            "last_at": _iso(one.last_at),
        }
        for one in people
    ]


def to_csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """RFC 4180 with a byte order mark; texts that a spreadsheet would run as a formula get an apostrophe before them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if row[name] is None else safe(row[name]) for name in columns])
    return BOM + text.getvalue()


def safe(value: Value) -> Value:
    """A text that no spreadsheet takes for a formula, whatever spaces or full-width signs it begins with."""
    if not isinstance(value, str):
        return value
    seen = unicodedata.normalize("NFKC", value).lstrip(" \u00a0\u200b\ufeff")
    return f"'{value}" if seen[:1] in FORMULA_START or value[:1] in FORMULA_START else value


def completion_json(report: Report) -> str:
    """The lines with the filters and rules they were counted by."""
    return json.dumps(
        {
            "made_at": _iso(report.made_at),
            "filters": _filters(report.filters),
            "rules": list(report.rules),
            "lines": completion_rows(report),
        },
        ensure_ascii=False,
        indent=1,
    )


def _filters(filters: Filters) -> dict[str, str]:
    return {
        "module": filters.module,
        "since": filters.since.isoformat() if filters.since else "",
        "until": filters.until.isoformat() if filters.until else "",
    }


def _iso(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value else None
