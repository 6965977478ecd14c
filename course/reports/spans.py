"""Who counted where, and what they counted as, each from when until when: figures of any past moment are made of these.

The measures are those of the tallies (migration 0005). A time without an end is ``FAR``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CTE, FromClause, Select, and_, func, literal, select, union
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from ..accounts.tables import Change, Membership, OrganisationVersion, Person
from ..extensions import Moment
from ..learning.tables import Certificate, CertificateNote, Enrolment, ModuleState, ScoreChange
from .counting import EPOCH, day_number, is_staff, week_number
from .tables import EVERYWHERE

COURSE = literal("")
FAR = datetime(9999, 12, 31, tzinfo=UTC)


class earlier(FunctionElement[datetime]):  # noqa: N801  a function in SQL
    """The earlier of two times."""

    type = Moment()
    inherit_cache = True


class later(FunctionElement[datetime]):  # noqa: N801  a function in SQL
    """The later of two times."""

    type = Moment()
    inherit_cache = True


@compiles(earlier)
def _earlier(element: earlier, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{_name(compiler, 'min', 'least')}({compiler.process(element.clauses, **kw)})"


@compiles(later)
def _later(element: later, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{_name(compiler, 'max', 'greatest')}({compiler.process(element.clauses, **kw)})"


def _name(compiler: SQLCompiler, sqlite: str, postgresql: str) -> str:
    return sqlite if compiler.dialect.name == "sqlite" else postgresql


def end(moment: Any) -> Any:
    return func.coalesce(moment, literal(FAR, Moment()))


def people_ever(place: int) -> Select[Any]:
    """(person_id, is_staff, since_at, until_at): when people counted in a place, as what. Two spans of a person never overlap.

    A person's time is cut wherever it could change how they count, and each piece is asked at its beginning.
    """
    inside = _inside(place).cte("inside")
    piece = _pieces(inside).cte("pieces")
    return (
        select(piece.c.person_id, is_staff(piece.c.since_at).label("is_staff"), piece.c.since_at, piece.c.until_at)
        .join(
            inside,
            and_(
                inside.c.person_id == piece.c.person_id,
                inside.c.since_at <= piece.c.since_at,
                inside.c.until_at > piece.c.since_at,
            ),
        )
        .join(Person, Person.id == piece.c.person_id)
        .distinct()
    )


def _inside(place: int) -> Select[*tuple[Any, ...]]:
    """(person_id, since_at, until_at): enrolled and in this place; once for each membership, so that spans may overlap."""
    if place == EVERYWHERE:
        everybody: Select[*tuple[Any, ...]] = select(
            Enrolment.person_id, Enrolment.enrolled_at.label("since_at"), literal(FAR, Moment()).label("until_at")
        )
        return everybody
    version = OrganisationVersion
    below = select(
        literal(place).label("organisation_id"),
        literal(EPOCH, Moment()).label("since_at"),
        literal(FAR, Moment()).label("until_at"),
    ).cte("below", recursive=True)
    since, until = later(version.since_at, below.c.since_at), earlier(end(version.until_at), below.c.until_at)
    below = below.union_all(
        select(version.organisation_id, since, until)
        .join(below, version.parent_id == below.c.organisation_id)
        .where(since < until)
    )
    began = later(later(Membership.since_at, below.c.since_at), Enrolment.enrolled_at)
    ended = earlier(end(Membership.until_at), below.c.until_at)
    members: Select[*tuple[Any, ...]] = (
        select(Membership.person_id, began.label("since_at"), ended.label("until_at"))
        .join(below, below.c.organisation_id == Membership.organisation_id)
        .join(Enrolment, Enrolment.person_id == Membership.person_id)
        .where(Membership.role == "member", began < ended)
    )
    return members


def _pieces(inside: CTE) -> Select[Any]:
    """(person_id, since_at, until_at): the time of everybody inside, cut where they came or went or their role changed."""
    here = select(inside.c.person_id)
    manager = aliased(Membership)
    leads = and_(manager.role == "manager", manager.person_id.in_(here))
    cuts = union(
        select(inside.c.person_id, inside.c.since_at.label("at")),
        select(inside.c.person_id, inside.c.until_at),
        select(Change.person_id, Change.at).where(Change.what == "role", Change.person_id.in_(here)),
        select(manager.person_id, manager.since_at).where(leads),
        select(manager.person_id, manager.until_at).where(leads, manager.until_at.is_not(None)),
    ).subquery("cuts")
    until = func.lead(cuts.c.at).over(partition_by=cuts.c.person_id, order_by=cuts.c.at)
    return select(cuts.c.person_id, cuts.c.at.label("since_at"), end(until).label("until_at"))


def steps(people: FromClause, module: str | None = None) -> Iterator[Select[Any]]:
    """What these people count as: their columns, module, measure, value, began_at and ended_at; a query for each measure.

    ``module`` None is everything, "" the course alone, else one module with who is enrolled on the course.
    """
    yield _of_course(people, "enrolled", week_number(Enrolment.enrolled_at), Enrolment.enrolled_at)
    if not module:
        yield from _course(people)
    if module != "":
        yield from _modules(people, module)


def _course(people: FromClause) -> Iterator[Select[Any]]:
    state = ModuleState
    any_of = aliased(ModuleState)
    first = select(any_of.module).where(any_of.person_id == people.c.person_id).order_by(any_of.started_at, any_of.module)
    is_first = and_(state.person_id == people.c.person_id, state.module == first.limit(1).scalar_subquery())
    yield select(*people.c, *_named(COURSE, "started", literal(0), state.started_at, FAR)).join(state, is_first)
    passes = func.row_number().over(partition_by=(*people.c,), order_by=state.passed_at)
    until = end(func.lead(state.passed_at).over(partition_by=(*people.c,), order_by=state.passed_at))
    passed = select(*people.c, *_named(COURSE, "passed", passes, state.passed_at, until))
    yield passed.join(state, state.person_id == people.c.person_id).where(state.passed_at.is_not(None))
    done = Enrolment.completed_at
    yield _of_course(people, "completed", week_number(done), done).where(done.is_not(None))
    yield _of_course(people, "days", day_number(done) - day_number(Enrolment.enrolled_at), done).where(done.is_not(None))
    revoked = select(func.min(CertificateNote.at)).where(
        CertificateNote.certificate_id == Certificate.id, CertificateNote.kind == "revoked"
    )
    held = select(*people.c, *_named(COURSE, "certified", literal(0), Certificate.issued_at, end(revoked.scalar_subquery())))
    yield held.join(Certificate, Certificate.person_id == people.c.person_id)
    yield _scores(people, COURSE)


def _modules(people: FromClause, module: str | None) -> Iterator[Select[Any]]:
    state = ModuleState
    done = state.completed_at
    for measure, value, began in (
        ("started", week_number(state.started_at), state.started_at),
        ("passed", literal(1), state.passed_at),
        ("completed", week_number(done), done),
        ("days", day_number(done) - day_number(state.started_at), done),
    ):
        query = select(*people.c, *_named(state.module, measure, value, began, FAR))
        query = query.join(state, state.person_id == people.c.person_id).where(began.is_not(None))
        yield query.where(state.module == module) if module else query
    scores = _scores(people, ScoreChange.module)
    yield scores.where(ScoreChange.module == module) if module else scores


def _scores(people: FromClause, module: Any) -> Select[Any]:
    score = ScoreChange
    found = select(*people.c, *_named(module, "score", score.score_ppm, score.since_at, end(score.until_at)))
    return found.join(score, score.person_id == people.c.person_id)


def _of_course(people: FromClause, measure: str, value: Any, began: Any) -> Select[Any]:
    found = select(*people.c, *_named(COURSE, measure, value, began, FAR))
    return found.join(Enrolment, Enrolment.person_id == people.c.person_id)


def _named(module: Any, measure: str, value: Any, began: Any, ended: Any) -> tuple[Any, ...]:
    return (
        module.label("module"),
        literal(measure).label("measure"),
        value.label("value"),
        began.label("began_at"),
        (literal(FAR, Moment()) if ended is FAR else ended).label("ended_at"),
    )
