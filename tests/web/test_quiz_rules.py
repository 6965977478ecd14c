"""Every rule of a quiz as learners meet it on the pages: waiting, attempts, counts, pools, shuffling, hints, review, time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

import quizzes
from course import cli
from course.accounts.tables import Change, Person
from course.learning import attempts, lessons
from course.learning.tables import Attempt, Fact, ModuleState
from course.publishing.revisions import live_digest, restore
from course.verifying.checking import Check
from course.web.quiz import left_in_words
from tests.courses import write_small_course
from tests.rig.together import at_once
from tests.site import Client, Site

QUIZ = "/en/modules/mobility/quiz"
RIGHT = {"who-travels": "nurses", "paint-first": "true", "seats": "20"}


def rules(site: Site, text: str) -> None:
    """Publishes the quiz of mobility with other rules at its head."""
    path = site.folder / "mobility" / "quiz.yaml"
    path.write_text(path.read_text().replace("attempts: 0\n", text))
    assert site.publish().is_new


def begin(browser: Client) -> str:
    """Starts or goes on; returns the attempt's address."""
    browser.page(QUIZ)
    found = re.match(r"/en/attempts/[\w-]+/", browser.send(QUIZ).location)
    assert found is not None
    return found.group()


def respond(browser: Client, attempt: str, *items: str) -> None:
    for item in items:
        assert browser.send(attempt, {"item": item, f"r.{item}": RIGHT[item], "then": "check"}).status_code == 303


def take(browser: Client, *items: str) -> str:
    """A whole attempt with the right responses to the items named; returns the result page."""
    attempt = begin(browser)
    respond(browser, attempt, *items)
    answer = browser.send(attempt, {"then": "close"})
    assert answer.location == f"{attempt}result"
    return browser.page(answer.location)


def attempts_in(site: Site) -> int:
    with site.session() as session:
        return session.execute(select(func.count()).select_from(Attempt)).scalar_one()


def test_attempts_left_are_told_and_kept(site: Site) -> None:
    rules(site, "attempts: 2\n")
    browser = site.client("alice")
    assert "<strong>2 attempts</strong>, 2 left." in browser.page(QUIZ)
    assert "1 attempt left." in take(browser)
    assert "<strong>2 attempts</strong>, 1 left." in browser.page(QUIZ)
    assert "No attempt is left." in take(browser)
    page = browser.page(QUIZ)
    assert "<strong>2 attempts</strong>, 0 left." in page
    assert "Start attempt" not in page
    assert browser.send(QUIZ).location == QUIZ
    assert attempts_in(site) == 2


def test_the_time_between_two_attempts_is_told_and_kept(site: Site) -> None:
    rules(site, "attempts: 0\nwait_minutes: 60\n")
    browser = site.client("alice")
    take(browser)
    site.later(minutes=20)
    assert "The next attempt may start in 40 minutes." in browser.page(QUIZ)
    assert browser.send(QUIZ).location == QUIZ
    site.later(minutes=40)
    assert "Start attempt 2" in browser.page(QUIZ)
    begin(browser)
    assert attempts_in(site) == 2


@pytest.mark.parametrize(("counts", "expected"), [("best", "100"), ("last", "33"), ("first", "66"), ("average", "66")])
def test_what_counts_is_the_same_on_every_page(site: Site, counts: str, expected: str) -> None:
    rules(site, f"attempts: 0\ncounts: {counts}\n")
    browser = site.client("alice")
    take(browser, "who-travels", "seats")
    take(browser, *RIGHT)
    result = take(browser, "who-travels")
    assert f"What counts over all attempts: {expected}\u00a0%." in result
    assert f"What counts now: {expected}\u00a0%." in browser.page(QUIZ)
    row = re.search(r'<tr data-module="mobility">.*?</tr>', browser.page("/en/progress"), re.DOTALL)
    assert row is not None
    assert f'<td class="n">{expected}\u00a0%</td>' in row.group()
    with site.session() as session:
        state = session.get_one(ModuleState, (site.ids["alice"], "mobility"))
        assert state.score_ppm is not None
        assert state.score_ppm // 10_000 == int(expected)


