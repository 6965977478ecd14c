"""A seed → the order in which one attempt sees items and choices, and what its page may know of them.

Each place is drawn by hashing (seed, item, choice), so that a new item or choice moves no other against its neighbours, and any
process draws the same order.
"""

from __future__ import annotations

from hashlib import sha256

from .grading import credit_in_words
from .kinds import Interaction, of
from .model import ItemView, Quiz


def draw(quiz: Quiz, seed: str | int) -> tuple[ItemView, ...]:
    """The items as this attempt sees them, without any key. Rows of a matching item keep their order, their choices do not."""
    items = [of(item) for item in quiz.items]
    if quiz.shuffle:
        items.sort(key=lambda item: _place(seed, item.id))
    return tuple(_view(item, seed) for item in items)


def _view(item: Interaction, seed: str | int) -> ItemView:
    drawn = tuple(sorted(item.choices, key=lambda choice: _place(seed, item.id, choice.id)))
    return ItemView(
        id=item.id,
        kind=item.kind,
        prompt=item.prompt,
        points=item.points,
        credit_in_words=credit_in_words(item),
        choices=tuple((choice.id, choice.text) for choice in item.arrange(drawn)),
        pairs=tuple((pair.id, pair.text) for pair in item.pairs),
        unit=item.unit,
        hints=item.hints,
    )


def _place(*parts: str | int) -> bytes:
    return sha256("\0".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest()
