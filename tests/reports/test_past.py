"""What is kept of past days: written once, the same as counting, found where it is wrong, and made anew where the past was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, update
from sqlalchemy.orm import Session

from course.accounts import organisations, people
from course.accounts.tables import Organisation, Person
from course.demo.filling import fill
from course.extensions import engines
from course.publishing.revisions import live_digest, restore
from course.reports import completion, keeping, kept
from course.reports.filters import Filters
from course.reports.tables import TallyDay, TallyHistory, TallyPeople
from course.verifying.checking import Check
from course.verifying.mending import mend_tallies, recount
from tests.learners import add_learner, learn
from tests.sheets import page_figures
from tests.site import Site

REPORT = "/en/reports/completion"
PLACES = ("everywhere", "Peru", "Sfax", "Youth", "Lima")  # where somebody is by now
MIDNIGHT = datetime(2026, 3, 5, tzinfo=UTC)


@pytest.fixture
def grown(site: Site) -> Site:
    """Everything happened at the very beginning of a day, or a moment before or after."""
    add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax", "Youth"), ("Tunisia", "Sfax", "Culture"))
    site.now = MIDNIGHT - timedelta(microseconds=1)
    learn(site, "alice", 2)
    site.now = MIDNIGHT
    learn(site, "bob", 1, right=False)
    move(site, "nour", "Lima")
    site.now = MIDNIGHT + timedelta(microseconds=1)
    learn(site, "nour", 1)
    site.now = MIDNIGHT + timedelta(days=1)
    with site.session(write=True) as session:
        people.set_role(session, session.get_one(Person, site.ids["bob"]), "author", by_id=None, now=site.now)
        sfax, peru = (of(session, name) for name in ("Sfax", "Peru"))
        organisations.change(session, sfax, name="Sfax", parent_id=peru.id, now=site.now)
    site.later(days=2, hours=3)
    return site


def of(session: Session, name: str) -> Organisation:
    return session.scalars(select(Organisation).where(Organisation.name == name)).one()


def move(site: Site, who: str, to: str) -> None:
    with site.session(write=True) as session:
        for place, role in organisations.of_person(session, site.ids[who]):
            people.leave(session, person_id=site.ids[who], organisation_id=place.id, role=role, now=site.now)
        where = of(session, to).id
        people.join(session, person_id=site.ids[who], organisation_id=where, role="member", now=site.now)


def keep(site: Site) -> list[bool]:
    """Of every place, however few people there are."""
    with site.session() as session:
        due = keeping.due(session, site.now, large=1)
        session.rollback()
        return [keeping.keep(session, place, after, site.now) for place, after in due]


def days(site: Site) -> list[tuple[Any, ...]]:
    with site.session() as session:
        rows = session.execute(select(TallyDay.__table__)).all()
        return sorted(tuple(row) for row in rows)


def reports(site: Site) -> dict[str, Any]:
    browser = site.client("erin")
    asked = [f"as_of=2026-03-0{day}&who={who}" for day in range(4, 9) for who in ("learners", "staff", "everyone")]
    asked += [f"{one}&module=housing" for one in asked[::3]]
    with site.session() as session:
        places = [place.public_id for place in organisations.places(session)]
    asked += [f"as_of=2026-03-0{day}&organisation={place}" for day in (5, 6) for place in places]
    return {one: page_figures(browser.page(f"{REPORT}?{one}")) for one in asked}


def test_a_report_of_a_past_day_is_the_same_kept_or_counted(grown: Site) -> None:
    counted = reports(grown)
    assert [counted[f"as_of=2026-03-0{day}&who=learners"]["all"]["enrolled"] for day in (4, 5, 6, 7)] == ["0", "2", "2", "2"]
    assert keep(grown) == [True] * len(PLACES)
    assert reports(grown) == counted
    assert keep(grown) == []


def test_a_kept_day_is_read_without_a_look_at_the_learners(grown: Site) -> None:
    browser, read = grown.client("erin"), list[str]()
    with grown.session() as session:
        report = f"{REPORT}?organisation={of(session, 'Lima').public_id}&as_of="

    def see(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        read.extend(name for name in ("module_states", "score_changes", "tally_days") if name in statement)

    with grown.app.app_context():
        for engine in engines():
            event.listen(engine, "before_cursor_execute", see)
    browser.page(f"{report}2026-03-06")
    counting = sorted(set(read))
    keep(grown)
    read.clear()
    browser.page(f"{report}2026-03-06")
    kept = sorted(set(read))
    read.clear()
    browser.page(f"{report}2026-03-06T00:00:01Z")  # a second in which nobody did anything
    quiet = sorted(set(read))
    read.clear()
    browser.page(f"{report}2026-03-05T12:00Z")
    assert (counting, kept, quiet, sorted(set(read))) == (
        ["module_states", "score_changes"], ["tally_days"], ["tally_days"],
        ["module_states", "score_changes", "tally_days"],
    )  # fmt: skip


def test_a_moment_within_a_day_is_the_same_made_of_days_or_counted(grown: Site) -> None:
    """Of a day that is kept, of today, and of the days since the last that is: what was, and what happened since."""
    keep(grown)
    before, tick = grown.now, timedelta(microseconds=1)
    are_the_same(grown, [MIDNIGHT - tick, MIDNIGHT + tick, MIDNIGHT + timedelta(hours=12)])
    for number, (where, role) in enumerate((("Lima", "author"), ("Peru", "learner"), ("Sfax", "administrator"))):
        grown.later(hours=20)
        learn(grown, "nour", number)
        move(grown, "nour", where)
        with grown.session(write=True) as session:
            people.set_role(session, session.get_one(Person, grown.ids["alice"]), role, by_id=None, now=grown.now)
    add_learner(grown, "Omar Sy", ("Peru", "Lima"))
    learn(grown, "omar", 1)
    grown.later(hours=1)
    moments = [before + timedelta(hours=hours) for hours in (20, 39, 61)]
    are_the_same(grown, moments)
    assert keep(grown) == [True] * len(PLACES)
    are_the_same(grown, moments)
    grown.later(days=kept.BEHIND + 2)
    are_the_same(grown, [moments[1], grown.now])


def are_the_same(site: Site, moments: list[datetime]) -> None:
    """Whoever enrolled since 1970 is everybody, and where a report asks for dates people are counted."""
    with site.session() as session:
        course = restore(session, live_digest(session))
        for at in moments:
            for who, module in (("learners", ""), ("everyone", "housing")):
                asked = Filters(as_of=at, who=who, module=module)
                made, counted = (
                    completion.completion(session, course=course, scope=None, filters=filters, now=at).lines
                    for filters in (asked, replace(asked, since=date(1970, 1, 1)))
                )
                assert made == counted, (at, who)


def test_who_is_missing_of_a_day_is_found_and_everybody_is_kept_anew(grown: Site) -> None:
    end, grown.now = grown.now, MIDNIGHT + timedelta(hours=25)
    learn(grown, "nour", 2)
    grown.now = end
    keep(grown)
    with grown.session(write=True) as session:
        session.execute(update(TallyPeople).values(people=[]))
    with grown.session(write=True) as session:
        found = [one for _people, batch in Check(session, grown.now).run() for one in batch]
        assert str(found[0]) == (
            "tally_days 0//False/certified/0/2026-03-06T01:30:33.721000+00:00: number is 1, by the facts 2"
        )
        assert {(one.table, one.key[-1]) for one in found} == {("tally_days", "2026-03-06T01:30:33.721000+00:00")}
        mend_tallies(session, found)
        assert session.scalars(select(TallyPeople.day)).all() == []
    assert keep(grown) == [True] * 3
    with grown.session() as session:
        assert [str(one) for _people, found in Check(session, grown.now).run() for one in found] == []


def test_days_are_added_as_they_end(grown: Site) -> None:
    """The same rows as at one stroke; the day that has just begun is left until nothing is written to it any more."""
    end = grown.now
    for when in (MIDNIGHT, MIDNIGHT + timedelta(minutes=59), MIDNIGHT + timedelta(hours=1), MIDNIGHT + timedelta(hours=30)):
        grown.now = when
        keep(grown)
        with grown.session() as session:
            through = session.scalars(select(TallyHistory.through).distinct()).one()
            assert keeping.date_of(through) == (when - keeping.SETTLED).date()
    grown.now = end
    keep(grown)
    one_by_one = days(grown)
    with grown.session(write=True) as session:
        keeping.forget(session.connection())
    assert days(grown) == []
    keep(grown)
    assert days(grown) == one_by_one


def test_of_two_who_keep_the_same_days_one_does(grown: Site) -> None:
    with grown.session() as session:
        due = keeping.due(session, grown.now, large=1)
    assert keep(grown) == [True] * len(due)
    before = days(grown)
    with grown.session() as session:
        assert [keeping.keep(session, place, after, grown.now) for place, after in due] == [False] * len(due)
        place = due[0][0]
        later, stale = grown.now + timedelta(days=3), keeping.last_day(grown.now) - 1
        session.rollback()
        assert keeping.keep(session, place, stale, later) is False
    assert days(grown) == before


def test_a_long_past_is_written_some_days_at_a_time(grown: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(grown)
    whole = days(grown)
    monkeypatch.setattr(keeping, "ROWS", 1)
    throughs: list[int] = []
    with grown.session(write=True) as session:
        keeping.forget(session.connection())

    def see(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("INSERT INTO tally_histories", "UPDATE tally_histories")):
            throughs.append(1)

    with grown.app.app_context():
        for engine in engines():
            event.listen(engine, "before_cursor_execute", see)
    assert keep(grown) == [True] * len(PLACES)
    assert len(throughs) > len(PLACES)
    assert days(grown) == whole


def test_a_wrong_day_is_found_and_no_longer_kept(grown: Site) -> None:
    keep(grown)
    with grown.session() as session:
        assert [str(one) for _people, found in Check(session, grown.now).run() for one in found] == []
    with grown.session(write=True) as session:
        first = session.scalars(select(func.min(TallyDay.day))).one()
        session.execute(
            update(TallyDay)
            .where(TallyDay.place_id == 0, TallyDay.measure == "enrolled", TallyDay.day == first)
            .values(number=5)
        )
        wrong = of(session, "Lima").id
        new = {"module": "old", "is_staff": True, "measure": "passed", "value": 1, "day": first, "number": 2}
        session.execute(insert(TallyDay).values(place_id=wrong, **new))
    with grown.session() as session:
        found = {str(one) for _people, found in Check(session, grown.now).run() for one in found}
    days = ("06", "07", "08", "06T01:30:33.721000+00:00", "08T01:12:23.902000+00:00")  # and, of two, a moment within
    lines = {f"tally_days 0//False/enrolled/2931/2026-03-{day}: number is 5, by the facts 2" for day in days}
    lines |= {f"tally_days {wrong}/old/True/passed/1/2026-03-{day}: number is 2, by the facts 0" for day in days}
    assert found == lines
    with grown.session(write=True) as session:
        mend_tallies(session, [one for _number, found in recount(session, grown.now) for one in found])
        assert sorted(session.scalars(select(TallyHistory.place_id))) == sorted(
            place for place in session.scalars(select(TallyDay.place_id).distinct())
        )
        assert {0, wrong} & set(session.scalars(select(TallyHistory.place_id))) == set()
    assert keep(grown) == [True, True]
    with grown.session() as session:
        assert [str(one) for _people, found in Check(session, grown.now).run() for one in found] == []


def test_learners_who_were_seeded_into_the_past_are_in_its_reports(site: Site) -> None:
    """What was kept before they came is made again."""
    with site.session(write=True) as session:
        session.execute(insert(TallyHistory).values(place_id=0, through=keeping.last_day(site.now)))
    with site.app.app_context():
        fill(learners=2, seed=1, echo=lambda _line: None)
    with site.session() as session:
        assert session.scalars(select(TallyHistory.place_id)).all() == []
