"""How often each choice of an item was taken, in words, and what of it is told to a reader from outside every organisation.

Such a reader is an author. No line of 1 to 4 people is told to them, nor what would give it away by subtraction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from markupsafe import Markup

from quizzes.analysis import FEWEST, Figure, ItemAnalysis, share
from quizzes.kinds import of
from quizzes.model import Item

UNDER = f"under {FEWEST}"


@dataclass(frozen=True, slots=True)
class Taken:
    """How often something was taken: a choice, in a row, blank or place (``about``), or a status of the whole item.

    ``words`` are what an author reads; ``about`` and ``choice`` are ids, and the name of the status where there is no choice.
    Count and share are None where the reader is not told them.
    """

    about: str
    choice: str
    words: str
    count: int | None
    share: Figure | None
    is_key: bool


def taken_of(item: Item, found: ItemAnalysis) -> tuple[Taken, ...]:
    """Every choice that the item offers, and who gave no response; how the item came out, where nothing can be chosen."""
    if found.blank is None:
        return ()
    n, texts = found.blank.n, _texts(item)
    counts = [
        Taken(c.about, c.choice, _words(item, c.about, c.choice, texts), c.count, share(Fraction(c.count), n), c.is_key)
        for c in found.counts
    ]
    ends = [
        Taken("", status, STATUSES[status], count, share(Fraction(count), n), status == "correct")
        for status, count in found.statuses
        if status == "not_answered" or not counts
    ]
    return (*counts, *ends)


STATUSES: Mapping[str, str] = {
    "correct": "Right",
    "partial": "Partly right",
    "incorrect": "Wrong",
    "recorded": "Given",
    "not_answered": "No response",
}


def words_of(item: Item, about: str, choice: str) -> str:
    """What stands beside a line of the item, by its ids."""
    return _words(item, about, choice, {**STATUSES, **_texts(item)})


def _texts(item: Item) -> dict[str, str]:
    kind = of(item)
    blanks = (choice for blank in getattr(item, "blanks", ()) for choice in blank.choices)
    return {each.id: plain(each.text) for each in (*kind.choices, *kind.pairs, *blanks)}


def _words(item: Item, about: str, choice: str, texts: Mapping[str, str]) -> str:
    text = texts.get(choice, choice)
    if not about:
        return text
    return f"Place {about}: {text}" if item.kind == "ordering" else f"{texts.get(about, about)}: {text}"


@lru_cache(maxsize=4096)
def plain(html: str) -> str:
    """A text of the course without its HTML, on one line."""
    return Markup(html).striptags()  # noqa: S704  the tags are taken out, not trusted


def stepped(number: int) -> int | None:
    """A count as readers from outside are told it: in steps of five, rounded down, and None for 1 to 4.

    So no two days differ by a few people, who could be told from the difference.
    """
    return None if is_few(number) else number - number % FEWEST


def is_few(number: int) -> bool:
    return 0 < number < FEWEST


def told(found: ItemAnalysis, lines: Sequence[Taken]) -> tuple[ItemAnalysis, tuple[Taken, ...]]:
    """The same without what would tell of fewer than five people: lines, and figures that a line could be worked out from."""
    hidden = {place for place, line in enumerate(lines) if is_few(line.count or 0)}
    nobody = {place for place, line in enumerate(lines) if line.choice == "not_answered"}
    abouts = dict.fromkeys(line.about for line in lines)
    together = [{place for place, line in enumerate(lines) if line.about == about} | nobody for about in abouts]
    while alone := [one - hidden for one in together if len(one & hidden) == 1 and any(lines[n].count for n in one - hidden)]:
        hidden.add(_next({place: lines[place] for place in alone[0]}))
    right = dict(found.statuses).get("correct", 0)
    gives_away = is_few(right) or is_few(sum(number for _status, number in found.statuses) - right)
    seen = replace(
        found,
        facility=None if gives_away else found.facility,
        blank=None if hidden & nobody else found.blank,
    )
    kept = (replace(line, count=None, share=None) if place in hidden else line for place, line in enumerate(lines))
    return seen, tuple(kept)


def _next(lines: Mapping[int, Taken]) -> int:
    """Which of these to hide beside one that stands alone: the smallest, and not the key if it can be."""
    return min((line.is_key, line.count, place) for place, line in lines.items() if line.count)[2]


def letters(number: int) -> str:
    """A, B, … Z, AA: what a bar and its line in the table have in common."""
    return letters(number // 26 - 1) + letters(number % 26) if number >= 26 else chr(65 + number)


def shown(taken: Iterable[Taken]) -> list[tuple[str, Taken]]:
    """What a page shows, with its letter. What nobody put in a place or row, and nobody should, is left out."""
    return [(letters(n), each) for n, each in enumerate(one for one in taken if one.count != 0 or one.is_key or not one.about)]
