"""One person's facts, in the order they were written, folded into what every summary row of theirs must hold.

This is the second implementation: of the application it uses the stored revisions and the grading of `quizzes`, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from quizzes.model import Response

from ..content.model import Course, Module
from .shelf import Shelf, Unreadable

OF_COURSE = ("enrolled", "completed_course", "certified")  # kinds of facts that name no module
OF_LESSON = ("opened", "completed_lesson", "undid_lesson")
WRONG = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, Unreadable)  # what a fact that was changed raises


@dataclass(slots=True)
class Sitting:
    """An attempt as the facts tell it. ``given`` holds the latest value of each item with its time."""

    module: str
    number: int
    revision: str
    started_at: datetime
    pass_mark: int | None
    closed_at: datetime | None = None
    raw: str | None = None
    max: str | None = None
    is_passed: bool | None = None
    given: dict[str, tuple[dict[str, Any], datetime]] = field(default_factory=dict)

    @property
    def scaled(self) -> Fraction:
        most = Fraction(self.max or 0)
        return Fraction(self.raw or 0) / most if most else Fraction(0)


@dataclass(slots=True)
class Reading:
    """A lesson as the facts tell it."""

    opened_at: datetime | None = None
    done_at: datetime | None = None
    changes: int = 0


@dataclass(slots=True)
class Passage:
    """A module as the facts tell it. ``scores`` holds each score that counted, with the time since when."""

    started_at: datetime | None = None
    last_at: datetime | None = None
    passed_at: datetime | None = None
    completed_at: datetime | None = None
    lessons: dict[str, Reading] = field(default_factory=dict)
    sittings: list[int] = field(default_factory=list)
    scores: list[tuple[datetime, Fraction]] = field(default_factory=list)

    @property
    def score(self) -> Fraction | None:
        return self.scores[-1][1] if self.scores else None


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate at its fact: ``modules`` is slug → when it was completed, and the score that counted just then."""

    at: datetime
    revision: str
    modules: Mapping[str, tuple[datetime, Fraction | None]]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A fact that the facts before it do not bear out. Nothing mends it: facts are never changed."""

    key: str
    stored: str
    recomputed: str


@dataclass(slots=True)
class Life:
    """Everything one person's facts say, up to a moment. ``is_whole`` is False where some are missing or make no sense.

    ``decides`` is the revision by whose rule a module may be completed next, after an attempt whose time was over.
    """

    person_id: int
    shelf: Shelf
    enrolled_at: datetime | None = None
    last_at: datetime | None = None
    last_place: tuple[str, str] | None = None
    completed_at: datetime | None = None
    certified: Issued | None = None
    modules: dict[str, Passage] = field(default_factory=dict)
    sittings: dict[int, Sitting] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    facts: int = 0
    is_whole: bool = True
    decides: str = ""
    _owed: dict[str, datetime] = field(default_factory=dict)
    _regrade: Any = None

    def passage(self, slug: str) -> Passage:
        return self.modules.setdefault(slug, Passage())

    def completed_modules(self) -> int:
        return sum(1 for passage in self.modules.values() if passage.completed_at)

    def take(self, fact: Any) -> None:
        """One more fact. An unknown kind is a doubt, so that a new kind cannot be forgotten here.

        So is a fact that does not go on from those before it, since one of them is missing or was changed; it is left out.
        """
        step = _STEPS.get(fact.kind)
        if step is None:
            self._leave(Doubt(fact.key, fact.kind, "no kind of fact that is known here"))
            return
        if self.enrolled_at is None and fact.kind != "enrolled":
            self._leave(Doubt(f"enrolled:{self.person_id}", "no such fact", f"there are others from {fact.at.isoformat()}"))
            self.enrolled_at = fact.at
        self.facts += 1
        self.last_at = fact.at
        try:
            if not self._goes_on(fact):
                self.count_regrade()
            if fact.kind not in _PAYS:
                self.settle_debts()
                self.decides = ""
            _check_names(fact)
            step(self, fact)
        except WRONG as error:
            self._leave(_impossible(fact, error))
            return
        if fact.module:
            self.passage(fact.module).last_at = fact.at

    def _leave(self, doubt: Doubt) -> None:
        self.doubts.append(doubt)
        self.is_whole = False

    def _goes_on(self, fact: Any) -> bool:
        """Whether this fact belongs to the regrade that is being read: several attempts are regraded at one stroke."""
        before = self._regrade
        return before is not None and fact.kind == before.kind and fact.detail["regrade"] == before.detail["regrade"]

    def regrade_with(self, fact: Any) -> None:
        self._regrade = fact

    def count_regrade(self) -> None:
        if self._regrade is not None:
            last, self._regrade = self._regrade, None
            try:
                _count(self, last)
            except WRONG as error:
                self._leave(_impossible(last, error))

    def settle_debts(self) -> None:
        """What a rule promised and no fact gave: a module or a course that should have been completed."""
        for what, at in self._owed.items():
            self.doubts.append(Doubt(what, "no such fact", f"the rule was met at {at.isoformat()}"))
        self._owed.clear()

    def owe(self, key: str, at: datetime) -> None:
        self._owed[key] = at

    def pay(self, key: str) -> None:
        self._owed.pop(key, None)

    def is_met(self, module: Module) -> bool:
        """Whether the module's rule is met by what is done and passed now."""
        passage = self.passage(module.slug)
        read = [passage.lessons[lesson.id].done_at if lesson.id in passage.lessons else None for lesson in module.lessons]
        lessons = {"quiz": []}.get(module.complete_when, read)
        quiz = [passage.passed_at] if module.quizzes and module.complete_when != "lessons" else []
        steps = [*lessons, *quiz]
        return bool(steps) and all(steps)


