"""Networks: a level between a country and its municipalities, made and filled by an administrator; reports roll it up."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from course.accounts import organisations
from course.accounts.tables import Organisation
from tests.learners import learn
from tests.sheets import page_figures
from tests.site import PASSWORD, Client, Site

NETWORK = "Coastal cities"


def public_id(site: Site, name: str) -> str:
    with site.session() as session:
        return session.scalars(select(Organisation.public_id).where(Organisation.name == name)).one()


def save(site: Site, browser: Client, name: str, kind: str, below: str, change: str = "") -> Any:
    parent = public_id(site, below) if below else ""
    address = f"/en/admin/organisations?change={public_id(site, change)}" if change else "/en/admin/organisations"
    return browser.send(address, {"name": name, "kind": kind, "parent": parent})


@pytest.fixture
def networked(site: Site) -> Site:
    """Alice of Sfax is through; then Sfax joins a network."""
    learn(site, "alice", 2)
    site.later(days=1)
    erin = site.client("erin")
    assert save(site, erin, NETWORK, "network", "Tunisia").status_code == 303
    assert save(site, erin, "Sfax", "municipality", NETWORK, change="Sfax").status_code == 303
    return site


def test_a_network_is_rolled_up_from_the_day_it_was_joined(networked: Site) -> None:
    site, then = networked, f"{networked.now - timedelta(hours=1):%Y-%m-%dT%H:%M}"
    site.later(hours=1)
    browser = site.client("erin")
    path = f"Tunisia › {NETWORK}"
    html = browser.page("/en/reports/completion")
    assert {name: line["completed"] for name, line in page_figures(html).items() if name.startswith("Tunisia")} == {
        "Tunisia": "1", path: "1", f"{path} › Sfax": "1", f"{path} › Sfax › Youth": "1",
    }  # fmt: skip
    assert html.count('<span class="quiet">network</span>') == 1
    one = page_figures(browser.page(f"/en/reports/completion?organisation={public_id(site, NETWORK)}"))
    assert {name: line["completed"] for name, line in one.items()} == {
        path: "1", f"{path} › Sfax": "1", f"{path} › Sfax › Youth": "1", "housing": "1", "mobility": "1",
    }  # fmt: skip
    past = page_figures(browser.page(f"/en/reports/completion?as_of={then}"))
    assert [name for name in past if name.startswith("Tunisia")] == ["Tunisia", "Tunisia › Sfax", "Tunisia › Sfax › Youth"]


def test_who_registers_finds_the_municipality_in_its_network(networked: Site) -> None:
    browser = networked.client()
    form = {"name": "Lina Haddad", "email": "lina@example.org", "country": "TN", "municipality": "sfax",
            "department": "Youth", "password": PASSWORD}  # fmt: skip
    assert browser.page("/en/account/register").count('<option value="Sfax">') == 1
    assert browser.send("/en/account/register", form).status_code == 303
    assert browser.page("/en/account/").count(f"Tunisia › {NETWORK} › Sfax › Youth") == 1
    with networked.session(write=True) as session:
        found = organisations.find_or_add_path(session, ("Tunisia", "Sfax", "Culture"), networked.now)
        assert found == organisations.find_or_add_path(session, ("Tunisia", NETWORK, "Sfax", "Culture"), networked.now)
        made = organisations.find_or_add_path(session, ("Tunisia", NETWORK, "Gabès"), networked.now)
        assert {(place.kind, place.path) for place in organisations.places(session) if place.id in (found, made)} == {
            ("department", ("Tunisia", NETWORK, "Sfax", "Culture")), ("municipality", ("Tunisia", NETWORK, "Gabès")),
        }  # fmt: skip


REFUSED = (
    ("MedNet", "network", "", "", "A network stands below a country: choose one."),
    ("Italy", "country", "Tunisia", "", "A country stands below nothing, and Tunisia is a country."),
    ("Gabès", "municipality", "Lima", "", "A municipality stands below a country or a network, and Lima is a municipality."),
    ("Sfax", "network", "Tunisia", "Sfax",
     "A department stands below it, which cannot stand below a network. Move that one first."),
)  # fmt: skip


def test_what_does_not_fit_is_refused_and_said(networked: Site) -> None:
    erin = networked.client("erin")
    for name, kind, below, change, message in REFUSED:
        sent = save(networked, erin, name, kind, below, change)
        said = re.findall(r'<p class="error" id="parent-error">.*?</span>([^<]*)</p>', sent.get_data(as_text=True))
        assert (sent.status_code, said) == (422, [message])


def test_what_is_found_says_where_it_stands_and_stays_found(networked: Site) -> None:
    erin, found = networked.client("erin"), "words=coastal%20CITIES%20%E2%80%BA%20sf"
    html = erin.page(f"/en/admin/organisations?{found}")
    assert re.findall(r'<a href="\?change=([^"]+)" dir="auto">([^<]+)</a> <span class="quiet">(.*?)</span>', html) == [
        (f"{public_id(networked, 'Sfax')}&amp;{found}", "Sfax", f"municipality · <bdi>Tunisia › {NETWORK}</bdi>"),
        (f"{public_id(networked, 'Youth')}&amp;{found}", "Youth", f"department · <bdi>Tunisia › {NETWORK} › Sfax</bdi>"),
    ]
    address = f"/en/admin/organisations?change={public_id(networked, 'Youth')}&{found}"
    assert erin.page(address).count(f'<a href="/en/admin/organisations?{found.replace("%20", "+")}">Leave it as it is</a>') == 1
    sent = erin.send(address, {"name": "Young people", "kind": "department", "parent": public_id(networked, "Sfax")})
    assert sent.location == f"/en/admin/organisations?{found.replace('%20', '+')}&notice=saved"


def test_what_is_there_already_is_not_added_again(networked: Site) -> None:
    """Sent twice, or written in another way: one organisation, one line in the record of changes, and that is said."""
    erin = networked.client("erin")
    told = [save(networked, erin, name, "municipality", "Tunisia").location for name in ("Gabès", "gabes", "Gabès")]
    assert told == [f"/en/admin/organisations?notice={one}" for one in ("saved", "there-already", "there-already")]
    assert erin.page(told[1]).count("There is an organisation of this name in the same place already. Nothing was added.") == 1
    assert erin.page("/en/admin/changes").count('<td dir="auto">Tunisia › Gabès (municipality)</td>') == 1


@pytest.mark.parametrize("name", [" ", "\u200b", "\u2060\u00a0", "\ufeff"], ids=ascii)
def test_a_name_that_nobody_could_see_is_none(networked: Site, name: str) -> None:
    erin = networked.client("erin")
    forms = {
        "admin/organisations": ({"kind": "country", "parent": ""}, "Write the name of the organisation."),
        "reports/cohorts": ({"organisation": ""}, "Write a name for the cohort, such as Intake of March 2026."),
    }
    for path, (given, message) in forms.items():
        sent = erin.send(f"/en/{path}", {"name": name, **given})
        assert (sent.status_code, sent.get_data(as_text=True).count(message)) == (422, 2), path


def test_what_somebody_else_changed_meanwhile_is_not_changed_back_unseen(networked: Site) -> None:
    """Two tabs hold one form: the second is told, and may save once it knows. The same form sent twice is no such case."""
    erin = networked.client("erin")
    address = f"/en/admin/organisations?change={public_id(networked, 'Youth')}"
    [was] = re.findall(r'name="was" value="([^"]+)"', erin.page(address))
    assert was == f"Tunisia › {NETWORK} › Sfax › Youth (department)"
    sfax, lima = public_id(networked, "Sfax"), public_id(networked, "Lima")
    moved = {"name": "Youth", "kind": "department", "parent": lima, "was": was}
    assert [erin.send(address, moved).status_code for _ in range(2)] == [303, 303]
    renamed = {"name": "Young people", "kind": "department", "parent": sfax, "was": was}
    answer = erin.send(address, renamed)
    html = answer.get_data(as_text=True)
    said = "Somebody has changed it meanwhile: it is Peru › Lima › Youth (department) now. Save again to change that."
    assert (answer.status_code, html.count(said), html.count('value="Young people"')) == (422, 2, 1)
    assert erin.send(address, renamed | {"was": "Peru › Lima › Youth (department)"}).status_code == 303
    changes = re.findall(r'<td dir="auto">([^<]*Sfax › Y[^<]*)</td>', erin.page("/en/admin/changes"))
    assert changes == [f"Tunisia › {NETWORK} › Sfax › {name} (department)" for name in ("Young people", "Youth")]
