"""Items on their way into the course: each gets an id of its own and goes through the same reading as what an author writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType
from typing import Any

from ..model import Fault, Item
from ..reading import read, to_mapping
from . import margin
from .asked import Asked, Said, Unfit
from .ids import slug, unique
from .ledger import Change, Entry, Ledger, Refused
from .markup import Pictures, to_plain
from .taking import take

_ID = re.compile(r"[a-z0-9-]{1,200}")
_SHOWN = re.compile(r"media/(picture-[0-9a-f]{12}\.[a-z]{3,4})")
MOST_ITEMS = 20_000
MOST_CHANGES = 50  # of one item: a hostile file cannot fill the page


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file gave: ``items`` as an author would write them, each with its entry in the ledger, in the file's order.

    ``media`` are the pictures that the items show, by their name in the module's `media/`.
    """

    items: tuple[Item, ...]
    ledger: Ledger
    media: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        told = [entry.item_id for entry in self.ledger.entries if entry.item_id]
        if told != [item.id for item in self.items]:
            raise ValueError("the ledger and the items tell different things")


@dataclass(frozen=True, slots=True)
class _Draft:
    asked: Asked
    mapping: dict[str, Any]
    changes: tuple[Change, ...]


def settle(found: Iterable[Asked], remarks: Iterable[Change] = ()) -> Imported:
    """Every item of a file, whatever is wrong with it, has its line in the ledger."""
    pictures, names = Pictures(), set[str]()
    all_found = list(islice(found, MOST_ITEMS + 1))
    if len(all_found) > MOST_ITEMS:
        raise Refused(all_found[-1].place, f"the file holds more than {MOST_ITEMS:,} items", "split it into several files")
    drafts = [_named(_draft(asked, pictures), names) for asked in all_found]
    read_items, faults = _read_all(drafts)
    entries, items, shown = [], [], set[str]()
    for n, draft in enumerate(drafts):
        changes = (*draft.changes, *(_told(draft.asked, fault) for fault in faults.get(n, ())))
        item = read_items.get(n)
        if item is not None:
            items.append(item)
            shown |= set(_SHOWN.findall(str(draft.mapping))) if pictures.found else set()
        name = draft.asked.name or _start(draft.asked.text)
        entries.append(Entry(draft.asked.place, name, item.id if item else "", _few(changes)))
    media = {name: content for name, content in pictures.found.items() if name in shown}
    return Imported(tuple(items), Ledger(tuple(entries), tuple(remarks)), MappingProxyType(media))


def _few(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """As many as a page can show; the last one, which says why an item was dropped, is always among them."""
    return changes if len(changes) <= MOST_CHANGES else (*changes[: MOST_CHANGES - 1], changes[-1])


def as_ours(asked: Asked) -> dict[str, Any]:
    """The mapping of an item as our own reading gives it back, without a margin. Raises Unfit where it is none of ours."""
    mapping, _ = take(asked, Pictures())
    found = read({"items": [mapping | {"id": mapping["id"] or "item"}]})
    if found.quiz is None:
        raise Unfit(found.faults[0].message)
    normal: dict[str, Any] = to_mapping(found.quiz)["items"][0]
    return normal


def _draft(asked: Asked, pictures: Pictures) -> _Draft:
    try:
        mapping, changes = take(asked, pictures)
    except Unfit as unfit:
        return _Draft(asked, {}, (Change(asked.place, "the item", str(unfit)),))
    if not asked.margin:
        return _Draft(asked, mapping, tuple(changes))
    try:
        patch = margin.read(asked.margin)
        normal = as_ours(asked)
        whole = margin.apply(normal, patch)
        return _Draft(asked, whole if isinstance(whole, dict) else mapping, ())
    except (margin.Misfit, Unfit):
        why = "the item was changed since this course wrote it, so only what the format itself says was taken"
        return _Draft(asked, mapping, (*changes, Change(asked.place, "the comment of this course", why)))


def _named(draft: _Draft, names: set[str]) -> _Draft:
    """An id from the item's own, its name or its words; one that two items share is given a number."""
    if not draft.mapping:
        return draft
    own = draft.mapping.get("id")
    given = own if isinstance(own, str) else ""
    wanted = given if _ID.fullmatch(given) else ""
    wanted = wanted or slug(given) or slug(draft.asked.name) or slug(_start(draft.asked.text)) or "item"
    name = unique(wanted, names)
    told = draft.changes
    if given and name != given:
        why = "an id has a-z, 0-9 and - only, and is that of one item"
        told = (*told, Change(draft.asked.place, f"the id `{given[:80]}`", f"{why}: it is `{name}` now"))
    return replace(draft, mapping=draft.mapping | {"id": name}, changes=told)


def _read_all(drafts: list[_Draft]) -> tuple[dict[int, Item], dict[int, list[Fault]]]:
    """What could be read, and the faults of the rest, by their place among the drafts: all at once, then the good ones."""
    faults: dict[int, list[Fault]] = {}
    left = [n for n, draft in enumerate(drafts) if draft.mapping]
    while left:
        found = read({"items": [drafts[n].mapping for n in left]})
        if found.quiz is not None:
            return dict(zip(left, found.quiz.items, strict=True)), faults
        for fault in found.faults:
            n = fault.at[1] if len(fault.at) > 1 else 0
            faults.setdefault(left[int(n)], []).append(fault)
        left = [n for n in left if n not in faults]
    return {}, faults


def _told(asked: Asked, fault: Fault) -> Change:
    where = " › ".join(str(part + 1) if isinstance(part, int) else part for part in fault.at[2:])
    return Change(asked.place, where or "the item", fault.message)


def _start(said: Said) -> str:
    flat = to_plain(replace(said, text=said.text[:300]))
    return flat if len(flat) <= 60 else f"{flat[:59]}…"
