"""A pure grading library: frozen values in, frozen values out; no Flask, no database, no clock.

``read`` a quiz, ``draw`` what one attempt sees, ``collect`` its responses, ``grade`` them on the attempt's ``instance``.
"""

from __future__ import annotations

from .completeness import completeness
from .grading import (
    collect,
    credit_in_words,
    describe_key,
    grade,
    grade_item,
    grade_kept,
    key_of,
    map_texts,
    percent,
    percent_of,
    understood,
)
from .policy import Start, attempts_left, closes_at, counted, may_review, may_start, passed
from .reading import read, to_mapping, translate
from .variants import draw, instance

__all__ = [
    "Start",
    "attempts_left",
    "closes_at",
    "collect",
    "completeness",
    "counted",
    "credit_in_words",
    "describe_key",
    "draw",
    "grade",
    "grade_item",
    "grade_kept",
    "instance",
    "key_of",
    "map_texts",
    "may_review",
    "may_start",
    "passed",
    "percent",
    "percent_of",
    "read",
    "to_mapping",
    "translate",
    "understood",
]
