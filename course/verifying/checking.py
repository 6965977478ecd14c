"""``course verify``: every summary row, every percentage and every figure of the report against the facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..accounts.tables import Person
from ..content.model import Course
from ..learning.progress import course_progress
from ..learning.record import Record
from ..learning.tables import Fact
from ..publishing.revisions import live_digest
from ..reports import completion, people
from . import past
from .differences import Difference, compare_rows
from .fold import Life, fold
from .past import PastCount
from .percent import percentages
from .recount import Belonging, Belongings, Recount
from .rows import KEPT, TALLIES, Tables, expected, stored
from .shelf import Shelf, Unreadable
from .tallies import TallyCount
from .tree import differing_tree

PAST = "tally_days"
BATCH = 200  # people whose facts are held at once


class Check:
    """One run over one snapshot of the database. With a ``sample`` so many people are drawn, and the report is left out."""

    def __init__(self, session: Session, now: datetime, *, sample: int = 0, seed: int = 0) -> None:
        self._session, self._now, self._shelf = session, now, Shelf(session)
        found = everybody(session)
        self.people = sorted(Random(seed).sample(found, min(sample, len(found)))) if sample else found  # noqa: S311
        self._first: list[Difference] = []
        self._course = self._live(session)
        self._recount = Recount(self._course) if self._course and not sample else None
        self._belongings = Belongings(session)
        self._tallies = None if sample else TallyCount()
        self._pasts = [] if sample else past.counts(session, seed, now)
        self.facts = self.rows = self.figures = 0

    def _live(self, session: Session) -> Course | None:
        """What is live, if it can be read; without it percentages and the report are left out, which is a difference."""
        digest = live_digest(session)
        try:
            if digest:
                return self._shelf.course(digest)
        except Unreadable as error:
            self._first.append(Difference("publications", (digest[:12],), "", str(error), "as it was published"))
            return None
        if session.scalar(select(Fact.id).limit(1)) is not None:
            self._first.append(Difference("publications", (), "", "no row", "one at least"))
        return None

    def run(self) -> Iterator[tuple[int, list[Difference]]]:
        """After each batch: how many people it held, and what differs.

        Of nobody: first what is live, last the tree, the report, the tallies and past days.
        """
        if self._first:
            yield 0, self._first
        for start in range(0, len(self.people), BATCH):
            batch = self.people[start : start + BATCH]
            yield len(batch), self._batch(batch)
        wrong_tree = [] if self._tallies is None else list(differing_tree(self._session))
        if wrong_tree:
            yield 0, wrong_tree
        if self._recount is not None and not any(one.table == "organisations" for one in wrong_tree):
            yield 0, list(self._report(self._recount))
        if self._tallies is not None:
            yield 0, [*differing(self._tallies, self._session), *differing_then(self._pasts)]

    def _batch(self, batch: Sequence[int]) -> list[Difference]:
        lives = read_lives(self._session, batch, self._shelf)
        held = {kept.name: stored(self._session, kept, batch) for kept in KEPT}
        belongings = self._belongings.of(batch)
        found = list(differences_of(self._session, held, lives, belongings))
        found += self._percentages(batch, lives)
        self.facts += sum(life.facts for life in lives)
        self.rows += sum(map(len, held.values()))
        if self._tallies is not None:
            self._tallies.add_all(batch, held, belongings)
        for one in self._pasts:
            one.add_then(batch, held)
        if self._recount is not None:
            for life in lives:
                self._recount.add(life, belongings[life.person_id])
        return found

    def _percentages(self, batch: Sequence[int], lives: Sequence[Life]) -> Iterator[Difference]:
        """What the learner's page shows, made from the summaries, against the facts."""
        if self._course is None:
            return
        records = self._records(batch)
        for life in lives:
            if life.person_id not in records:
                continue
            shown = course_progress(self._course, records[life.person_id])
            seen = {"": shown.percent} | {module.slug: module.percent for module in shown.modules}
            for slug, percent in percentages(self._course, life).items():
                self.figures += 1
                if seen[slug] != percent:
                    key = (life.person_id, slug) if slug else (life.person_id,)
                    yield Difference("progress", key, "percent", seen[slug], percent)

    def _records(self, batch: Sequence[int]) -> Mapping[int, Record]:
        """Without those whose rows hold what is no score, which is a difference of these rows."""
        try:
            return people.records(self._session, batch)
        except ValueError:
            alone = [self._records([person]) for person in batch] if len(batch) > 1 else []
            return {person: record for found in alone for person, record in found.items()}

    def _report(self, recount: Recount) -> Iterator[Difference]:
        assert self._course is not None
        report = completion.completion(
            self._session, course=self._course, scope=None, filters=completion.Filters(), now=self._now
        )
        for line in report.lines:
            for name, value in recount.figures(line.place.id if line.place else None, line.module).items():
                self.figures += 1
                shown = getattr(line.counts, name)
                if shown != value:
                    place = " › ".join(line.place.path) if line.place else "all"
                    yield Difference("report", (place, line.module or "all"), name, shown, value)


def everybody(session: Session) -> list[int]:
    return list(session.scalars(select(Person.id).order_by(Person.id)))


def read_lives(session: Session, batch: Sequence[int], shelf: Shelf, until: datetime | None = None) -> list[Life]:
    """The folded facts of these people, of those without any too."""
    facts = session.execute(
        select(
            Fact.key, Fact.person_id, Fact.kind, Fact.module, Fact.lesson, Fact.attempt_id, Fact.revision, Fact.at, Fact.detail
        )
        .where(Fact.person_id.in_(batch))
        .order_by(Fact.person_id, Fact.id)
    )
    found = {person: fold(person, rows, shelf, until) for person, rows in groupby(facts, key=lambda fact: fact.person_id)}
    return [found.get(person) or Life(person, shelf) for person in batch]


def differing(count: TallyCount, session: Session) -> Iterator[Difference]:
    """The tallies that are not what the people counted add up to."""
    for key, number, recounted in count.differences(session):
        row = dict(zip(TALLIES.key, key, strict=True)) | {"number": recounted}
        yield Difference(TALLIES.name, key, "number", number, recounted, TALLIES, row)


def differing_then(counts: Iterable[PastCount]) -> Iterator[Difference]:
    """What is kept of past days and is not what people added up to then."""
    for count in counts:
        for key, number, recounted in count.past_differences():
            yield Difference(PAST, (*key, count.said), "number", number, recounted)


def differences_of(
    session: Session, held: Tables, lives: Sequence[Life], belongings: Mapping[int, Belonging]
) -> Iterator[Difference]:
    """``compare``; the rows of people whose facts are not whole are named, and left as they are."""
    if all(life.is_whole for life in lives):
        yield from compare(held, lives, belongings)
        return
    for is_whole in (True, False):
        some = [life for life in lives if life.is_whole is is_whole]
        theirs = {kept.name: stored(session, kept, [life.person_id for life in some]) for kept in KEPT}
        for difference in compare(theirs, some, belongings):
            yield replace(difference, is_left=not is_whole)


def compare(held: Tables, lives: Sequence[Life], belongings: Mapping[int, Belonging]) -> Iterator[Difference]:
    """Every stored row of these people against what their facts say."""
    wanted: Tables = {kept.name: {} for kept in KEPT}
    for life in lives:
        for name, rows in expected(life, belongings[life.person_id], held).items():
            wanted[name].update(rows)
        for doubt in life.doubts:
            yield Difference("facts", (doubt.key,), "", doubt.stored, doubt.recomputed, whose=life.person_id)
    for kept in KEPT:
        yield from compare_rows(kept, held[kept.name], wanted[kept.name])
