"""The tree of organisations: country › network › municipality › department, and who may see which part of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, literal, or_, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from ..database.alone import one_by_one
from ..database.statements import Statement
from . import secrets
from .names import clean_name, name_key
from .tables import Membership, Organisation, OrganisationClosure, OrganisationVersion

STANDS_BELOW = {
    "country": (),
    "network": ("country",),
    "municipality": ("country", "network"),
    "department": ("municipality",),
}  # each kind below which others; a network crosses no border
KINDS = tuple(STANDS_BELOW)
LONGEST = 160  # characters of a name
ABOVE_OTHERS = tuple(kind for kind in KINDS if any(kind in above for above in STANDS_BELOW.values()))
MOST_WORDS = 8  # that are looked for at once
_PLACE = (Organisation.id, Organisation.public_id, Organisation.kind, Organisation.name, Organisation.parent_id)
_homes: Statement[Any] = Statement(
    select(Membership.id, Organisation.name)
    .join(OrganisationClosure, OrganisationClosure.descendant_id == Membership.organisation_id)
    .join(Organisation, Organisation.id == OrganisationClosure.ancestor_id)
    .where(Membership.person_id == bindparam("person"), Membership.role == "member", Membership.until_at.is_(None))
    .order_by(Membership.id, OrganisationClosure.depth.desc())
)


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


def find_or_add(session: Session, *, parent_id: int | None, kind: str, name: str, now: datetime) -> int:
    """The id of the organisation of that name under the parent, made if there is none. The unique key decides a race."""
    found = find_named(session, parent_id=parent_id, name=name)
    if found is not None:
        return found
    hold_tree(session)
    try:
        with session.begin_nested():
            organisation = Organisation(
                public_id=secrets.public_id(),
                parent_id=parent_id,
                kind=kind,
                name=clean_name(name)[:LONGEST],
                name_key=name_key(name),
                created_at=now,
            )
            session.add(organisation)
            session.flush()
            _link(session, organisation.id, parent_id)
            _keep_version(session, organisation, now)
            return organisation.id
    except IntegrityError:
        return session.execute(_named_below(parent_id, name)).scalar_one()


def hold_tree(session: Session) -> None:
    """Whoever adds or moves an organisation waits until this transaction is over."""
    one_by_one(session.connection(), "tree")


def find_named(session: Session, *, parent_id: int | None, name: str) -> int | None:
    """The id of the organisation of that name, however it is written, right under the parent."""
    return session.scalar(_named_below(parent_id, name))


def _named_below(parent_id: int | None, name: str) -> Select[int]:
    return select(Organisation.id).where(Organisation.parent_id == parent_id, Organisation.name_key == name_key(name))


def find_country(session: Session, names: Sequence[str]) -> int | None:
    """The country that bears one of these names; the oldest, where one country was made under two of them."""
    keys = [name_key(name) for name in names]
    country = select(Organisation.id).where(Organisation.parent_id.is_(None), Organisation.name_key.in_(keys))
    return session.scalar(country.order_by(Organisation.id).limit(1))


def find_or_add_country(session: Session, *, names: Sequence[str], now: datetime) -> int:
    """The same, made under the first of the names if there is none under any."""
    return find_country(session, names) or find_or_add(session, parent_id=None, kind="country", name=names[0], now=now)


def municipality_names(session: Session, country_id: int | None = None, most: int | None = None) -> list[str]:
    """Each name once, in reading order; of one country, or of all. ``most`` of them, whichever."""
    named = select(Organisation.name).where(Organisation.kind == "municipality").distinct().limit(most)
    if country_id is not None:
        closure = OrganisationClosure
        named = named.join(closure, closure.descendant_id == Organisation.id).where(closure.ancestor_id == country_id)
    return sorted(session.scalars(named), key=name_key)


def find_or_add_municipality(session: Session, *, country_id: int, name: str, now: datetime) -> int:
    """The same of a municipality, which may stand below a network of its country by now."""
    closure = OrganisationClosure
    there = (
        select(Organisation.id)
        .join(closure, closure.descendant_id == Organisation.id)
        .where(closure.ancestor_id == country_id, Organisation.kind == "municipality", Organisation.name_key == name_key(name))
        .order_by(closure.depth, Organisation.id)
        .limit(1)
    )
    found = session.scalar(there)
    return found or find_or_add(session, parent_id=country_id, kind="municipality", name=name, now=now)


def find_or_add_path(session: Session, names: Sequence[str], now: datetime) -> int | None:
    """The last organisation of a path from its country down, each made where it is missing. Networks are made by hand."""
    place: int | None = None
    for name in names:
        above = None if place is None else session.get_one(Organisation, place)
        found = find_named(session, parent_id=place, name=name)
        if found is None and above is not None and above.kind == "country":
            found = find_or_add_municipality(session, country_id=above.id, name=name, now=now)
        kind = "country" if above is None else "municipality" if above.kind == "network" else "department"
        place = found or find_or_add(session, parent_id=place, kind=kind, name=name, now=now)
    return place


def check_place(session: Session, *, kind: str, parent_id: int | None, organisation_id: int | None = None) -> None:
    """Raises WrongPlace where one of this kind does not stand below that one, or what stands below it would not."""
    parent = None if parent_id is None else session.get_one(Organisation, parent_id)
    allowed = STANDS_BELOW[kind]
    if parent is None and allowed:
        raise WrongPlace(f"A {kind} stands below a {' or a '.join(allowed)}: choose one.")
    if parent is not None and parent.kind not in allowed:
        where = f"below a {' or a '.join(allowed)}" if allowed else "below nothing"
        raise WrongPlace(f"A {kind} stands {where}, and {parent.name} is a {parent.kind}.")
    held = select(Organisation.kind).where(Organisation.parent_id == organisation_id, Organisation.parent_id.is_not(None))
    for below in sorted(set(session.scalars(held))):
        if kind not in STANDS_BELOW[below]:
            raise WrongPlace(f"A {below} stands below it, which cannot stand below a {kind}. Move that one first.")


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
    hold_tree(session)
    below = subtree(session, [organisation.id])
    if parent_id in below:
        raise WrongPlace("An organisation cannot stand below itself.")
    moved = parent_id != organisation.parent_id
    values = {"name": clean_name(name)[:LONGEST], "name_key": name_key(name), "kind": kind or organisation.kind}
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
    rows = session.execute(select(*_PLACE)).all()
    return in_order(rows, None if within is None else subtree(session, within))


def in_order(rows: Sequence[Any], seen: Collection[int] | None) -> list[Place]:
    """Places in reading order, of rows with id, public_id, kind, name and parent_id; ``seen`` None keeps them all."""
    by_id = {row.id: row for row in rows}
    known: dict[int | None, tuple[tuple[str, ...], tuple[str, ...]]] = {None: ((), ())}

    def path(organisation_id: int | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names from the root down, and their keys."""
        if organisation_id not in known:
            row = by_id[organisation_id]
            names, keys = path(row.parent_id)
            known[organisation_id] = ((*names, row.name), (*keys, name_key(row.name)))
        return known[organisation_id]

    kept = sorted((row for row in rows if seen is None or row.id in seen), key=lambda row: path(row.id)[1])
    return [Place(row.id, row.public_id, row.kind, row.name, row.parent_id, path(row.id)[0]) for row in kept]


