"""The list of people who may need a word: page, CSV, XLSX and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from .. import clock
from ..extensions import see_one_moment
from ..reports import csv_json, files, risk
from ..reports.filters import WHO, Filters, iso
from . import due, paging, published, report_filters, report_source
from .downloads import answer, look
from .errors import Unclear
from .guard import report_readers

bp = Blueprint("at_risk", __name__, url_prefix="/<lang>/reports")
MOST = 120  # organisations to choose from, unless the next level alone has more
MOST_DAYS = 3650
COLUMNS = ("name", "email", "reason", "module", "lesson", "since")
WORDS = {"quiet": "No activity", "failed": "Failed attempts", "stuck": "Stuck"}


@bp.get("/at-risk")
@report_readers
def page() -> str:
    filters, days = _asked()
    number = paging.number()
    listing = risk.at_risk(
        report_source.session(), **_question(filters, days), offset=(number - 1) * paging.PAGE, limit=paging.PAGE
    )
    return render_template(
        "reports/at_risk.html",
        listing=listing,
        filters=filters,
        days=days,
        most_days=MOST_DAYS,
        page=number,
        pages=paging.pages(listing.total),
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
    rows = _rows(filters, days)
    above = csv_json.head("At risk", filters, iso(clock.now()), [*risk.rules(days, filters), *report_source.rules()])
    return answer(files.table_file(COLUMNS, rows, form, "At risk", above, look()), form, "at-risk")


def _rows(filters: Filters, days: int) -> Iterator[csv_json.Row]:
    """One row a reason. What may refuse is asked at once; the session comes with the first row."""
    question = _question(filters, days)

    def rows() -> Iterator[csv_json.Row]:
        session = report_source.session()
        see_one_moment(session)
        for one in risk.everyone(session, **question):
            for reason in one.reasons:
                cells = (one.name, one.email, WORDS[reason.rule], reason.module, reason.lesson, iso(reason.since_at))
                yield dict(zip(COLUMNS, cells, strict=True))

    return rows()


def _asked() -> tuple[Filters, int]:
    """The filters that the page offers, and the days. The list is of now and of the course: nothing else can be asked."""
    if any(request.args.get(name) for name in ("as_of", "module", "since", "until")):
        raise Unclear(
            "This list is of now, of the whole course and of whenever people enrolled: it has no moment, module or dates."
        )
    days = request.args.get("days", "").strip() or str(risk.DAYS)
    if not (days.isdecimal() and len(days) <= 4 and 1 <= int(days) <= MOST_DAYS):
        raise Unclear(f"Days: write a whole number from 1 to {MOST_DAYS}.")
    return report_filters.asked_rightly(), int(days)


def _question(filters: Filters, days: int) -> dict[str, Any]:
    """Whose attempts are over is settled first, as in every report."""
    due.close()
    return {
        "course": published.course(),
        "scope": report_filters.scope(),
        "filters": filters,
        "days": days,
        "now": clock.now(),
    }


def _address(endpoint: str, **changes: Any) -> str:
    return report_filters.address(endpoint, **({"days": request.args.get("days")} | changes))
