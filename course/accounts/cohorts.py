"""Cohorts: who keeps which, who belongs to it, and since when. Nobody is forgotten: whoever is taken out has been in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, func, insert, select, true, update
from sqlalchemy.orm import Session

from ..database.alone import one_by_one
from . import organisations, secrets
from .address_lists import Line
from .history import holds, people_within, places_within
from .names import clean_name, name_key
from .people import email_key, record
from .tables import Change, Cohort, CohortMember, Person

BATCH = 500  # people that a statement names


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line of a list of which something was not found: an address, or empty where there is none."""

    line: Line
    address: str


@dataclass(frozen=True, slots=True)
class Found:
    """The people whom a list of addresses names, each once, and what is wrong in it."""

    people: tuple[int, ...]
    wrong: tuple[Wrong, ...]


def make(session: Session, *, name: str, organisation_id: int | None, by_id: int, now: datetime) -> Cohort:
    cohort = Cohort(public_id=secrets.public_id(), organisation_id=organisation_id, name=clean_name(name)[:160], created_at=now)
    session.add(cohort)
    session.flush()
    record(session, person_id=None, by_id=by_id, what="cohort made", before="", after=cohort.name, now=now)
    return cohort


def find_open(session: Session, *, name: str, organisation_id: int | None) -> Cohort | None:
    """The open cohort of that name in the organisation. A closed one may have had the name before.

    Where there is none the caller makes it: whoever looks for the same waits until then.
    """
    one_by_one(session.connection(), f"cohort:{organisation_id}:{clean_name(name)[:160]}")
    there = select(Cohort).where(Cohort.organisation_id == organisation_id, Cohort.name == clean_name(name)[:160])
    return session.scalars(there.where(Cohort.closed_at.is_(None)).order_by(Cohort.id).limit(1)).first()


def rename(session: Session, cohort: Cohort, name: str, *, by_id: int, now: datetime) -> None:
    before, cohort.name = cohort.name, clean_name(name)[:160]
    if before != cohort.name:
        record(session, person_id=None, by_id=by_id, what="cohort renamed", before=before, after=cohort.name, now=now)


def close(session: Session, cohort: Cohort, *, is_closed: bool, by_id: int, now: datetime) -> None:
    """A closed cohort is no longer offered where a report is asked for; reports that name it stay as they are."""
    if is_closed != (cohort.closed_at is not None):
        cohort.closed_at = now if is_closed else None
        what = "cohort closed" if is_closed else "cohort opened"
        record(session, person_id=None, by_id=by_id, what=what, before=cohort.name, after=cohort.name, now=now)


def visible(session: Session, scope: Sequence[int] | None) -> list[Cohort]:
    """The cohorts of these organisations and of all below them, by name; None for all."""
    return _by_name(session.scalars(_seen(scope)))


def few(session: Session, scope: Sequence[int] | None, most: int) -> list[Cohort]:
    """Those of them that are open, or none where they are more than so many."""
    found = _by_name(session.scalars(_seen(scope).where(Cohort.closed_at.is_(None)).limit(most + 1)))
    return found if len(found) <= most else []


def of_person(session: Session, person_id: int, scope: Sequence[int] | None) -> list[Cohort]:
    """Those of them to which somebody belongs now."""
    mine = select(CohortMember.cohort_id).where(CohortMember.person_id == person_id, CohortMember.until_at.is_(None))
    return _by_name(session.scalars(_seen(scope).where(Cohort.id.in_(mine))))


def _by_name(found: Iterable[Cohort]) -> list[Cohort]:
    return sorted(found, key=lambda cohort: (name_key(cohort.name), cohort.id))


def find(session: Session, public_id: str, scope: Sequence[int] | None) -> Cohort | None:
    """None too where it is outside these organisations."""
    return session.scalars(_seen(scope).where(Cohort.public_id == public_id)).one_or_none()


def _seen(scope: Sequence[int] | None) -> Select[Cohort]:
    query = select(Cohort)
    return query if scope is None else query.where(Cohort.organisation_id.in_(places_within(scope, None)))


def places(session: Session, found: Collection[Cohort]) -> dict[int, str]:
    """What each of these cohorts belongs to, in words; those of no organisation are missing."""
    ids = {cohort.organisation_id for cohort in found if cohort.organisation_id is not None}
    paths = {place.id: " › ".join(place.path) for place in organisations.named(session, ids)}
    return {cohort.id: paths[cohort.organisation_id] for cohort in found if cohort.organisation_id is not None}


