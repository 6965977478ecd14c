"""The completion report: every figure the same on the page, in the CSV, in the JSON, and on the learner's own page."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from datetime import date

import pytest
from sqlalchemy import select, update

from course.accounts import people
from course.accounts.tables import Membership, Organisation, Person
from course.extensions import db
from course.reports import csv_json
from tests.learners import add_learner, learn
from tests.sheets import as_text, csv_rows, page_figures, read_xlsx
from tests.site import PASSWORD, Site, counted_queries


@pytest.fixture
def learned(site: Site) -> Site:
    """Alice is through, Bob failed one quiz, Nour began in two departments of Sfax, Omar is enrolled only; staff learned."""
    add_learner(site, "Nour Khelifi", ("Tunisia", "Sfax", "Youth"), ("Tunisia", "Sfax", "Culture"))
    add_learner(site, "Omar Sy", ("Tunisia", "Sfax"))
    learn(site, "alice", 2)
    site.later(days=1)
    learn(site, "bob", 1, right=False)
    learn(site, "nour", 1)
    site.later(days=1)
    learn(site, "omar", 0)
    for who in ("carla", "dana", "erin"):
        learn(site, who, 2)
    return site


EXPECTED = {
    # organisation: enrolled, started, not started, passed, completed, certificates; mean and median score, median days
    "all": (4, 3, 1, 1, 1, 1, "75", "100", "0"),
    "Peru": (1, 1, 0, 0, 0, 0, "0", "0", ""),
    "Peru › Lima": (1, 1, 0, 0, 0, 0, "0", "0", ""),
    "Tunisia": (3, 2, 1, 1, 1, 1, "100", "100", "0"),
    "Tunisia › Sfax": (3, 2, 1, 1, 1, 1, "100", "100", "0"),
    "Tunisia › Sfax › Culture": (1, 1, 0, 0, 0, 0, "100", "100", ""),
    "Tunisia › Sfax › Youth": (2, 2, 0, 1, 1, 1, "100", "100", "0"),
    "housing": (4, 3, 1, 2, 2, None, "66", "100", "0"),
    "mobility": (4, 1, 3, 1, 1, None, "100", "100", "0"),
}
CSV_COLUMNS = (
    "enrolled", "started", "not_started", "passed", "completed", "certificates",
    "mean_score_percent", "median_score_percent", "median_days",
)  # fmt: skip
PAGE_COLUMNS = ("enrolled", "started", "not_started", "passed", "completed", "certified", "mean", "median", "days")


def test_an_account_that_is_switched_off_keeps_counting(learned: Site) -> None:
    """In every line, list and past moment."""
    browser = learned.client("erin")
    addresses = [
        f"/en/reports/completion{part}.csv?{query}"
        for part in ("", "/people")
        for query in ("", "module=housing&state=passed", f"as_of={learned.now:%Y-%m-%dT%H:%M}", "who=everyone&state=certified")
    ]
    before = [csv_rows(browser, address) for address in addresses]
    assert [len(rows) for rows in before] == [9, 8, 9, 9, 4, 2, 4, 4]
    with learned.session(write=True) as session:
        off = [learned.ids["alice"], learned.ids["nour"]]
        session.execute(update(Person).where(Person.id.in_(off)).values(deactivated_at=learned.now))
    assert [csv_rows(browser, address) for address in addresses] == before


def test_every_figure_is_the_same_everywhere(learned: Site) -> None:
    browser = learned.client("erin")
    page = page_figures(browser.page("/en/reports/completion"))
    expected = {name: tuple("" if value is None else str(value) for value in line) for name, line in EXPECTED.items()}
    assert {name: tuple(line[c].replace("–", "") for c in PAGE_COLUMNS) for name, line in page.items()} == expected
    rows = csv_rows(browser, "/en/reports/completion.csv")
    named = {row["module"] if row["module"] != "all" else row["organisation"]: row for row in rows}
    assert {name: tuple(row[c] for c in CSV_COLUMNS) for name, row in named.items()} == expected
    answer = json.loads(browser.page("/en/reports/completion.json"))
    assert [{k: "" if v is None else str(v) for k, v in line.items()} for line in answer["lines"]] == rows
    assert list(answer) == ["made_at", "filters", "rules", "lines", "weeks"]
    book = read_xlsx(browser.get("/en/reports/completion.xlsx").get_data())
    assert list(book) == ["Rules", "Completion", "By week"]
    assert [dict(zip(rows[0], map(as_text, line), strict=True)) for line in book["Completion"][1:]] == rows
    assert [line[0] for line in book["Rules"]][-len(answer["rules"]) :] == answer["rules"]
    weeks = {row[0]: (row[1], row[2]) for row in book["By week"][1:] if row[1] or row[2]}
    assert weeks == {(date(2026, 3, 2) - date(1899, 12, 30)).days: (4, 1)}
    assert [week for week in answer["weeks"] if week["began"]] == [{"week": "2026-03-02", "began": 4, "completed": 1}]
    assert len(answer["weeks"]) == len(book["By week"]) - 1 == 26


def test_the_rules_stand_above_the_csv_and_can_be_left_out(learned: Site) -> None:
    browser = learned.client("erin")
    text = browser.page("/en/reports/completion.csv?module=housing").removeprefix("\ufeff")
    above = [row for row in csv.reader(io.StringIO(text, newline="")) if row[0].startswith("# ")]
    rules = json.loads(browser.page("/en/reports/completion.json?module=housing"))["rules"]
    assert [row[0].removeprefix("# ") for row in above] == [
        f"The table begins in row {len(above) + 1}; each row before it begins with #.",
        "Completion", "Made at 2026-03-04T09:00:00+00:00", "module: housing", "who: Learners", *rules,
    ]  # fmt: skip
    bare = browser.page("/en/reports/completion.csv?module=housing&head=0")
    assert bare.startswith("\ufefforganisation,kind,module,")


def test_a_file_says_whose_organisations_it_is_of(learned: Site) -> None:
    """Of those that were asked for, and of a manager's all, in each form; a list of people too, which has no line of them."""
    with learned.session() as session:
        sfax = session.scalars(select(Organisation.public_id).where(Organisation.name == "Sfax")).one()
    for who, query, within in (
        ("erin", "", []), ("erin", f"?organisation={sfax}", ["Tunisia › Sfax"]),
        ("carla", "", ["Tunisia"]), ("carla", f"?organisation={sfax}", ["Tunisia › Sfax"]),
    ):  # fmt: skip
        browser = learned.client(who)
        for report in ("completion", "completion/people", "at-risk"):
            text = browser.page(f"/en/reports/{report}.csv{query}")
            assert re.findall("^# organisation: (.*?)\r?$", text, re.MULTILINE) == within, (who, report)
        for report in ("completion", "completion/people"):
            filters = json.loads(browser.page(f"/en/reports/{report}.json{query}"))["filters"]
            assert filters["organisation"] == "".join(within)


