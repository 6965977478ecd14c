"""The clip in a real browser: distinct seconds count, the place is remembered, and it works without JavaScript."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.conftest import Opener
from tests.browser.instance import CLIP_SECONDS, RECORDING, Instance

LESSON = "/en/modules/housing/rooms-before-rules"
PLAY = "async () => { const clip = document.getElementById('clip'); clip.muted = true; await clip.play(); }"


def at(page: Any) -> float:
    return float(page.evaluate("document.getElementById('clip').currentTime"))


def wait_for_words(page: Any, words: str) -> None:
    page.wait_for_function("words => document.getElementById('watched-words').textContent.includes(words)", arg=words)


@pytest.fixture
def newcomer(instance: Instance) -> str:
    return instance.newcomer()


def test_seeking_to_the_end_completes_nothing(opened: Opener, newcomer: str) -> None:
    with opened(newcomer) as page:
        page.goto(LESSON)
        page.evaluate(PLAY)
        page.wait_for_function("() => document.getElementById('clip').currentTime > 0.4")
        page.evaluate(f"document.getElementById('clip').currentTime = {CLIP_SECONDS - 0.6}")
        page.wait_for_function("() => document.getElementById('clip').ended")
        wait_for_words(page, f"2 of {CLIP_SECONDS} seconds")
        page.reload()
        assert "✓ Done" not in page.locator(".finish").inner_text()


def test_watching_completes_the_lesson(opened: Opener, newcomer: str) -> None:
    with opened(newcomer) as page:
        page.goto(LESSON)
        page.evaluate(PLAY)
        wait_for_words(page, "this lesson is done")
        page.reload()
        assert "✓ Done" in page.locator(".finish").inner_text()


def test_the_second_is_remembered_and_a_deep_link_wins(opened: Opener, newcomer: str) -> None:
    with opened(newcomer) as page:
        page.goto(LESSON)
        page.evaluate(PLAY)
        page.wait_for_function("() => document.getElementById('clip').currentTime > 2.2")
        page.evaluate("document.getElementById('clip').pause()")
        wait_for_words(page, f"3 of {CLIP_SECONDS} seconds")
        page.goto("/en/")
        with page.expect_navigation():
            page.get_by_role("link", name="Continue").click()
        assert page.url.endswith(f"{LESSON}#t=2")
        page.wait_for_function("() => document.getElementById('clip').currentTime === 2")
        page.goto("about:blank")
        page.goto(f"{LESSON}#t=4")
        page.wait_for_function("() => document.getElementById('clip').currentTime === 4")


def test_a_report_that_fails_is_sent_again(opened: Opener, newcomer: str) -> None:
    with opened(newcomer) as page:
        page.goto(LESSON)
        page.route("**/watched", lambda route: route.abort())
        page.evaluate(PLAY)
        page.wait_for_function("() => document.getElementById('clip').ended")
        page.wait_for_function("() => document.getElementById('clip-state').textContent.includes('Not saved yet')")
        page.unroute("**/watched")
        page.evaluate("document.getElementById('clip').dispatchEvent(new Event('pause'))")
        wait_for_words(page, "this lesson is done")


def test_a_sign_in_that_has_ended_is_said_beside_the_clip(opened: Opener, newcomer: str) -> None:
    """To try again is no help there, and who watches to the end would wait for a lesson that is never done."""
    with opened(newcomer) as page:
        page.goto(LESSON)
        page.context.clear_cookies()
        page.evaluate(PLAY)
        page.wait_for_function("() => document.getElementById('clip-state').textContent.includes('your sign-in has ended')")


def test_the_transcript_leads_to_its_second(opened: Opener) -> None:
    with opened("") as page:
        page.goto(LESSON)
        page.get_by_text("Transcript", exact=True).click()
        last = page.locator(".transcript a").last
        second = int(last.get_attribute("data-second") or 0)
        last.click()
        page.wait_for_function("second => document.getElementById('clip').currentTime === second", arg=second)
        page.emulate_media(media="print")
        assert page.locator(".transcript li").last.is_visible()


def test_without_javascript_it_plays_and_the_button_completes(opened: Opener, newcomer: str) -> None:
    with opened(newcomer, java_script_enabled=False) as page:
        page.goto(LESSON)
        clip = page.locator("#clip")
        assert clip.get_attribute("controls") == ""
        address = page.locator("#clip source").get_attribute("src") or ""
        part = page.context.request.get(address, headers={"Range": "bytes=0-99"})
        assert (part.status, len(part.body()), part.headers["content-range"].split("/")[0]) == (206, 100, "bytes 0-99")
        with page.expect_navigation():
            page.get_by_role("button", name="Done, next lesson").click()
        page.goto(LESSON)
        assert "✓ Done" in page.locator(".finish").inner_text()


def test_a_recording_loads_nothing_until_it_is_started(opened: Opener) -> None:
    asked: list[str] = []

    def refuse(route: Any) -> None:
        asked.append(route.request.url)
        route.abort()

    with opened("grace") as page:
        page.route(re.compile(f"https://{RECORDING}/.*"), refuse)
        page.goto("/en/modules/housing/on-monday")
        page.wait_for_load_state("networkidle")
        assert asked == []
        page.get_by_role("link", name="Start the recording").click()
        page.wait_for_function("() => document.querySelector('iframe')")
        page.wait_for_load_state("networkidle")
        assert asked == [f"https://{RECORDING}/embed/1"]
