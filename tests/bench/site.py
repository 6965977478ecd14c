"""An instance to measure: the real course, learners with progress, their sign-ins, and open attempts waiting to be closed."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from sqlalchemy import update
from sqlalchemy.orm import Session

import quizzes
from course import clock, config, create_app
from course.accounts import organisations, passwords, people, secrets, sign_ins
from course.accounts.tables import Person
from course.content.model import Course
from course.content.quiz_writing import quiz_text
from course.content.yaml_reader import read_yaml
from course.extensions import current_session, intend, let_go
from course.learning import attempts, lessons
from course.publishing import revisions
from tests.bench import load
from tests.rig.server import ROOT, free_port

__all__ = ["Made", "build", "build_in", "build_short", "free_port", "progress"]
LEARNERS, SHORT = 600, 5
PASSWORD = "correct horse battery staple"
Mark = tuple[str, str, str]  # a lesson's address, a sign-in, and the token of its forms
READ = 2  # lessons of each module that every learner has read
UNGRADED = {"survey", "reflection", "hotspot"}  # a hotspot needs its figure


@dataclass(frozen=True)
class Made:
    """``cookies`` are sign-ins of learners, ``closes`` raw requests that close an attempt each and have it graded.

    ``marks`` are for ``progress``.
    """

    environ: dict[str, str]
    modules: Path
    lesson: str
    cookies: list[str]
    closes: list[bytes]
    marks: list[Mark]


def build(folder: Path) -> Made:
    """The course as it is."""
    return build_in({"COURSE_INSTANCE": str(folder / "instance")})


def build_short(folder: Path, learners: int = LEARNERS) -> Made:
    """The course with five items in each quiz, each of another kind."""
    modules = folder / "modules"
    shutil.copytree(config.load({"COURSE_INSTANCE": str(folder / "instance")}).modules, modules)
    for path in modules.glob("*/quiz.yaml"):
        quiz = quizzes.read(read_yaml(path.read_text(encoding="utf-8"), path.name).value).quiz
        assert quiz is not None
        kinds = {item.kind: item for item in reversed(quiz.items) if item.kind not in UNGRADED}
        items = tuple(item for item in quiz.items if item in kinds.values())[:SHORT]
        path.write_text(quiz_text(replace(quiz, items=items, pools=())), encoding="utf-8")
    for path in modules.glob("*/quiz.*.yaml"):
        path.unlink()
    return build_in({"COURSE_INSTANCE": str(folder / "instance"), "COURSE_MODULES": str(modules)}, learners)


def build_in(environ: dict[str, str], learners: int = LEARNERS) -> Made:
    """The same in an instance that may hold other people already."""
    if "COURSE_MODULES" in os.environ:
        environ = {"COURSE_MODULES": os.environ["COURSE_MODULES"]} | environ
    settings = config.load(environ)
    app = create_app(settings)
    with app.app_context():
        intend(to_write=True)
        session, now = current_session(), clock.now()
        done = revisions.publish_folder(session, settings.modules, settings.instance / "assets", by="bench", now=now)
        if done.course is None:
            raise SystemExit("the course has problems: run `./dev course check` first")
        course = revisions.restore(session, revisions.live_digest(session))
        cookies, closes, marks = [], [], []
        for number in range(learners):
            cookie, requests = _learner(course, number, settings.secret_key)
            cookies.append(cookie)
            closes += requests
            marks += _marks(course, cookie, settings.secret_key)
        session.commit()
        let_go()
    random.Random(1).shuffle(closes)
    random.Random(2).shuffle(marks)
    module = course.modules[0]
    return Made(environ, settings.modules, f"/en/modules/{module.slug}/{module.lessons[1].slug}", cookies, closes, marks)


def token_of(cookie: str, key: str) -> str:
    """What a form of this sign-in carries."""
    return hmac.new(key.encode(), b"csrf:" + cookie.encode(), hashlib.sha256).hexdigest()


def _marks(course: Course, cookie: str, key: str) -> list[Mark]:
    """The lessons that a learner has not read."""
    where = [f"/en/modules/{module.slug}/{lesson.slug}/done" for module in course.modules for lesson in module.lessons[READ:]]
    return [(path, cookie, token_of(cookie, key)) for path in where]


def progress(marks: Sequence[Mark]) -> Iterator[bytes]:
    """Requests without end: each lesson is marked as done, then each is taken back, and so on."""
    for seen in itertools.count():
        for path, cookie, token in marks:
            undo = {"undo": "1"} if seen % 2 else {}
            yield load.post(path, cookie, urlencode({"csrf_token": token, "seen": seen} | undo).encode())


def _learner(course: Course, number: int, key: str) -> tuple[str, list[bytes]]:
    """A learner half-way through, signed in, with an attempt open in every module: the cookie, and the requests that close."""
    session, now, chance = current_session(), clock.now() - timedelta(minutes=30), random.Random(number)
    person_id, cookie, _token = signed_in(session, number, key, now)
    closes = []
    for module in course.modules:
        for lesson in module.lessons[:READ]:
            lessons.open_lesson(session, person_id=person_id, course=course, module=module, lesson=lesson, now=now)
            lessons.mark_done(session, person_id=person_id, course=course, module=module, lesson=lesson, seen=0, now=now)
        attempt = attempts.start(session, person_id=person_id, course=course, module=module, now=now)
        quiz = module.quizzes[course.languages[0]]
        given = {item.id: quizzes.key_of(item) for item in quiz.items if chance.random() < 0.8}
        attempts.save(session, attempt, given, now)
        body = urlencode({"csrf_token": token_of(cookie, key), "then": "close"}).encode()
        closes.append(load.post(f"/en/attempts/{attempt.public_id}/", cookie, body))
    return cookie, closes


def signed_in(session: Session, number: int, key: str, now: datetime) -> tuple[int, str, str]:
    """A learner in one of 40 cities, and a browser of theirs: the id, the cookie and the token of its forms."""
    address = f"l{number}@example.org"
    about = {"public_id": secrets.public_id(), "email": address, "email_key": address, "name": f"Learner {number}"}
    person = Person(role="learner", language="en", created_at=now, **about)  # without a password, whose hashing takes long
    session.add(person)
    session.flush()
    land = organisations.find_or_add(session, parent_id=None, kind="country", name=f"Land {number % 12}", now=now)
    city = organisations.find_or_add(session, parent_id=land, kind="municipality", name=f"City {number % 40}", now=now)
    people.join(session, person_id=person.id, organisation_id=city, role="member", now=now)
    cookie = sign_ins.begin(session, person.id, clock.now())
    return person.id, cookie, token_of(cookie, key)


@dataclass(frozen=True)
class Newcomer:
    """Somebody signed in who has done nothing yet; their password is ``PASSWORD``."""

    email: str
    cookie: str
    token: str


def newcomers(environ: dict[str, str], number: int) -> list[Newcomer]:
    """Adds them beside the ``LEARNERS`` who are there at most."""
    settings, hashed = config.load(environ), passwords.hashed(PASSWORD)
    with create_app(settings).app_context():
        intend(to_write=True)
        session, now = current_session(), clock.now()
        found = []
        for one in range(LEARNERS, LEARNERS + number):
            person, cookie, token = signed_in(session, one, settings.secret_key, now)
            session.execute(update(Person).where(Person.id == person).values(password_hash=hashed))
            found.append(Newcomer(f"l{one}@example.org", cookie, token))
        session.commit()
        let_go()
    return found


def seconds_to_first_page(command: list[str], made: Made) -> float:
    """From a command that serves to its first page, on an instance that has the course already."""
    port = free_port()
    begun = time.perf_counter()
    environ = os.environ | made.environ
    process = subprocess.Popen([*command, "--port", str(port)], env=environ, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        answered(port)
        return time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait(timeout=30)


def answered(port: int) -> None:
    """Waits for the first page of a server that starts."""
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/en/", timeout=5) as answer:
                answer.read()
        except OSError:
            time.sleep(0.02)
        else:
            return