def test_every_number_opens_as_many_people_as_it_says(learned: Site) -> None:
    browser = learned.client("erin")
    html = browser.page("/en/reports/completion")
    links = re.findall(rf'data-column="(?:{"|".join(PAGE_COLUMNS[:6])})"><a href="([^"]+)">(\d+)</a>', html)
    assert len(links) == sum(1 for line in EXPECTED.values() for n in line[:6] if n)
    for address, number in links:
        listed = browser.page(address.replace("&amp;", "&"))
        assert int(re.search(r"<h1>[^:<]+: (\d+) ", listed)[1]) == int(number), address  # type: ignore[index]
        assert len(re.findall(r'<th scope="row"><a href="/en/reports/people/', listed)) == int(number), address


def test_every_week_opens_as_many_people_as_it_says(learned: Site) -> None:
    learned.later(days=7)
    learn(learned, "omar", 2)
    browser = learned.client("erin")
    with learned.session() as session:
        tunisia = session.scalars(select(Organisation.public_id).where(Organisation.name == "Tunisia")).one()
    found = {}
    for query in ("", "?module=housing", f"?module=mobility&organisation={tunisia}&who=everyone"):
        html = browser.page(f"/en/reports/completion{query}")
        for address, number in re.findall(r'<a href="([^"]+week=[^"]+)">(\d+)</a>', html):
            path = address.replace("&amp;", "&")
            listed = browser.page(path)
            assert int(re.search(r"<h1>[^:<]+: (\d+) ", listed)[1]) == int(number), address  # type: ignore[index]
            rows = csv_rows(browser, path.replace("people?", "people.csv?"))
            assert len(rows) == int(number), address
            found[query[:10], *re.search(r"state=(\w+)&week=(\S+)", path).groups()] = int(number)  # type: ignore[union-attr]
    assert found == {
        ("", "enrolled", "2026-03-02"): 4, ("", "completed", "2026-03-02"): 1, ("", "completed", "2026-03-09"): 1,
        ("?module=ho", "started", "2026-03-02"): 3, ("?module=ho", "started", "2026-03-09"): 1,
        ("?module=ho", "completed", "2026-03-02"): 2, ("?module=ho", "completed", "2026-03-09"): 1,
        ("?module=mo", "started", "2026-03-02"): 1, ("?module=mo", "started", "2026-03-09"): 1,
        ("?module=mo", "completed", "2026-03-02"): 1, ("?module=mo", "completed", "2026-03-09"): 1,
    }  # fmt: skip