def test_a_pool_draws_once_for_an_attempt_and_its_result_counts_what_was_drawn(site: Site) -> None:
    path = site.folder / "mobility" / "quiz.yaml"
    text = re.sub(r"(  kind: (?:single_choice|numeric))", r"\1\n  tags: [some]", path.read_text())
    path.write_text(text.replace("attempts: 0\n", "attempts: 0\npools:\n- {tag: some, draw: 1}\n"))
    assert site.publish().is_new
    browser = site.client("alice")
    assert "<strong>2 items</strong>, 2 points." in browser.page(QUIZ)
    assert "2 items · pass mark" in browser.page("/en/modules/mobility/")
    drawn: set[str] = set()
    for _ in range(40):  # each draws one of two: that both never come is not to be expected in any life
        if drawn == {"who-travels", "seats"}:
            break
        attempt = begin(browser)
        first, again = ([name(browser.page(f"{attempt}{n}")) for n in (1, 2)] for _ in range(2))
        assert first == again
        assert browser.get(f"{attempt}3").status_code == 404
        drawn.add(next(one for one in first if one != "paint-first"))
        respond(browser, attempt, *first)
        for outside in set(RIGHT) - set(first):  # an item that was not drawn is none of this attempt
            browser.send(attempt, {"item": outside, f"r.{outside}": RIGHT[outside], "then": "check"})
        browser.send(attempt, {"then": "close"})
        result = browser.page(f"{attempt}result")
        assert "2 of 2 points" in result
        assert re.findall(r'id="item-([\w-]+)"', result) == first
    assert drawn == {"who-travels", "seats"}


def name(page: str) -> str:
    found = re.search(r'name="item" value="([\w-]+)"', page)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize(("shuffle", "orders"), [("true", 2), ("false", 1)])
def test_items_are_shuffled_by_the_attempt_and_not_by_the_page(site: Site, shuffle: str, orders: int) -> None:
    rules(site, f"attempts: 0\nshuffle: {shuffle}\n")
    browser, seen = site.client("alice"), set()
    for _ in range(16):
        attempt = begin(browser)
        once, twice = (tuple(name(browser.page(f"{attempt}{n}")) for n in (1, 2, 3)) for _ in range(2))
        assert once == twice
        seen.add(once)
        browser.send(attempt, {"then": "close"})
    assert min(len(seen), 2) == orders


def test_a_hint_costs_once_however_often_its_button_is_sent(site: Site) -> None:
    path = site.folder / "mobility" / "quiz.yaml"
    hints = "  hints: [{text: Half is 20., cost: 1/4}, {text: It is 20., cost: 1/4}]\n"
    path.write_text(path.read_text().replace("- id: seats\n", f"- id: seats\n{hints}"))
    assert site.publish().is_new
    browser = site.client("alice")
    attempt = begin(browser)
    number = next(n for n in (1, 2, 3) if name(browser.page(f"{attempt}{n}")) == "seats")
    page = browser.page(f"{attempt}{number}")
    assert "Hint (costs ¼ of a point)" in page
    taken = {"item": "seats", "r.seats": "", "hints": "0", "hint": "seats"}
    for _ in range(3):  # a double click, a reload, another tab with the page of before
        assert browser.send(attempt, taken).location == f"{attempt}{number}"
    page = browser.page(f"{attempt}{number}")
    assert "Half is 20." in page
    assert "It is 20." not in page
    stale = {"item": "seats", "r.seats": "20", "hints": "0", "then": "check"}
    browser.send(attempt, stale)  # a page from before the hint gives nothing back
    browser.send(attempt, {"then": "close"})
    result = browser.page(f"{attempt}result")
    assert "¾ of 3 points" in result
    item = re.search(r'id="item-seats">.*?</li>', result, re.DOTALL)
    assert item is not None
    assert "¾ of 1" in item.group()


@pytest.mark.parametrize(
    ("points", "words"), [("1", "¼ of a point"), ("2", "½ of a point"), ("4", "1 point"), ("6", "1½ points")]
)
def test_what_a_hint_costs_is_said_of_the_points_of_its_item(site: Site, points: str, words: str) -> None:
    path = site.folder / "mobility" / "quiz.yaml"
    hints = f"  points: {points}\n  hints: [{{text: Half is 20., cost: 1/4}}]\n"
    path.write_text(path.read_text().replace("- id: seats\n", f"- id: seats\n{hints}"))
    assert site.publish().is_new
    browser = site.client("alice")
    attempt = begin(browser)
    pages = (browser.page(f"{attempt}{n}") for n in (1, 2, 3))
    assert re.findall(r">Hint \(costs ([^)]*)\)<", next(page for page in pages if name(page) == "seats")) == [words]


