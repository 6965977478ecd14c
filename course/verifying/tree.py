"""The tree of organisations: who stands below whom, by their parents, and how each stood last, against what is kept of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..accounts.tables import Organisation, OrganisationClosure, OrganisationVersion
from .differences import Difference, compare_rows
from .rows import Kept, Key, Row, table_of

CLOSURE = Kept(table_of(OrganisationClosure), ("ancestor_id", "descendant_id"), ("depth",))
VERSIONS = Kept(table_of(OrganisationVersion), ("id",), ("parent_id", "kind", "name", "until_at"), is_mended=False)
STANDS = ("parent_id", "kind", "name")


def differing_tree(session: Session) -> Iterator[Difference]:
    """Read in one moment, or while nobody moves an organisation; one that was made since it was begun is left out."""
    columns = (Organisation.id, *(getattr(Organisation, name) for name in STANDS))
    found = {row.id: row for row in session.execute(select(*columns).order_by(Organisation.id))}
    above = {place: _above(place, found) for place in found}
    for place, names in above.items():
        if place in names[1:]:
            yield Difference("organisations", (place,), "parent_id", found[place].parent_id, "not below itself")
    wanted: dict[Key, Row] = {
        (upper, place): {"ancestor_id": upper, "descendant_id": place, "depth": depth}
        for place, names in above.items()
        if len({*names}) == len(names)
        for depth, upper in enumerate(names)
    }
    held = {key: row for key, row in _rows(session, CLOSURE).items() if key[1] in found and found.keys() >= {*key}}
    yield from compare_rows(CLOSURE, held, wanted)
    yield from _versions(session, found)


def _above(place: int, found: Mapping[int, Any]) -> list[int]:
    """An organisation and those above it; one that stands below itself comes twice."""
    names = [place]
    while (upper := found[names[-1]].parent_id) is not None:
        names.append(upper)
        if upper in names[:-1]:
            break
    return names


def _rows(session: Session, kept: Kept) -> dict[Key, Row]:
    return {tuple(row[name] for name in kept.key): dict(row) for row in session.execute(select(kept.table)).mappings()}


def _versions(session: Session, found: Mapping[int, Any]) -> Iterator[Difference]:
    """Each version of an organisation holds until the next, and the last is how it stands now."""
    versions: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(_rows(session, VERSIONS).values(), key=lambda row: (row["since_at"], row["id"])):
        versions[row["organisation_id"]].append(row)
    for place, now in found.items():
        if not versions[place]:
            yield Difference(VERSIONS.name, (), "", f"no row of organisation {place}", "one", VERSIONS)
        for one, following in zip_longest(versions[place], versions[place][1:]):
            wanted = dict(one) | {"until_at": following["since_at"] if following else None}
            wanted |= {} if following else {name: getattr(now, name) for name in STANDS}
            yield from compare_rows(VERSIONS, {(one["id"],): one}, {(one["id"],): wanted})
