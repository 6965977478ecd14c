"""A served instance for the browser: the small course with a clip that plays, three languages, and people at every stage.

Alice is half-way (one attempt not passed, one open), Bob has not begun, Grace holds the certificate and had an item regraded,
Hugo sits in a quiz with a time limit and has a long record; Carla manages Tunisia, Dana writes, Erin administers. Everybody is
signed in by a cookie made beforehand, so that only the story types passwords.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import quizzes
from course import clock, config, create_app
from course.accounts import cohorts, links, mail, organisations, people, sign_ins
from course.accounts.tables import Person
from course.content.model import Course, Module
from course.extensions import current_session, intend, let_go
from course.learning import attempts, certificates, history, lessons, regrade_rules, regrading
from course.publishing import revisions
from course.publishing.revisions import Live
from quizzes.model import Item, Response
from tests import courses
from tests.rig.server import Server, serving
from tests.site import PASSWORD, PEOPLE

CLIP = Path(__file__).with_name("clip.webm")  # six seconds of a growing bar, made for these tests
CLIP_SECONDS = 6
RECORDING = "videos.example"
GRACE = ("Grace Achieng", "learner", "Kenya › Kisumu", "member")
HUGO = ("Hugo Lima", "learner", "Portugal › Braga", "member")


@dataclass
class Instance:
    """``names`` fills the places in addresses, such as the public ids of attempts; ``cookies`` are sign-ins by person."""

    folder: Path
    modules: Path
    names: dict[str, str]
    cookies: dict[str, str]
    course: Course
    environ: dict[str, str]
    server: Server | None = None

    @property
    def url(self) -> str:
        assert self.server is not None
        return self.server.url

    def address(self, path: str) -> str:
        return self.url + path.format(**self.names)

    def module(self, slug: str) -> Module:
        found = self.course.module(slug)
        assert found is not None
        return found

    def item(self, module: str, item_id: str) -> Item:
        return self.module(module).quizzes["en"].item(item_id)

    def newcomer(self) -> str:
        """Somebody registered who has not opened anything yet, for a test that changes what they did."""
        who = f"newcomer-{len(self.cookies)}"
        with self._begun():
            _person(self, who, "Nia Apio", "learner", "Uganda › Gulu", "member")
        return who

    @contextmanager
    def without_administrators(self) -> Iterator[None]:
        """As an instance is until its first administrator is there."""
        with self._begun() as session:
            ids = session.scalars(select(Person.id).where(Person.role == "administrator")).all()
            session.execute(update(Person).where(Person.id.in_(ids)).values(role="author"))
        yield
        with self._begun() as session:
            session.execute(update(Person).where(Person.id.in_(ids)).values(role="administrator"))

    @contextmanager
    def _begun(self) -> Iterator[Session]:
        with create_app(config.load(self.environ)).app_context():
            intend(to_write=True)
            session = current_session()
            yield session
            session.commit()
            let_go()

    def mails(self) -> list[str]:
        """Every mail that was written into the instance, oldest first."""
        return [path.read_text(encoding="utf-8") for path in sorted((self.folder / "mail").glob("*.eml"))]


def changes() -> dict[str, str | bytes | None]:
    """What the small course needs beside: a clip with pictures, a third language that runs from right to left, a recording."""
    recording = f'recording: {{url: "https://{RECORDING}/embed/1", title: The session in full, minutes: 42}}\n'
    clip = courses.clip_files(float(CLIP_SECONDS))
    return {
        **clip,
        "mobility/quiz.yaml": courses.MOBILITY_QUIZ.replace("attempts: 0\n", "attempts: 0\ntime_limit_minutes: 240\n"),
        "housing/media/clip.webm": CLIP.read_bytes(),
        "course.yaml": courses.COURSE.replace("[en]", "[en, es, ar]"),
        "course.ar.yaml": "title: دورة صغيرة\nsummary: وحدتان للاختبار.\n",
        "housing/03-on-monday.md": courses.MONDAY.replace("complete_when: read\n", f"complete_when: read\n{recording}"),
        **courses.water_files(),
        "housing/sessions/02-housing.md": courses.SESSION.replace("number: 2\n", f"number: 2\n{recording}"),
    }


@contextmanager
def served(
    folder: Path, more: dict[str, str | bytes | None] | None = None, *, are_there_attempts: bool = True
) -> Iterator[Instance]:
    """A server of its own on a free port, gone when the block ends; ``more`` replaces files of the course.

    Without attempts only Grace has any: one at each quiz.
    """
    environ = {"COURSE_INSTANCE": str(folder / "instance"), "COURSE_MODULES": str(folder / "modules")}
    courses.write_small_course(folder / "modules", clip=True, spanish=True, changes=changes() | (more or {}))
    instance = build(folder, environ, are_there_attempts=are_there_attempts)
    with serving("wsgi:app", folder / "log", environ=environ) as server:
        instance.server = server
        yield instance


def build(folder: Path, environ: dict[str, str], *, are_there_attempts: bool = True) -> Instance:
    settings = config.load(environ)
    app = create_app(settings)
    with app.app_context():
        intend(to_write=True)
        session, now = current_session(), clock.now()
        first = links.first_admin_token(session, now) or ""
        done = revisions.publish_folder(session, settings.modules, settings.instance / "assets", by="test", now=now)
        assert done.problems == ()
        course = revisions.restore(session, revisions.live_digest(session))
        instance = Instance(settings.instance, settings.modules, {"first": first}, {}, course, environ)
        ids = {who: _person(instance, who, *about) for who, about in ({**PEOPLE, "grace": GRACE, "hugo": HUGO}).items()}
        _half_way(instance, ids["alice"])
        _all_the_way(instance, ids["grace"])
        _several(instance)
        _gathered(instance, ids)
        _to_and_fro(instance, ids["hugo"])
        if are_there_attempts:
            instance.names["timed"] = _attempt(instance, ids["hugo"], "mobility", right=1, close=False)
            _regraded(instance, ids)
        instance.names["reset"] = links.make(session, "reset", now, ids["bob"])
        mail.queue(session, to=ids["bob"], subject="Choose a new password", body="Open the link once.\n", now=now)
        mail.send_pending(session, settings, now)
        session.commit()
        let_go()
    return instance


def _person(instance: Instance, who: str, name: str, role: str, path: str, held: str) -> int:
    session, now = current_session(), clock.now() - timedelta(days=30)
    email = f"{who}@example.org"
    person = people.add(session, email=email, name=name, password=PASSWORD, role=role, language="en", now=now)
    place: int | None = None
    for kind, part in zip(("country", "municipality", "department"), path.split(" › "), strict=False):
        place = organisations.find_or_add(session, parent_id=place, kind=kind, name=part, now=now)
    assert place is not None
    people.join(session, person_id=person.id, organisation_id=place, role=held, now=now)
    instance.names[who] = person.public_id
    instance.cookies[who] = sign_ins.begin(session, person.id, clock.now())
    return person.id


def _half_way(instance: Instance, person_id: int) -> None:
    """One lesson done, one attempt closed that did not pass, one open with two responses."""
    _read(instance, person_id, instance.module("housing"), 2)
    instance.names["failed"] = _attempt(instance, person_id, "housing", right=1)
    instance.names["open"] = _attempt(instance, person_id, "housing", right=2, close=False)
    instance.names["water"] = _attempt(instance, person_id, "water", right=0, close=False)
    instance.names["short"] = _attempt(instance, person_id, "mobility", right=3)


def _all_the_way(instance: Instance, person_id: int) -> None:
    session = current_session()
    for module in instance.course.modules:
        _read(instance, person_id, module, len(module.lessons))
        instance.names[f"passed {module.slug}"] = _attempt(instance, person_id, module.slug, right=99)
    instance.names["passed"] = instance.names["passed mobility"]
    instance.names["water-passed"] = instance.names["passed water"]
    shown = certificates.of_person(session, person_id)
    assert shown is not None
    instance.names["code"] = shown.certificate.code


def _to_and_fro(instance: Instance, person_id: int) -> None:
    """A lesson marked and taken back until the record has several pages; two attempts that put them at risk."""
    module = instance.module("housing")
    for _ in range(2):
        _attempt(instance, person_id, "housing", right=1)
    _read(instance, person_id, module, 1)
    about: dict[str, Any] = {"course": instance.course, "module": module, "lesson": module.lessons[0], "now": clock.now()}
    for seen in range(1, 120):
        change = lessons.undo if seen % 2 else lessons.mark_done
        change(current_session(), person_id=person_id, seen=seen, **about)
    held = history.facts(current_session(), person_id, limit=50)
    instance.names["fact"] = str(held.older)


def _regraded(instance: Instance, ids: dict[str, int]) -> None:
    """One item of mobility dropped, after Grace had it wrong in a second attempt."""
    session, live = current_session(), Live()
    course = live.course(session)
    assert course is not None
    instance.names["regraded"] = _attempt(instance, ids["grace"], "mobility", right=2)
    now = clock.now()
    about = {"module": "mobility", "item": "seats", "rule": "drop", "response": "", "why": "Buses differ from city to city."}
    row = regrade_rules.draft(session, live, course, by_id=ids["dana"], now=now, **about)
    session.add(row)
    session.flush()
    instance.names["regrade"] = row.public_id
    while row.finished_at is None:
        row = regrading.step(session, regrading.Revisions(session, live), course, row.public_id, now)


def _several(instance: Instance) -> None:
    """Four more people who closed an attempt at one quiz, so that with Grace's there is something to say about its items."""
    for right in range(4):
        person_id = _person(instance, f"several-{right}", f"Sami {right}", "learner", "Lebanon › Saida", "member")
        _attempt(instance, person_id, "water", right=right)


