"""How far somebody is: pure functions of the published course and the learner's record, used by every screen and report.

A module's steps are its lessons and, where its rule asks for it, the passed quiz. Percentages are cut to whole numbers and 100
only when every step is done; a completed module stays at 100 whatever authors add later.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from ..content.model import Course, Lesson, Module
from .record import Record

WATCH_SHARE = Fraction(8, 10)


@dataclass(frozen=True, slots=True)
class ModuleProgress:
    """``done`` holds the ids of the lessons done that the module has today; ``is_complete`` says that the rule is met now."""

    slug: str
    done: frozenset[str]
    steps_done: int
    steps: int
    percent: int
    is_started: bool
    is_passed: bool
    is_complete: bool
    score: Fraction | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CourseProgress:
    modules: tuple[ModuleProgress, ...]
    lessons_done: int
    lessons: int
    modules_completed: int
    modules_to_complete: int
    percent: int
    completed_at: datetime | None = None

    def module(self, slug: str) -> ModuleProgress:
        return next(module for module in self.modules if module.slug == slug)


@dataclass(frozen=True, slots=True)
class Place:
    """Where *Continue* leads: a lesson, the quiz (``lesson`` None), or with both None the end of the course."""

    module: Module | None
    lesson: Lesson | None
    is_new: bool = False
    second: int = 0


def percent(done: int, total: int) -> int:
    """Whole percent, cut; 100 only if all is done, and 0 where there is nothing to do."""
    return min(100, done * 100 // total) if total else 0


def of_module(
    module: Module,
    done_lessons: Collection[str],
    *,
    passed_at: datetime | None,
    completed_at: datetime | None,
    is_started: bool,
    score: Fraction | None = None,
) -> ModuleProgress:
    """The figures of one module. ``done_lessons`` may hold lessons that the module no longer has; they do not count."""
    done = frozenset(lesson.id for lesson in module.lessons if lesson.id in done_lessons)
    lesson_steps = len(module.lessons) if module.complete_when != "quiz" else 0
    quiz_steps = 1 if module.complete_when != "lessons" and module.quizzes else 0
    steps = lesson_steps + quiz_steps
    steps_done = (len(done) if lesson_steps else 0) + (1 if quiz_steps and passed_at else 0)
    return ModuleProgress(
        slug=module.slug,
        done=done,
        steps_done=steps_done,
        steps=steps,
        percent=100 if completed_at else percent(steps_done, steps),
        is_started=is_started,
        is_passed=passed_at is not None,
        is_complete=steps > 0 and steps_done == steps,
        score=score,
        completed_at=completed_at,
    )


def module_progress(module: Module, record: Record) -> ModuleProgress:
    state = record.modules.get(module.slug)
    done = {lesson for (slug, lesson), row in record.lessons.items() if slug == module.slug and row.done_at}
    return of_module(
        module,
        done,
        passed_at=state.passed_at if state else None,
        completed_at=state.completed_at if state else None,
        is_started=state is not None,
        score=state.score if state else None,
    )


def course_progress(course: Course, record: Record) -> CourseProgress:
    modules = tuple(module_progress(module, record) for module in course.modules)
    completed = sum(1 for state in record.modules.values() if state.completed_at)
    return CourseProgress(
        modules=modules,
        lessons_done=sum(len(m.done) for m in modules),
        lessons=sum(len(m.lessons) for m in course.modules),
        modules_completed=completed,
        modules_to_complete=course.modules_to_complete,
        percent=percent_of_course(modules, is_completed=record.completed_at is not None),
        completed_at=record.completed_at,
    )


def percent_of_course(modules: Collection[ModuleProgress], *, is_completed: bool) -> int:
    """Of all steps of all modules; a module that was completed counts as whole."""
    steps, steps_done = sum(m.steps for m in modules), sum(m.steps if m.completed_at else m.steps_done for m in modules)
    return 100 if is_completed else percent(steps_done, steps)


def where_to_continue(course: Course, record: Record) -> Place:
    """The lesson last opened if it is not done, else what comes next after it, else the first thing that is left anywhere."""
    progress = {module.slug: module_progress(module, record) for module in course.modules}
    last = course.module(record.last_module)
    if last is not None:
        lesson = last.lesson_by_id(record.last_lesson)
        if lesson is not None and lesson.id not in progress[last.slug].done:
            return Place(last, lesson, second=record.lesson(last.slug, lesson.id).second)
        found = _left(last, progress[last.slug], after=record.last_lesson)
        if found is not None:
            return found
    for module in course.modules:
        found = _left(module, progress[module.slug])
        if found is not None:
            return Place(found.module, found.lesson, is_new=record.enrolled_at is None, second=found.second)
    return Place(None, None)


def _left(module: Module, progress: ModuleProgress, after: str = "") -> Place | None:
    """What is left of a module, looking on from a lesson first and then from the start; None when its rule is met."""
    if progress.completed_at or progress.is_complete:
        return None
    ids = [lesson.id for lesson in module.lessons]
    start = ids.index(after) + 1 if after in ids else 0
    for lesson in (*module.lessons[start:], *module.lessons[:start]):
        if lesson.id not in progress.done:
            return Place(module, lesson)
    return Place(module, None) if module.quizzes and not progress.is_passed else None


def seconds_watched(watched: int) -> int:
    """How many distinct seconds of a clip were played."""
    return watched.bit_count()


def is_watched(watched: int, seconds: int) -> bool:
    """80 % of the distinct seconds; seeking to the end adds one second, and a second played twice counts once."""
    return seconds > 0 and Fraction(seconds_watched(watched), seconds) >= WATCH_SHARE
