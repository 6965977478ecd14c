"""The pages of cohorts: made, filled from a list of which nothing is lost, renamed, closed; each manager their own."""

from __future__ import annotations

import io
import re
from functools import partial

from sqlalchemy import select

from course.accounts import organisations, people
from course.accounts.tables import Change, Cohort, CohortMember, Organisation, Person
from tests.learners import add_learner
from tests.rig.together import at_once
from tests.site import Client, Site


def made(site: Site, browser: Client, name: str = "Intake of March", place: str = "Sfax") -> str:
    """The address of a cohort that somebody makes on the page."""
    browser.page("/en/reports/cohorts")
    sent = browser.send("/en/reports/cohorts", {"name": name, "organisation": public_id(site, place)})
    assert sent.status_code == 303, sent.get_data(as_text=True)
    return sent.location.partition("?")[0]


def public_id(site: Site, name: str) -> str:
    if not name:
        return ""
    with site.session() as session:
        return session.scalars(select(Organisation.public_id).where(Organisation.name == name)).one()


def members(site: Site) -> list[str]:
    with site.session() as session:
        names = {number: name for name, number in site.ids.items()}
        query = select(CohortMember.person_id).where(CohortMember.until_at.is_(None)).order_by(CohortMember.person_id)
        return [names[number] for number in session.scalars(query)]


def lines_said(html: str) -> list[str]:
    found = re.findall(r'<li><a href="#addresses">(Line .*?)</li>', html)
    return [re.sub("<[^>]+>", "", one) for one in found]


def field(html: str) -> str:
    [found] = re.findall(r"<textarea[^>]*>\r?\n?(.*?)</textarea>", html, re.DOTALL)
    return str(found)


def test_a_manager_makes_a_cohort_and_fills_it(site: Site) -> None:
    add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax", "Culture"))
    carla = site.client("carla")
    address = made(site, carla)
    sent = carla.send(f"{address}/people", {"addresses": "alice@example.org; NOUR@example.org", "do": "in"})
    assert (sent.status_code, sent.location) == (303, f"{address}?done=in&changed=2&same=0")
    assert carla.page(sent.location).count("2 people put in.</p>") == 1
    assert members(site) == ["alice", "nour"]
    sent = carla.send(f"{address}/people", {"addresses": "alice@example.org\nnour@example.org", "do": "in"})
    assert carla.page(sent.location).count("0 people put in. 2 had been in it already.</p>") == 1
    sent = carla.send(f"{address}/people", {"addresses": "alice@example.org", "do": "out"})
    assert carla.page(sent.location).count("1 person taken out.</p>") == 1
    assert members(site) == ["nour"]
    with site.session() as session:
        told = session.execute(
            select(Change.person_id, Change.by_id, Change.before, Change.after).where(Change.what == "cohort")
        )
        alice, nour, carla_id = site.ids["alice"], site.ids["nour"], site.ids["carla"]
        assert [tuple(row) for row in told] == [
            (alice, carla_id, "", "Intake of March"), (nour, carla_id, "", "Intake of March"),
            (alice, carla_id, "Intake of March", ""),
        ]  # fmt: skip


def test_lines_that_name_nobody_come_back_and_the_rest_is_done(site: Site) -> None:
    """Bob has an account, but is nobody to Carla: she is told the same as of an address that nobody has."""
    carla = site.client("carla")
    address = made(site, carla)
    file = (io.BytesIO("name;mail\nBob;bob@example.org\nAlice;alice@example.org\nZoë\n".encode("cp1252")), "list.csv")
    sent = carla.send(f"{address}/people", {"addresses": "nobody@example.org", "do": "in", "file": file})
    html = sent.get_data(as_text=True)
    assert sent.status_code == 422
    nobody = "nobody in your organisations has an account with this address. Correct it, or ask the person to register."
    assert lines_said(html) == [
        f"Line 1: nobody@example.org: {nobody}", f"Line 2 of the file: bob@example.org: {nobody}",
        "Line 4 of the file: Zoë: there is no e-mail address in this line.",
    ]  # fmt: skip
    assert html.count("1 person put in.</p>") == 1
    assert field(html).splitlines() == ["nobody@example.org", "Bob;bob@example.org", "Zoë"]
    assert members(site) == ["alice"]


def test_a_list_that_is_refused_comes_back_whole(site: Site) -> None:
    erin = site.client("erin")
    address = made(site, erin, place="Lima")
    for addresses, message in (
        ("\n  \n", "Write at least one e-mail address, or choose a file that holds some."),
        ("a@x.org " * 5001, "These are more than 5,000 addresses; send them in parts. Nothing was changed."),
        ("a\n" * 5001, "These are more than 5,000 lines; send them in parts. Nothing was changed."),
    ):
        sent = erin.send(f"{address}/people", {"addresses": addresses, "do": "in"})
        assert (sent.status_code, sent.get_data(as_text=True).count(message)) == (422, 2)
        assert field(sent.get_data(as_text=True)) == addresses.strip()
    assert members(site) == []


def test_what_belongs_to_others_is_not_there(site: Site) -> None:
    erin, carla = site.client("erin"), site.client("carla")
    address = made(site, erin, place="Lima")
    erin.send(f"{address}/people", {"addresses": "bob@example.org", "do": "in"})
    carla.page("/en/reports/cohorts")
    assert carla.page("/en/reports/cohorts").count(address) == 0
    assert carla.get(address).status_code == 404
    for path in ("people", "name", "close"):
        assert carla.send(f"{address}/{path}", {"name": "x", "addresses": "alice@example.org"}).status_code == 404, path
    sent = carla.send("/en/reports/cohorts", {"name": "Mine", "organisation": public_id(site, "Lima")})
    assert (sent.status_code, members(site)) == (422, ["bob"])
    assert carla.send("/en/reports/cohorts", {"name": "Mine", "organisation": ""}).status_code == 422


