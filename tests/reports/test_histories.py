"""Random histories: at any moment report = naive recount = exports = percentages, and the past stays as it was."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, cast
from zlib import compress

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

import quizzes
from course.accounts import cohorts, organisations, people
from course.accounts.tables import Organisation, Person
from course.content import serial
from course.content.model import Course
from course.learning import attempts, certificates, lessons, regrade_rules, regrading
from course.learning.tables import Certificate, Enrolment
from course.publishing.revisions import Live, digest_at, live_digest, restore
from course.publishing.tables import Publication, Revision
from course.reports import completion, counted, counting, csv_json, everyone, keeping, pages, spreadsheet, tallied
from course.reports import kept as kept_days
from course.reports.figures import nobody
from course.reports.filters import LATE_RULE, WHO, Filters, iso, states_of
from course.reports.pages import Spot
from course.reports.people import behind, chosen, stream
from course.reports.tables import EVERYWHERE
from course.verifying.checking import Check, everybody, read_lives
from course.verifying.percent import percentages
from course.verifying.recount import Belonging, Belongings, Recount
from course.verifying.shelf import Shelf
from tests.learners import add_learner
from tests.reports.exact import check_tallies
from tests.sheets import as_text, read_xlsx, table_of
from tests.site import Site

VERBS = (
    "open", "finish", "finish", "undo", "attempt", "attempt", "module", "module", "course", "move", "join", "role", "manage",
    "language", "erase", "publish", "tree", "rename", "revoke", "gather", "gather", "scatter", "regrade", "regrade",
)  # fmt: skip
STEP = st.tuples(st.sampled_from(VERBS), st.integers(0, 5), st.integers(0, 11), st.sampled_from((2, 3600, 90_000, 700_000)))
FILTERS = st.tuples(st.sampled_from(("", "housing", "mobility")), st.sampled_from(("learners", "staff", "everyone")),
                    st.sampled_from(("", "en", "fr")), st.booleans())  # fmt: skip

WEEK = timedelta(days=6)


class History:
    """A site on which things happen one after the other, each at a later moment than the one before."""

    def __init__(self, session: Session, site: Site) -> None:
        self.session, self.now = session, site.now
        self.people = [site.ids[who] for who in ("alice", "bob", "nour", "omar", "carla", "dana")]
        self.cohort = cohorts.make(session, name="March", organisation_id=None, by_id=site.ids["erin"], now=self.now)
        self.gathered: list[tuple[datetime, int, bool]] = []  # when who came or went
        self.times: list[datetime] = []  # when anything happened
        self.places = list(session.scalars(select(Organisation.id).order_by(Organisation.id)))
        whole = restore(session, live_digest(session))
        housing = whole.modules[0]
        quiz = housing.quizzes["en"]
        freed = replace(quiz, items=tuple(replace(item, review_lesson="") for item in quiz.items))
        shorter = replace(housing, lessons=housing.lessons[:1], quizzes={"en": freed})
        self.courses = {
            whole.digest: whole,
            "b" * 64: replace(whole, digest="b" * 64, modules=(housing,), modules_to_complete=1),
            "c" * 64: replace(whole, digest="c" * 64, modules=(shorter, *whole.modules[1:])),
        }
        for course in list(self.courses.values())[1:]:
            packed = compress(serial.dump(course))
            session.execute(insert(Revision).values(digest=course.digest, course=packed, created_at=self.now))

    @property
    def course(self) -> Course:
        return self.courses[live_digest(self.session)]

    def do(self, verb: str, who: int, number: int, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.times.append(self.now)
        getattr(self, f"_{verb}")(self.people[who], number)
        check_tallies(self.session)

    def _given(self, person_id: int, number: int) -> dict[str, Any]:
        module = self.course.modules[number % len(self.course.modules)]
        return {"person_id": person_id, "course": self.course, "module": module, "now": self.now}

    def _open(self, person_id: int, number: int) -> None:
        where = self._given(person_id, number)
        lessons.open_lesson(self.session, lesson=where["module"].lessons[number % len(where["module"].lessons)], **where)

    def _change(self, person_id: int, number: int, verb: Any) -> None:
        where = self._given(person_id, number)
        lesson = where["module"].lessons[number % len(where["module"].lessons)]
        from course.learning.record import read

        seen = read(self.session.connection(), person_id).lesson(where["module"].slug, lesson.id).changes
        verb(self.session, lesson=lesson, seen=seen, **where)

    def _finish(self, person_id: int, number: int) -> None:
        self._change(person_id, number, lessons.mark_done)

    def _undo(self, person_id: int, number: int) -> None:
        self._change(person_id, number, lessons.undo)

    def _attempt(self, person_id: int, number: int) -> None:
        where = self._given(person_id, number)
        quiz = where["module"].quizzes["en"]
        try:
            attempt = attempts.start(self.session, **where)
        except attempts.NotAllowed:
            return
        items = quiz.items[: number % (len(quiz.items) + 1)]
        attempts.save(self.session, attempt, {item.id: quizzes.key_of(item) for item in items}, self.now)
        if number != 7:  # an attempt that stays open
            begun_on = self.courses[attempt.revision].module(attempt.module)
            assert begun_on is not None
            attempts.close(self.session, attempt, quiz=begun_on.quizzes["en"], course=self.course, now=self.now)

    def _module(self, person_id: int, number: int) -> None:
        where = self._given(person_id, number)
        for lesson in where["module"].lessons:
            from course.learning.record import read

            seen = read(self.session.connection(), person_id).lesson(where["module"].slug, lesson.id).changes
            lessons.mark_done(self.session, lesson=lesson, seen=seen, **where)
        self._attempt(person_id, number - number % 12 + (0 if where["module"] is self.course.modules[0] else 3))
        quiz = where["module"].quizzes["en"]
        try:
            attempt = attempts.start(self.session, **where)
        except attempts.NotAllowed:
            return
        attempts.save(self.session, attempt, {item.id: quizzes.key_of(item) for item in quiz.items}, self.now)
        attempts.close(self.session, attempt, quiz=quiz, course=self.course, now=self.now)

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

    def _erase(self, person_id: int, _number: int) -> None:
        person = self.session.get_one(Person, person_id)
        if person.erased_at is None:
            people.erase(self.session, person, by_id=None, now=self.now)

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

    def _revoke(self, person_id: int, _number: int) -> None:
        held = self.session.scalar(select(Certificate).where(Certificate.person_id == person_id))
        if held is not None:
            certificates.revoke(self.session, held, by_id=self.people[-1], why="test", now=self.now)

    def _regrade(self, _person_id: int, number: int) -> None:
        """Takes an item out or gives everybody its points, or takes back the regrade that was made last."""
        live = Live()
        course, last = live.course(self.session), next(iter(regrading.made(self.session)), None)
        assert course is not None
        if number % 3 == 0 and last is not None and last.undone_at is None:
            row = regrading.undo(self.session, last.public_id, by_id=self.people[-1], why="test", now=self.now)
        else:
            module = course.modules[number % len(course.modules)]
            items = [*regrade_rules.items_of(self.session, live, module)]
            row = regrade_rules.draft(
                self.session, live, course, module=module.slug, item=items[number % len(items)],
                rule=("drop", "full_marks")[number // 2 % 2], response="", why="test", by_id=self.people[-1], now=self.now,
            )  # fmt: skip
            self.session.add(row)
            self.session.flush()
        revisions = regrading.Revisions(self.session, live)
        while row.finished_at is None:
            row = regrading.step(self.session, revisions, course, row.public_id, self.now, size=2)

    def _gather(self, person_id: int, _number: int) -> None:
        cohorts.put_in(self.session, self.cohort, [person_id], by_id=self.people[-1], now=self.now)
        self.gathered.append((self.now, person_id, True))

    def _scatter(self, person_id: int, _number: int) -> None:
        cohorts.take_out(self.session, self.cohort, [person_id], by_id=self.people[-1], now=self.now)
        self.gathered.append((self.now, person_id, False))

    def is_anybody_here(self) -> bool:
        return bool(self.session.scalar(select(func.count()).select_from(Enrolment)))

    def members(self, at: datetime | None) -> set[int]:
        """Who was in the cohort, by the last thing that happened to each."""
        last = {person_id: came for when, person_id, came in self.gathered if at is None or when <= at}
        return {person_id for person_id, came in last.items() if came}

    def report(self, filters: Filters) -> completion.Report:
        at = filters.as_of or self.now
        course = self.courses[digest_at(self.session, at)]
        return completion.completion(self.session, course=course, scope=None, filters=filters, now=self.now)


def said(report: completion.Report) -> str:
    """The report as it is shown, without the moment at which it was made and what is said of a moment that is hardly past."""
    rules = tuple(rule for rule in report.rules if rule != LATE_RULE)
    return csv_json.completion_json(replace(report, made_at=report.filters.as_of or report.made_at, rules=rules))


def check_exports(report: completion.Report) -> None:
    answer = json.loads(csv_json.completion_json(report))
    shown = [{name: as_text(value) for name, value in line.items()} for line in answer["lines"]]
    above = csv_json.head("Completion", report.filters, iso(report.made_at), report.rules)
    rows = table_of(
        csv_json.to_csv(csv_json.COMPLETION_COLUMNS, csv_json.completion_rows(report), above).removeprefix("\ufeff")
    )
    assert rows == shown
    with spreadsheet.completion_xlsx(report, "Completion") as book:
        sheet = read_xlsx(book.read())["Completion"]
    columns = list(csv_json.COMPLETION_COLUMNS)
    assert [dict(zip(columns, map(as_text, line), strict=True)) for line in sheet[1:]] == shown


def check_recount(history: History, at: datetime | None) -> None:
    """Every figure of the report of a moment, counted in plain Python, and each percentage in the lists behind it."""
    session, filters = history.session, Filters(as_of=at)
    report, shelf, ids = history.report(filters), Shelf(session), everybody(session)
    course = history.courses[digest_at(session, at or history.now)]
    recount, belongings = Recount(course), Belongings(session, at).of(ids)
    lives = {life.person_id: life for life in read_lives(session, ids, shelf, at)}
    for life in lives.values():
        recount.add(life, belongings[life.person_id])
    for line in report.lines:
        figures = recount.figures(line.place.id if line.place else None, line.module)
        assert {name: getattr(line.counts, name) for name in figures} == figures, (line.place, line.module)
    counted = {place for place, _module in recount.lines} - {None}
    assert counted <= {line.place.id for line in report.by_organisation if line.place}
    if at is None:
        check_export_of_people(session, course)
        return
    public = dict(cast(Any, session.execute(select(Person.public_id, Person.id)).all()))
    for state in ("enrolled", "completed", "certified", "not_started", "passed"):
        listing = behind(session, course=course, scope=None, filters=filters, state=state, limit=None)
        name = {"certified": "certified"}.get(state, state)
        assert listing.total == len(listing.people) == getattr(report.total.counts, name)
        for one in listing.people:
            life = lives[public[one.public_id]]
            assert (one.percent, one.enrolled_at) == (percentages(course, life)[""], life.enrolled_at)


def check_export_of_people(session: Session, course: Course) -> None:
    """The rows that are made in the database against those that are made of each person's record."""
    for module in ("", *(one.slug for one in course.modules), "retired"):
        for state in states_of(module):
            question: dict[str, Any] = {"course": course, "scope": None, "filters": Filters(module=module), "state": state}
            assert list(everyone.rows(session, **question)) == list(map(everyone.cells, stream(session, **question)))


