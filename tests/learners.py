"""Learners who come, work through modules and go, by the verbs that the pages call."""

from __future__ import annotations

from typing import Any

import quizzes
from course.accounts import organisations, people
from course.learning import attempts, lessons
from course.publishing.revisions import live_digest, restore
from tests.site import Site


def learn(site: Site, who: str, modules: int, *, right: bool = True) -> None:
    """Somebody does every lesson and the quiz of the first modules, well or badly."""
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        lessons.enrol(session, person_id=site.ids[who], course=course, now=site.now)
        for module in course.modules[:modules]:
            given: dict[str, Any] = {"person_id": site.ids[who], "course": course, "module": module}
            for lesson in module.lessons:
                lessons.open_lesson(session, lesson=lesson, now=site.now, **given)
                lessons.mark_done(session, lesson=lesson, seen=0, now=site.now, **given)
            quiz = module.quizzes["en"]
            attempt = attempts.start(session, now=site.now, **given)
            if right:
                attempts.save(session, attempt, {item.id: quizzes.key_of(item) for item in quiz.items}, site.now)
            attempts.close(session, attempt, quiz=quiz, course=course, now=site.now)


def add_learner(site: Site, name: str, *paths: tuple[str, ...]) -> str:
    who = name.split(maxsplit=1)[0].lower()
    with site.session(write=True) as session:
        person = people.add(
            session, email=f"{who}@example.org", name=name, password="a long pass phrase", language="en", now=site.now
        )
        for path in paths:
            place: int | None = None
            for kind, part in zip(("country", "municipality", "department"), path, strict=False):
                place = organisations.find_or_add(session, parent_id=place, kind=kind, name=part, now=site.now)
            assert place is not None
            people.join(session, person_id=person.id, organisation_id=place, role="member", now=site.now)
        site.ids[who] = person.id
    return who
