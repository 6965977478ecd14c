"""A file that is too large: said beside it, with what was typed still there; by a page where no script runs."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Opener
from tests.browser.instance import Instance
from tests.browser.test_pages import OVERFLOW, reported

TYPED = "alice@example.org\nnobody@example.org"
LARGE = b"x" * 3 * 2**20
SAID = "This is more than 2 MB. Send the list in parts. Nothing was sent."


@pytest.mark.parametrize("width", [320, 1280])
def test_what_was_typed_beside_a_file_that_is_too_large_stays(opened: Opener, instance: Instance, width: int) -> None:
    with opened("carla", width=width) as page:
        page.goto(f"/en/reports/cohorts/{instance.names['cohort']}")
        page.get_by_label("E-mail addresses").fill(TYPED)
        page.get_by_label("Or a file").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": LARGE})
        for _each in range(2):  # it is said once, however often it is tried
            page.get_by_role("button", name="Put them in").focus()
            page.keyboard.press("Enter")
        assert page.get_by_role("alert").all_inner_texts() == [f"Error:\n{SAID}"]
        assert page.get_by_label("E-mail addresses").input_value() == TYPED
        assert page.evaluate("document.activeElement.id") == "file"
        assert (page.evaluate(OVERFLOW), reported(page)) == ([], [])
        page.get_by_label("Or a file").set_input_files([])
        with page.expect_navigation():
            page.get_by_role("button", name="Put them in").click()
        assert page.get_by_role("heading", name="Please look at these lines again").is_visible()


@pytest.mark.parametrize("mb", [3, 12])
def test_without_scripts_a_page_says_that_it_is_too_large(opened: Opener, instance: Instance, mb: int) -> None:
    with opened("carla", java_script_enabled=False) as page:
        page.goto(f"/en/reports/cohorts/{instance.names['cohort']}")
        page.get_by_label("E-mail addresses").fill(TYPED)
        page.get_by_label("Or a file").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"x" * mb * 2**20})
        with page.expect_navigation():
            page.get_by_role("button", name="Put them in").click()
        assert page.get_by_role("heading", level=1).inner_text() == "This is too large"
        page.go_back()
        assert page.get_by_label("E-mail addresses").input_value() == TYPED