def test_before_anybody_has_come_the_highest_week_has_nobody(site: Site) -> None:
    def highest() -> list[str]:
        return re.findall(r"Completed · highest (\d+)</p>", site.client("erin").page("/en/reports/completion"))

    with site.session() as session:
        bob = session.get_one(Person, site.ids["bob"]).public_id
    record = site.client("erin").page(f"/en/reports/people/{bob}")
    assert re.search(r"Facts behind the figures</h2>\s+<p>None yet.</p>", record)
    assert highest() == ["0"]
    learn(site, "alice", 1)
    assert highest() == ["1"]


def test_a_week_that_the_trend_has_not_is_not_there(site: Site) -> None:
    browser = site.client("erin")
    for query in ("week=2026-03-03", "week=soon", "week=2026-03-02&state=passed", "week=2026-03-02&module=housing"):
        assert browser.get(f"/en/reports/completion/people?{query}").status_code == 404, query


@pytest.mark.parametrize("path", ["completion", "completion/people", "at-risk", "lessons"])
def test_a_form_of_file_that_is_not_made_is_not_there(site: Site, path: str) -> None:
    site.client("erin").page(f"/en/reports/{path}.ods", 404)


def test_the_learner_sees_what_the_report_says(learned: Site) -> None:
    rows = csv_rows(learned.client("erin"), "/en/reports/completion/people.csv")
    assert {row["name"]: row["percent"] for row in rows} == {
        "Alice Ben Salah": "100", "Bob Quispe": "42", "Nour Khelifi": "57", "Omar Sy": "0",
    }  # fmt: skip
    for who, percent in (("alice", 100), ("bob", 42)):
        assert re.findall(r"(\d+)[\s\xa0\u202f]%", learned.client(who).page("/en/progress"))[0] == str(percent)


