"""An attempt whose time is over counts by what held when it was, whatever happened until somebody looked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

import quizzes
from course.learning import attempts, lessons
from course.learning.tables import Certificate, Fact, ModuleState, ScoreChange
from course.publishing.revisions import live_digest, restore
from course.verifying.checking import Check
from quizzes.model import Response
from tests.courses import take_mobility_out
from tests.learning.regrades import asked, attempt, made, run, undone
from tests.site import PASSWORD, Site

OVER = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)


def write(site: Site, name: str, old: str, new: str) -> None:
    path = site.folder / "mobility" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def publish(site: Site, rule: str) -> str:
    """The course with another rule for mobility; returns its digest."""
    path = site.folder / "mobility" / "module.yaml"
    lines = [f"complete_when: {rule}" if line.startswith("complete_when") else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")
    return live(site)


def live(site: Site) -> str:
    done = site.publish()
    assert done.is_new
    assert done.course is not None
    return done.course.digest


def sit(site: Site, *done: str) -> None:
    """Alice marks these lessons of mobility as done, and gives every right response without closing the attempt."""
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        module = course.modules[1]
        given: dict[str, Any] = {"person_id": site.ids["alice"], "course": course, "module": module, "now": site.now}
        for lesson in module.lessons:
            if lesson.id in done:
                lessons.mark_done(session, lesson=lesson, seen=0, **given)
        begun = attempts.start(session, **given)
        attempts.save(session, begun, {one.id: quizzes.key_of(one) for one in module.quizzes["en"].items}, site.now)


def completed(site: Site) -> list[tuple[datetime, str]]:
    """When Alice completed a module, and by the rule of which revision; ``course verify`` finds nothing."""
    with site.session() as session:
        assert [str(one) for _people, found in Check(session, site.now).run() for one in found] == []
        facts = session.execute(select(Fact.at, Fact.revision).where(Fact.kind == "completed_module").order_by(Fact.id))
        found = [(fact.at, fact.revision) for fact in facts]
        assert list(session.scalars(select(ModuleState.completed_at).where(ModuleState.module == "mobility"))) == (
            [at for at, _revision in found] or [None]
        )
        return found


@pytest.fixture
def timed(site: Site) -> Site:
    write(site, "quiz.yaml", "attempts: 0\n", "attempts: 3\ntime_limit_minutes: 20\n")
    return site


def test_a_rule_that_was_made_after_the_time_was_over_completes_nothing(timed: Site) -> None:
    publish(timed, "lessons_and_quiz")
    sit(timed, "buses")
    timed.later(hours=1)
    publish(timed, "quiz")
    timed.later(hours=1)
    timed.client("erin").page("/en/reports/completion")
    assert completed(timed) == []


def test_what_met_the_rule_when_the_time_was_over_is_completed_by_it(timed: Site) -> None:
    then = publish(timed, "quiz")
    sit(timed)
    timed.later(hours=1)
    publish(timed, "lessons_and_quiz")
    timed.later(hours=1)
    timed.client("erin").page("/en/reports/completion")
    assert completed(timed) == [(OVER, then)]


def test_a_module_that_was_there_when_the_time_was_over_is_completed_in_it(timed: Site) -> None:
    then = publish(timed, "quiz")
    sit(timed)
    timed.later(hours=1)
    take_mobility_out(timed.folder)
    live(timed)
    timed.later(hours=1)
    timed.client("erin").page("/en/reports/completion")
    assert completed(timed) == [(OVER, then)]


def test_the_moments_before_somebody_looked_say_what_they_would_have_said(timed: Site) -> None:
    """A report of then is the same, whether it was asked for then or is first asked for now."""
    publish(timed, "quiz")
    sit(timed)
    moment = timed.later(hours=1) - timedelta(minutes=30)
    publish(timed, "lessons_and_quiz")
    timed.later(hours=1)
    of_then = f"/en/reports/completion.json?as_of={moment:%Y-%m-%dT%H:%MZ}&module=mobility"
    answer = timed.client("erin").get(of_then).json
    assert answer is not None
    assert [(line["passed"], line["completed"]) for line in answer["lines"]][:1] == [(1, 1)]


def test_verify_names_a_completion_by_a_rule_of_later(timed: Site) -> None:
    """As it would have been written by whoever took the rule of the moment at which they looked."""
    then = publish(timed, "lessons_and_quiz")
    sit(timed, "buses")
    timed.later(hours=1)
    later = publish(timed, "quiz")
    with timed.session(write=True) as session:
        course, [begun] = restore(session, later), attempts.standing(session, timed.ids["alice"], "mobility").attempts
        attempts.close(session, begun, quiz=course.modules[1].quizzes["en"], course=course, now=timed.now)
        assert [str(one) for _people, found in Check(session, timed.now).run() for one in found] == [
            f"facts completed_module:{timed.ids['alice']}:mobility: completed by revision {later[:12]}, by the facts "
            f"revision {then[:12]}, which was live when the time was over"
        ]


def told(site: Site, *kinds: str) -> list[tuple[datetime, str]]:
    """When what happened, in the order in which it is on record; ``course verify`` finds nothing."""
    with site.session() as session:
        assert [str(one) for _people, found in Check(session, site.now).run() for one in found] == []
        facts = session.execute(select(Fact.at, Fact.kind).where(Fact.kind.in_(kinds)).order_by(Fact.id))
        return [(fact.at, fact.kind) for fact in facts]


def scores(site: Site) -> list[tuple[str, datetime, datetime | None]]:
    """Each score of Alice that counted, from when until when."""
    with site.session() as session:
        rows = session.execute(
            select(ScoreChange.score, ScoreChange.since_at, ScoreChange.until_at).order_by(ScoreChange.number)
        )
        return [(row.score, row.since_at, row.until_at) for row in rows]


SCHOOL = {"who-travels": Response(choices=("school",))}
REGRADED = ("closed_attempt", "regraded", "regrade_undone")


def test_a_regrade_that_goes_on_later_finds_closed_what_ran_out_meanwhile(timed: Site) -> None:
    """Else an attempt would be graded anew, and then another be closed as of a time before that."""
    live(timed)
    attempt(timed, "alice", SCHOOL)
    first = timed.now
    attempt(timed, "alice", SCHOOL, close=False)
    over = timed.now + timedelta(minutes=20)
    with timed.session(write=True) as session:
        row = asked(timed, session, "who-travels", "accept", "school")
        session.add(row)
        session.flush()
        name = row.public_id
    went_on = timed.later(hours=1)
    run(timed, name)
    timed.later(hours=1)
    timed.client("erin").page("/en/reports/completion")
    assert told(timed, *REGRADED) == [(first, "closed_attempt"), (over, "closed_attempt"), (went_on, "regraded")]
    assert scores(timed) == [("2/3", first, over), ("1", over, None)]


def test_what_ran_out_before_a_regrade_was_made_is_graded_without_it_first(timed: Site) -> None:
    """Though nobody closed it when the regrade was made."""
    live(timed)
    attempt(timed, "alice", SCHOOL, close=False)
    over, moment = timed.now + timedelta(minutes=20), timed.later(hours=1)
    made(timed, "who-travels", "accept", "school")
    timed.later(hours=1)
    timed.client("erin").page("/en/reports/completion")
    assert told(timed, *REGRADED) == [(over, "closed_attempt"), (moment, "regraded")]
    assert scores(timed) == [("2/3", over, moment), ("1", moment, None)]


def test_what_ran_out_before_a_regrade_was_undone_is_graded_under_it_first(timed: Site) -> None:
    live(timed)
    attempt(timed, "alice", SCHOOL, close=False)
    over = timed.now + timedelta(minutes=20)
    name, moment = made(timed, "who-travels", "accept", "school"), timed.later(hours=1)
    undone(timed, name)
    timed.later(hours=1)
    timed.client("erin").page("/en/reports/completion")
    assert told(timed, *REGRADED) == [(over, "closed_attempt"), (moment, "regrade_undone")]
    assert scores(timed) == [("1", over, moment), ("2/3", moment, None)]


def test_whoever_leaves_after_the_time_was_over_had_the_certificate_that_it_brought(timed: Site) -> None:
    """With the name of the time when it was earned, as if they had looked at the result before they left."""
    course = timed.folder / "course.yaml"
    course.write_text(course.read_text().replace("modules: all", "modules: 1"))
    publish(timed, "quiz")
    sit(timed)
    timed.later(hours=1)
    alice = timed.client("alice")
    alice.page("/en/account/delete")
    assert alice.send("/en/account/delete", {"current_password": PASSWORD}).status_code == 303
    timed.client("erin").page("/en/reports/completion")
    assert told(timed, "closed_attempt", "certified") == [(OVER, "closed_attempt"), (OVER, "certified")]
    with timed.session() as session:
        assert session.execute(select(Certificate.name, Certificate.issued_at)).all() == [("Alice Ben Salah", OVER)]
