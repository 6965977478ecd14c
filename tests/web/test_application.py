"""What Flask promises still holds where ``course.web.application`` says it in its own way."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from flask import session
from flask_login import current_user
from werkzeug.test import create_environ, run_wsgi_app

from course.web import visitor
from course.web.application import Application
from tests.site import Site

LESSON = "/en/modules/housing/rooms-before-rules"


def test_an_address_found_before_is_still_asked_for_by_a_trusted_host_and_a_right_method(site: Site) -> None:
    browser = site.client()
    for _again in range(2):
        assert browser.get(LESSON).status_code == 200
        assert browser.get(LESSON, headers={"Host": "elsewhere.example"}).status_code == 400
        refused = browser.delete(LESSON, headers={"X-CSRF-Token": browser.token})
        assert (refused.status_code, sorted(refused.headers["Allow"].split(", "))) == (405, ["GET", "HEAD", "OPTIONS"])
        assert browser.get("/en/modules/housing/rooms/before/rules").status_code == 404


def test_a_missing_slash_is_put_in_at_the_host_that_was_asked(site: Site) -> None:
    browser = site.client()
    for host in ("127.0.0.1:8000", "localhost"):
        answer = browser.get("/en/practices?q=%C3%A9t%C3%A9", headers={"Host": host})
        assert (answer.status_code, answer.location) == (308, f"http://{host}/en/practices/?q=%C3%A9t%C3%A9")


def test_reports_and_pages_of_authors_and_administrators_have_threads_of_their_own(site: Site) -> None:
    takes_long = Application.takes_long
    reading = [rule for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    long = {rule.endpoint.partition(".")[0] for rule in reading if takes_long(rule.rule)}
    short = {rule.endpoint.partition(".")[0] for rule in reading if not takes_long(rule.rule)}
    wanted = {"administration", "analysis", "at_risk", "authoring", "certificates", "cohorts", "exchange", "exports"}
    assert long == {*wanted, "lesson_report", "regrading", "reports"}
    assert long & short == {"certificates"}  # its page, and the PDF that is set for it


def test_values_of_an_address_belong_to_one_request(site: Site) -> None:
    with site.app.test_request_context("/en/modules/housing/", base_url="http://127.0.0.1") as first:
        assert first.request.view_args == {"lang": "en", "module": "housing"}
        first.request.view_args.clear()
    with site.app.test_request_context("/en/modules/housing/", base_url="http://127.0.0.1") as second:
        assert second.request.view_args == {"lang": "en", "module": "housing"}


def test_each_attempt_has_its_own_address_though_one_rule_is_kept_for_all(site: Site) -> None:
    found = []
    for path in ("/en/attempts/one/", "/en/attempts/two/", "/en/attempts/-/3", "/es/attempts/%C3%A9/result"):
        with site.app.test_request_context(path, base_url="http://127.0.0.1") as made:
            assert made.request.url_rule is not None
            found.append((made.request.url_rule.endpoint, made.request.view_args))
    assert found == [
        ("quiz.resume", {"lang": "en", "attempt": "one"}),
        ("quiz.resume", {"lang": "en", "attempt": "two"}),
        ("quiz.item", {"lang": "en", "attempt": "-", "number": 3}),
        ("quiz.result", {"lang": "es", "attempt": "é"}),
    ]


def test_an_address_below_an_attempt_that_there_is_not_is_told_by_its_own_name(site: Site) -> None:
    browser = site.client("alice")
    assert [browser.get(f"/en/attempts/one{rest}").status_code for rest in ("/nothing", "/1/2", "//")] == [404, 404, 308]
    assert browser.get("/en/attempts/one").location == "http://localhost/en/attempts/one/"


def test_a_cookie_of_somebody_else_that_is_no_text_takes_nothing_away(site: Site) -> None:
    held = site.client("alice").get_cookie("course")
    assert held is not None
    stranger = site.app.test_client(use_cookies=False)
    cookies = f"theirs=\xff\xe9; course={held.value}; course=another"
    assert stranger.get("/en/account/", headers={"Cookie": cookies}).status_code == 200
    assert stranger.get("/en/account/", headers={"Cookie": "theirs=\xff"}).status_code == 302


def test_the_user_of_flask_login_is_who_is_looking(site: Site) -> None:
    browser = site.client("alice")
    with browser:
        browser.get(LESSON)
        assert (current_user._get_current_object(), current_user.is_authenticated) == (visitor.viewer(), True)
    with site.client() as stranger:
        stranger.get(LESSON)
        assert (visitor.viewer(), current_user.is_authenticated) == (None, False)


def test_the_token_of_a_form_is_a_digest_of_its_cookie_by_the_key_of_the_instance(site: Site) -> None:
    key, tokens = site.app.extensions["settings"].secret_key.encode(), []
    for cookie in ("a" * 43, "b" * 43):
        with site.app.test_request_context("/en/", headers={"Cookie": f"course={cookie}"}):
            tokens += [visitor.csrf_token(), hmac.new(key, f"csrf:{cookie}".encode(), hashlib.sha256).hexdigest()]
    assert (tokens[0], tokens[2]) == (tokens[1], tokens[3])
    assert tokens[0] != tokens[2]


def test_nothing_is_kept_in_the_session_of_flask(site: Site) -> None:
    with site.app.test_request_context("/en/"), pytest.raises(RuntimeError, match="session"):
        session["kept"] = 1


def test_a_redirect_says_all_that_a_browser_asks_of_it(site: Site) -> None:
    with site.app.test_request_context("/en/", base_url="http://127.0.0.1"):
        answer = site.app.redirect("/es/été?q=a b", 303)
    body, status, headers = run_wsgi_app(answer, create_environ(method="POST"))
    assert (list(body), status, sorted(headers)) == (
        [],
        "303 SEE OTHER",
        [
            ("Content-Length", "0"),
            ("Location", "/es/%C3%A9t%C3%A9?q=a%20b"),
        ],
    )
