"""A field in which one of many organisations is chosen: of more than a page bears, those that a part of a name finds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask import request
from wtforms import SelectField

from ..accounts import organisations
from ..accounts.names import clean_name
from ..extensions import current_session
from .forms import SelectChoice

OFFERED = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """What is looked for, how many organisations are offered of it, and how many there are."""

    words: str
    offered: int
    total: int

    @property
    def is_asked(self) -> bool:
        """Whether the page has a field for a part of a name: some are not offered, or some were looked for."""
        return bool(self.words) or self.total > OFFERED


def offer(
    field: SelectField,
    nothing: str = "",
    *,
    kinds: Collection[str] = organisations.KINDS,
    within: Sequence[int] | None = None,
) -> Offer:
    """Gives the field what ``place`` in the address finds, or all of a few organisations, and what was chosen.

    ``kinds`` and ``within`` as in ``organisations.search``. ``nothing`` are the words of the choice of none; where there is no
    such choice the tops of ``within`` stand in for what is not found, since a field without choices could not be left.
    """
    session, words = current_session(), clean_name(request.args.get("place", ""))[:100]
    found, total = organisations.search(session, words, OFFERED, kinds=kinds, within=within)
    if not found and not nothing:
        found = organisations.named(session, organisations.tops(session, within or ()))
    chosen = organisations.find(session, field.data, within)[-1:] if field.data else []
    give(field, [*(place for place in chosen if place not in found), *found], nothing)
    if words and len(found) == total == 1 and request.method == "GET":
        field.data = found[0].public_id  # who looked for it means it
    return Offer(words, min(total, OFFERED), total)


def give(field: SelectField, places: Sequence[organisations.Place], nothing: str = "") -> None:
    named = (SelectChoice(place.public_id, " › ".join(place.path)) for place in places)
    field.choices = [*([SelectChoice("", nothing)] if nothing else []), *named]
