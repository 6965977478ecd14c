"""A quiz in a real browser: saved as it is given, said when it is not, and the whole of it by keyboard alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.browser.conftest import Opener
from tests.rig.standby import until

NAMED = """() => {
  const one = document.activeElement, label = one.labels && one.labels[0];
  const words = (label ? label.innerText : one.getAttribute('aria-label') || one.innerText) || one.value || '';
  return `${one.localName} ${words.trim().split('\\n')[0]}`;
}"""
SEEN = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const over = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const ringed = [one, one.closest('.choice')].some((it) => it && getComputedStyle(it).outlineStyle !== 'none');
  return ringed && (one === over || one.contains(over));
}"""


def saved(page: Any, words: str) -> None:
    page.wait_for_function("words => document.getElementById('saved').textContent.includes(words)", arg=words)


def begin(page: Any, module: str) -> None:
    """Onto the first item of a new attempt."""
    page.goto(f"/en/modules/{module}/quiz")
    with page.expect_navigation():
        page.get_by_role("button", name="Start attempt 1").click()


@pytest.fixture
def attempt(opened: Opener, instance: Any) -> Any:
    """Somebody new on the first item of the quiz on mobility."""
    with opened(instance.newcomer(), width=360) as page:
        begin(page, "mobility")
        yield page


def test_each_response_is_saved_as_it_is_given(attempt: Any) -> None:
    control = attempt.locator("#item-form .choice input, #item-form input:not([type=hidden]), #item-form select").first
    if control.get_attribute("type") in {"radio", "checkbox"}:
        control.check()
    elif control.evaluate("one => one.localName") == "select":
        control.select_option(index=1)
    else:
        control.fill("2")
    saved(attempt, "Saved: 1 of 3")
    attempt.reload()
    assert attempt.locator(".items a.given").count() == 1


def test_what_cannot_be_saved_is_said_and_comes_back(attempt: Any) -> None:
    number = next(n for n in (1, 2, 3) if has_field(attempt, n))
    attempt.context.set_offline(True)
    control = attempt.locator("#item-form .choice input, #item-form input:not([type=hidden])").first
    give(control)
    saved(attempt, "Not saved. The connection or the server failed")
    attempt.context.set_offline(False)
    with attempt.expect_navigation():
        attempt.locator("#item-form button.button:not(.quiet)").click()
    attempt.goto(attempt.url.rsplit("/", 1)[0] + f"/{number}")
    assert attempt.locator(".items a.given").count() == 1


@pytest.fixture
def writing(opened: Opener, instance: Any) -> Any:
    """Somebody new before the text that the quiz on water asks for."""
    with opened(instance.newcomer(), width=360) as page:
        begin(page, "water")
        page.goto(page.url.rsplit("/", 1)[0] + "/5")
        yield page


def test_a_long_text_is_saved_while_it_is_written(writing: Any) -> None:
    """Nobody leaves a field for half an hour of writing, and a sign-in may end or a phone stop meanwhile."""
    writing.locator("textarea").press_sequentially("We begin at the tap.")
    saved(writing, "Saved: 1 of 6")
    writing.reload()
    assert writing.locator("textarea").input_value() == "We begin at the tap."


def test_what_waits_is_saved_when_the_page_is_left(writing: Any) -> None:
    writing.locator("textarea").press_sequentially("Left at once.")
    at = writing.url
    writing.goto("/en/")

    def is_there() -> bool:
        """It was sent while the page was left, and nobody here is told when it has arrived."""
        writing.goto(at)
        return bool(writing.locator("textarea").input_value() == "Left at once.")

    until(is_there)


def test_a_text_that_is_too_long_is_not_called_saved(writing: Any) -> None:
    writing.locator("textarea").fill("a" * 5001)
    saved(writing, "Up to 5,000 characters are kept: shorten your text by 1.")


READ = (
    ("1,5", "Read as 1.5."),
    ("many", "“many” cannot be read as a number."),
    ("", "A number, such as 1.5 or 3/4."),
)


