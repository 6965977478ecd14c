"""When a rule is met: the module is completed, then the course, then the certificate is there. Each once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ..content.model import Course, Module
from . import certificates, facts, record
from .progress import module_progress
from .record import Record
from .tables import Enrolment, ModuleState


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
    session.execute(
        update(ModuleState)
        .where(ModuleState.person_id == person_id, ModuleState.module == module.slug)
        .values(completed_at=now)
    )
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
    session.flush()
    _settle_course(session, person_id=person_id, course=course, now=now)


def _settle_course(session: Session, *, person_id: int, course: Course, now: datetime) -> None:
    enrolment = session.get_one(Enrolment, person_id)
    enrolment.modules_completed = session.execute(
        select(func.count())
        .select_from(ModuleState)
        .where(ModuleState.person_id == person_id, ModuleState.completed_at.is_not(None))
    ).scalar_one()
    if enrolment.completed_at is not None or enrolment.modules_completed < course.modules_to_complete:
        return
    enrolment.completed_at = now
    facts.add(
        session,
        key=f"completed_course:{person_id}",
        person_id=person_id,
        kind="completed_course",
        revision=course.digest,
        now=now,
        modules=enrolment.modules_completed,
    )
    session.flush()
    certificates.issue(session, person_id=person_id, course=course, now=now)
