"""For authors: where people stop, as a page, CSV, XLSX and JSON."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from werkzeug.wrappers import Response

from .. import clock
from ..reports import files, lessons
from ..reports.filters import iso
from . import published, report_filters, report_source, visitor
from .downloads import answer, with_head
from .guard import authors

bp = Blueprint("lesson_report", __name__, url_prefix="/<lang>/reports")


@bp.get("/lessons")
@authors
def page() -> str:
    course = published.course()
    return render_template(
        "reports/lessons.html",
        passing=lessons.passing(report_source.session(), course, is_inside=_is_inside()),
        the_course=course,
        titles=report_filters.titles(course),
        rules=lessons.RULES,
        few=lessons.FEW,
        forms=files.FORMS,
    )


@bp.get("/lessons.<form>")
@authors
def table(form: str) -> Response:
    if form not in files.FORMS:
        abort(404)
    passing = lessons.passing(report_source.session(), published.course(), is_inside=_is_inside())
    above = ["Where people stop", f"Made at {iso(clock.now())}", *lessons.RULES, *report_source.rules()]
    content = files.table_file(lessons.COLUMNS, lessons.rows(passing), form, "Where people stop", above, with_head=with_head())
    return answer(content, form, "lessons")


def _is_inside() -> bool:
    return visitor.signed_in().role == "administrator"