@pytest.mark.parametrize("review", ["never", "after_attempt", "after_pass", "no_attempts_left"])
def test_the_key_is_shown_when_the_rule_says_so(site: Site, review: str) -> None:
    rules(site, f"attempts: 2\nreview: {review}\n")
    browser = site.client("alice")
    key = "<summary>The key</summary>"
    assert (key in take(browser)) == (review == "after_attempt")
    result = re.search(r"/en/attempts/[\w-]+/result", browser.page(QUIZ))
    assert result is not None
    attempt = begin(browser)  # the last attempt is open: it is one that is left
    assert (key in browser.page(result.group())) == (review == "after_attempt")
    respond(browser, attempt, *RIGHT)
    browser.send(attempt, {"then": "close"})
    assert (key in browser.page(result.group())) == (review != "never")


def test_a_wrong_response_leads_to_the_lesson_to_read_again(site: Site) -> None:
    result = take(site.client("alice"), "who-travels", "seats")
    links = re.findall(r'Read again: <a href="([^"]+)">', result)
    assert links == ["/en/modules/mobility/streets"]


def limited(site: Site, minutes: int = 20) -> None:
    rules(site, f"attempts: 3\ntime_limit_minutes: {minutes}\n")


def test_a_time_limit_is_told_before_and_during_and_kept(site: Site) -> None:
    limited(site)
    browser = site.client("alice")
    assert "<strong>20 minutes</strong>. The clock starts with the attempt" in browser.page(QUIZ)
    attempt = begin(browser)
    respond(browser, attempt, "seats")
    site.later(minutes=8, seconds=30)
    for page in (browser.page(f"{attempt}1"), browser.page(f"{attempt}check")):
        assert 'data-closes="2026-03-02T09:20:00+00:00"' in page
        assert 'Closes by itself at 2 Mar 2026, 09:20 UTC, <span id="time-left">in 11 minutes</span>.' in page
    site.later(minutes=11, seconds=30)
    late = browser.send(attempt, {"item": "who-travels", "r.who-travels": "nurses", "then": "2"})
    assert late.location == f"{attempt}result?notice=time-over"
    page = browser.page(late.location)
    assert "This came after the time was over, so nothing of it was saved. What was saved in time counts." in page
    assert "1 of 3 points" in page
    assert "closed by itself, when its time was over, 2 Mar 2026, 09:20 UTC" in page
    script = browser.send(attempt, {"item": "seats", "r.seats": "20"}, headers={"X-Requested-With": "course"})
    assert (script.status_code, script.json) == (409, {"saved": False, "because": "closed"})


LOOKS: dict[str, Callable[[Site], object]] = {
    "its own page": lambda site: site.client("alice").get("/en/progress"),
    "home": lambda site: site.client("alice").get("/en/"),
    "the module": lambda site: site.client("alice").get("/en/modules/mobility/"),
    "the quiz": lambda site: site.client("alice").get(QUIZ),
    "starting another": lambda site: begin(site.client("alice")),
    "a report": lambda site: site.client("erin").get("/en/reports/completion"),
    "the people behind it": lambda site: site.client("erin").get("/en/reports/completion/people"),
    "who is at risk": lambda site: site.client("erin").get("/en/reports/at-risk"),
    "where people stop": lambda site: site.client("dana").get("/en/reports/lessons.csv"),
    "the item analysis": lambda site: site.client("dana").get("/en/author/mobility/analysis"),
}


@pytest.mark.parametrize("look", LOOKS)
def test_whoever_looks_closes_what_is_over_as_of_its_own_time(site: Site, look: str) -> None:
    limited(site)
    browser = site.client("alice")
    respond(browser, begin(browser), *RIGHT)
    site.later(hours=3)
    LOOKS[look](site)
    with site.session() as session:
        first = session.scalars(select(Attempt).where(Attempt.number == 1)).one()
        assert (first.closed_at, first.raw, first.is_passed) == (datetime(2026, 3, 2, 9, 20, tzinfo=UTC), "3", True)
        fact = session.scalars(select(Fact).where(Fact.kind == "closed_attempt")).one()
        assert (fact.at, fact.detail["how"]) == (first.closed_at, "time over")
        assert session.scalar(select(func.count()).select_from(Attempt)) == (2 if look == "starting another" else 1)


def mark(browser: Client, slug: str, **what: str) -> None:
    page = f"/en/modules/mobility/{slug}"
    seen = re.search(r'name="seen" value="(\d+)"', browser.page(page))
    assert seen
    assert browser.send(f"{page}/done", {"seen": seen.group(1), **what}).status_code == 303


