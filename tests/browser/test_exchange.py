"""Items of another system, from the file an author chooses to the quiz in the folder, and out again, also without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from quizzes.formats import FORMATS
from tests.browser.conftest import _context
from tests.browser.instance import Instance, served
from tests.browser.test_pages import OVERFLOW, reported
from tests.site import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

GIFT = """\
// Exported by another system
::Doors::What does a family in a hall need first?{
    =A door of its own#Without one nobody sleeps.
    ~A larger hall with more beds#It has no more doors.
}

::Partners::Whom do you call before you open a hall?{
    ~%50%Its caretaker#Holds the keys.
    ~%50%The nurses nearby#Know who needs a bed.
    ~%-50%The press#Later.
}

::Open windows::A window that opens replaces a mask.{F#It helps, and replaces nothing.#Right, it only helps.}

::Word::Where do people sleep after a flood?{=hall#Yes. =%50%halls#The singular was asked. =%0%*#Think of a roof.}

::Beds::How many beds for 80 people, two in three of whom come?{#=53:1#Right. ~#Two thirds of 80.}

::Monday::What will you ask your own city on Monday?{}

::Without a reason::Which hall is open?{=The large one ~The small one, which is nearer}

Read the decree before you go on.
"""
LEDGER = [
    ("line 2", "Doors", "kept", "as it was"),
    ("line 7", "Partners", "kept", "as it was"),
    ("line 13", "Open windows", "kept", "as it was"),
    ("line 15", "Word", "changed", "the response “halls” with 50 %: a typed response is right or not"),
    ("line 17", "Beds", "kept", "as it was"),
    ("line 19", "Monday", "kept", "as it was"),
    (
        "line 21",
        "Without a reason",
        "dropped",
        "the-large-one has no feedback: say why it is right or wrong: feedback: …, or take unfinished items too\n"
        "the-small-one-which-is-nearer has no feedback: say why it is right or wrong: feedback: …"
        ", or take unfinished items too",
    ),
    ("line 23", "Read the decree before you go on.", "dropped", "it asks nothing: put its text into a lesson"),
]
NEW = ["doors", "partners", "open-windows", "word", "beds", "monday"]
ALL = ["who-travels", "paint-first", "seats", *NEW]
HOSTILE = """\
<?xml version="1.0"?>
<!DOCTYPE quiz [<!ENTITY key SYSTEM "file:secret.key">]>
<quiz><question type="essay"><name><text>Key</text></name><questiontext><text>&key;</text></questiontext></question></quiz>
"""


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance of its own, whose folder may be written to."""
    with served(tmp_path_factory.mktemp("items"), are_there_attempts=False) as found:
        yield found


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def has_scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=[1280, 360])
def page(request: pytest.FixtureRequest, browser: Browser, own: Instance, has_scripts: bool) -> Iterator[Page]:
    size = {"width": request.param, "height": 800}
    context = _context(browser, own, "", size, {"java_script_enabled": has_scripts})
    yield context.new_page()
    context.close()


def open_items(page: Page) -> None:
    """Signs in as the author and goes to the items of Mobility as a person does."""
    page.goto("/en/account/sign-in")
    page.get_by_label("E-mail address").fill("dana@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    page.goto("/en/author/")
    page.get_by_role("link", name="Import and export items").click()
    page.get_by_role("link", name="Mobility", exact=True).click()
    assert heading(page) == "Items of Mobility"


def press(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=words, exact=True).click()


def upload(page: Page, form: str, name: str, data: bytes) -> None:
    """Fills the form, and goes from the file over the tick to the button by the keyboard."""
    page.get_by_label("Format").select_option(form)
    page.get_by_label("File").set_input_files({"name": name, "mimeType": "text/plain", "buffer": data})
    page.get_by_label("File").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def ledger(page: Page) -> list[tuple[str, str, str, str]]:
    """Place, name, fate, and what and why, of each item."""
    rows = page.locator("table.ledger tbody tr").all()
    cells = [[cell.inner_text().strip() for cell in row.locator("td, th").all()] for row in rows]
    return [(place, name.split("\n")[0], fate, why) for place, name, fate, why in cells]


def look(page: Page, has_scripts: bool) -> None:
    """Nothing sticks out of the window and, where it can run, axe finds nothing."""
    assert page.evaluate(OVERFLOW) == []
    assert not has_scripts or reported(page) == []


def test_an_author_brings_items_in_and_takes_them_out_again(page: Page, own: Instance, has_scripts: bool) -> None:
    quiz = own.modules / "mobility" / "quiz.yaml"
    before = quiz.read_text(encoding="utf-8")
    open_items(page)
    upload(page, "gift", "items.gift", GIFT.encode())
    assert heading(page) == "What would happen"
    assert page.locator(".lead").inner_text() == "Items in: 8 = 5 kept + 1 changed + 2 dropped. Items out: 6."
    assert ledger(page) == LEDGER
    assert quiz.read_text(encoding="utf-8") == before
    look(page, has_scripts)

    press(page, "Import 6 items")
    assert heading(page) == "What was imported"
    assert ledger(page) == LEDGER
    look(page, has_scripts)
    after = quiz.read_text(encoding="utf-8")
    assert (after[: len(before)], re.findall(r"^- id: (\S+)$", after[len(before) :], re.MULTILINE)) == (before, NEW)

    page.get_by_role("link", name="go to the folder").click()
    press(page, "Publish")
    page.goto("/en/modules/mobility/quiz")
    assert page.get_by_text("9 items").count() == 1

    for form, name in (("gift", "mobility.gift"), ("moodle-xml", "mobility.xml")):
        data = exported(page, form, name)
        assert [item.id for item in FORMATS[form].read(data).items] == ALL
        page.goto("/en/author/items/mobility")
        upload(page, form, name, data)
        assert [(fate, why) for _, _, fate, why in ledger(page)] == [
            ("dropped", f"the module has the very same item as {item}") for item in ALL
        ]
        assert quiz.read_text(encoding="utf-8") == after


def exported(page: Page, form: str, name: str) -> bytes:
    """What the browser keeps when an author looks at the ledger of an export and presses its button."""
    page.goto("/en/author/items/mobility")
    page.get_by_role("link", name=f"ledger of {FORMATS[form].words}").click()
    assert (heading(page), len(ledger(page))) == ("What an export holds", len(ALL))
    with page.expect_download() as download:
        page.get_by_role("link", name=f"Download {FORMATS[form].words}").click()
    assert download.value.suggested_filename == name
    return Path(download.value.path()).read_bytes()


def test_a_file_that_names_another_is_refused_beside_its_field(page: Page, own: Instance, has_scripts: bool) -> None:
    before = (own.modules / "mobility" / "quiz.yaml").read_bytes()
    open_items(page)
    page.get_by_label("Take unfinished items too").check()
    upload(page, "moodle-xml", "items.xml", HOSTILE.encode())
    assert (heading(page), page.title().split(":")[0]) == ("Items of Mobility", "Error")
    assert page.locator("#file-error").text_content() == (
        "Error: Line 2: a DOCTYPE is not read, because entities in it can fill a memory or name a file elsewhere. "
        "Take the line `<!DOCTYPE …>` out."
    )
    look(page, has_scripts)
    assert page.get_by_label("Format").input_value() == "moodle-xml"
    assert page.get_by_label("Take unfinished items too").is_checked()
    page.locator(".summary a").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "file"
    assert (own.modules / "mobility" / "quiz.yaml").read_bytes() == before
    assert list((own.folder / "imports").glob("*")) == []
