"""How often each choice of an item was taken, in words, and what of it is told to a reader from outside every organisation.

Such a reader is an author. No line of 1 to 4 people is told to them, nor what would give it away by subtraction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from markupsafe import Markup

from quizzes.analysis import FEWEST, Figure, ItemAnalysis, QuizAnalysis, Row, analyse, share
from quizzes.grading import summed
from quizzes.kinds import of
from quizzes.model import Item, Quiz, Score

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


def analysed(quiz: Quiz, rows: Sequence[Row]) -> tuple[QuizAnalysis | None, tuple[tuple[Taken, ...], ...]]:
    """Every figure of the quiz, and the lines of each item. There are none of fewer than five people."""
    found = analyse(quiz, rows)
    return found, tuple(map(taken_of, quiz.items, found.items)) if found else ()


def told(quiz: Quiz, rows: Sequence[Row]) -> tuple[QuizAnalysis | None, tuple[tuple[Taken, ...], ...]]:
    """The figures of the quiz and the lines of each item, without what would tell of fewer than five people.

    An item whose points may not be told is left out of every other figure as if it earned nothing: by a sum, a variance or a
    correlation that it is part of it could be worked out.
    """
    found, lines = analysed(quiz, rows)
    if found is None:
        return None, ()
    secret = {item.id for item, one, each in zip(quiz.items, found.items, lines, strict=True) if _is_secret(item, one, each)}
    if secret:
        found, lines = analysed(quiz, [_without(row, secret) for row in rows])
        assert found is not None  # of as many people as before
    kept = [_told(item, one, each) for item, one, each in zip(quiz.items, found.items, lines, strict=True)]
    return replace(found, items=tuple(one for one, _lines in kept)), tuple(each for _item, each in kept)


def _without(row: Row, secret: Collection[str]) -> Row:
    nothing = Score(Fraction(0), Fraction(0))
    outcomes = (replace(one, score=nothing) if one.item_id in secret else one for one in row.outcome.items)
    return replace(row, outcome=summed(outcomes))


def _is_secret(item: Item, found: ItemAnalysis, lines: Sequence[Taken]) -> bool:
    """Whether the points that the item earned would tell of few: of those who had it, were right or wrong, or took a line."""
    came = dict(found.statuses)
    right, partly, people = came.get("correct", 0), came.get("partial", 0), sum(came.values())
    if found.facility is None or is_few(right) or is_few(people - right):
        return True
    hidden = [lines[place] for place in _hidden(item, found, lines)]
    return any(line.is_key or (partly and not line.about) for line in hidden)


def _told(item: Item, found: ItemAnalysis, lines: Sequence[Taken]) -> tuple[ItemAnalysis, tuple[Taken, ...]]:
    hidden = _hidden(item, found, lines)
    if any(lines[place].choice == "not_answered" for place in hidden):
        found = replace(found, blank=None)
    kept = (replace(line, count=None, share=None) if place in hidden else line for place, line in enumerate(lines))
    return found, tuple(kept)


def _hidden(item: Item, found: ItemAnalysis, lines: Sequence[Taken]) -> set[int]:
    """The places of the lines of 1 to 4 people, of all but 1 to 4, and of more beside them, until no sum tells one of them.

    Of an order it is all or none: who put one thing at a place put another elsewhere, so each place tells of all others.
    """
    people = found.blank.n if found.blank else 0
    counts = [line.count or 0 for line in lines]
    hidden = {place for place, count in enumerate(counts) if is_few(count) or is_few(people - count)}
    if hidden and item.kind == "ordering":
        return set(range(len(lines)))
    sums = [*_sums(lines)]
    while telling := [left for one in sums if (left := _left(one, hidden, counts)) and _tells(counts[n] for n in one & hidden)]:
        hidden.add(min(telling[0], key=lambda n: (lines[n].is_key, counts[n], n)))
    return hidden


def _sums(lines: Sequence[Taken]) -> Iterator[set[int]]:
    """What adds up to all who had the item: what was taken in one row, blank or place, with those who gave no response."""
    nobody = {place for place, line in enumerate(lines) if line.choice == "not_answered"}
    for about in dict.fromkeys(line.about for line in lines):
        yield nobody | {place for place, line in enumerate(lines) if line.about == about}


def _left(together: set[int], hidden: set[int], counts: Sequence[int]) -> set[int]:
    """What of a sum could be hidden too: lines of nobody tell nothing."""
    return {place for place in together - hidden if counts[place]}


def _tells(hidden: Iterable[int]) -> bool:
    """Whether the sum of these, which can be worked out, says too much: it is of one line, or of a few people."""
    held = [*hidden]
    return len(held) == 1 or is_few(sum(held))


def letters(number: int) -> str:
    """A, B, … Z, AA: what a bar and its line in the table have in common."""
    return letters(number // 26 - 1) + letters(number % 26) if number >= 26 else chr(65 + number)


def shown(taken: Iterable[Taken]) -> list[tuple[str, Taken]]:
    """What a page shows, with its letter. What nobody put in a place or row, and nobody should, is left out."""
    return [(letters(n), each) for n, each in enumerate(one for one in taken if one.count != 0 or one.is_key or not one.about)]
