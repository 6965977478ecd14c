"""What an author may not change silently, since learners' records hang on it."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Course, Lesson, Module, Problem


def compare(old: Course, new: Course) -> tuple[Problem, ...]:
    """The problems of publishing ``new`` after ``old``. What is only new, or gone, is none."""
    problems: list[Problem] = []
    for before in old.modules:
        after = new.module(before.slug)
        if after is not None:
            problems += _changed_lessons(before, after)
            problems += _changed_items(before, after)
        problems += _moved_lessons(before, after, old, new)
    return tuple(problems)


def _changed_lessons(before: Module, after: Module) -> Iterator[Problem]:
    for lesson in before.lessons:
        other = after.lesson(lesson.slug)
        if other is not None and other.id != lesson.id:
            yield _problem(
                _path(after, other),
                "id-changed",
                f"the lesson had the id `{lesson.id}`, and has `{other.id}` now",
                f"write `id: {lesson.id}` again; a new lesson needs a new file name too",
            )


def _changed_items(before: Module, after: Module) -> Iterator[Problem]:
    kinds = {item.id: item.kind for quiz in after.quizzes.values() for item in quiz.items}
    known = {item.id: item.kind for quiz in before.quizzes.values() for item in quiz.items}
    for item_id, kind in known.items():
        if kinds.get(item_id, kind) != kind:
            yield _problem(
                f"{after.slug}/quiz.yaml",
                "kind-changed",
                f"the item `{item_id}` was of the kind `{kind}`, and is `{kinds[item_id]}` now",
                "give the new item an id of its own; learners' responses hang on the old one",
            )


def _moved_lessons(before: Module, after: Module | None, old: Course, new: Course) -> Iterator[Problem]:
    """A lesson moved when its id left one module and is new in another, with the same address or title."""
    for lesson in before.lessons:
        if after is not None and after.lesson_by_id(lesson.id):
            continue
        for module in new.modules:
            found, earlier = module.lesson_by_id(lesson.id), old.module(module.slug)
            if found is None or (earlier is not None and earlier.lesson_by_id(lesson.id)) or not _is_same(lesson, found):
                continue
            yield _problem(
                _path(module, found),
                "lesson-moved",
                f"the lesson `{lesson.id}` stood in the module `{before.slug}` before",
                f"move it back; learners' completions of it stay with `{before.slug}`",
            )


def _is_same(lesson: Lesson, found: Lesson) -> bool:
    titles = {text.title for text in lesson.texts.values()}
    return lesson.slug == found.slug or bool(titles & {text.title for text in found.texts.values()})


def _path(module: Module, lesson: Lesson) -> str:
    number = module.lessons.index(lesson) + 1
    return f"{module.slug}/{number:02}-{lesson.slug}.md"


def _problem(path: str, code: str, message: str, hint: str) -> Problem:
    return Problem(path, 1, 1, code, message, hint)
