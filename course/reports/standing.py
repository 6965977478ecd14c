"""Whom a report counts in which places, and what they count as, at one moment: each table is read once.

The measures are those of the tallies (migration 0005). ``spans`` says the same of all moments at once, from when until when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, CompoundSelect, FromClause, Select, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from ..accounts.cohorts import member_ids
from ..accounts.history import holds, member_places, pairs_within
from ..accounts.tables import Membership, Person
from ..learning.tables import Enrolment, ModuleState, ScoreChange
from .counting import by_then, counted, day_number, week_number
from .filters import Filters
from .spans import COURSE
from .tables import EVERYWHERE


def people_then(filters: Filters, places: Select[Any] | CompoundSelect[Any] | None = None) -> CTE:
    """Whom a report counts, in each of the places or everywhere: place_id, and what ``counted`` gives of the person.

    With is_started and modules_passed, which are of now. ``places`` selects (place_id, person_id), each pair once; None is
    everybody, as ``EVERYWHERE``. Where it names few, only those are looked at.
    """
    people = counted(filters).add_columns(Enrolment.is_started, Enrolment.modules_passed)
    if places is None:
        return people.add_columns(literal(EVERYWHERE).label("place_id")).cte("counted_people")
    where = places.subquery("belongs")
    return people.add_columns(where.c.place_id).join(where, where.c.person_id == Person.id).cte("counted_people")


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


def counted_as(people: CTE, module: str | None, at: datetime | None, times: int = 1) -> CompoundSelect[Any]:
    """(place_id, module, measure, value, number): how many of these people counted as what, so many times over.

    ``module`` None is everything, "" the course alone, else one module with who is enrolled on the course.
    """
    one = people.c
    arms = [_number(people, COURSE, "enrolled", week_number(one.enrolled_at), times)]
    if not module:
        arms += _course(people, at, times)
    if module != "":
        arms += _modules(people, module, at, times)
    return union_all(*arms)


def _course(people: CTE, at: datetime | None, times: int) -> Iterator[Select[Any]]:
    one, did = people.c, _did(people, at)
    yield _number(did, COURSE, "started", literal(0), times)
    yield _number(did, COURSE, "passed", did.c.passed, times).where(did.c.passed > 0)
    is_through = one.completed_at.is_not(None)
    yield _number(people, COURSE, "completed", week_number(one.completed_at), times).where(is_through)
    days = day_number(one.completed_at) - day_number(one.enrolled_at)
    yield _number(people, COURSE, "days", days, times).where(is_through)
    yield _number(people, COURSE, "certified", literal(0), times).where(one.certified == 1)
    yield _scores(people, COURSE, at, times)


def _did(people: CTE, at: datetime | None) -> FromClause:
    """(place_id, passed): of all who had begun a module, how many they had passed."""
    one, state = people.c, ModuleState
    if at is None:
        return select(one.place_id, one.modules_passed.label("passed")).where(one.is_started.is_(True)).subquery("did")
    return (
        select(one.place_id, func.count(by_then(state.passed_at, at)).label("passed"))
        .join(state, state.person_id == one.person_id)
        .where(state.started_at <= at)
        .group_by(one.place_id, one.person_id)
        .cte("did")
    )


def _modules(people: CTE, module: str | None, at: datetime | None, times: int) -> Iterator[Select[Any]]:
    state = ModuleState
    of = [] if at is None else [state.started_at <= at]
    if module:
        of.append(state.module == module)
    started = _number(people, state.module, "started", week_number(state.started_at), times)
    yield started.join(state, state.person_id == people.c.person_id).where(*of)
    passed_at, completed_at = (by_then(moment, at) for moment in (state.passed_at, state.completed_at))
    columns = (state.module, state.started_at, passed_at.label("passed_at"), completed_at.label("completed_at"))
    came_far = or_(passed_at.is_not(None), completed_at.is_not(None))  # one in ten of those who began
    far = select(people.c.place_id, *columns).join(state, state.person_id == people.c.person_id).where(came_far, *of).cte("far")
    one = far.c
    is_through = one.completed_at.is_not(None)
    yield _number(far, one.module, "passed", literal(1), times).where(one.passed_at.is_not(None))
    yield _number(far, one.module, "completed", week_number(one.completed_at), times).where(is_through)
    yield _number(far, one.module, "days", day_number(one.completed_at) - day_number(one.started_at), times).where(is_through)
    score_of = state.module if at is None else ScoreChange.module
    scores = _scores(people, score_of, at, times)
    yield scores.where(score_of == module) if module else scores


def _scores(people: CTE, module: Any, at: datetime | None, times: int) -> Select[Any]:
    score: Any = ModuleState if at is None else ScoreChange
    held = score.score_ppm.is_not(None) if at is None else holds(score.since_at, score.until_at, at)
    found = _number(people, module, "score", score.score_ppm, times)
    return found.join(score, score.person_id == people.c.person_id).where(held)


def _number(of: FromClause, module: Any, measure: str, value: Any, times: int) -> Select[Any]:
    """How many there are of each value, in each place."""
    key = (of.c.place_id, module.label("module"), literal(measure).label("measure"), value.label("value"))
    return select(*key, (func.count() * times).label("number")).select_from(of).group_by(*key)
