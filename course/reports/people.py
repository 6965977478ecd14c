"""The people behind a number, and for one person the facts behind the figures."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, func, select, true
from sqlalchemy.orm import Session

from ..accounts import organisations
from ..accounts import people as accounts
from ..accounts.history import holds, member_places, people_within, places_at, places_within
from ..accounts.tables import Membership, Person
from ..content.model import Course
from ..learning.progress import course_progress, module_progress
from ..learning.record import LessonRecord, ModuleRecord, Record
from ..learning.tables import Enrolment, Fact, LessonState
from . import counting, pages, tallied
from .completion import limits, needed_to_pass
from .filters import Filters
from .pages import Spot

STREAMED = 500  # people whose rows are held at once in an export
START = Spot()
DONE = LessonRecord(done_at=counting.EPOCH)  # as far as percentages need it: sometime
DELETED, AWAY = "(deleted account)", "(no longer within what you may see)"


@dataclass(frozen=True, slots=True)
class Someone:
    """One person behind a number. ``percent`` is of the module that is asked for, or of the course.

    ``started_at`` and ``score`` are None of the whole course, ``public_id`` is empty where the reader may not open the person.
    """

    public_id: str
    name: str
    email: str
    organisations: tuple[str, ...]
    enrolled_at: datetime
    started_at: datetime | None
    percent: int
    score: Fraction | None
    passed_at: datetime | None
    completed_at: datetime | None
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    people: tuple[Someone, ...]
    total: int


def behind(
    session: Session,
    *,
    course: Course,
    scope: Sequence[int] | None,
    filters: Filters,
    state: str,
    spot: Spot = START,
    limit: int | None = 50,
) -> Listing:
    """The people whom a figure of the completion report counts, by name, from a spot on. A constant number of queries.

    ``state`` is one of filters.states_of; ``limit`` None gives all. Where the tallies know the figure, the same people are read
    from their index, which raises pages.TooFar for a page by its number that is too far in.
    """
    within = () if filters.words else tallied.places(session, filters, limits(scope, filters))
    if not within:
        question = chosen(course, scope, filters, state)
        total, found = number(session, question), question.subquery("chosen")
        if spot.offset >= total:
            return Listing((), total)
        query = spot.of(_listed(found), _shown_key(scope, filters), Person.id).offset(spot.offset).limit(limit)
    else:
        asked = pages.Asked(filters, state, needed_to_pass(course, filters.module), within)
        on_page, total = pages.find(session, asked, spot, limit)
        query = spot.of(_listed(_enrolled(on_page)), Person.name_key, Person.id)
    rows = session.execute(query).all()
    people = tuple(_Reader(session, course, scope, filters).read(rows[::-1] if spot.is_back else rows))
    return Listing(people, total)


def spot_of(session: Session, public_id: str, scope: Sequence[int] | None, *, is_back: bool) -> Spot | None:
    """Behind or before this person; None where there is nobody of that id whom a reader with this scope may see."""
    found = accounts.by_public_id(session, public_id)
    if found is None or not is_within(session, found.id, scope):
        return None
    return Spot(person=(found.name_key, found.id), is_back=is_back)


def number(session: Session, question: Select[Any]) -> int:
    """How many people ``chosen`` chose."""
    return session.execute(select(func.count()).select_from(question.subquery("chosen"))).scalar_one()


def stream(session: Session, *, course: Course, scope: Sequence[int] | None, filters: Filters, state: str) -> Iterator[Someone]:
    """The same people one after the other, however many, with a few hundred of them in memory; ``everyone.rows`` is faster."""
    reader = _Reader(session, course, scope, filters)
    found = chosen(course, scope, filters, state).subquery("chosen")
    rows = session.execute(
        START.of(_listed(found), _shown_key(scope, filters), Person.id),
        execution_options={"yield_per": STREAMED, "stream_results": True},
    )
    for part in rows.partitions(STREAMED):
        yield from reader.read(part)


def is_within(session: Session, person_id: int, scope: Sequence[int] | None) -> bool:
    """Whether a reader with this scope may see this person: a member now of an organisation in its subtree."""
    return person_id in _visible(session, [person_id], scope)


def _visible(session: Session, ids: Sequence[int], scope: Sequence[int] | None) -> Collection[int]:
    if scope is None:
        return ids
    member = member_places(None).subquery("member")
    return set(
        session.scalars(select(member.c.person_id).where(member.c.person_id.in_(ids), member.c.place_id.in_(scope)).distinct())
    )


def _shown_key(scope: Sequence[int] | None, filters: Filters) -> Any:
    """What a list is put in order by: the name, if the reader is shown it. Its place would tell how another begins."""
    if scope is None or filters.as_of is None:
        return Person.name_key
    return case((Person.id.in_(people_within(scope, None)), Person.name_key), else_="")


def _enrolled(on_page: Select[Any]) -> Subquery:
    ids = on_page.subquery("on_page").c.person_id
    return (
        select(Enrolment.person_id, Enrolment.enrolled_at, Enrolment.completed_at)
        .where(Enrolment.person_id.in_(select(ids)))
        .subquery("chosen")
    )


def _listed(found: Subquery) -> Select[Any]:
    return (
        select(
            Person.id,
            Person.public_id,
            Person.name,
            Person.email,
            found.c.enrolled_at,
            found.c.completed_at,
            Enrolment.last_at,
        )
        .join(found, found.c.person_id == Person.id)
        .join(Enrolment, Enrolment.person_id == Person.id)
    )


def chosen(course: Course, scope: Sequence[int] | None, filters: Filters, state: str) -> Select[Any]:
    """Those whom a figure counts, by the same conditions as the report's; ``state`` says which figure."""
    only = counting.people_of(limits(scope, filters), filters.as_of)
    if filters.words:
        only.append(select(Person.id).where(accounts.is_named(_shown_key(scope, filters), filters.words)))
    query = counting.counted(filters).where(*(Person.id.in_(ids) for ids in only))
    everybody = query.selected_columns
    states = counting.states(filters.module, filters.as_of, filters.cohort, only)
    of_enrolments: dict[str, ColumnElement[bool]] = {"enrolled": true(), "certified": everybody.certified == 1}
    if not filters.module:
        of_enrolments["completed"] = everybody.completed_at.is_not(None)
    if state in of_enrolments:
        query = query.where(of_enrolments[state])
    else:
        sums = counting.sums(states)
        of_modules: dict[str, ColumnElement[bool]] = {
            "started": sums.c.person_id.is_not(None),
            "not_started": sums.c.person_id.is_(None),
            "passed": sums.c.passed >= needed_to_pass(course, filters.module),
            "completed": sums.c.completed >= 1,
            "scored": sums.c.scored >= 1,
        }
        query = query.outerjoin(sums, sums.c.person_id == Person.id).where(of_modules[state])
    return query if filters.week is None else query.where(_in_week(everybody, states, filters, state))


