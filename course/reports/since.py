"""What changed in large places from the beginning of a kept day until a moment, counted from those alone who changed anything.

Who only did something counts where they did before. Who came, went or became staff is counted at both moments. Whoever did
neither counts as before.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    case,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from ..accounts.history import holds, member_places, pairs_within
from ..accounts.tables import Change, Membership, OrganisationVersion, Person
from ..database import given
from ..extensions import Moment
from ..learning.tables import Certificate, CertificateNote, Enrolment, Fact
from .counting import DAY, EPOCH, counted
from .filters import Filters
from .spans import steps
from .standing import EACH, counted_as, people_then
from .tables import EVERYWHERE, TallyPeople
from .tallied import Tallies

UNCOUNTED = ("opened", "completed_lesson", "undid_lesson", "started_attempt", "responded")  # facts that no report counts


def add(
    session: Session, held: Tallies, filters: Filters, since: datetime, whole: Collection[int], lines: Collection[int]
) -> None:
    """To what is held of these places at one moment, what it takes to be that of ``filters.as_of``."""
    at, places, with_modules = filters.as_of, (*whole, *lines), {*whole}
    assert at is not None
    module = filters.module or None if whole else filters.module
    moved = _moved(session, since, at)
    for moment, times in ((at, 1), (since, -1)) if moved else ():
        then = replace(filters, as_of=moment)
        people = people_then(then, _belonging(session, then, places, moved))
        held.add_rows(session.execute(counted_as(people, module, moment, times, trend=EACH)))
    where: dict[int, list[int]] = {}
    for place, person in session.execute(_belonging(session, filters, places, _did(session, since, at) - moved)):
        where.setdefault(person, []).append(place)
    happened = session.execute(_happened(session, where, module, since, at)).all() if where else []
    count = _who_count(session, filters, {row.person_id for row in happened})
    for person, *key, value, number in happened:
        for place in where[person] if person in count else ():
            if place in with_modules or key[0] == filters.module:
                held.add((place, *key), {value: number})


def _did(session: Session, since: datetime, at: datetime) -> set[int]:
    """Whoever did something that is counted, and some besides: of a day that is kept, whoever did so on it."""
    first, last = (since - EPOCH) // DAY + 1, -((EPOCH - at) // DAY)
    days = session.scalars(select(TallyPeople.people).where(TallyPeople.day >= first, TallyPeople.day <= last))
    found = {person for people in days for person in people}
    revoked = select(Certificate.person_id).join(CertificateNote, CertificateNote.certificate_id == Certificate.id)
    found |= {*session.scalars(revoked.where(CertificateNote.kind == "revoked", _between(CertificateNote.at, since, at)))}
    day, seen = session.execute(select(TallyPeople.day, TallyPeople.seen).order_by(TallyPeople.day.desc()).limit(1)).one()
    if last >= day:  # which had not ended when it was written
        found |= {*session.scalars(select(Fact.person_id).where(Fact.id > seen, Fact.kind.not_in(UNCOUNTED)))}
    return found


def _moved(session: Session, since: datetime, at: datetime) -> set[int]:
    """Whoever enrolled, joined or left an organisation, or stood below one that moved, and whoever was given another role."""
    member = Membership
    enrolled = select(Enrolment.person_id).where(_between(Enrolment.enrolled_at, since, at))
    asked: list[Select[Any]] = [
        enrolled.where(Enrolment.person_id > literal_column("0")),  # as ix_enrolments_enrolled has it
        select(member.person_id).where(or_(_between(member.since_at, since, at), _between(member.until_at, since, at))),
        select(Change.person_id).where(Change.what == "role", _between(Change.at, since, at)),
    ]
    if moved := _moved_organisations(session, since, at):
        stood = [member_places(moment, above=pairs_within(session, moved, moment)).subquery() for moment in (since, at)]
        asked += [select(one.c.person_id) for one in stood]
    return {person for query in asked for (person,) in session.execute(query)}


def _moved_organisations(session: Session, since: datetime, at: datetime) -> set[int]:
    """Those that stood elsewhere at the one moment than at the other, came or went."""
    version = OrganisationVersion
    stood = select(version.organisation_id, version.parent_id)
    before, after = (
        {
            (row.organisation_id, row.parent_id)
            for row in session.execute(stood.where(holds(version.since_at, version.until_at, moment)))
        }
        for moment in (since, at)
    )
    return {organisation for organisation, _parent in before ^ after}


def _belonging(session: Session, filters: Filters, places: Collection[int], people: Collection[int]) -> CompoundSelect[Any]:
    """(place_id, person_id), each pair once: in which of the places these people were."""
    ids, organisations = _ids(session, people), {*places} - {EVERYWHERE}
    parts: list[Any] = []
    if EVERYWHERE in places:
        everywhere = select(literal(EVERYWHERE).label("place_id"), Enrolment.person_id)
        parts.append(everywhere.where(Enrolment.person_id.in_(ids)))
    if organisations:
        parts.append(member_places(filters.as_of, organisations).where(Membership.person_id.in_(ids)))
    return union_all(*parts)


def _who_count(session: Session, filters: Filters, people: Collection[int]) -> set[int]:
    """Which of these people a report counts, wherever they belong."""
    counts = counted(filters).with_only_columns(Person.id).where(Person.id.in_(_ids(session, people)))
    return {*session.scalars(counts)} if people else set()


def _happened(
    session: Session, people: Collection[int], module: str | None, since: datetime, at: datetime
) -> CompoundSelect[Any]:
    """(person_id, module, measure, value, number): as what each of these people came to count, or, below 0, ceased to."""
    did, arms = _ids(session, people).cte("did"), []
    for step in steps(did, module):
        one = step.subquery()
        key = (one.c.person_id, one.c.module, one.c.measure, one.c.value)
        then, before = (case((_holds(one.c.began_at, one.c.ended_at, moment), 1), else_=0) for moment in (at, since))
        changed = or_(_between(one.c.began_at, since, at), _between(one.c.ended_at, since, at))
        arms.append(select(*key, (then - before).label("number")).where(changed))
    return union_all(*arms)


def _holds(began: Any, ended: Any, at: datetime) -> ColumnElement[bool]:
    return and_(began <= literal(at, Moment()), ended > literal(at, Moment()))


def _between(moment: Any, since: datetime, at: datetime) -> ColumnElement[bool]:
    """Whether a time is after the one and has come by the other."""
    return and_(moment > literal(since, Moment()), moment <= literal(at, Moment()))


def _ids(session: Session, people: Collection[int]) -> Select[Any]:
    return given.rows(session, ((person,) for person in sorted(people)), "person_id")