def _check_names(fact: Any) -> None:
    if (fact.module is None and fact.kind not in OF_COURSE) or (fact.lesson is None and fact.kind in OF_LESSON):
        raise ValueError("no module or no lesson is named")


def _impossible(fact: Any, error: Exception) -> Doubt:
    return Doubt(fact.key, fact.kind, f"not possible: what it goes back on is missing or was changed ({error})")


def fold(person_id: int, facts: Iterable[Any], shelf: Shelf, until: datetime | None = None) -> Life:
    """What the facts of a person say; with ``until`` only those that had happened by then."""
    life = Life(person_id, shelf)
    for fact in facts:
        if until is None or fact.at <= until:
            life.take(fact)
    life.count_regrade()
    life.settle_debts()
    return life


def _enrolled(life: Life, fact: Any) -> None:
    life.enrolled_at = fact.at


def _started(life: Life, fact: Any) -> None:
    life.passage(fact.module).started_at = fact.at


def _opened(life: Life, fact: Any) -> None:
    life.passage(fact.module).lessons.setdefault(fact.lesson, Reading()).opened_at = fact.at
    life.last_place = (fact.module, fact.lesson)


def _changed_lesson(life: Life, fact: Any) -> None:
    reading = life.passage(fact.module).lessons.setdefault(fact.lesson, Reading())
    reading.changes += 1
    reading.done_at = fact.at if fact.kind == "completed_lesson" else None
    _expect_module(life, fact, life.shelf.course(fact.revision))


def _started_attempt(life: Life, fact: Any) -> None:
    module = life.shelf.module(fact.revision, fact.module)
    mark = module.pass_mark if module else None
    life.sittings[fact.attempt_id] = Sitting(fact.module, fact.detail["number"], fact.revision, fact.at, mark)


def _responded(life: Life, fact: Any) -> None:
    Response.from_json(fact.detail["response"])
    life.sittings[fact.attempt_id].given[fact.detail["item"]] = (fact.detail["response"], fact.at)


def _closed_attempt(life: Life, fact: Any) -> None:
    sitting = life.sittings[fact.attempt_id]
    sitting.closed_at, sitting.is_passed = fact.at, fact.detail["passed"]
    sitting.raw, sitting.max = fact.detail["raw"], fact.detail["max"]
    life.passage(fact.module).sittings.append(fact.attempt_id)
    _count(life, fact)