def _in_week(everybody: Any, of: Subquery, filters: Filters, state: str) -> ColumnElement[bool]:
    """Whether the person came to be so in that week, as the report counts by week."""
    assert filters.week is not None
    if not filters.module:
        return counting.in_week(everybody.completed_at if state == "completed" else everybody.enrolled_at, filters.week)
    did = counting.in_week(of.c.completed_at if state == "completed" else of.c.started_at, filters.week)
    return Person.id.in_(select(of.c.person_id).where(did))


class _Reader:
    """Turns rows of people into what is shown of them, a few queries a batch."""

    def __init__(self, session: Session, course: Course, scope: Sequence[int] | None, filters: Filters) -> None:
        self._session, self._course, self._scope, self._filters = session, course, scope, filters
        self._paths: dict[int, str] = {}

    def read(self, rows: Sequence[Any]) -> Iterator[Someone]:
        ids, at = [row.id for row in rows], self._filters.as_of
        held, homes = records(self._session, ids, at), self._homes(ids)
        seen = last_facts(self._session, ids, at) if at else {}
        visible = _visible(self._session, ids, self._scope) if at else ids
        for row in rows:
            yield self._someone(row, held[row.id], homes.get(row.id, ()), row.id in visible, seen.get(row.id))

    def _homes(self, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Where they belong within what the reader may see; what else they belong to is not told."""
        at = self._filters.as_of
        query = select(Membership.person_id, Membership.organisation_id).where(
            Membership.person_id.in_(ids), Membership.role == "member", holds(Membership.since_at, Membership.until_at, at)
        )
        if self._scope is not None:
            query = query.where(Membership.organisation_id.in_(places_within(self._scope, at)))
        rows = self._session.execute(query.order_by(Membership.id)).all()
        self._name({row.organisation_id for row in rows} - self._paths.keys())
        found: dict[int, tuple[str, ...]] = {}
        for row in rows:
            found[row.person_id] = (*found.get(row.person_id, ()), self._paths[row.organisation_id])
        return found

    def _name(self, ids: Collection[int]) -> None:
        """Looks up the paths of these. Of today's tree no others are read: all of thousands take longer than the page."""
        at, session = self._filters.as_of, self._session
        if ids:
            places = organisations.named(session, ids) if at is None else places_at(session, at)
            self._paths |= {place.id: " › ".join(place.path) for place in places}

    def _someone(self, row: Any, held: Record, homes: tuple[str, ...], is_visible: bool, seen: datetime | None) -> Someone:
        wanted = self._filters.module
        module, state = self._course.module(wanted), held.modules.get(wanted)
        return Someone(
            public_id=row.public_id if is_visible else "",
            name=(row.name or DELETED) if is_visible else AWAY,
            email=(row.email or "") if is_visible else "",
            organisations=homes,
            enrolled_at=row.enrolled_at,
            started_at=state.started_at if state else None,
            percent=module_progress(module, held).percent if module else course_progress(self._course, held).percent,
            score=state.score if state else None,
            passed_at=state.passed_at if state else None,
            completed_at=(state.completed_at if state else None) if wanted else row.completed_at,
            last_at=seen or row.last_at,
        )


def records(session: Session, ids: Sequence[int], at: datetime | None = None) -> dict[int, Record]:
    """The records of these people as far as percentages need them, now or at a past moment; three queries, however many."""
    modules: dict[int, dict[str, ModuleRecord]] = {person_id: {} for person_id in ids}
    if not ids:
        return {}
    completed_at = counting.by_then(Enrolment.completed_at, at)
    enrolled = select(Enrolment.person_id, Enrolment.enrolled_at, completed_at.label("completed_at"))
    enrolments = {row.person_id: row for row in session.execute(enrolled.where(Enrolment.person_id.in_(ids)))}
    for row in session.execute(_modules(ids, at)):
        score = Fraction(row.score) if row.score else None
        modules[row.person_id][row.module] = ModuleRecord(row.started_at, row.last_at, score, row.passed_at, row.completed_at)
    lessons = _lessons_now(session, ids) if at is None else _lessons_then(session, ids, at)
    return {
        person_id: Record(
            enrolled_at=enrolments[person_id].enrolled_at if person_id in enrolments else None,
            completed_at=enrolments[person_id].completed_at if person_id in enrolments else None,
            modules=modules[person_id],
            lessons=lessons.get(person_id, {}),
        )
        for person_id in ids
    }


def _modules(ids: Sequence[int], at: datetime | None) -> Select[Any]:
    of = counting.states("", at)
    return select(*of.c).where(of.c.person_id.in_(ids))


Lessons = dict[int, dict[tuple[str, str], LessonRecord]]


def _lessons_now(session: Session, ids: Sequence[int]) -> Lessons:
    """By one row a person, since most have done many lessons: `module/lesson` again and again, with spaces between them."""
    words = func.aggregate_strings(LessonState.module + "/" + LessonState.lesson, " ").label("words")
    query = select(LessonState.person_id, words).where(LessonState.person_id.in_(ids), LessonState.done_at.is_not(None))
    return {
        row.person_id: {(slug, lesson): DONE for slug, _, lesson in (word.partition("/") for word in row.words.split())}
        for row in session.execute(query.group_by(LessonState.person_id))
    }


def _lessons_then(session: Session, ids: Sequence[int], at: datetime) -> Lessons:
    """By the facts: "done" may have been taken back since."""
    found: Lessons = {}
    query = select(Fact.person_id, Fact.module, Fact.lesson, Fact.at, Fact.kind).where(
        Fact.person_id.in_(ids), Fact.kind.in_(("completed_lesson", "undid_lesson")), Fact.at <= at
    )
    for row in session.execute(query.order_by(Fact.person_id, Fact.id)):
        done_at = row.at if row.kind == "completed_lesson" else None
        found.setdefault(row.person_id, {})[row.module or "", row.lesson or ""] = LessonRecord(done_at=done_at)
    return found


def last_facts(session: Session, ids: Sequence[int], at: datetime) -> dict[int, datetime]:
    """When each of these people last did something by then that is on record."""
    rows = session.execute(
        select(Fact.person_id, func.max(Fact.at).label("at"))
        .where(Fact.person_id.in_(ids), Fact.at <= at)
        .group_by(Fact.person_id)
    )
    return {row.person_id: row.at for row in rows}
