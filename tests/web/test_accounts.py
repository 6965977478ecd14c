"""Accounts as a person meets them: registering, signing in and out, resetting, leaving."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from ipaddress import ip_network
from typing import Any

import pytest
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from course.accounts import links, organisations, passwords, people, secrets
from course.accounts.tables import Link, Person, SignIn, Try
from course.extensions import changed
from course.web import visitor
from tests.courses import write_small_course
from tests.rig.together import at_once
from tests.site import PASSWORD, START, Site

NEW = {
    "name": "Noor Haddad",
    "email": "noor@beirut.example",
    "country": "LB",
    "municipality": "Beirut",
    "department": "",
    "password": "seven quiet harbour lamps",
}


def test_registering_signs_in(site: Site) -> None:
    browser = site.client()
    browser.page("/en/account/register")
    answer = browser.send("/en/account/register", NEW)
    assert (answer.status_code, answer.location) == (303, "/en/")
    assert "Noor Haddad" in browser.page("/en/account/")
    assert "Lebanon › Beirut" in browser.page("/en/account/")


def test_a_country_is_the_same_place_in_every_language(site: Site) -> None:
    """It is called what the course's first language calls it, unless it is there already under its name in another of them."""
    write_small_course(site.folder, spanish=True)
    assert site.publish().is_new
    with site.session(write=True) as session:
        organisations.find_or_add_path(session, ("España", "Sevilla"), START)
        session.commit()
    for number, (lang, country, place) in enumerate(
        [("en", "LB", "Lebanon › Beirut"), ("es", "LB", "Lebanon › Beirut"), ("en", "ES", "España › Beirut")]
    ):
        browser = site.client()
        html = browser.page(f"/{lang}/account/register")
        assert (
            re.findall(r'<option value="(?:LB|ES)">[^<]*', html)
            == {
                "en": ['<option value="LB">Lebanon', '<option value="ES">Spain'],
                "es": ['<option value="ES">España', '<option value="LB">Líbano'],
            }[lang]
        )
        form = NEW | {"email": f"noor{number}@beirut.example", "country": country}
        assert browser.send(f"/{lang}/account/register", form).status_code == 303
        assert browser.page(f"/{lang}/account/").count(place) == 1


def test_municipalities_are_offered_with_the_page_up_to_a_number_and_by_country_beyond_it(site: Site) -> None:
    def offered() -> tuple[list[str], int]:
        html = site.client().page("/en/account/register")
        return re.findall(r'<option value="([^"]*)"></option>', html), html.count("js/municipalities.js")

    def of(country: str) -> object:
        return site.client().get(f"/en/account/municipalities?country={country}").get_json()

    assert offered() == (["Lima", "Sfax"], 0)
    assert (of("TN"), of("PE"), of("LB"), of("Tunisia"), of("")) == (["Sfax"], ["Lima"], [], [], [])
    with site.session(write=True) as session:
        for number in range(498):
            organisations.find_or_add_path(session, ("Tunisia", f"Town {number:03}"), START)
        session.commit()
    names, scripts = offered()
    assert (len(names), names[:2], scripts) == (500, ["Lima", "Sfax"], 0)
    with site.session(write=True) as session:
        organisations.find_or_add_path(session, ("Peru", "Ábaco"), START)
        organisations.find_or_add_path(session, ("Peru", "Coast", "Lima"), START)
        session.commit()
    assert offered() == ([], 1)
    assert of("PE") == ["Ábaco", "Coast", "Lima"]


def test_a_refused_form_keeps_what_was_typed(site: Site) -> None:
    browser = site.client()
    browser.page("/en/account/register")
    answer = browser.send("/en/account/register", NEW | {"email": "noor", "password": "short"})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Noor Haddad"' in html
    assert "short" not in re.findall(r'type="password"[^>]*value="([^"]*)"', html)
    assert re.search(r'<div class="summary" role="alert" tabindex="-1" autofocus', html)
    assert html.count('aria-invalid="true"') == 2
    assert "<title>Error: Register" in html


def test_the_same_person_cannot_register_twice(site: Site) -> None:
    for address in ("ALICE@example.org", " alice@example.org", "ａlice@example.org", "alice\u200b@example.org"):
        browser = site.client()
        browser.page("/en/account/register")
        assert browser.send("/en/account/register", NEW | {"email": address}).status_code == 422, address


def test_extra_fields_change_nothing(site: Site) -> None:
    browser = site.client()
    browser.page("/en/account/register")
    browser.send("/en/account/register", NEW | {"role": "administrator", "id": "1", "person_id": "1"})
    with site.session() as session:
        assert session.query(Person).filter_by(email_key="noor@beirut.example").one().role == "learner"