def check_filters(history: History, at: datetime | None, module: str, who: str, language: str, in_cohort: bool) -> None:
    session, cohort = history.session, history.cohort.id if in_cohort else None
    filters = Filters(as_of=at, module=module, who=who, language=language, cohort=cohort)
    report, ids = history.report(filters), everybody(session)
    members = history.members(at) if in_cohort else set(ids)
    belongings = Belongings(session, at).of(ids)

    def counts(of: Belonging) -> bool:
        role = {"learners": not of.is_staff, "staff": of.is_staff, "everyone": True}[who]
        return role and language in ("", of.language)

    lives = [
        life
        for life in read_lives(session, ids, Shelf(session), at)
        if life.enrolled_at and life.person_id in members and counts(belongings[life.person_id])
    ]
    passages = [life.modules[module] for life in lives if module in life.modules] if module else []
    total = report.total.counts
    assert total.enrolled == len(lives)
    if module:
        assert total.started == sum(1 for one in passages if one.started_at)
        assert total.completed == sum(1 for one in passages if one.completed_at)
    for line in report.by_organisation:
        assert line.place is not None
        assert line.counts.enrolled == sum(1 for life in lives if line.place.id in belongings[life.person_id].places)


def check_both_ways(history: History, module: str) -> None:
    """What the tallies say is what a count of everybody says: of all, of each organisation, whoever is asked for."""
    session, course = history.session, history.courses[digest_at(history.session, history.now)]
    last, needed = counting.week_of(history.now), completion.needed_to_pass(course, module)
    weeks = range(last - 25, last + 1)
    for who in WHO:
        filters = Filters(module=module, who=who)
        for place in (None, *history.places):
            only = None if place is None else organisations.subtree(session, [place])
            given: dict[str, Any] = {"filters": filters, "needed": needed, "only": only, "weeks": weeks}
            kept = tallied.read(session, within=place or EVERYWHERE, **given)
            counts = counted.read(session, within=None if place is None else [place], **given)
            assert replace(kept, by_organisation={}) == replace(counts, by_organisation={}), (who, place)
            for one in set(only or history.places) - {place}:
                kept_one = kept.by_organisation.get(one, nobody(module))
                assert kept_one == counts.by_organisation.get(one, nobody(module)), (who, place, one)


