"""Home and the pages of the modules: what there is, how far the learner is, and where to go on."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from quizzes.model import Quiz

from .. import clock
from ..content.model import Module
from ..extensions import current_session, reader
from ..learning import certificates, history, record
from ..learning.attempts import standing
from ..learning.progress import course_progress, module_progress, where_to_continue
from ..learning.record import EMPTY, Record
from . import due, published, visitor
from .guard import anyone

bp = Blueprint("modules", __name__)
TOLD = timedelta(days=30)  # how long home tells of a score that was regraded; *My progress* tells of it for ever


@bp.get("/")
@anyone
def root() -> Response:
    who = visitor.viewer()
    return redirect(url_for("modules.home", lang=published.course().language_for(who.language if who else "")))


@bp.get("/<lang>/")
@anyone
def home() -> str:
    who = visitor.viewer()
    if who:
        due.close(who.id)
    course, held, since = published.course(), own_record(), clock.now() - TOLD
    is_told = who and held.regraded_at and held.regraded_at >= since
    certificate = certificates.of_person(current_session(), who.id) if who and held.completed_at else None
    return render_template(
        "modules/home.html",
        the_course=course,
        progress=course_progress(course, held),
        place=where_to_continue(course, held),
        certificate=certificate,
        regrades=history.regrades(current_session(), who.id, since=since, limit=5) if who and is_told else (),
    )


@bp.get("/<lang>/modules/")
@anyone
def index() -> Response:
    return redirect(url_for("modules.home") + "#modules")


@bp.get("/<lang>/modules/<module>/")
@anyone
def show(module: str) -> str:
    the_module = find_module(module)
    session, who = current_session(), visitor.viewer()
    if who:
        due.close(who.id)
    held = reader().ask(record.read_module, who.id, the_module.slug) if who else EMPTY
    course = published.course()
    return render_template(
        "modules/module.html",
        module=the_module,
        progress=module_progress(the_module, held),
        quiz=quiz_in_language(the_module),
        standing=standing(session, who.id, the_module.slug) if who else None,
        practices=[p for p in course.practices if p.module == the_module.slug],
        sessions=[s for s in course.sessions if s.module == the_module.slug],
    )


def find_module(slug: str) -> Module:
    found = published.course().module(slug)
    if found is None:
        abort(404)
    return found


def quiz_in_language(module: Module) -> Quiz | None:
    """The module's quiz in the page's language, in the source's where there is no translation, or None without a quiz."""
    return module.quizzes.get(published.language()) or module.quizzes.get(published.course().languages[0])


def own_record() -> Record:
    who = visitor.viewer()
    return reader().ask(record.read, who.id) if who else EMPTY
