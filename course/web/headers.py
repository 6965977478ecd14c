"""What every answer says to the browser: nothing from elsewhere, no inline script or style, nothing kept of signed-in pages."""

from __future__ import annotations

from flask import Flask, Response, g

from . import visitor

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"
)
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def init_app(app: Flask) -> None:
    app.after_request(_add)


def allow_frame(origin: str) -> None:
    """This one page may show a recording from ``origin`` (``https://host``), since the learner has started it."""
    g.frame_origin = origin


def _add(response: Response) -> Response:
    frame, headers = g.get("frame_origin"), response.headers
    if "Content-Security-Policy" not in headers:
        headers.add("Content-Security-Policy", f"{POLICY}; frame-src {frame}" if frame else POLICY)
    if "Cache-Control" not in headers:
        headers.add("Cache-Control", "private, no-store")
    headers.extend(FIXED)
    if visitor.settings().https:
        headers.add("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response
