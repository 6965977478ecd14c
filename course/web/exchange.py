"""The pages on which authors export a module's items and import those of others: a dry run first, then one button.

What reads and writes the formats is imported where it is used: most workers never do, and it would take 2 MB of each.
"""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ..accounts.names import name_key
from . import published, visitor
from .guard import authors

if TYPE_CHECKING:
    from ..content.exchange import Format, NotImported, Plan, Refused

bp = Blueprint("exchange", __name__, url_prefix="/<lang>/author/items")
KEPT = 24 * 3600  # seconds that a file waits between its dry run and the button
_DIGEST = re.compile("[0-9a-f]{64}")
TYPES = {"gift": "text/plain; charset=utf-8", "moodle-xml": "application/xml; charset=utf-8"}


@bp.get("")
@authors
def index() -> str:
    from ..content import exchange

    modules = sorted(((module, _title(module)) for module in exchange.modules_in(_folder())), key=lambda one: name_key(one[1]))
    return render_template("authoring/items_index.html", modules=modules)


@bp.get("/<module>")
@authors
def show(module: str) -> str:
    _known(module)
    return _form(module, {})


@bp.get("/<module>/export/<form>")
@authors
def export(module: str, form: str) -> Response | tuple[str, int]:
    """The file to keep; what other systems will not see of it stands on the page that leads here."""
    from ..content import exchange

    _known(module)
    written = _format(form)
    try:
        text = exchange.export_module(_folder(), module, written).text
    except exchange.NotImported as error:
        return _form(module, {"export": [f"Nothing can be exported: {error}."]}), 422
    response = make_response(text)
    response.headers["Content-Type"] = TYPES.get(form, "text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{module}.{written.extension}"'
    return response


@bp.get("/<module>/ledger/<form>")
@authors
def ledger(module: str, form: str) -> str | tuple[str, int]:
    """What an export would hold of each item."""
    from ..content import exchange

    _known(module)
    try:
        exported = exchange.export_module(_folder(), module, _format(form))
    except exchange.NotImported as error:
        return _form(module, {"export": [f"Nothing can be exported: {error}."]}), 422
    return render_template(
        "authoring/items_ledger.html",
        module=module,
        title=_title(module),
        ledger=exported.ledger,
        left=(),
        step="export",
        form=form,
        words=exchange.FORMATS[form].words,
    )


@bp.post("/<module>/check")
@authors
def check(module: str) -> str | Response | tuple[str, int]:
    """The dry run: tells what would become of each item, and keeps the file for the button."""
    from ..content import exchange

    _known(module)
    form, sent = request.form.get("format", ""), request.files.get("file")
    data = sent.read() if sent else b""
    errors = {} if form in exchange.FORMATS else {"format": ["Choose the format of the file."]}
    errors |= {} if data else {"file": ["Choose a file that holds items."]}
    if errors:
        return _form(module, errors), 422
    unfinished = "unfinished" in request.form
    try:
        plan = exchange.plan_import(_folder(), module, exchange.FORMATS[form], data, unfinished=unfinished)
    except (exchange.Refused, exchange.NotImported) as error:
        return _form(module, {"file": [_said(error)]}), 422
    return _ledger(module, plan, "check", form=form, digest=_keep(data), unfinished=unfinished)


@bp.post("/<module>/import")
@authors
def take(module: str) -> str | Response | tuple[str, int]:
    """Writes what the dry run told, planned again on the folder as it is now. Sent twice, the second finds every item there."""
    from ..content import exchange

    _known(module)
    form, digest = request.form.get("format", ""), request.form.get("digest", "")
    data = _kept(digest)
    if form not in exchange.FORMATS or data is None:
        return _form(module, {"file": ["The file is no longer kept here. Choose it again; nothing was changed."]}), 422
    unfinished = "unfinished" in request.form
    try:
        plan = exchange.import_items(_folder(), module, exchange.FORMATS[form], data, unfinished=unfinished)
    except (exchange.Refused, exchange.NotImported) as error:
        return _form(module, {"file": [_said(error)]}), 422
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        return _form(module, {"file": [f"The course folder cannot be written to ({reason}). Nothing was changed."]}), 503
    return _ledger(module, plan, "done", form=form)


@bp.get("/<module>/check")
@bp.get("/<module>/import")
@authors
def again(module: str) -> Response:
    """A reload of what was sent leads back to the form."""
    return redirect(url_for("exchange.show", module=module), 303)


def _folder() -> Path:
    return visitor.settings().modules


def _title(module: str) -> str:
    """The title of a module in the folder, as it was published; its id before that."""
    return published.module_title(module) if published.peek() else module


def _known(module: str) -> None:
    from ..content import exchange

    if module not in exchange.modules_in(_folder()):
        abort(404)


def _format(form: str) -> Format:
    from ..content import exchange

    found = exchange.FORMATS.get(form)
    if found is None or found.write is None:
        abort(404)
    return found


def _form(module: str, errors: dict[str, list[str]]) -> str:
    from ..content import exchange

    return render_template(
        "authoring/items.html",
        module=module,
        title=_title(module),
        formats=exchange.FORMATS,
        errors=errors,
        chosen=request.form.get("format", "gift"),
        unfinished="unfinished" in request.form,
    )


def _ledger(module: str, plan: Plan, step: str, *, form: str, digest: str = "", unfinished: bool = False) -> str:
    from ..content import exchange

    return render_template(
        "authoring/items_ledger.html",
        module=module,
        title=_title(module),
        ledger=plan.ledger,
        left=plan.left,
        files=sorted(plan.files),
        step=step,
        form=form,
        digest=digest,
        unfinished=unfinished,
        words=exchange.FORMATS[form].words,
    )


def _said(error: Refused | NotImported) -> str:
    from ..content import exchange

    if isinstance(error, exchange.Refused):
        return f"{error.place[:1].upper()}{error.place[1:]}: {error.message}. {error.hint[:1].upper()}{error.hint[1:]}."
    return f"Nothing was changed: {error}."


def _shelf() -> Path:
    shelf = visitor.settings().instance / "imports"
    shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
    return shelf


def _keep(data: bytes) -> str:
    """The name under which the file waits; files of yesterday go."""
    for old in _shelf().iterdir():
        if old.stat().st_mtime < time.time() - KEPT:
            old.unlink(missing_ok=True)
    digest = hashlib.sha256(data).hexdigest()
    (_shelf() / digest).write_bytes(data)
    return digest


def _kept(digest: str) -> bytes | None:
    """None for a name that is none, and for a file that is gone or not the one it was."""
    if not _DIGEST.fullmatch(digest):
        return None
    try:
        data = (_shelf() / digest).read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == digest else None
