"""An item as Moodle thinks of it: what GIFT, Moodle XML and Aiken hold, before and after it is one of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

LONGEST = 64_000  # characters of one text; a choice of megabytes is no choice
MOST_ANSWERS = 500  # of one item
_NO_FILES: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Said:
    """A text. ``form`` is html, moodle, plain or markdown; ``files`` are the pictures that came with it, by name."""

    text: str = ""
    form: str = "moodle"
    files: Mapping[str, bytes] = field(default_factory=lambda: _NO_FILES)


@dataclass(frozen=True, slots=True)
class Answer:
    """``share`` of the points it earns, from -1 to 1. ``low`` and ``high`` bound a number; ``group`` is that of a gap."""

    text: Said
    share: Fraction = Fraction(0)
    feedback: Said = Said()
    low: Fraction | None = None
    high: Fraction | None = None
    group: str = ""

    @property
    def is_anything(self) -> bool:
        """Whether it stands for whatever else was given."""
        return self.text.text.strip() == "*"


@dataclass(frozen=True, slots=True)
class Blank:
    """A gap of a cloze, which stands as `[[id]]` in the text."""

    id: str
    asked: Asked


@dataclass(frozen=True, slots=True)
class Dataset:
    """A parameter of a calculated item."""

    name: str
    low: Fraction
    high: Fraction
    step: Fraction


@dataclass(frozen=True, slots=True)
class Asked:
    """``kind`` is Moodle's name for it. ``place`` leads to it in the file. ``margin`` is our own note beside it."""

    kind: str
    place: str
    text: Said
    name: str = ""
    id: str = ""
    answers: tuple[Answer, ...] = ()
    rows: tuple[tuple[Said, Said], ...] = ()
    blanks: tuple[Blank, ...] = ()
    general: Said = Said()
    correct: Said = Said()
    partial: Said = Said()
    incorrect: Said = Said()
    hints: tuple[Said, ...] = ()
    tags: tuple[str, ...] = ()
    units: tuple[tuple[str, Fraction], ...] = ()
    datasets: tuple[Dataset, ...] = ()
    points: Fraction = Fraction(1)
    is_single: bool = True
    is_shuffled: bool = True
    is_case_kept: bool = False
    is_relative: bool = False
    is_all_or_nothing: bool = False
    grading: str = ""
    margin: str = ""
    unfit: str = ""  # why it cannot become an item, where its reader knows that already
    left_out: tuple[tuple[str, str], ...] = ()  # what the file held beside, and why it is not taken


class Unfit(Exception):
    """An item that cannot become one of ours, or be written in another format; the text says why."""