def check_pages(history: History, module: str, who: str, number: int) -> None:
    """Page by page, either way through, from an index or of the few: each of the people that are counted, once, by name."""
    session, course = history.session, history.courses[digest_at(history.session, history.now)]
    one, other = (history.places[(number + more) % len(history.places)] for more in (0, 2))
    scope: list[int] | None = [None, [one], [one, other]][number % 3]
    filters, monday = Filters(module=module, who=who), counting.monday(counting.week_of(history.now))
    needed, within = completion.needed_to_pass(course, module), tallied.places(session, filters, scope)
    for state in states_of(module):
        for week in (None, monday) if state in {"completed", "started" if module else "enrolled"} else (None,):
            question: dict[str, Any] = {
                "course": course, "scope": scope, "filters": replace(filters, week=week), "state": state
            }  # fmt: skip
            ids = select(chosen(**question).subquery().c.person_id)
            listed = select(Person.name, Person.id).where(Person.id.in_(ids)).order_by(Person.name, Person.id)
            expected = [(name, id_) for name, id_ in session.execute(listed)]
            asked = pages.Asked(question["filters"], state, needed, within)
            assert pages.find(session, asked, Spot(), 2)[1] == len(expected)
            assert walked(session, asked, is_back=False) == expected
            assert walked(session, asked, is_back=True) == expected[::-1]
            second = session.execute(pages.page(asked, Spot(2), 2))
            assert [(name, id_) for id_, name in second] == expected[2:4]
            if len(within) == 1:
                rare, most = pages.rarely(asked, asked.everywhere(session))
                assert rare is None or walked(session, asked, is_back=False, rare=rare) == expected
                assert len(expected) <= most
    assert behind(session, limit=None, **question).people == tuple(stream(session, **question))


