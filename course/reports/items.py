"""Item analysis: what closed attempts say about the items of a module's quiz, for each version of the quiz.

A revision names the whole course, and most of them change something else than this quiz. Those in which the quiz is the same
word for word are one version, and their attempts count together. The figures are those of ``quizzes.analysis``; `DEFINITIONS`
says them in words and stands under the page and in the JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal, get_args

from sqlalchemy import Row as Fetched
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

import quizzes
from quizzes.analysis import FEWEST, Figure, ItemAnalysis, QuizAnalysis, Row
from quizzes.grading import summed
from quizzes.model import Item, ItemOutcome, Quiz, Response, Score, Status

from ..accounts.tables import Person
from ..learning.tables import Attempt, Given, Outcome
from ..publishing.revisions import quizzes_of
from ..publishing.tables import Revision
from . import files, taken
from .counting import is_staff
from .csv_json import Value
from .filters import iso
from .taken import UNDER, Taken, analysed, plain, told

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
    (
        "Fewer than five",
        f"below {FEWEST} people nothing is shown of a quiz, nor of an item that was drawn from a pool. To whoever does not "
        f"administer the course, a choice that 1 to {FEWEST - 1} people took, or all but so few, is shown as “{UNDER}”, and so "
        "are more beside it where it could be worked out, and of an order all; blank is left out where it tells of so few. An "
        "item whose points would tell of them has no facility, and is left out of every figure of the quiz and of the other "
        f"items. All are of first attempts alone, and change once {FEWEST} more people have closed one, so that no two days "
        "differ by a few.",
    ),
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
    """``chosen`` is None while no attempt was closed, ``analysis`` where fewer than five people closed one.

    ``lines`` are how often each choice was taken, for each item. ``is_inside``: the reader may be told every figure; else
    ``analysis`` and ``lines`` are what is told of them.
    """

    module: str
    which: Which
    versions: tuple[Version, ...]
    chosen: Version | None
    analysis: QuizAnalysis | None
    lines: tuple[tuple[Taken, ...], ...]
    made_at: datetime
    is_inside: bool

    @property
    def items(self) -> Iterator[tuple[Item, ItemAnalysis, tuple[Taken, ...]]]:
        if self.chosen and self.analysis:
            yield from zip(self.chosen.quiz.items, self.analysis.items, self.lines, strict=True)


def report(
    session: Session, *, module: str, revision: str = "", which: Which = "first", now: datetime, is_inside: bool
) -> Report:
    """The analysis of one version of the quiz: that of ``revision`` (the beginning of its name will do), else the newest.

    Three queries, three more for a reader from outside, whatever the number of attempts, items and revisions. Raises KeyError
    when nobody closed an attempt on such a revision.
    """
    found = versions(session, module, which)
    chosen = chosen_of(found, revision)
    found_rows = _rows_told(session, module, chosen.revisions, which, now, is_inside=is_inside) if chosen else []
    analysis, lines = (analysed if is_inside else told)(chosen.quiz, found_rows) if chosen else (None, ())
    return Report(module, which, found, chosen, analysis, lines, now, is_inside)


def _rows_told(
    session: Session, module: str, revisions: Sequence[str], which: Which, now: datetime, *, is_inside: bool
) -> list[Row]:
    """All for an administrator; else those closed until the last five people were full, so that no two days differ by fewer.

    Where nobody could close what is due, none that was closed since is among them: whatever is closed later comes behind.
    """
    if is_inside:
        return list(rows(session, module, revisions, which))
    is_due = Attempt.closed_at.is_(None) & (Attempt.closes_at <= now)
    first_due = session.scalar(select(func.min(Attempt.closes_at)).where(Attempt.module == module, is_due))
    before_due = [] if first_due is None else [Attempt.closed_at < first_due]
    closed = (
        select(Attempt.closed_at, Attempt.id)
        .join(Person, Person.id == Attempt.person_id)
        .where(Attempt.revision.in_(revisions), *counted(module, which), *before_due)
    )
    last = taken.stepped(session.execute(select(func.count()).select_from(closed.subquery())).scalar_one())
    if not last:
        return []
    at, attempt = session.execute(closed.order_by(Attempt.closed_at, Attempt.id).offset(last - 1).limit(1)).one()
    is_told = or_(Attempt.closed_at < at, and_(Attempt.closed_at == at, Attempt.id <= attempt))
    return list(rows(session, module, revisions, which, is_told))


def chosen_of(found: Sequence[Version], revision: str) -> Version | None:
    """The newest where none is named. Raises KeyError where the one that is named is none of them."""
    named = [version for version in found if any(one.startswith(revision) for one in version.revisions)]
    if revision and not named:
        raise KeyError(revision)
    return named[0] if named else None


def versions(session: Session, module: str, which: Which) -> tuple[Version, ...]:
    """Every version of the quiz that somebody closed an attempt on, newest first."""
    attempted = session.execute(
        select(Attempt.revision, Revision.created_at, func.count().label("attempts"))
        .join(Revision, Revision.digest == Attempt.revision)
        .join(Person, Person.id == Attempt.person_id)
        .where(*counted(module, which))
        .group_by(Attempt.revision, Revision.created_at)
        .order_by(Revision.created_at.desc(), Attempt.revision)
    ).all()
    stored = quizzes_of(session, [row.revision for row in attempted], module)
    same: dict[str, list[Fetched[str, datetime, int]]] = {}
    for row in attempted:
        same.setdefault(stored[row.revision], []).append(row)
    return tuple(
        Version(tuple(r.revision for r in each), each[-1].created_at, sum(r.attempts for r in each), _quiz(text))
        for text, each in same.items()
    )


def rows(session: Session, module: str, revisions: Sequence[str], which: Which, *limits: Any) -> Iterator[Row]:
    """One row an attempt, of those that are within the limits, as the database gives them.

    The same outcomes and responses come again and again: each is made once.
    """
    fetched = session.execute(
        select(
            Attempt.id, Attempt.person_id, Outcome.item, Outcome.status, Outcome.raw, Outcome.max, Given.value.label("given")
        )
        .join(Person, Person.id == Attempt.person_id)
        .join(Outcome, Outcome.attempt_id == Attempt.id)
        .outerjoin(Given, (Given.attempt_id == Attempt.id) & (Given.item == Outcome.item))
        .where(Attempt.revision.in_(revisions), *counted(module, which), *limits)
        .order_by(Attempt.id)
        .execution_options(yield_per=1000)
    )
    known: dict[str, Response] = {}
    for _, each in groupby(fetched, key=lambda row: row.id):
        held = list(each)
        outcome = summed(_outcome(row.item, row.status, row.raw, row.max) for row in held)
        given = {row.item: _response(row.given, known) for row in held if row.given}
        yield Row(held[0].person_id, outcome, given)


def counted(module: str, which: Which) -> list[Any]:
    """Whose attempts count, for a query over attempts and their people; a person's first attempt has the number 1."""
    limits: list[Any] = [Attempt.module == module, Attempt.closed_at.is_not(None), ~is_staff(None)]
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
    for item, each, choices in of_.items:
        head = (item.id, item.kind, plain(item.prompt))
        lines += [_line(*head, name, getattr(each, name)) for name in FIGURES]
        lines += [_line(*head, "taken", each.share) | _choice(each) for each in choices]
    return lines


