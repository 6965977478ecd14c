"""Who is on one page of the people behind a figure of today, however many people there are.

An index has the people of each place in the order of their names. It is walked from where the page begins, past those of whom
the figure is not true, until the page is full. How far that is follows from the figure, which is known first: where it is true
of 40 in 1,000, a page of 50 takes a walk past 1,250. Where that would be far, another index may have fewer people with all of
whom it is true among them, such as those who began a module: then each of these is tried, and the page put in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select, tuple_, union
from sqlalchemy.orm import Session

from ..accounts.tables import Person
from ..learning.tables import Certificate, Enrolment, ModuleState
from . import counting, tallied
from .figures import Counts, Figures
from .filters import Filters
from .tables import EVERYWHERE, TallyPlace

NEAR = 2_500  # people whom a page walks past without a look for a shorter way
FURTHEST = 25_000  # people whom a page that is asked for by its number may walk past or try
DEAR = 3  # times as long as to walk past somebody it takes to try one of the few, and to put them in order


class TooFar(Exception):
    """A page by its number that is further in than is walked for it. ``offset`` is how far in one may begin."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"so far in no page is opened by its number; the furthest begins behind {offset} people")
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a page begins: behind the person of this key (of the name) and id, or (``is_back``) before them, or so many on."""

    offset: int = 0
    person: tuple[str, int] | None = None
    is_back: bool = False

    def of(self, query: Select[Any], key: Any, person_id: Any) -> Select[Any]:
        """The people of the query from there on, in the order of names; from there back, in the opposite order."""
        if self.person is not None:
            here = tuple_(key, person_id)
            query = query.where(here < self.person if self.is_back else here > self.person)
        return query.order_by(key.desc(), person_id.desc()) if self.is_back else query.order_by(key, person_id)


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure, and where its people are counted: ``within`` organisations none of which stands below another, or everywhere.

    ``needed`` is how many modules must be passed to count as passed.
    """

    filters: Filters
    state: str
    needed: int
    within: Sequence[int]

    @property
    def module(self) -> str:
        """Empty for what is of the whole course, whatever module is asked for."""
        return "" if self.state in {"enrolled", "certified"} else self.filters.module

    def figures(self, session: Session, *, within: int, who: str, module: str) -> Figures:
        """As the report has them, of the week alone if one is asked for."""
        week, filters = self._week(), Filters(module=module, who=who)
        return tallied.read(session, filters=filters, needed=self.needed, within=within, only=(), weeks=range(week, week + 1))

    def everywhere(self, session: Session) -> Figures:
        """Those of everybody, by which ``rarely`` knows how many people an index gives."""
        return self.figures(session, within=EVERYWHERE, who="everyone", module=self.module if self.state == "completed" else "")

    def number(self, found: Figures) -> int:
        """Of how many people it is true."""
        if self.filters.week is None:
            return int(getattr(found.total, self.state))
        return (found.completed if self.state == "completed" else found.began).get(self._week(), 0)

    def _week(self) -> int:
        week = self.filters.week
        return counting.week_of(datetime.combine(week, time(), UTC)) if week else 0