def upper(session: Session, of: Sequence[int] | None, most: int) -> tuple[list[Place], int]:
    """The uppermost levels of a tree that together hold at most so many organisations, and how many there are below them.

    ``of`` names the organisations that stand uppermost, None all that stand under none. One level below them is always there.
    """
    closure = OrganisationClosure
    above = select(Organisation.id).where(Organisation.parent_id.is_(None)) if of is None else tops(session, of)
    below = select(closure.descendant_id.label("id"), closure.depth.label("level")).where(closure.ancestor_id.in_(above))
    found = below.subquery("found")
    numbers: dict[int, int] = dict(session.execute(select(found.c.level, func.count()).group_by(found.c.level)).all())
    last = _last_level(numbers, most, 0 if of is None else 1)
    kept = set(session.scalars(select(found.c.id).where(found.c.level <= last)))
    return named(session, kept), sum(numbers.values()) - len(kept)


def cut(found: Sequence[Place], most: int, least: int) -> tuple[list[Place], int]:
    """The same of a tree that is there, whatever moment it is of: its places in reading order, ``least`` levels at least."""
    levels: dict[int, int] = {}
    for place in found:
        levels[place.id] = 0 if place.parent_id not in levels else levels[place.parent_id] + 1
    last = _last_level(Counter(levels.values()), most, least)
    kept = [place for place in found if levels[place.id] <= last]
    return kept, len(found) - len(kept)


def _last_level(numbers: Mapping[int, int], most: int, least: int) -> int:
    """How far down so many organisations go at most, given how many stand on each level."""
    whole = [level for level in numbers if sum(numbers[n] for n in range(level + 1)) <= most]
    return max(least, *whole, 0)


