"""Flask and Flask-Login without what they ask at every request and what has one answer here."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask, Request, Response, g, request
from flask.ctx import RequestContext, _AppCtxGlobals
from flask_login import LoginManager
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge
from werkzeug.routing import MapAdapter, Rule
from werkzeug.sansio.http import parse_cookie
from werkzeug.urls import iri_to_uri
from werkzeug.wsgi import get_host

from ..accounts.sign_ins import Viewer
from ..content.model import Course

LONG = (["reports"], ["author"], ["admin"])  # behind the language
_ATTEMPT = re.compile(r"(/[^/]+/attempts/)([^/]+)(/.*)")
_NAMING = ("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT")


class Asked(Request):
    """The limits of a form as they are here. Flask looks for them in its configuration, ten times for each form.

    Werkzeug counts parts alone: of a form as most are it would make 700,000 fields, and a page to send them again of 27 MB.
    """

    max_content_length = 2 * 1024 * 1024
    max_form_memory_size = max_content_length
    max_form_parts = 1000
    max_form_fields = 10_000

    @cached_property
    def host(self) -> str:
        """Looked at once for each host that is asked, which are one or two."""
        return _host_of(tuple(map(self.environ.get, _NAMING)), tuple(self.trusted_hosts or ()))

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """From the environ, where they are one header. Werkzeug looks through all headers for more."""
        return parse_cookie(self.environ.get("HTTP_COOKIE"), self.dict_storage_class)  # type: ignore[return-value]  # as it has it

    def _load_form_data(self) -> None:
        """The fields of a form as browsers send it are read at once; all else is left to Werkzeug, and what is too long.

        Bytes that are no text become the mark for such. Werkzeug has them as %FF again, one after the other: of two megabytes
        that took five times as long as of any text.
        """
        environ, length = self.environ, self.environ.get("CONTENT_LENGTH", "")
        is_plain = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"
        if not is_plain or not length.isdecimal() or "stream" in self.__dict__ or int(length) > self.max_content_length:
            super()._load_form_data()
            return
        body = environ["wsgi.input"].read(int(length))
        if len(body) < int(length):
            raise ClientDisconnected
        if body.count(b"&") >= self.max_form_fields:
            raise RequestEntityTooLarge
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True)
        except ValueError:  # nothing that a browser sends
            fields = []
        self.__dict__ |= {"stream": io.BytesIO(), "form": ImmutableMultiDict(fields), "files": ImmutableMultiDict()}


_uri = lru_cache(maxsize=1024)(iri_to_uri)  # many are led to the same few addresses


@lru_cache(maxsize=64)
def _host_of(named: tuple[Any, ...], trusted: tuple[str, ...]) -> str:
    """Raises SecurityError for another's host, each time that it is asked."""
    return get_host(dict(zip(_NAMING, named, strict=True)), trusted)


class Held(_AppCtxGlobals):
    """Flask's ``g`` with what is found out once a request; a default stands until then."""

    lang: str = "en"
    course: Course | None = None
    viewer: Viewer | None = None
    is_viewer_known: bool = False
    is_in_turn: bool = False
    sent_token: str | None = None
    new_token: str = ""
    is_from_memory: bool = False


def held() -> Held:
    """What this request has found out. Flask's own names look the context up anew for each attribute, sixty times a page."""
    found: Held = g._get_current_object()
    return found


def asked() -> Request:
    """The request itself, for whoever asks more than one thing of it."""
    found: Request = request._get_current_object()  # type: ignore[attr-defined]  # of the proxy that it is
    return found


class Application(Flask):
    """No view or hook is a coroutine: Flask looks at each of them each time, eight times for a page.

    Addresses are looked for among a hundred rules; which rule and values the last thousand had is kept. Attempts have an
    address each, which nobody else asks for: what is kept is that of any attempt.
    """

    answers_too_long = True  # of a form that is, the server gives the length alone, and ``Asked`` says the rest
    request_class = Asked
    app_ctx_globals_class = Held

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept = lru_cache(maxsize=1024)(self._looked_for)

    def request_context(self, environ: dict[str, Any]) -> RequestContext:
        return _Context(self, environ)

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """As Flask does, from the request instead of once more from its environ. Raises SecurityError for another's host."""
        if request is None:
            return None  # nothing makes an address outside of a request
        request.trusted_hosts = self.config["TRUSTED_HOSTS"]
        query = request.query_string.decode(errors="replace")
        where = request.host, request.root_path, "", request.scheme, request.path, request.method, query
        return MapAdapter(self.url_map, *where)

    def rule_of(self, method: str, path: str) -> tuple[Rule, dict[str, Any]]:
        """The rule of an address, and its values. Raises HTTPException where there is none."""
        attempt = _ATTEMPT.fullmatch(path)
        rule, values = self._kept(method, path if attempt is None else f"{attempt[1]}-{attempt[3]}")
        return rule, dict(values) if attempt is None else {**values, "attempt": attempt[2]}

    def _looked_for(self, method: str, path: str) -> tuple[Rule, Mapping[str, Any]]:
        return self.url_map.bind("").match(path, method, return_rule=True)

    @staticmethod
    def takes_long(path: str) -> bool:
        """Whether a page may take seconds. The server has threads for such, so that no learner waits for a report."""
        return path.endswith(".pdf") or path.split("/", 3)[2:3] in LONG

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def redirect(self, location: str, code: int = 302) -> Response:
        """Without a page of its own, which no browser shows."""
        return _Redirect(status=code, headers=[("Location", _uri(location)), ("Content-Length", "0")])


class _Redirect(Response):
    """Its head is whole when it is made. Werkzeug makes another of it, in which it puts in what may be missing."""

    default_mimetype = None  # of nothing

    def get_wsgi_response(self, environ: dict[str, Any]) -> tuple[tuple[()], str, list[tuple[str, str]]]:
        return (), self.status, self.headers.to_wsgi_list()


class _Context(RequestContext):
    app: Application

    def match_request(self) -> None:
        """What has no rule is left to Flask, which answers with the host of this request."""
        request = self.request
        try:
            request.url_rule, request.view_args = self.app.rule_of(request.method, request.path)
        except HTTPException:
            super().match_request()


class Login(LoginManager):
    """``viewer`` says who is asking, from the request alone: nothing is in Flask's session, no cookie is remembered."""

    def __init__(self, viewer: Callable[[], Viewer | None]) -> None:
        super().__init__()
        self._viewer = viewer

    def init_app(self, app: Flask, add_context_processor: bool = True) -> None:
        app.login_manager = self  # type: ignore[attr-defined]  # where Flask-Login looks for it

    def _load_user(self) -> None:
        self._update_request_context_with_user(self._viewer())
