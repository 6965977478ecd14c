"""A wrong key put right: what the dry run says is what happens, once, to everybody, and it can be taken back."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sqlalchemy import func, select

from course.extensions import current_session, intend
from course.learning import attempts, certificates, regrade_rules, regrading
from course.learning.tables import Attempt, Fact, ModuleState, Outcome
from quizzes.model import Response, Score
from tests.learning.regrades import (
    asked,
    attempt,
    finish_lessons,
    live_of,
    made,
    planned,
    run,
    score,
    undone,
)
from tests.rig.together import at_once
from tests.site import Site

SCHOOL = {"who-travels": Response(choices=("school",))}
BLANK = {"who-travels": Response()}
NINE = {"seats": Response(text="9")}
THIRD = Fraction(1, 3)
QUIZ = "mobility/quiz.yaml"


def rewrite(site: Site, old: str, new: str) -> None:
    path = site.folder / QUIZ
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert site.publish().is_new


def swap_key(site: Site) -> None:
    """Publishes the quiz with the other choice as key."""
    path = site.folder / QUIZ
    text = path.read_text()
    if "hospital, correct: true" in text:
        text = text.replace("hospital, correct: true, feedback", "hospital, feedback")
        text = text.replace("text: The schools, feedback", "text: The schools, correct: true, feedback")
    else:
        text = text.replace("hospital, feedback", "hospital, correct: true, feedback")
        text = text.replace("text: The schools, correct: true, feedback", "text: The schools, feedback")
    path.write_text(text)
    assert site.publish().is_new


def facts_of(site: Site, kind: str) -> list[tuple[int, dict[str, object]]]:
    with site.session() as session:
        rows = session.execute(select(Fact.person_id, Fact.detail).where(Fact.kind == kind).order_by(Fact.id))
        return [(row.person_id, row.detail) for row in rows]


@pytest.mark.parametrize(
    ("rule", "response", "after"),
    [
        ("accept", "school", {"alice": Score(Fraction(3), Fraction(3)), "bob": None}),
        ("drop", "", {"alice": Score(Fraction(2), Fraction(2)), "bob": Score(Fraction(2), Fraction(2))}),
        ("full_marks", "", {"alice": Score(Fraction(3), Fraction(3)), "bob": Score(Fraction(3), Fraction(3))}),
    ],
)
def test_each_rule_does_what_its_dry_run_says(site: Site, rule: str, response: str, after: dict[str, Score | None]) -> None:
    names = {"alice": attempt(site, "alice", SCHOOL), "bob": attempt(site, "bob", BLANK), "carla": attempt(site, "carla")}
    told = {one.person_id: one for one in planned(site, "who-travels", rule, response)}
    assert sorted(told) == sorted(site.ids[who] for who in names)
    for who, expected in after.items():
        turns = told[site.ids[who]].turns
        assert [turn.after for turn in turns] == ([expected] if expected else [])
    made(site, "who-travels", rule, response)
    with site.session() as session:
        for who, name in names.items():
            found = attempts.find(session, name, site.ids[who])
            assert found is not None
            turns = told[site.ids[who]].turns
            expected = turns[0].after if turns else Score(Fraction(2 if who == "bob" else 3), Fraction(3))
            assert attempts.score_of(found) == expected
            live, course = live_of(session)
            quiz = live.module_of(session, course.digest, "mobility").quizzes["en"]
            assert attempts.outcome_of(session, found, quiz).score == expected
    for who in names:
        assert score(site, who) == told[site.ids[who]].after
    assert planned(site, "who-travels", rule, response) == [
        one for one in planned(site, "who-travels", rule, response) if not one.turns
    ]


def test_a_new_key_holds_for_attempts_of_the_revision_before(site: Site) -> None:
    attempt(site, "alice", SCHOOL)
    attempt(site, "bob")
    swap_key(site)
    made(site, "who-travels", "new_key")
    assert (score(site, "alice"), score(site, "bob")) == (Fraction(1), Fraction(2, 3))
    attempt(site, "carla", SCHOOL)
    assert score(site, "carla") == 1


def test_an_open_attempt_is_graded_under_the_regrade_when_it_closes_and_a_later_one_is_not(site: Site) -> None:
    name = attempt(site, "alice", SCHOOL, close=False)
    made(site, "who-travels", "full_marks")
    with site.session(write=True) as session:
        live, course = live_of(session)
        begun = attempts.find(session, name, site.ids["alice"])
        assert begun is not None
        quiz = live.module_of(session, begun.revision, "mobility").quizzes["en"]
        attempts.close(session, begun, quiz=quiz, course=course, now=site.later(minutes=1))
    assert score(site, "alice") == 1
    attempt(site, "bob", SCHOOL)
    assert score(site, "bob") == Fraction(2, 3)


def test_what_was_graded_first_stays(site: Site) -> None:
    attempt(site, "alice", SCHOOL)

    def outcomes() -> list[tuple[str, str, str, str]]:
        with site.session() as session:
            rows = session.execute(select(Outcome.item, Outcome.status, Outcome.raw, Outcome.max).order_by(Outcome.item))
            return [(row.item, row.status, row.raw, row.max) for row in rows]

    before = outcomes()
    made(site, "who-travels", "drop")
    assert outcomes() == before
    assert before == [
        ("paint-first", "correct", "1", "1"),
        ("seats", "correct", "1", "1"),
        ("who-travels", "incorrect", "0", "1"),
    ]


def test_a_pass_that_is_won_completes_module_and_course_and_brings_the_certificate(site: Site) -> None:
    finish_lessons(site, "alice", "housing")
    finish_lessons(site, "alice", "mobility")
    attempt(site, "alice", module="housing")
    attempt(site, "alice", SCHOOL | NINE)
    told = planned(site, "who-travels", "accept", "school")
    assert [(one.gains_pass, one.keeps_pass, one.touches_certificate) for one in told] == [(True, False, False)]
    with site.session() as session:
        assert certificates.of_person(session, site.ids["alice"]) is None
    made(site, "who-travels", "accept", "school")
    with site.session() as session:
        shown = certificates.of_person(session, site.ids["alice"])
        assert shown is not None
        assert [(one["module"], one["percent"]) for one in shown.certificate.modules] == [("housing", 100), ("mobility", 66)]
        assert shown.notes == ()


def test_a_pass_and_a_certificate_stay_when_the_score_falls(site: Site) -> None:
    finish_lessons(site, "alice", "housing")
    finish_lessons(site, "alice", "mobility")
    attempt(site, "alice", module="housing")
    attempt(site, "alice", NINE)
    with site.session() as session:
        before = session.get_one(ModuleState, (site.ids["alice"], "mobility")).passed_at
        certified = certificates.of_person(session, site.ids["alice"])
        assert certified is not None
        snapshot = [*certified.certificate.modules]
    swap_key(site)
    told = planned(site, "who-travels", "new_key")
    assert [(one.gains_pass, one.keeps_pass, one.touches_certificate) for one in told] == [(False, True, True)]
    made(site, "who-travels", "new_key")
    with site.session() as session:
        state = session.get_one(ModuleState, (site.ids["alice"], "mobility"))
        assert (state.passed_at, state.score) == (before, "1/3")
        assert session.scalars(select(Attempt.is_passed).where(Attempt.module == "mobility")).all() == [True]
        shown = certificates.of_person(session, site.ids["alice"])
        assert shown is not None
        assert (shown.state, shown.certificate.modules, shown.public_notes) == ("valid", snapshot, ())
        assert [(note.kind, note.by_id, note.text) for note in shown.notes] == [
            (
                "noted",
                site.ids["dana"],
                "The score was regraded in the quiz of Mobility: 66 % before, 33 % now. The key was wrong. "
                "This certificate stays as it was issued.",
            )
        ]


def test_it_is_undone_once_and_everything_is_on_record(site: Site) -> None:
    attempt(site, "alice", SCHOOL | NINE)
    name = made(site, "who-travels", "accept", "school")
    row = undone(site, name)
    assert (row.undone_by_id, row.undone_why, row.seen, row.changed) == (site.ids["erin"], "It was right after all.", 1, 1)
    assert score(site, "alice") == THIRD
    with site.session(write=True) as session:
        with pytest.raises(regrading.AlreadyUndone):
            regrading.undo(session, name, by_id=None, why="Again.", now=site.now)
        assert session.get_one(ModuleState, (site.ids["alice"], "mobility")).passed_at is not None
    common = {"regrade": name, "item": "who-travels", "rule": "accept"}
    assert facts_of(site, "regraded") == [
        (
            site.ids["alice"],
            common
            | {"why": "The key was wrong.", "by": site.ids["dana"], "before": ["1", "3"], "after": ["2", "3"]}
            | {"passed_before": False, "passed": True, "reaches": True},
        )
    ]
    assert facts_of(site, "regrade_undone") == [
        (
            site.ids["alice"],
            common
            | {"why": "It was right after all.", "by": site.ids["erin"], "before": ["2", "3"], "after": ["1", "3"]}
            | {"passed_before": True, "passed": True, "reaches": False},
        )
    ]


def test_regrades_of_one_item_add_up_and_come_apart_in_any_order(site: Site) -> None:
    attempt(site, "alice", SCHOOL | NINE)
    first = made(site, "who-travels", "full_marks")
    second = made(site, "seats", "drop")
    assert score(site, "alice") == 1
    undone(site, first)
    assert score(site, "alice") == Fraction(1, 2)
    undone(site, second)
    assert score(site, "alice") == THIRD


@pytest.mark.parametrize(
    ("counts", "expected"), [("best", 1), ("last", Fraction(2, 3)), ("first", 1), ("average", Fraction(5, 6))]
)
def test_the_score_that_counts_follows_its_rule(site: Site, counts: str, expected: Fraction) -> None:
    rewrite(site, "attempts: 0", f"attempts: 0\ncounts: {counts}")
    attempt(site, "alice", SCHOOL)
    attempt(site, "alice", NINE)
    made(site, "who-travels", "accept", "school")
    assert score(site, "alice") == expected


def test_the_last_item_that_earns_is_not_dropped(site: Site) -> None:
    attempt(site, "alice", SCHOOL)
    made(site, "seats", "drop")
    made(site, "paint-first", "drop")
    told = planned(site, "who-travels", "drop")
    assert [(one.turns, one.refused) for one in told] == [((), ("without `who-travels` the quiz has nothing left to earn",))]


@pytest.mark.parametrize(
    ("item", "rule", "response", "field", "message"),
    [
        ("none", "drop", "", "item", "The quiz has no graded item `none`; there are who-travels, paint-first, seats."),
        ("seats", "double", "", "rule", "There is no rule `double`; there are accept, drop, full_marks, new_key."),
        ("seats", "accept", "", "response", "Write the response."),
        ("who-travels", "accept", "trains", "response", "There is no `trains` in this item; there are nurses, school."),
    ],
)
def test_what_cannot_be_done_says_why(site: Site, item: str, rule: str, response: str, field: str, message: str) -> None:
    with site.session() as session, pytest.raises(regrade_rules.Impossible) as said:
        asked(site, session, item, rule, response)
    assert (said.value.field, str(said.value)) == (field, message)


def test_an_item_that_is_gone_can_be_dropped_and_has_no_new_key(site: Site) -> None:
    attempt(site, "alice", NINE)
    path = site.folder / QUIZ
    path.write_text(path.read_text()[: path.read_text().index("- id: seats")])
    assert site.publish().is_new
    with site.session() as session, pytest.raises(regrade_rules.Impossible) as said:
        asked(site, session, "seats", "new_key")
    assert str(said.value) == "`seats` is not in the published quiz: publish it with the new key first, or use drop."
    made(site, "seats", "drop")
    assert score(site, "alice") == 1


def test_a_run_that_was_killed_goes_on_where_it_stopped(site: Site) -> None:
    for who in ("alice", "bob", "carla", "dana", "erin"):
        attempt(site, who, SCHOOL)
    with site.session(write=True) as session:
        row = asked(site, session, "who-travels", "accept", "school")
        session.add(row)
        session.flush()
        name = row.public_id
    with site.session(write=True) as session:  # two learners are settled and committed
        live, course = live_of(session)
        regrading.step(session, regrading.Revisions(session, live), course, name, site.now, 2)
    with site.app.app_context():  # the next two are lost with their transaction
        intend(to_write=True)
        session = current_session()
        live, course = live_of(session)
        regrading.step(session, regrading.Revisions(session, live), course, name, site.now, 2)
        session.rollback()
    assert len(facts_of(site, "regraded")) == 2
    row = run(site, name, size=2)
    assert (row.seen, row.changed) == (5, 5)
    assert [person for person, _ in facts_of(site, "regraded")] == sorted(site.ids.values())
    again = run(site, name)
    assert (again.seen, len(facts_of(site, "regraded"))) == (5, 5)


def test_two_who_run_the_same_regrade_settle_each_learner_once(site: Site) -> None:
    for who in ("alice", "bob", "carla", "dana", "erin"):
        attempt(site, who, SCHOOL)
    with site.session(write=True) as session:
        row = asked(site, session, "who-travels", "accept", "school")
        session.add(row)
        session.flush()
        name = row.public_id
    at_once(*[lambda: run(site, name, size=1)] * 4)
    with site.session() as session:
        assert session.scalar(select(func.count()).select_from(Fact).where(Fact.kind == "regraded")) == 5
