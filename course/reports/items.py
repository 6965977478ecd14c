"""Item analysis: what closed attempts say about the items of a module's quiz, for each version of the quiz.

A revision names the whole course, and most of them change something else than this quiz. Those in which the quiz is the same
word for word are one version, and their attempts count together. The figures are those of ``quizzes.analysis``; `DEFINITIONS`
says them in words and stands under the page and in the JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal, get_args

from markupsafe import Markup
from sqlalchemy import Row as Fetched
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

import quizzes
from quizzes.analysis import FEWEST, Figure, ItemAnalysis, QuizAnalysis, Row, analyse, share
from quizzes.kinds import of
from quizzes.model import Item, ItemOutcome, Quiz, QuizOutcome, Response, Score, Status

from ..accounts.tables import Membership, Person
from ..learning.tables import Attempt, Given, Outcome
from ..publishing.revisions import quizzes_of
from ..publishing.tables import Revision
from .export import Value

Which = Literal["first", "all"]
WHICH: Sequence[Which] = get_args(Which)
DEFINITIONS = (
    ("Facility", "the mean share of its points that the item earned, in percent: low is hard, high is easy."),
    (
        "Discrimination",
        "the correlation of the item's points with those of the rest of the quiz, times 100. People who know more should earn "
        "more: near 0 the item tells them apart by chance, below 0 the key may be wrong.",
    ),
    (
        "Efficiency",
        "the covariance of the item's points with those of the rest, in percent of the most that the same points could have: "
        "how much of the discrimination an item this easy or hard could show, it shows.",
    ),
    (
        "Weight",
        "the part that the item has in the differences between the results, in percent of all items; it follows from the "
        "covariance of its points with the total, not from the points it is worth.",
    ),
    ("Blank", "who closed the attempt without a response to the item, in percent."),
    (
        "Alpha",
        "Cronbach's alpha of the quiz, up to 1: how far the items measure the same. None where attempts had different items.",
    ),
    ("Standard error", "how far, in points, a result lies from what the same person would earn on average over many quizzes."),
    ("Mean", "the mean result, in percent of the points of the quiz."),
    (
        "Interval",
        "where the figure lies with 95 % certainty, by Wilson (shares), Fisher (discrimination) or Bonett (alpha); n is the "
        "number of attempts it rests on. For the other figures no interval is known.",
    ),
    (
        "Who counts",
        "closed attempts of learners; authors, administrators and managers are left out. As a rule the first attempt of each "
        "person, since later ones have seen the items. Points are those given when the attempt was closed, before any regrade.",
    ),
    ("Fewer than five", f"below {FEWEST} people nothing is shown of a quiz, nor of an item that was drawn from a pool."),
)
COLUMNS = ("item", "kind", "prompt", "figure", "about", "choice", "is_key", "value", "low", "high", "n")
FIGURES = ("facility", "discrimination", "efficiency", "weight", "blank")


@dataclass(frozen=True, slots=True)
class Version:
    """The quiz as it was in these revisions, newest first; ``since`` is when the oldest of them was published."""

    revisions: tuple[str, ...]
    since: datetime
    attempts: int
    quiz: Quiz


@dataclass(frozen=True, slots=True)
class Report:
    """``chosen`` is None while no attempt was closed, ``analysis`` where fewer than five people closed one."""

    module: str
    which: Which
    versions: tuple[Version, ...]
    chosen: Version | None
    analysis: QuizAnalysis | None
    made_at: datetime

    @property
    def items(self) -> Iterator[tuple[Item, ItemAnalysis]]:
        if self.chosen and self.analysis:
            yield from zip(self.chosen.quiz.items, self.analysis.items, strict=True)


def report(session: Session, *, module: str, revision: str = "", which: Which = "first", now: datetime) -> Report:
    """The analysis of one version of the quiz: that of ``revision`` (the beginning of its name will do), else the newest.

    Three queries, whatever the number of attempts, items and revisions. Raises KeyError when nobody closed an attempt on such
    a revision.
    """
    found = versions(session, module, which)
    named = [version for version in found if any(one.startswith(revision) for one in version.revisions)]
    if revision and not named:
        raise KeyError(revision)
    chosen = named[0] if named else None
    analysis = analyse(chosen.quiz, list(rows(session, module, chosen.revisions, which))) if chosen else None
    return Report(module, which, found, chosen, analysis, now)


def versions(session: Session, module: str, which: Which) -> tuple[Version, ...]:
    """Every version of the quiz that somebody closed an attempt on, newest first."""
    taken = session.execute(
        select(Attempt.revision, Revision.created_at, func.count().label("attempts"))
        .join(Revision, Revision.digest == Attempt.revision)
        .join(Person, Person.id == Attempt.person_id)
        .where(*_counted(module, which))
        .group_by(Attempt.revision, Revision.created_at)
        .order_by(Revision.created_at.desc(), Attempt.revision)
    ).all()
    stored = quizzes_of(session, [row.revision for row in taken], module)
    same: dict[str, list[Fetched[str, datetime, int]]] = {}
    for row in taken:
        same.setdefault(stored[row.revision], []).append(row)
    return tuple(
        Version(tuple(r.revision for r in each), each[-1].created_at, sum(r.attempts for r in each), _quiz(text))
        for text, each in same.items()
    )


def rows(session: Session, module: str, revisions: Sequence[str], which: Which) -> Iterator[Row]:
    """One row an attempt, as the database gives them. Outcomes and responses are few in kind, so that each is kept once."""
    fetched = session.execute(
        select(
            Attempt.id, Attempt.person_id, Outcome.item, Outcome.status, Outcome.raw, Outcome.max, Given.value.label("given")
        )
        .join(Person, Person.id == Attempt.person_id)
        .join(Outcome, Outcome.attempt_id == Attempt.id)
        .outerjoin(Given, (Given.attempt_id == Attempt.id) & (Given.item == Outcome.item))
        .where(Attempt.revision.in_(revisions), *_counted(module, which))
        .order_by(Attempt.id)
        .execution_options(yield_per=1000)
    )
    known: dict[str, Response] = {}
    for _, each in groupby(fetched, key=lambda row: row.id):
        held = list(each)
        outcomes = tuple(_outcome(row.item, row.status, row.raw, row.max) for row in held)
        score = Score(
            *(sum(points, Fraction(0)) for points in zip(*((o.score.raw, o.score.max) for o in outcomes), strict=True))
        )
        given = {row.item: _response(row.given, known) for row in held if row.given}
        yield Row(held[0].person_id, QuizOutcome(outcomes, score), given)


def _counted(module: str, which: Which) -> list[Any]:
    """Whose attempts count; a person's first attempt is the one with the number 1."""
    manages = exists().where(
        Membership.person_id == Attempt.person_id, Membership.role == "manager", Membership.until_at.is_(None)
    )
    limits: list[Any] = [Attempt.module == module, Attempt.closed_at.is_not(None), Person.role == "learner", ~manages]
    return [*limits, Attempt.number == 1] if which == "first" else limits


