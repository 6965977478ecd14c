"""Reports as files to keep."""

from __future__ import annotations

import os

from flask import make_response, request, stream_with_context
from werkzeug.wrappers import Response

from ..reports import files
from ..reports.spreadsheet import Workbook

PIECE = 16 * 1024  # characters or bytes of an export that are sent at once


def with_head() -> bool:
    """Whether the rules stand above a CSV; ``head=0`` in the address leaves them out."""
    return request.args.get("head") != "0"


def answer(content: files.Content, form: str, name: str) -> Response:
    """An answer to keep; one that comes in pieces is sent as it is made, however long it is."""
    if isinstance(content, Workbook):
        response = make_response(files.read(content, PIECE))
        response.headers["Content-Length"] = str(content.seek(0, os.SEEK_END))
        content.seek(0)
        response.call_on_close(content.close)
    elif isinstance(content, str):
        response = make_response(content)
    else:
        response = make_response(stream_with_context(files.put_together(content, PIECE, first_at_once=True)))
    response.headers["Content-Type"] = files.TYPES[form]
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response
