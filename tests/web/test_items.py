"""Every kind of item through its form: what is sent is kept, shown again, graded once, and seen in the result."""

from __future__ import annotations

import re

import pytest

from course.learning.tables import Attempt, Given, Outcome
from course.publishing.revisions import live_digest, restore
from quizzes.variants import instance
from tests import courses
from tests.site import Client, Site


@pytest.fixture
def attempt(site: Site) -> tuple[Client, str]:
    """Alice with an open attempt at a quiz of the newer kinds; its address."""
    courses.write_files(site.folder, courses.water_files())
    done = site.publish()
    assert done.problems == ()
    browser = site.client("alice")
    browser.page("/en/modules/water/quiz")
    at = browser.send("/en/modules/water/quiz").location
    return browser, re.match(r"/en/attempts/[\w-]+/", at).group()  # type: ignore[union-attr]


def send(browser: Client, at: str, number: int, item: str, **fields: object) -> str:
    """Fills the form of one item, and returns the item's page as it is afterwards."""
    browser.page(f"{at}{number}")
    given = {f"r.{item}{name.replace('_', '.', 1) if name != 'own' else ''}": value for name, value in fields.items()}
    answer = browser.send(at, {"item": item, "then": "check", **given})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return browser.page(f"{at}{number}")


def held(site: Site, item: str) -> dict[str, object]:
    with site.session() as session:
        value: dict[str, object] = session.query(Given.value).filter(Given.item == item).scalar()
    return value


def close(site: Site, browser: Client, at: str) -> tuple[str, dict[str, tuple[str, str, str]]]:
    browser.page(f"{at}check")
    answer = browser.send(at, {"then": "close"})
    assert answer.location == f"{at}result"
    with site.session() as session:
        rows = session.query(Outcome.item, Outcome.status, Outcome.raw, Outcome.max).all()
    return browser.page(answer.location), {row.item: (row.status, row.raw, row.max) for row in rows}


def test_a_cloze_keeps_each_gap(site: Site, attempt: tuple[Client, str]) -> None:
    browser, at = attempt
    page = send(browser, at, 1, "rules", _who="everyone", _minutes="5,5", _word="amina")
    assert held(site, "rules") == {
        "pairs": {"who": "everyone", "minutes": "5,5", "word": "amina"},
        "numbers": {"minutes": "11/2"},
    }
    assert '<option value="everyone" selected>' in page
    assert "Read as gap 2: 5.5" in page
    result, outcomes = close(site, browser, at)
    assert outcomes["rules"] == ("correct", "1", "1")
    assert "<mark>everyone in the street</mark> for <mark>5,5 minutes</mark>" in result


def test_a_gap_that_is_no_number_is_asked_back_and_kept(site: Site, attempt: tuple[Client, str]) -> None:
    browser, at = attempt
    browser.page(f"{at}1")
    answer = browser.send(at, {"item": "rules", "then": "2", "r.rules.minutes": "many", "r.rules.who": "holders"})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Gap 2: " in html
    assert 'value="many"' in html
    assert held(site, "rules") == {"pairs": {"who": "holders", "minutes": "many"}}


@pytest.mark.parametrize(
    ("item", "fields", "leads_to"),
    [
        ("rules", {"minutes": "many", "who": "holders"}, "r.rules.minutes"),
        ("order", {"count": "1", "open": "1"}, None),  # the first line, wherever it was drawn
        ("how-many", {"": "many"}, "r.how-many"),
    ],
    ids=["cloze", "ordering", "numeric"],
)
def test_an_error_leads_to_a_field_that_is_there(
    site: Site, attempt: tuple[Client, str], item: str, fields: dict[str, str], leads_to: str | None
) -> None:
    browser, at = attempt
    if item != "rules":
        browser.page("/en/modules/housing/quiz")
        at = re.match(r"/en/attempts/[\w-]+/", browser.send("/en/modules/housing/quiz").location).group()  # type: ignore[union-attr]
    browser.page(f"{at}1")
    sent = {f"r.{item}.{name}".rstrip("."): value for name, value in fields.items()}
    html = browser.send(at, {"item": item, "then": "check", **sent}).get_data(as_text=True)
    (link,) = re.findall(r'<li><a href="#(r\.[^"]*)">', html)
    fields_there = re.findall(r'<(?:input|select|textarea) [^>]*\bid="([^"]*)"', html)
    assert link == (leads_to or fields_there[0])
    assert link in fields_there


