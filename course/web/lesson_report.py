"""For authors: where people stop, as a page, CSV, XLSX and JSON."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from .. import clock
from ..reports import files, lessons
from ..reports.filters import iso
from ..reports.taken import UNDER
from . import due, paging, published, report_filters, report_source, visitor
from .downloads import answer, look
from .guard import administrators, authors

bp = Blueprint("lesson_report", __name__, url_prefix="/<lang>/reports")


@bp.get("/lessons")
@authors
def page() -> str:
    course = published.course()
    return render_template(
        "reports/lessons.html",
        passing=_passing(),
        the_course=course,
        titles=report_filters.titles(course),
        rules=lessons.RULES,
        under=UNDER,
        forms=files.FORMS,
        is_inside=visitor.is_administrator(),
    )


@bp.get("/lessons/people")
@administrators
def people() -> str:
    """Whom a figure of the page counts; authors are not told."""
    state, number = request.args.get("state", ""), paging.number()
    module = published.course().module(request.args.get("module", ""))
    lesson = next((one for one in module.lessons if one.id == request.args.get("lesson")), None) if module else None
    if module is None or lesson is None or state not in lessons.STATES:
        abort(404)
    due.close()
    found, total = lessons.people_at(
        report_source.session(), module.slug, lesson.id, state, offset=(number - 1) * paging.PAGE, limit=paging.PAGE
    )
    return render_template(
        "reports/lesson_people.html",
        people=found,
        total=total,
        page=number,
        pages=paging.pages(total),
        module=module,
        lesson=lesson,
        state=state,
        states=lessons.STATES,
        rules=lessons.RULES,
    )


@bp.get("/lessons.<form>")
@authors
def table(form: str) -> Response:
    if form not in files.FORMS:
        abort(404)
    passing = _passing()
    above = ["Where people stop", f"Made at {iso(clock.now())}", *lessons.RULES, *report_source.rules()]
    content = files.table_file(lessons.COLUMNS, lessons.rows(passing), form, "Where people stop", above, look())
    return answer(content, form, "lessons")


def _passing() -> Mapping[str, tuple[lessons.Passing, ...]]:
    """Whose attempts are over is settled first: one of them may complete the module."""
    due.close()
    return lessons.passing(report_source.session(), published.course(), is_inside=visitor.is_administrator())
