"""Adding facts. A key makes each happen once; the database refuses the second.

What a learner waits for goes through Core statements that are built once: through the ORM each costs several times as much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import Session

from ..database.statements import Statement, inserting
from .tables import Enrolment, Fact

_add = inserting(Fact.__table__, "key", "person_id", "kind", "module", "lesson", "attempt_id", "revision", "at", "detail")
_hold: Statement[Any] = Statement(
    select(Enrolment.person_id).where(Enrolment.person_id == bindparam("person")).with_for_update()
)


def add(
    session: Session,
    *,
    key: str,
    person_id: int,
    kind: str,
    revision: str,
    now: datetime,
    module: str | None = None,
    lesson: str | None = None,
    attempt_id: int | None = None,
    **detail: Any,
) -> None:
    """Raises IntegrityError when the key was used: then it has happened already."""
    one = fact(
        key=key,
        person_id=person_id,
        kind=kind,
        revision=revision,
        now=now,
        module=module,
        lesson=lesson,
        attempt_id=attempt_id,
        **detail,
    )
    add_all(session.connection(), [one])


def fact(
    *,
    key: str,
    person_id: int,
    kind: str,
    revision: str,
    now: datetime,
    module: str | None = None,
    lesson: str | None = None,
    attempt_id: int | None = None,
    **detail: Any,
) -> dict[str, Any]:
    """A fact that is not on record yet; ``add_all`` takes many."""
    return {
        "key": key,
        "person_id": person_id,
        "kind": kind,
        "module": module,
        "lesson": lesson,
        "attempt_id": attempt_id,
        "revision": revision,
        "at": now,
        "detail": detail,
    }


def add_all(connection: Connection, found: Sequence[Mapping[str, Any]]) -> None:
    """Many facts in one statement. Raises IntegrityError when any of their keys was used; then none is added."""
    _add.run_many(connection, found)


def hold(connection: Connection, person_id: int) -> bool:
    """What ``lock`` does, for those who need nothing of the enrolment; whether anything is held now."""
    return connection.dialect.name == "sqlite" or is_held(connection, person_id)


def is_held(connection: Connection, person_id: int) -> bool:
    """What ``lock`` does, and whether there is an enrolment: without one nothing is held.

    Looking first and locking then would not do: who enrols in between is seen and not held.
    """
    return _hold.first(connection, {"person": person_id}) is not None


def lock(session: Session, person_id: int) -> Enrolment | None:
    """The learner's enrolment, held until the transaction ends, so that two requests of one person go one after the other.

    SQLite holds the whole database for a writing transaction already.
    """
    return session.scalar(select(Enrolment).where(Enrolment.person_id == person_id).with_for_update())


def lock_all(session: Session, person_ids: Sequence[int]) -> dict[int, Enrolment]:
    """The same for several learners, always in the order of their ids, so that two who lock several cannot block each other."""
    ordered = select(Enrolment).where(Enrolment.person_id.in_(person_ids)).order_by(Enrolment.person_id)
    held = session.scalars(ordered.with_for_update().execution_options(populate_existing=True))
    return {enrolment.person_id: enrolment for enrolment in held}
