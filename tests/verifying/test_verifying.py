"""The second opinion: nothing differs after honest work, and every kind of damage is found and, where facts suffice, mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import Engine, Table, create_engine, delete, insert, select, text, update
from sqlalchemy.orm import Session

from course.accounts.tables import Organisation, OrganisationClosure, OrganisationVersion
from course.extensions import Base
from course.learning.tables import (
    Attempt,
    Certificate,
    Enrolment,
    Fact,
    Given,
    LessonState,
    ModuleState,
    Outcome,
    ScoreChange,
)
from course.publishing.tables import Publication, Revision
from course.reports.tables import Tally, TallyChange, TallyPlace
from course.verifying.checking import Check, everybody
from course.verifying.fold import counting
from course.verifying.mending import mend, mend_tallies, mend_tree, recount
from course.verifying.rows import KEPT
from course.verifying.shelf import Shelf
from tests.learners import add_learner, learn
from tests.reports.exact import check_tallies
from tests.site import START, Site


def differences(site: Site) -> list[str]:
    with site.session() as session:
        return [str(one) for _people, found in Check(session, site.now).run() for one in found]


def rebuild(site: Site) -> list[tuple[bool, str]]:
    with site.session(write=True) as session:
        found = mend_tree(session)
        found += mend(session, everybody(session), Shelf(session))
        wrong = [one for _people, batch in recount(session, site.now) for one in batch]
        mend_tallies(session, wrong)
        check_tallies(session)
        return [(one.can_be_mended, str(one)) for one in [*found, *wrong]]


def rows(site: Site) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the summaries and facts, to see that nothing else was touched."""
    tables: list[Table] = [Base.metadata.tables[name] for name in ("facts", *(kept.name for kept in KEPT))]
    with site.session() as session:
        return {
            table.name: sorted((tuple(map(str, row)) for row in session.execute(select(table))), key=str) for table in tables
        }


@pytest.fixture
def learned(site: Site) -> Site:
    """Alice is through, Bob failed one quiz and took a lesson back, Nour is in two departments, Omar is enrolled only."""
    add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax", "Youth"), ("Tunisia", "Sfax", "Culture"))
    add_learner(site, "Omar Sy", ("Tunisia", "Sfax"))
    learn(site, "alice", 2)
    site.later(days=1)
    learn(site, "bob", 1, right=False)
    learn(site, "nour", 1)
    learn(site, "omar", 0)
    learn(site, "erin", 1)
    return site


def test_honest_work_differs_in_nothing(learned: Site) -> None:
    assert differences(learned) == []
    assert rebuild(learned) == []


def test_what_was_looked_at_is_counted(learned: Site) -> None:
    with learned.session() as session:
        check = Check(session, learned.now)
        assert sum(people for people, _found in check.run()) == len(check.people) == 7
        assert check.facts == len(session.execute(select(Fact.id)).all())
        assert check.rows == sum(len(session.execute(select(kept.table)).all()) for kept in KEPT)
        sample = Check(session, learned.now, sample=3, seed=1)
        assert [people for people, _found in sample.run()] == [3]
        assert Check(session, learned.now, sample=99).people == check.people


def attempt_of(site: Site, session: Session, who: str) -> int:
    return session.execute(select(Attempt.id).where(Attempt.person_id == site.ids[who])).scalars().first() or 0


def _state(who: str, **values: object) -> Callable[[Site, Session], object]:
    return lambda site, session: session.execute(
        update(ModuleState).where(ModuleState.person_id == site.ids[who], ModuleState.module == "housing").values(**values)
    )


def _everywhere(site: Site, who: str, statement: Any) -> Any:
    return statement.where(TallyPlace.person_id == site.ids[who], TallyPlace.place_id == 0)