def _regraded(life: Life, fact: Any) -> None:
    sitting = life.sittings[fact.attempt_id]
    sitting.raw, sitting.max = fact.detail["after"]
    sitting.is_passed = fact.detail["passed"]
    life.regrade_with(fact)


def _count(life: Life, fact: Any) -> None:
    """The score that counts now, by the rule of the last closed attempt's revision; a pass once earned stays."""
    passage = life.passage(fact.module)
    closed = [life.sittings[attempt] for attempt in passage.sittings]
    quiz = life.shelf.quiz(closed[-1].revision, fact.module)
    rule = quiz.counts if quiz else "best"
    score = counting([one.scaled for one in closed], rule)
    if passage.score != score:
        passage.scores.append((fact.at, score))
    reached = any(
        counting([one.scaled for one in closed[:n]], rule) * 100 >= (closed[n - 1].pass_mark or 0)
        for n in range(1, len(closed) + 1)
    )
    if passage.passed_at is None and reached:
        passage.passed_at = fact.at
    live, is_by_time = life.shelf.live_at(fact.at), fact.detail.get("how") == "time over"
    if live is not None and (is_by_time or life.shelf.is_certain_at(fact.at)):
        _expect_module(life, fact, live)
    life.decides = live.digest if live is not None and is_by_time else ""


def counting(scores: list[Fraction], rule: str) -> Fraction:
    """The score that counts, of scaled scores in the order they were earned."""
    if rule == "average":
        return sum(scores, Fraction(0)) / len(scores)
    return {"best": sorted(scores)[-1], "first": scores[0], "last": scores[-1]}[rule]


def _expect_module(life: Life, fact: Any, course: Course) -> None:
    module = course.module(fact.module)
    if module is not None and life.passage(module.slug).completed_at is None and life.is_met(module):
        life.owe(f"completed_module:{life.person_id}:{module.slug}", fact.at)


def _completed_module(life: Life, fact: Any) -> None:
    life.pay(fact.key)
    course = life.shelf.course(fact.revision)
    module = course.module(fact.module)
    if module is None or not life.is_met(module):
        life.doubts.append(Doubt(fact.key, "completed", "the rule of the module was not met"))
    if life.decides not in {"", fact.revision}:
        then = f"revision {life.decides[:12]}, which was live when the time was over"
        life.doubts.append(Doubt(fact.key, f"completed by revision {fact.revision[:12]}", then))
    life.passage(fact.module).completed_at = fact.at
    if life.completed_at is None and life.completed_modules() >= course.modules_to_complete:
        life.owe(f"completed_course:{life.person_id}", fact.at)


def _completed_course(life: Life, fact: Any) -> None:
    life.pay(fact.key)
    if life.completed_modules() < life.shelf.course(fact.revision).modules_to_complete:
        life.doubts.append(Doubt(fact.key, "completed", "too few modules were completed"))
    life.completed_at = fact.at
    life.owe(f"certified:{life.person_id}", fact.at)


def _certified(life: Life, fact: Any) -> None:
    life.pay(fact.key)
    life.shelf.course(fact.revision)
    held = {slug: (one.completed_at, one.score) for slug, one in life.modules.items() if one.completed_at}
    life.certified = Issued(fact.at, fact.revision, held)


_PAYS = frozenset({"completed_module", "completed_course", "certified"})
_STEPS: Mapping[str, Any] = {
    "enrolled": _enrolled,
    "started": _started,
    "opened": _opened,
    "completed_lesson": _changed_lesson,
    "undid_lesson": _changed_lesson,
    "started_attempt": _started_attempt,
    "responded": _responded,
    "closed_attempt": _closed_attempt,
    "regraded": _regraded,
    "regrade_undone": _regraded,
    "completed_module": _completed_module,
    "completed_course": _completed_course,
    "certified": _certified,
}
