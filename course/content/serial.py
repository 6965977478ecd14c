"""A course as bytes and back, without loss: what a stored revision is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import quizzes
from quizzes.model import Quiz

from .model import Course, Module

FORMAT = 1
Reading = Callable[[Any], Any]


def dump(course: Course) -> bytes:
    """JSON. Quizzes stand apart, since each kind of item has fields of its own."""
    drawn = {
        module.slug: {lang: quizzes.to_mapping(quiz) for lang, quiz in module.quizzes.items()}
        for module in course.modules
        if module.quizzes
    }
    bare = replace(course, modules=tuple(replace(module, quizzes={}) for module in course.modules))
    return _to_json({"format": FORMAT, "quizzes": drawn}) + b"\n" + _to_json(asdict(bare))


def _to_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


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
    try:
        course: Course = _reading(Course)(json.loads(body))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"this is no stored course: {error!r}") from error
    modules = tuple(
        replace(module, quizzes=_quizzes(module, read["quizzes"].get(module.slug, {}))) for module in course.modules
    )
    return replace(course, modules=modules)


@cache
def _reading(kind: Any) -> Reading:
    """What makes a value of a declared type of its JSON: the types are those of ``model``, and nothing more is known here."""
    if is_dataclass(kind):
        return _object(kind)
    parts = get_args(kind)
    if get_origin(kind) is UnionType:
        some = _reading(next(part for part in parts if part is not type(None)))
        return lambda given: None if given is None else some(given)
    if get_origin(kind) is Mapping:
        value = _reading(parts[1])
        return lambda given: {name: value(held) for name, held in given.items()}
    if get_origin(kind) is tuple:
        each = _reading(parts[0])  # all alike, also where their number is known
        return lambda given: tuple(map(each, given))
    return lambda given: given


def _object(kind: Any) -> Reading:
    hints = get_type_hints(kind)
    readings = {field.name: _reading(hints[field.name]) for field in fields(kind)}
    return lambda given: kind(**{name: readings[name](held) for name, held in given.items()})


def _quizzes(module: Module, drawn: dict[str, Any]) -> dict[str, Quiz]:
    lessons = {lesson.id for lesson in module.lessons}
    found: dict[str, Quiz] = {}
    for lang, mapping in drawn.items():
        read = quizzes.read(mapping, lessons)
        if read.quiz is None:
            raise ValueError(f"the stored quiz of {module.slug} cannot be read: {read.faults[0].message}")
        found[lang] = read.quiz
    return found