def test_a_text_that_is_too_long_comes_back_whole(site: Site, attempt: tuple[Client, str]) -> None:
    """What is kept ends at the border, but the end is the learner's: nothing that was typed is taken away from the page."""
    browser, at = attempt
    browser.page(f"{at}5")
    typed = "a" * 5000 + " and the end"
    answer = browser.send(at, {"item": "own-plan", "then": "6", "r.own-plan": typed})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "shorten your text by 12." in html
    assert re.findall(r"<textarea[^>]*>([^<]*)</textarea>", html) == [typed]
    assert held(site, "own-plan") == {"text": "a" * 5000}


def test_a_hotspot_is_a_list_of_places_with_a_picture(site: Site, attempt: tuple[Client, str]) -> None:
    browser, at = attempt
    page = send(browser, at, 2, "where", own="crossing")
    assert re.search(r'<img src="/assets/[0-9a-f]{32}/plan.svg" alt="A plan of four blocks', page)
    assert page.count("<foreignObject") == 3
    assert re.search(r'value="crossing" id="r.where.crossing" checked', page)
    assert "style=" not in page
    assert close(site, browser, at)[1]["where"] == ("correct", "1", "1")


def test_the_picture_of_an_attempt_stays_when_the_author_changes_it(site: Site, attempt: tuple[Client, str]) -> None:
    browser, at = attempt
    before = re.search(r"/assets/[0-9a-f]{32}/plan.svg", browser.page(f"{at}2"))
    courses.write_files(site.folder, {"water/media/plan.svg": courses.PLAN.replace("#dde7ee", "#ffffff")})
    assert site.publish().is_new
    after = re.search(r"/assets/[0-9a-f]{32}/plan.svg", browser.page(f"{at}2"))
    assert before and after and before.group() == after.group()
    with browser.get(after.group()) as picture:
        assert (picture.status_code, picture.get_data(as_text=True)) == (200, courses.PLAN)


def test_a_calculated_item_is_graded_on_the_numbers_that_were_shown(site: Site, attempt: tuple[Client, str]) -> None:
    browser, at = attempt
    households = int(re.search(r"How many taps do (\d+) households", browser.page(f"{at}3")).group(1))  # type: ignore[union-attr]
    assert households in range(24, 97, 12)
    page = send(browser, at, 3, "taps", own=f"{households // 12}")
    assert f"How many taps do {households} households" in page
    result, outcomes = close(site, browser, at)
    assert outcomes["taps"] == ("correct", "1", "1")
    assert f"How many taps do {households} households" in result
    with site.session() as session:
        seed = session.query(Attempt.seed).scalar()
        drawn = instance(restore(session, live_digest(session)).module("water").quizzes["en"], seed)  # type: ignore[union-attr]
    assert drawn.item("taps").value == households // 12  # type: ignore[attr-defined]


def test_a_survey_and_a_reflection_are_kept_and_earn_nothing(site: Site, attempt: tuple[Client, str]) -> None:
    browser, at = attempt
    send(browser, at, 4, "opinion", own=["money", "law"], _other="The weather")
    page = send(browser, at, 5, "own-plan", own="First line\r\nSecond <line>")
    assert ">First line\nSecond &lt;line&gt;</textarea>" in page
    assert held(site, "opinion") == {"choices": ["money", "law"], "text": "The weather"}
    assert held(site, "own-plan") == {"text": "First line\nSecond <line>"}
    result, outcomes = close(site, browser, at)
    assert (outcomes["opinion"], outcomes["own-plan"]) == (("recorded", "0", "0"), ("recorded", "0", "0"))
    assert "<li>The weather</li>" in result
    assert result.count("not graded") == 2


def test_weights_give_a_part(site: Site, attempt: tuple[Client, str]) -> None:
    browser, at = attempt
    send(browser, at, 6, "weighed", own=["hours"])
    assert close(site, browser, at)[1]["weighed"] == ("partial", "1/2", "1")


def test_a_figure_that_is_not_there_is_a_problem(site: Site) -> None:
    files = courses.water_files() | {"water/quiz.yaml": courses.WATER_QUIZ.replace("media/plan.svg", "media/plam.svg")}
    courses.write_files(site.folder, files)
    assert [str(problem) for problem in site.publish().problems] == [
        "water/quiz.yaml:20:3: there is no `media/plam.svg` in this module [dead-link]\n  hint: did you mean `media/plan.svg`?"
    ]
