"""Exports that are made beside the pages: what the page gives at once, later, for whoever asked and still may see it."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from course.accounts import organisations, people
from course.accounts.tables import Membership, Organisation, Person
from course.extensions import beside, current_session, intend
from course.reports import exports, making, spreadsheet
from course.reports.tables import Export, ExportPart
from tests.learners import add_learner, learn
from tests.reports.test_subscriptions import outbox
from tests.sheets import csv_rows, read_xlsx
from tests.site import PASSWORD, Client, Site

URL = "https://learn.example.org"


@pytest.fixture
def learned(site: Site) -> Site:
    add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax", "Culture"))
    learn(site, "alice", 2)
    learn(site, "nour", 1)
    learn(site, "bob", 1, right=False)
    return site


def make(site: Site, clock: Callable[[], datetime] | None = None) -> int:
    """As the command does."""
    with site.app.app_context():
        intend(to_write=True)
        return making.make_waiting(current_session(), URL, clock or (lambda: site.now))


def ask(browser: Client, query: str = "report=people", form: str = "csv") -> str:
    sent = browser.send(f"/en/reports/exports?{query}", {"form": form})
    assert (sent.status_code, sent.location) == (303, "/en/reports/exports?follow=1")
    return browser.page(sent.location)


def files_of(browser: Client) -> list[str]:
    """The addresses of the files that may be fetched."""
    return re.findall(r'href="(/en/reports/exports/[^"]+/file)"', browser.page("/en/reports/exports"))


def count(site: Site, table: type[Export] | type[ExportPart]) -> int:
    with site.session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


FILES = (("people", "csv"), ("people", "json"), ("completion", "csv"), ("completion", "xlsx"))


def test_what_comes_later_is_what_would_have_come_at_once(learned: Site) -> None:
    carla, filters = learned.client("carla"), "module=housing&state=started&who=everyone"
    for number, (report, form) in enumerate(FILES, 1):
        html = ask(carla, f"report={report}&{filters}", form)
        assert html.count("<p>Waiting.</p>") == number
        assert html.count('<meta http-equiv="refresh" content="5">') == 1
    assert (files_of(carla), make(learned), make(learned)) == ([], len(FILES), 0)
    html = carla.page("/en/reports/exports?follow=1")
    assert (html.count("Ready, "), html.count("http-equiv")) == (len(FILES), 0)
    for address, (report, form) in zip(reversed(files_of(carla)), FILES, strict=True):
        page = {"people": "completion/people", "completion": "completion"}[report]
        fetched, at_once = carla.get(address), carla.get(f"/en/reports/{page}.{form}?{filters}")
        content, wanted = fetched.get_data(), at_once.get_data()
        assert read_xlsx(content) == read_xlsx(wanted) if form == "xlsx" else content == wanted  # it holds when it was made
        assert int(fetched.headers["Content-Length"]) == len(content)
        for name in ("Content-Type", "Content-Disposition"):
            assert fetched.headers[name] == at_once.headers[name]
    assert [to for to, _subject, _body in outbox(learned)] == ["carla@example.org"] * len(FILES)
    _to, subject, body = outbox(learned)[0]
    assert subject.partition(": ")[2] == "your export is ready"
    assert body == (
        "The CSV file that you asked for is made. Sign in and fetch it until 2026-03-05 09:00 UTC:\n\n"
        f"{URL}/en/reports/exports\n"
    )


def test_a_past_moment_stays_that_moment(learned: Site) -> None:
    learned.later(hours=1)
    erin = learned.client("erin")
    html = ask(erin, "report=people&as_of=2026-03-02T09:30:00.5")
    assert html.count("People, enrolled: All that you may see, all modules, as of 2026-03-02T09:30:00.500000+00:00</h2>") == 1
    learn(learned, add_learner(learned, "Omar Sy"), 1)
    assert make(learned) == 1
    assert [row["name"] for row in csv_rows(erin, files_of(erin)[0])] == ["Alice Ben Salah", "Bob Quispe", "Nour Khelifi"]


def test_days_and_names_as_somebody_writes_them_are_the_same_later(learned: Site) -> None:
    erin = learned.client("erin")
    html = ask(erin, "report=people&since=+20260302&until=2026-W10-1+&words=+Alice+")
    assert html.count("name Alice, enrolled from 2026-03-02, enrolled until 2026-03-02</h2>") == 1
    assert make(learned) == 1
    assert [row["name"] for row in csv_rows(erin, files_of(erin)[0])] == ["Alice Ben Salah"]
    html = erin.page("/en/reports/completion?since=+20260302&until=2026-W10-1")
    assert html.count('type="date" value="2026-03-02"') == 2


def test_it_is_for_nobody_else_and_only_while_the_rights_last(learned: Site) -> None:
    carla, erin = learned.client("carla"), learned.client("erin")
    ask(carla)
    assert make(learned) == 1
    [address] = files_of(carla)
    assert erin.get(address).status_code == 404
    assert erin.send(address.replace("/file", "/delete")).status_code == 404
    with learned.session(write=True) as session:
        youth = select(Membership.organisation_id).where(Membership.person_id == learned.ids["alice"])
        managed = update(Membership).where(Membership.role == "manager")
        session.execute(managed.values(organisation_id=youth.scalar_subquery()))
    assert (carla.get(address).status_code, files_of(carla)) == (404, [])
    assert carla.page("/en/reports/exports").count("It holds more than you may see by now") == 1
    with learned.session(write=True) as session:
        session.execute(update(Membership).where(Membership.role == "manager").values(until_at=learned.now))
    assert learned.client("carla").get(address).status_code == 403


def test_what_is_of_an_organisation_that_moved_away_can_no_longer_be_fetched(learned: Site) -> None:
    carla = learned.client("carla")
    ask(carla)
    assert make(learned) == 1
    [address] = files_of(carla)
    with learned.session(write=True) as session:
        sfax, peru = (session.scalars(select(Organisation).where(Organisation.name == name)).one() for name in ("Sfax", "Peru"))
        organisations.change(session, sfax, name="Sfax", parent_id=peru.id, now=learned.now)
    assert (carla.get(address).status_code, files_of(carla)) == (404, [])


def test_who_lost_the_rights_or_the_account_meanwhile_gets_nothing(learned: Site) -> None:
    for who in ("carla", "erin"):
        ask(learned.client(who))
    with learned.session(write=True) as session:
        session.execute(update(Membership).where(Membership.role == "manager").values(until_at=learned.now))
        people.erase(session, session.get_one(Person, learned.ids["erin"]), by_id=None, now=learned.now)
    assert (make(learned), count(learned, Export), outbox(learned)) == (0, 0, [])


def test_it_expires_and_goes_with_the_account(learned: Site) -> None:
    carla, erin = learned.client("carla"), learned.client("erin")
    for browser in (carla, erin):
        ask(browser)
    assert (make(learned), count(learned, Export), count(learned, ExportPart)) == (2, 2, 2)
    carla.page("/en/account/delete")
    assert carla.send("/en/account/delete", {"current_password": PASSWORD}).status_code == 303
    assert (count(learned, Export), make(learned), count(learned, ExportPart)) == (1, 1, 1)
    [address] = files_of(erin)
    learned.now += exports.KEPT
    erin = learned.client("erin")
    assert (erin.get(address).status_code, files_of(erin)) == (404, [])
    assert (make(learned), count(learned, Export), count(learned, ExportPart)) == (0, 0, 0)


def test_a_list_with_somebody_who_has_left_is_made_anew(learned: Site) -> None:
    """While it waits to be fetched, and while it is made; a file without names stays as it is."""
    erin = learned.client("erin")
    ask(erin, "report=completion")
    ask(erin, "as_of=2026-03-02T09:00&report=people")
    assert make(learned) == 2
    names = ["Alice Ben Salah", "Bob Quispe", "Nour Khelifi"]
    assert [row["name"] for row in csv_rows(erin, files_of(erin)[0])] == names
    alice = learned.client("alice")
    alice.page("/en/account/delete")
    assert alice.send("/en/account/delete", {"current_password": PASSWORD}).status_code == 303
    assert (len(files_of(erin)), count(learned, ExportPart)) == (1, 1)
    looks = iter(range(10))

    def clock() -> datetime:
        """The third time the maker looks at the clock, with its file begun, Bob leaves too."""
        if next(looks) == 2:
            with beside() as connection, Session(connection) as session:
                people.erase(session, session.get_one(Person, learned.ids["bob"]), by_id=None, now=learned.now)
                exports.forget(session, learned.ids["bob"])
                session.flush()
        return learned.now

    assert make(learned, clock) == 1
    assert [row["name"] for row in csv_rows(erin, files_of(erin)[0])] == ["(deleted account)"] * 2 + ["Nour Khelifi"]


def test_five_at_a_time_and_deleted_ones_make_room(learned: Site) -> None:
    carla = learned.client("carla")
    for _ in range(exports.MOST):
        ask(carla)
    sent = carla.send("/en/reports/exports?report=people", {"form": "csv"})
    assert carla.page(sent.location).count("You may have 5 exports at a time. Delete one of these, then ask again.") == 1
    [delete, *_rest] = re.findall(r'action="([^"]+/delete)"', carla.page("/en/reports/exports"))
    assert carla.send(delete).status_code == 303
    ask(carla)
    assert make(learned) == exports.MOST


def test_what_no_page_offers_is_refused(learned: Site) -> None:
    carla = learned.client("carla")
    for query, form in (
        ("report=people", "pdf"), ("report=none", "csv"), ("report=people&state=none", "csv"), ("", "csv"),
        ("report=people&as_of=soon", "csv"), ("report=people&state=scored", "csv"),
    ):  # fmt: skip
        assert carla.send(f"/en/reports/exports?{query}", {"form": form}).status_code == 400, query
    for query in ("organisation=none", "module=none", f"language={'x' * 17}", "cohort=none", "headings=xx"):
        assert carla.send(f"/en/reports/exports?report=people&{query}", {"form": "csv"}).status_code == 404, query
    assert count(learned, Export) == 0


def test_the_page_shows_how_far_it_is_and_a_dead_maker_is_followed(learned: Site) -> None:
    """A maker that died half-way holds the export for some minutes; then the next one makes it from its beginning."""
    erin = learned.client("erin")
    ask(erin)
    with learned.app.app_context(), beside() as connection:
        connection.execute(update(Export).values(claimed_at=learned.now, rows=1, total=3))
        connection.execute(insert(ExportPart).values(export_id=1, number=0, content=b"half"))
    html = erin.page("/en/reports/exports")
    assert html.count("Being made: 1 of 3 rows</label>") == html.count('value="1" max="3"') == 1
    assert make(learned) == 0
    learned.now += exports.CLAIM + timedelta(seconds=1)
    assert make(learned) == 1
    assert len(csv_rows(erin, files_of(erin)[0])) == 3


def test_who_deletes_it_meanwhile_stops_its_maker(learned: Site) -> None:
    ask(learned.client("erin"))
    looks = iter(range(10))

    def clock() -> datetime:
        """The third time the maker looks at the clock it is at work."""
        if next(looks) == 2:
            with beside() as connection:
                connection.execute(delete(Export))
        return learned.now

    assert (make(learned, clock), count(learned, Export), count(learned, ExportPart), outbox(learned)) == (0, 0, 0, [])
    assert next(looks) > 3


def test_a_file_that_goes_while_it_is_fetched_is_no_shorter_file(learned: Site) -> None:
    ask(learned.client("erin"))
    assert make(learned) == 1
    with learned.session(write=True) as session:
        one = session.scalars(select(Export)).one()
        pieces = exports.pieces(session, one)
        exports.forget(session, one.person_id)
        with pytest.raises(LookupError):
            next(pieces)


def test_a_failure_is_said_and_the_next_is_made(learned: Site) -> None:
    erin = learned.client("erin")
    ask(erin)
    ask(erin)
    with learned.app.app_context(), beside() as connection:
        first = connection.execute(select(func.min(Export.id))).scalar()
        connection.execute(update(Export).where(Export.id == first).values(form="none"))
    assert make(learned) == 1
    assert erin.page("/en/reports/exports").count("It could not be made. Ask for it again") == 1


def test_a_long_workbook_takes_no_more_memory_than_a_short_one() -> None:
    def most(rows: int) -> int:
        chance = Random(1)
        tracemalloc.start()
        with spreadsheet.table_xlsx(
            ("name",), ({"name": chance.randbytes(64).hex()} for _ in range(rows)), "Names", ()
        ) as book:
            assert (book.seek(0, 2) > spreadsheet.HELD) == (rows > 1000)
            found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    most(10)  # what is imported once
    assert most(30_000) < most(1000) + 2 * spreadsheet.HELD
