"""For authors: where people stop."""

from __future__ import annotations

from flask import Blueprint, render_template

from ..reports import lessons
from . import published, report_filters, report_source, visitor
from .guard import authors

bp = Blueprint("lesson_report", __name__, url_prefix="/<lang>/reports")


@bp.get("/lessons")
@authors
def page() -> str:
    course = published.course()
    is_inside = visitor.signed_in().role == "administrator"
    return render_template(
        "reports/lessons.html",
        passing=lessons.passing(report_source.session(), course, is_inside=is_inside),
        the_course=course,
        titles=report_filters.titles(course),
        rules=lessons.RULES,
        few=lessons.FEW,
    )
