"""A lesson: reading it, watching its clip, marking it as done and taking that back."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache, partial

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from ..content.model import Course, Lesson, Module
from ..extensions import by_the_way, current_session, reader, writing
from ..learning import lessons, record
from ..learning.progress import module_progress, seconds_watched
from ..learning.record import EMPTY
from ..publishing import revisions
from . import due, headers, lesson_page, published, visitor
from .application import asked
from .guard import anyone, brief, signed_in
from .modules import find_module

bp = Blueprint("lessons", __name__)


@bp.get("/<lang>/modules/<module>/<lesson>")
@anyone
def show(module: str, lesson: str) -> Response:
    the_module = find_module(module)
    the_lesson = the_module.lesson(lesson)
    if the_lesson is None:
        return _moved(the_module, lesson)
    who, course = visitor.viewer(), published.course()
    if who is None and the_module.access == "sign_in":
        raise Unauthorized
    held = reader().ask(record.read_module, who.id, the_module.slug) if who else EMPTY
    if who and (held.last_module, held.last_lesson) != (the_module.slug, the_lesson.id):
        with by_the_way():
            due.before(who.id, partial(_open, who.id, course, the_module, the_lesson))
        held = reader().ask(record.read_module, who.id, the_module.slug)
    is_playing = the_lesson.recording is not None and request.args.get("play") == "recording"
    if the_lesson.recording and is_playing:
        headers.allow_frame(f"https://{the_lesson.recording.host}")
    return lesson_page.respond(
        the_module,
        the_lesson,
        held.lesson(the_module.slug, the_lesson.id),
        module_progress(the_module, held),
        is_playing=is_playing,
    )


def _open(person_id: int, course: Course, module: Module, lesson: Lesson, now: datetime) -> None:
    session = current_session()
    with writing(session):
        lessons.open_lesson(session, person_id=person_id, course=course, module=module, lesson=lesson, now=now)


def _moved(module: Module, slug: str) -> Response:
    """An old address of a lesson leads to where it is now."""
    lesson_id = revisions.lesson_id_at(current_session(), module.slug, slug)
    found = module.lesson_by_id(lesson_id) if lesson_id else None
    if found is None:
        abort(404)
    return redirect(url_for("lessons.show", module=module.slug, lesson=found.slug), 301)


@bp.post("/<lang>/modules/<module>/<lesson>/done")
@signed_in
@brief
def done(module: str, lesson: str) -> Response:
    """Marks as done and goes on to what comes next; ``undo`` takes it back and stays."""
    the_module, the_lesson = _find(module, lesson)
    session, course, sent = current_session(), published.course(), asked().form
    seen = sent.get("seen", type=int)
    if seen is None:
        abort(400)
    person_id = visitor.signed_in().id
    verb = lessons.undo if "undo" in sent else lessons.mark_done
    due.before(
        person_id,
        lambda now: verb(session, person_id=person_id, course=course, module=the_module, lesson=the_lesson, seen=seen, now=now),
    )
    session.commit()
    if "undo" in sent or "stay" in sent:
        notice = "undone" if "undo" in sent else "done"
        return redirect(url_for("lessons.show", module=module, lesson=lesson, notice=notice), 303)
    return redirect(_next_address(the_module, the_lesson), 303)


def _next_address(module: Module, lesson: Lesson) -> str:
    number, lang = [one.id for one in module.lessons].index(lesson.id) + 1, published.language()
    if number < len(module.lessons):
        return _address("lessons.show", lang, module.slug, module.lessons[number].slug)
    return _address("quiz.start" if module.quizzes else "modules.show", lang, module.slug)


@lru_cache(maxsize=4096)
def _address(endpoint: str, lang: str, module: str, lesson: str | None = None) -> str:
    """Made once: most people go on to the same few."""
    return url_for(endpoint, lang=lang, module=module, lesson=lesson)


@bp.post("/<lang>/modules/<module>/<lesson>/watched")
@signed_in
@brief
def watched(module: str, lesson: str) -> dict[str, object]:
    """Takes the seconds that were played, ``12-31,40-44``, and where the clip stands. Answers what is on record now."""
    the_module, the_lesson = _find(module, lesson)
    if the_lesson.clip is None:
        abort(404)
    session, person_id = current_session(), visitor.signed_in().id
    course, clip, sent = published.course(), the_lesson.clip, request.form
    due.before(
        person_id,
        lambda now: lessons.watch(
            session,
            person_id=person_id,
            course=course,
            module=the_module,
            lesson=the_lesson,
            seconds=_seconds(sent.get("seconds", ""), clip.seconds),
            at=sent.get("at", 0, type=int),
            now=now,
        ),
    )
    session.commit()
    own = reader().ask(record.read_module, person_id, the_module.slug).lesson(the_module.slug, the_lesson.id)
    return {
        "saved": True,
        "watched": seconds_watched(own.watched),
        "seconds": the_lesson.clip.seconds,
        "done": own.done_at is not None,
        "changes": own.changes,
    }


def _seconds(text: str, longest: int) -> set[int]:
    """``12-31,40`` → the seconds meant; anything else aborts with 400."""
    found: set[int] = set()
    for part in text.split(",")[:200]:
        first, _, last = part.partition("-")
        if not part:
            continue
        if not (
            first.isascii()
            and first.isdigit()
            and len(first) < 6
            and (not last or (last.isascii() and last.isdigit() and len(last) < 6))
        ):
            abort(400)
        found.update(range(int(first), min(int(last or first), longest) + 1))
    return found


def _find(module: str, lesson: str) -> tuple[Module, Lesson]:
    the_module = find_module(module)
    the_lesson = the_module.lesson(lesson)
    if the_lesson is None:
        abort(404)
    return the_module, the_lesson
