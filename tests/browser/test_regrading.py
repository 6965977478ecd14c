"""A wrong key, from the learner who fails on it to the certificate note; once with scripts and once without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests import courses
from tests.browser.conftest import _context
from tests.browser.instance import Instance, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WRONG = courses.MOBILITY_QUIZ.replace("hospital, correct: true,", "hospital,").replace(
    "text: The schools,", "text: The schools, correct: true,"
)
WHY = "The key named the schools. It is the early shift."


@pytest.fixture
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance of its own whose published quiz has a wrong key."""
    with served(tmp_path_factory.mktemp("wrong"), {"mobility/quiz.yaml": WRONG}, are_there_attempts=False) as found:
        yield found


def press(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=words, exact=True).click()


def read_all(page: Page, instance: Instance, module: str) -> None:
    for lesson in instance.module(module).lessons:
        page.goto(f"/en/modules/{module}/{lesson.slug}")
        button = page.get_by_role("button", name=re.compile("^Done"))
        with page.expect_navigation():
            button.click()


def take(page: Page, given: dict[str, Any]) -> None:
    page.goto("/en/modules/mobility/quiz")
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("Start attempt")).click()
    for _ in given:
        item = page.locator("[name=item]").get_attribute("value")
        field = page.locator(f'[name="r.{item}"]')
        if field.first.get_attribute("type") == "radio":
            page.locator(f'[name="r.{item}"][value="{given[item or ""]}"]').check()
        else:
            field.fill(given[item or ""])
        with page.expect_navigation():
            page.locator("#item-form button").first.click()
    press(page, "Close the attempt and see the result")


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_wrong_key_is_put_right(browser: Browser, wrong: Instance, has_scripts: bool) -> None:
    size = {"width": 1280, "height": 800}
    contexts = [_context(browser, wrong, who, size, {"java_script_enabled": has_scripts}) for who in ("bob", "dana", "erin")]
    bob, dana, erin = (context.new_page() for context in contexts)

    read_all(bob, wrong, "mobility")
    take(bob, {"who-travels": "nurses", "paint-first": "true", "seats": "9"})
    assert bob.get_by_role("heading", level=1).inner_text() == "Not passed yet"
    assert "33\u00a0%" in bob.locator(".score").inner_text()
    erin.goto("/en/reports/completion?module=mobility")
    before = erin.locator("tr.total").inner_text().split()

    (wrong.modules / "mobility" / "quiz.yaml").write_text(courses.MOBILITY_QUIZ, encoding="utf-8")
    dana.goto("/en/author/")
    press(dana, "Publish")
    dana.get_by_role("link", name=re.compile("regrade an item of Mobility")).click()
    dana.get_by_label("Item", exact=True).select_option("who-travels")
    dana.get_by_label("Rule").select_option("new_key")
    dana.get_by_label("Why").fill(WHY)
    press(dana, "Show what would change")
    # Alice and Grace, who holds the certificate, gave the wrong key back; Bob gave the right response.
    assert "3 of 3 learners" in dana.locator(".lead").inner_text()
    lines = [line.replace("\u00a0", " ").split("\t") for line in dana.locator("tbody").inner_text().splitlines()]
    assert sorted(line[2:] for line in lines) == [
        ["1 of 3, 33 %", "2 of 3, 66 %", "passes the module"],
        ["3 of 3, 100 %", "2 of 3, 66 %", ""],
        ["3 of 3, 100 %", "2 of 3, 66 %", "note on the certificate"],
    ]
    press(dana, "Regrade")
    assert "Done." in dana.locator(".notice").inner_text()

    bob.goto("/en/")
    assert "33\u00a0% before, 66\u00a0% now. This attempt counts as passed now." in bob.locator("main").inner_text()
    bob.get_by_role("link", name="Mobility, attempt 1").click()
    assert bob.get_by_role("heading", level=1).inner_text() == "Passed"
    assert WHY in bob.locator("#regrades").inner_text()
    bob.goto("/en/modules/mobility/")
    assert "Completed on" in bob.locator("main").inner_text()

    erin.goto("/en/reports/completion?module=mobility")
    assert erin.locator("tr.total").inner_text().split() != before
    erin.goto(wrong.address("/en/certificates/{code}"))
    assert "100 % before, 66 % now. " + WHY in erin.locator(".note-line").inner_text()
    erin.goto(wrong.address("/verify/{code}"))
    assert "regraded" not in erin.locator("main").inner_text()
    for context in contexts:
        context.close()


def test_the_time_is_counted_down_and_said_and_the_page_leads_to_the_result(browser: Browser, instance: Instance) -> None:
    context = _context(browser, instance, "hugo", {"width": 1280, "height": 800}, {})
    page = context.new_page()
    page.clock.install()
    page.goto(instance.address("/en/attempts/{timed}/1"))
    left, said = page.locator("#time-left"), page.locator("#time-said")
    page.clock.run_for(1000)
    assert re.fullmatch(r"in 3:\d\d:\d\d", left.inner_text())
    hours, minutes, seconds = map(int, left.inner_text().removeprefix("in ").split(":"))
    assert said.inner_text() == ""
    page.clock.fast_forward((hours * 3600 + minutes * 60 + seconds - 301) * 1000)
    page.clock.run_for(2000)
    assert said.inner_text() == "This attempt closes in 5 minutes. What is saved by then counts."
    page.clock.run_for(240_000)
    assert said.inner_text() == "This attempt closes in 1 minute. What is saved by then counts."
    with page.expect_navigation():
        page.clock.run_for(62_000)
    context.close()