def find(session: Session, asked: Asked, spot: Spot, limit: int | None) -> tuple[Select[Any], int]:
    """The ids of the people on the page, and how many there are on all pages. Raises TooFar."""
    if len(asked.within) > 1:  # somebody may belong to two of them
        everybody = union(*_parts(asked)).subquery("everybody")
        return page(asked, spot, limit), session.execute(select(func.count()).select_from(everybody)).scalar_one()
    found = asked.figures(session, within=asked.within[0], who=asked.filters.who, module=asked.module)
    total, enrolled = asked.number(found), found.total.enrolled
    if spot.offset >= total:
        return page(asked, Spot(), 0), total
    steps = enrolled if limit is None else min(enrolled, (spot.offset + limit) * enrolled // total)
    rare, tried = few(session, asked, steps) if steps > NEAR else (None, steps)
    if spot.offset and tried > FURTHEST and _is_so(asked, TallyPlace.person_id):
        raise TooFar(max(0, FURTHEST * total // enrolled - (limit or 0)))
    return page(asked, spot, limit, rare), total


def page(asked: Asked, spot: Spot, limit: int | None, rare: Select[Any] | None = None) -> Select[Any]:
    """By walking the index, or of those alone who are ``rare``."""
    place, reach = TallyPlace, None if limit is None else spot.offset + limit
    if rare is not None:
        return spot.of(_among(asked, rare), Person.name_key, Person.id).offset(spot.offset).limit(limit)
    parts = [spot.of(part, place.name_key, place.person_id) for part in _parts(asked)]
    if len(parts) == 1:
        return parts[0].offset(spot.offset).limit(limit)
    all_of_them = union(*(select(part.limit(reach).subquery()) for part in parts)).subquery("all_of_them")
    query = spot.of(select(all_of_them), all_of_them.c.name_key, all_of_them.c.person_id)
    return query.offset(spot.offset).limit(limit)


def _parts(asked: Asked) -> list[Select[Any]]:
    """The people of each place, and learners and staff, stand apart in the index."""
    place, who = TallyPlace, tallied.STAFF[asked.filters.who]
    columns: tuple[Any, ...] = (place.person_id, place.name_key)
    query = select(*columns).where(*_is_so(asked, place.person_id))
    return [
        query.where(place.place_id == place_id, place.is_staff == is_staff) for place_id in asked.within for is_staff in who
    ]


def _among(asked: Asked, rare: Select[Any]) -> Select[Any]:
    """Those of the rare who count in the place and of whom it is true, with their names."""
    is_staff = (
        select(TallyPlace.is_staff)
        .where(TallyPlace.person_id == Person.id, TallyPlace.place_id == asked.within[0])
        .scalar_subquery()
    )
    counts = is_staff.in_(tallied.STAFF[asked.filters.who])
    columns: tuple[Any, ...] = (Person.id.label("person_id"), Person.name_key)
    return select(*columns).where(Person.id.in_(rare), counts, *_is_so(asked, Person.id))


def few(session: Session, asked: Asked, most: int) -> tuple[Select[Any] | None, int]:
    """The ids of some people with all of whom it is true among them, where to try each of these is quicker than to walk past
    ``most``, else None; and past how many people one walks in the time of the quicker way.
    """
    rare, number = rarely(asked, asked.everywhere(session))
    return (rare, number * DEAR) if rare is not None and number * DEAR < most else (None, most)


def rarely(asked: Asked, everywhere: Figures) -> tuple[Select[Any] | None, int]:
    """Such ids, however many they are, and that number; None where no index gives any."""
    of, says = _says(asked)
    if asked.module and asked.state == "not_started":
        return None, everywhere.total.enrolled
    if asked.module and asked.state != "completed":
        return select(of.person_id).where(*says), everywhere.by_module.get(asked.module, Counts()).started
    if asked.state in {"started", "passed"}:
        modules = _least(everywhere, asked.needed if asked.state == "passed" else 1)
        begun = sum(everywhere.by_module[module].started for module in modules)
        return select(ModuleState.person_id).where(ModuleState.module.in_(modules)), begun
    if asked.state == "certified":
        return select(Certificate.person_id), asked.number(everywhere)
    return select(of.person_id).where(*says), asked.number(everywhere)


def _least(everywhere: Figures, needed: int) -> list[str]:
    """The modules that fewest began, as many as it takes: whoever passed enough of all has begun one of them."""
    modules = sorted(everywhere.by_module, key=lambda slug: everywhere.by_module[slug].started)
    return modules[: max(0, len(modules) - needed + 1)]


def _is_so(asked: Asked, person_id: Any) -> list[ColumnElement[bool]]:
    """Whether it is true of somebody who counts in a place, and so is enrolled.

    By a subquery that has a value, which is looked up person by person: one with EXISTS may become a join over everybody.
    """
    if asked.state == "enrolled" and asked.filters.week is None:
        return []
    of, says = _says(asked)
    row = select(of.person_id).where(of.person_id == person_id, *says).scalar_subquery()
    return [row.is_(None) if asked.module and asked.state == "not_started" else row.is_not(None)]


def _says(asked: Asked) -> tuple[Any, list[ColumnElement[bool]]]:
    """The table in which it stands of whom it is true, and what a person's row there must say."""
    if asked.module:
        of: Any = ModuleState
        began, says = of.started_at, [of.module == asked.module]
        conditions = {"passed": of.passed_at.is_not(None), "scored": of.score_ppm.is_not(None)}
    else:
        of = Enrolment
        began, says = of.enrolled_at, [of.person_id > literal_column("0")]  # as ix_enrolments_enrolled has it
        conditions = {
            "started": of.is_started.is_(True),
            "not_started": of.is_started.is_(False),
            "passed": of.modules_passed >= asked.needed,
            "certified": of.is_certified.is_(True),
        }
    conditions["completed"] = of.completed_at.is_not(None)
    if asked.filters.week is not None:
        says.append(counting.in_week(of.completed_at if asked.state == "completed" else began, asked.filters.week))
    elif asked.state in conditions:
        says.append(conditions[asked.state])
    return of, says
