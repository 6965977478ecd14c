"""A learner's way through the pages, with plain forms: read, done, quiz, result, certificate; and what may go wrong on it."""

from __future__ import annotations

import re

import pytest

import quizzes
from course.publishing.revisions import live_digest, restore
from quizzes.kinds import of
from quizzes.model import Item
from tests.site import PASSWORD, Client, Page, Site, counted_queries


def fields_of(item: Item) -> dict[str, object]:
    """The form fields that give the key of an item."""
    key, name = quizzes.key_of(item), f"r.{item.id}"
    if key.pairs:
        return {f"{name}.{pair}": choice for pair, choice in key.pairs}
    if item.kind == "ordering":
        return {f"{name}.{choice}": str(place) for place, choice in enumerate(key.choices, 1)}
    return {name: list(key.choices) or key.text}


def take_quiz(site: Site, browser: Client, module: str, *, right: bool = True) -> str:
    """Starts an attempt, responds to every item on its own page, closes it; returns the result page."""
    with site.session() as session:
        quiz = restore(session, live_digest(session)).module(module).quizzes["en"]  # type: ignore[union-attr]
    browser.page(f"/en/modules/{module}/quiz")
    at = browser.send(f"/en/modules/{module}/quiz").location
    attempt = re.match(r"/en/attempts/[\w-]+/", at).group()  # type: ignore[union-attr]
    for number in range(1, len(quiz.items) + 1):
        html = browser.page(f"{attempt}{number}")
        item = quiz.item(re.search(r'name="item" value="([\w-]+)"', html).group(1))  # type: ignore[union-attr]
        given = fields_of(item) if right else {}
        answer = browser.send(attempt, {"item": item.id, "then": "check", **given})
        assert answer.status_code == 303, answer.get_data(as_text=True)
    browser.page(f"{attempt}check")
    answer = browser.send(attempt, {"then": "close"})
    assert (answer.status_code, answer.location) == (303, f"{attempt}result")
    return browser.page(answer.location)


def finish_module(site: Site, browser: Client, module: str) -> None:
    with site.session() as session:
        found = restore(session, live_digest(session)).module(module)
    assert found is not None
    for lesson in found.lessons:
        html = browser.page(f"/en/modules/{module}/{lesson.slug}")
        seen = re.search(r'name="seen" value="(\d+)"', html).group(1)  # type: ignore[union-attr]
        assert browser.send(f"/en/modules/{module}/{lesson.slug}/done", {"seen": seen}).status_code == 303
    assert "<h1>Passed</h1>" in take_quiz(site, browser, module)


def test_the_whole_way(site: Site) -> None:
    browser = site.client("alice")
    assert "Start with the first lesson" in browser.page("/en/")
    assert "<h1>Not passed yet</h1>" in take_quiz(site, browser, "housing", right=False)
    finish_module(site, browser, "housing")
    assert "Completed on" in browser.page("/en/modules/housing/")
    finish_module(site, browser, "mobility")
    home = browser.page("/en/")
    assert "Your city is lit" in home
    code = re.search(r"/en/certificates/([\w-]+)", home).group(1)  # type: ignore[union-attr]
    assert "Alice Ben Salah" in browser.page(f"/en/certificates/{code}")
    pdf = browser.get(f"/en/certificates/{code}.pdf")
    assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    stranger = site.client()
    verified = stranger.page(f"/verify/{code}")
    assert "This certificate is valid" in verified
    assert "Sfax" not in verified
    assert "alice@" not in verified
    assert site.client("bob").get(f"/en/certificates/{code}").status_code == 404
    assert browser.page("/en/progress").count("completed 2 March 2026") == 2


def test_signed_out_people_may_read(site: Site) -> None:
    stranger = site.client()
    home = stranger.page("/en/")
    for word in ("Housing", "Mobility", "30 min", "English"):
        assert word in home
    assert "Rooms before rules" in stranger.page("/en/modules/housing/rooms-before-rules")


def test_undo_and_a_stale_page(site: Site) -> None:
    browser = site.client("alice")
    path = "/en/modules/housing/rooms-before-rules"
    browser.page(path)
    browser.send(f"{path}/done", {"seen": "0"})
    assert "✓ Done on" in browser.page(path)
    browser.send(f"{path}/done", {"seen": "1", "undo": "1"})
    assert "✓ Done on" not in browser.page(path)
    browser.send(f"{path}/done", {"seen": "0"})  # a page from before, sent again
    assert "✓ Done on" not in browser.page(path)


def test_an_old_address_leads_to_the_lesson(site: Site) -> None:
    (site.folder / "housing" / "01-rooms-before-rules.md").rename(site.folder / "housing" / "01-rooms-first.md")
    assert site.publish().is_new
    answer = site.client().get("/en/modules/housing/rooms-before-rules")
    assert (answer.status_code, answer.location) == (301, "/en/modules/housing/rooms-first")


def test_closing_twice_changes_nothing(site: Site) -> None:
    browser = site.client("alice")
    take_quiz(site, browser, "mobility")
    first = browser.page("/en/progress")
    attempt = re.search(r"/en/attempts/[\w-]+/", first).group()  # type: ignore[union-attr]
    answer = browser.send(attempt, {"then": "close"})
    assert (answer.status_code, answer.location) == (303, f"{attempt}result?notice=quiz-closed")
    assert "nothing was changed" in browser.page(answer.location)