def sizes(session: Session, scope: Sequence[int] | None, of: Collection[Cohort]) -> dict[int, int]:
    """How many people within these organisations belong to each of these cohorts now; those with nobody are missing."""
    query = select(CohortMember.cohort_id, func.count()).where(CohortMember.until_at.is_(None), _within(scope))
    query = query.where(CohortMember.cohort_id.in_([cohort.id for cohort in of]))
    return dict(session.execute(query.group_by(CohortMember.cohort_id)).all())


def member_ids(cohort_id: int, at: datetime | None) -> Select[int]:
    """Who belonged to it at a moment; ``at`` None is now."""
    member = CohortMember
    return select(member.person_id).where(member.cohort_id == cohort_id, holds(member.since_at, member.until_at, at))


def members(
    session: Session, cohort: Cohort, scope: Sequence[int] | None, *, offset: int = 0, limit: int = 50
) -> Sequence[Any]:
    """Those within these organisations who belong to it now, by name: public_id, name, email, since_at."""
    query = (
        select(Person.public_id, Person.name, Person.email, CohortMember.since_at)
        .join(CohortMember, CohortMember.person_id == Person.id)
        .where(CohortMember.cohort_id == cohort.id, CohortMember.until_at.is_(None), _within(scope))
    )
    return session.execute(query.order_by(Person.name_key, Person.id).offset(offset).limit(limit)).all()


def member(session: Session, cohort: Cohort, public_id: str, scope: Sequence[int] | None) -> int | None:
    """The id of one of them; None where there is no such person within these organisations who belongs to it now."""
    query = select(Person.id).join(CohortMember, CohortMember.person_id == Person.id)
    mine = (CohortMember.cohort_id == cohort.id, CohortMember.until_at.is_(None), Person.public_id == public_id)
    return session.scalars(query.where(*mine, _within(scope))).one_or_none()


def _within(scope: Sequence[int] | None, person_id: Any = CohortMember.person_id) -> ColumnElement[bool]:
    """Whether this person is a member now of one of these organisations or of one below."""
    if scope is None:
        return true()
    return cast(ColumnElement[bool], person_id.in_(people_within(scope, None)))


def look_up(session: Session, lines: Sequence[Line], scope: Sequence[int] | None) -> Found:
    """Whom a list names, of those within these organisations. Each address that is nobody's there is told by its line."""
    asked = list(dict.fromkeys(email_key(address) for line in lines for address in line.addresses))
    known: dict[str, int] = {}
    for part in _batches(asked):
        query = select(Person.email_key, Person.id).where(Person.email_key.in_(part), Person.deactivated_at.is_(None))
        found = session.execute(query.where(_within(scope, Person.id)))
        known |= {key: person_id for key, person_id in found if key}
    wrong = [
        Wrong(line, address)
        for line in lines
        for address in line.addresses or ("",)
        if not address or email_key(address) not in known
    ]
    return Found(tuple(dict.fromkeys(known[key] for key in asked if key in known)), tuple(wrong))


def put_in(session: Session, cohort: Cohort, people: Sequence[int], *, by_id: int, now: datetime) -> int:
    """Who belongs to it already stays as they are. Returns how many came."""
    came = 0
    for part, there in _parts(session, cohort, people):
        new = [person_id for person_id in part if person_id not in there]
        if new:
            values = [{"cohort_id": cohort.id, "person_id": person_id, "since_at": now} for person_id in new]
            session.execute(insert(CohortMember), values)
            _record(session, new, by_id, "", cohort.name, now)
        came += len(new)
    return came


def take_out(session: Session, cohort: Cohort, people: Sequence[int], *, by_id: int, now: datetime) -> int:
    """They belonged to it until now. Returns how many went."""
    went = 0
    for _part, there in _parts(session, cohort, people):
        member = CohortMember
        mine = (member.cohort_id == cohort.id, member.person_id.in_(there), member.until_at.is_(None))
        session.execute(update(member).where(*mine).values(until_at=now))
        if there:
            _record(session, sorted(there), by_id, cohort.name, "", now)
        went += len(there)
    return went


def _parts(session: Session, cohort: Cohort, people: Sequence[int]) -> Iterator[tuple[Sequence[int], set[int]]]:
    """Some hundreds of them at a time, with those who belong to it. Two who change one cohort go one after the other."""
    session.execute(select(Cohort.id).where(Cohort.id == cohort.id).with_for_update())
    for part in _batches(people):
        yield part, set(session.scalars(member_ids(cohort.id, None).where(CohortMember.person_id.in_(part))))


def _batches(whole: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (whole[start : start + BATCH] for start in range(0, len(whole), BATCH))


def _record(session: Session, people: Sequence[int], by_id: int, before: str, after: str, now: datetime) -> None:
    """On the record of each of them."""
    same = {"at": now, "by_id": by_id, "what": "cohort", "before": before, "after": after}
    session.execute(insert(Change), [same | {"person_id": person_id} for person_id in people])
