"""The figures of a report as queries over everybody: of now or of a past moment, whatever the filters. Seconds at a million."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Subquery, case, func, select
from sqlalchemy.orm import Session

from . import counting
from .figures import Counts, Figures, nobody, with_scores
from .filters import Filters


def read(
    session: Session, *, filters: Filters, needed: int, within: Sequence[int] | None, only: Collection[int] | None, weeks: range
) -> Figures:
    """``within`` is whom the report is about: people of these organisations and all below, None for everybody.

    ``only`` limits the organisations that get a line, ``needed`` is how many modules must be passed to count as passed.
    """
    everybody = counting.counted(filters).subquery("everybody")
    inside = counting.within(counting.counted(filters), within, filters.as_of).subquery("inside")
    total = _counts(session, counting.all_together(inside), filters, needed).get(0, nobody(filters.module))
    began, completed = _weeks(session, filters, inside, weeks)
    return Figures(
        total=total,
        by_organisation=_counts(session, counting.in_places(everybody, filters, only), filters, needed),
        by_module=_by_module(session, filters, inside, total.enrolled),
        began=began,
        completed=completed,
    )


def _counts(session: Session, people: Subquery, filters: Filters, needed: int) -> dict[int, Counts]:
    """The figures of each group of people; ``people`` has a key and comes with each person once a key."""
    states = counting.states(filters.module, filters.as_of, filters.cohort)
    sums = counting.sums(states)
    completed = sums.c.completed >= 1 if filters.module else people.c.completed_at.is_not(None)
    rows = session.execute(
        select(
            people.c.key,
            func.count().label("enrolled"),
            func.count(sums.c.person_id).label("started"),
            func.count(case((sums.c.passed >= needed, 1))).label("passed"),
            func.count(case((completed, 1))).label("completed"),
            func.sum(people.c.certified).label("certified"),
        )
        .outerjoin_from(people, sums, sums.c.person_id == people.c.person_id)
        .group_by(people.c.key)
    ).all()
    joined = select(people.c.key, states.c.score_ppm).join(states, states.c.person_id == people.c.person_id)
    scores = _histogram(session, joined.where(states.c.score_ppm.is_not(None)).subquery("scores"))
    days = _histogram(session, _days(people, states, filters).subquery("days"))
    return {
        row.key: with_scores(
            Counts(row.enrolled, row.started, row.passed, row.completed, None if filters.module else int(row.certified or 0)),
            scores.get(row.key, ()),
            days.get(row.key, ()),
        )
        for row in rows
    }


def _days(people: Subquery, states: Subquery, filters: Filters) -> Any:
    if filters.module:
        taken = counting.day_number(states.c.completed_at) - counting.day_number(states.c.started_at)
        query = select(people.c.key, taken.label("value")).join(states, states.c.person_id == people.c.person_id)
        return query.where(states.c.completed_at.is_not(None))
    taken = counting.day_number(people.c.completed_at) - counting.day_number(people.c.enrolled_at)
    return select(people.c.key, taken.label("value")).where(people.c.completed_at.is_not(None))


def _histogram(session: Session, values: Subquery) -> dict[Any, list[tuple[int, int]]]:
    """How often each value occurs in each group, from the smallest: enough for a mean and a median that are exact."""
    key, value = values.c
    found: dict[Any, list[tuple[int, int]]] = {}
    for group, number, times in session.execute(select(key, value, func.count()).group_by(key, value).order_by(key, value)):
        found.setdefault(group, []).append((number, times))
    return found


def _by_module(session: Session, filters: Filters, inside: Subquery, enrolled: int) -> dict[str, Counts]:
    states = counting.states(filters.module, filters.as_of, filters.cohort)
    of_people = states.join(inside, inside.c.person_id == states.c.person_id)
    rows = session.execute(
        select(
            states.c.module,
            func.count().label("started"),
            func.count(states.c.passed_at).label("passed"),
            func.count(states.c.completed_at).label("completed"),
        )
        .select_from(of_people)
        .group_by(states.c.module)
    ).all()
    scores = _histogram(
        session,
        select(states.c.module, states.c.score_ppm)
        .select_from(of_people)
        .where(states.c.score_ppm.is_not(None))
        .subquery("scores"),
    )
    taken = counting.day_number(states.c.completed_at) - counting.day_number(states.c.started_at)
    done = select(states.c.module, taken.label("value")).select_from(of_people).where(states.c.completed_at.is_not(None))
    days = _histogram(session, done.subquery("days"))
    return {
        row.module: with_scores(
            Counts(enrolled, row.started, row.passed, row.completed), scores.get(row.module, ()), days.get(row.module, ())
        )
        for row in rows
    }


def _weeks(session: Session, filters: Filters, inside: Subquery, weeks: range) -> tuple[dict[int, int], ...]:
    if filters.module:
        of = counting.states(filters.module, filters.as_of, filters.cohort)
        source: Any = of.join(inside, inside.c.person_id == of.c.person_id)
        began, done = of.c.started_at, of.c.completed_at
    else:
        source, began, done = inside, inside.c.enrolled_at, inside.c.completed_at
    return tuple(_by_week(session, source, moment, weeks) for moment in (began, done))


def _by_week(session: Session, source: Any, moment: Any, weeks: range) -> dict[int, int]:
    week = counting.week_number(moment)
    happened = select(week.label("week")).select_from(source).where(moment.is_not(None)).subquery("happened")
    within = happened.c.week.between(weeks.start, weeks.stop - 1)
    rows: Iterable[tuple[int, int]] = session.execute(
        select(happened.c.week, func.count()).where(within).group_by(happened.c.week)
    ).all()
    return dict(rows)
