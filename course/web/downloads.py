"""Reports as files to keep."""

from __future__ import annotations

import os

from flask import abort, make_response, request, stream_with_context
from werkzeug.wrappers import Response

from ..reports import files
from ..reports.headings import LANGUAGES
from ..reports.spreadsheet import Workbook

PIECE = 16 * 1024  # characters or bytes of an export that are sent at once


def look() -> files.Look:
    """How the address wants a table: ``head=0`` leaves out the rules above a CSV, ``headings`` names a language."""
    headings = request.args.get("headings", "")
    if headings not in {"", *LANGUAGES}:
        abort(404)
    return files.Look(request.args.get("head") != "0", headings)


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
