"""What a manager is told of people who belong elsewhere too, or did; and what is behind a person's figures."""

from __future__ import annotations

import json
import re
import threading
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import event

from course.accounts import organisations, people
from course.accounts.tables import Person
from course.extensions import engines
from course.learning import lessons
from course.publishing.revisions import live_digest, restore
from course.reports.filters import WORDS_RULE
from tests.learners import add_learner, learn
from tests.records import walk
from tests.sheets import csv_rows, read_xlsx
from tests.site import Client, Site

HOME, AWAY = "Tunisia › Sfax › Youth", "Peru › Lima"
CODE = r"/verify/[A-Z0-9-]+"
LIST = "/en/reports/completion/people"


def nour(site: Site) -> str:
    """The address of a person who belongs to a department of Sfax, and to Lima, and has begun."""
    who = add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax", "Youth"), ("Peru", "Lima"))
    learn(site, who, 1)
    return record(site, who)


def record(site: Site, who: str) -> str:
    with site.session() as session:
        return f"/en/reports/people/{session.get_one(Person, site.ids[who]).public_id}"


def homes(browser: Client, query: str = "") -> dict[str, list[str]]:
    """Where somebody belongs, on the page and in each file."""
    row = next(cells for cells in re.findall(r"<tr>(.*?)</tr>", browser.page(f"{LIST}{query}"), re.DOTALL) if "Nour" in cells)
    sheet = read_xlsx(browser.get(f"{LIST}.xlsx{query}").get_data())["People"]
    found = {
        "page": re.findall("<td><bdi>(.*?)</bdi></td>", row)[0],
        "csv": csv_rows(browser, f"{LIST}.csv{query}")[-1]["organisations"],
        "json": json.loads(browser.page(f"{LIST}.json{query}"))["people"][-1]["organisations"],
        "xlsx": sheet[-1][sheet[0].index("organisations")],
    }
    return {form: str(text).split("; ") for form, text in found.items()}


def test_a_manager_is_not_told_where_else_somebody_belongs(site: Site) -> None:
    learn(site, "alice", 0)
    address = nour(site)
    forms = ("page", "csv", "json", "xlsx")
    moment = f"?as_of={site.later(hours=1):%Y-%m-%dT%H:%M}"
    for query in ("", moment):
        assert homes(site.client("carla"), query) == {form: [HOME] for form in forms}, query
        assert homes(site.client("erin"), query) == {form: [HOME, AWAY] for form in forms}, query
    seen = {who: site.client(who).page(address) for who in ("carla", "erin")}
    assert {who: (html.count(HOME), html.count(AWAY)) for who, html in seen.items()} == {"carla": (2, 0), "erin": (2, 2)}


def test_a_record_says_where_somebody_has_belonged_and_what_each_fact_comes_from(site: Site) -> None:
    address = nour(site)
    with site.session(write=True) as session:
        lima = next(p.id for p, _role in organisations.of_person(session, site.ids["nour"]) if p.path == ("Peru", "Lima"))
        left = site.later(days=1)
        people.leave(session, person_id=site.ids["nour"], organisation_id=lima, role="member", now=left)
    html = site.client("erin").page(address)
    rows = [
        re.findall(r"<t[hd][^>]*>(?:<bdi>)?(.*?)(?:</bdi>)?</t[hd]>", row, re.DOTALL)
        for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    ]
    assert [row for row in rows if row[0] in (HOME, AWAY)] == [
        [AWAY, "member", "2 Mar 2026, 09:00 UTC", "3 Mar 2026, 09:00 UTC"],
        [HOME, "member", "2 Mar 2026, 09:00 UTC", "now"],
    ]
    facts = [[re.sub(r"\s+", " ", cell).strip() for cell in row] for row in rows if len(row) == 4 and "UTC" in row[0]]
    sources = {words: source for _at, words, source, _revision in facts}
    assert sources["Completed the module Housing"] == "the rule of the module, met by the facts before it"
    assert sources["Started attempt 1 at the quiz of Housing"] == "the learner · attempt 1"
    assert sources["Marked as done the lesson “Rooms before rules” of Housing"] == "the learner"


def test_a_deleted_account_leads_to_no_name(site: Site) -> None:
    learn(site, "alice", 2)
    address, erin = record(site, "alice"), site.client("erin")
    assert len(re.findall(CODE, erin.page(address))) == 1
    with site.session(write=True) as session:
        people.erase(session, session.get_one(Person, site.ids["alice"]), by_id=None, now=site.now)
    html = erin.page(address)
    assert (re.findall(CODE, html), html.count("Alice")) == ([], 0)
    assert html.count("issued 2 March 2026; its code leads to a name and is not shown") == 1


def test_every_fact_is_there(site: Site) -> None:
    """However many: a person who undid a lesson three hundred times has them all, page by page."""
    learn(site, "alice", 1)
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        module = course.modules[0]
        where: dict[str, Any] = {
            "person_id": site.ids["alice"],
            "course": course,
            "module": module,
            "lesson": module.lessons[0],
        }
        for seen in range(1, 601, 2):
            lessons.undo(session, seen=seen, now=site.now, **where)
            lessons.mark_done(session, seen=seen + 1, now=site.now, **where)
    pages = walk(site.client("erin"), record(site, "alice"), "", "Older")
    lines = [line for page in pages for line in page]
    assert len([line for line in lines if "Took back “done” of the lesson “Rooms before rules” of Housing" in line]) == 300


