"""A site on which things happen one after the other, each as the product does it, for the tests of random histories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zlib import compress

from hypothesis import strategies as st
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

import quizzes
from course.accounts import cohorts, organisations, people
from course.accounts.tables import Organisation, Person
from course.content import serial
from course.content.model import Asset, Clip, Course, Lesson, Module
from course.learning import attempts, certificates, expiring, lessons, record, regrade_rules, regrading
from course.learning.tables import Certificate, Enrolment, Regrade
from course.publishing.revisions import Live, digest_at, live_digest, restore
from course.publishing.tables import Publication, Revision
from course.reports import completion
from course.reports.filters import Filters
from tests.site import Site

VERBS = (
    "open", "finish", "finish", "undo", "watch", "watch", "attempt", "attempt", "leave", "leave", "leave", "module", "module",
    "course", "move", "join", "role", "manage", "language", "call", "erase", "switch", "extra", "publish", "publish", "tree",
    "rename", "found", "kind", "revoke", "gather", "gather", "scatter", "cohort", "regrade", "regrade", "go_on",
)  # fmt: skip
STEP = st.tuples(st.sampled_from(VERBS), st.integers(0, 5), st.integers(0, 11), st.sampled_from((2, 3600, 90_000, 700_000)))
LEARNING = (
    "finish", "finish", "watch", "module", "attempt", "leave", "leave", "leave", "publish", "publish", "regrade", "go_on",
    "extra", "move", "erase", "switch",
)  # fmt: skip
LEARNT = st.tuples(st.sampled_from(LEARNING), st.integers(0, 2), st.integers(0, 11), st.sampled_from((2, 2, 3600, 90_000)))
CLIP = Clip("Opening", 10, Asset("housing/media/clip.webm", "0" * 64, 1, "video/webm"), None, {}, {})


def revisions_of(whole: Course) -> list[Course]:
    """The course as authors publish it: with a clip and time limits, as it was, and with one thing or another taken out."""
    housing, mobility = whole.modules
    quiz = housing.quizzes["en"]
    freed = replace(quiz, items=tuple(replace(item, review_lesson="") for item in quiz.items))
    shorter = replace(housing, lessons=housing.lessons[:1], quizzes={"en": freed})
    shown = replace(housing, lessons=(replace(housing.lessons[0], clip=CLIP), *housing.lessons[1:]))
    short, long = (timed(module, minutes) for module, minutes in ((shown, 20), (mobility, 90)))
    return [
        replace(whole, digest="a" * 64, modules=(short, long)),
        whole,
        replace(whole, digest="b" * 64, modules=(housing,), modules_to_complete=1),
        replace(whole, digest="c" * 64, modules=(shorter, mobility)),
        replace(whole, digest="d" * 64, modules=(replace(short, complete_when="quiz"), replace(mobility, quizzes={}))),
    ]


def timed(module: Module, minutes: int) -> Module:
    limited = replace(module.quizzes["en"], attempts=0, time_limit_minutes=minutes)
    return replace(module, quizzes={"en": limited})


class History:
    """A site on which things happen one after the other, each at a later moment than the one before.

    Where it is watched somebody looks before each, so that no attempt stays open beyond its time.
    """

    def __init__(self, session: Session, site: Site, *, is_watched: bool = False) -> None:
        self.session, self.now, self.is_watched = session, site.now, is_watched
        self.people = [site.ids[who] for who in ("alice", "bob", "nour", "omar", "carla", "dana")]
        self.cohort = cohorts.make(session, name="March", organisation_id=None, by_id=site.ids["erin"], now=self.now)
        self.gathered: list[tuple[datetime, int, bool]] = []  # when who came or went
        self.times: list[datetime] = []  # when anything happened
        self.places = list(session.scalars(select(Organisation.id).order_by(Organisation.id)))
        self.most = len(self.places) + 1
        whole = restore(session, live_digest(session))
        self.courses = {course.digest: course for course in revisions_of(whole)}
        for course in self.courses.values():
            if course is not whole:
                packed = compress(serial.dump(course))
                session.execute(insert(Revision).values(digest=course.digest, course=packed, created_at=self.now))
        self.live = Live()
        self._publish(0, 0)

    @property
    def course(self) -> Course:
        return self.courses[live_digest(self.session)]

    def do(self, verb: str, who: int, number: int, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.times.append(self.now)
        if self.is_watched:
            self.look()
        getattr(self, f"_{verb}")(self.people[who], number)

    def look(self, person_id: int | None = None) -> None:
        """What every page does that shows what somebody did, and every form that adds to it: closes what is due."""
        while expiring.close_due(self.session, self.live, self.now, None if person_id is None else [person_id]):
            continue

    def _given(self, person_id: int, number: int) -> dict[str, Any]:
        module = self.course.modules[number % len(self.course.modules)]
        return {"person_id": person_id, "course": self.course, "module": module, "now": self.now}

    def _before(self, person_id: int, verb: Callable[[], object]) -> None:
        """A verb of lessons, as ``web/due.py`` calls it."""
        try:
            verb()
        except lessons.Overdue:
            self.look(person_id)
            verb()

    def _open(self, person_id: int, number: int) -> None:
        where = self._given(person_id, number)
        lesson = where["module"].lessons[number % len(where["module"].lessons)]
        self._before(person_id, lambda: lessons.open_lesson(self.session, lesson=lesson, **where))

    def _watch(self, person_id: int, number: int) -> None:
        """The first seconds of a clip, as far as there is one; from the eighth on it is done."""
        where = self._given(person_id, 0)
        lesson, played = where["module"].lessons[0], range(number)
        self._before(person_id, lambda: lessons.watch(self.session, lesson=lesson, seconds=played, at=number, **where))

    def _change(self, person_id: int, number: int, verb: Any) -> None:
        where = self._given(person_id, number)
        self._mark(where, where["module"].lessons[number % len(where["module"].lessons)], verb)

    def _mark(self, where: dict[str, Any], lesson: Lesson, verb: Any) -> None:
        """As somebody does who has just opened the page."""
        held = record.read(self.session.connection(), where["person_id"]).lesson(where["module"].slug, lesson.id)
        self._before(where["person_id"], lambda: verb(self.session, lesson=lesson, seen=held.changes, **where))

    def _finish(self, person_id: int, number: int) -> None:
        self._change(person_id, number, lessons.mark_done)

    def _undo(self, person_id: int, number: int) -> None:
        self._change(person_id, number, lessons.undo)

    def _sit(self, where: dict[str, Any], number: int, *, is_closed: bool = True) -> None:
        """An attempt with the key of the first items; one that was open goes on. Nothing where the module has no quiz."""
        self.look(where["person_id"])
        if not where["module"].quizzes:
            return
        try:
            attempt = attempts.start(self.session, **where)
        except attempts.NotAllowed:
            return
        begun_on = self.courses[attempt.revision].module(attempt.module)
        assert begun_on is not None
        quiz = begun_on.quizzes["en"]
        attempts.save(self.session, attempt, {item.id: quizzes.key_of(item) for item in quiz.items[:number]}, self.now)
        if is_closed:
            attempts.close(self.session, attempt, quiz=quiz, course=self.course, now=self.now)

    def _attempt(self, person_id: int, number: int) -> None:
        self._sit(self._given(person_id, number), number % 9, is_closed=number != 7)

    def _leave(self, person_id: int, number: int) -> None:
        """An attempt that stays open, and is closed by its time where it has one."""
        self._sit(self._given(person_id, number), number, is_closed=False)

    def _module(self, person_id: int, number: int) -> None:
        where = self._given(person_id, number)
        for lesson in where["module"].lessons:
            self._mark(where, lesson, lessons.mark_done)
        for given in (number % 4, 12):
            self._sit(where, given)

    def _course(self, person_id: int, number: int) -> None:
        for place in range(len(self.course.modules)):
            self._module(person_id, place)

    def _move(self, person_id: int, number: int) -> None:
        for place, role in organisations.of_person(self.session, person_id):
            people.leave(self.session, person_id=person_id, organisation_id=place.id, role=role, now=self.now)
        self._join(person_id, number)

    def _join(self, person_id: int, number: int) -> None:
        place = self.places[number % len(self.places)]
        people.join(self.session, person_id=person_id, organisation_id=place, role="member", now=self.now)

    def _manage(self, person_id: int, number: int) -> None:
        place = self.places[number // 2 % len(self.places)]
        verb = people.leave if number % 2 else people.join
        verb(self.session, person_id=person_id, organisation_id=place, role="manager", now=self.now)

    def _role(self, person_id: int, number: int) -> None:
        person = self.session.get_one(Person, person_id)
        people.set_role(self.session, person, people.ROLES[number % 3], by_id=None, now=self.now)

    def _language(self, person_id: int, number: int) -> None:
        person = self.session.get_one(Person, person_id)
        people.set_language(self.session, person, ("en", "fr")[number % 2], by_id=person_id, now=self.now)

    def _call(self, person_id: int, number: int) -> None:
        """Another name, as in the profile."""
        person = self.session.get_one(Person, person_id)
        if person.erased_at is None:
            people.call(person, f"{'NÁöz'[number % 4]}{number} {person.name}"[:60])
            self.session.flush()

    def _extra(self, person_id: int, number: int) -> None:
        person, percent = self.session.get_one(Person, person_id), (0, 50, 100)[number % 3]
        expiring.give_extra_time(self.session, self.live, person, percent, by_id=self.people[-1], now=self.now)

    def _erase(self, person_id: int, _number: int) -> None:
        person = self.session.get_one(Person, person_id)
        if person.erased_at is None:
            self.look(person_id)
            people.erase(self.session, person, by_id=None, now=self.now)

    def _switch(self, person_id: int, _number: int) -> None:
        """The account off, or on again: an operator does it in the database."""
        person = self.session.get_one(Person, person_id)
        if person.erased_at is None:
            person.deactivated_at = None if person.deactivated_at else self.now
            self.session.flush()

    def _publish(self, _person_id: int, number: int) -> None:
        digest = list(self.courses)[number % len(self.courses)]
        self.session.execute(insert(Publication).values(digest=digest, at=self.now, by="test"))

    def _tree(self, person_id: int, number: int) -> None:
        moved, above = self.places[number % len(self.places)], self.places[(number + person_id) % len(self.places)]
        organisation = self.session.get_one(Organisation, moved)
        try:
            organisations.change(self.session, organisation, name=organisation.name, parent_id=above, now=self.now)
        except organisations.WrongPlace:
            pass

    def _rename(self, person_id: int, number: int) -> None:
        organisation = self.session.get_one(Organisation, self.places[number % len(self.places)])
        name = f"{organisation.name[:20]} {person_id}"
        try:
            organisations.change(self.session, organisation, name=name, parent_id=organisation.parent_id, now=self.now)
        except organisations.WrongPlace:
            pass

    def _found(self, _person_id: int, number: int) -> None:
        """One more organisation, and no second: each is looked at in every way."""
        above = self.session.get_one(Organisation, self.places[number % len(self.places)])
        below = {"country": "municipality", "network": "municipality", "municipality": "department"}.get(above.kind)
        if below is not None and len(self.places) < self.most:
            found = organisations.find_or_add(self.session, parent_id=above.id, kind=below, name=f"New {number}", now=self.now)
            self.places.append(found)

    def _kind(self, _person_id: int, number: int) -> None:
        """An organisation becomes one of another kind, where that may stand there."""
        one = self.session.get_one(Organisation, self.places[number % len(self.places)])
        kind = organisations.KINDS[number // 2 % len(organisations.KINDS)]
        try:
            organisations.check_place(self.session, kind=kind, parent_id=one.parent_id, organisation_id=one.id)
        except organisations.WrongPlace:
            return
        organisations.change(self.session, one, name=one.name, parent_id=one.parent_id, kind=kind, now=self.now)

    def _revoke(self, person_id: int, _number: int) -> None:
        self.look(person_id)  # whoever revokes a certificate has seen it
        held = self.session.scalar(select(Certificate).where(Certificate.person_id == person_id))
        if held is not None:
            certificates.revoke(self.session, held, by_id=self.people[-1], why="test", now=self.now)

    def _regrade(self, _person_id: int, number: int) -> None:
        """Takes an item out or gives everybody its points, or takes back the regrade that was made last.

        Sometimes only the first learner is settled, and the run is gone on with later.
        """
        self.look()
        self.live.look_again()
        course, last = self.live.course(self.session), next(iter(regrading.made(self.session)), None)
        assert course is not None
        if number % 3 == 0 and last is not None and last.undone_at is None:
            row = regrading.undo(self.session, last.public_id, by_id=self.people[-1], why="test", now=self.now)
        else:
            module = course.modules[number % len(course.modules)]
            items = [*regrade_rules.items_of(self.session, self.live, module)]
            if not module.quizzes:
                return
            row = regrade_rules.draft(
                self.session, self.live, course, module=module.slug, item=items[number % len(items)],
                rule=("drop", "full_marks")[number // 2 % 2], response="", why="test", by_id=self.people[-1], now=self.now,
            )  # fmt: skip
            self.session.add(row)
            self.session.flush()
        revisions = regrading.Revisions(self.session, self.live)
        regrading.step(self.session, revisions, course, row.public_id, self.now, size=1)
        if number % 4 != 1:
            self._go_on(0, 0)

    def _go_on(self, _person_id: int, _number: int) -> None:
        """What is left of every regrade, without a look before: whoever makes or undoes one looks."""
        revisions = regrading.Revisions(self.session, self.live)
        for name in self.session.scalars(
            select(Regrade.public_id).where(Regrade.finished_at.is_(None)).order_by(Regrade.id)
        ).all():
            while regrading.step(self.session, revisions, self.course, name, self.now, size=2).finished_at is None:
                continue

    def _gather(self, person_id: int, _number: int) -> None:
        cohorts.put_in(self.session, self.cohort, [person_id], by_id=self.people[-1], now=self.now)
        self.gathered.append((self.now, person_id, True))

    def _scatter(self, person_id: int, _number: int) -> None:
        cohorts.take_out(self.session, self.cohort, [person_id], by_id=self.people[-1], now=self.now)
        self.gathered.append((self.now, person_id, False))

    def _cohort(self, _person_id: int, number: int) -> None:
        """It is closed, opened again or has another name: reports that name it stay as they are."""
        if number % 3:
            cohorts.close(self.session, self.cohort, is_closed=number % 3 == 1, by_id=self.people[-1], now=self.now)
        else:
            cohorts.rename(self.session, self.cohort, f"March {number}", by_id=self.people[-1], now=self.now)

    def is_anybody_here(self) -> bool:
        return bool(self.session.scalar(select(func.count()).select_from(Enrolment)))

    def members(self, at: datetime | None) -> set[int]:
        """Who was in the cohort, by the last thing that happened to each."""
        last = {person_id: came for when, person_id, came in self.gathered if at is None or when <= at}
        return {person_id for person_id, came in last.items() if came}

    def report(self, filters: Filters, scope: list[int] | None = None) -> completion.Report:
        self.look()
        at = filters.as_of or self.now
        course = self.courses[digest_at(self.session, at)]
        return completion.completion(self.session, course=course, scope=scope, filters=filters, now=self.now)