def test_the_key_is_nowhere_before_the_attempt_is_closed(site: Site) -> None:
    quiz_file = site.folder / "mobility" / "quiz.yaml"
    text = quiz_file.read_text()
    assert "correct: true" in text
    quiz_file.write_text(
        re.sub(r'feedback: "?([^",}\n]+)', r'feedback: "CANARY \1', text)
        if 'feedback: "' not in text
        else text.replace('feedback: "', 'feedback: "CANARY ')
    )
    site.publish()
    browser = site.client("alice")
    browser.page("/en/modules/mobility/quiz")
    at = browser.send("/en/modules/mobility/quiz").location
    attempt = re.match(r"/en/attempts/[\w-]+/", at).group()  # type: ignore[union-attr]
    for path in (
        at,
        f"{attempt}1",
        f"{attempt}2",
        f"{attempt}3",
        f"{attempt}check",
        "/en/modules/mobility/",
        "/en/modules/mobility/quiz",
        "/en/",
    ):
        page = browser.page(path)
        assert "CANARY" not in page, path
        assert "correct" not in page.replace("incorrect", ""), path


def test_a_sign_in_that_ended_in_the_quiz_loses_nothing(site: Site) -> None:
    browser = site.client("alice")
    browser.page("/en/modules/mobility/quiz")
    at = browser.send("/en/modules/mobility/quiz").location
    html = browser.page(at)
    attempt, item = re.match(r"/en/attempts/[\w-]+/", at).group(), re.search(r'name="item" value="([\w-]+)"', html).group(1)  # type: ignore[union-attr]
    with site.session() as session:
        quiz = restore(session, live_digest(session)).module("mobility").quizzes["en"]  # type: ignore[union-attr]
    site.later(days=8)
    answer = browser.send(attempt, {"item": item, "then": "check", **fields_of(quiz.item(item))})
    assert answer.status_code == 401
    held = re.search(r'name="held" value="([^"]+)"', answer.get_data(as_text=True)).group(1)  # type: ignore[union-attr]
    again = browser.send("/en/account/sign-in", {"email": "alice@example.org", "password": PASSWORD, "held": held})
    html = again.get_data(as_text=True)
    assert "Nothing is lost" in html
    sent = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', html)) | {"csrf_token": browser.token}
    assert browser.post(attempt, data=sent).status_code == 303
    assert "1 of 3 items have a response" in browser.page(f"{attempt}check")


def test_somebody_elses_attempt_is_unknown(site: Site) -> None:
    alice, bob = site.client("alice"), site.client("bob")
    alice.page("/en/modules/mobility/quiz")
    at = alice.send("/en/modules/mobility/quiz").location
    assert bob.get(at).status_code == 404
    bob.page("/en/progress")
    assert bob.send(re.match(r"/en/attempts/[\w-]+/", at).group(), {"then": "close"}).status_code == 404  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "path",
    [
        "/en/nothing",
        "/xx/",
        "/en/modules/nothing/",
        "/en/modules/housing/nothing",
        "/en/practices/nothing",
        "/en/sessions/nothing",
        "/assets/" + "0" * 32 + "/a.svg",
        "/static/0/none.css",
        "/en/attempts/x/1",
    ],
)
def test_an_unknown_address_is_a_page(site: Site, path: str) -> None:
    assert "There is nothing at this address" in site.client("alice").page(path, 404)


def test_queries_do_not_grow_with_what_there_is(site: Site) -> None:
    """The lesson, the module and home cost the same number of queries for a new and a well advanced learner."""
    browser = site.client("alice")
    paths = ("/en/", "/en/modules/housing/", "/en/modules/housing/rooms-before-rules")
    for path in paths:
        browser.page(path)

    def count(path: str) -> int:
        with counted_queries(site) as said:
            browser.page(path)
        return len([one for one in said if "publications" not in one and one != "BEGIN"])

    before = [count(path) for path in paths]
    finish_module(site, browser, "housing")
    browser.page(paths[2])
    after = [count(path) for path in paths]
    assert (before, after) == ([5, 4, 2], [5, 4, 2])


def test_every_page_type_is_sound_for_everybody(site: Site) -> None:
    """Follows every link inside the site from home, as each of the five; the client checks each page."""
    for who in ("", "alice", "carla", "dana", "erin"):
        browser = site.client(who)
        waiting: list[str] = ["/en/"]
        seen: set[str] = set()
        while waiting and len(seen) < 150:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            answer = browser.get(path, follow_redirects=True)
            assert answer.status_code == 200, (who, path, answer.status_code)
            if answer.mimetype == "text/html":
                waiting += [link.split("#")[0] for link in Page(answer.get_data(as_text=True)).links if link.startswith("/")]
            elif answer.mimetype == "application/pdf":
                assert answer.data.startswith(b"%PDF")


def test_what_is_said_to_a_choice_stands_beside_it_once(site: Site) -> None:
    browser = site.client("bob")
    html = take_quiz(site, browser, "housing")
    with site.session() as session:
        quiz = restore(session, live_digest(session)).module("housing").quizzes["en"]  # type: ignore[union-attr]
    said = [choice.feedback for item in quiz.items if item.kind == "single_choice" for choice in of(item).choices]
    told = [text for text in said if text in html]
    assert told != []
    assert [html.count(text) for text in told] == [1 for _ in told]


def test_an_attempt_that_fails_after_one_that_passed_says_so(site: Site) -> None:
    browser = site.client("bob")
    finish_module(site, browser, "housing")
    html = take_quiz(site, browser, "housing", right=False)
    assert re.findall("<h1>(.*)</h1>", html) == ["This attempt did not pass, another did"]
    assert "Try again" not in html
