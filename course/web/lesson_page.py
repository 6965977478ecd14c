"""The page of a lesson in two layers: what is the same for everybody is made once and kept; what is a learner's own is put in.

The page is rendered with a mark in each place that belongs to the learner, and cut at the marks. A request then renders the few
lines that are their own, and joins. Measured, this takes the page from a sixth to a third of what a bare application can do.

A browser may keep the page but must ask each time whether it is still the same (decision 0043), so a revisit costs a few bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from flask import Response, current_app, render_template
from markupsafe import Markup, escape

from ..content.model import Lesson, Module
from ..learning.progress import WATCH_SHARE, ModuleProgress, seconds_watched
from ..learning.record import LessonRecord
from . import published, rendering, visitor
from .application import asked
from .modules import quiz_in_language

MARK = "\0"  # never in a text of the course: YAML and Markdown refuse it


class _Kind(NamedTuple):  # which is made and looked up quicker than a dataclass
    """Everything that decides how the shared layer looks; the course is found by its digest, so that an old one can go."""

    digest: str
    module: str
    lesson: str
    lang: str
    role: str
    is_manager: bool
    path: str
    notice: str
    is_playing: bool
    is_done: bool


@dataclass(frozen=True, slots=True)
class _Layer:
    """The shared layer cut at its marks: ``pieces`` of text as they are sent, and the ``places`` between them by their names.

    ``digest`` is of all of it.
    """

    pieces: tuple[bytes, ...]
    places: tuple[str, ...]
    digest: bytes

    def with_own(self, values: Mapping[str, str]) -> bytes:
        """The page with these values in its places."""
        own = [values[name].encode() for name in self.places]
        return b"".join(chain.from_iterable(zip(self.pieces, [*own, b""], strict=True)))


class _Unchanged(Response):
    """304: its headers and nothing else. Werkzeug gives every answer a type and looks through this one's to take it away."""

    default_status = 304
    default_mimetype = None

    def __call__(self, _environ: object, start_response: Any) -> Iterable[bytes]:
        start_response(self.status, self.headers.to_wsgi_list())
        return ()


def respond(module: Module, lesson: Lesson, own: LessonRecord, progress: ModuleProgress, *, is_playing: bool) -> Response:
    """The page for whoever is looking, or 304 where their browser has it; ``own`` and ``progress`` are empty for a visitor."""
    who, course, request = visitor.viewer(), published.course(), asked()
    kind = _Kind(
        course.digest,
        module.slug,
        lesson.id,
        published.language(),
        who.role if who else "",
        who.is_manager if who else False,
        request.path,
        rendering.notice(),
        is_playing,
        own.done_at is not None,
    )
    values = {
        "token": visitor.csrf_token() if who else "",
        "second": str(own.second),
        "steps": _steps(kind, progress.done, progress.is_passed),
        "when": rendering.moment(own.done_at),
        "changes": str(own.changes),
        "watched": str(seconds_watched(own.watched)),
    }
    layer = _shared(kind)
    tag = hashlib.sha256(layer.digest + MARK.join(values.values()).encode()).hexdigest()[:32]
    named = f'W/"{tag}"'
    said = [("ETag", named), ("Cache-Control", "private, no-cache"), ("Vary", "Cookie, Accept-Encoding")]
    had = request.headers.get("If-None-Match", "")
    if had == named or (tag in had and request.if_none_match.contains_weak(tag)):
        return _Unchanged(headers=said)
    return Response(layer.with_own(values), headers=said)


@lru_cache(maxsize=2048)
def _shared(kind: _Kind) -> _Layer:
    module, lesson = _found(kind)
    number = module.lessons.index(lesson)
    html = render_template(
        "lessons/lesson.html",
        module=module,
        lesson=lesson,
        number=number + 1,
        previous=module.lessons[number - 1] if number else None,
        following=_following(module, lesson),
        is_playing=kind.is_playing,
        is_done=kind.is_done,
        quiz=quiz_in_language(module),
        watch_percent=int(WATCH_SHARE * 100),
        csrf_token=lambda: place("token"),
        place=place,
    )
    parts = html.split(MARK)
    return _Layer(tuple(text.encode() for text in parts[::2]), tuple(parts[1::2]), hashlib.sha256(html.encode()).digest())


def place(name: str) -> Markup:
    return Markup(f"{MARK}{escape(name)}{MARK}")  # noqa: S704  it is cut out again before anybody sees the page


@lru_cache(maxsize=4096)
def _steps(kind: _Kind, done: frozenset[str], is_passed: bool) -> str:
    """The list of the module's lessons with those that are done; few lists serve many learners."""
    module, lesson = _found(kind)
    own = current_app.jinja_env.get_template("lessons/_steps.html").module
    return own.steps(module, lesson, done, quiz_in_language(module), is_passed)  # type: ignore[attr-defined, no-any-return]


def _found(kind: _Kind) -> tuple[Module, Lesson]:
    module = published.course().module(kind.module)
    lesson = module.lesson_by_id(kind.lesson) if module else None
    assert module is not None
    assert lesson is not None
    return module, lesson


def _following(module: Module, lesson: Lesson) -> Lesson | None:
    number = module.lessons.index(lesson) + 1
    return module.lessons[number] if number < len(module.lessons) else None
