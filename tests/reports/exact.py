"""Whether the tallies are what a count of everybody gives, by the views that fill them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

KEPT = (
    "SELECT place_id, module, is_staff, measure, value, sum(number) AS number FROM "
    "(SELECT place_id, module, is_staff, measure, value, number FROM tallies UNION ALL "
    "SELECT place_id, module, is_staff, measure, value, number FROM tally_changes) AS t "
    "GROUP BY place_id, module, is_staff, measure, value HAVING sum(number) <> 0"
)
COUNTED = "SELECT place_id, module, is_staff, measure, value, number FROM counting_tallies"
STEPS = "SELECT person_id, is_started, modules_passed, is_certified FROM {}"
PLACES = "SELECT person_id, place_id, is_staff, {} FROM {} JOIN people ON people.id = person_id"


def tallies(session: Session) -> list[tuple[Any, ...]]:
    return _rows(session, KEPT)


def check_tallies(session: Session) -> None:
    session.flush()
    kept = _rows(session, PLACES.format("tally_places.name_key", "tally_places"))
    assert kept == _rows(session, PLACES.format("people.name_key", "counting_places"))
    assert _rows(session, STEPS.format("enrolments")) == _rows(session, STEPS.format("counting_steps"))
    assert tallies(session) == _rows(session, COUNTED)


def _rows(session: Session, query: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in session.execute(text(query)))