def test_a_manager_gets_only_the_subtree_by_every_path(learned: Site) -> None:
    browser = learned.client("carla")
    assert list(page_figures(browser.page("/en/reports/completion"))) == [
        "all", "Tunisia", "Tunisia › Sfax", "Tunisia › Sfax › Culture", "Tunisia › Sfax › Youth", "housing", "mobility",
    ]  # fmt: skip
    assert csv_rows(browser, "/en/reports/completion.csv")[0]["enrolled"] == "3"
    assert [row["name"] for row in csv_rows(browser, "/en/reports/completion/people.csv")] == [
        "Alice Ben Salah", "Nour Khelifi", "Omar Sy",
    ]  # fmt: skip
    with learned.session() as session:
        lima = session.execute(select(Organisation.public_id).where(Organisation.name == "Lima")).scalar_one()
        bob = people.by_email(session, "bob@example.org")
        assert bob is not None
        bob_page = f"/en/reports/people/{bob.public_id}"
    for path in ("completion", "completion.csv", "completion.json", "completion/people", "completion/people.csv"):
        assert browser.get(f"/en/reports/{path}?organisation={lima}").status_code == 404, path
    assert browser.get(bob_page).status_code == 404


@pytest.mark.parametrize("asked", ["", "who=everyone", "module=housing", "since=2026-01-01", "as_of=2026-03-02T09:00Z"])
def test_the_one_organisation_of_a_manager_has_the_figures_of_the_total(learned: Site, asked: str) -> None:
    """Whether they come from the tallies or are counted, and also where it is not the one that was chosen."""
    shown = page_figures(learned.client("carla").page(f"/en/reports/completion?{asked}"))
    assert shown["all"]["enrolled"] != "0"
    assert shown["Tunisia"] == shown["all"]
    rows = csv_rows(learned.client("carla"), f"/en/reports/completion.csv?{asked}")
    whose = {"organisation": "", "kind": ""}
    assert rows[1] | whose == rows[0] | whose


def test_dates_take_both_days_in(learned: Site) -> None:
    browser = learned.client("erin")
    for since, until, enrolled in (
        ("2026-03-02", "2026-03-02", "1"), ("2026-03-03", "2026-03-03", "2"), ("2026-03-02", "2026-03-04", "4"),
        ("", "2026-03-03", "3"), ("2026-03-05", "", "0"),
    ):  # fmt: skip
        rows = csv_rows(browser, f"/en/reports/completion.csv?since={since}&until={until}")
        assert rows[0]["enrolled"] == enrolled, (since, until)


def test_a_wrong_day_is_said_by_its_field(learned: Site) -> None:
    browser = learned.client("erin")
    html = browser.page("/en/reports/completion?since=31.01.2026")
    assert html.count("Write a day as year-month-day, such as 2026-01-31.") == 2
    html = browser.page("/en/reports/completion.csv?since=31.01.2026", status=400)
    assert html.count("Enrolled from: Write a day as year-month-day, such as 2026-01-31. Go back and change it there.") == 1
    html = browser.page("/en/reports/completion?since=2026-02-02&until=2026-02-01")
    assert html.count("The last day is before the first. Change one of them.") == 2


def test_one_module(learned: Site) -> None:
    rows = csv_rows(learned.client("erin"), "/en/reports/completion.csv?module=housing")
    assert [(r["organisation"], r["module"], r["enrolled"], r["passed"], r["mean_score_percent"]) for r in rows] == [
        ("all", "housing", "4", "2", "66"),
        ("Peru", "housing", "1", "0", "0"),
        ("Peru › Lima", "housing", "1", "0", "0"),
        ("Tunisia", "housing", "3", "2", "100"),
        ("Tunisia › Sfax", "housing", "3", "2", "100"),
        ("Tunisia › Sfax › Culture", "housing", "1", "1", "100"),
        ("Tunisia › Sfax › Youth", "housing", "2", "2", "100"),
        ("all", "housing", "4", "2", "66"),
    ]


def test_a_deleted_account_keeps_counting_without_a_name(learned: Site) -> None:
    browser = learned.client("alice")
    browser.page("/en/account/delete")
    assert browser.send("/en/account/delete", {"current_password": PASSWORD}).status_code == 303
    rows = csv_rows(learned.client("erin"), "/en/reports/completion/people.csv")
    assert [(row["name"], row["email"], row["percent"]) for row in rows if row["percent"] == "100"] == [
        ("(deleted account)", "", "100")
    ]
    assert csv_rows(learned.client("erin"), "/en/reports/completion.csv")[0]["enrolled"] == "4"


