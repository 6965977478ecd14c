"""64 threads on two servers want the same thing in the same moment: the one attempt, the one certificate, the one change.

./dev stress races [quick] [--postgresql]
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

import quizzes
from course import clock
from course.content.model import Course
from course.learning import attempts, lessons
from course.learning.tables import Attempt, Certificate, Fact
from tests.courses import MOBILITY_QUIZ
from tests.stress import place
from tests.stress.browser import Answer, Browser, NoAnswer
from tests.stress.learning import LESSON, QUIZ
from tests.stress.place import Place
from tests.stress.telling import Table

THREADS = 64
FULL, QUICK = 120, 8  # learners; every other one is a step before the certificate
LAST = "/en/modules/mobility/streets"
AGAIN = 30  # times that a request which found the server busy is sent
ALLOWED = {"enrolled": 1, "started_attempt": 1, "closed_attempt": 1, "completed_lesson": 2}
FINISHED = {"started_attempt": 2, "closed_attempt": 2, "completed_lesson": 5, "completed_course": 1, "certified": 1}

Ask = Callable[[Browser], Answer]


@dataclass
class Runners:
    """Browsers on both servers in turn, and what they were answered."""

    browsers: list[Browser]
    pool: ThreadPoolExecutor
    races: int = 0
    busy: int = 0

    def race(self, *asks: Ask) -> list[Answer]:
        """Everybody asks at once, one thing each of those given in turn; who is told to come again does so."""
        start = threading.Barrier(len(self.browsers))
        self.races += 1

        def run(number: int) -> Answer:
            start.wait()
            for _ in range(AGAIN):
                try:
                    answer = asks[number // 2 % len(asks)](self.browsers[number])
                except NoAnswer as nothing:
                    return Answer(0, "", "", str(nothing).encode())
                if answer.status != 503:
                    break
                self.busy += 1
                time.sleep(0.2)
            return answer

        return list(self.pool.map(run, range(len(self.browsers))))


def run(words: list[str]) -> bool:
    learners, is_postgresql = QUICK if "quick" in words else FULL, "--postgresql" in words
    rules = {"mobility/quiz.yaml": MOBILITY_QUIZ.replace("attempts: 0", "attempts: 1")}
    with (
        place.database(is_postgresql=is_postgresql) as (url, _),
        place.made(learners, database_url=url, changes=rules, prepare=_prepare) as here,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        other = Place(here.folder, here.environ, here.learners, here.log)
        for server in (here, other):
            server.start(workers=1)
        begun, wrong = time.monotonic(), Counter[str]()
        runners = Runners([Browser((here, other)[number % 2]) for number in range(THREADS)], pool)
        for number, who in enumerate(here.learners):
            for browser in runners.browsers:
                browser.who = who
            wrong.update(_finish(runners) if number % 2 else _begin_and_end(runners))
        for browser in runners.browsers:
            browser.close()
        other.stop()
        took = time.monotonic() - begun
        table = Table(f"races, {'PostgreSQL' if is_postgresql else 'SQLite'}, {THREADS} threads on 2 servers, {took:.0f} s")
        table.add("races for one thing", runners.races)
        table.add("requests", runners.races * THREADS)
        table.add("requests answered 'not saved', sent again", runners.busy)
        table.none_of("answers that should not be", [f"{number} × {what}" for what, number in wrong.items()])
        table.none_of("more or fewer on record than allowed", _breaches(here))
        number, said = here.differences()
        table.none_of("differences found by `course verify`", [] if number == 0 else said.splitlines())
        return table.tell()


def _prepare(session: Session, course: Course, person: int, number: int) -> None:
    """Every other learner has done everything but the last lesson and closing the last attempt, whose responses are right."""
    if number % 2 == 0:
        return
    for module in course.modules:
        about: dict[str, Any] = {"person_id": person, "course": course, "module": module}
        for lesson in module.lessons:
            if lesson.slug != LAST.rpartition("/")[2]:
                lessons.mark_done(session, lesson=lesson, seen=0, now=clock.now(), **about)
        attempt = attempts.start(session, now=clock.now(), **about)
        quiz = module.quizzes["en"]
        attempts.save(session, attempt, {item.id: quizzes.key_of(item) for item in quiz.items}, clock.now())
        if module is not course.modules[-1]:
            attempts.close(session, attempt, quiz=quiz, course=course, now=clock.now())


def _begin_and_end(runners: Runners) -> list[str]:
    """A learner who is new: enrolled, both lessons, the one attempt, closed, and no second one."""
    wrong = _not(303, runners.race(lambda b: b.send(f"{LESSON}/done", seen="0"), lambda b: b.send(f"{LAST}/done", seen="0")))
    begun = runners.race(lambda b: b.send(QUIZ))
    wrong += _not(303, begun)
    addresses = {answer.location.rpartition("/")[0] for answer in begun}
    if len(addresses) != 1:
        return [*wrong, f"{len(addresses)} attempts begun at once"]
    attempt = f"{addresses.pop()}/"
    right = {"item": "seats", "r.seats": "20"}
    wrong += _not(303, runners.race(lambda b: b.send(attempt, then="check", **right), lambda b: b.send(attempt, then="close")))
    again = runners.race(lambda b: b.send(QUIZ))
    return [*wrong, *_not(303, again), *(f"led to {answer.location}" for answer in again if answer.location != QUIZ)]


def _finish(runners: Runners) -> list[str]:
    """A learner with two steps to the certificate, which everybody does at once."""
    attempt = f"{runners.browsers[0].send(QUIZ).location.rpartition('/')[0]}/"
    return _not(303, runners.race(lambda b: b.send(f"{LAST}/done", seen="0"), lambda b: b.send(attempt, then="close")))


def _not(status: int, answers: list[Answer]) -> list[str]:
    return [f"{answer.status or answer.body.decode()}" for answer in answers if answer.status != status]


def _breaches(here: Place) -> list[str]:
    engine = create_engine(here.database_url)
    found = []
    with engine.connect() as connection:
        for number, who in enumerate(here.learners):
            facts = select(Fact.kind, func.count().label("number")).where(Fact.person_id == who.id).group_by(Fact.kind)
            kinds = {row.kind: row.number for row in connection.execute(facts)}
            for name, owner, allowed in (
                ("attempts", Attempt.person_id, 1 + number % 2),
                ("certificates", Certificate.person_id, number % 2),
            ):
                held = connection.scalar(select(func.count()).where(owner == who.id)) or 0
                found += [f"person {who.id}: {held} {name} instead of {allowed}"] if held != allowed else []
            for kind, allowed in (FINISHED if number % 2 else ALLOWED).items():
                held = kinds.get(kind, 0)
                found += [f"person {who.id}: {held} × {kind} instead of {allowed}"] if held != allowed else []
    engine.dispose()
    return found