def test_what_is_done_after_the_time_was_over_completes_when_it_is_done(site: Site) -> None:
    """Though nobody had looked at the attempt in between."""
    limited(site)
    browser = site.client("alice")
    mark(browser, "buses", stay="1")
    respond(browser, begin(browser), *RIGHT)
    done_at = site.later(hours=3)
    mark(browser, "streets", stay="1")
    site.later(hours=1)
    browser.page("/en/progress")
    with site.session() as session:
        assert [str(one) for _people, found in Check(session, site.now).run() for one in found] == []
        facts = session.scalars(select(Fact).order_by(Fact.id)).all()
        assert [fact.at for fact in facts if fact.kind == "completed_module"] == [done_at]
        assert sorted(fact.at for fact in facts) == [fact.at for fact in facts]


def test_what_is_taken_back_after_the_time_was_over_was_there_when_it_was(site: Site) -> None:
    """So the module was completed in time, and stays so."""
    limited(site)
    browser = site.client("alice")
    mark(browser, "buses", stay="1")
    mark(browser, "streets", stay="1")
    respond(browser, begin(browser), *RIGHT)
    site.later(hours=3)
    mark(browser, "streets", undo="1")
    browser.page("/en/progress")
    with site.session() as session:
        found = session.scalars(select(Fact.at).where(Fact.kind == "completed_module")).all()
        assert found == [datetime(2026, 3, 2, 9, 20, tzinfo=UTC)]


def test_another_quiz_that_is_closed_after_the_time_was_over_completes_the_course_then(site: Site) -> None:
    limited(site)
    browser = site.client("alice")
    mark(browser, "buses", stay="1")
    mark(browser, "streets", stay="1")
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        housing, person_id = course.modules[0], site.ids["alice"]
        for lesson in housing.lessons:
            lessons.mark_done(
                session, person_id=person_id, course=course, module=housing, lesson=lesson, seen=0, now=site.now
            )  # fmt: skip
        other = attempts.start(session, person_id=person_id, course=course, module=housing, now=site.now)
        items = housing.quizzes["en"].items
        attempts.save(session, other, {item.id: quizzes.key_of(item) for item in items}, site.now)
    respond(browser, begin(browser), *RIGHT)
    closed_at = site.later(hours=3)
    browser.send(f"/en/attempts/{other.public_id}/", {"then": "close"})
    browser.page("/en/progress")
    with site.session() as session:
        found = dict(session.execute(select(Fact.kind, Fact.at).where(Fact.kind.in_(("completed_course", "certified")))).all())
        assert found == {"completed_course": closed_at, "certified": closed_at}


def test_extra_time_is_given_by_an_administrator_and_reaches_an_open_attempt(site: Site) -> None:
    limited(site)
    browser, erin = site.client("alice"), site.client("erin")
    attempt = begin(browser)
    with site.session() as session:
        person = session.get_one(Person, site.ids["alice"]).public_id
    page = f"/en/admin/people/{person}"
    erin.page(page)
    for wrong in ("", "-5", "401", "½"):
        refused = erin.send(f"{page}/extra-time", {"extra_time": wrong})
        assert refused.status_code == 422
        assert '<a href="#extra_time">Write a whole number from 0 to 400' in refused.get_data(as_text=True)
    assert erin.send(f"{page}/extra-time", {"extra_time": "50"}).status_code == 303
    assert "09:30 UTC" in browser.page(f"{attempt}1")
    erin.send(f"{page}/extra-time", {"extra_time": "0"})
    assert "09:30 UTC" in browser.page(f"{attempt}1"), "what was told once is not taken back"
    erin.send(f"{page}/extra-time", {"extra_time": "50"})
    browser.send(attempt, {"then": "close"})
    assert "<strong>30 minutes</strong>, which are 20 and your extra time of 50 %" in browser.page(QUIZ)
    with site.session() as session:
        rows = session.execute(select(Change.before, Change.after, Change.by_id).where(Change.what == "extra time"))
        assert [tuple(row) for row in rows] == [
            ("0 %", "50 %", site.ids["erin"]),
            ("50 %", "0 %", site.ids["erin"]),
            ("0 %", "50 %", site.ids["erin"]),
        ]


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(minutes=12, seconds=59), "12 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(seconds=59.9), "59 seconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=-5), "0 seconds"),
    ],
)
def test_time_left_in_words(left: timedelta, words: str) -> None:
    assert left_in_words(left) == words


