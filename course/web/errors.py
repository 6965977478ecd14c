"""Errors as pages that say what to do. Nothing that was typed is lost: a refused form comes back ready to be sent again."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from contextlib import suppress
from typing import Any

from flask import Flask, make_response, redirect, render_template, request
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError, ServiceUnavailable, Unauthorized
from werkzeug.wrappers import Response

from ..extensions import current_session, is_for_a_while, reader
from . import published, visitor
from .guard import SAFE, StalePage

log = logging.getLogger(__name__)
SECRET_FIELDS = {"csrf_token", "password", "new_password", "current_password"}
HELD_AGE = 24 * 3600
_OWN_PATH = re.compile(r"/[a-z][\w-]*/[\w/-]*", re.ASCII)  # below a language; whatever it is, it is no other host


class Unclear(BadRequest):
    """An address that asks for what cannot be. ``description`` says what is wrong in it, and the way out."""


PAGES: dict[int, tuple[str, str]] = {
    400: (
        "This request could not be read",
        "Go back and try again. If you typed something, it is still in the page before this one.",
    ),
    403: ("This page is not for your account", "If you need it, ask the person who administers the course in your city."),
    404: (
        "There is nothing at this address",
        "The address may be mistyped, or what was here has moved. The course starts on the first page.",
    ),
    405: ("This page cannot be used that way", "Go back and use the buttons of the page."),
    413: (
        "This is too large",
        "Nothing of it was saved. A form may hold 2 MB with its file, and no more fields than a page here has. "
        "Go back, and send less, or in parts.",
    ),
    429: ("Too many tries", "Wait a few minutes, then try again. Whoever is signed in stays signed in."),
    500: ("Something went wrong on our side", "It has been written down. What you saved before is safe; please try again."),
    503: ("The course cannot answer now", "What you did before is safe. Wait some seconds, then load this page again."),
}


def init_app(app: Flask) -> None:
    app.register_error_handler(Unauthorized, _sign_in_first)
    app.register_error_handler(StalePage, _send_again)
    app.register_error_handler(DBAPIError, _busy)
    app.register_error_handler(NoConnectionFree, _busy)
    app.register_error_handler(HTTPException, _page)
    app.register_error_handler(Exception, _unexpected)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(visitor.settings().secret_key, salt="held")


def hold_request() -> str:
    """What was asked for, signed, to go on with after signing in: the address, and for a form its fields without secrets.

    A form is held for the browser that sent it. Anybody can have one held, and would give somebody else the link to it, who
    has one button to press and more rights.
    """
    is_post = request.method == "POST"
    by = _browser(visitor.csrf_token()) if is_post else ""
    return str(_serializer().dumps({"path": _path(), "fields": _fields(), "post": is_post, "by": by}))


def _browser(csrf_token: str) -> str:
    """Which browser it is, without what its forms are known by: this may stand in an address."""
    return hashlib.sha256(f"held:{csrf_token}".encode()).hexdigest()


def _path() -> str:
    """The address that was asked for, with its query."""
    return request.full_path.rstrip("?")


def _fields() -> list[tuple[str, str]]:
    """What was sent in a form, without secrets."""
    return [(name, value) for name, value in request.form.items(multi=True) if name not in SECRET_FIELDS]


def _to_send_again() -> dict[str, Any]:
    is_without = any(name in SECRET_FIELDS - {"csrf_token"} for name in request.form)
    return {"action": _path(), "fields": _fields(), "is_without_password": is_without}


def held_request(text: str) -> tuple[str, list[tuple[str, str]], bool] | None:
    """(path, fields, whether it was a form), or None when it was changed, is a day old, is another browser's form, or is none.

    Whoever signs in does so by a form with the token that the browser had; by a link alone no form is gone on with.

    A link to sign in may hold the bare path of its page: pages that are the same for everybody cannot sign what ends in a day.
    """
    if _OWN_PATH.fullmatch(text):
        return text, [], False
    try:
        held = _serializer().loads(text, max_age=HELD_AGE)
        if held["post"] and not hmac.compare_digest(held["by"], _browser(request.form.get("csrf_token", ""))):
            return None
        return held["path"], [(name, value) for name, value in held["fields"]], held["post"]
    except (BadData, KeyError, TypeError, ValueError):
        return None


def held() -> str:
    """What the page to sign in or register holds, by its form or its address."""
    return request.form.get("held") or request.args.get("held", "")


def go_on(lang: str) -> Response:
    """On to what was asked for before signing in: a page, a form ready to be sent again, else the first page."""
    found = held_request(held())
    if found is None:
        return redirect(f"/{lang}/", 303)
    path, fields, is_post = found
    if is_post:
        return make_response(render_template("errors/send_again.html", action=path, fields=fields, is_after_sign_in=True))
    return redirect(path, 303)


def is_script() -> bool:
    """Whether our own script asks, which takes an answer in JSON."""
    return request.headers.get("X-Requested-With") == "course"


def _sign_in_first(_error: Unauthorized) -> Response:
    if is_script():
        return make_response({"saved": False, "because": "signed_out"}, 401)
    asked_for = hold_request()
    if request.method in SAFE:
        return redirect(f"/{published.language()}/account/sign-in?held={asked_for}")
    return make_response(render_template("errors/sign_in_again.html", held=asked_for), 401)


def _send_again(error: StalePage) -> Response:
    """The token did not fit. From our own page the fields come back behind one button; from another site nothing does.

    Who has signed in meanwhile, in another tab, has nothing to send again where they are asked to sign in.
    """
    if is_script():
        return make_response({"saved": False, "because": "stale"}, 403)
    if not visitor.is_own_page():
        return _page(error)
    if request.endpoint == "accounts.sign_in" and visitor.viewer():
        return go_on(published.language())
    return make_response(render_template("errors/send_again.html", **_to_send_again()), 403)


def _busy(error: DBAPIError | NoConnectionFree) -> Response:
    """A locked database or a full disk: nothing was stored, and the page says so.

    What a database can neither hold nor look for, such as a character of the code 0 in PostgreSQL, is no text at all.
    """
    if isinstance(error, DataError):
        _let_go()
        log.info("not a value: %s", error.orig)
        return _page(BadRequest())
    if isinstance(error, DBAPIError) and not is_for_a_while(error):
        return _unexpected(error)
    _let_go()
    log.warning("database unavailable: %s", getattr(error, "orig", error))
    if is_script():
        response = make_response({"saved": False, "because": "busy"}, 503)
    elif request.method == "POST":
        response = make_response(render_template("errors/not_saved.html", **_to_send_again()), 503)
    else:
        response = make_response(_page(ServiceUnavailable()))
    response.headers["Retry-After"] = "5"
    return response


def _let_go() -> None:
    published.answer_from_memory()
    reader().close()
    with suppress(SQLAlchemyError):
        current_session().rollback()


def _page(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    code = error.code or 500
    if is_script():
        return make_response({"saved": False, "because": "error"}, code)
    title, advice = PAGES.get(code, PAGES[400 if code < 500 else 500])
    if isinstance(error, Unclear):
        title, advice = "This cannot be done as it was asked for", f"{error.description} Go back and change it there."
    response = make_response(render_template("errors/error.html", code=code, title=title, advice=advice), code)
    if code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or [])
    return response


def _unexpected(error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return _page(error)
    log.exception("unexpected error at %s", request.path)
    _let_go()
    return _page(InternalServerError())
