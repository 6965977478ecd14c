"""One synthetic learner's way through the course, by the same verbs that the pages call, at times in the past."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy.orm import Session

import quizzes
from quizzes.model import Item, Quiz, Response

from ..content.model import Course, Lesson, Module
from ..learning import attempts, lessons

STAGES = {"registered": 11, "curious": 68, "on the way": 18, "through": 3}  # of a hundred; many look, few go to the end


class Walk:
    """From the day they registered until today at the latest."""

    def __init__(
        self, session: Session, course: Course, chance: Random, person_id: int, start: datetime, end: datetime
    ) -> None:
        self.session, self.course, self.chance, self.person_id = session, course, chance, person_id
        self.at, self.end = start, end
        self.skill = min(0.97, max(0.35, chance.gauss(0.78, 0.14)))

    def go(self) -> None:
        (stage,) = self.chance.choices(list(STAGES), weights=list(STAGES.values()))
        modules = list(self.course.modules)
        if self.chance.random() < 0.5:
            self.chance.shuffle(modules)
        if stage == "curious":
            self._look_around(modules[: self.chance.randint(2, max(2, len(modules)))])
        elif stage == "on the way":
            self._go_through(modules[: self.chance.randint(1, max(1, len(modules) // 2))], persistence=0.5)
        elif stage == "through":
            self._go_through(modules, persistence=1.0)

    def _look_around(self, modules: list[Module]) -> None:
        """The first lesson or two of several modules; every other one is read to its end."""
        for module in modules:
            for lesson in module.lessons[: self.chance.choice((1, 1, 1, 2))]:
                if not self._later(14):
                    return
                self._read(module, lesson, is_finished=self.chance.random() < 0.5)

    def _go_through(self, modules: list[Module], persistence: float) -> None:
        for module in modules:
            if not self._module(module, persistent=self.chance.random() < persistence):
                return

    def _later(self, hours: float) -> bool:
        """Moves the clock on; False when it would pass today."""
        self.at += timedelta(hours=self.chance.expovariate(1 / hours))
        return self.at < self.end

    def _module(self, module: Module, *, persistent: bool) -> bool:
        for lesson in module.lessons:
            if not self._later(14):
                return False
            is_finished = persistent or self.chance.random() >= 0.22
            self._read(module, lesson, is_finished=is_finished)
            if not is_finished:
                return False
        return not module.quizzes or self._quiz(module, module.quizzes[self.course.languages[0]])

    def _read(self, module: Module, lesson: Lesson, *, is_finished: bool) -> None:
        given: dict[str, Any] = {"person_id": self.person_id, "course": self.course, "module": module, "lesson": lesson}
        lessons.open_lesson(self.session, now=self.at, **given)
        if is_finished:
            lessons.mark_done(self.session, seen=0, now=self.at, **given)

    def _quiz(self, module: Module, quiz: Quiz) -> bool:
        for _ in range(quiz.attempts or 3):
            if not self._later(10):
                return False
            attempt = attempts.start(self.session, person_id=self.person_id, course=self.course, module=module, now=self.at)
            items = quizzes.instance(quiz, attempt.seed).items
            attempts.save(self.session, attempt, {item.id: self._response(item) for item in items}, self.at)
            attempts.close(self.session, attempt, quiz=quiz, course=self.course, now=self.at + timedelta(minutes=12))
            self.at += timedelta(minutes=13, hours=24 if quiz.wait_minutes else 0)
            if attempt.is_passed:
                return True
            self.skill = min(0.98, self.skill + 0.12)
            if self.chance.random() < 0.3:
                return False
        return False

    def _response(self, item: Item) -> Response:
        key = quizzes.key_of(item)
        if self.chance.random() < self.skill:
            return key
        view = next(v for v in quizzes.draw(Quiz(items=(item,)), str(self.chance.random())))
        if view.pairs:
            return Response(pairs=tuple((pair, self.chance.choice(view.choices)[0]) for pair, _ in view.pairs))
        if item.kind == "ordering":
            return Response(choices=tuple(choice for choice, _ in view.choices))
        return Response(choices=(self.chance.choice(view.choices)[0],)) if view.choices else Response(text="0")
