"""Pages and files get smaller on the way, unless that could give away what is secret in them."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from pathlib import Path

import pytest

from course.web.rendering import STATIC
from tests.site import Site

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def test_a_page_is_compressed_for_those_who_can_read_it(site: Site) -> None:
    browser = site.client("alice")
    plain = browser.get("/en/modules/housing/")
    small = browser.get("/en/modules/housing/", headers=GZIP)
    assert (plain.headers.get("Content-Encoding"), small.headers.get("Content-Encoding")) == (None, "gzip")
    assert gzip.decompress(small.data) == plain.data
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data) / 2
    assert (plain.headers["Vary"], small.headers["Vary"]) == ("Accept-Encoding", "Accept-Encoding")


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        ("gzip", True),
        ("GZIP;q=0.001", True),
        ("br;q=1, gzip;q=0.8", True),
        ("gzip, identity;q=0", True),
        ("gzip;q=0.5, *;q=0", True),
        ("gzip, identity", True),
        ("*", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0.0, *", False),
        ("*;q=0", False),
        ("gzip;q=0.4, identity;q=0.5", False),
        ("identity;q=0", False),  # neither: it is sent as it is
        ("identity;q=0, gzip;q=0", False),
        ("not-gzip", False),
        ("gzip;q=much", False),
    ],
)
def test_nobody_gets_what_they_would_rather_not(site: Site, accepted: str, is_packed: bool) -> None:
    browser, given = site.client("alice"), {"Accept-Encoding": accepted}
    style = browser.page("/en/").split('rel="stylesheet" href="')[1].split('"')[0]
    for address in ("/en/modules/housing/", "/en/modules/housing/rooms-before-rules", style):
        answer = browser.get(address, headers=given)
        assert (address, answer.headers.get("Content-Encoding")) == (address, "gzip" if is_packed else None)


def test_what_may_echo_what_was_typed_is_not(site: Site) -> None:
    browser = site.client("erin")
    for answer in (
        browser.get("/en/practices/?q=halls", headers=GZIP),
        browser.get("/en/nowhere", headers=GZIP),
        browser.get("/verify/XYZ", headers=GZIP),
        browser.send("/en/account/password", {"current_password": "wrong"}, headers=GZIP),
    ):
        assert answer.headers.get("Content-Encoding") is None


def test_a_static_file_is_compressed_once_and_kept_for_a_year(site: Site) -> None:
    browser = site.client()
    html = browser.page("/en/")
    address = html.split('rel="stylesheet" href="')[1].split('"')[0]
    plain, small = browser.get(address), browser.get(address, headers=GZIP)
    assert gzip.decompress(small.data) == plain.data
    assert small.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (small.mimetype, small.headers["Content-Encoding"]) == ("text/css", "gzip")
    for wrong in ("/static/0/../course.css", "/static/0/%2e%2e/__init__.py", "/static/0/none.css"):
        assert browser.get(wrong).status_code == 404, wrong


def test_a_wrong_digest_gets_the_file_but_keeps_it_for_nothing(site: Site) -> None:
    answer = site.client().get("/static/0000/css/course.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


def test_nothing_outside_of_the_folder_is_read_whatever_the_address_says(site: Site, tmp_path: Path) -> None:
    """A device such as /dev/zero was read until the worker had no memory left."""
    size, browser = 32 * 1024 * 1024, site.client()
    with (tmp_path / "outside").open("wb") as outside:
        outside.truncate(size)
    browser.get("/static/0/none.css")
    tracemalloc.start()
    try:
        answer = browser.get(f"/static/0/{os.path.relpath(tmp_path / 'outside', STATIC)}")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (answer.status_code, peak < size) == (404, True)


def test_what_is_no_name_of_a_file_is_not_there(site: Site) -> None:
    browser = site.client()
    for name in ("css", "css/./course.css", "css/course.css%00", "./css/course.css", "%20"):
        assert browser.get(f"/static/0/{name}").status_code == 404, name