def test_a_person_who_moved_away_counts_where_they_are_now(learned: Site) -> None:
    with learned.session(write=True) as session:
        session.execute(update(Membership).where(Membership.person_id == learned.ids["bob"]).values(until_at=learned.now))
    rows = {row["organisation"]: row for row in csv_rows(learned.client("erin"), "/en/reports/completion.csv")[:8]}
    assert (rows["all"]["enrolled"], rows["Peru › Lima"]["enrolled"]) == ("4", "0")


def test_queries_do_not_grow_with_organisations_and_people(site: Site) -> None:
    browser, counts = site.client("erin"), []
    for round_ in range(3):
        for n in range(4 * round_):
            add_learner(site, f"L{round_}x{n} X", ("Land", f"City {round_} {n}"))
            learn(site, f"l{round_}x{n}", 1)
        browser.page("/en/reports/completion")
        with counted_queries(site) as said:
            browser.page("/en/reports/completion")
            browser.page("/en/reports/completion/people")
        # Whether the process looks for a newer revision depends on how long ago it did.
        counts.append(len([one for one in said if "publications" not in one and one != "BEGIN"]))
    assert counts[1:] == [counts[1]] * 2 and counts[0] <= counts[1]


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1", "＝1+1", " =1", "\u200b=1", "\r=1"])
def test_no_cell_is_a_formula(name: str) -> None:
    text = "".join(csv_json.csv_lines(("name", "n"), [{"name": name, "n": -5}]))
    row = next(iter(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))))
    assert (row["name"], row["n"]) == (f"'{name}", "-5")


def test_no_letter_or_digit_that_is_taken_as_harmless_begins_a_formula() -> None:
    harmless = [chr(code) for code in range(0x110000) if chr(code) in csv_json.HARMLESS_START]
    assert len(harmless) == 62
    assert [one for one in harmless if unicodedata.normalize("NFKC", one) != one] == []


@pytest.mark.parametrize("name", ["Åsa", "أمينة", "O'Neill", 'a "b", c', "two\nlines", "1 = 1"])
def test_other_texts_come_back_as_they_are(name: str) -> None:
    text = "".join(csv_json.csv_lines(("name",), [{"name": name}]))
    assert next(iter(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))))["name"] == name


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_a_download_gives_its_connection_back(site: Site, form: str) -> None:
    learn(site, "alice", 1)
    browser = site.client("erin")
    with site.app.app_context():
        pool = db.engine.pool
    assert browser.get(f"/en/reports/completion/people.{form}").status_code == 200
    assert pool.checkedout() == 0  # type: ignore[attr-defined]  # the pool of each database here counts


@pytest.mark.parametrize("page", ["completion", "completion/people"])
def test_above_a_report_it_is_said_which_field_is_wrong(site: Site, page: str) -> None:
    html = site.client("erin").page(f"/en/reports/{page}?since=soon&until=2026-02-30")
    said = re.findall(r"<li>(?:<a [^>]+>)?([^<]*)(?:</a>)?</li>", html.partition('class="summary"')[2].partition("</ul>")[0])
    wrong = "Write a day as year-month-day, such as 2026-01-31."
    assert said == [f"Enrolled from: {wrong}", f"Enrolled until: {wrong}"]


def test_where_a_count_takes_seconds_the_form_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    learn(site, "alice", 1)
    erin, told = site.client("erin"), []
    for enough in (2, 1):
        monkeypatch.setattr("course.web.reports.LONG", enough)
        told.append(erin.page("/en/reports/completion").count("among so many people that can take some seconds.</p>"))
    assert told == [0, 1]
