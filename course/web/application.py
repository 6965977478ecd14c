"""Flask and Flask-Login without what they ask at every request and what has one answer here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, request
from flask_login import LoginManager
from werkzeug.wrappers import Response

from ..accounts.sign_ins import Viewer


class Asked(Request):
    """The limits of a form as they are here. Flask looks for them in its configuration, ten times for each form."""

    max_content_length = 2 * 1024 * 1024
    max_form_memory_size = 500_000
    max_form_parts = 1000


class Application(Flask):
    """No view or hook is a coroutine: Flask looks at each of them each time, eight times for a page."""

    request_class = Asked

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def redirect(self, location: str, code: int = 302) -> Response:
        """Without a page of its own, which no browser shows."""
        return Response(status=code, headers=[("Location", location)])


class Login(LoginManager):
    """``load`` finds who is asking from the request alone: nothing is in Flask's session and there is no cookie to remember."""

    def __init__(self, load: Callable[[Request], Viewer | None]) -> None:
        super().__init__()
        self.request_loader(load)
        self._load = load

    def _load_user(self) -> None:
        self._update_request_context_with_user(self._load(request))

    def _update_remember_cookie(self, response: Response) -> Response:
        return response
