"""The tables that reports count people from, read once after a start: the first report of a past day waits for no disk.

A row each of some ten thousand people lie all over these tables. Read in the order in which they lie, they are in the memory of
the system, or of PostgreSQL, in a second for a million learners; one by one it takes several.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..accounts.tables import Membership, Person
from ..learning.tables import Enrolment, ModuleState

OF_EACH = (Membership.role, Person.language, Enrolment.last_at, ModuleState.last_at)  # in no index, so that rows are read


def read_ahead(session: Session) -> list[int]:
    """How many rows each of these tables has, so much is read."""
    return [session.scalar(select(func.count(column))) or 0 for column in OF_EACH]