def test_sign_out_ends_every_copy_of_the_cookie(site: Site) -> None:
    browser = site.client("alice")
    held = browser.get_cookie("course")
    assert held is not None
    browser.send("/en/account/sign-out")
    copy = site.app.test_client()
    copy.set_cookie("course", held.value)
    assert copy.get("/en/account/").status_code == 302


def test_a_password_change_ends_every_other_sign_in(site: Site) -> None:
    first, second = site.client("alice"), site.client("alice")
    first.page("/en/account/password")
    answer = first.send("/en/account/password", {"current_password": PASSWORD, "new_password": "seven quiet harbour lamps"})
    assert answer.status_code == 303
    assert first.get("/en/account/").status_code == 200
    assert second.get("/en/account/").status_code == 302


def test_a_role_change_ends_every_sign_in(site: Site) -> None:
    alice, erin = site.client("alice"), site.client("erin")
    with site.session() as session:
        public_id = session.get_one(Person, site.ids["alice"]).public_id
    erin.page(f"/en/admin/people/{public_id}")
    path = f"/en/admin/people/{public_id}/role"
    refused = erin.send(path, {"role": "author", "why": " "})
    assert (refused.status_code, refused.get_data(as_text=True).count("Write why: it stands in the record of changes.")) == (
        422,
        2,
    )
    assert alice.get("/en/account/").status_code == 200
    assert erin.send(path, {"role": "author", "why": "Writes on housing"}).status_code == 303
    assert alice.get("/en/account/").status_code == 302


def test_the_last_administrator_stays_one(site: Site) -> None:
    erin = site.client("erin")
    with site.session() as session:
        public_id = session.get_one(Person, site.ids["erin"]).public_id
    erin.page(f"/en/admin/people/{public_id}")
    refused = erin.send(f"/en/admin/people/{public_id}/role", {"role": "learner"})
    assert (refused.status_code, refused.get_data(as_text=True).count("Make somebody else an administrator first.")) == (400, 1)


def test_idle_and_old_sign_ins_end(site: Site) -> None:
    browser = site.client("alice")
    site.later(hours=11)
    assert browser.get("/en/account/").status_code == 200
    site.later(hours=13)
    assert browser.get("/en/account/").status_code == 302


def test_reset_works_once_and_says_the_same_for_everybody(site: Site) -> None:
    browser = site.client()
    browser.page("/en/account/reset")
    known = browser.send("/en/account/reset", {"email": "alice@example.org"})
    unknown = browser.send("/en/account/reset", {"email": "nobody@example.org"})
    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    erin = site.client("erin")
    link = re.search(r"/en/account/reset/[\w-]+", erin.page("/en/admin/mails"))
    assert link is not None
    browser.page(link.group())
    assert browser.send(link.group(), {"password": "seven quiet harbour lamps"}).status_code == 303
    assert browser.get(link.group()).status_code == 410
    browser.page("/en/account/sign-in")
    assert browser.send("/en/account/sign-in", {"email": "alice@example.org", "password": PASSWORD}).status_code == 422
    assert (
        browser.send("/en/account/sign-in", {"email": "alice@example.org", "password": "seven quiet harbour lamps"}).status_code
        == 303
    )


@pytest.mark.parametrize("way", ["changed", "reset"])
def test_a_link_to_reset_a_password_ends_when_it_is_changed(site: Site, way: str) -> None:
    """Whoever had asked for one, and reads the mails, took the account back within half an hour of the change."""
    alice, browser = site.client("alice"), site.client()
    with site.session(write=True) as session:
        now, whose = site.now, site.ids["alice"]
        tokens = [secrets.token(), secrets.token()]  # as of two that were asked for at one moment
        for token in tokens:
            made = {"token_digest": secrets.digest(token), "purpose": "reset", "person_id": whose, "created_at": now}
            session.add(Link(**made, expires_at=now + timedelta(minutes=30)))
    assert [browser.get(f"/en/account/reset/{token}").status_code for token in tokens] == [200, 200]
    new = "seven quiet harbour lamps"
    if way == "changed":
        changed = alice.send("/en/account/password", {"current_password": PASSWORD, "new_password": new})
    else:
        changed = browser.send(f"/en/account/reset/{tokens[0]}", {"password": new})
    assert changed.status_code == 303
    assert [browser.get(f"/en/account/reset/{token}").status_code for token in tokens] == [410, 410]


