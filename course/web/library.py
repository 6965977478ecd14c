"""The library beside the lessons: what cities did, and the sessions at which they told each other."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from ..accounts.names import name_key
from ..content.model import Practice
from . import headers, published
from .guard import anyone

bp = Blueprint("library", __name__)


@bp.get("/<lang>/practices/")
@anyone
def practices() -> str:
    """All practices, by theme, country or words; every filter is a link or a form field, so an address holds it."""
    course = published.course()
    wanted = {name: request.args.get(name, "").strip()[:100] for name in ("module", "country", "words")}
    found = [practice for practice in course.practices if _fits(practice, wanted)]
    return render_template(
        "library/practices.html",
        the_course=course,
        practices=found,
        wanted=wanted,
        total=len(course.practices),
        countries=sorted({practice.country for practice in course.practices}, key=name_key),
    )


def _fits(practice: Practice, wanted: dict[str, str]) -> bool:
    text, _ = published.text(practice)
    spoken = f"{text.title} {practice.city} {practice.country} {text.html}".casefold()
    return (
        wanted["module"] in ("", practice.module)
        and wanted["country"] in ("", practice.country)
        and all(word in spoken for word in wanted["words"].casefold().split())
    )


@bp.get("/<lang>/practices/<slug>")
@anyone
def practice(slug: str) -> str:
    course = published.course()
    found = course.practice(slug)
    if found is None:
        abort(404)
    similar = [other for other in course.practices if other.slug != slug and other.module == found.module]
    similar.sort(key=lambda other: (other.country != found.country, other.city != found.city))
    return render_template(
        "library/practice.html",
        practice=found,
        module=course.module(found.module),
        similar=similar[:3],
        session=course.session(found.session) if found.session else None,
        lessons=[
            lesson
            for module in course.modules
            for lesson in module.lessons
            if f'/~/practices/{slug}"' in published.text(lesson)[0].html and module.slug == found.module
        ],
    )


@bp.get("/<lang>/sessions/")
@anyone
def sessions() -> str:
    course = published.course()
    return render_template(
        "library/sessions.html", the_course=course, sessions=sorted(course.sessions, key=lambda s: (s.number or 99, s.slug))
    )


@bp.get("/<lang>/sessions/<slug>")
@anyone
def session(slug: str) -> str:
    course = published.course()
    found = course.session(slug)
    if found is None:
        abort(404)
    is_playing = bool(found.recording) and request.args.get("play") == "recording"
    if found.recording and is_playing:
        headers.allow_frame(f"https://{found.recording.host}")
    return render_template(
        "library/session.html",
        session=found,
        module=course.module(found.module),
        is_playing=is_playing,
        practices=[practice for practice in course.practices if practice.session == slug],
    )
