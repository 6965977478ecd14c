"""Percentages worked out again: of each module that is live, and of the course (under the empty name)."""

from __future__ import annotations

from ..content.model import Course, Module
from .fold import Life, Passage


def percentages(course: Course, life: Life) -> dict[str, int]:
    """Whole percent, cut. What was completed is 100 and counts in full, whatever authors added since."""
    found: dict[str, int] = {}
    all_done = all_there = 0
    for module in course.modules:
        passage = life.modules.get(module.slug, Passage())
        done, there = steps(module, passage)
        found[module.slug] = 100 if passage.completed_at else (100 * done // there if there else 0)
        all_done, all_there = all_done + (there if passage.completed_at else done), all_there + there
    found[""] = 100 if life.completed_at else (100 * all_done // all_there if all_there else 0)
    return found


def steps(module: Module, passage: Passage) -> tuple[int, int]:
    """How many steps of a module are done, and how many there are: its lessons and its quiz, as far as its rule asks."""
    marks = []
    if module.complete_when in {"lessons_and_quiz", "lessons"}:
        readings = [passage.lessons.get(lesson.id) for lesson in module.lessons]
        marks += [reading is not None and reading.done_at is not None for reading in readings]
    if module.complete_when in {"lessons_and_quiz", "quiz"} and module.quizzes:
        marks.append(passage.passed_at is not None)
    return sum(marks), len(marks)
