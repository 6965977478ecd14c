"""The whole story on the real course, in a real browser, with and without JavaScript.

A visitor registers, reads, fails a quiz, passes it, completes every module, holds the certificate; anyone verifies it; the
administrator finds all of it in the report, and the CSV says the same.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import quizzes
from course import clock, config, create_app
from course.accounts import links
from course.content.model import Course, Module
from course.extensions import current_session, intend, let_go
from course.publishing import revisions
from quizzes.model import Item
from tests.rig.server import ROOT, serving
from tests.site import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

COLUMNS = ("enrolled", "started", "not_started", "passed", "completed")
ITEM = re.compile(r"/attempts/[\w-]+/(\d+)$")


class Story:
    """A fresh instance of the real course, and the way of one person through it."""

    def __init__(self, folder: Path) -> None:
        self.environ = {"COURSE_INSTANCE": str(folder / "instance"), "COURSE_MODULES": str(ROOT / "modules")}
        app = create_app(config.load(self.environ))
        with app.app_context():
            intend(to_write=True)
            session, settings = current_session(), app.extensions["settings"]
            done = revisions.publish_folder(session, settings.modules, settings.instance / "assets", by="test", now=clock.now())
            assert done.problems == ()
            assert done.course is not None
            self.course: Course = done.course
            self.first = links.first_admin_token(session, clock.now())
            session.commit()
            let_go()

    def item(self, module: Module, page: Page) -> Item:
        name = page.locator("#item-form input[name=item]").get_attribute("value")
        return module.quizzes["en"].item(name or "")


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def context(request: pytest.FixtureRequest, browser: Browser, story: Story, tmp_path: Path) -> Iterator[BrowserContext]:
    with serving("wsgi:app", tmp_path / "log", environ=story.environ) as server:
        made = browser.new_context(
            base_url=server.url, locale="en-GB", reduced_motion="reduce", java_script_enabled=request.param
        )
        made.set_default_timeout(15_000)
        yield made
        made.close()


def go(page: Page, button: str) -> None:
    """Presses what has this name, and waits for the page it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def register(page: Page, name: str, email: str) -> None:
    page.goto("/en/")
    page.get_by_role("link", name="Register to keep your progress").click()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Country").select_option("Tunisia")
    page.get_by_label("Municipality").fill("Sfax")
    page.get_by_label("Department").fill("Youth")
    page.get_by_label("Password").fill(PASSWORD)
    go(page, "Register")
    assert page.locator("h1").inner_text() == "Beyond the outbreak"


def read(page: Page, module: Module) -> None:
    """Every lesson from the first, by the button at its end, up to the quiz."""
    page.goto(f"/en/modules/{module.slug}/{module.lessons[0].slug}")
    for number, lesson in enumerate(module.lessons, 1):
        assert page.locator("h1").inner_text() == lesson.texts["en"].title
        go(page, "Done, next lesson" if number < len(module.lessons) else "Done, to the quiz")
    assert page.url.endswith(f"/modules/{module.slug}/quiz")


def give(page: Page, item: Item) -> None:
    """Fills the form of an item so that it earns all its points."""
    key, name = quizzes.key_of(item), f"r.{item.id}"

    def set_field(field: str, value: str) -> None:
        control = page.locator(f'[id="{field}"]')
        if control.evaluate("one => one.localName") == "select":
            control.select_option(value)
        else:
            control.fill(value)

    if key.pairs:
        for part, value in key.pairs:
            set_field(f"{name}.{part}", value)
    elif item.kind == "ordering":
        for place, choice in enumerate(key.choices, 1):
            set_field(f"{name}.{choice}", str(place))
    elif key.choices:
        for choice in key.choices:
            page.locator(f'[id="{name}.{choice}"]').check()
    elif key.text:
        set_field(name, key.text)


def take(page: Page, story: Story, module: Module, *, right: bool) -> None:
    """One attempt, item by item, up to its result."""
    page.goto(f"/en/modules/{module.slug}/quiz")
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("attempt")).click()
    while ITEM.search(page.url):
        if right:
            give(page, drawn(page, story.item(module, page)))
        with page.expect_navigation():
            page.locator("#item-form button.button:not(.quiet)").click()
    go(page, "Close the attempt and see the result")


