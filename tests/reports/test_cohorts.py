"""Reports limited to a cohort: the same by every path, of a past moment too, and only for those who may see it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from course.accounts import cohorts, organisations
from course.accounts.tables import Cohort, Membership
from course.reports.tables import Subscription
from tests.learners import add_learner, learn
from tests.reports.test_as_of import by_every_path
from tests.reports.test_subscriptions import outbox, queue
from tests.sheets import csv_rows
from tests.site import Client, Site, counted_queries


@pytest.fixture
def gathered(site: Site) -> Site:
    """Alice (through), Bob (failed) and Nour (not enrolled) are in March, which belongs to no organisation."""
    add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax"))
    add_learner(site, "Omar Sy", ("Tunisia", "Sfax"))
    learn(site, "alice", 2)
    learn(site, "omar", 1)
    site.later(days=1)
    learn(site, "bob", 1, right=False)
    make(site, "March", "alice", "bob", "nour")
    return site


def make(site: Site, name: str, *who: str, place: str = "") -> str:
    with site.session(write=True) as session:
        found = next((one.id for one in organisations.places(session) if one.name == place), None)
        made = cohorts.make(session, name=name, organisation_id=found, by_id=site.ids["erin"], now=site.now)
        cohorts.put_in(session, made, [site.ids[one] for one in who], by_id=site.ids["erin"], now=site.now)
        return made.public_id


def address_of(site: Site, name: str) -> str:
    with site.session() as session:
        return session.scalars(select(Cohort.public_id).where(Cohort.name == name)).one()


def everywhere(browser: Client, query: str) -> dict[str, tuple[str, str]]:
    """Line → enrolled and completed."""
    page = by_every_path(browser, query)[0]
    return {name: (line["enrolled"], line["completed"]) for name, line in page.items()}


def test_a_cohort_is_the_same_everywhere(gathered: Site) -> None:
    browser, march = gathered.client("erin"), address_of(gathered, "March")
    assert everywhere(browser, f"cohort={march}") == {
        "all": ("2", "1"), "Peru": ("1", "0"), "Peru › Lima": ("1", "0"), "Tunisia": ("1", "1"),
        "Tunisia › Sfax": ("1", "1"), "Tunisia › Sfax › Youth": ("1", "1"), "housing": ("2", "1"), "mobility": ("2", "1"),
    }  # fmt: skip
    answer = json.loads(browser.page(f"/en/reports/completion.json?cohort={march}"))
    assert (answer["filters"]["cohort"], [rule.split(" limits")[0] for rule in answer["rules"]].count("Cohort")) == ("March", 1)
    assert browser.page(f"/en/reports/completion.csv?cohort={march}").count("# cohort: March") == 1
    people = csv_rows(browser, f"/en/reports/completion/people.csv?cohort={march}")
    assert [row["name"] for row in people] == ["Alice Ben Salah", "Bob Quispe"]
    html = browser.page(f"/en/reports/completion/people?cohort={march}&state=completed")
    assert re.findall(r"<h1>[^<]*</h1>", html) == ["<h1>Completed: 1 person</h1>"]


def test_the_past_of_a_cohort_stays(gathered: Site) -> None:
    browser, march = gathered.client("erin"), address_of(gathered, "March")
    then = f"cohort={march}&as_of={gathered.now:%Y-%m-%dT%H:%M}"
    before = everywhere(browser, then)
    gathered.later(hours=1)
    with gathered.session(write=True) as session:
        cohort = session.scalars(select(Cohort)).one()
        assert cohorts.take_out(session, cohort, [gathered.ids["alice"]], by_id=gathered.ids["erin"], now=gathered.now) == 1
        assert cohorts.put_in(session, cohort, [gathered.ids["omar"]], by_id=gathered.ids["erin"], now=gathered.now) == 1
        assert cohorts.put_in(session, cohort, [gathered.ids["omar"]], by_id=gathered.ids["erin"], now=gathered.now) == 0
        cohorts.close(session, cohort, is_closed=True, by_id=gathered.ids["erin"], now=gathered.now)
    gathered.later(hours=1)
    browser = gathered.client("erin")
    assert everywhere(browser, then) == before
    assert everywhere(browser, f"cohort={march}")["Tunisia"] == ("1", "0")


def test_a_manager_sees_the_cohorts_of_the_subtree_by_every_path(gathered: Site) -> None:
    march = address_of(gathered, "March")
    own, other = make(gathered, "Sfax 1", "alice", "bob", place="Sfax"), make(gathered, "Lima 1", "bob", place="Lima")
    carla, erin = gathered.client("carla"), gathered.client("erin")
    paths = ("completion", "completion.csv", "completion.json", "completion.xlsx", "completion/people",
             "completion/people.csv", "completion/people.json", "completion/people.xlsx", "at-risk", "at-risk.csv")  # fmt: skip
    for path in paths:
        for public_id in (march, other, "none"):
            assert carla.get(f"/en/reports/{path}?cohort={public_id}").status_code == 404, path
        assert carla.get(f"/en/reports/{path}?cohort={own}").status_code == 200, path
        assert erin.get(f"/en/reports/{path}?cohort={other}").status_code == 200, path
    assert everywhere(carla, f"cohort={own}")["all"] == ("1", "1")
    options = re.findall(r'<select id="cohort".*?</select>', carla.page("/en/reports/completion"), re.DOTALL)
    assert [re.findall(r">([^<]+)</option>", one) for one in options] == [["All", "Sfax 1"]]


def test_at_risk_in_a_cohort(gathered: Site) -> None:
    march = address_of(gathered, "March")
    gathered.later(days=30)
    browser = gathered.client("erin")
    assert {row["name"] for row in csv_rows(browser, "/en/reports/at-risk.csv")} == {"Bob Quispe", "Omar Sy"}
    assert {row["name"] for row in csv_rows(browser, f"/en/reports/at-risk.csv?cohort={march}")} == {"Bob Quispe"}


def test_a_cohort_comes_by_mail_until_it_may_no_longer_be_seen(gathered: Site) -> None:
    own = make(gathered, "Sfax 1", "alice", place="Sfax")
    carla = gathered.client("carla")
    assert carla.send(f"/en/reports/completion/mail?cohort={own}", {"every": "week"}).status_code == 303
    assert carla.page("/en/reports/completion").count("All that you may see, all modules, Sfax 1</a>") == 1
    gathered.now = datetime(2026, 3, 9, 6, tzinfo=UTC)
    assert queue(gathered) == 1
    [(_to, _subject, body)] = outbox(gathered)
    assert body.splitlines()[0] == "All that you may see, all modules, cohort “Sfax 1”"
    assert body.count("Enrolled: 1\n") == body.count(f"cohort={own}") == 1
    with gathered.session(write=True) as session:
        lima = next(one.id for one in organisations.places(session) if one.name == "Lima")
        managed = update(Membership).where(Membership.role == "manager").values(organisation_id=lima)
        session.execute(managed)
    gathered.later(days=7)
    assert (queue(gathered), len(outbox(gathered))) == (1, 2)
    assert outbox(gathered)[1][2].splitlines()[2] == "All that you may see, all modules, A cohort that is not shown here"
    with gathered.session() as session:
        assert session.scalars(select(Subscription.ended_at)).all() == [gathered.now]


def test_queries_do_not_grow_with_cohorts(gathered: Site) -> None:
    browser, counts = gathered.client("erin"), []
    for names in (("First",), ("Second", "Third")):
        for name in names:
            make(gathered, name, "alice", "omar", place="Sfax")
        browser.page("/en/reports/cohorts")
        with counted_queries(gathered) as said:
            browser.page("/en/reports/cohorts")
        counts.append(len([one for one in said if one.startswith("SELECT") and "publications" not in one]))
    assert counts == [7, 7]
