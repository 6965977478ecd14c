"""What a request carries is read as Werkzeug reads it, on the shorter way that most requests take too."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from course.web.application import Asked

PLAIN = "application/x-www-form-urlencoded"
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'


def environ(body: bytes, content_type: str = PLAIN, **more: Any) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
    } | more


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", PLAIN),
        (b"csrf_token=a&seen=0", PLAIN),
        (b"item=a&item=b&r.a=&r.b=1+2%20%2B&=x&y", PLAIN),
        ("name=Émile&city=القاهرة".encode(), PLAIN),
        (b"name=%C3%89mile&half=%C&b%d=%00&%=%zz", PLAIN),
        (b"name=\xff", PLAIN),
        (b"a=1;b=2", f"{PLAIN}; charset=utf-8"),
        (b"a=1&b=2", "Application/x-www-form-urlencoded ;charset=latin-1"),
        (MULTIPART, "multipart/form-data; boundary=x"),
        (b"a=1", "text/plain"),
        (b"a=1", ""),
    ],
)
def test_a_form(body: bytes, content_type: str) -> None:
    found, expected = Asked(environ(body, content_type)), Request(environ(body, content_type))
    assert list(found.form.items(multi=True)) == list(expected.form.items(multi=True))
    assert (list(found.files), found.stream.read()) == ([], expected.stream.read())


def test_bytes_of_a_form_that_are_no_text_become_the_mark_for_such() -> None:
    found = Asked(environ(b"name=%C3%89mile&broken=%C3&b%FFd=%00"))
    assert list(found.form.items(multi=True)) == [("name", "Émile"), ("broken", "\ufffd"), ("b\ufffdd", "\0")]


def test_a_form_of_bytes_that_are_no_text_takes_no_longer_than_another() -> None:
    def seconds(escape: bytes) -> float:
        asked = Asked(environ(b"a=" + escape * (1_900_000 // len(escape))))
        begun = time.thread_time()
        assert len(asked.form["a"]) > 300_000
        return time.thread_time() - begun

    assert min(seconds(b"%ff") for _ in range(3)) < 2 * min(seconds(b"%D8%A7") for _ in range(3))


def test_a_form_after_its_bytes_were_asked_for() -> None:
    found = Asked(environ(b"a=1"))
    assert (found.get_data(), dict(found.form)) == (b"a=1", {"a": "1"})


def test_a_form_that_is_too_long_or_ends_too_early() -> None:
    with pytest.raises(RequestEntityTooLarge):
        _ = Asked(environ(b"", CONTENT_LENGTH=str(Asked.max_content_length + 1))).form
    for content_type in (PLAIN, f"{PLAIN}; charset=utf-8"):
        many = b"&".join([b"a="] * Asked.max_form_fields)
        assert len(Asked(environ(many, content_type)).form.getlist("a")) == Asked.max_form_fields
        with pytest.raises(RequestEntityTooLarge):
            _ = Asked(environ(many + b"&a=", content_type)).form
    with pytest.raises(ClientDisconnected):
        _ = Asked(environ(b"a=1", CONTENT_LENGTH="4")).form


@pytest.mark.parametrize("header", ["", "course=abc", 'a=1; course="x y"; a=2', "course=caf\xc3\xa9", "course=\xff", "; =1;b"])
def test_cookies(header: str) -> None:
    found, expected = (kind(environ(b"", HTTP_COOKIE=header)).cookies for kind in (Asked, Request))
    assert list(found.items(multi=True)) == list(expected.items(multi=True))
    assert list(Asked(environ(b"")).cookies) == []
