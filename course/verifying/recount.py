"""The completion report counted the slow way: person by person, in plain Python, from folded facts, of now or of a past moment.

It shares no query with `course.reports`. Both must give the same figures, which ``course verify`` and the property tests hold
against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from statistics import median
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..accounts.names import name_key
from ..accounts.tables import Change, Membership, Organisation, OrganisationVersion, Person
from ..content.model import Course
from ..learning.tables import Certificate, CertificateNote
from .fold import Life

Line = tuple[int | None, str]  # an organisation or everything; a module or all of them


@dataclass(slots=True)
class Tally:
    """One line of the report, counted."""

    enrolled: int = 0
    started: int = 0
    passed: int = 0
    completed: int = 0
    certified: int | None = None
    scores: list[Fraction] = field(default_factory=list)
    days: list[Fraction] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        return {
            "enrolled": self.enrolled,
            "started": self.started,
            "passed": self.passed,
            "completed": self.completed,
            "certified": self.certified,
            "mean": sum(self.scores, Fraction(0)) / len(self.scores) if self.scores else None,
            "median": median(self.scores) if self.scores else None,
            "median_days": median(self.days) if self.days else None,
        }


@dataclass(frozen=True, slots=True)
class Belonging:
    """Whether somebody was staff, their language, whether their certificate was revoked, and every organisation that they
    counted in: their own and all above. ``name_key`` is that of the name of today.
    """

    is_staff: bool
    language: str
    is_revoked: bool
    places: frozenset[int]
    name_key: str


@dataclass(slots=True)
class Recount:
    course: Course
    lines: dict[Line, Tally] = field(default_factory=dict)

    def add(self, life: Life, belonging: Belonging) -> None:
        """Counts somebody, if they count: enrolled, and not staff."""
        if life.enrolled_at is None or belonging.is_staff:
            return
        for place in (None, *belonging.places):
            self._add_course(self._line(place, ""), life, belonging)
        for slug in {*life.modules, *(module.slug for module in self.course.modules)}:
            self._add_module(self._line(None, slug), life, slug)

    def figures(self, place: int | None, module: str) -> dict[str, Any]:
        """The figures of a line; in a module's line everybody counts as enrolled, also who never began it."""
        return self._line(place, module).figures() | ({"enrolled": self._line(None, "").enrolled} if module else {})

    def _line(self, place: int | None, module: str) -> Tally:
        return self.lines.setdefault((place, module), Tally(certified=None if module else 0))

    def _add_course(self, tally: Tally, life: Life, belonging: Belonging) -> None:
        passages = life.modules.values()
        needed = max(1, sum(1 for module in self.course.modules if module.quizzes))
        tally.enrolled += 1
        tally.started += any(passage.started_at for passage in passages)
        tally.passed += sum(1 for passage in passages if passage.passed_at) >= needed
        tally.completed += life.completed_at is not None
        tally.certified = (tally.certified or 0) + (life.certified is not None and not belonging.is_revoked)
        tally.scores += [rounded(passage.score) for passage in passages if passage.score is not None]
        tally.days += days(life.enrolled_at, life.completed_at)

    def _add_module(self, tally: Tally, life: Life, slug: str) -> None:
        passage = life.modules.get(slug)
        if passage is None:
            return
        tally.started += passage.started_at is not None
        tally.passed += passage.passed_at is not None
        tally.completed += passage.completed_at is not None
        tally.scores += [rounded(passage.score)] if passage.score is not None else []
        tally.days += days(passage.started_at, passage.completed_at)


def rounded(score: Fraction) -> Fraction:
    """A score as reports average it: to the nearest millionth, half up."""
    return Fraction((score * 1_000_000 + Fraction(1, 2)) // 1, 1_000_000)


def days(first: datetime | None, last: datetime | None) -> list[Fraction]:
    """The days of the calendar from one to the other, if there are both."""
    if first is None or last is None:
        return []
    return [Fraction(date(last.year, last.month, last.day).toordinal() - date(first.year, first.month, first.day).toordinal())]


class Belongings:
    """Where people belonged and what they were, now or at a past moment, read in batches."""

    def __init__(self, session: Session, at: datetime | None = None) -> None:
        self._session, self._at = session, at
        if at is None:
            query = select(Organisation.id, Organisation.parent_id)
            self._parents: Mapping[int, int | None] = {row.id: row.parent_id for row in session.execute(query)}
        else:
            version = OrganisationVersion
            self._parents = {
                row.organisation_id: row.parent_id
                for row in session.execute(
                    select(version.organisation_id, version.parent_id, version.since_at, version.until_at)
                )
                if self._held(row.since_at, row.until_at)
            }

    def _held(self, since: datetime, until: datetime | None) -> bool:
        if self._at is None:
            return until is None
        return since <= self._at and (until is None or self._at < until)

    def of(self, people: Sequence[int]) -> dict[int, Belonging]:
        columns = (Person.id, Person.role, Person.language, Person.name)
        found = self._session.execute(select(*columns).where(Person.id.in_(people))).all()
        held: dict[int, list[tuple[int, str]]] = {person: [] for person in people}
        member = Membership
        for row in self._session.execute(
            select(member.person_id, member.organisation_id, member.role, member.since_at, member.until_at).where(
                member.person_id.in_(people)
            )
        ):
            if self._held(row.since_at, row.until_at):
                held[row.person_id].append((row.organisation_id, row.role))
        past, revoked = self._replaced(people), self._revoked(people)
        return {
            person: self._belonging(
                past.get((person, "role"), role),
                past.get((person, "language"), language),
                person in revoked,
                held[person],
                name_key(name),
            )
            for person, role, language, name in found
        }

    def _replaced(self, people: Sequence[int]) -> dict[tuple[int | None, str], str]:
        """What was true then of those whose role or language changed later: the value that the first later change replaced."""
        if self._at is None:
            return {}
        rows = self._session.execute(
            select(Change.person_id, Change.what, Change.before, Change.at)
            .where(Change.person_id.in_(people))
            .order_by(Change.id.desc())
        )
        return {(row.person_id, row.what): row.before for row in rows if row.at > self._at}

    def _revoked(self, people: Sequence[int]) -> set[int]:
        rows = self._session.execute(
            select(Certificate.person_id, CertificateNote.kind, CertificateNote.at)
            .join(CertificateNote, CertificateNote.certificate_id == Certificate.id)
            .where(Certificate.person_id.in_(people))
        )
        return {row.person_id for row in rows if row.kind == "revoked" and (self._at is None or row.at <= self._at)}

    def _belonging(self, role: str, language: str, is_revoked: bool, held: Iterable[tuple[int, str]], key: str) -> Belonging:
        manages = any(as_what == "manager" for _place, as_what in held)
        places: set[int] = set()
        for place, as_what in held:
            above: int | None = place if as_what == "member" else None
            while above is not None and above not in places:  # a tree that was damaged may go round in a circle
                places.add(above)
                above = self._parents[above]
        return Belonging(role != "learner" or manages, language, is_revoked, frozenset(places), key)
