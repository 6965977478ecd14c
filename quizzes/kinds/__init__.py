"""The kinds of item: a new kind is one file here and one line in ``KINDS``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..model import Item
from .calculated import Calculated
from .cloze import Cloze
from .hotspot import Hotspot
from .interaction import Interaction
from .matching import Matching
from .multiple_choice import MultipleChoice
from .numeric import Numeric
from .ordering import Ordering
from .reflection import Reflection
from .short_text import ShortText
from .single_choice import SingleChoice
from .survey import Survey
from .true_false import TrueFalse

KINDS: Mapping[str, type[Interaction]] = MappingProxyType(
    {
        "single_choice": SingleChoice,
        "multiple_choice": MultipleChoice,
        "true_false": TrueFalse,
        "numeric": Numeric,
        "short_text": ShortText,
        "ordering": Ordering,
        "matching": Matching,
        "cloze": Cloze,
        "hotspot": Hotspot,
        "calculated": Calculated,
        "survey": Survey,
        "reflection": Reflection,
    }
)
__all__ = [
    "KINDS",
    "Calculated",
    "Cloze",
    "Hotspot",
    "Interaction",
    "Matching",
    "MultipleChoice",
    "Numeric",
    "Ordering",
    "Reflection",
    "ShortText",
    "SingleChoice",
    "Survey",
    "TrueFalse",
    "of",
]


def of(item: Item) -> Interaction:
    """The item as its kind. Raises TypeError for a bare ``Item``, which belongs to no kind."""
    if not isinstance(item, Interaction):
        raise TypeError(f"the item {item.id} is of no kind: read it with quizzes.read")
    return item