def test_the_record_of_a_person_names_the_cohorts_of_its_reader(site: Site) -> None:
    erin, carla = site.client("erin"), site.client("carla")
    for name, place in (("Ours", "Sfax"), ("Everywhere", "")):
        erin.send(f"{made(site, erin, name, place)}/people", {"addresses": "alice@example.org", "do": "in"})
    with site.session() as session:
        alice = session.get_one(Person, site.ids["alice"]).public_id
    seen = {who: re.findall(r'<a href="/en/reports/cohorts/[^>]*>([^<]+)</a>', browser.page(f"/en/reports/people/{alice}"))
            for who, browser in (("erin", erin), ("carla", carla))}  # fmt: skip
    assert seen == {"erin": ["Everywhere", "Ours"], "carla": ["Ours"]}


def test_a_person_who_left_the_subtree_is_neither_shown_nor_counted(site: Site) -> None:
    """Sfax goes to Peru: its cohort goes along, and of a cohort that stays with Tunisia its people are no longer shown."""
    erin, carla = site.client("erin"), site.client("carla")
    stays, goes = made(site, erin, "Stays", "Tunisia"), made(site, erin, "Goes", "Sfax")
    for address in (stays, goes):
        erin.send(f"{address}/people", {"addresses": "alice@example.org", "do": "in"})
    assert carla.page(stays).count("Alice Ben Salah") == 2
    with site.session(write=True) as session:
        sfax = session.scalars(select(Organisation).where(Organisation.name == "Sfax")).one()
        peru = session.scalars(select(Organisation.id).where(Organisation.name == "Peru")).one()
        organisations.change(session, sfax, name="Sfax", parent_id=peru, now=site.now)
    assert carla.get(goes).status_code == 404
    html = carla.page(stays)
    assert (html.count("Alice"), html.count("<h2>0 people now, of your organisations</h2>")) == (0, 1)
    assert erin.page(stays).count("Alice Ben Salah") == 2
    assert carla.send(f"{stays}/people", {"addresses": "alice@example.org", "do": "out"}).status_code == 422


def test_taken_out_by_the_button_renamed_and_closed(site: Site) -> None:
    erin = site.client("erin")
    address = made(site, erin, place="")
    erin.send(f"{address}/people", {"addresses": "alice@example.org bob@example.org", "do": "in"})
    [alice, _bob] = re.findall(r'action="([^"]+/out)"', erin.page(address))
    assert erin.send(alice).status_code == 303
    assert erin.send(alice).status_code == 404
    assert members(site) == ["bob"]
    assert erin.send(f"{address}/name", {"name": " "}).status_code == 422
    assert erin.send(f"{address}/name", {"name": "Intake of April"}).status_code == 303
    assert erin.page("/en/reports/completion").count("Intake of April") == 1
    assert erin.send(f"{address}/close").status_code == 303
    assert erin.page("/en/reports/completion").count("Intake of April") == 0
    cohort = address.rpartition("/")[2]
    assert erin.page(f"/en/reports/completion?cohort={cohort}").count("Intake of April") == 2
    assert erin.send(f"{address}/close", {"open": "1"}).status_code == 303
    with site.session() as session:
        assert [(one.name, one.closed_at) for one in session.scalars(select(Cohort))] == [("Intake of April", None)]


def test_a_deleted_account_stays_without_its_name(site: Site) -> None:
    erin = site.client("erin")
    address = made(site, erin, place="")
    erin.send(f"{address}/people", {"addresses": "alice@example.org", "do": "in"})
    with site.session(write=True) as session:
        people.erase(session, session.get_one(Person, site.ids["alice"]), by_id=None, now=site.now)
    html = erin.page(address)
    assert (html.count("Alice"), html.count("<h2>1 person now</h2>"), html.count("(deleted account)")) == (0, 1, 2)


def test_a_cohort_is_made_once_until_it_is_closed(site: Site) -> None:
    """A form that is sent twice leads to the one it made; next year's intake may have the name of this year's."""
    carla, form = site.client("carla"), {"name": "Intake", "organisation": public_id(site, "Sfax")}
    carla.page("/en/reports/cohorts")
    first, second = (str(carla.send("/en/reports/cohorts", form).location) for _ in range(2))
    assert second == first.replace("notice=saved", "notice=cohort-there")
    assert carla.page(second).count("There is an open cohort of this name here already: this one. Nothing was added.") == 1
    other = carla.send("/en/reports/cohorts", form | {"organisation": public_id(site, "Tunisia")}).location
    carla.send(f"{first.partition('?')[0]}/close")
    again = carla.send("/en/reports/cohorts", form).location
    assert len({one.partition("?")[0] for one in (first, str(other), str(again))}) == 3
    with site.session() as session:
        assert len(session.scalars(select(Change.id).where(Change.what == "cohort made")).all()) == 3


def test_of_several_at_once_who_make_the_same_cohort_one_does(site: Site) -> None:
    browsers, form = [site.client("carla") for _ in range(4)], {"name": "Intake", "organisation": public_id(site, "Sfax")}
    for browser in browsers:
        browser.page("/en/reports/cohorts")
    sent = at_once(*(partial(browser.send, "/en/reports/cohorts", form) for browser in browsers))
    assert sorted(str(answer.location).partition("?")[2] for answer in sent) == [*["notice=cohort-there"] * 3, "notice=saved"]
    with site.session() as session:
        assert session.scalars(select(Cohort.name)).all() == ["Intake"]