def walked(session: Session, asked: pages.Asked, *, is_back: bool, rare: Any = None) -> list[tuple[str, int]]:
    """The names and ids of everybody, from one edge to the other, two on a page."""
    found: list[tuple[str, int]] = []
    spot = Spot(is_back=is_back)
    while page := [(name, id_) for id_, name in session.execute(pages.page(asked, spot, 2, rare))]:
        found += page
        spot = Spot(person=page[-1], is_back=is_back)
    return found


def keep_days(history: History) -> None:
    """What ``course report keep`` does, of every place, however few people there are, in this transaction."""
    connection = history.session.connection()
    for place, after in keeping.due(history.session, history.now, large=1):
        assert keeping.keep(history.session, place, after, history.now, lambda: nullcontext(connection))


def check_past_both_ways(history: History, moments: list[datetime], module: str, who: str, place: int) -> None:
    """What is made of kept days is what a count of the people says, of all, of each organisation, of one with its modules."""
    session, asked = history.session, [(None, None), ([place], {place}), (history.places[:2], {place})]
    for at in moments:
        filters, week = Filters(as_of=at, module=module, who=who), counting.week_of(at)
        for within, only in asked:
            given: dict[str, Any] = {"needed": 2, "within": within, "only": only, "weeks": range(week - 25, week + 1)}
            one = counted.read(session, filters=filters, **given)
            other = counted.read(session, filters=replace(filters, since=date(1970, 1, 1)), **given)  # of which nothing is kept
            assert replace(one, by_organisation={}) == replace(other, by_organisation={}), (at, within)
            for line in history.places:
                of_one, of_other = (figures.by_organisation.get(line, nobody(module)) for figures in (one, other))
                assert of_one == of_other, (at, within, line)


