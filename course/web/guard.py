"""One guard on every view. A view says who may use it; a view that says nothing stops the start of the program.

``@anyone``, ``@signed_in``, ``@authors``, ``@report_readers`` and ``@administrators`` are the only ways in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response

from ..extensions import intend
from . import published, visitor
from .application import asked, held

View = TypeVar("View", bound=Callable[..., Any])
SAFE = {"GET", "HEAD", "OPTIONS"}


class StalePage(Forbidden):
    """A form whose token is not the one of this browser: the page was open too long, or another site sent it."""


def _mark(name: str) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.guard = name  # type: ignore[attr-defined]
        return view

    return mark


anyone = _mark("anyone")
signed_in = _mark("signed_in")
authors = _mark("authors")
report_readers = _mark("report_readers")
administrators = _mark("administrators")


def brief(view: View) -> View:
    """For a form that only writes, and at once: who sends it is found in the transaction that writes.

    The connection that writes to SQLite knows the pages of the database; one that reads has to read them again after each form.
    Never for a view that may hash a password or read at length: everybody would wait for their turn to write meanwhile.
    """
    view.is_brief = True  # type: ignore[attr-defined]
    return view


def is_allowed(guard: str) -> bool:
    """The whole of authorisation by role; what belongs to whom is decided by each view's query."""
    who = visitor.viewer()
    if guard == "anyone":
        return True
    if who is None:
        return False
    if guard == "signed_in":
        return True
    if guard == "authors":
        return who.role in {"author", "administrator"}
    if guard == "report_readers":
        return who.role == "administrator" or who.is_manager
    return guard == "administrators" and who.role == "administrator"


def init_app(app: Flask) -> None:
    app.before_request(_enter)  # the first thing of all in a request, before any query


def check_views(app: Flask) -> None:
    """Called once when every blueprint is there."""
    bare = [endpoint for endpoint, view in app.view_functions.items() if not hasattr(view, "guard")]
    if bare:
        raise RuntimeError(f"views without a guard: {', '.join(sorted(bare))}; add one of course.web.guard to each")


def _enter() -> Response | None:
    """Before any view: does it mean to write, in which language, is the request ours, and may this person make it."""
    request = asked()
    is_safe = request.method in SAFE
    intend(to_write=not is_safe)
    published.take_language(request)
    if request.endpoint is None or request.routing_exception is not None:
        return None  # 404 and 405 are raised by Flask itself
    view = current_app.view_functions[request.endpoint]
    guard = getattr(view, "guard", "administrators")
    if not is_safe:
        if not visitor.is_csrf_right():
            raise Unauthorized if guard != "anyone" and visitor.viewer() is None and visitor.is_own_page() else StalePage
        held().is_in_turn = hasattr(view, "is_brief")
    if is_allowed(guard):
        return None
    if visitor.viewer() is None:
        raise Unauthorized
    abort(403)
