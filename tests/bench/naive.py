"""The completion report counted by plain SQL over everybody, to hold the page and the exports against."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from course import config
from tests.sheets import as_text, read_xlsx

COUNTED = """
WITH RECURSIVE above (id, up) AS (
    SELECT id, id FROM organisations
    UNION ALL
    SELECT above.id, o.parent_id FROM above JOIN organisations o ON o.id = above.up WHERE o.parent_id IS NOT NULL
), everybody AS (
    SELECT p.id, e.completed_at, c.id AS certificate,
        EXISTS (SELECT 1 FROM module_states s WHERE s.person_id = p.id) AS started
    FROM people p JOIN enrolments e ON e.person_id = p.id LEFT JOIN certificates c ON c.person_id = p.id
    WHERE p.role = 'learner' AND NOT EXISTS (
        SELECT 1 FROM memberships m WHERE m.person_id = p.id AND m.role = 'manager' AND m.until_at IS NULL)
), counted AS (
    SELECT DISTINCT above.up, everybody.id, completed_at, certificate, started FROM above
    JOIN memberships m ON m.organisation_id = above.id AND m.role = 'member' AND m.until_at IS NULL
    JOIN everybody ON everybody.id = m.person_id
    UNION ALL
    SELECT 0, id, completed_at, certificate, started FROM everybody
)
SELECT up, count(*), sum(CASE WHEN started THEN 1 ELSE 0 END), count(completed_at), count(certificate) FROM counted GROUP BY up
"""
NAMES = "SELECT id, parent_id, name FROM organisations"
LARGEST = """
SELECT o.public_id FROM organisations o JOIN organisation_closure c ON c.ancestor_id = o.id
JOIN memberships m ON m.organisation_id = c.descendant_id WHERE o.kind = :kind
GROUP BY o.public_id ORDER BY count(*) DESC LIMIT 1
"""


def largest(session: Session, kind: str) -> str:
    """The country, or the municipality, in which most people are."""
    return str(session.execute(text(LARGEST), {"kind": kind}).scalar_one())


def compared(get: Callable[[str], bytes], environ: dict[str, str]) -> tuple[float, list[tuple[str, int]]]:
    """How long the naive count took, and what differs from it, counted. ``get`` asks for an address as an administrator."""
    address = "/en/reports/completion"
    shown = list(csv.DictReader(io.StringIO(get(f"{address}.csv?head=0").decode("utf-8-sig"))))
    answer = json.loads(get(f"{address}.json"))
    sheet = read_xlsx(get(f"{address}.xlsx"))["Completion"]
    others = [
        [{name: as_text(value) for name, value in line.items()} for line in answer["lines"]],
        [dict(zip(shown[0], map(as_text, line), strict=True)) for line in sheet[1:]],
    ]
    begun = time.perf_counter()
    wanted = counted(environ)
    took = time.perf_counter() - begun
    lines = {row["organisation"]: row for row in shown if row["module"] == "all"}
    columns = ("enrolled", "started", "completed", "certificates")
    wrong = sum([int(lines[place][name]) for name in columns] != list(figures) for place, figures in wanted.items())
    people = get(f"{address}/people.csv?head=0").count(b"\n") - 1
    return took, [
        ("lines of the report other than the naive count", wrong),
        ("exports of the report other than its CSV", sum(other != shown for other in others)),
        ("people listed more or fewer than enrolled", abs(people - int(shown[0]["enrolled"]))),
    ]


def counted(environ: dict[str, str]) -> dict[str, tuple[int, ...]]:
    """Enrolled, started, completed and certified by the path of the organisation; `all` for everybody. Zeros are left out."""
    url = config.load(environ).database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    with engine.connect() as connection:
        rows: list[Any] = list(connection.execute(text(COUNTED)))
        names = {row[0]: (row[1], row[2]) for row in connection.execute(text(NAMES))}
    engine.dispose()

    def path(place: int) -> str:
        parent, name = names[place]
        return f"{path(parent)} › {name}" if parent else name

    return {path(row[0]) if row[0] else "all": tuple(map(int, row[1:])) for row in rows}
