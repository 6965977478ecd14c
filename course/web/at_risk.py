"""The list of people who may need a word: page, CSV, XLSX and JSON."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from .. import clock
from ..reports import export, files, risk
from ..reports.filters import WHO, Filters, iso
from . import paging, published, report_filters, report_source
from .downloads import answer, look
from .guard import report_readers

bp = Blueprint("at_risk", __name__, url_prefix="/<lang>/reports")
PAGE = 50
MOST = 120  # organisations to choose from, unless the next level alone has more
COLUMNS = ("name", "email", "reason", "module", "lesson", "since")
WORDS = {"quiet": "No activity", "failed": "Failed attempts", "stuck": "Stuck"}


@bp.get("/at-risk")
@report_readers
def page() -> str:
    filters, days = _asked()
    number = paging.number()
    listing = _listing(filters, days, offset=(number - 1) * PAGE, limit=PAGE)
    return render_template(
        "reports/at_risk.html",
        listing=listing,
        filters=filters,
        days=days,
        page=number,
        pages=max(1, -(-listing.total // PAGE)),
        places=report_filters.offered(MOST),
        groups=report_filters.groups(),
        chosen=request.args.get("organisation", ""),
        the_course=published.course(),
        titles=report_filters.titles(published.course()),
        query=_address,
        words=WORDS,
        forms=files.FORMS,
        who_words=WHO,
    )


@bp.get("/at-risk.<form>")
@report_readers
def table(form: str) -> Response:
    """One row a reason."""
    if form not in files.FORMS:
        abort(404)
    filters, days = _asked()
    listing = _listing(filters, days, offset=0, limit=None)
    rows = (
        {
            "name": one.name,
            "email": one.email,
            "reason": WORDS[reason.rule],
            "module": reason.module,
            "lesson": reason.lesson,
            "since": iso(reason.since_at),
        }
        for one in listing.people
        for reason in one.reasons
    )
    above = export.head("At risk", filters, iso(clock.now()), [*listing.rules, *report_source.rules()])
    return answer(files.table_file(COLUMNS, rows, form, "At risk", above, look()), form, "at-risk")


def _asked() -> tuple[Filters, int]:
    """The filters that the page offers, and the days. The list is of now and of the course: nothing else can be asked."""
    if any(request.args.get(name) for name in ("as_of", "module", "since", "until")):
        abort(400)
    days = request.args.get("days", risk.DAYS, type=int)
    if not 1 <= days <= 3650:
        abort(400)
    return report_filters.asked_rightly(), days


def _listing(filters: Filters, days: int, *, offset: int, limit: int | None) -> risk.Listing:
    return risk.at_risk(
        report_source.session(),
        course=published.course(),
        scope=report_filters.scope(),
        filters=filters,
        days=days,
        now=clock.now(),
        offset=offset,
        limit=limit,
    )


def _address(endpoint: str, **changes: Any) -> str:
    return report_filters.address(endpoint, **({"days": request.args.get("days")} | changes))
