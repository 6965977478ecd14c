"""The scores that counted, kept with their times, so that a report of a past moment knows the one of that moment."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, bindparam, select

from ..database.statements import Statement, changing, inserting
from .summaries import ppm
from .tables import ScoreChange

_c = ScoreChange.__table__.c
_last: Statement[Any] = Statement(
    select(_c.number).where(_c.person_id == bindparam("person"), _c.module == bindparam("slug"), _c.until_at.is_(None))
)
_end: Statement[Any] = Statement(
    changing(ScoreChange.__table__)
    .where(_c.person_id == bindparam("person"), _c.module == bindparam("slug"), _c.number == bindparam("which"))
    .values(until_at=bindparam("at"))
)
_add = inserting(ScoreChange.__table__, "person_id", "module", "number", "score", "score_ppm", "since_at")


def keep(connection: Connection, person_id: int, module: str, before: str | None, score: Fraction, now: datetime) -> None:
    """Called when the score that counts is written, in the place of the one ``before``. The caller holds the lock."""
    if before == str(score):
        return
    number = 1
    if before is not None:
        whose = {"person": person_id, "slug": module}
        last: int = _last.scalar(connection, whose)
        _end.run(connection, whose | {"which": last, "at": now})
        number = last + 1
    row = {"person_id": person_id, "module": module, "number": number, "score": str(score), "score_ppm": ppm(score)}
    _add.run(connection, row | {"since_at": now})
