"""The scores that counted, kept with their times, so that a report of a past moment knows the one of that moment."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from sqlalchemy import Connection, bindparam, insert, select, update

from .summaries import ppm
from .tables import ScoreChange

_c = ScoreChange.__table__.c
_last = select(_c.number, _c.score).where(
    _c.person_id == bindparam("person"), _c.module == bindparam("slug"), _c.until_at.is_(None)
)
_end = (
    update(ScoreChange.__table__)  # type: ignore[arg-type]  # a declared table is one
    .where(_c.person_id == bindparam("person"), _c.module == bindparam("slug"), _c.number == bindparam("which"))
    .values(until_at=bindparam("at"))
)
_add = insert(ScoreChange.__table__)  # type: ignore[arg-type]


def keep(connection: Connection, person_id: int, module: str, score: Fraction, now: datetime) -> None:
    """Called when the score that counts was written; one that stays the same is no change. The caller holds the lock."""
    whose = {"person": person_id, "slug": module}
    last = connection.execute(_last, whose).one_or_none()
    if last is not None and last.score == str(score):
        return
    if last is not None:
        connection.execute(_end, whose | {"which": last.number, "at": now})
    number = last.number + 1 if last else 1
    row = {"person_id": person_id, "module": module, "number": number, "score": str(score), "score_ppm": ppm(score)}
    connection.execute(_add, row | {"since_at": now})