def drawn(page: Page, item: Item) -> Item:
    """A calculated item as the page asks it: the seed whose prompt is the one that is shown."""
    if item.kind != "calculated":
        return item
    asked = page.locator("h1.prompt").inner_text().split()
    quiz = quizzes.model.Quiz(items=(item,))
    for seed in range(2000):
        found = quizzes.instance(quiz, seed).items[0]
        if re.sub(r"<[^>]+>", " ", found.prompt).split() == asked:
            return found
    raise AssertionError(f"no seed gives {asked}")


def figures(page: Page) -> dict[str, dict[str, str]]:
    """Line → column → figure, as a person reads them in both tables of the report."""
    return {
        row.get_attribute("data-line") or "": {
            column: row.locator(f"td[data-column={column}]").inner_text() for column in COLUMNS
        }
        for row in page.locator("tr[data-line]").all()
    }


def test_the_whole_story(context: BrowserContext, story: Story, browser: Browser) -> None:
    page = context.new_page()
    register(page, "ليلى Ben Salah", "leila@example.org")
    first, *others = story.course.modules
    with page.expect_navigation():
        page.get_by_role("link", name="Start with the first lesson").click()
    read(page, first)
    take(page, story, first, right=False)
    assert page.locator("h1").inner_text() == "Not passed yet"
    take(page, story, first, right=True)
    assert (page.locator("h1").inner_text(), page.locator(".score .figure").inner_text()) == ("Passed", "100\u00a0%")
    for module in others:
        read(page, module)
        take(page, story, module, right=True)
        assert page.locator("h1").inner_text() == "Passed"
    page.goto("/en/")
    assert page.locator("h1").inner_text() == "Your city is lit"
    with page.expect_navigation():
        page.get_by_role("link", name="Your certificate").click()
    assert page.locator("h1").inner_text() == "ليلى Ben Salah"
    code = page.locator(".code").inner_text()
    pdf = context.request.get(f"/en/certificates/{code}.pdf")
    assert (pdf.status, pdf.headers["content-type"], pdf.body()[:5]) == (200, "application/pdf", b"%PDF-")
    anyone_verifies(browser, page.url.split("/en/")[0], code)
    context.clear_cookies()
    the_administrator_finds_it(context.new_page(), story)


def anyone_verifies(browser: Browser, site: str, code: str) -> None:
    stranger = browser.new_context(base_url=site).new_page()
    stranger.goto(f"/verify/{code}")
    assert stranger.locator("h1").inner_text() == "This certificate is valid"
    said = stranger.locator("main").inner_text()
    assert [word for word in ("ليلى Ben Salah", "Sfax", "leila@", "Youth") if word in said] == ["ليلى Ben Salah"]
    stranger.context.close()


def the_administrator_finds_it(page: Page, story: Story) -> None:
    page.goto(f"/en/account/first/{story.first}")
    page.get_by_label("Your name").fill("Erin O'Neill")
    page.get_by_label("E-mail address").fill("erin@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    go(page, "Make the account")
    page.goto("/en/reports/completion")
    shown = figures(page)
    one = {"enrolled": "1", "started": "1", "not_started": "0", "passed": "1", "completed": "1"}
    places = ["all", "Tunisia", "Tunisia › Sfax", "Tunisia › Sfax › Youth"]
    assert shown == dict.fromkeys([*places, *(module.slug for module in story.course.modules)], one)
    text = page.context.request.get("/en/reports/completion.csv?head=0").body().decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    held = {row["organisation"] if row["module"] == "all" else row["module"]: row for row in rows}
    assert {line: {column: row[column] for column in COLUMNS} for line, row in held.items()} == shown
    with page.expect_navigation():
        page.locator('tr[data-line="Tunisia › Sfax"] td[data-column=completed] a').click()
    with page.expect_navigation():
        page.get_by_role("link", name="ليلى Ben Salah").click()
    assert "Received the certificate" in page.locator("main").inner_text()
