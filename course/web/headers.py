"""What every answer says to the browser: nothing from elsewhere, no inline script or style, nothing kept of signed-in pages.

It is said around Flask, in one piece: as a hook of the application it cost a tenth of the time of a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, request

from ..config import Settings

Headers = list[tuple[str, str]]
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"
)
FIXED = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
]
ONLY_HTTPS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
FRAME = "course.frame"  # in the request's environ: where the frame of this page may come from


def init_app(app: Flask, settings: Settings) -> None:
    fixed = [*FIXED, ONLY_HTTPS] if settings.https else FIXED
    app.wsgi_app = _around(app.wsgi_app, fixed)  # type: ignore[method-assign, assignment]


def allow_frame(origin: str) -> None:
    """This one page may show a recording from ``origin`` (``https://host``), since the learner has started it."""
    request.environ[FRAME] = origin


def _around(app: Wsgi, fixed: Headers) -> Wsgi:
    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: Headers, *error: Any) -> Any:
            return start_response(status, headers + _missing(headers, environ.get(FRAME)) + fixed, *error)

        return app(environ, start)

    return answer


def _missing(headers: Headers, frame: str | None) -> Headers:
    """What a page may say for itself, where it does not."""
    said = {name for name, _value in headers}
    found = []
    if "Content-Security-Policy" not in said:
        found.append(("Content-Security-Policy", f"{POLICY}; frame-src {frame}" if frame else POLICY))
    if "Cache-Control" not in said:
        found.append(("Cache-Control", "private, no-store"))
    return found
