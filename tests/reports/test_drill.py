"""Every figure of every table opens what is behind it; headings in words; what is kept of a module that is retired."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from html import unescape
from urllib.parse import urlencode, urljoin

import pytest
from sqlalchemy import update

from course.accounts import people
from course.accounts.tables import Person
from course.reports import csv_json, headings, item_people, items, lessons
from course.web import at_risk
from tests.courses import take_mobility_out
from tests.learners import add_learner, learn
from tests.sheets import as_text, csv_rows, page_figures, read_xlsx
from tests.site import PEOPLE, Client, Site

PAGE = "/en/reports/completion"


@pytest.fixture
def learned(site: Site) -> Site:
    """Alice is through, Bob failed one quiz, Omar is enrolled only."""
    add_learner(site, "Omar Sy", ("Tunisia", "Sfax"))
    learn(site, "alice", 2)
    learn(site, "bob", 1, right=False)
    learn(site, "omar", 0)
    return site


def retire(site: Site) -> None:
    """Publishes the course without mobility."""
    take_mobility_out(site.folder)
    done = site.publish()
    assert done.is_new, done.problems


def opened(html: str, line: str) -> dict[str, str]:
    """Column → the address that its figure opens, of one line; empty where it opens nothing."""
    cells = next(
        cells for name, cells in re.findall(r'<tr[^>]*data-line="([^"]*)"[^>]*>(.*?)</tr>', html, re.DOTALL) if name == line
    )
    found = re.findall(r'data-column="(\w+)">(.*?)</td>', cells, re.DOTALL)
    return {column: unescape(match[1]) if (match := re.search(r'href="([^"]+)"', cell)) else "" for column, cell in found}


def test_scores_and_days_open_the_people_that_they_are_of(learned: Site) -> None:
    erin = learned.client("erin")
    html = erin.page(PAGE)
    everything, housing = opened(html, "all"), opened(html, "housing")
    assert [column for column, address in (everything | housing).items() if not address] == ["certified"]  # of the course only
    assert everything["mean"] == everything["median"] == f"{PAGE}#modules"
    assert html.count('id="modules"') == 1
    rows = csv_rows(erin, housing["mean"].replace("people?", "people.csv?"))
    assert [(row["name"], row["score_percent"]) for row in rows] == [("Alice Ben Salah", "100"), ("Bob Quispe", "0")]
    figures = page_figures(html)["housing"]
    assert (figures["mean"], figures["median"], housing["median"]) == ("50", "50", housing["mean"])
    rows = csv_rows(erin, housing["days"].replace("people?", "people.csv?"))
    assert [(row["name"], row["started_at"], row["completed_at"]) for row in rows] == [
        ("Alice Ben Salah", "2026-03-02T09:00:00+00:00", "2026-03-02T09:00:00+00:00")
    ]
    assert erin.page(housing["mean"]).count("<h1>With a score: 2 people</h1>") == 1
    assert erin.get(f"{PAGE}/people?state=scored").status_code == 404  # on the whole course a person has many


def test_the_weeks_are_a_csv_of_their_own(learned: Site) -> None:
    erin = learned.client("erin")
    [address] = re.findall(r'href="([^"]+)">CSV of the weeks', erin.page(f"{PAGE}?module=housing"))
    rows = csv_rows(erin, unescape(address))
    assert [row for row in rows if row["began"] != "0"] == [{"week": "2026-03-02", "began": "2", "completed": "1"}]
    assert len(rows) == 26


def test_every_column_has_a_heading_in_every_language() -> None:
    tables = (
        csv_json.COMPLETION_COLUMNS, csv_json.WEEK_COLUMNS, csv_json.PEOPLE_COLUMNS,
        at_risk.COLUMNS, lessons.COLUMNS, items.COLUMNS, item_people.COLUMNS,
    )  # fmt: skip
    for language in headings.LANGUAGES:
        for columns in tables:
            over = headings.over(columns, language)
            assert len(set(over)) == len(over), (language, over)
            assert [csv_json.safe(one) for one in over] == over
    assert {column for columns in tables for column in columns} == set(headings.WORDS)
    assert headings.over(lessons.COLUMNS, "") == list(lessons.COLUMNS)


def test_headings_are_in_the_language_that_was_chosen_and_the_rows_the_same(learned: Site) -> None:
    erin = learned.client("erin")
    plain = csv_rows(erin, f"{PAGE}.csv")
    html = erin.page(f"{PAGE}?headings=ar")
    [address] = [unescape(one) for one in re.findall(r'href="([^"]+completion\.csv[^"]*headings=ar)">CSV<', html)]
    for path, columns in (
        (address, csv_json.COMPLETION_COLUMNS),
        (address.replace(".csv", "/people.csv"), csv_json.PEOPLE_COLUMNS),
    ):
        text = erin.get(f"{path}&head=0").get_data().decode("utf-8-sig")
        assert text.splitlines()[0] == ",".join(headings.over(columns, "ar"))
    book = erin.get(address.replace(".csv", ".xlsx")).get_data()
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        turned = [parts.read(f"xl/worksheets/sheet{number}.xml").count(b'rightToLeft="1"') for number in (1, 2, 3)]
    assert turned == [0, 1, 1]  # the rules are in English
    sheet = read_xlsx(book)["Completion"]
    assert sheet[0] == headings.over(csv_json.COMPLETION_COLUMNS, "ar")
    assert [list(map(as_text, line)) for line in sheet[1:]] == [list(row.values()) for row in plain]
    assert erin.get(f"{PAGE}.csv?headings=xx").status_code == 404


def test_a_retired_module_is_asked_for_like_any_other(learned: Site) -> None:
    before = csv_rows(learned.client("erin"), f"{PAGE}.csv?module=mobility")
    retire(learned)
    learned.later(days=1)
    erin = learned.client("erin")
    assert csv_rows(erin, f"{PAGE}.csv?module=mobility") == before
    html = erin.page(f"{PAGE}?module=mobility")
    assert html.count('<option value="mobility" selected>Mobility (retired)</option>') == 1
    for address, form in (
        (f"{PAGE}/mail?module=mobility", {"every": "week"}),
        ("/en/reports/exports?report=people&module=mobility", {"form": "csv"}),
    ):
        assert erin.send(address, form).status_code == 303, address
    for module in ("none", "x" * 200):
        assert erin.get(f"{PAGE}?module={module}").status_code == 404
    assert erin.get(f"{PAGE}?language=en%20or").status_code == 404


def test_nobody_is_at_risk_in_a_module_that_is_retired(learned: Site) -> None:
    def reasons(browser: Client) -> list[tuple[str, str]]:
        return [(row["reason"], row["module"]) for row in csv_rows(browser, "/en/reports/at-risk.csv?days=30")]

    for _ in range(2):
        learn(learned, "omar", 2, right=False)
    assert reasons(learned.client("erin")) == [("Failed attempts", "housing"), ("Failed attempts", "mobility")]
    retire(learned)
    learned.later(seconds=5)
    assert reasons(learned.client("erin")) == [("Failed attempts", "housing")]


def test_at_risk_says_by_which_language_it_is_limited(learned: Site) -> None:
    learned.later(days=20)
    with learned.session(write=True) as session:
        people.set_language(session, session.get_one(Person, learned.ids["bob"]), "es", by_id=None, now=learned.now)
    erin, rule = learned.client("erin"), "Language limits the report to people who had chosen it for their account."
    everybody, some = (erin.page(f"/en/reports/at-risk{query}") for query in ("", "?language=en"))
    assert (everybody.count("Bob Quispe"), everybody.count(rule), everybody.count('<option value="en" selected>')) == (1, 0, 0)
    assert (some.count("Bob Quispe"), some.count(rule), some.count('<option value="en" selected>')) == (0, 1, 1)
    for query in ("module=housing", "since=2026-03-01", "until=2026-03-01", "as_of=2026-03-03"):
        assert erin.get(f"/en/reports/at-risk?{query}").status_code == 400, query


def test_a_moment_that_is_hardly_past_says_so(learned: Site) -> None:
    words = "something that was being saved then may be missing"
    learned.later(minutes=1)
    for seconds, told in ((59, 1), (0, 0)):
        erin = learned.client("erin")
        moment = f"as_of=2026-03-02T09:00:{seconds:02}"
        for path in (PAGE, f"{PAGE}.csv", f"{PAGE}.json", f"{PAGE}/people", f"{PAGE}/people.csv"):
            assert erin.page(f"{path}?{moment}").count(words) == told, (path, seconds)


def test_figures_of_lessons_open_their_people_to_administrators(learned: Site) -> None:
    learn(learned, "omar", 2, right=False)
    figures = opened(learned.client("erin").page("/en/reports/lessons"), "housing/monday")
    assert {column: bool(address) for column, address in figures.items()} == {
        "opened": True, "done": True, "minutes": False, "stopped": True,
    }  # fmt: skip
    for column, names in (
        ("opened", ["Alice", "Bob", "Omar"]),
        ("done", ["Alice", "Bob", "Omar"]),
        ("stopped", ["Bob", "Omar"]),
    ):
        html = learned.client("erin").page(figures[column])
        assert [name.split()[0] for name in re.findall(r'<th scope="row"><a [^>]+>([^<]+)</a>', html)] == names, column
        assert html.count(f": {len(names)} people</h1>") == 1
    dana = learned.client("dana")
    assert dana.page("/en/reports/lessons").count("/lessons/people") == 0
    assert dana.get(figures["opened"]).status_code == 403
    for query in (
        "module=none&lesson=monday&state=done",
        "module=housing&lesson=none&state=done",
        "module=housing&lesson=monday",
    ):
        assert learned.client("erin").get(f"/en/reports/lessons/people?{query}").status_code == 404


def test_how_many_have_a_role_opens_them(learned: Site) -> None:
    erin = learned.client("erin")
    counts = re.findall(r'<dd><a href="([^"]+)">(\d+)</a></dd>', erin.page("/en/admin/"))
    assert [(address.rpartition("role=")[2], number) for address, number in counts] == [
        ("learner", "4"), ("author", "1"), ("administrator", "1"),
    ]  # fmt: skip
    for address, number in counts:
        assert len(re.findall('<tr><th scope="row">', erin.page(address))) == int(number), address


def test_people_are_found_by_a_part_of_their_name_or_address(site: Site) -> None:
    erin, found = site.client("erin"), {}
    for words in ("BEN SAL", "carla@", "%", "_", "\\"):
        page = erin.page(f"/en/admin/people?{urlencode({'words': words})}")
        found[words] = re.findall(r'<tr><th scope="row"><a [^>]+>([^<]+)', page)
    assert found == {"BEN SAL": ["Alice Ben Salah"], "carla@": [PEOPLE["carla"][0]], "%": [], "_": [], "\\": []}


def test_who_changed_what_stands_on_one_page(learned: Site) -> None:
    erin = learned.client("erin")
    erin.page("/en/admin/organisations")
    erin.send("/en/admin/organisations", {"kind": "country", "parent": "", "name": "Chile"})
    with learned.session() as session:
        bob = session.get_one(Person, learned.ids["bob"]).public_id
    learned.later(minutes=1)
    erin.send(f"/en/admin/people/{bob}/role", {"role": "author", "why": "Writes on housing"})
    learned.later(minutes=1)
    code = re.findall(r"/certificates/([A-Z0-9-]+)", learned.client("alice").page("/en/progress"))[0]
    erin = learned.client("erin")
    erin.page("/en/admin/")
    for why in ("Issued twice", "Sent from another tab"):
        assert erin.send(f"/en/admin/certificates/{code}/revoke", {"why": why}).status_code == 303
    assert erin.page(f"/verify/{code}").count("Issued twice") == 1
    html = erin.page("/en/admin/changes")
    lines = [
        [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", html)
    ]
    assert [line[1:] for line in lines if line[1:2] == ["Erin Vidal"]] == [
        ["Erin Vidal", "certificate revoked", "Alice Ben Salah", "", "", "Issued twice"],
        ["Erin Vidal", "role", "Bob Quispe", "learner", "author", "Writes on housing"],
        ["Erin Vidal", "organisation", "–", "", "Chile (country)", ""],
    ]
    assert [line[2:3] for line in lines].count(["published"]) == 1


def test_the_csv_of_items_says_what_its_figures_mean(learned: Site) -> None:
    erin, path = learned.client("erin"), "/en/author/housing/analysis"
    for _ in range(3):
        add = add_learner(learned, f"L{_} X")
        learn(learned, add, 1)
    text = erin.page(f"{path}.csv").removeprefix("\ufeff")
    above = [row[0] for row in csv.reader(io.StringIO(text, newline="")) if row[0].startswith("# ")]
    assert above[-len(items.DEFINITIONS) :] == [f"# {name}: {words}" for name, words in items.DEFINITIONS]
    book = read_xlsx(erin.get(f"{path}.xlsx").get_data())
    assert list(book) == ["Rules", "Item analysis"]
    assert [f"# {line[0]}" for line in book["Rules"]] == above[1:]
    assert erin.get(f"{path}.pdf").status_code == 404


@pytest.mark.parametrize(
    "query", ["until=9999-12-31", "since=9999-12-31", "as_of=9999-12-31T23:59-12:00", "as_of=0001-01-01T00:00%2B14:00"]
)
def test_the_end_of_the_calendar_is_a_day_like_any_other(site: Site, query: str) -> None:
    assert site.client("erin").get(f"{PAGE}?{query}").status_code == 200


def test_a_week_that_has_not_come_is_not_there(site: Site) -> None:
    assert site.client("erin").get(f"{PAGE}/people?week=9999-12-27").status_code == 404


@pytest.mark.parametrize("path", ["reports/at-risk", "reports/completion/people", "admin/people", "admin/changes"])
def test_a_page_beyond_all_numbers_is_a_page(site: Site, path: str) -> None:
    assert site.client("erin").get(f"/en/{path}?page={10**30}").status_code == 200


def test_a_printed_report_says_by_what_it_is_limited(learned: Site) -> None:
    with learned.session(write=True) as session:
        session.execute(update(Person).where(Person.id == learned.ids["bob"]).values(language="fr"))
    query = "language=fr&who=everyone&since=2026-03-01&until=2026-03-05"
    for path in (PAGE, f"{PAGE}/people"):
        html = learned.client("erin").page(f"{path}?{query}")
        lead = re.sub(r"\s+", " ", re.findall(r'<p class="lead">(.*?)</p>', html, re.DOTALL)[0])
        limits = "language fr · learners and staff · enrolled from 1 March 2026 · enrolled until 5 March 2026"
        assert lead.count(f"all modules · {limits}") == 1, path


def test_a_page_behind_the_last_is_not_a_list_of_nobody(learned: Site) -> None:
    learned.later(days=30)
    browser = learned.client("erin")
    for path in (
        "reports/completion/people?state=started&module=housing",
        "reports/at-risk?days=3",
        "reports/lessons/people?module=housing&lesson=rooms&state=opened",
        "admin/people?words=bob&role=learner",
    ):
        html = browser.page(f"/en/{path}&page=7")
        [first] = re.findall(r'<p>The list ends on page 1. <a href="([^"]+)">Its first page</a></p>', html)
        assert browser.page(urljoin(f"/en/{path}", unescape(first))).count("<tbody><tr><th") == 1
    behind = browser.page("/en/admin/changes?page=7")
    assert behind.count('<p>The record ends before page 7. <a href="/en/admin/changes">Its first page</a></p>') == 1
    assert behind.count("<table") == 0
    assert browser.page("/en/reports/completion/people?words=nobody&page=7").count("Nobody of this name is counted here.") == 1


@pytest.mark.parametrize("path", ["completion", "at-risk"])
def test_a_language_that_the_course_has_no_more_stays_chosen(site: Site, path: str) -> None:
    erin = site.client("erin")
    assert erin.get(f"/en/reports/{path}?language=pt").status_code == 404  # nobody has ever chosen it
    with site.session(write=True) as session:
        session.execute(update(Person).where(Person.id == site.ids["bob"]).values(language="pt"))
    html = erin.page(f"/en/reports/{path}?language=pt")
    assert html.count('<option value="pt" selected>pt</option>') == 1
