"""The course's media, by the digest of their bytes: immutable, answered in ranges, and never run as a page."""

from __future__ import annotations

from flask import Blueprint, abort, send_file
from werkzeug.wrappers import Response

from . import published, visitor
from .guard import anyone

bp = Blueprint("assets", __name__)


@bp.get("/assets/<digest>/<name>")
@anyone
def show(digest: str, name: str) -> Response:
    """Only what a published course names; the address is the digest, so a private file cannot be guessed."""
    if len(digest) != 32 or not all(c in "0123456789abcdef" for c in digest):
        abort(404)
    path = visitor.settings().assets / digest
    media_type = _media_type(name)
    if media_type is None or not path.is_file():
        abort(404)
    response = send_file(path, mimetype=media_type, conditional=True, etag=digest, max_age=31536000)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


def _media_type(name: str) -> str | None:
    known = {asset.path.rsplit(".", 1)[-1]: asset.media_type for asset in published.course().assets}
    return known.get(name.rsplit(".", 1)[-1])