def named(session: Session, ids: Collection[int]) -> list[Place]:
    """These organisations in reading order."""
    above = select(OrganisationClosure.ancestor_id).where(OrganisationClosure.descendant_id.in_(ids))
    return in_order(session.execute(select(*_PLACE).where(Organisation.id.in_(above))).all(), ids)


def find(session: Session, public_id: str, within: Sequence[int] | None) -> list[Place]:
    """The organisation of this public id with those above it, from the root; empty when there is none in these subtrees.

    Those above that are not in the subtrees are left out.
    """
    closure, seen = OrganisationClosure, aliased(OrganisationClosure)
    above = (
        select(closure.ancestor_id)
        .join(Organisation, Organisation.id == closure.descendant_id)
        .where(Organisation.public_id == public_id)
    )
    if within is not None:
        above = above.where(closure.ancestor_id.in_(select(seen.descendant_id).where(seen.ancestor_id.in_(within))))
    return named(session, set(session.scalars(above)))


def search(
    session: Session, words: str, most: int, *, kinds: Collection[str] = KINDS, within: Sequence[int] | None = None
) -> tuple[list[Place], int]:
    """Organisations that have each word in their name or in one above them, in reading order, and how many there are in all.

    At most so many of them, the upper ones first, whatever the case and the accents of the words. Without a word it is all of
    them, or none where they are more than that. Of these ``kinds`` alone; ``within`` keeps the subtrees of those only, whose
    tops may be of any kind.
    """
    closure, above = OrganisationClosure, aliased(Organisation)
    below = select(closure.descendant_id).join(above, above.id == closure.ancestor_id)
    looked_for = name_key(words).replace("›", " ").split()[:MOST_WORDS]
    named_so = [Organisation.id.in_(below.where(above.name_key.contains(word, autoescape=True))) for word in looked_for]
    asked = [*named_so, or_(Organisation.kind.in_(kinds), Organisation.id.in_(within or ()))]
    if within is not None:
        asked.append(Organisation.id.in_(select(closure.descendant_id).where(closure.ancestor_id.in_(within))))
    total = session.execute(select(func.count()).select_from(Organisation).where(*asked)).scalar_one()
    if total > most and not looked_for:
        return [], total
    level = select(func.max(closure.depth)).where(closure.descendant_id == Organisation.id).scalar_subquery()
    found = select(Organisation.id).where(*asked).order_by(level, Organisation.name_key, Organisation.id).limit(most)
    return named(session, session.scalars(found).all()), total


def tops(session: Session, of: Sequence[int]) -> list[int]:
    """Those of the organisations that stand below no other of them."""
    if len(of) == 1:
        return list(of)
    closure = OrganisationClosure
    below = select(closure.descendant_id).where(closure.ancestor_id.in_(of), closure.descendant_id.in_(of), closure.depth > 0)
    return sorted(set(of) - set(session.scalars(below)))


def subtree(session: Session, of: Sequence[int]) -> set[int]:
    """Ids of the organisations and all below them."""
    return set(session.scalars(select(OrganisationClosure.descendant_id).where(OrganisationClosure.ancestor_id.in_(of))))


def of_person(session: Session, person_id: int) -> list[tuple[Place, str]]:
    """Where a person belongs now, with the role held there, the first first."""
    return [(place, one.role) for place, one in placed(session, held_now(session, person_id)[::-1])]


def held_now(session: Session, person_id: int) -> list[Membership]:
    """The memberships that have not ended, the newest first."""
    return [one for one in memberships(session, person_id) if one.until_at is None]


def memberships(session: Session, person_id: int, within: Sequence[int] | None = None) -> list[Membership]:
    """Every membership that a person has or had, the newest first; ``within`` keeps those in the subtrees of these only."""
    query = select(Membership).where(Membership.person_id == person_id)
    if within is not None:
        below = select(OrganisationClosure.descendant_id).where(OrganisationClosure.ancestor_id.in_(within))
        query = query.where(Membership.organisation_id.in_(below))
    return list(session.scalars(query.order_by(Membership.id.desc())))


def placed(session: Session, found: Sequence[Membership]) -> list[tuple[Place, Membership]]:
    """Memberships with where they are, as that stands and is named today."""
    by_id = {place.id: place for place in named(session, {one.organisation_id for one in found})} if found else {}
    return [(by_id[one.organisation_id], one) for one in found]


def homes(connection: Connection, person_id: int) -> list[str]:
    """What a person is a member of now, in words, the first first. One query, however large the tree is."""
    rows = _homes.all(connection, {"person": person_id})
    return [" › ".join(row.name for row in path) for _, path in groupby(rows, attrgetter("id"))]
