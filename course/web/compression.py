"""Smaller pages for slow lines. Never one that may hold what somebody typed beside what is secret (the BREACH attack)."""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Flask, Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

SMALLEST = 1024  # bytes; below this the head of the answer is most of it
TYPES = ("text/html", "text/css", "text/javascript", "image/svg+xml", "application/json")
LEVEL = 1  # 6 takes three times as long for a tenth less


def init_app(app: Flask) -> None:
    app.after_request(_compress)


@lru_cache(maxsize=64)  # browsers send a handful
def takes_gzip(accepted: str) -> bool:
    """Whether whoever sends this header would have gzip, and would not have it as it is rather.

    Where they would have neither they get it as it is: an answer that somebody cannot read is no worse than none.
    """
    asked = parse_accept_header(accepted, Accept)
    return 0 < asked.quality("gzip") >= asked.quality("identity")


def _compress(response: Response) -> Response:
    """Only what was asked for by an address alone: without a query and without a form there is nothing typed to echo."""
    if response.status_code != 200 or request.method not in ("GET", "HEAD"):
        return response
    if response.mimetype not in TYPES or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    if request.method == "HEAD" or request.query_string or response.is_streamed:
        return response
    if response.direct_passthrough or not takes_gzip(request.headers.get("Accept-Encoding", "")):
        return response
    body = response.get_data()
    if len(body) >= SMALLEST:
        response.set_data(gzip.compress(body, LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
