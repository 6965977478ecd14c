"""A lesson that somebody has seen is asked for again, and comes again only when something of it has changed."""

from __future__ import annotations

import random
import re

from tests.courses import write_small_course
from tests.site import Client, Site

LESSON = "/en/modules/housing/rooms-before-rules"


def again(browser: Client, tag: str) -> int:
    return browser.get(LESSON, headers={"If-None-Match": tag, "Accept-Encoding": "gzip"}).status_code


def test_the_same_page_is_not_sent_again(site: Site) -> None:
    browser = site.client("alice")
    browser.page(LESSON)
    first = browser.get(LESSON, headers={"Accept-Encoding": "gzip"})
    second = browser.get(LESSON, headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]})
    assert (first.status_code, second.status_code, second.data) == (200, 304, b"")
    for name in ("ETag", "Cache-Control", "Vary", "Content-Security-Policy"):
        assert first.headers[name] == second.headers[name]
    assert (first.headers["Cache-Control"], first.headers["Vary"]) == ("private, no-cache", "Cookie, Accept-Encoding")


def test_what_the_learner_did_brings_a_new_page(site: Site) -> None:
    browser = site.client("alice")
    browser.page(LESSON)
    tag = browser.get(LESSON).headers["ETag"]
    assert again(browser, tag) == 304
    browser.send(f"{LESSON}/done", {"seen": "0", "stay": "1"})
    assert again(browser, tag) == 200
    html = browser.page(LESSON)
    assert re.findall(r'name="seen" value="(\d+)"', html) == ["1"]
    assert html.count("Done on") == 1


def test_a_page_is_never_somebody_elses_nor_one_from_before_signing_out(site: Site) -> None:
    alice, bob, visitor = site.client("alice"), site.client("bob"), site.client()
    for browser in (alice, bob, visitor):
        browser.page(LESSON)
    tag = alice.get(LESSON).headers["ETag"]
    assert (again(bob, tag), again(visitor, tag)) == (200, 200)
    alice.send("/en/account/sign-out")
    assert again(alice, tag) == 200
    assert again(visitor, visitor.get(LESSON).headers["ETag"]) == 304


def test_every_other_page_of_a_learner_is_kept_nowhere(site: Site) -> None:
    browser = site.client("alice")
    for path in ("/en/", "/en/progress", "/en/account/", "/en/modules/housing/", "/en/modules/housing/quiz"):
        answer = browser.get(path)
        assert (answer.headers["Cache-Control"], answer.headers.get("ETag")) == ("private, no-store", None)


def test_no_two_pages_have_the_same_tag(site: Site) -> None:
    """Whatever people do one after the other, in whichever language and with whatever is said above the page."""
    write_small_course(site.folder, clip=True, spanish=True)
    assert site.publish().is_new
    chance, seen = random.Random(4), dict[str, bytes]()
    browsers = [site.client("alice"), site.client("bob"), site.client("carla")]
    for step in range(30):
        browser, lesson = chance.choice(browsers), chance.choice((LESSON, "/en/modules/housing/on-monday"))
        for path in (lesson, lesson.replace("/en/", "/es/"), f"{lesson}?notice=done", LESSON):
            answer = browser.get(path)
            assert seen.setdefault(answer.headers["ETag"], answer.data) == answer.data, (step, path)
        changes = re.findall(r'name="seen" value="(\d+)"', browser.page(lesson))[0]
        if step % 3:
            browser.send(f"{lesson}/done", {"seen": changes} | chance.choice(({"stay": "1"}, {"undo": "1"})))
        else:
            browser.send(f"{LESSON}/watched", {"seconds": f"{step % 9}-{step % 9 + 1}", "at": step % 9})
        site.later(minutes=7)
    assert len(set(seen.values())) == 75
