"""Flask and Flask-Login without what they ask at every request and what has one answer here."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask, Request, request
from flask_login import LoginManager
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import ClientDisconnected
from werkzeug.sansio.http import parse_cookie
from werkzeug.wrappers import Response

from ..accounts.sign_ins import Viewer


class Asked(Request):
    """The limits of a form as they are here. Flask looks for them in its configuration, ten times for each form."""

    max_content_length = 2 * 1024 * 1024
    max_form_memory_size = 500_000
    max_form_parts = 1000

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """From the one header that has them. Werkzeug looks for it among all headers."""
        found: Any = parse_cookie(self.environ.get("HTTP_COOKIE"), cls=ImmutableMultiDict)
        return found  # type: ignore[no-any-return]

    def _load_form_data(self) -> None:
        """The fields of a form as browsers send it are read at once; all else is left to Werkzeug, and what is too long."""
        environ, length = self.environ, self.environ.get("CONTENT_LENGTH", "")
        is_plain = environ.get("CONTENT_TYPE") == "application/x-www-form-urlencoded" and length.isdecimal()
        if not is_plain or "stream" in self.__dict__ or int(length) > self.max_content_length:
            super()._load_form_data()
            return
        body = environ["wsgi.input"].read(int(length))
        if len(body) < int(length):
            raise ClientDisconnected
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True, errors="werkzeug.url_quote")
        except ValueError:  # nothing that a browser sends
            fields = []
        self.__dict__ |= {"stream": io.BytesIO(), "form": ImmutableMultiDict(fields), "files": ImmutableMultiDict()}


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
