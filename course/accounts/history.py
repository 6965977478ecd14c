"""What was true of people and organisations at a past moment, for queries: roles, memberships, the tree.

Everywhere ``at`` None means now.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from ..database import given
from .organisations import Place, in_order
from .tables import Change, Membership, Organisation, OrganisationClosure, OrganisationVersion, Person


def holds(since: Any, until: Any, at: datetime | None) -> ColumnElement[bool]:
    """Whether something that holds from one time until another held then."""
    if at is None:
        found: ColumnElement[bool] = until.is_(None)
        return found
    return and_(since <= at, or_(until.is_(None), until > at))


def value_then(query: Select[Any], what: str, column: Any, at: datetime | None) -> tuple[Select[Any], Any]:
    """A query over people with what it takes to know a value of theirs then, and the expression that gives it.

    ``changes`` holds what each change replaced: the value then is what the first change after it found.
    """
    if at is None:
        return query, column
    first = (
        select(Change.person_id, func.min(Change.id).label("id"))
        .where(Change.what == what, Change.at > at)
        .group_by(Change.person_id)
        .subquery(f"first_{what}")
    )
    change = aliased(Change, name=f"change_of_{what}")
    query = query.outerjoin(first, first.c.person_id == Person.id).outerjoin(change, change.id == first.c.id)
    return query, func.coalesce(change.before, column)


def closure(at: datetime | None) -> Any:
    """(ancestor_id, descendant_id): every organisation with each one above it then, and itself."""
    if at is None:
        return select(OrganisationClosure.ancestor_id, OrganisationClosure.descendant_id).subquery("closure_now")
    version = OrganisationVersion
    then = holds(version.since_at, version.until_at, at)
    up = (
        select(version.organisation_id.label("ancestor_id"), version.organisation_id.label("descendant_id"))
        .where(then)
        .cte("closure_then", recursive=True)
    )
    above = (
        select(version.parent_id, up.c.descendant_id)
        .join(up, version.organisation_id == up.c.ancestor_id)
        .where(then, version.parent_id.is_not(None))
    )
    return up.union_all(above)


def places_within(scope: Collection[int], at: datetime | None) -> Select[Any]:
    """Ids of these organisations and of all that stood below them."""
    above = closure(at)
    return select(above.c.descendant_id).where(above.c.ancestor_id.in_(scope))


def pairs_within(session: Session, scope: Collection[int], at: datetime) -> Any:
    """(ancestor_id, descendant_id): as ``closure``, of these organisations alone, and looked up already.

    PostgreSQL expects a tree that is climbed in a query to have forty times as many pairs as it has, and would rather look at
    everybody than at the people of a city.
    """
    above = closure(at)
    found = session.execute(select(above.c.ancestor_id, above.c.descendant_id).where(above.c.ancestor_id.in_(scope)))
    return given.rows(session, sorted(tuple(row) for row in found), "ancestor_id", "descendant_id").subquery("pairs")


def member_places(at: datetime | None, only: Collection[int] | None = None, above: Any = None) -> Select[Any]:
    """(place_id, person_id) for every organisation that a person belonged to or stood below, each pair once.

    ``only`` limits the organisations, ``above`` is the closure to use.
    """
    above = closure(at) if above is None else above
    query = (
        select(above.c.ancestor_id.label("place_id"), Membership.person_id.label("person_id"))
        .join(Membership, Membership.organisation_id == above.c.descendant_id)
        .where(Membership.role == "member", holds(Membership.since_at, Membership.until_at, at))
        .group_by(Membership.person_id, above.c.ancestor_id)  # in SQLite in this order, so that what is looked up lies together
    )
    return query if only is None else query.where(above.c.ancestor_id.in_(only))


def people_within(scope: Collection[int], at: datetime | None) -> Select[Any]:
    """Ids of those who belonged to one of these organisations or stood below it.

    A query that keeps to them with ``IN`` looks at them alone, and not at everybody.
    """
    return select(member_places(at, scope).subquery("member").c.person_id)


def manages(at: datetime | None) -> ColumnElement[bool]:
    """Whether the person of the query managed an organisation."""
    manager = aliased(Membership)
    return (
        select(manager.id)
        .where(manager.person_id == Person.id, manager.role == "manager", holds(manager.since_at, manager.until_at, at))
        .exists()
    )


def places_at(session: Session, at: datetime, scope: Sequence[int] | None = None) -> list[Place]:
    """The tree as it was, under the names of then; ``scope`` keeps the subtrees of those only."""
    version = OrganisationVersion
    rows = session.execute(
        select(Organisation.id, Organisation.public_id, version.kind, version.name, version.parent_id)
        .join(version, version.organisation_id == Organisation.id)
        .where(holds(version.since_at, version.until_at, at))
    ).all()
    return in_order(rows, None if scope is None else set(session.scalars(places_within(scope, at))))
