"""Where people stop: for authors, how many opened and finished each lesson, how long it takes, and how many came no further.

Authors stand outside every organisation: they are told figures in steps of five, so that nobody can be told from one, nor from
what became of it since yesterday.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Subquery, and_, case, func, or_, select
from sqlalchemy.orm import Session

from quizzes.analysis import FEWEST

from ..accounts.tables import Person
from ..content.model import Course, Lesson
from ..learning.tables import Fact, LessonState, ModuleState
from . import counting
from .csv_json import Row, Value
from .figures import median
from .filters import WHO_RULES, Filters
from .taken import UNDER, stepped

COLUMNS = ("module", "lesson", "opened", "done", "active_minutes", "stopped")
STATES = {"opened": "Opened", "done": "Done", "stopped": "Stopped here"}
LONGEST = 30 * 60  # seconds that may pass between two things on record of somebody who is still at it
# What learners do themselves; what follows from it or is done to them says nothing of how long they took.
ACTS = ("opened", "completed_lesson", "undid_lesson", "started_attempt", "responded", "closed_attempt")
RULES = (
    "Opened: people who opened the lesson at least once. Done: those for whom it is done now.",
    "Stopped here: people for whom it is the lesson opened last in the module, who have not completed the module.",
    "Active minutes: from each thing on record of a person in the lesson (first opening it, done, undone) to the next thing "
    f"they did anywhere in the course; a pause of more than {LONGEST // 60} minutes counts nothing. The median of the people "
    "who have any, in whole minutes, rounded up.",
    WHO_RULES["learners"],
    f"To whoever does not administer the course, people are told in steps of {FEWEST}, rounded down; 1 to {FEWEST - 1} are "
    f"“{UNDER}”. Active minutes are as they were when the last {FEWEST} people who have any were full.",
)


@dataclass(frozen=True, slots=True)
class Passing:
    """One lesson; a figure that may not be told is None. ``minutes`` is 0 while nobody has any."""

    lesson: Lesson
    opened: int | None
    done: int | None
    stopped: int | None
    minutes: int | None


def passing(session: Session, course: Course, *, is_inside: bool) -> Mapping[str, tuple[Passing, ...]]:
    """The lessons of each module in their order. Three queries. ``is_inside``: the reader may be told every figure."""
    opened, stopped, taken = _opened(session), _stopped(session), _taken(session, is_inside=is_inside)

    def told(number: int) -> int | None:
        return number if is_inside else stepped(number)

    def one(slug: str, lesson: Lesson) -> Passing:
        seen, done = opened.get((slug, lesson.id), (0, 0))
        seconds = taken.get((slug, lesson.id), [])
        is_told = is_inside or seconds or not seen
        minutes = math.ceil((median(seconds) or 0) / 60) if is_told else None
        return Passing(lesson, told(seen), told(done), told(stopped.get((slug, lesson.id), 0)), minutes)

    return {module.slug: tuple(one(module.slug, lesson) for lesson in module.lessons) for module in course.modules}


def rows(passing: Mapping[str, tuple[Passing, ...]]) -> Iterator[Row]:
    """One a lesson, in the order of the page; what may not be told is said in words, as there."""
    for module, lessons in passing.items():
        for one in lessons:
            figures = (one.opened, one.done, one.minutes, one.stopped)
            told: list[Value] = [UNDER if figure is None else figure for figure in figures]
            yield dict(zip(COLUMNS, [module, one.lesson.id, *told], strict=True))


def people_at(session: Session, module: str, lesson: str, state: str, *, offset: int, limit: int) -> tuple[Sequence[Any], int]:
    """The people whom a figure counts, by name (public_id, name, opened_at, done_at), and how many they are. Two queries."""
    people = counting.counted(Filters()).subquery("counted_people")
    query = (
        select(Person.public_id, Person.name, LessonState.opened_at, LessonState.done_at)
        .join(people, people.c.person_id == Person.id)
        .join(LessonState, LessonState.person_id == Person.id)
        .where(LessonState.module == module, LessonState.lesson == lesson, *_is_so(state))
    )
    if state == "stopped":
        query = query.join(ModuleState, _of_same_module())
    total = session.execute(select(func.count()).select_from(query.subquery("found"))).scalar_one()
    return session.execute(query.order_by(Person.name_key, Person.id).offset(offset).limit(limit)).all(), total


def _is_so(state: str) -> list[Any]:
    return {
        "opened": [],
        "done": [LessonState.done_at.is_not(None)],
        "stopped": [ModuleState.completed_at.is_(None), counting.is_opened_last()],
    }[state]


def _of_same_module() -> Any:
    return (ModuleState.person_id == LessonState.person_id) & (ModuleState.module == LessonState.module)


def _opened(session: Session) -> dict[tuple[str, str], tuple[int, int]]:
    people = counting.counted(Filters()).subquery("counted_people")
    rows = session.execute(
        select(LessonState.module, LessonState.lesson, func.count(), func.count(LessonState.done_at))
        .join(people, people.c.person_id == LessonState.person_id)
        .group_by(LessonState.module, LessonState.lesson)
    )
    return {(module, lesson): (opened, done) for module, lesson, opened, done in rows}


def _stopped(session: Session) -> dict[tuple[str, str], int]:
    people = counting.counted(Filters()).subquery("counted_people")
    rows = session.execute(
        select(LessonState.module, LessonState.lesson, func.count())
        .join(people, people.c.person_id == LessonState.person_id)
        .join(ModuleState, _of_same_module())
        .where(*_is_so("stopped"))
        .group_by(LessonState.module, LessonState.lesson)
    )
    return {(module, lesson): number for module, lesson, number in rows}


def _taken(session: Session, *, is_inside: bool) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """How many people were at a lesson for so many seconds, from the fewest."""
    second = counting.second_number(Fact.at)
    acts = select(
        Fact.person_id,
        Fact.module,
        Fact.lesson,
        second.label("since"),
        (func.lead(second).over(partition_by=Fact.person_id, order_by=(Fact.at, Fact.id)) - second).label("pause"),
    ).where(Fact.kind.in_(ACTS))
    act, people = acts.subquery("acts"), counting.counted(Filters()).subquery("counted_people")
    spent = (
        select(act.c.person_id, act.c.module, act.c.lesson, act.c.pause, (act.c.since + act.c.pause).label("until"))
        .join(people, people.c.person_id == act.c.person_id)
        .where(act.c.lesson.is_not(None), act.c.pause.between(1, LONGEST))
        .subquery("spent")
    )
    of = spent if is_inside else _until_five_were_full(spent)
    each = (
        select(of.c.module, of.c.lesson, func.sum(of.c.pause).label("seconds"))
        .group_by(of.c.person_id, of.c.module, of.c.lesson)
        .subquery("each")
    )
    columns = (each.c.module, each.c.lesson, each.c.seconds)
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    query = select(*columns, func.count()).group_by(*columns).order_by(*columns)
    for module, lesson, seconds, number in session.execute(query):
        found.setdefault((module, lesson), []).append((int(seconds), number))
    return found


def _until_five_were_full(spent: Subquery) -> Subquery:
    """What the first 5, 10, 15 people of a lesson had spent on it when the last of them first had: no sixth moves a median.

    In window functions alone, which take no longer than what an administrator reads: with a join SQLite takes a minute of
    20,000 people.
    """
    mine = (spent.c.module, spent.c.lesson, spent.c.person_id)
    turn = func.row_number().over(partition_by=mine, order_by=spent.c.until)
    came = select(*spent.c, case((turn == 1, 1), else_=0).label("is_first")).subquery("came")
    lesson, order = (came.c.module, came.c.lesson), (came.c.until, came.c.person_id)
    by_then = func.sum(came.c.is_first).over(partition_by=lesson, order_by=order).label("by_then")
    people = func.sum(came.c.is_first).over(partition_by=lesson).label("people")
    each = select(*came.c, by_then, people).subquery("counted")
    full = each.c.people - each.c.people % FEWEST
    is_told = or_(each.c.by_then < full, and_(each.c.by_then == full, each.c.is_first == 1))
    return select(*each.c).where(is_told).subquery("told")
