"""For authors: what the responses say about the items of a quiz, as page, CSV, XLSX and JSON of the same figures."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from quizzes.analysis import FEWEST

from .. import clock
from ..reports import files, items, taken
from . import published, report_source, visitor
from .downloads import answer, look
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
        items=[(item, found, taken.shown(lines)) for item, found, lines in report.items],
        under=taken.UNDER,
        plain=taken.plain,
        forms=files.FORMS,
        address=_address,
    )


@bp.get("/<module>/analysis.<form>")
@authors
def table(module: str, form: str) -> Response:
    if form not in files.FORMS:
        abort(404)
    report, name = _report(module), f"analysis-{module}"
    return answer(items.file(report, form, look(), report_source.rules()), form, name)


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
            is_inside=visitor.signed_in().role == "administrator",
        )
    except KeyError:
        abort(404)
    if not report.versions and (live is None or not live.quizzes):
        abort(404)
    return report


def _address(report: items.Report, form: str) -> str:
    """The same figures in another form."""
    revision = report.chosen.revisions[0][:12] if report.chosen else None
    return url_for("analysis.table", module=report.module, form=form, revision=revision, attempts=report.which)
