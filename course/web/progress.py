"""The learner's own record: every module, the latest attempts, every fact, and the same figures as in the reports."""

from __future__ import annotations

from flask import Blueprint, render_template

from ..extensions import current_session
from ..learning import certificates, history, record
from ..learning.attempts import score_of
from ..learning.progress import course_progress
from . import due, paging, published, visitor
from .guard import signed_in

bp = Blueprint("progress", __name__)


@bp.get("/<lang>/progress")
@signed_in
def show() -> str:
    session, who, course = current_session(), visitor.signed_in(), published.course()
    due.close(who.id)
    held = record.read(session.connection(), who.id)
    return render_template(
        "progress/progress.html",
        the_course=course,
        record=held,
        progress=course_progress(course, held),
        attempts=history.attempts(session, who.id),
        score_of=score_of,
        most=history.LATEST,
        stretch=history.facts(session, who.id, before=paging.line("before"), after=paging.line("after"), limit=paging.PAGE),
        regrades=history.regrades(session, who.id) if held.regraded_at else (),
        certificate=certificates.of_person(session, who.id),
    )
