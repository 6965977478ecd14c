"""A request as WSGI describes it (PEP 3333)."""

from __future__ import annotations

import io
import sys

from granian.rsgi import Scope

from .answers import Environ, OpenFile

NEVER = {"proxy", "content-type", "content-length", "transfer-encoding"}  # `Proxy:` would set HTTP_PROXY for programs called


def to_environ(scope: Scope, body: bytes) -> Environ:
    """The environ of a request whose body has arrived.

    Its length stands there as it was said, of which a body that is too long has nothing here.

    The server has decoded the path already; decoding it again would make two pages of one. Forwarded-for and like headers are
    passed on as what the client says and believed nowhere. A header with an underscore is left out: in the environ it would be
    the same as one with a hyphen.
    """
    server, _, port = scope.server.rpartition(":")
    headers = scope.headers
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server.strip("[]") or "localhost",
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.0" if scope.http_version == "1" else f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.file_wrapper": OpenFile,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    content_type = headers.get("content-type")
    if content_type is not None:
        environ["CONTENT_TYPE"] = content_type
    length = headers.get("content-length")
    if length is not None:
        environ["CONTENT_LENGTH"] = str(int(length))
    for name, value in headers.items():
        if "_" not in name and name not in NEVER:
            _add(environ, "HTTP_" + name.upper().replace("-", "_"), value)
    return environ


def _add(environ: Environ, key: str, value: str) -> None:
    """A header given more than once is one list; cookies are separated as in one Cookie header."""
    if key in environ:
        environ[key] += ("; " if key == "HTTP_COOKIE" else ", ") + value
    else:
        environ[key] = value
