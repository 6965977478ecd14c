"""When a rule is met: the module is completed, then the course, then the certificate is there. Each once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from ..content.model import Course, Module
from ..database.statements import Statement, changing
from . import certificates, facts, record
from .progress import module_progress
from .record import Record
from .tables import Enrolment, ModuleState

_person: Any = bindparam("person")
_modules = select(func.count()).where(ModuleState.person_id == _person, ModuleState.completed_at.is_not(None))
_complete: Statement[Any] = Statement(
    changing(ModuleState.__table__)
    .where(ModuleState.person_id == _person, ModuleState.module == bindparam("slug"))
    .values(completed_at=bindparam("at"))
)
_so_far: Statement[Any] = Statement(
    select(Enrolment.completed_at, _modules.scalar_subquery().label("modules")).where(Enrolment.person_id == _person)
)
_go_on: Statement[Any] = Statement(
    changing(Enrolment.__table__)
    .where(Enrolment.person_id == _person)
    .values(modules_completed=bindparam("modules"), completed_at=bindparam("at"))
)


def settle(
    session: Session, *, person_id: int, course: Course, module: Module, now: datetime, held: Record | None = None
) -> None:
    """Completes the module if its rule is met and it was not completed before. The caller holds the lock and commits.

    ``held`` is the record in this module as it is by now, where the caller has it.
    """
    held = held or record.read_module(session.connection(), person_id, module.slug)
    state = held.modules.get(module.slug)
    if state is None or state.completed_at is not None or not module_progress(module, held).is_complete:
        return
    session.flush()  # what was changed through objects, which these statements do not see
    _complete.run(session.connection(), {"person": person_id, "slug": module.slug, "at": now})
    facts.add(
        session,
        key=f"completed_module:{person_id}:{module.slug}",
        person_id=person_id,
        kind="completed_module",
        module=module.slug,
        revision=course.digest,
        now=now,
        rule=module.complete_when,
    )
    _settle_course(session, person_id=person_id, course=course, now=now)


def _settle_course(session: Session, *, person_id: int, course: Course, now: datetime) -> None:
    connection, whose = session.connection(), {"person": person_id}
    so_far = _so_far.all(connection, whose)[0]
    is_completed = so_far.completed_at is None and so_far.modules >= course.modules_to_complete
    at = now if is_completed else so_far.completed_at
    _go_on.run(connection, whose | {"modules": so_far.modules, "at": at})
    if not is_completed:
        return
    facts.add(
        session,
        key=f"completed_course:{person_id}",
        person_id=person_id,
        kind="completed_course",
        revision=course.digest,
        now=now,
        modules=so_far.modules,
    )
    certificates.issue(session, person_id=person_id, course=course, now=now)