def test_eleven_wrong_passwords_are_too_many(site: Site) -> None:
    browser, alice = site.client(), site.client("alice")
    for _ in range(9):
        assert browser.send("/en/account/sign-in", {"email": "alice@example.org", "password": "x" * 15}).status_code == 422
    answer = browser.send("/en/account/sign-in", {"email": "alice@example.org", "password": "x" * 15})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "301")
    assert alice.get("/en/account/").status_code == 200
    site.later(minutes=6)
    assert browser.send("/en/account/sign-in", {"email": "alice@example.org", "password": PASSWORD}).status_code == 303


def test_addresses_that_are_taken_count_as_tries(site: Site) -> None:
    browser = site.client()
    browser.page("/en/account/register")
    answers = [browser.send("/en/account/register", {**NEW, "email": "alice@example.org"}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]


@contextmanager
def while_hashing(site: Site, send: Callable[[], TestResponse]) -> Iterator[list[int]]:
    """The block runs when the form has counted its try and waits for its turn to hash; then the list has the status."""
    statuses: list[int] = []
    turns = list(iter(partial(passwords._turns.acquire, blocking=False), False))  # all of them
    before, deadline = _tries(site), time.monotonic() + 30
    form = threading.Thread(target=lambda: statuses.append(send().status_code))
    form.start()
    try:
        while _tries(site) == before:
            assert time.monotonic() < deadline, "its try was not counted before it hashes"
            time.sleep(0.01)
        yield statuses
    finally:
        for _ in turns:
            passwords._turns.release()
        form.join()


def _tries(site: Site) -> int:
    with site.session() as session:
        return session.scalar(select(func.count(Try.id))) or 0


FORMS_WITH_PASSWORDS: dict[str, tuple[str, dict[str, str]]] = {
    "sign-in": ("", {"email": "bob@example.org", "password": PASSWORD}),
    "register": ("", NEW),
    "password": ("bob", {"current_password": PASSWORD, "new_password": "seven quiet harbour lamps"}),
    "delete": ("bob", {"current_password": PASSWORD}),
}


@pytest.mark.parametrize("form", FORMS_WITH_PASSWORDS)
def test_a_form_that_hashes_a_password_holds_up_no_other(site: Site, form: str) -> None:
    alice, (who, data) = site.client("alice"), FORMS_WITH_PASSWORDS[form]
    browser = site.client(who)
    alice.page("/en/modules/housing/rooms-before-rules")
    with while_hashing(site, lambda: browser.send(f"/en/account/{form}", data)) as statuses:
        time.sleep(0.05)  # it may still be on its way from its try to its turn
        answer = alice.send("/en/modules/housing/rooms-before-rules/done", {"seen": "0"})
        assert (answer.status_code, statuses) == (303, [])
    assert statuses == [303]


@pytest.mark.parametrize("form", ["sign-in", "password", "delete"])
@pytest.mark.parametrize("change", ["switched off", "another password"])
def test_a_password_that_is_right_no_more_when_it_is_hashed_is_wrong(site: Site, form: str, change: str) -> None:
    """Whoever knows an old password could begin such a form, have it wait behind others, and be let in after the change."""
    who, data = FORMS_WITH_PASSWORDS[form]
    browser = site.client(who)
    changed = {"deactivated_at": site.now} if change == "switched off" else {"password_hash": "another"}
    hashing = while_hashing(site, lambda: browser.send(f"/en/account/{form}", data))
    with hashing as statuses, site.session(write=True) as session:
        session.execute(update(Person).where(Person.id == site.ids["bob"]).values(changed))
    with site.session() as session:
        bob = session.get_one(Person, site.ids["bob"])
        open_ones = select(func.count(SignIn.id)).where(SignIn.person_id == bob.id, SignIn.ended_at.is_(None))
        assert (statuses, session.scalar(open_ones), bob.name) == ([422], 1 if who else 0, "Bob Quispe")
        assert {name: getattr(bob, name) for name in changed} == changed


def test_an_empty_form_says_which_password_is_missing(site: Site) -> None:
    browser = site.client("alice")
    browser.page("/en/account/password")
    html = browser.send("/en/account/password").get_data(as_text=True)
    assert re.findall(r'<li><a href="#(\w+)">([^<]*)</a></li>', html) == [
        ("current_password", "Write your current password."),
        ("new_password", "Choose a password."),
    ]


@pytest.mark.parametrize(("way", "offers"), [("sign-in", ["/en/account/reset"]), ("reset", [])])
def test_too_many_tries_say_how_long_and_offer_only_another_way(site: Site, way: str, offers: list[str]) -> None:
    browser, given = site.client(), {"email": "alice@example.org", "password": "x" * 15}
    for _ in range(10):
        browser.send(f"/en/account/{way}", given)
    site.later(minutes=4, seconds=30)
    html = browser.send(f"/en/account/{way}", given).get_data(as_text=True)
    assert re.findall(r"Wait (\d+ \w+), then", html) == ["1 minute"]
    assert re.findall(r'<a class="button" href="([^"]*)"', html) == offers


def test_deleting_the_account_takes_name_and_address(site: Site) -> None:
    browser = site.client("alice")
    browser.page("/en/account/delete")
    assert browser.send("/en/account/delete", {"current_password": "wrong " * 4}).status_code == 422
    assert browser.send("/en/account/delete", {"current_password": PASSWORD}).status_code == 303
    with site.session() as session:
        person = session.get_one(Person, site.ids["alice"])
        assert (person.name, person.email, person.email_key, person.password_hash) == ("", None, None, None)
        assert session.query(SignIn).filter(SignIn.person_id == person.id, SignIn.ended_at.is_(None)).count() == 0


def test_another_cookie_before_and_after_signing_in(site: Site) -> None:
    browser = site.client()
    before = browser.get_cookie("course")
    browser.send("/en/account/sign-in", {"email": "alice@example.org", "password": PASSWORD})
    after = browser.get_cookie("course")
    assert before is not None
    assert after is not None
    assert before.value != after.value


def test_a_changed_held_request_leads_home(site: Site) -> None:
    browser = site.client()
    browser.page("/en/account/sign-in?held=//evil.example/")
    answer = browser.send(
        "/en/account/sign-in", {"email": "alice@example.org", "password": PASSWORD, "held": "//evil.example/"}
    )
    assert (answer.status_code, answer.location) == (303, "/en/")


@pytest.mark.parametrize(
    "held", ["/en//evil.example", "/en/\\evil.example", "/en/?x=1", "//evil.example", "https://evil.example/en/"]
)
def test_only_a_bare_path_below_a_language_is_gone_on_to(site: Site, held: str) -> None:
    browser = site.client()
    given = {"email": "alice@example.org", "password": PASSWORD, "held": held}
    assert browser.send("/en/account/sign-in", given).location == "/en/"


@pytest.mark.parametrize("page", ["/en/modules/housing/quiz", "/en/modules/housing/rooms-before-rules"])
def test_the_links_of_a_page_to_sign_in_and_register_lead_back_to_it(site: Site, page: str) -> None:
    """Also for who comes to sign in and registers instead, or the other way round."""
    html = site.client().page(page)
    links = dict.fromkeys(re.findall(r'href="(/en/account/(?:sign-in|register)\?[^"]*)"', html))
    assert sorted(links) == [f"/en/account/{way}?held={page}" for way in ("register", "sign-in")]
    for way, other, given in (
        ("sign-in", "register", NEW),
        ("register", "sign-in", {"email": "alice@example.org", "password": PASSWORD}),
    ):
        browser = site.client()
        assert f'href="/en/account/{other}?held={page}"' in browser.page(f"/en/account/{way}?held={page}")
        assert f'name="held" value="{page}"' in browser.page(f"/en/account/{other}?held={page}")
        answer = browser.send(f"/en/account/{other}", given | {"held": page})
        assert (answer.status_code, answer.location) == (303, page)


def test_a_second_tab_goes_on_once_the_first_has_signed_in(site: Site) -> None:
    browser = site.client()
    at = browser.get("/en/progress").location
    browser.page(at)
    old, given = browser.token, {"email": "alice@example.org", "password": PASSWORD, "held": at.partition("held=")[2]}
    assert browser.send("/en/account/sign-in", given).location == "/en/progress"
    assert browser.get(at).location == "/en/progress"  # the tab is loaded again
    answer = browser.send("/en/account/sign-in", given | {"csrf_token": old})  # or its form is sent
    assert (answer.status_code, answer.location) == (303, "/en/progress")


def test_a_form_is_held_for_nobody_but_the_browser_that_sent_it(site: Site) -> None:
    """Else a stranger has a form of an administrator held, and sends one the link: one press of a button, and it is done."""
    stranger, erin, victim = site.client(), site.client("erin"), site.client()
    answer = stranger.send("/en/admin/people/somebody/role", {"role": "administrator", "why": "as agreed"})
    [held] = re.findall(r'name="held" value="([^"]+)"', answer.get_data(as_text=True))
    assert (answer.status_code, erin.get(f"/en/account/sign-in?held={held}").location) == (401, "/en/")
    given = {"email": "erin@example.org", "password": PASSWORD, "held": held}
    victim.page(f"/en/account/sign-in?held={held}")
    assert victim.send("/en/account/sign-in", given).location == "/en/"
    html = stranger.send("/en/account/sign-in", given).get_data(as_text=True)
    assert re.findall(r'<form method="post" action="([^"]*role)">', html) == ["/en/admin/people/somebody/role"]


def test_a_form_that_comes_back_without_its_password_says_so(site: Site) -> None:
    browser = site.client()
    browser.token = "0" * 64
    answer = browser.send("/en/account/register", NEW)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert 'name="email" value="noor@beirut.example"' in html
    assert NEW["password"] not in html
    assert "A password is not kept in a page. You are asked for it again." in html


@pytest.mark.parametrize("lang", ["en", "es"])
def test_whoever_has_to_sign_in_first_does_so_in_their_language(site: Site, lang: str) -> None:
    write_small_course(site.folder, spanish=True)
    assert site.publish().is_new
    answer = site.client().get(f"/{lang}/progress")
    assert (answer.status_code, answer.location.partition("?held=")[0]) == (302, f"/{lang}/account/sign-in")


def test_the_first_administrator_link_works_once(empty_site: Site) -> None:
    with empty_site.session(write=True) as session:
        token = links.first_admin_token(session, START)
    browser = empty_site.client()
    form = {"name": "Erin Vidal", "email": "erin@example.org", "password": "seven quiet harbour lamps"}
    browser.page(f"/en/account/first/{token}")
    assert browser.send(f"/en/account/first/{token}", form).status_code == 303
    assert browser.get("/en/admin/").status_code == 200
    assert browser.get(f"/en/account/first/{token}").status_code == 410
    with empty_site.session(write=True) as session:
        assert links.first_admin_token(session, START) is None


def test_the_link_of_the_first_administrator_ends_when_there_is_one(empty_site: Site) -> None:
    """It is printed at the start, into logs that others read, and was good for a day whoever had become one by then."""
    with empty_site.session(write=True) as session:
        token = links.first_admin_token(session, START)
    browser = empty_site.client()
    browser.page(f"/en/account/first/{token}")
    with empty_site.session(write=True) as session:
        given: dict[str, Any] = {
            "email": "dana@example.org",
            "name": "Dana",
            "password": PASSWORD,
            "language": "en",
            "now": START,
        }
        people.add(session, role="administrator", **given)
    assert browser.get(f"/en/account/first/{token}").status_code == 410
    form = {"name": "Erin Vidal", "email": "erin@example.org", "password": "seven quiet harbour lamps"}
    assert browser.send(f"/en/account/first/{token}", form).status_code == 410


@pytest.mark.parametrize("way", ["first", "reset"])
def test_a_link_whose_password_is_hashed_holds_up_nobody(site: Site, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.session(write=True) as session:
        if way == "first":
            session.execute(update(Person).where(Person.role == "administrator").values(role="author"))
            token = links.first_admin_token(session, START)
        else:
            token = links.make(session, "reset", START, site.ids["alice"])
    browser, hash_it, held = site.client(), passwords.hashed, list[int]()
    browser.page(f"/en/account/{way}/{token}")

    def hashed(password: str) -> str:
        with site.session(write=True) as session:  # whoever writes meanwhile, in SQLite too
            held.append(changed(session, update(Person).where(Person.id == site.ids["bob"]).values(language="es")))
        return hash_it(password)

    def apart(password: str) -> str:
        return at_once(lambda: hashed(password))[0]

    monkeypatch.setattr(passwords, "hashed", apart)
    form = {"name": "Noor Haddad", "email": "noor@beirut.example", "password": "seven quiet harbour lamps"}
    assert (browser.send(f"/en/account/{way}/{token}", form).status_code, held) == (303, [1])


@pytest.mark.parametrize(
    ("asked_by", "forwarded", "counted"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # nobody of ours: what it says is not believed
        ("10.0.0.7", "", "10.0.0.7"),
        ("10.0.0.7", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.7", "192.0.2.5, 198.51.100.1", "198.51.100.1"),  # the first of the two anybody may have written
        ("::1", "192.0.2.5, 198.51.100.1, 10.0.0.8", "198.51.100.1"),
        ("10.0.0.7", "10.0.0.9", "10.0.0.9"),
        ("10.0.0.7", "not an address", "not an address"),
    ],
)
def test_tries_are_counted_for_whoever_asked_the_first_of_our_proxies(asked_by: str, forwarded: str, counted: str) -> None:
    ours = (ip_network("10.0.0.0/24"), ip_network("::1"))
    assert visitor.client(asked_by, forwarded, ours) == counted
