"""Who is asking: one cookie with a random token, found in the table of sign-ins, and the CSRF token that hangs on it.

The cookie of somebody who is not signed in is random too, so that forms are guarded before there is an account; it is renewed
whenever somebody signs in or out.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import cast

from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import NullSession, SessionInterface

from .. import clock
from ..accounts import people, secrets, sign_ins
from ..accounts.sign_ins import Viewer
from ..config import Network, Settings
from ..extensions import by_the_way, current_session, reader, writing
from .application import Login, asked, held

COOKIE_AGE = 7 * 24 * 3600
_EMPTY = NullSession()


class NoSession(SessionInterface):
    """Flask's signed cookie cannot be revoked, so nothing is ever kept in it: whoever tries is refused."""

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return _EMPTY


def init_app(app: Flask) -> None:
    app.session_interface = NoSession()
    Login(viewer).init_app(app)
    app.after_request(_set_cookie)


def viewer() -> Viewer | None:
    """The person who is signed in, or None; found once a request."""
    mine = held()
    if not mine.is_viewer_known:
        mine.viewer = _load()
        mine.is_viewer_known = True
    return mine.viewer


def signed_in() -> Viewer:
    """The person who is signed in; only for views behind a guard that says so."""
    found = viewer()
    assert found is not None
    return found


def is_administrator() -> bool:
    """Whether the person who is signed in administers the course, and so may be told everything."""
    return signed_in().role == "administrator"


def settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])


def managed() -> list[int]:
    """The organisations that the viewer manages, read once a request."""
    if "managed" not in g:
        found = viewer()
        g.managed = people.managed_organisations(current_session(), found.id) if found else []
    return cast(list[int], g.managed)


def csrf_token() -> str:
    """Bound to the cookie and without an end of its own: somebody may think for an hour before pressing the button."""
    made = _keyed(settings().secret_key).copy()
    made.update(_token().encode())
    return made.hexdigest()


@lru_cache(maxsize=4)
def _keyed(key: str) -> hmac.HMAC:
    """``hmac.digest`` lets other threads run meanwhile: a form then waits for Python's lock longer than for its digest."""
    return hmac.new(key.encode(), b"csrf:", "sha256")


def is_csrf_right() -> bool:
    """Whether the form (or the X-CSRF-Token header of our script) carries the token of this cookie, from our own pages."""
    sent = asked()
    given = sent.form.get("csrf_token") or sent.headers.get("X-CSRF-Token", "")  # first of all: a form may be too large
    if not _sent_token() or not is_own_page():
        return False
    return hmac.compare_digest(given.encode(), csrf_token().encode())


def is_own_page() -> bool:
    """Whether the browser says that the request comes from a page of this site; browsers that say nothing are believed."""
    sent = asked()
    if sent.environ.get("HTTP_SEC_FETCH_SITE", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = sent.environ.get("HTTP_ORIGIN")
    return origin is None or origin.split("//")[-1] == sent.host


def renew(token: str = "") -> None:
    """Sends a new cookie with the answer: after signing in the token of the sign-in, after signing out a fresh one."""
    held().new_token = token or secrets.token()


def address() -> str:
    """The network address that is counted for throttling."""
    return client(request.remote_addr or "unknown", request.headers.get("X-Forwarded-For", ""), settings().proxies)


def client(asked_by: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """Whoever asked the first of our own proxies. What the header says beyond that anybody may have written."""
    for before in reversed(forwarded.split(",")):
        if not before.strip() or not any(_is_in(asked_by, proxy) for proxy in proxies):
            break
        asked_by = before.strip()
    return asked_by


def _is_in(address: str, network: Network) -> bool:
    try:
        return ip_address(address) in network
    except ValueError:
        return False


def _sent_token() -> str:
    """What the browser's cookie says, empty without one; read once a request."""
    mine = held()
    if mine.sent_token is None:
        mine.sent_token = asked().cookies.get(settings().cookie, "")
    return mine.sent_token


def _token() -> str:
    """The token that this browser has, or gets with the answer."""
    sent, mine = _sent_token(), held()
    if not mine.new_token and len(sent) < 32:
        renew()
    return mine.new_token or sent


def _load() -> Viewer | None:
    token = _sent_token()
    if len(token) < 32 or held().is_from_memory:
        return None
    now = clock.now()
    if held().is_in_turn:
        found = sign_ins.find(current_session().connection(), token, now)
    else:
        found = reader().ask(sign_ins.find, token, now)
    if found and found.is_seen_stale:
        session = current_session()
        with by_the_way(), writing(session):
            sign_ins.notice(session, found, now)
    return found


def _set_cookie(response: Response) -> Response:
    token = held().new_token
    if token:
        known = settings()
        response.set_cookie(
            known.cookie, token, max_age=COOKIE_AGE, secure=known.https, httponly=True, samesite="Lax", path="/"
        )
    return response
