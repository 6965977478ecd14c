"""Exports that outlive the tab they were asked for in: who asked for which, what may still be fetched, and for how long.

A file is for whoever asked for it alone, for as long as they may see all that its maker saw. ``making`` makes it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from ..accounts import organisations
from ..accounts.secrets import public_id
from ..accounts.tables import Person
from .tables import Export, ExportPart

KEPT = timedelta(days=3)  # from when it was made, or asked for
CLAIM = timedelta(minutes=5)  # a maker that has shown no sign of work for so long has died
SOON = timedelta(seconds=30)  # in which a maker that was started has begun
MOST = 5  # of one person, made or not
REPORTS = {"completion": "Completion", "people": "People"}


class TooMany(Exception):
    """Somebody has as many as one person may have."""


def ask(session: Session, *, person_id: int, report: str, form: str, about: str, now: datetime) -> Export:
    """Puts a file on the list of those to be made. Raises TooMany."""
    sweep(session, now)
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update())  # two that one person asks for at once
    if len(of_person(session, person_id)) >= MOST:
        raise TooMany
    one = Export(public_id=public_id(), person_id=person_id, report=report, form=form, about=about, asked_at=now)
    session.add(one)
    session.flush()
    return one


def of_person(session: Session, person_id: int) -> list[Export]:
    """All of theirs, the newest first."""
    return list(session.scalars(select(Export).where(Export.person_id == person_id).order_by(Export.id.desc())))


def find(session: Session, public_id: str, person_id: int) -> Export | None:
    return session.scalars(select(Export).where(Export.public_id == public_id, Export.person_id == person_id)).one_or_none()


def may_fetch(session: Session, one: Export, scope: Sequence[int] | None, now: datetime) -> bool:
    """Whether it is there, has not expired, and a reader with this scope may see all that its maker saw."""
    if one.made_at is None or expires_at(one) <= now:
        return False
    if scope is None or not one.scope:
        return scope is None
    return set(map(int, one.scope.split(","))) <= organisations.subtree(session, scope)


def expires_at(one: Export) -> datetime:
    return (one.made_at or one.asked_at) + KEPT


def pieces(session: Session, one: Export) -> Iterator[bytes]:
    """The file, piece by piece. Raises LookupError where one is gone meanwhile: nobody gets less and takes it for all."""
    part = ExportPart
    for number in range(one.parts):
        query = select(part.content).where(part.export_id == one.id, part.number == number)
        content = session.scalars(query).one_or_none()
        if content is None:
            raise LookupError(f"export {one.public_id} was deleted while it was fetched")
        yield zlib.decompress(content)


def drop(session: Session, one: Export) -> None:
    """Deletes it; whoever is making it finds out and stops."""
    _delete(session, Export.id == one.id)


def forget(session: Session, person_id: int) -> None:
    """Deletes all of a person whose account is deleted, and has every list of people made anew: they may be named in it.

    Whoever is making one finds out and stops.
    """
    _delete(session, Export.person_id == person_id)
    lists = Export.report == "people"
    session.execute(delete(ExportPart).where(ExportPart.export_id.in_(select(Export.id).where(lists))))
    nothing = {"made_at": None, "claimed_at": None, "rows": 0, "total": 0, "parts": 0, "size": 0}
    session.execute(update(Export).where(lists).values(nothing))


def sweep(session: Session, now: datetime) -> None:
    """Deletes what has expired, and what belongs to accounts that are no longer there."""
    gone = Export.person_id.in_(select(Person.id).where(Person.deactivated_at.is_not(None)))
    _delete(session, or_(func.coalesce(Export.made_at, Export.asked_at) <= now - KEPT, gone))


def _delete(session: Session, condition: Any) -> None:
    session.execute(delete(ExportPart).where(ExportPart.export_id.in_(select(Export.id).where(condition))))
    session.execute(delete(Export).where(condition))


_IS_OPEN = (Export.made_at.is_(None), Export.failed_at.is_(None))


def waiting(now: datetime) -> Select[int]:
    """What is to be made: nobody is at it, or somebody who has died."""
    nobody = or_(Export.claimed_at.is_(None), Export.claimed_at < now - CLAIM)
    return select(Export.id).where(*_IS_OPEN, nobody).order_by(Export.id)


def at_work(now: datetime) -> Select[int]:
    """What a maker is at."""
    return select(Export.id).where(*_IS_OPEN, Export.claimed_at >= now - CLAIM)


def is_any_open(session: Session) -> bool:
    """Whether something is to be made, or is being made."""
    return session.scalar(select(Export.id).where(*_IS_OPEN).limit(1)) is not None


def is_left(session: Session, now: datetime) -> bool:
    """Whether something waits that a maker should have begun by now, and none is at work."""
    waits = waiting(now).where(Export.asked_at < now - SOON)
    return session.scalar(waits.limit(1)) is not None and session.scalar(at_work(now).limit(1)) is None
