"""A course as bytes and back, without loss: what a stored revision is made of."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

import quizzes
from quizzes.model import Quiz

from .model import Course, Module

FORMAT = 1
_COURSE: TypeAdapter[Course] = TypeAdapter(Course)


def dump(course: Course) -> bytes:
    """JSON. Quizzes stand apart, since each kind of item has fields of its own."""
    drawn = {
        module.slug: {lang: quizzes.to_mapping(quiz) for lang, quiz in module.quizzes.items()}
        for module in course.modules
        if module.quizzes
    }
    bare = replace(course, modules=tuple(replace(module, quizzes={}) for module in course.modules))
    head = json.dumps({"format": FORMAT, "quizzes": drawn}, ensure_ascii=False, separators=(",", ":"))
    return head.encode() + b"\n" + _COURSE.dump_json(bare)


def quiz_as_stored(head: bytes, module: str) -> str:
    """The quiz of a module in the source language, from the first line of what ``dump`` made; empty where there was none.

    Equal texts are equal quizzes, so that revisions can be told in which a quiz is the same without restoring any.
    """
    by_lang = json.loads(head)["quizzes"].get(module, {})
    return json.dumps(next(iter(by_lang.values())), sort_keys=True) if by_lang else ""


def restore(content: bytes) -> Course:
    """The course that ``dump`` was given. Raises ValueError for bytes that it did not make."""
    head, _, body = content.partition(b"\n")
    read: Any = json.loads(head)
    if not isinstance(read, dict) or read.get("format") != FORMAT:
        raise ValueError("this is no stored course of a format that this version reads")
    course = _COURSE.validate_json(body)
    modules = tuple(
        replace(module, quizzes=_quizzes(module, read["quizzes"].get(module.slug, {}))) for module in course.modules
    )
    return replace(course, modules=modules)


def _quizzes(module: Module, drawn: dict[str, Any]) -> dict[str, Quiz]:
    lessons = {lesson.id for lesson in module.lessons}
    found: dict[str, Quiz] = {}
    for lang, mapping in drawn.items():
        read = quizzes.read(mapping, lessons)
        if read.quiz is None:
            raise ValueError(f"the stored quiz of {module.slug} cannot be read: {read.faults[0].message}")
        found[lang] = read.quiz
    return found