def _choice(line: Taken) -> dict[str, Value]:
    found: dict[str, Value] = {"about": line.about, "choice": line.choice, "is_key": int(line.is_key)}
    return found if line.share else found | {"value": UNDER}


def _line(item: str, kind: str, prompt: str, name: str, figure: Figure | None) -> dict[str, Value]:
    numbers = (figure.value, figure.low, figure.high) if figure else (None, None, None)
    value, low, high = (None if number is None else round(number, 4) for number in numbers)
    cells = (item, kind, prompt, name, None, None, None, value, low, high, figure.n if figure else None)
    return dict(zip(COLUMNS, cells, strict=True))


def head(of_: Report) -> list[str]:
    """What stands above the table of a file: what it is of, and what its figures mean."""
    about = about_of(of_.module, of_.which, of_.chosen, of_.made_at)
    return ["Item analysis", *about, *(f"{name}: {words}" for name, words in DEFINITIONS)]


def about_of(module: str, which: Which, version: Version | None, made_at: datetime) -> list[str]:
    """Which attempts the figures and lists of a file are of, and when it was made."""
    revisions = [f"revisions: {' '.join(one[:12] for one in version.revisions)}"] if version else []
    return [f"Made at {iso(made_at)}", f"module: {module}", f"attempts: {which}", *revisions]


def file(of_: Report, form: str, look: files.Look, said: Sequence[str] = ()) -> files.Content:
    """``said`` is what more there is to say above the table."""
    if form == "json":
        return to_json(of_, said)
    return files.table_file(COLUMNS, figure_rows(of_), form, "Item analysis", [*head(of_), *said], look)


def to_json(of_: Report, said: Sequence[str] = ()) -> str:
    """The figures with the definitions and the version they are of."""
    chosen = of_.chosen
    return json.dumps(
        {
            "made_at": iso(of_.made_at),
            "module": of_.module,
            "attempts": of_.which,
            "revisions": list(chosen.revisions) if chosen else [],
            "since": iso(chosen.since) if chosen else None,
            "people": of_.analysis.people if of_.analysis else None,
            "definitions": dict(DEFINITIONS),
            "notes": list(said),
            "figures": figure_rows(of_),
        },
        ensure_ascii=False,
        indent=1,
    )
