"""The course as this request sees it: one revision from start to end, in the language of the address."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from flask import Flask, Request, abort, current_app

from ..content.model import Course, Module, Text
from ..extensions import current_session
from ..publishing.revisions import Live
from .application import held

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}


def init_app(app: Flask) -> None:
    app.extensions["live"] = Live()
    app.url_defaults(_give_language)


def live() -> Live:
    return cast(Live, current_app.extensions["live"])


def course() -> Course:
    """The published course, the same for the whole request. Aborts with 503 when nothing was published yet."""
    found = peek()
    if found is None:
        abort(503)
    return found


def peek() -> Course | None:
    """The published course if there is one; for pages that must stand without it."""
    mine = held()
    if mine.course is None:
        site = live()  # a session is made only where there is something to ask
        mine.course = site.course(current_session()) if site.is_due and not mine.is_from_memory else site.last
    return mine.course


def answer_from_memory() -> None:
    """From here on this request is answered from memory: an error page must not ask the database that has just failed."""
    held().is_from_memory = True


def site_title() -> str:
    found = peek()
    return text(found)[0].title if found else "The course"


def language() -> str:
    return held().lang


def text(of: Any) -> tuple[Text, bool]:
    """The words of a thing in the page's language, and whether they are the source's because a translation is missing."""
    texts = of.texts
    found = texts.get(language())
    if found is not None:
        return found, False
    return texts.get(course().languages[0]) or next(iter(texts.values())), True


def module_ever(slug: str) -> Module | None:
    """The module of this name; one that is retired as it last was, for records and reports still name it."""
    return course().module(slug) or live().retired(current_session()).get(slug)


def module_title(slug: str) -> str:
    """The title of a module, which a record names by its id."""
    found = module_ever(slug)
    return text(found)[0].title if found else slug


def lesson_title(module: str | None, lesson: str | None) -> str:
    """The title of a lesson, which a record names by its id; the id where the module has it no more."""
    found = module_ever(module or "")
    one = next((one for one in found.lessons if one.id == lesson), None) if found else None
    return text(one)[0].title if one else lesson or ""


@lru_cache(maxsize=4096)
def localised(html: str, lang: str) -> str:
    """Turns the addresses inside the course into those of the page's language."""
    return html.replace('"/~/', f'"/{lang}/')


def take_language(request: Request) -> None:
    """From the address, which is why no view is given it. Aborts with 404 for one that the course does not have."""
    values = request.view_args
    if values and "lang" in values:
        mine = held()
        mine.lang = values.pop("lang")
        found = peek()
        if mine.lang not in (found.languages if found else ("en",)):
            mine.lang = "en"
            abort(404)


def _give_language(endpoint: str, values: dict[str, Any]) -> None:
    if "lang" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "lang"):
        values["lang"] = language()


def path_in(lang: str, path: str) -> str:
    """The address of a page in another language."""
    rest = path.split("/", 2)
    return f"/{lang}/{rest[2] if len(rest) > 2 else ''}"