DAMAGE: dict[str, tuple[Callable[[Site, Session], object], list[str]]] = {
    "a score": (
        _state("alice", score="1/2", score_ppm=500_000),
        [
            "module_states {alice}/housing: score is 1/2, by the facts 1",
            "module_states {alice}/housing: score_ppm is 500000, by the facts 1000000",
            "report all/all: mean is 5/8, by the facts 3/4",
            "report all/all: median is 3/4, by the facts 1",
            "report Tunisia/all: mean is 5/6, by the facts 1",
            "report Tunisia › Sfax/all: mean is 5/6, by the facts 1",
            "report Tunisia › Sfax › Youth/all: mean is 5/6, by the facts 1",
            "report all/housing: mean is 1/2, by the facts 2/3",
            "report all/housing: median is 1/2, by the facts 1",
        ],
    ),
    "a pass given": (
        _state("bob", passed_at=START),
        [
            "enrolments {bob}: modules_passed is 1, by the facts 0",
            "module_states {bob}/housing: passed_at is 2026-03-02T09:00:00+00:00, by the facts empty",
            "progress {bob}/housing: percent is 100, by the facts 75",
            "progress {bob}: percent is 57, by the facts 42",
            "report all/housing: passed is 3, by the facts 2",
        ],
    ),
    "a completion taken": (
        _state("nour", completed_at=None),
        [
            "module_states {nour}/housing: completed_at is empty, by the facts 2026-03-03T09:00:00+00:00",
            "report all/housing: completed is 1, by the facts 2",
        ],
    ),
    "a start re-dated": (
        _state("nour", started_at=START - timedelta(days=9)),
        [
            "module_states {nour}/housing: started_at is 2026-02-21T09:00:00+00:00, by the facts 2026-03-03T09:00:00+00:00",
            "report all/housing: median_days is 5, by the facts 0",
        ],
    ),
    "an enrolment re-dated and miscounted": (
        lambda site, session: session.execute(
            update(Enrolment)
            .where(Enrolment.person_id == site.ids["omar"])
            .values(enrolled_at=START, modules_completed=2, completed_at=START)
        ),
        [
            "enrolments {omar}: enrolled_at is 2026-03-02T09:00:00+00:00, by the facts 2026-03-03T09:00:00+00:00",
            "enrolments {omar}: modules_completed is 2, by the facts 0",
            "enrolments {omar}: completed_at is 2026-03-02T09:00:00+00:00, by the facts empty",
            "progress {omar}: percent is 100, by the facts 0",
            "report all/all: completed is 2, by the facts 1",
            "report Tunisia/all: completed is 2, by the facts 1",
            "report Tunisia › Sfax/all: completed is 2, by the facts 1",
        ],
    ),
    "an enrolment lost": (
        lambda site, session: session.execute(delete(Enrolment).where(Enrolment.person_id == site.ids["omar"])),
        [
            "enrolments {omar}: no row, by the facts one",
            "report all/all: enrolled is 3, by the facts 4",
            "report Tunisia/all: enrolled is 2, by the facts 3",
            "report Tunisia › Sfax/all: enrolled is 2, by the facts 3",
            "report all/housing: enrolled is 3, by the facts 4",
            "report all/mobility: enrolled is 3, by the facts 4",
        ],
    ),
    "a state from nowhere": (
        lambda site, session: session.execute(
            insert(ModuleState).values(person_id=site.ids["omar"], module="housing", started_at=START, last_at=START)
        ),
        [
            "enrolments {omar}: is_started is True, by the facts False",
            "module_states {omar}/housing: a row, by the facts none",
            "report all/all: started is 4, by the facts 3",
            "report Tunisia/all: started is 3, by the facts 2",
            "report Tunisia › Sfax/all: started is 3, by the facts 2",
            "report all/housing: started is 4, by the facts 3",
        ],
    ),
    "a lesson done by nobody": (
        lambda site, session: session.execute(
            update(LessonState)
            .where(LessonState.person_id == site.ids["bob"], LessonState.lesson == "rules")
            .values(done_at=None, changes=2)
        ),
        [
            "lesson_states {bob}/housing/rules: done_at is empty, by the facts 2026-03-03T09:00:00+00:00",
            "lesson_states {bob}/housing/rules: changes is 2, by the facts 1",
            "progress {bob}/housing: percent is 50, by the facts 75",
            "progress {bob}: percent is 28, by the facts 42",
        ],
    ),
    "a past score changed, and one that never was": (
        lambda site, session: (
            session.execute(
                update(ScoreChange).where(ScoreChange.person_id == site.ids["bob"]).values(score="1", score_ppm=1_000_000)
            ),
            session.execute(
                insert(ScoreChange).values(
                    person_id=site.ids["omar"], module="housing", number=1, score="1", score_ppm=1_000_000, since_at=START
                )
            ),
        ),
        [
            "score_changes {bob}/housing/1: score is 1, by the facts 0",
            "score_changes {bob}/housing/1: score_ppm is 1000000, by the facts 0",
            "score_changes {omar}/housing/1: a row, by the facts none",
        ],
    ),
    "an attempt regraded by hand": (
        lambda site, session: session.execute(
            update(Attempt).where(Attempt.person_id == site.ids["bob"]).values(raw="8", is_passed=True)
        ),
        ["attempts {attempt}: raw is 8, by the facts 0", "attempts {attempt}: is_passed is True, by the facts False"],
    ),
    "an outcome improved": (
        lambda site, session: session.execute(
            update(Outcome)
            .where(Outcome.attempt_id == attempt_of(site, session, "bob"), Outcome.item == "word")
            .values(status="correct", raw="1")
        ),
        [
            "outcomes {attempt}/word: status is correct, by the facts not_answered",
            "outcomes {attempt}/word: raw is 1, by the facts 0",
        ],
    ),
    "an outcome lost": (
        lambda site, session: session.execute(
            delete(Outcome).where(Outcome.attempt_id == attempt_of(site, session, "bob"), Outcome.item == "word")
        ),
        ["outcomes {attempt}/word: no row, by the facts one"],
    ),
    "tallies that nobody adds up to": (
        lambda site, session: (
            session.execute(
                insert(TallyChange).values(
                    place_id=0, module="housing", is_staff=False, measure="started", value=2931, number=5
                )
            ),
            session.execute(
                insert(Tally).values(place_id=0, module="old", is_staff=True, measure="passed", value=1, number=2)
            ),
        ),
        [
            "report all/housing: started is 8, by the facts 3",
            "tallies 0/housing/False/started/2931: number is 8, by the facts 3",
            "tallies 0/old/True/passed/1: number is 2, by the facts 0",
        ],
    ),
    "a place where somebody no longer counts": (
        lambda site, session: (
            session.execute(insert(TallyPlace).values(person_id=site.ids["dana"], place_id=0, is_staff=True)),
            session.execute(_everywhere(site, "erin", update(TallyPlace).values(is_staff=False))),
            session.execute(_everywhere(site, "nour", delete(TallyPlace))),
            session.execute(_everywhere(site, "alice", update(TallyPlace).values(name_key="somebody"))),
        ),
        [
            "tally_places {alice}/0: name_key is somebody, by the facts alice ben salah",
            "tally_places {dana}/0: a row, by the facts none",
            "tally_places {erin}/0: is_staff is False, by the facts True",
            "tally_places {nour}/0: no row, by the facts one",
        ],
    ),
    "a response from nowhere": (
        lambda site, session: session.execute(
            insert(Given).values(
                attempt_id=attempt_of(site, session, "bob"), item="word", value={"text": "eviction"}, at=START
            )
        ),
        ["responses {attempt}/word: a row, by the facts none"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_and_mended(learned: Site, damage: str) -> None:
    before = rows(learned)
    plant, said = DAMAGE[damage]
    with learned.session(write=True) as session:
        plant(learned, session)
        names = {**learned.ids, "attempt": attempt_of(learned, session, "bob")}
    expected = [line.format(**names) for line in said]
    assert differences(learned) == expected
    of_rows = [line for line in expected if not line.startswith(("report ", "progress "))]
    assert rebuild(learned) == [(True, line) for line in of_rows]
    assert differences(learned) == []
    after = rows(learned)
    assert after == before


def test_an_attempt_that_no_fact_knows_is_taken_away_with_all_that_hangs_on_it(learned: Site) -> None:
    before = rows(learned)
    with learned.session(write=True) as session:
        digest = session.execute(select(Attempt.revision)).scalars().first()
        attempt = Attempt(
            public_id="made-up", person_id=learned.ids["omar"], module="housing", number=1, revision=digest, seed="1",
            pass_mark=70, started_at=START,
        )  # fmt: skip
        session.add(attempt)
        session.flush()
        session.add(Outcome(attempt_id=attempt.id, item="word", status="correct", raw="1", max="1"))
        session.flush()
        number = attempt.id
    said = [f"attempts {number}: a row, by the facts none", f"outcomes {number}/word: a row, by the facts none"]
    assert differences(learned) == said
    assert rebuild(learned) == [(True, line) for line in said]
    assert rows(learned) == before


def test_a_changed_certificate_is_found_and_left(learned: Site) -> None:
    with learned.session(write=True) as session:
        certificate = session.scalars(select(Certificate)).one()
        certificate.modules = [module | {"percent": 12} for module in certificate.modules]
        certificate.issued_at = START - timedelta(days=1)
    before, found = rows(learned), differences(learned)
    alice = learned.ids["alice"]
    assert [line.split(" is ")[0] for line in found] == [
        f"certificates {alice}: issued_at", f"certificates {alice}: modules",
    ]  # fmt: skip
    assert rebuild(learned) == [(False, line) for line in found]
    assert rows(learned) == before


def test_a_completion_that_was_not_earned_is_found_in_the_facts(learned: Site) -> None:
    bob = learned.ids["bob"]
    with learned.session(write=True) as session:
        digest = session.execute(select(Fact.revision)).scalars().first()
        for kind, module in (("completed_module", "housing"), ("invented", None)):
            session.execute(
                insert(Fact).values(
                    key=f"{kind}:{bob}:housing", person_id=bob, kind=kind, module=module, revision=digest, at=learned.now,
                    detail={},
                )
            )  # fmt: skip
    found = [line for line in differences(learned) if line.startswith("facts ")]
    assert found == [
        f"facts completed_module:{bob}:housing: completed, by the facts the rule of the module was not met",
        f"facts invented:{bob}:housing: invented, by the facts no kind of fact that is known here",
    ]


def test_a_completion_that_was_earned_and_not_given_is_found(learned: Site) -> None:
    nour = learned.ids["nour"]
    with learned.session(write=True) as session:
        session.execute(delete(Fact).where(Fact.key == f"completed_module:{nour}:housing"))
        session.execute(delete(Fact).where(Fact.key == f"certified:{learned.ids['alice']}"))
    found = [line for line in differences(learned) if line.startswith("facts ")]
    assert found == [
        f"facts certified:{learned.ids['alice']}: no such fact, by the facts the rule was met at 2026-03-02T09:00:00+00:00",
        f"facts completed_module:{nour}:housing: no such fact, by the facts the rule was met at 2026-03-03T09:00:00+00:00",
    ]


def test_where_facts_are_missing_they_are_named_and_nothing_is_mended_by_the_rest(learned: Site) -> None:
    ids = learned.ids
    with learned.session(write=True) as session:
        bobs, nours = (attempt_of(learned, session, who) for who in ("bob", "nour"))
        session.execute(delete(Fact).where(Fact.attempt_id == bobs, Fact.kind == "started_attempt"))
        session.execute(update(Fact).where(Fact.attempt_id == nours, Fact.kind == "closed_attempt").values(detail={}))
        session.execute(update(Fact).where(Fact.key == f"started:{ids['erin']}:housing").values(module=None))
        session.execute(delete(Fact).where(Fact.key == f"enrolled:{ids['alice']}"))
    before, found = rows(learned), differences(learned)
    impossible = "by the facts not possible: what it goes back on is missing or was changed"
    assert sorted(line for line in found if line.startswith("facts ") and "rule of the module" not in line) == sorted([
        f"facts closed:{bobs}: closed_attempt, {impossible} ({bobs})",
        f"facts closed:{nours}: closed_attempt, {impossible} ('passed')",
        f"facts started:{ids['erin']}:housing: started, {impossible} (no module or no lesson is named)",
        f"facts enrolled:{ids['alice']}: no such fact, by the facts there are others from 2026-03-02T09:00:00+00:00",
    ])  # fmt: skip
    with learned.session() as session:
        whose = {one.person_id for _people, found in Check(session, learned.now).run() for one in found if one.table == "facts"}
    assert whose == {ids[who] for who in ("alice", "bob", "erin", "nour")}
    assert {is_mended for is_mended, _line in rebuild(learned)} == {False}
    assert rows(learned) == before


def test_a_lost_attempt_holds_up_nobody(learned: Site) -> None:
    """Its seed is in no fact: it is named as left, and what else is wrong is mended."""
    with learned.session(write=True) as session:
        lost, omar = attempt_of(learned, session, "bob"), learned.ids["omar"]
        session.execute(update(Enrolment).where(Enrolment.person_id == omar).values(modules_completed=9))
    with unguarded(learned) as execute:
        for statement in ("responses WHERE attempt_id", "outcomes WHERE attempt_id", "attempts WHERE id"):
            execute(f"DELETE FROM {statement} = {lost}")
    assert rebuild(learned) == [
        (True, f"enrolments {omar}: modules_completed is 9, by the facts 0"),
        (False, f"attempts {lost}: no row, by the facts one"),
    ]
    assert differences(learned) == [f"attempts {lost}: no row, by the facts one"]


@contextmanager
def unguarded(site: Site) -> Iterator[Callable[[str], object]]:
    """A connection on which nothing is said to refer to anything, as after a disk that forgot."""
    with site.session() as session:
        bind = session.get_bind()
        assert isinstance(bind, Engine)
        url = bind.url
    engine = create_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield lambda statement: connection.execute(text(statement))
    engine.dispose()


def test_who_stands_below_whom_is_proved_too(learned: Site) -> None:
    closure, version = OrganisationClosure, OrganisationVersion
    with learned.session(write=True) as session:
        ids = {one.name: one.id for one in session.scalars(select(Organisation))}
        tunisia, sfax, youth, lima = (ids[name] for name in ("Tunisia", "Sfax", "Youth", "Lima"))
        session.execute(delete(closure).where(closure.ancestor_id == tunisia, closure.descendant_id == youth))
        session.execute(update(closure).where(closure.ancestor_id == sfax, closure.descendant_id == youth).values(depth=7))
        session.execute(insert(closure).values(ancestor_id=ids["Peru"], descendant_id=sfax, depth=1))
        session.execute(update(version).where(version.organisation_id == lima).values(name="Lyon"))
        session.execute(update(version).where(version.organisation_id == youth).values(until_at=learned.now))
    below = [
        f"organisation_closure {tunisia}/{youth}: no row, by the facts one",
        f"organisation_closure {sfax}/{youth}: depth is 7, by the facts 1",
        f"organisation_closure {ids['Peru']}/{sfax}: a row, by the facts none",
    ]
    past = [
        f"organisation_versions {youth}: until_at is {learned.now.isoformat()}, by the facts empty",
        f"organisation_versions {lima}: name is Lyon, by the facts Lima",
    ]
    assert [line for line in differences(learned) if line.startswith("organisation_")] == [*sorted(below), *past]
    assert rebuild(learned) == [*((True, line) for line in sorted(below)), *((False, line) for line in past)]
    assert differences(learned) == past


def test_a_tree_that_goes_round_is_named(learned: Site) -> None:
    with learned.session(write=True) as session:
        ids = {one.name: one.id for one in session.scalars(select(Organisation))}
        session.execute(update(Organisation).where(Organisation.name == "Tunisia").values(parent_id=ids["Sfax"]))
    found = differences(learned)
    assert [line for line in found if line.startswith("organisations ")] == [
        f"organisations {ids['Tunisia']}: parent_id is {ids['Sfax']}, by the facts not below itself",
        f"organisations {ids['Sfax']}: parent_id is {ids['Tunisia']}, by the facts not below itself",
    ]


def test_what_is_live_must_be_there(learned: Site) -> None:
    with learned.session(write=True) as session:
        session.execute(update(Revision).values(course=b"0"))
        digest = session.scalars(select(Publication.digest)).one()
    found = differences(learned)
    assert found[0] == f"publications {digest[:12]}: revision {digest[:12]}, by the facts as it was published"
    with learned.session(write=True) as session:
        session.execute(delete(Publication))
    assert differences(learned)[0] == "publications : no row, by the facts one at least"


def test_what_is_no_score_is_named(learned: Site) -> None:
    bob = learned.ids["bob"]
    with learned.session(write=True) as session:
        session.execute(update(ModuleState).where(ModuleState.person_id == bob).values(score="none"))
    said = [f"module_states {bob}/housing: score is none, by the facts 0"]
    assert differences(learned) == said
    assert rebuild(learned) == [(True, line) for line in said]


def test_a_certificate_without_modules_is_found(learned: Site) -> None:
    with learned.session(write=True) as session:
        session.scalars(select(Certificate)).one().modules = None  # type: ignore[assignment]  # what the program itself never writes
    [line] = differences(learned)
    assert line.startswith(f"certificates {learned.ids['alice']}: modules is [], by the facts [{{")


@pytest.mark.parametrize(
    ("rule", "score"),
    [("best", Fraction(1)), ("first", Fraction(1, 2)), ("last", Fraction(0)), ("average", Fraction(1, 2))],
)
def test_the_score_that_counts(rule: str, score: Fraction) -> None:
    assert counting([Fraction(1, 2), Fraction(1), Fraction(0)], rule) == score
