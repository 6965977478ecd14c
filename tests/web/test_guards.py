"""Every route × every role: what each may open. A new route without a row here fails."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.orm import Session

from course.learning.record import Record, read
from tests.site import Site

ROLES = ("", "alice", "carla", "dana", "erin")
ANYONE, SIGNED_IN = "11111", "01111"
AUTHORS, READERS, ADMINISTRATORS = "00011", "00101", "00001"
TABLE = {
    "accounts.delete": SIGNED_IN,
    "accounts.first_administrator": ANYONE,
    "accounts.municipalities": ANYONE,
    "accounts.new_password": ANYONE,
    "accounts.password": SIGNED_IN,
    "accounts.profile": SIGNED_IN,
    "accounts.register": ANYONE,
    "accounts.reset": ANYONE,
    "accounts.sign_in": ANYONE,
    "accounts.sign_out": ANYONE,
    "administration.changes_page": ADMINISTRATORS,
    "administration.mails": ADMINISTRATORS,
    "administration.extra_time": ADMINISTRATORS,
    "administration.membership": ADMINISTRATORS,
    "administration.organisations_page": ADMINISTRATORS,
    "administration.people_page": ADMINISTRATORS,
    "administration.person": ADMINISTRATORS,
    "administration.revoke": ADMINISTRATORS,
    "administration.role": ADMINISTRATORS,
    "administration.show": ADMINISTRATORS,
    "analysis.people": ADMINISTRATORS,
    "analysis.people_table": ADMINISTRATORS,
    "analysis.show": AUTHORS,
    "analysis.table": AUTHORS,
    "assets.show": ANYONE,
    "at_risk.page": READERS,
    "at_risk.table": READERS,
    "authoring.publish": AUTHORS,
    "authoring.show": AUTHORS,
    "certificates.ask": ANYONE,
    "certificates.download": SIGNED_IN,
    "certificates.show": SIGNED_IN,
    "certificates.verify": ANYONE,
    "cohorts.change": READERS,
    "cohorts.close": READERS,
    "cohorts.index": READERS,
    "cohorts.rename": READERS,
    "cohorts.show": READERS,
    "cohorts.take_out": READERS,
    "exchange.again": AUTHORS,
    "exchange.check": AUTHORS,
    "exchange.export": AUTHORS,
    "exchange.index": AUTHORS,
    "exchange.ledger": AUTHORS,
    "exchange.show": AUTHORS,
    "exchange.take": AUTHORS,
    "exports.ask": READERS,
    "exports.delete": READERS,
    "exports.fetch": READERS,
    "exports.index": READERS,
    "health.healthz": ANYONE,
    "lesson_report.page": AUTHORS,
    "lesson_report.people": ADMINISTRATORS,
    "lesson_report.table": AUTHORS,
    "lessons.done": SIGNED_IN,
    "lessons.show": ANYONE,
    "lessons.watched": SIGNED_IN,
    "library.practice": ANYONE,
    "library.practices": ANYONE,
    "library.session": ANYONE,
    "library.sessions": ANYONE,
    "modules.home": ANYONE,
    "modules.index": ANYONE,
    "modules.root": ANYONE,
    "modules.show": ANYONE,
    "progress.show": SIGNED_IN,
    "quiz.begin": SIGNED_IN,
    "quiz.check": SIGNED_IN,
    "quiz.item": SIGNED_IN,
    "quiz.result": SIGNED_IN,
    "quiz.resume": SIGNED_IN,
    "quiz.save": SIGNED_IN,
    "quiz.start": ANYONE,
    "regrading.go_on": AUTHORS,
    "regrading.make": AUTHORS,
    "regrading.one": AUTHORS,
    "regrading.plan": AUTHORS,
    "regrading.show": AUTHORS,
    "regrading.undo": AUTHORS,
    "reports.by_mail": READERS,
    "reports.completion_page": READERS,
    "reports.completion_table": READERS,
    "reports.end_mail": READERS,
    "reports.people_page": READERS,
    "reports.people_table": READERS,
    "reports.person": READERS,
    "static": ANYONE,
}
VALUES = {
    "lang": "en",
    "module": "housing",
    "lesson": "rooms-before-rules",
    "slug": "none",
    "attempt": "none",
    "code": "none",
    "token": "none",
    "person": "none",
    "digest": "0" * 32,
    "name": "none.svg",
    "number": "1",
    "regrade": "none",
    "subscription": "none",
    "cohort": "none",
    "export": "none",
    "form": "gift",
}


def address(rule: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: VALUES[found.group(1)], rule)


def test_the_table_has_every_route(site: Site) -> None:
    assert sorted({rule.endpoint for rule in site.app.url_map.iter_rules()}) == sorted(TABLE)


def test_every_address_is_human(site: Site) -> None:
    for rule in site.app.url_map.iter_rules():
        fixed = re.sub(r"<[^>]+>", "x", rule.rule)
        assert re.fullmatch(r"[a-z0-9/.\-]+", fixed), rule.rule
        assert not re.search(r"<int:(?!number)", rule.rule), f"{rule.rule}: no database number in an address"


@pytest.mark.parametrize("place", range(len(ROLES)), ids=[role or "nobody" for role in ROLES])
def test_who_may(site: Site, place: int) -> None:
    browser = site.client(ROLES[place])
    for rule in site.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        may = TABLE[rule.endpoint][place] == "1"
        status = browser.get(address(rule.rule)).status_code
        if may:
            assert status not in (401, 403), (rule.rule, status)
        else:
            assert status == (302 if ROLES[place] == "" else 403), (rule.rule, status)


@pytest.mark.parametrize("place", range(len(ROLES)), ids=[role or "nobody" for role in ROLES])
def test_who_may_send(site: Site, place: int) -> None:
    browser = site.client(ROLES[place])
    for rule in site.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint == "accounts.sign_out":
            continue
        may = TABLE[rule.endpoint][place] == "1"
        status = browser.send(address(rule.rule)).status_code
        if may:
            assert status not in (401, 403), (rule.rule, status)
        else:
            assert status == (401 if ROLES[place] == "" else 403), (rule.rule, status)


def test_no_form_is_taken_without_its_token(site: Site) -> None:
    browser = site.client("erin")
    for rule in site.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            is_there = rule.endpoint == "accounts.sign_in"  # Erin has signed in: nothing is taken, and she is led on
            assert browser.post(address(rule.rule)).status_code == (303 if is_there else 403), rule.rule


def test_a_manager_sees_only_their_subtree(site: Site) -> None:
    carla, erin = site.client("carla"), site.client("erin")
    from course.accounts.tables import Organisation, Person

    with site.session() as session:
        peru = session.query(Organisation).filter_by(name="Peru").one().public_id
        bob = session.query(Person).filter_by(id=site.ids["bob"]).one().public_id
    for path in ("completion", "completion.csv", "completion.json", "completion/people", "completion/people.csv"):
        assert carla.get(f"/en/reports/{path}?organisation={peru}").status_code == 404, path
        assert erin.get(f"/en/reports/{path}?organisation={peru}").status_code == 200, path
        assert "Lima" not in carla.get(f"/en/reports/{path}").get_data(as_text=True), path
    assert carla.get(f"/en/reports/people/{bob}").status_code == 404
    assert erin.get(f"/en/reports/people/{bob}").status_code == 200


def test_the_person_is_found_in_the_turn_to_write_by_forms_that_only_write(site: Site) -> None:
    """No form that hashes a password or reads at length is one of them: everybody would wait for it."""
    brief = sorted(endpoint for endpoint, view in site.app.view_functions.items() if hasattr(view, "is_brief"))
    assert brief == ["lessons.done", "lessons.watched", "quiz.begin", "quiz.save"]


def test_a_turn_to_write_that_finds_nobody_is_given_on(site: Site) -> None:
    """Signed out meanwhile in another tab, or never signed in; and one that has to be noted as still there is noted."""
    from course.accounts.tables import SignIn

    alice, nobody = site.client("alice"), site.client()
    form = "/en/modules/housing/rooms-before-rules/done"
    assert [nobody.send(form, {"seen": 0}).status_code for _ in range(2)] == [401, 401]
    later = site.later(minutes=6)
    assert alice.send(form, {"seen": 0}).status_code == 303
    with site.session() as session:
        assert session.query(SignIn).filter_by(person_id=site.ids["alice"]).one().seen_at == later
        record = record_of(session, site.ids["alice"])
        assert [lesson.done_at for lesson in record.lessons.values()] == [later]
    site.later(hours=13)
    assert alice.send(form, {"seen": 1, "undo": 1}).status_code == 401
    with site.session() as session:
        assert record_of(session, site.ids["alice"]) == record


def record_of(session: Session, person_id: int) -> Record:
    return read(session.connection(), person_id)