def test_a_list_is_of_one_moment_however_long_it_takes(site: Site) -> None:
    """Somebody moves to a new organisation after the tree was read and before the people are."""
    nour(site)
    moved: list[bool] = []

    def move() -> None:
        with site.session(write=True) as session:
            for place, role in organisations.of_person(session, site.ids["nour"]):
                people.leave(session, person_id=site.ids["nour"], organisation_id=place.id, role=role, now=site.now)
            there = organisations.find_or_add(session, parent_id=None, kind="country", name="Chile", now=site.now)
            people.join(session, person_id=site.ids["nour"], organisation_id=there, role="member", now=site.now)

    def beside(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if re.search(r"string_agg|group_concat", statement) and not moved:
            moved.append(True)
            writer = threading.Thread(target=move)
            writer.start()
            writer.join(timeout=4)

    with site.app.app_context():
        for engine in engines():
            event.listen(engine, "before_cursor_execute", beside)
    erin = site.client("erin")
    assert [row["organisations"] for row in csv_rows(erin, f"{LIST}.csv")] == [f"{HOME}; {AWAY}"]
    assert [row["organisations"] for row in csv_rows(erin, f"{LIST}.csv")] == ["Chile"]
    assert moved == [True]


def test_where_somebody_stands_in_a_list_does_not_tell_their_name(site: Site) -> None:
    for name in ("Zora Q", "Nour Khelifi", "Anna B"):
        learn(site, add_learner(site, name, ("Tunisia", "Sfax")), 0)
    moment = site.later(hours=1)
    with site.session(write=True) as session:
        for who in ("zora", "anna"):
            [(place, role)] = organisations.of_person(session, site.ids[who])
            people.leave(session, person_id=site.ids[who], organisation_id=place.id, role=role, now=site.later(hours=1))
    carla, query = site.client("carla"), f"?as_of={moment:%Y-%m-%dT%H:%M}"
    gone = "(no longer within what you may see)"
    assert re.findall(r'<th scope="row">(?:<a[^>]*>)?([^<]+)', carla.page(f"{LIST}{query}")) == [gone, gone, "Nour Khelifi"]
    assert [row["name"] for row in csv_rows(carla, f"{LIST}.csv{query}")] == [gone, gone, "Nour Khelifi"]


def test_a_manager_finds_by_name_whom_they_may_see(site: Site) -> None:
    """On the page and in files: nobody of elsewhere, nobody who has left, and no sign that means something to a database."""
    for name, path in (
        ("Nour Khelifi", ("Tunisia", "Sfax")),
        ("Nourdine B", ("Tunisia", "Sfax")),
        ("Noura P", ("Peru", "Lima")),
    ):
        learn(site, add_learner(site, name, path), 0)
    moment = site.later(hours=1)
    with site.session(write=True) as session:
        [(place, role)] = organisations.of_person(session, site.ids["nourdine"])
        people.leave(session, person_id=site.ids["nourdine"], organisation_id=place.id, role=role, now=site.later(hours=1))
    as_of = f"as_of={moment:%Y-%m-%dT%H:%M}"
    for who, query, names in (
        ("carla", "words=nour", ["Nour Khelifi"]), ("carla", f"words=nour&{as_of}", ["Nour Khelifi"]),
        ("erin", "words=nour", ["Nour Khelifi", "Noura P", "Nourdine B"]),
        ("erin", "words=khel&state=not_started", ["Nour Khelifi"]),
        ("erin", "words=khel&state=completed", []), ("erin", "words=%25", []), ("erin", "words=_", []),
        ("carla", f"words=no+longer&{as_of}", []),
    ):  # fmt: skip
        browser = site.client(who)
        assert re.findall(r'<th scope="row">(?:<a[^>]*>)?([^<]+)', browser.page(f"{LIST}?{query}")) == names, query
        assert [row["name"] for row in csv_rows(browser, f"{LIST}.csv?{query}")] == names, query
    told = json.loads(site.client("erin").page(f"{LIST}.json?words=nour"))
    assert (told["filters"]["name"], [rule for rule in told["rules"] if rule.startswith("Name ")]) == ("nour", [WORDS_RULE])


def test_a_name_is_found_however_its_letters_are_typed(site: Site) -> None:
    learn(site, add_learner(site, "Łukasz Élodie"), 0)
    browser = site.client("erin")
    for words in ("élodie", "ÉLODIE", "E\u0301lodie", "éL", "elodie", "z e", "łukasz", "ŁUKASZ  É", "\0Łuk"):
        asked = urlencode({"words": words})
        assert browser.page(f"/en/reports/completion/people?{asked}").count("<h1>Enrolled: 1 person</h1>") == 1, words
        assert browser.page(f"/en/admin/people?{asked}").count("Łukasz Élodie</a>") == 1, words


def test_people_are_listed_in_the_order_of_the_letters_of_their_names(site: Site) -> None:
    """On every page and in each file; somebody who takes another name stands elsewhere from then on."""
    for name in ("Zoe Paz", "Álvaro Paz", "de la Cruz Paz", "Émile Paz"):
        learn(site, add_learner(site, name, ("Tunisia", "Sfax")), 0)
    browser = site.client("erin")

    def listed() -> list[list[str]]:
        pages = [browser.page(f"{path}?words=paz") for path in (LIST, "/en/admin/people")]
        found = [re.findall(r'<th scope="row"><a[^>]*>(.+? Paz)<', page) for page in pages]
        return [*found, [row["name"] for row in csv_rows(browser, f"{LIST}.csv") if row["name"].endswith(" Paz")]]

    assert listed() == [["Álvaro Paz", "de la Cruz Paz", "Émile Paz", "Zoe Paz"]] * 3
    with site.session(write=True) as session:
        people.call(session.get_one(Person, site.ids["zoe"]), "Çelik Paz")
    assert listed() == [["Álvaro Paz", "Çelik Paz", "de la Cruz Paz", "Émile Paz"]] * 3
