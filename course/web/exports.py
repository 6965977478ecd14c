"""Exports that are made beside the pages: asked for, watched while they are made, and fetched later."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, abort, make_response, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response

from .. import clock
from ..accounts import cohorts
from ..extensions import current_session
from ..reports import exports, files, subscriptions
from ..reports.filters import Filters, exact, states_of
from ..reports.tables import Export
from . import commands, published, report_filters, visitor
from .downloads import look
from .guard import report_readers

bp = Blueprint("exports", __name__, url_prefix="/<lang>/reports/exports")
LONGEST = 500  # characters of a kept address
AGAIN = 5  # seconds after which a page that follows is fetched again


@bp.get("")
@report_readers
def index() -> str:
    """The viewer's exports. With ``follow`` in the address the page fetches itself again while one is made."""
    session, now, scope = current_session(), clock.now(), report_filters.scope()
    found = [one for one in exports.of_person(session, visitor.signed_in().id) if exports.expires_at(one) > now]
    if exports.is_left(session, now):
        commands.start("exports", "make")
    is_open = any(one.made_at is None and one.failed_at is None for one in found)
    return render_template(
        "reports/exports.html",
        exports=found,
        words=_words(found),
        may_fetch={one.id: exports.may_fetch(session, one, scope, now) for one in found},
        expires_at=exports.expires_at,
        is_open=is_open,
        again=AGAIN if is_open and "follow" in request.args else 0,
        is_full=request.args.get("full") == "1",
        most=exports.MOST,
    )


@bp.post("")
@report_readers
def ask() -> Response:
    """The report of this address as a file, made as soon as may be."""
    report, form, state = request.args.get("report", ""), request.form.get("form", ""), request.args.get("state", "enrolled")
    filters = report_filters.of_list(report_filters.asked_rightly(), state)
    about = _about(filters)
    look()
    if report not in exports.REPORTS or form not in files.FORMS:
        abort(400)
    if state not in states_of(filters.module) or len(about) > LONGEST:
        abort(400)
    session, who = current_session(), visitor.signed_in().id
    try:
        exports.ask(session, person_id=who, report=report, form=form, about=about, now=clock.now())
    except exports.TooMany:
        session.rollback()
        return redirect(url_for("exports.index", full="1"), 303)
    session.commit()
    commands.start("exports", "make")
    return redirect(url_for("exports.index", follow="1"), 303)


@bp.get("/<export>/file")
@report_readers
def fetch(export: str) -> Response:
    found = _found(export)
    if not exports.may_fetch(current_session(), found, report_filters.scope(), clock.now()):
        abort(404)
    response = make_response(stream_with_context(_pieces(export)))
    response.headers["Content-Type"] = files.TYPES[found.form]
    response.headers["Content-Length"] = str(found.size)
    response.headers["Content-Disposition"] = f'attachment; filename="{found.report}.{found.form}"'
    return response


def _pieces(export: str) -> Iterator[bytes]:
    """The session comes with the first piece, since by then the request has given back its own."""
    yield from exports.pieces(current_session(), _found(export))


@bp.post("/<export>/delete")
@report_readers
def delete(export: str) -> Response:
    """Deletes the file, or no longer makes it."""
    exports.drop(current_session(), _found(export))
    current_session().commit()
    return redirect(url_for("exports.index", notice="export-deleted"), 303)


def _found(public_id: str) -> Export:
    found = exports.find(current_session(), public_id, visitor.signed_in().id)
    if found is None:
        abort(404)
    return found


def _about(filters: Filters) -> str:
    """What an export keeps of the query of a report's address; a moment without a zone is in UTC by then, and a day however it
    was written is year-month-day.
    """
    held = {name: request.args.get(name, "") for name in (*report_filters.NAMES, "state")}
    days = {name: day.isoformat() if (day := getattr(filters, name)) else "" for name in ("since", "until", "week")}
    held |= days | {"words": filters.words, "as_of": exact(filters.as_of) if filters.as_of else ""}
    return urlencode({name: value for name, value in held.items() if value})


def _words(found: list[Export]) -> dict[int, str]:
    """What each is of."""
    if not found:
        return {}
    places, titles = report_filters.tree(None), report_filters.titles(published.course())
    groups = cohorts.visible(current_session(), report_filters.scope())
    return {one.id: _said(one, subscriptions.words(one.about, places, titles, groups)) for one in found}


def _said(one: Export, words: str) -> str:
    asked = dict(parse_qsl(one.about))
    of = exports.REPORTS[one.report]
    if one.report == "people":
        of = f"{of}, {states_of(asked.get('module', ''))[asked.get('state', 'enrolled')].lower()}"
    dates = {"words": "name", "since": "enrolled from", "until": "enrolled until", "week": "week from", "as_of": "as of"}
    return ", ".join([f"{of}: {words}", *(f"{word} {asked[name]}" for name, word in dates.items() if asked.get(name))])
