"""Authors import and export items in the browser: a dry run, one button, and a ledger at each step."""

from __future__ import annotations

import html
import io
import os
import re
import time

import pytest

from course.web.rendering import ticked
from tests.site import Client, Site

GIFT = (
    "::Keep it open::Which hall?{=The large one#It has doors. ~The small one, which is nearer#It has none.}\n\n::No::Q{=a ~b}\n"
)
LONGEST = "::B::Q{=The longest of them#x ~a#y}\n\n::C::Q{=The longest of them#x ~b#y}\n"
ADDRESS = "/en/author/items/mobility"


def upload(browser: Client, text: str | bytes, form: str = "gift", **more: str) -> tuple[int, str]:
    browser.get(ADDRESS)
    data = text if isinstance(text, bytes) else text.encode()
    answer = browser.send(f"{ADDRESS}/check", {"format": form, "file": (io.BytesIO(data), "items.txt"), **more})
    return answer.status_code, answer.get_data(as_text=True)


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(format|digest|unfinished)" value="([^"]*)">', page))


def test_an_author_imports_items(site: Site) -> None:
    browser, quiz = site.client("dana"), site.folder / "mobility/quiz.yaml"
    before = quiz.read_text()
    assert '<a href="/en/author/items">Import and export items</a>' in browser.page("/en/author/")
    assert f'<a href="{ADDRESS}">Mobility</a>' in browser.page("/en/author/items")
    status, page = upload(browser, GIFT)
    assert (status, quiz.read_text()) == (200, before)
    assert "Items in: 2 = 1 kept + 0 changed + 1 dropped. Items out: 1." in page
    assert "<code>a</code> has no feedback: say why it is right or wrong" in page
    done = browser.send(f"{ADDRESS}/import", hidden(page)).get_data(as_text=True)
    assert "Written: <code>mobility/quiz.yaml</code>" in done
    assert quiz.read_text().startswith(before)
    assert "id: keep-it-open" in quiz.read_text()[len(before) :]
    assert site.publish().problems == ()


def test_sending_it_twice_imports_it_once(site: Site) -> None:
    browser = site.client("dana")
    _, page = upload(browser, GIFT)
    browser.send(f"{ADDRESS}/import", hidden(page))
    once = (site.folder / "mobility/quiz.yaml").read_text()
    again = browser.send(f"{ADDRESS}/import", hidden(page)).get_data(as_text=True)
    assert "Nothing had to be written." in again
    assert (site.folder / "mobility/quiz.yaml").read_text() == once
    _, page = upload(browser, GIFT)
    assert "Nothing of this file would be imported." in page


def test_unfinished_items_are_an_authors_choice(site: Site) -> None:
    browser = site.client("erin")
    _, page = upload(browser, GIFT, unfinished="yes")
    assert hidden(page)["unfinished"] == "yes"
    done = browser.send(f"{ADDRESS}/import", hidden(page)).get_data(as_text=True)
    assert "Items out: 2." in done
    assert "<h2>Still to be written</h2>" in done
    assert [problem.code for problem in site.publish().problems] == ["no-feedback"] * 2


@pytest.mark.parametrize(
    ("text", "form", "said"),
    [
        ("", "gift", "Choose a file that holds items."),
        (GIFT, "qti", "Choose the format of the file."),
        (
            "<quiz>",
            "moodle-xml",
            "Line 1, column 7: this is not XML: no element found. Look at this place and the one before it.",
        ),
        ("<!DOCTYPE a><quiz/>", "moodle-xml", "Line 1: a DOCTYPE is not read"),
        (LONGEST, "gift", "Nothing was changed: with these items the folder would have a problem: mobility/quiz.yaml:2: the"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(site: Site, text: str, form: str, said: str) -> None:
    status, page = upload(site.client("dana"), text, form)
    assert status == 422
    assert said in html.unescape(page)


def test_a_module_that_cannot_take_items_says_so(site: Site) -> None:
    browser = site.client("dana")
    _, page = upload(browser, GIFT)
    (site.folder / "mobility/quiz.yaml").write_text("items: [\n")
    for status, said in (upload(browser, GIFT), _sent(browser, page)):
        assert status == 422
        assert "mobility/quiz.yaml has a problem that comes first" in said
    for path in ("export/gift", "ledger/moodle-xml"):
        assert "Nothing can be exported: mobility/quiz.yaml has a problem" in browser.page(f"{ADDRESS}/{path}", 422)


def _sent(browser: Client, page: str, **changes: str) -> tuple[int, str]:
    answer = browser.send(f"{ADDRESS}/import", hidden(page) | changes)
    return answer.status_code, answer.get_data(as_text=True)


def test_a_file_that_is_no_longer_kept_is_asked_for_again(site: Site) -> None:
    browser = site.client("dana")
    _, page = upload(browser, GIFT)
    shelf = site.settings.instance / "imports"
    (kept,) = shelf.iterdir()
    assert kept.name == hidden(page)["digest"]
    for changes in ({"digest": "../../config.toml"}, {"digest": "0" * 64}, {"format": "x"}):
        status, said = _sent(browser, page, **changes)
        assert (status, "The file is no longer kept here. Choose it again; nothing was changed." in said) == (422, True)
    kept.write_bytes(b"something else")
    assert _sent(browser, page)[0] == 422
    yesterday = time.time() - 25 * 3600
    os.utime(kept, (yesterday, yesterday))
    upload(browser, "::B::Q{T#no#yes}")
    assert kept.name not in [path.name for path in shelf.iterdir()]


def test_a_folder_that_cannot_be_written_to_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = site.client("dana")
    _, page = upload(browser, GIFT)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    status, said = _sent(browser, page)
    assert (status, "The course folder cannot be written to (no space left on device). Nothing was changed." in said) == (
        503,
        True,
    )


def test_an_author_exports_items(site: Site) -> None:
    browser = site.client("dana")
    for form, kind, name in (("gift", "text/plain", "housing.gift"), ("moodle-xml", "application/xml", "housing.xml")):
        answer = browser.get(f"/en/author/items/housing/export/{form}")
        assert (answer.status_code, answer.mimetype) == (200, kind)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        status, page = upload(browser, answer.get_data(), form)
        assert (status, "the module has no lesson <code>rooms</code>" in page) == (200, True)
        assert "Items in: 7" in browser.page(f"/en/author/items/housing/ledger/{form}")
    for path in ("none", "housing/export/aiken", "housing/export/x", "none/export/gift", "housing/ledger/aiken"):
        assert browser.get(f"/en/author/items/{path}").status_code == 404
    assert browser.get(f"{ADDRESS}/check").headers["Location"] == ADDRESS


def test_a_file_that_is_too_large_is_refused(site: Site) -> None:
    browser = site.client("dana")
    browser.get(ADDRESS)
    sent = {"format": "gift", "file": (io.BytesIO(b"x" * (3 * 1024 * 1024)), "items.txt")}
    answer = browser.send(f"{ADDRESS}/check", sent)
    answer.request.input_stream.close()  # the test's own browser keeps large bodies in a file
    assert (answer.status_code, "This is too large" in answer.get_data(as_text=True)) == (413, True)


def test_modules_whose_items_are_brought_in_are_named_by_their_titles(site: Site) -> None:
    page = site.client("dana").page("/en/author/items")
    assert re.findall(r'<li><a href="/en/author/items/[a-z]+">([^<]+)</a></li>', page) == ["Housing", "Mobility"]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("unknown field `sumary`", "unknown field <code>sumary</code>"),
        ("take `<b>` and `a & b` out", "take <code>&lt;b&gt;</code> and <code>a &amp; b</code> out"),
        ("a ` alone", "a ` alone"),
        ("", ""),
    ],
)
def test_what_stands_between_backticks_is_code(message: str, shown: str) -> None:
    assert str(ticked(message)) == shown
