"""What a kept address of a report asks for, read where there is no request: for mails and for exports that are made later."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from ..accounts import cohorts, organisations, people
from ..accounts.organisations import Place
from ..accounts.tables import Change, Cohort, Person
from . import completion
from .filters import Filters


def scope_of(session: Session, person: Person) -> list[int] | None:
    """What this person may see now: everything for an administrator, else the organisations they manage, with all below."""
    return None if person.role == "administrator" else people.managed_organisations(session, person.id)


def filters_of(session: Session, query: str, scope: Sequence[int] | None, as_of: datetime | None = None) -> Filters | None:
    """The filters of a query that was right when it was kept; None where what it names may no longer be seen.

    ``as_of`` is the moment where the query names none.
    """
    asked = dict(parse_qsl(query))
    at = datetime.fromisoformat(asked["as_of"]) if asked.get("as_of") else as_of
    wanted, group = asked.get("organisation", ""), asked.get("cohort", "")
    place = next((p for p in completion.tree(session, scope, at) if p.public_id == wanted), None) if wanted else None
    cohort = cohorts.find(session, group, scope) if group else None
    if scope == [] or (wanted and place is None) or (group and cohort is None):
        return None
    return Filters(
        organisation=place.id if place else None,
        module=asked.get("module", ""),
        since=_day(asked, "since"),
        until=_day(asked, "until"),
        as_of=at,
        language=asked.get("language", ""),
        who=asked.get("who", "learners"),
        week=_day(asked, "week"),
        words=asked.get("words", ""),
        within=within(session, place, scope),
        **of_cohort(cohort),
    )


def within(session: Session, place: Place | None, scope: Sequence[int] | None) -> str:
    """Where people belong who are counted: in the organisation that is asked for, else in those that the reader manages."""
    named = [place] if place else organisations.named(session, scope) if scope else []
    return "; ".join(" › ".join(one.path) for one in named)


def is_language(session: Session, wanted: str, there: Sequence[str]) -> bool:
    """Whether anybody can have chosen it: the course is there in it, or was when somebody did. Others would count nobody."""
    if wanted in there:
        return True
    chosen = exists().where(Person.language == wanted)
    once = exists().where(Change.what == "language", or_(Change.before == wanted, Change.after == wanted))
    return bool(re.fullmatch(r"[A-Za-z0-9-]{1,16}", wanted)) and bool(session.scalar(select(or_(chosen, once))))


def of_cohort(cohort: Cohort | None) -> dict[str, Any]:
    """How filters name a cohort."""
    return {"cohort": cohort.id, "cohort_name": cohort.name} if cohort else {}


def _day(asked: Mapping[str, str], name: str) -> date | None:
    return date.fromisoformat(asked[name]) if asked.get(name) else None
