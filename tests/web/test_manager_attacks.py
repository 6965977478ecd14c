"""A manager who tries every page, with every parameter that means something to any of them, learns of nobody elsewhere."""

from __future__ import annotations

import re
from itertools import product

from sqlalchemy import select

from course.accounts import cohorts, organisations, people
from course.accounts.tables import Cohort, Organisation, Person
from course.learning import certificates
from course.reports.files import FORMS
from tests.learners import add_learner, learn
from tests.sheets import read_xlsx
from tests.site import Site
from tests.web.test_guards import READERS, TABLE, VALUES

SECRET = ("Quispe", "bob@", "Lima", "Peru", "Intake of the south", "Mamani", "Erin", "erin@", "Dana", "dana@")


def test_a_manager_learns_of_nobody_elsewhere(site: Site) -> None:
    add_learner(site, "Rosa Mamani", ("Peru", "Lima", "Parks"))
    for who in ("bob", "rosa"):
        learn(site, who, 2)
    learn(site, "alice", 1)
    with site.session(write=True) as session:
        lima = session.scalars(select(Organisation).where(Organisation.name == "Lima")).one()
        group = cohorts.make(session, name="Intake of the south", organisation_id=lima.id, by_id=site.ids["erin"], now=site.now)
        cohorts.put_in(session, group, [site.ids["bob"], site.ids["alice"]], by_id=site.ids["erin"], now=site.now)
        shown = certificates.of_person(session, site.ids["bob"])
        assert shown is not None
        bob, code = session.get_one(Person, site.ids["bob"]).public_id, shown.certificate.code
        organisation, number, cohort = lima.public_id, lima.id, group.public_id
        names = {"cohort": cohort, "person": bob, "code": code}
    then = f"{site.now:%Y-%m-%dT%H:%M}"
    site.later(hours=1)
    carla = site.client("carla")
    queries = [
        "", f"organisation={organisation}", f"cohort={cohort}", f"after={bob}&page=2", f"before={bob}&page=2",
        "words=QUISPE", "words=%25", f"as_of={then}", f"as_of={then}&organisation={organisation}", "who=everyone",
        "who=staff", "state=certified", "module=housing&state=completed", "page=2", "organisation=", "headings=fr", "days=1",
        f"organisation={number}", f"organisation={bob}", "organisation=%27%20OR%201=1", "follow=1",
        "scope=&within=&role=administrator",
        f"person={bob}", f"person_id={site.ids['bob']}", "table=weeks",
    ]  # fmt: skip
    rules = [
        one.rule for one in site.app.url_map.iter_rules() if TABLE[one.endpoint] == READERS and "GET" in (one.methods or ())
    ]
    paths = {f"/en/certificates/{code}", f"/en/certificates/{code}.pdf", f"/en/admin/people/{bob}", "/en/progress"}
    for form in FORMS:
        held = VALUES | names | {"form": form}
        paths |= {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule).format_map(held) for rule in rules}
    told: list[tuple[str, str]] = []
    for path, query in product(sorted(paths), queries):
        answer = carla.get(f"{path}?{query}")
        body = answer.get_data()
        text = str(read_xlsx(body)) if answer.status_code == 200 and path.endswith(".xlsx") else body.decode(errors="replace")
        told += [(f"{path}?{query}", word) for word in SECRET if word in text]
    assert told == []
    everything = site.client("erin").page("/en/reports/completion/people.csv?who=everyone&words=QUISPE")
    assert [word for word in SECRET if word in everything] == ["Quispe", "bob@", "Lima", "Peru"]


def test_nor_by_what_a_manager_sends(site: Site) -> None:
    """Another's export, mail, cohort and person, by their ids; nothing is taken and nothing changes."""
    with site.session(write=True) as session:
        lima = session.scalars(select(Organisation).where(Organisation.name == "Lima")).one()
        group = cohorts.make(session, name="South", organisation_id=lima.id, by_id=site.ids["erin"], now=site.now)
        cohorts.put_in(session, group, [site.ids["bob"]], by_id=site.ids["erin"], now=site.now)
        bob = session.get_one(Person, site.ids["bob"]).public_id
        of, organisation = f"/en/reports/cohorts/{group.public_id}", lima.public_id
    carla = site.client("carla")
    carla.page("/en/reports/cohorts")
    own = str(carla.send("/en/reports/cohorts", {"name": "Mine", "organisation": _of(site, "Tunisia")}).location).partition(
        "?"
    )[0]
    tried = {
        f"{of}/people": {"addresses": "alice@example.org"}, f"{of}/name": {"name": "Taken"}, f"{of}/close": {},
        f"{of}/people/{bob}/out": {}, f"{own}/people/{bob}/out": {},
        f"/en/reports/exports?report=people&organisation={organisation}": {"form": "csv"},
        f"/en/reports/completion/mail?organisation={organisation}": {"every": "week"},
        f"/en/reports/exports?report=people&cohort={of.rpartition('/')[2]}": {"form": "csv"},
    }  # fmt: skip
    assert {path: carla.send(path, sent).status_code for path, sent in tried.items()} == dict.fromkeys(tried, 404)
    sent = carla.send("/en/reports/cohorts", {"name": "There", "organisation": organisation})
    put_in = carla.send(f"{own}/people", {"addresses": "bob@example.org\nnobody@example.org", "do": "in"})
    told = re.findall(r"<bdi>(.*?)</bdi>: (.*?)</li>", put_in.get_data(as_text=True))
    assert (sent.status_code, put_in.status_code, [address for address, _why in told]) == (
        422,
        422,
        ["bob@example.org", "nobody@example.org"],
    )
    assert len({why for _address, why in told}) == 1, "nobody is told who has an account elsewhere"
    with site.session() as session:
        assert sorted(session.scalars(select(Cohort.name))) == ["Mine", "South"]


def test_what_was_exported_before_a_place_moved_away_is_not_fetched_after(site: Site) -> None:
    learn(site, "alice", 1)
    carla = site.client("carla")
    carla.page("/en/reports/exports")
    assert carla.send("/en/reports/exports?report=people", {"form": "csv"}).status_code == 303
    with site.app.app_context():
        from course.extensions import current_session
        from course.reports import making

        making.make_waiting(current_session(), "http://localhost", lambda: site.now)
    [address] = re.findall(r"/en/reports/exports/[\w-]+/file", carla.page("/en/reports/exports"))
    assert b"alice@example.org" in carla.get(address).get_data()
    assert (site.client("erin").get(address).status_code, site.client("alice").get(address).status_code) == (404, 403)
    with site.session(write=True) as session:
        sfax = session.scalars(select(Organisation).where(Organisation.name == "Sfax")).one()
        peru = session.scalars(select(Organisation.id).where(Organisation.name == "Peru")).one()
        organisations.change(session, sfax, name="Sfax", parent_id=peru, now=site.now)
    assert (carla.get(address).status_code, "Alice" in carla.page("/en/reports/completion/people")) == (404, False)
    with site.session(write=True) as session:
        tunisia = session.scalars(select(Organisation.id).where(Organisation.name == "Tunisia")).one()
        assert people.leave(session, person_id=site.ids["carla"], organisation_id=tunisia, role="manager", now=site.now)
    assert carla.get("/en/reports/exports").status_code == 403


def _of(site: Site, name: str) -> str:
    with site.session() as session:
        return session.scalars(select(Organisation.public_id).where(Organisation.name == name)).one()
