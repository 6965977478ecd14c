"""The tree of organisations: country › network › municipality › department, and who may see which part of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, literal, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from . import secrets
from .people import clean_name
from .tables import Membership, Organisation, OrganisationClosure, OrganisationVersion

KINDS = ("country", "network", "municipality", "department")


class WrongPlace(Exception):
    """An organisation cannot stand there: under itself, or beside one of the same name."""


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation with the names from the root down to it."""

    id: int
    public_id: str
    kind: str
    name: str
    parent_id: int | None
    path: tuple[str, ...]


def name_key(name: str) -> str:
    """Folds case, accents and spaces, so that “São Paulo” and “sao paulo” are one place."""
    plain = unicodedata.normalize("NFKD", clean_name(name)).casefold()
    return "".join(c for c in plain if not unicodedata.combining(c))[:160]


def find_or_add(session: Session, *, parent_id: int | None, kind: str, name: str, now: datetime) -> int:
    """The id of the organisation of that name under the parent, made if there is none. The unique key decides a race."""
    where = select(Organisation.id).where(Organisation.parent_id == parent_id, Organisation.name_key == name_key(name))
    found = session.scalar(where)
    if found is not None:
        return found
    try:
        with session.begin_nested():
            organisation = Organisation(
                public_id=secrets.public_id(),
                parent_id=parent_id,
                kind=kind,
                name=clean_name(name)[:160],
                name_key=name_key(name),
                created_at=now,
            )
            session.add(organisation)
            session.flush()
            _link(session, organisation.id, parent_id)
            _keep_version(session, organisation, now)
            return organisation.id
    except IntegrityError:
        return session.execute(where).scalar_one()


def _link(session: Session, organisation_id: int, parent_id: int | None) -> None:
    above = select(OrganisationClosure.ancestor_id, literal(organisation_id), OrganisationClosure.depth + 1).where(
        OrganisationClosure.descendant_id == parent_id
    )
    columns = ["ancestor_id", "descendant_id", "depth"]
    session.execute(insert(OrganisationClosure).values(ancestor_id=organisation_id, descendant_id=organisation_id, depth=0))
    if parent_id is not None:
        session.execute(insert(OrganisationClosure).from_select(columns, above))


def change(
    session: Session, organisation: Organisation, *, name: str, parent_id: int | None, now: datetime, kind: str = ""
) -> None:
    """Renames or moves an organisation with all below it, or makes it of another kind. Raises WrongPlace.

    How it stood before is kept, so that a report of a past moment shows the tree of that moment.
    """
    below = set(
        session.scalars(select(OrganisationClosure.descendant_id).where(OrganisationClosure.ancestor_id == organisation.id))
    )
    if parent_id in below:
        raise WrongPlace("An organisation cannot stand below itself.")
    moved = parent_id != organisation.parent_id
    values = {"name": clean_name(name)[:160], "name_key": name_key(name), "kind": kind or organisation.kind}
    try:
        with session.begin_nested():
            session.execute(
                update(Organisation).where(Organisation.id == organisation.id).values(parent_id=parent_id, **values)
            )
    except IntegrityError as error:
        raise WrongPlace("There is an organisation of this name in the same place already.") from error
    session.refresh(organisation)
    if moved:
        _relink(session, below, organisation.id, parent_id)
    _keep_version(session, organisation, now)


def _relink(session: Session, below: set[int], organisation_id: int, parent_id: int | None) -> None:
    closure, upper = aliased(OrganisationClosure), aliased(OrganisationClosure)
    session.execute(
        delete(OrganisationClosure).where(
            OrganisationClosure.descendant_id.in_(below), OrganisationClosure.ancestor_id.not_in(below)
        )
    )
    if parent_id is not None:
        session.execute(
            insert(OrganisationClosure).from_select(
                ["ancestor_id", "descendant_id", "depth"],
                select(upper.ancestor_id, closure.descendant_id, upper.depth + closure.depth + 1)
                .join_from(upper, closure, true())
                .where(upper.descendant_id == parent_id, closure.ancestor_id == organisation_id),
            )
        )


def _keep_version(session: Session, organisation: Organisation, now: datetime) -> None:
    """Remembers how an organisation stands from now on: called when it is made and whenever it changes."""
    version = OrganisationVersion
    session.execute(
        update(version).where(version.organisation_id == organisation.id, version.until_at.is_(None)).values(until_at=now)
    )
    session.execute(
        insert(version).values(
            organisation_id=organisation.id,
            parent_id=organisation.parent_id,
            kind=organisation.kind,
            name=organisation.name,
            since_at=now,
        )
    )


def places(session: Session, within: Sequence[int] | None = None) -> list[Place]:
    """The tree in reading order, each with its path; ``within`` keeps the subtrees of those only. Two queries at most."""
    rows = session.execute(
        select(Organisation.id, Organisation.public_id, Organisation.kind, Organisation.name, Organisation.parent_id)
    ).all()
    return in_order(rows, None if within is None else subtree(session, within))


def in_order(rows: Sequence[Any], seen: set[int] | None) -> list[Place]:
    """Places in reading order, of rows with id, public_id, kind, name and parent_id; ``seen`` None keeps them all."""
    names = {row.id: (row.name, row.parent_id) for row in rows}

    def path(organisation_id: int) -> tuple[str, ...]:
        name, parent = names[organisation_id]
        return (*path(parent), name) if parent else (name,)

    kept = [
        Place(row.id, row.public_id, row.kind, row.name, row.parent_id, path(row.id))
        for row in rows
        if seen is None or row.id in seen
    ]
    return sorted(kept, key=lambda place: [name_key(name) for name in place.path])


def subtree(session: Session, of: Sequence[int]) -> set[int]:
    """Ids of the organisations and all below them."""
    return set(session.scalars(select(OrganisationClosure.descendant_id).where(OrganisationClosure.ancestor_id.in_(of))))


def of_person(session: Session, person_id: int) -> list[tuple[Place, str]]:
    """Where a person belongs now, with the role held there."""
    held = session.execute(
        select(Membership.organisation_id, Membership.role)
        .where(Membership.person_id == person_id, Membership.until_at.is_(None))
        .order_by(Membership.id)
    ).all()
    by_id = {place.id: place for place in places(session)} if held else {}
    return [(by_id[row.organisation_id], row.role) for row in held]