def test_what_a_number_was_read_as_is_said_while_it_is_typed(writing: Any) -> None:
    writing.goto(writing.url.rsplit("/", 1)[0] + "/3")
    for typed, said in READ:
        writing.locator("input.short").fill(typed)
        writing.wait_for_function("said => document.getElementById('understood').textContent.startsWith(said)", arg=said)


def test_the_time_left_is_the_server_s_on_a_slow_line(opened: Opener, instance: Any) -> None:
    """Here the script comes four seconds after the page; a phone that counted from then on would save the end too late."""
    with opened("hugo", width=360) as page:
        page.route("**/js/time.js", lambda route: (page.wait_for_timeout(4000), route.continue_()))
        page.goto(instance.address("/en/attempts/{timed}/1"))
        page.wait_for_function("document.getElementById('time-left').textContent.includes(':')")
        shown = page.locator("#time-left").inner_text().removeprefix("in ").split(":")
        seconds = sum(int(part) * 60**place for place, part in enumerate(reversed(shown)))
        closes = datetime.fromisoformat(str(page.locator("#time").get_attribute("data-closes")))
        assert abs((closes - datetime.now(UTC)).total_seconds() - seconds) < 2


def has_field(page: Any, number: int) -> bool:
    page.goto(page.url.rsplit("/", 1)[0] + f"/{number}")
    return bool(page.locator("#item-form .choice input, #item-form input:not([type=hidden])").count())


def give(control: Any) -> None:
    if control.get_attribute("type") in {"radio", "checkbox"}:
        control.check()
    else:
        control.fill("2")


def focused(page: Any) -> str:
    """What has the focus, in words."""
    return str(page.evaluate(NAMED))


def tab_to(page: Any, words: str, most: int = 60) -> None:
    """Presses Tab until what is named has the focus; it must be seen, and nothing may lie over it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if words in focused(page):
            assert page.evaluate(SEEN), f"{focused(page)} is not seen to have the focus"
            return
    raise AssertionError(f"{words!r} cannot be reached; the focus is on {focused(page)!r}")


def press(page: Any, words: str) -> None:
    tab_to(page, words)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_from_registering_to_a_result_by_keyboard_alone(opened: Opener, scripts: bool) -> None:
    with opened("", java_script_enabled=scripts) as page:
        page.goto("/en/")
        page.keyboard.press("Tab")
        assert focused(page) == "a Skip to the content"
        press(page, "Register to keep your progress")
        for label, typed in (
            ("Your name", "Kai Naidoo"),
            ("E-mail address", f"kai-{scripts}@example.org"),
            ("Country", "South"),
        ):
            tab_to(page, label)
            page.keyboard.type(typed)
        tab_to(page, "Municipality")
        page.keyboard.type("Durban")
        tab_to(page, "Password")
        page.keyboard.type("a long pass phrase of ours")
        press(page, "Register")
        press(page, "Start with the first lesson")
        press(page, "Done, next lesson")
        page.goto("/en/modules/mobility/quiz")
        press(page, "Start attempt 1")
        for number in range(1, 4):
            respond(page)
            press(page, "Save and look over" if number == 3 else "Save, next item")
        press(page, "Close the attempt and see the result")
        assert page.locator(".result").count() == 3
        assert page.locator(".result .tag", has_text="no response").count() == 0


def respond(page: Any) -> None:
    """Fills whatever the item asks, with keys only."""
    controls = page.locator("#item-form .choice input, #item-form input:not([type=hidden]), #item-form select")
    first = controls.first
    if first.get_attribute("type") in {"radio", "checkbox"}:
        tab_to(page, first.evaluate("one => one.labels[0].innerText.trim()"))
        page.keyboard.press("Space")
        return
    for n in range(controls.count()):
        one = controls.nth(n)
        tab_to(page, one.evaluate("one => (one.labels[0].innerText || '').trim().split('\\n')[0]"))
        page.keyboard.press("ArrowDown")
        if one.evaluate("one => one.localName") == "input":
            page.keyboard.type("2")
        elif n:
            for _ in range(n):
                page.keyboard.press("ArrowDown")