def _gathered(instance: Instance, ids: dict[str, int]) -> None:
    """A cohort of Carla's, with Alice in it."""
    session, now = current_session(), clock.now()
    tunisia = next(place.id for place in organisations.places(session) if place.name == "Tunisia")
    cohort = cohorts.make(session, name="Intake of March", organisation_id=tunisia, by_id=ids["carla"], now=now)
    cohorts.put_in(session, cohort, [ids["alice"]], by_id=ids["carla"], now=now)
    instance.names["cohort"] = cohort.public_id


def _read(instance: Instance, person_id: int, module: Module, count: int) -> None:
    for lesson in module.lessons[:count]:
        about: dict[str, Any] = {
            "person_id": person_id,
            "course": instance.course,
            "module": module,
            "lesson": lesson,
            "now": clock.now(),
        }
        lessons.open_lesson(current_session(), **about)
        lessons.mark_done(current_session(), seen=0, **about)


def _attempt(instance: Instance, person_id: int, slug: str, *, right: int, close: bool = True) -> str:
    session, now, module = current_session(), clock.now(), instance.module(slug)
    quiz = module.quizzes["en"]
    attempt = attempts.start(session, person_id=person_id, course=instance.course, module=module, now=now)
    items = quizzes.instance(quiz, attempt.seed).items
    given = {item.id: quizzes.key_of(item) if place < right else _wrong(item) for place, item in enumerate(items)}
    if not close:
        given = dict(list(given.items())[:right])
    attempts.save(session, attempt, given, now)
    if close:
        attempts.close(session, attempt, quiz=quiz, course=instance.course, now=now)
    return attempt.public_id


def _wrong(item: Item) -> Response:
    """A response that scores nothing or little: the first choice that is not of the key, or another word."""
    key = quizzes.key_of(item)
    if key.pairs or item.kind == "ordering":
        return dataclasses.replace(key, pairs=key.pairs[:1]) if key.pairs else Response(choices=key.choices[::-1])
    view = next(iter(quizzes.draw(quizzes_of(item), "1")))
    others = [choice for choice, _ in view.choices if choice not in key.choices]
    return Response(choices=(others[0],)) if others else Response(text="1")


def quizzes_of(item: Item) -> quizzes.model.Quiz:
    return quizzes.model.Quiz(items=(item,))
