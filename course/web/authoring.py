"""The author's page: what the folder holds, every problem in it, and one button that publishes it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from .. import clock
from ..content.model import Loaded, Module, Problem
from ..extensions import current_session
from ..publishing import revisions
from ..publishing.tables import Publication
from . import published, visitor
from .guard import authors

bp = Blueprint("authoring", __name__, url_prefix="/<lang>/author")


@bp.get("/")
@authors
def show() -> str:
    from ..content.loader import load  # with Markdown and YAML, which only authors need

    loaded = load(visitor.settings().modules)
    return _page(loaded, loaded.problems)


@bp.post("/publish")
@authors
def publish() -> str | Response | tuple[str, int]:
    settings, session = visitor.settings(), current_session()
    done = revisions.publish_folder(session, settings.modules, settings.assets, by=visitor.signed_in().name, now=clock.now())
    session.commit()
    published.live().look_again()
    if done.course is None:
        return _page(None, done.problems), 422
    return redirect(url_for("authoring.show", notice="published" if done.is_new else "unchanged"), 303)


def _page(loaded: Loaded | None, problems: tuple[Problem, ...]) -> str:
    session = current_session()
    history = session.scalars(select(Publication).order_by(Publication.id.desc()).limit(20)).all()
    return render_template(
        "authoring/author.html",
        loaded=loaded,
        live=revisions.live_digest(session),
        history=history,
        problems=problems,
        quizzes=_quizzes(),
    )


def _quizzes() -> list[Module]:
    """The published modules with a quiz; none before the first publication."""
    course = published.peek()
    return [module for module in course.modules if module.quizzes] if course else []
