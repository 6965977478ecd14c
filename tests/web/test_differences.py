"""Whoever writes down what they may read, and reads it again when something has happened to others, finds no difference."""

from __future__ import annotations

import re

from sqlalchemy import select

from course.accounts import cohorts, organisations, people
from course.accounts.tables import Organisation, Person
from course.reports.files import FORMS
from quizzes.model import Response
from tests.learners import add_learner, learn
from tests.learning.regrades import attempt
from tests.sheets import read_xlsx
from tests.site import Client, Site
from tests.web.test_guards import AUTHORS, READERS, TABLE, VALUES

FILES = tuple(f".{form}" for form in FORMS)
WRONG = {"who-travels": Response(choices=("school",)), "seats": Response(text="9")}


def told(site: Site, browser: Client, guard: str, queries: tuple[str, ...] = ("",), **names: str) -> dict[str, str]:
    """All that the addresses of these readers answer, in every form, without what is drawn anew for each page."""
    rules = [one.rule for one in site.app.url_map.iter_rules() if TABLE[one.endpoint] == guard and "GET" in (one.methods or ())]
    paths = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule).format_map(VALUES | names | {"form": form})
        for rule in rules
        for form in FORMS
    }
    asked = [f"{path}?{query}" for path in sorted(paths) for query in queries]
    return {address: _read(browser, address) for address in asked}


def _read(browser: Client, address: str) -> str:
    answer = browser.get(address)
    body = answer.get_data()
    is_sheet = answer.status_code == 200 and answer.content_type.endswith("sheet")
    return f"{answer.status} {without_tokens(str(read_xlsx(body)) if is_sheet else body.decode())}"


def without_tokens(html: str) -> str:
    """Nor when it was made."""
    return re.sub(r'name="(csrf_token|name)" value="[^"]+"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00', "", html)


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    assert before.keys() == after.keys()
    return sorted(address for address, text in after.items() if text != before[address])


def test_what_others_do_elsewhere_changes_nothing_that_a_manager_reads(site: Site) -> None:
    """No sum, share, week, cohort or list of theirs has anybody in it who is not of their organisation."""
    for name, paths in (
        ("Rosa Mamani", [("Peru", "Lima", "Parks")]),
        ("Omar Sy", []),
        ("Sami Trabelsi", [("Tunisia", "Sfax")]),
    ):
        add_learner(site, name, *paths)
    for who in ("alice", "sami"):
        learn(site, who, 1)
    with site.session(write=True) as session:
        tunisia = session.scalars(select(Organisation).where(Organisation.name == "Tunisia")).one()
        group = cohorts.make(session, name="Both", organisation_id=tunisia.id, by_id=site.ids["erin"], now=site.now)
        cohorts.put_in(
            session, group, [site.ids[who] for who in ("alice", "bob", "omar")], by_id=site.ids["erin"], now=site.now
        )
        cohort, place, alice = group.public_id, tunisia.public_id, session.get_one(Person, site.ids["alice"]).public_id
    then = f"as_of={site.now:%Y-%m-%dT%H:%M:%S}"
    queries = (
        f"organisation={place}", f"cohort={cohort}&who=everyone&table=weeks", f"cohort={cohort}&{then}&module=housing",
        "module=housing&state=completed&language=en&words=a", "since=2026-01-01&state=not_started&week=2026-03-02&days=1",
    )  # fmt: skip
    carla = site.client("carla")
    before = told(site, carla, READERS, queries, cohort=cohort, person=alice)
    for who in ("bob", "rosa", "omar"):
        learn(site, who, 2)
    with site.session(write=True) as session:
        lima = session.scalars(select(Organisation).where(Organisation.name == "Lima")).one()
        people.join(session, person_id=site.ids["omar"], organisation_id=lima.id, role="manager", now=site.now)
        people.set_role(session, session.get_one(Person, site.ids["rosa"]), "author", by_id=None, now=site.now)
        organisations.find_or_add(session, parent_id=lima.id, kind="department", name="Water", now=site.now)
        cohorts.make(session, name="South", organisation_id=lima.id, by_id=site.ids["erin"], now=site.now)
        people.erase(session, session.get_one(Person, site.ids["bob"]), by_id=None, now=site.now)
    assert changed(before, told(site, carla, READERS, queries, cohort=cohort, person=alice)) == []
    learn(site, add_learner(site, "Zeineb Q", ("Tunisia", "Sfax")), 2)
    assert len(changed(before, told(site, carla, READERS, queries, cohort=cohort, person=alice))) > 10


def test_what_a_few_do_changes_nothing_that_an_author_reads(site: Site) -> None:
    """From the twelfth to the fourteenth: no page and no file. With the fifteenth there are fifteen."""
    dana, made = site.client("dana"), dict[int, dict[str, str]]()
    for number in range(1, 16):
        who = add_learner(site, f"L{number} X", ("Tunisia", "Sfax") if number < 13 else ("Peru", "Lima"))
        learn(site, who, 1, right=number % 2 == 0)
        attempt(site, who, {} if number % 2 else WRONG)
        if number in (12, 14, 15):
            made[number] = told(site, dana, AUTHORS, module="mobility")
    assert changed(made[12], made[14]) == []
    fresh = [f"/en/{page}{form}?" for page in ("author/mobility/analysis", "reports/lessons") for form in ("", *FILES)]
    assert changed(made[14], made[15]) == sorted(fresh)
