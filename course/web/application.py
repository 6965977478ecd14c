"""Flask and Flask-Login without what they ask at every request and what has one answer here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, request
from flask_login import LoginManager
from werkzeug.wrappers import Response

from ..accounts.sign_ins import Viewer


class Application(Flask):
    """No view or hook is a coroutine. Flask looks at each of them each time, eight times for a page."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


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