def moments_of(history: History, since: datetime, chance: Random) -> list[datetime]:
    """One that something happened at, or just before, one between, and a day that has begun since."""
    days = [datetime.combine(since.date() + timedelta(days=n), time(), UTC) for n in range(1, (history.now - since).days + 1)]
    drawn = chance.choice(history.times) - timedelta(milliseconds=chance.randint(0, 1))
    between = since + timedelta(milliseconds=chance.randint(0, (history.now - since) // timedelta(milliseconds=1)))
    return [drawn, between, *days[len(days) // 2 :][:1]]


@settings(
    max_examples=20,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@example(  # the certificate comes with the attempt that completes the module, and shows the score of that attempt
    steps=[("open", 0, 0, 2), ("attempt", 0, 6, 2), ("module", 0, 1, 2), ("module", 0, 0, 2)],
    moments=[],
    asked=("", "learners", "", False),
)
@example(  # of those who came to the cohort before a moment, one was taken out after it and one came back
    steps=[
        ("open", 0, 0, 2), ("open", 1, 0, 2), ("gather", 0, 0, 2), ("gather", 1, 0, 2), ("open", 2, 0, 2),
        ("scatter", 0, 0, 2), ("gather", 2, 0, 2), ("scatter", 1, 0, 2), ("gather", 1, 0, 2),
    ],
    moments=[2, 3, 5, 7],
    asked=("housing", "everyone", "", True),
)  # fmt: skip
@example(  # what is regraded between two moments, completes a module and is taken back, moves neither
    steps=[
        ("module", 0, 0, 2), ("attempt", 1, 1, 2), ("finish", 1, 0, 2), ("finish", 1, 2, 2), ("attempt", 1, 0, 3600),
        ("regrade", 0, 2, 2), ("regrade", 0, 4, 2), ("regrade", 0, 8, 90_000), ("regrade", 0, 0, 3600), ("attempt", 1, 2, 2),
    ],
    moments=[4, 5, 6, 7, 8],
    asked=("housing", "everyone", "", False),
)  # fmt: skip
@given(steps=st.lists(STEP, min_size=4, max_size=30), moments=st.lists(st.integers(0, 30), max_size=4), asked=FILTERS)
def test_any_history(
    site: Site, steps: list[tuple[str, int, int, int]], moments: list[int], asked: tuple[str, str, str, bool]
) -> None:
    if "omar" not in site.ids:
        add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax", "Youth"), ("Tunisia", "Sfax", "Culture"))
        add_learner(site, "Omar Sy")
    with site.session(write=True) as session:
        try:
            history, kept = History(session, site), dict[datetime, tuple[str, str]]()
            begun = history.now
            for place, step in enumerate(steps):
                history.do(*step)
                if place in moments:
                    of_cohort = Filters(as_of=history.now, cohort=history.cohort.id)
                    kept[history.now] = said(history.report(Filters(as_of=history.now))), said(history.report(of_cohort))
                    check_recount(history, None)
                    if len(kept) == 1:
                        keep_days(history)
            session.flush()
            session.expire_all()
            chance = Random(len(steps))
            if kept:  # days were kept once, and then the rest happened
                lately = moments_of(history, max(begun, history.now - WEEK), chance)[1]
                check_past_both_ways(history, [lately], *asked[:2], chance.choice(history.places))
            keep_days(history)
            assert (EVERYWHERE in kept_days.of_moment(session, Filters(as_of=history.now)).days) == history.is_anybody_here()
            check_past_both_ways(history, moments_of(history, begun, chance), *asked[:2], chance.choice(history.places))
            for at, (before, before_of_cohort) in kept.items():
                assert said(history.report(Filters(as_of=at))) == before
                assert said(history.report(Filters(as_of=at, cohort=history.cohort.id))) == before_of_cohort
                check_recount(history, at)
                check_filters(history, at, *asked)
            check_recount(history, None)
            check_filters(history, None, *asked)
            check_both_ways(history, asked[0])
            check_pages(history, *asked[:2], len(steps))
            check_exports(history.report(Filters()))
            now = history.report(Filters(as_of=history.now))
            assert csv_json.completion_rows(now) == csv_json.completion_rows(history.report(Filters()))
            assert [str(one) for _people, found in Check(session, history.now).run() for one in found] == []
        finally:
            session.rollback()