def test_many_starts_and_closes_at_once_make_one_attempt(site: Site) -> None:
    """Eight tabs press the button at once, then close at once: one attempt, graded once, and one that is left as before."""
    rules(site, "attempts: 2\n")
    browsers = [site.client("alice") for _ in range(8)]
    for browser in browsers:
        browser.page(QUIZ)

    def all_at_once(act: Callable[[Client], str]) -> list[str]:
        return at_once(*(partial(act, browser) for browser in browsers))

    begun = all_at_once(lambda browser: browser.send(QUIZ).location)
    assert (len(begun), len(set(begun)), attempts_in(site)) == (8, 1, 1)
    attempt = re.match(r"/en/attempts/[\w-]+/", begun[0]).group()  # type: ignore[union-attr]
    for browser in browsers:
        browser.page(f"{attempt}check")
    all_at_once(lambda browser: browser.send(attempt, {"then": "close"}).location)
    with site.session() as session:
        assert session.scalar(select(func.count()).select_from(Fact).where(Fact.kind == "closed_attempt")) == 1
    answer = browsers[0].send(attempt, {"item": "seats", "r.seats": "20", "then": "close"})
    assert answer.location == f"{attempt}result?notice=quiz-closed"
    assert "0 of 3 points" in browsers[0].page(answer.location)
    assert "<strong>2 attempts</strong>, 1 left." in browsers[0].page(QUIZ)


def test_items_come_and_go_while_people_are_in_the_quiz(site: Site) -> None:
    """An open attempt keeps its quiz, a closed one its denominator, and the next has what is published then."""
    browser, bob = site.client("alice"), site.client("bob")
    take(bob, "who-travels", "paint-first")
    attempt = begin(browser)
    respond(browser, attempt, "seats")
    path = site.folder / "mobility" / "quiz.yaml"
    text = path.read_text()
    start, end = text.index("- id: paint-first"), text.index("- id: seats")
    path.write_text(text[:start] + text[end:])
    assert site.publish().is_new
    assert sorted(name(browser.page(f"{attempt}{n}")) for n in (1, 2, 3)) == sorted(RIGHT)
    respond(browser, attempt, "paint-first")
    browser.send(attempt, {"then": "close"})
    assert "2 of 3 points" in browser.page(f"{attempt}result")
    old = re.search(r"/en/attempts/[\w-]+/result", bob.page(QUIZ))
    assert old is not None
    assert "2 of 3 points" in bob.page(old.group())
    assert "1 of 2 points" in take(browser, "seats")


def test_the_report_of_the_command_closes_what_is_over(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(site)
    browser = site.client("alice")
    respond(browser, begin(browser), *RIGHT)
    site.later(hours=3)
    monkeypatch.setattr("course.cli._app", lambda: site.app)
    said = CliRunner().invoke(cli.course, ["report", "completion", "--no-head", "--module", "mobility"], catch_exceptions=False)
    assert said.output.splitlines()[1].split(",")[6] == "1", said.output
    with site.session() as session:
        assert session.scalars(select(Attempt.closed_at)).all() == [datetime(2026, 3, 2, 9, 20, tzinfo=UTC)]


def test_an_item_that_is_not_translated_says_so_and_in_which_language_it_is(site: Site) -> None:
    """In the form, in the look over everything and in the result; where a quiz has no translation at all, of each item."""
    write_small_course(site.folder, spanish=True)
    assert site.publish().is_new
    browser = site.client("bob")
    for module, translated in (("mobility", {"who-travels"}), ("housing", set[str]())):
        quiz = f"/en/modules/{module}/quiz"
        browser.page(quiz)
        attempt = browser.send(quiz).location.rpartition("/")[0]
        known = {"en": set[str](), "es": set[str]()}
        for lang, foreign in known.items():
            address, total = attempt.replace("/en/", f"/{lang}/"), 0
            while (answer := browser.get(f"{address}/{total + 1}")).status_code == 200:
                html, total = answer.get_data(as_text=True), total + 1
                note = html.count('<p class="note-line">This item is not translated yet; you see the source text.</p>')
                assert note == html.count('<fieldset lang="en" dir="ltr">'), (lang, total)
                foreign |= set(re.findall(r'name="item" value="([\w-]+)"', html)[:note])
            assert browser.page(f"{address}/check").count('" lang="en" dir="ltr">') == len(foreign)
        assert known == {"en": set(), "es": foreign}
        assert (len(foreign), foreign & translated) == (total - len(translated), set())
        assert browser.send(f"{attempt}/", {"then": "close"}).status_code == 303
        results = {lang: browser.page(f"{attempt.replace('/en/', f'/{lang}/')}/result") for lang in known}
        marked = {lang: re.findall(r'id="item-([\w-]+)" lang="en" dir="ltr">', html) for lang, html in results.items()}
        assert {lang: set(ids) for lang, ids in marked.items()} == known
