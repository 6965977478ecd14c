"""Whom a report counts in which places, and what they count as, at one moment: each table is read once.

The measures are those of the tallies (migration 0005). ``spans`` says the same of all moments at once, from when until when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from ..accounts.cohorts import member_ids
from ..accounts.history import holds, member_places, pairs_within
from ..accounts.tables import Membership, Person
from ..learning.tables import Enrolment, ModuleState, ScoreChange
from .counting import by_then, counted, day_number, week_number
from .filters import Filters
from .spans import COURSE
from .tables import EVERYWHERE

EACH = "*"  # trend: what is added to kept days is told as they are


@dataclass(frozen=True, slots=True)
class Which:
    """Of the people of a report, those whom its filters mean, or the ``others`` (of now), and how they are looked for.

    Where they ``are_few`` they are found once, before their places, and kept for the statement: of many the database would
    write all, and finds them sooner again.
    """

    others: bool = False
    are_few: bool = False


MEANT = Which()


def people_then(filters: Filters, places: Select[Any] | CompoundSelect[Any] | None = None, which: Which = MEANT) -> CTE:
    """Whom a report counts, in each of the places or everywhere: place_id, and what ``counted`` gives of the person.

    With is_started and modules_passed, which are of now. ``places`` selects (place_id, person_id), each pair once; None is
    everybody, as ``EVERYWHERE``. Where it names few, only those are looked at.
    """
    people: Select[Any] = counted(filters, others=which.others).add_columns(Enrolment.is_started, Enrolment.modules_passed)
    if places is None:
        return _kept(people.add_columns(literal(EVERYWHERE).label("place_id")), which)
    where, person_id = places.subquery("belongs"), cast(Any, Person.id)
    if which.are_few:
        few = _kept(people, which, "few")
        people, person_id = select(few), few.c.person_id
    return _kept(people.add_columns(where.c.place_id).join(where, where.c.person_id == person_id), which)


def _kept(people: Select[Any], which: Which, name: str = "counted_people") -> CTE:
    found = people.cte(name)
    return found.prefix_with("MATERIALIZED") if which.are_few else found


def members_then(
    session: Session, filters: Filters, only: Collection[int] | None, besides: Collection[int] = ()
) -> Select[Any]:
    """For ``people_then``: whoever belonged to one of these organisations (None: any) or stood below it, less the others."""
    if only is not None and filters.as_of is not None:
        found = member_places(filters.as_of, above=pairs_within(session, only, filters.as_of))
    else:
        found = member_places(filters.as_of, only)
    if filters.cohort is not None:
        found = found.where(Membership.person_id.in_(member_ids(filters.cohort, filters.as_of)))
    return found.where(found.selected_columns.place_id.not_in(besides)) if besides else found


def counted_as(
    people: CTE, module: str | None, at: datetime | None, times: int = 1, *, trend: str | None, is_everybody: bool = False
) -> CompoundSelect[Any]:
    """(place_id, module, measure, value, number): how many of these people counted as what, so many times over.

    ``module`` None is everything, "" the course alone, else one module with who is enrolled on the course. Of the ``trend``,
    which is of one module or, as "", of the course, it is told in which week they began and
    completed (``EACH``: of all); else that they did.
    Where people are ``is_everybody``, not those of some places, all there is of a module is read in its own order.
    """
    far = _far(people, module, at)
    arms = [_number(people, COURSE, "enrolled", _week(people.c.enrolled_at, trend in ("", EACH)), times)]
    if not module:
        arms += _course(people, far, at, times, is_trend=trend in ("", EACH))
    if module != "":
        arms += _modules(
            people,
            far,
            module,
            at,
            times,
            is_trend=trend == EACH or (bool(module) and trend == module),
            is_everybody=is_everybody,
        )
    return union_all(*arms)


def _week(moment: Any, is_trend: bool) -> Any:
    """To sort by what nobody is shown would be most of the time."""
    return week_number(moment) if is_trend else literal(0)


def _course(people: CTE, far: CTE, at: datetime | None, times: int, *, is_trend: bool) -> Iterator[Select[Any]]:
    one = people.c
    yield _number(people, COURSE, "started", literal(0), times).where(_has_started(people, at))
    passed = _passed(people, far, at)
    yield _number(passed, COURSE, "passed", passed.c.passed, times)
    is_through = one.completed_at.is_not(None)
    yield _number(people, COURSE, "completed", _week(one.completed_at, is_trend), times).where(is_through)
    days = day_number(one.completed_at) - day_number(one.enrolled_at)
    yield _number(people, COURSE, "days", days, times).where(is_through)
    yield _number(people, COURSE, "certified", literal(0), times).where(one.certified == 1)
    yield _number(far, COURSE, "score", far.c.score_ppm, times).where(far.c.score_ppm.is_not(None))


def _has_started(people: CTE, at: datetime | None) -> ColumnElement[bool]:
    if at is None:
        return people.c.is_started.is_(True)
    state = ModuleState
    return select(state.person_id).where(state.person_id == people.c.person_id, state.started_at <= at).exists()


def _passed(people: CTE, far: CTE, at: datetime | None) -> FromClause:
    """(place_id, passed): of all who had passed a module, how many they had."""
    if at is None:
        one = people.c
        return select(one.place_id, one.modules_passed.label("passed")).where(one.modules_passed > 0).subquery("passed")
    had = select(far.c.place_id, func.count().label("passed")).where(far.c.passed_at.is_not(None))
    return had.group_by(far.c.place_id, far.c.person_id).subquery("passed")


def _modules(
    people: CTE, far: CTE, module: str | None, at: datetime | None, times: int, *, is_trend: bool, is_everybody: bool
) -> Iterator[Select[Any]]:
    state = ModuleState
    if is_everybody and not is_trend:
        # By module, as the index has them: nothing is sorted. Without the sum SQLite would begin with each person.
        counts = (state.person_id + literal_column("0")).in_(select(people.c.person_id))
        key = _named(literal(EVERYWHERE), state.module, "started", literal(0))
        of_all = select(*key, (func.count() * times).label("number")).where(counts, *_begun(module, at))
        yield of_all.group_by(state.module)
    else:
        started = _number(people, state.module, "started", _week(state.started_at, is_trend), times)
        yield started.join(state, state.person_id == people.c.person_id).where(*_begun(module, at))
    one = far.c
    is_through = one.completed_at.is_not(None)
    yield _number(far, one.module, "passed", literal(1), times).where(one.passed_at.is_not(None))
    yield _number(far, one.module, "completed", _week(one.completed_at, is_trend), times).where(is_through)
    yield _number(far, one.module, "days", day_number(one.completed_at) - day_number(one.started_at), times).where(is_through)
    yield _number(far, one.module, "score", one.score_ppm, times).where(one.score_ppm.is_not(None))


def _far(people: CTE, module: str | None, at: datetime | None) -> CTE:
    """The modules that one of these people passed or completed, or has a score in: one in ten of those that they began."""
    state, score = ModuleState, ModuleState.score_ppm if at is None else ScoreChange.score_ppm
    passed_at, completed_at = (by_then(moment, at) for moment in (state.passed_at, state.completed_at))
    columns = (state.module, state.started_at, passed_at.label("passed_at"), completed_at.label("completed_at"))
    query = select(people.c.place_id, people.c.person_id, *columns, score.label("score_ppm"))
    query = query.join(state, state.person_id == people.c.person_id)
    if at is not None:
        of_then = and_(ScoreChange.person_id == state.person_id, ScoreChange.module == state.module)
        query = query.outerjoin(ScoreChange, and_(of_then, holds(ScoreChange.since_at, ScoreChange.until_at, at)))
    came_far = or_(passed_at.is_not(None), completed_at.is_not(None), score.is_not(None))
    return query.where(came_far, *_begun(module, at)).cte("far")


def _begun(module: str | None, at: datetime | None) -> list[ColumnElement[bool]]:
    begun = [] if at is None else [ModuleState.started_at <= at]
    return [*begun, ModuleState.module == module] if module else begun


def _number(of: FromClause, module: Any, measure: str, value: Any, times: int) -> Select[Any]:
    """How many there are of each value, in each place."""
    found = select(*_named(of.c.place_id, module, measure, value), (func.count() * times).label("number")).select_from(of)
    return found.group_by(*(one for one in (of.c.place_id, module, value) if not isinstance(one, BindParameter)))


def _named(place: Any, module: Any, measure: str, value: Any) -> tuple[Any, ...]:
    return (place.label("place_id"), module.label("module"), literal(measure).label("measure"), value.label("value"))
