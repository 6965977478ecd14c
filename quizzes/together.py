"""What is read of several items together: the pools they are drawn from, and typed items whose words are too near."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .entry import Entry, meant
from .kinds import Cloze, Interaction, ShortText
from .model import Pool


def read_pools(entry: Entry, items: Sequence[Interaction]) -> tuple[Pool, ...]:
    """Each pool draws from items that earn the same, none of which belongs to another pool."""
    pools: list[Pool] = []
    taken: dict[str, str] = {}
    for each in entry.entries("pools"):
        pool = Pool(each.text("tag", required=True), each.whole("draw", 0))
        held = [item for item in items if pool.tag in item.tags]
        if "draw" not in each:
            each.fault("missing", "`draw` is missing", "write how many items each attempt draws: `draw: 3`")
        elif pool.tag and not held:
            tags = {tag for item in items for tag in item.tags}
            each.fault("unknown-tag", f"no item has the tag `{pool.tag}`", meant(pool.tag, tags), at=("tag",))
        elif held and not 1 <= pool.draw <= len(held):
            message = f"`draw` must be from 1 to {len(held)}, for so many items have the tag `{pool.tag}`"
            each.fault("not-an-option", message, "change `draw`, or give more items the tag", at=("draw",))
        _check_pool(each, pool, held, taken)
        each.close()
        pools.append(pool)
    return tuple(pools)


def _check_pool(entry: Entry, pool: Pool, held: Sequence[Interaction], taken: dict[str, str]) -> None:
    for item in held:
        if item.points != held[0].points:
            message = f"`{item.id}` earns {item.points}, and `{held[0].id}` of the same pool {held[0].points}"
            entry.fault("unequal-points", message, "give all items of a pool the same points", at=("tag",))
        if item.id in taken:
            message = f"`{item.id}` belongs to the pool `{taken[item.id]}` already"
            entry.fault("conflict", message, "take one of the tags out", at=("tag",))
        taken.setdefault(item.id, pool.tag)


def check_distances(found: Sequence[tuple[Entry, Interaction]]) -> None:
    """Leaves a fault where an item's `distance` would take another item's word for its own."""
    typed = [(entry, text) for entry, item in found for text in _typed(item)]
    for entry, text in typed:
        if not text.distance:
            continue
        others = dict.fromkeys(word for _, other in typed if other is not text for word in other.accept)
        for word in text.too_near(tuple(others)):
            message = f"`{text.id}` would take `{word}`, which another item accepts, for its own"
            entry.fault("too-near", message, f"make `distance` smaller, or add `reject: [{word}]`")


def _typed(item: Interaction) -> Iterator[ShortText]:
    for part in item.blanks if isinstance(item, Cloze) else (item,):
        if isinstance(part, ShortText):
            yield part
