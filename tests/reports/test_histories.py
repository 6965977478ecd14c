"""Random histories: at any moment report = naive recount = exports = percentages, and the past stays as it was.

Nor does it matter who looked at what meanwhile.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, cast

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from course.accounts import organisations
from course.accounts.tables import Person
from course.content.model import Course
from course.learning.tables import Fact
from course.publishing.revisions import digest_at
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
from tests.reports.history import LEARNT, STEP, History
from tests.sheets import as_text, read_xlsx, table_of
from tests.site import Site

FILTERS = st.tuples(st.sampled_from(("", "housing", "mobility")), st.sampled_from(("learners", "staff", "everyone")),
                    st.sampled_from(("", "en", "fr")), st.booleans())  # fmt: skip

WEEK = timedelta(days=6)


def said(report: completion.Report) -> str:
    """The report as it is shown, without the moment at which it was made and what is said of a moment that is hardly past."""
    rules = tuple(rule for rule in report.rules if rule != LATE_RULE)
    return csv_json.completion_json(replace(report, made_at=report.filters.as_of or report.made_at, rules=rules))


def check_exports(report: completion.Report) -> None:
    answer = json.loads(csv_json.completion_json(report))
    shown = [{name: as_text(value) for name, value in line.items()} for line in answer["lines"]]
    above = csv_json.head("Completion", report.filters, iso(report.made_at), report.rules)
    rows = table_of(
        "".join(csv_json.csv_lines(csv_json.COMPLETION_COLUMNS, csv_json.completion_rows(report), above)).removeprefix("\ufeff")
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
    check_managers(history, filters, recount)
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


def check_managers(history: History, filters: Filters, recount: Recount) -> None:
    """Whoever manages one organisation, or two, sees the same figures of each; of one they are those of the total as well."""
    chance = Random(f"{history.now} {filters.as_of}")
    one, other = chance.sample(history.places, 2)
    for scope in ([one], [one, other]):
        report = history.report(filters, scope)
        for line in report.by_organisation:
            assert line.place is not None
            figures = recount.figures(line.place.id, "")
            assert {name: getattr(line.counts, name) for name in figures} == figures, (scope, line.place)
            if scope == [line.place.id]:
                assert line.counts == report.total.counts


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
            listed = select(Person.name_key, Person.id).where(Person.id.in_(ids)).order_by(Person.name_key, Person.id)
            expected = [(key, id_) for key, id_ in session.execute(listed)]
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
    history.look()
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


def add_people(site: Site) -> None:
    """One who belongs to two departments, and one to none."""
    if "omar" not in site.ids:
        add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax", "Youth"), ("Tunisia", "Sfax", "Culture"))
        add_learner(site, "Omar Sy")


@settings(
    max_examples=10,
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
    add_people(site)
    with site.session(write=True) as session:
        try:
            history, kept = History(session, site), dict[datetime, tuple[str, str]]()
            begun = history.now
            for place, step in enumerate(steps):
                history.do(*step)
                check_tallies(session)
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


@settings(
    max_examples=10,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@example(  # what is published after the time of an attempt was over asks for more than its learner has done
    steps=[("publish", 0, 4, 2), ("leave", 0, 8, 2), ("publish", 0, 1, 3600), ("open", 1, 0, 2)],
)
@example(  # a regrade is stopped before it comes to a learner of whom an attempt runs out until it goes on
    steps=[
        ("attempt", 0, 1, 2), ("attempt", 1, 1, 2), ("attempt", 2, 1, 2), ("leave", 2, 1, 2), ("regrade", 0, 5, 2),
        ("go_on", 0, 0, 90_000),
    ],
)  # fmt: skip
@given(steps=st.lists(LEARNT, min_size=8, max_size=30))
def test_who_looks_changes_nothing(site: Site, steps: list[tuple[str, int, int, int]]) -> None:
    """The same history in which somebody looks before every step, and one in which nobody does who need not."""
    add_people(site)
    looked, left = (told(site, steps, is_watched=is_watched) for is_watched in (True, False))
    assert looked == left


def told(site: Site, steps: list[tuple[str, int, int, int]], *, is_watched: bool) -> tuple[list[Any], list[str]]:
    """Every fact, by time, and the reports of a few moments, asked for when all is over."""
    with site.session(write=True) as session:
        try:
            history = History(session, site, is_watched=is_watched)
            for step in steps:
                history.do(*step)
            moments = [history.times[place] - timedelta(seconds=1) for place in range(0, len(steps), 5)]
            reports = [said(history.report(Filters(as_of=at))) for at in (*moments, history.now)]
            facts = session.execute(
                select(Fact.at, Fact.person_id, Fact.kind, Fact.module, Fact.lesson, Fact.revision, Fact.detail)
            )
            return sorted((*map(str, fact[:6]), str({**fact.detail, "regrade": ""})) for fact in facts), reports
        finally:
            session.rollback()
