"""Reports as files to keep."""

from __future__ import annotations

from collections.abc import Iterable

from flask import make_response, request, stream_with_context
from werkzeug.wrappers import Response

from ..reports import files

PIECE = 16 * 1024  # characters of an export that are sent at once


def with_head() -> bool:
    """Whether the rules stand above a CSV; ``head=0`` in the address leaves them out."""
    return request.args.get("head") != "0"


def answer(content: str | bytes | Iterable[str], form: str, name: str) -> Response:
    """An answer to keep; one that comes in pieces is sent as it is made, however long it is."""
    whole = isinstance(content, (str, bytes))
    pieces = content if whole else stream_with_context(files.put_together(content, PIECE, first_at_once=True))  # type: ignore[arg-type]
    response = make_response(pieces)
    response.headers["Content-Type"] = files.TYPES[form]
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response
