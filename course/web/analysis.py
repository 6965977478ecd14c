"""For authors: what the responses say about the items of a quiz, as page, CSV and JSON of the same figures."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, abort, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from quizzes.analysis import FEWEST

from .. import clock
from ..reports import export, items
from . import published, report_source
from .guard import authors

bp = Blueprint("analysis", __name__, url_prefix="/<lang>/author")


@bp.get("/<module>/analysis")
@authors
def show(module: str) -> str:
    report = _report(module)
    found = published.course().module(module)
    return render_template(
        "authoring/analysis.html",
        report=report,
        title=published.text(found)[0].title if found else module,
        definitions=items.DEFINITIONS,
        fewest=FEWEST,
        figures=items.FIGURES,
        shown={item.id: items.shown(items.taken_of(item, found)) for item, found in report.items},
        plain=items.plain,
        address=_address,
    )


@bp.get("/<module>/analysis.csv")
@authors
def as_csv(module: str) -> Response:
    text = export.to_csv(items.COLUMNS, items.figure_rows(_report(module)))
    return _download(text, "text/csv; charset=utf-8", f"analysis-{module}.csv")


@bp.get("/<module>/analysis.json")
@authors
def as_json(module: str) -> Response:
    return _download(items.to_json(_report(module)), "application/json; charset=utf-8", f"analysis-{module}.json")


def _report(module: str) -> items.Report:
    """The report that the address asks for. Aborts with 404 for a module without a quiz or a revision without an attempt."""
    which, live = request.args.get("attempts", "first"), published.course().module(module)
    if which not in items.WHICH:
        abort(404)
    try:
        report = items.report(
            report_source.session(),
            module=module,
            revision=request.args.get("revision", ""),
            which=cast(items.Which, which),
            now=clock.now(),
        )
    except KeyError:
        abort(404)
    if not report.versions and (live is None or not live.quizzes):
        abort(404)
    return report


def _address(endpoint: str, report: items.Report) -> str:
    """The same figures in another form."""
    revision = report.chosen.revisions[0][:12] if report.chosen else None
    return url_for(endpoint, module=report.module, revision=revision, attempts=report.which)


def _download(text: str, media_type: str, name: str) -> Response:
    response = make_response(text)
    response.headers["Content-Type"] = media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
