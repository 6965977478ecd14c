"""The people behind a figure as rows of an export, however many there are, in plain values of the database.

A list of a million must leave as fast as a line takes it, so nothing is made of a row but its cells, and percentages are worked
out once for each way in which a module can stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, Subquery, Text, case, cast, func, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

import quizzes

from ..accounts.tables import Membership, Person
from ..content.model import Course, Module
from ..database.streams import streamed
from ..learning.progress import ModuleProgress, of_module, percent_of_course
from ..learning.tables import Enrolment, LessonState, ModuleState
from . import people, tallied
from .completion import limits, tree
from .filters import Filters, iso

Cells = tuple[str | int | None, ...]  # of csv_json.PEOPLE_COLUMNS, in their order
STREAMED = 100  # people whose rows are held at once
KNOWN = 50_000  # ways to stand whose percentage is held at once
SOMETIME = datetime(1970, 1, 1, tzinfo=UTC)  # stands for a time of which only matters that there is one


class iso_text(FunctionElement[str]):  # noqa: N801  a function in SQL
    """A time as ``filters.iso`` writes it."""

    type = Text()
    inherit_cache = True


@compiles(iso_text, "sqlite")
def _sqlite(element: iso_text, compiler: SQLCompiler, **kw: Any) -> str:
    return f"replace(substr({compiler.process(element.clauses, **kw)}, 1, 19), ' ', 'T') || '+00:00'"


@compiles(iso_text, "postgresql")
def _postgresql(element: iso_text, compiler: SQLCompiler, **kw: Any) -> str:
    moment = compiler.process(element.clauses, **kw)
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"+00:00\"')"


def rows(session: Session, *, course: Course, scope: Sequence[int] | None, filters: Filters, state: str) -> Iterator[Cells]:
    """Everybody whom ``people.behind`` lists, in the same order and with the same values."""
    if filters.as_of is not None:
        for one in people.stream(session, course=course, scope=scope, filters=filters, state=state):
            yield cells(one)
        return
    percents, places = Percents(course, filters.module), _Places(session, scope)
    chosen = people.chosen(course, scope, filters, state)
    at_once = session.get_bind().dialect.name == "postgresql" and _are_most(scope, filters, state)
    for part in streamed(session, _listed(chosen, filters.module, at_once=at_once), STREAMED):
        for name, email, homes, enrolled_at, started_at, modules, lessons, is_through, score, *times in part:
            yield (
                name or people.DELETED,
                email or "",
                places.of(homes),
                enrolled_at,
                started_at,
                percents.of(modules or "", lessons or "", is_completed=is_through == 1),
                _percent(score) if score else None,
                *times,
            )


def _are_most(scope: Sequence[int] | None, filters: Filters, state: str) -> bool:
    """Whether about everybody is asked for. PostgreSQL then takes half the time for all at once, and for few much longer."""
    is_everywhere = limits(scope, filters) is None and tallied.are_plain(filters)
    return is_everywhere and state == "enrolled" and filters.who != "staff" and not (filters.words or filters.week)


def cells(one: people.Someone) -> Cells:
    return (
        one.name,
        one.email,
        "; ".join(one.organisations),
        iso(one.enrolled_at),
        iso(one.started_at),
        one.percent,
        None if one.score is None else quizzes.percent_of(one.score),
        iso(one.passed_at),
        iso(one.completed_at),
        iso(one.last_at),
    )


def _listed(chosen: Select[Any], module: str, *, at_once: bool = False) -> Select[Any]:
    """One row a person. Their memberships, modules and lessons are one text each, with spaces between, which no name holds.

    These are looked up person by person, or ``at_once`` put together of all that there are.
    """
    of, completed_at = aliased(ModuleState), chosen.selected_columns.completed_at
    flags = case((ModuleState.passed_at.is_not(None), "+"), else_="-") + case(
        (ModuleState.completed_at.is_not(None), "+"), else_="-"
    )
    membership = cast(Membership.id, Text) + ":" + cast(Membership.organisation_id, Text)
    many: list[tuple[Any, Any, Any]] = [
        (Membership.person_id, membership, (Membership.role == "member", Membership.until_at.is_(None))),
        (ModuleState.person_id, flags + ModuleState.module, ()),
        (LessonState.person_id, LessonState.module + "/" + LessonState.lesson, (LessonState.done_at.is_not(None),)),
    ]
    beside = [_of_all(*one) for one in many] if at_once else []
    homes, modules, lessons = [one.c.words for one in beside] or [_of_each(*one) for one in many]
    query = chosen.with_only_columns(
        Person.name,
        Person.email,
        homes,
        iso_text(Enrolment.enrolled_at),
        iso_text(of.started_at) if module else literal(None),
        modules,
        lessons,
        case((completed_at.is_not(None), 1), else_=0),
        of.score if module else literal(None),
        iso_text(of.passed_at) if module else literal(None),
        iso_text(of.completed_at if module else completed_at),
        iso_text(Enrolment.last_at),
    )
    for one in beside:
        query = query.outerjoin(one, one.c.person_id == Person.id)
    if module:
        query = query.outerjoin(of, (of.person_id == Person.id) & (of.module == module))
    return query.order_by(Person.name_key, Person.id)


def _of_each(person_id: Any, words: Any, conditions: Sequence[Any]) -> Any:
    """Of the person of the row."""
    query = select(func.aggregate_strings(words, " ")).where(person_id == Person.id, *conditions)
    return query.correlate(Person).scalar_subquery()


def _of_all(person_id: Any, words: Any, conditions: Sequence[Any]) -> Subquery:
    together = func.aggregate_strings(words, " ").label("words")
    return select(person_id.label("person_id"), together).where(*conditions).group_by(person_id).subquery()


class Percents:
    """Percentages from those texts, each worked out once, by the functions that every page uses."""

    def __init__(self, course: Course, module: str) -> None:
        self._course, self._module = course, course.module(module)
        self._known: dict[tuple[str, str, bool], int] = {}
        self._modules: dict[tuple[str, str, frozenset[str]], ModuleProgress] = {}

    def of(self, modules: str, lessons: str, *, is_completed: bool) -> int:
        """Of the module asked for, or of the course; ``is_completed`` says whether that was completed."""
        key = modules, lessons, is_completed
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= KNOWN:
                self._known.clear()
                self._modules.clear()
            found = self._known[key] = self._worked_out(modules, lessons, is_completed=is_completed)
        return found

    def _worked_out(self, modules: str, lessons: str, *, is_completed: bool) -> int:
        marks = {word[2:]: word[:2] for word in modules.split()}
        done: dict[str, list[str]] = {}
        for word in lessons.split():
            slug, _, lesson = word.partition("/")
            done.setdefault(slug, []).append(lesson)
        shown = (self._module,) if self._module else self._course.modules
        progress = [self._progress(one, marks.get(one.slug, ""), frozenset(done.get(one.slug, ()))) for one in shown]
        return progress[0].percent if self._module else percent_of_course(progress, is_completed=is_completed)

    def _progress(self, module: Module, marks: str, done: frozenset[str]) -> ModuleProgress:
        key = module.slug, marks, done
        if key not in self._modules:
            passed, completed = (SOMETIME if mark == "+" else None for mark in marks or "--")
            self._modules[key] = of_module(module, done, passed_at=passed, completed_at=completed, is_started=bool(marks))
        return self._modules[key]


class _Places:
    """Where people belong within what the reader may see, in words, by the list that the database put together."""

    def __init__(self, session: Session, scope: Sequence[int] | None) -> None:
        self._paths = {str(place.id): " › ".join(place.path) for place in tree(session, scope, None)}

    def of(self, homes: str | None) -> str:
        """In the order of joining; ``homes`` is `membership:organisation` once or more."""
        if not homes:
            return ""
        if " " not in homes:
            return self._paths.get(homes.partition(":")[2], "")
        pairs = sorted((int(number), place) for number, _, place in (word.partition(":") for word in homes.split()))
        return "; ".join(self._paths[place] for _number, place in pairs if place in self._paths)


@lru_cache(maxsize=10_000)
def _percent(score: str) -> int:
    return quizzes.percent_of(Fraction(score))
