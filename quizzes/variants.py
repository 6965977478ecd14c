"""A seed → the quiz as one attempt has it, the order in which it sees items and choices, and what its page may know of them.

Each place is drawn by hashing (seed, item, choice), so that a new item or choice moves no other against its neighbours, and any
process draws the same order.
"""

from __future__ import annotations

from dataclasses import replace
from operator import is_

from .grading import credit_in_words
from .kinds import Interaction, of
from .kinds.interaction import place
from .model import ItemView, Pool, Quiz


def instance(quiz: Quiz, seed: str | int) -> Quiz:
    """The quiz as the attempt with this seed has it: the items drawn from its pools, the parameters of calculated items.

    It is what the attempt is graded on. An instance has nothing left to draw: drawing again gives the same.
    """
    left_out = {name for pool in quiz.pools for name in _left_out(quiz, pool, seed)}
    items = tuple(of(item).instance(seed) for item in quiz.items if item.id not in left_out)
    if not quiz.pools and all(map(is_, items, quiz.items)):
        return quiz
    return replace(quiz, items=items, pools=())


def draw(quiz: Quiz, seed: str | int) -> tuple[ItemView, ...]:
    """The items as this attempt sees them, without any key. Rows of a matching item keep their order, their choices do not."""
    items = [of(item) for item in instance(quiz, seed).items]
    if quiz.shuffle:
        items.sort(key=lambda item: place(seed, item.id))
    return tuple(_view(item, seed) for item in items)


def _left_out(quiz: Quiz, pool: Pool, seed: str | int) -> list[str]:
    names = sorted((item.id for item in quiz.in_pool(pool)), key=lambda name: place(seed, "pool", pool.tag, name))
    return names[pool.draw :]


def _view(item: Interaction, seed: str | int) -> ItemView:
    drawn = tuple(sorted(item.choices, key=lambda choice: place(seed, item.id, choice.id)))
    view = ItemView(
        id=item.id,
        kind=item.kind,
        prompt=item.prompt,
        points=item.points,
        credit_in_words=credit_in_words(item),
        choices=tuple((choice.id, choice.text) for choice in item.arrange(drawn)),
        pairs=tuple((pair.id, pair.text) for pair in item.pairs),
        unit=item.unit,
        hints=item.hints,
        longest=item.LONGEST,
    )
    return item.view(view, seed)
