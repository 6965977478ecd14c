"""Synthetic learners: those who walk and their copies are what real learners would have left, and are there once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import click
import pytest
from sqlalchemy import func, select

from course.accounts.tables import Membership, Organisation, OrganisationVersion, Person
from course.demo import filling
from course.demo.names import name
from course.demo.places import countries
from course.learning.tables import Attempt, Certificate, Enrolment, Fact, ModuleState
from course.verifying.checking import Check
from tests.learners import add_learner, learn
from tests.site import Site

WALKERS, LEARNERS = 60, 400


@pytest.fixture
def limited(empty_site: Site) -> Site:
    """An empty site whose quizzes have a time limit, published half a year before the learners are made."""
    for path in sorted(empty_site.folder.glob("*/quiz.yaml")):
        path.write_text(f"time_limit_minutes: 50\n{path.read_text()}")
    assert empty_site.publish().problems == ()
    empty_site.later(days=filling.DAYS + 1)
    return empty_site


def fill(site: Site, learners: int, seed: int = 8) -> list[str]:
    said: list[str] = []
    with site.session(write=True):
        filling.fill(learners=learners, seed=seed, echo=said.append, walkers=WALKERS)
    return said


def ask(site: Site, query: Any) -> Sequence[Any]:
    with site.session() as session:
        return session.execute(query).all()


def test_walkers_and_copies_differ_from_their_facts_in_nothing(limited: Site) -> None:
    assert fill(limited, LEARNERS) == ["600 municipalities in 40 countries, 400 synthetic learners."]
    with limited.session() as session:
        check = Check(session, limited.now)
        assert [str(one) for _people, found in check.run() for one in found] == []
        counts = {model: session.scalar(select(func.count()).select_from(model)) or 0 for model in (Person, Organisation)}
        assert counts == {Person: LEARNERS, Organisation: 3044}
        certificates = session.scalars(select(Certificate)).all()
        assert (len({one.code for one in certificates}) == len(certificates), len(certificates) > 0) == (True, True)
        copied = session.scalars(select(Attempt).where(Attempt.closes_at.is_not(None)).order_by(Attempt.id)).all()
        told = {
            row.attempt_id: row.detail["closes_at"]
            for row in session.execute(select(Fact).where(Fact.kind == "started_attempt")).scalars()
        }
        assert {one.id: one.closes_at.isoformat() for one in copied if one.closes_at} == told


def test_everything_happened_since_the_course_was_there(limited: Site) -> None:
    fill(limited, LEARNERS)
    began = limited.now - timedelta(days=filling.DAYS)
    ((first, last),) = ask(limited, select(func.min(Fact.at), func.max(Fact.at)))
    assert began <= first <= last <= limited.now
    ((entered,),) = ask(limited, select(func.max(OrganisationVersion.since_at)))
    assert entered < first
    joined = select(Person.created_at, Membership.since_at).join(Membership, Membership.person_id == Person.id)
    assert [row for row in ask(limited, joined) if row.created_at != row.since_at or row.created_at < began] == []


def what_is_there(site: Site) -> list[Any]:
    """All but what is drawn anew each time: ids, codes, and the seeds of attempts with what they lead to."""
    people = select(Person.email, Person.name, Person.language, Person.created_at, Enrolment.enrolled_at, Enrolment.last_at)
    homes = select(Person.email, Organisation.name).join(Membership, Membership.person_id == Person.id)
    modules = select(Person.email, ModuleState.module, ModuleState.started_at).join(Person)
    return [
        ask(site, people.outerjoin(Enrolment).order_by(Person.email)),
        ask(
            site, homes.join(Organisation, Organisation.id == Membership.organisation_id).order_by(Person.email, Membership.id)
        ),
        ask(site, modules.order_by(Person.email, ModuleState.module)),
    ]


def test_a_run_that_was_stopped_goes_on_to_the_same_end(limited: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(limited, 20)
    fill(limited, 150)
    fill(limited, 150)
    before = what_is_there(limited)
    fill(limited, LEARNERS)
    after = what_is_there(limited)
    assert len(before[0]) == 150
    assert [set(before[place]) - set(after[place]) for place in range(3)] == [set(), set(), set()]
    with limited.session() as session:
        assert [str(one) for _people, found in Check(session, limited.now).run() for one in found] == []
    assert len(ask(limited, select(Person.id))) == LEARNERS


def test_where_people_learn_nothing_is_added(limited: Site) -> None:
    add_learner(limited, "Nour Khelifi", ("Tunisia", "Sfax"))
    assert fill(limited, 20)  # an account alone is in no figure
    learn(limited, "nour", 1)
    with pytest.raises(click.ClickException) as refused:
        fill(limited, 30)
    assert refused.value.message == (
        "people other than the learners of seed 8 are learning in this instance, and synthetic ones would be in every figure "
        "of theirs. Nothing was added. Fill another: COURSE_INSTANCE=/tmp/demo ./dev course seed"
    )
    with pytest.raises(click.ClickException):
        fill(limited, 20, seed=9)
    assert len(ask(limited, select(Person.id))) == 21
    assert fill(limited, 20) == ["40 municipalities in 12 countries, 20 synthetic learners."]  # they are there already


def test_places_and_names_are_of_one_piece() -> None:
    assert (len(countries()), sum(country.few for country in countries())) == (40, 40)
    assert {len(set(country.municipalities)) for country in countries()} == {15}
    drawn = {country.region: name(country.region, Random(f"7:{country.name}")) for country in countries()}
    assert {region: len(one.split()) >= 2 for region, one in drawn.items()} == dict.fromkeys(drawn, True)