@lru_cache(maxsize=10_000)
def _outcome(item: str, status: Status, raw: str, most: str) -> ItemOutcome:
    return ItemOutcome(item, status, Score(Fraction(raw), Fraction(most)))


def _response(value: Mapping[str, Any], known: dict[str, Response]) -> Response:
    return known.setdefault(json.dumps(value), Response.from_json(value))


@lru_cache(maxsize=64)
def _quiz(stored: str) -> Quiz:
    read = quizzes.read(json.loads(stored))
    if read.quiz is None:
        raise ValueError(f"a stored quiz cannot be read: {read.faults[0].message}")
    return read.quiz


def figure_rows(of_: Report) -> list[dict[str, Value]]:
    """One mapping a figure: first those of the quiz, then of each item its figures and how often each choice was taken."""
    found = of_.analysis
    if found is None:
        return []
    whole = {"mean": found.mean, "alpha": found.alpha, "standard_error": found.standard_error}
    lines = [_line("quiz", "", "", name, figure) for name, figure in whole.items()]
    for item, each in of_.items:
        head = (item.id, item.kind, plain(item.prompt))
        lines += [_line(*head, name, getattr(each, name)) for name in FIGURES]
        lines += [
            _line(*head, "taken", taken.share) | {"about": taken.about, "choice": taken.choice, "is_key": int(taken.is_key)}
            for taken in taken_of(item, each)
        ]
    return lines


def _line(item: str, kind: str, prompt: str, name: str, figure: Figure | None) -> dict[str, Value]:
    numbers = (figure.value, figure.low, figure.high) if figure else (None, None, None)
    value, low, high = (None if number is None else round(number, 4) for number in numbers)
    cells = (item, kind, prompt, name, None, None, None, value, low, high, figure.n if figure else None)
    return dict(zip(COLUMNS, cells, strict=True))


@dataclass(frozen=True, slots=True)
class Taken:
    """How often something was taken: a choice, in a row, blank or place (``about``), or a status of the whole item.

    ``words`` are what an author reads; ``about`` and ``choice`` are ids, and the name of the status where there is no choice.
    """

    about: str
    choice: str
    words: str
    count: int
    share: Figure
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


STATUSES: Mapping[Status, str] = {
    "correct": "Right",
    "partial": "Partly right",
    "incorrect": "Wrong",
    "recorded": "Given",
    "not_answered": "No response",
}


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


def to_json(of_: Report) -> str:
    """The figures with the definitions and the version they are of."""
    chosen = of_.chosen
    return json.dumps(
        {
            "made_at": of_.made_at.isoformat(timespec="seconds"),
            "module": of_.module,
            "attempts": of_.which,
            "revisions": list(chosen.revisions) if chosen else [],
            "since": chosen.since.isoformat(timespec="seconds") if chosen else None,
            "people": of_.analysis.people if of_.analysis else None,
            "definitions": dict(DEFINITIONS),
            "figures": figure_rows(of_),
        },
        ensure_ascii=False,
        indent=1,
    )


def letters(number: int) -> str:
    """A, B, … Z, AA: what a bar and its line in the table have in common."""
    return letters(number // 26 - 1) + letters(number % 26) if number >= 26 else chr(65 + number)


def shown(taken: Iterable[Taken]) -> list[tuple[str, Taken]]:
    """What a page shows, with its letter. What nobody put in a place or row, and nobody should, is left out."""
    return [(letters(n), each) for n, each in enumerate(one for one in taken if one.count or one.is_key or not one.about)]
