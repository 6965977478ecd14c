"""A filled instance to look at: 40 municipalities in 12 countries and synthetic learners at every stage.

Learners are moved by the same verbs that the pages call, at times in the past, so that every summary, certificate and report
is what real learners would have left. The same seed gives the same figures. Synthetic learners have no password; nobody can
sign in as them.
"""

from __future__ import annotations

import secrets as tokens
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import click
from sqlalchemy.orm import Session

import quizzes
from quizzes.model import Item, Quiz, Response

from . import clock
from .accounts import organisations, people, secrets
from .accounts.tables import Person
from .content.model import Course, Module
from .extensions import current_session, intend
from .learning import attempts, lessons
from .publishing.revisions import live_digest, restore

PLACES = {
    "Tunisia": ("Tunis", "Sfax", "La Marsa", "Sousse"),
    "Colombia": ("Bogotá", "Medellín", "Barranquilla", "Cali"),
    "South Africa": ("eThekwini", "Johannesburg", "Tshwane", "Cape Town"),
    "Spain": ("Barcelona", "Madrid", "València"),
    "Mexico": ("Mexico City", "Guadalajara", "Mérida"),
    "Kenya": ("Nairobi", "Kisumu", "Mombasa"),
    "Uganda": ("Kampala", "Jinja", "Gulu"),
    "Peru": ("Lima", "Arequipa", "Cusco"),
    "Türkiye": ("Kartal", "Beşiktaş", "Gaziantep"),
    "Republic of Korea": ("Seoul", "Goyang", "Busan"),
    "Portugal": ("Lisbon", "Porto", "Braga"),
    "Lebanon": ("Beirut", "Tripoli", "Saida", "Tyre"),
}
DEPARTMENTS = ("Housing", "Mobility", "Social services", "Finance", "Culture", "Digital services")
GIVEN = (
    "Amina",
    "Youssef",
    "Camila",
    "Andrés",
    "Thandiwe",
    "Sipho",
    "Marta",
    "Jordi",
    "Ximena",
    "Luis",
    "Wanjiru",
    "Otieno",
    "Nakato",
    "Okello",
    "Rosa",
    "Mateo",
    "Elif",
    "Emre",
    "Ji-woo",
    "Min-jun",
    "Inês",
    "João",
    "Layla",
    "Karim",
    "ليلى",
    "سامي",
    "지우",
    "Zeynep",
    "Siân",
    "Noor",
)
FAMILY = (
    "Ben Salah",
    "Trabelsi",
    "Restrepo",
    "Gómez",
    "Dlamini",
    "Naidoo",
    "Ferrer",
    "Vidal",
    "Hernández",
    "Ruiz",
    "Mwangi",
    "Achieng",
    "Ssebunya",
    "Apio",
    "Quispe",
    "Flores",
    "Yılmaz",
    "Demir",
    "Kim",
    "Park",
    "Almeida",
    "Costa",
    "Haddad",
    "Khoury",
    "منصور",
    "Øland",
)
DAYS = 180
BATCH = 25  # learners a transaction


def fill(*, learners: int, seed: int, echo: Callable[[str], None], with_sign_ins: bool) -> None:
    """Adds the organisations and learners to this instance. A second run with the same seed finds them and changes nothing."""
    intend(to_write=True)
    session, now, chance = current_session(), clock.now(), Random(seed)
    course = restore(session, live_digest(session))
    homes = _organisations(session, chance, now)
    session.commit()
    if people.by_email(session, _address(seed, learners - 1)) is None:
        with click.progressbar(range(learners), label="Learners", show_pos=True) as bar:
            for number in bar:
                _learner(session, course, Random(f"{seed}:{number}"), homes, _address(seed, number), now)
                if number % BATCH == BATCH - 1:
                    session.commit()
                    session.expunge_all()
        session.commit()
    total = sum(len(cities) for cities in PLACES.values())
    echo(f"{total} municipalities in {len(PLACES)} countries, {learners} synthetic learners.")
    if with_sign_ins:
        for line in sign_ins(session, homes, now):
            echo(line)
        session.commit()


def _address(seed: int, number: int) -> str:
    return f"learner-{seed}-{number}@example.org"


def _organisations(session: Session, chance: Random, now: datetime) -> list[int]:
    """Ids of where learners belong: municipalities, and a few departments of the larger ones; the earlier ones more often."""
    homes: list[int] = []
    for country, cities in PLACES.items():
        above = organisations.find_or_add(session, parent_id=None, kind="country", name=country, now=now)
        for city in cities:
            place = organisations.find_or_add(session, parent_id=above, kind="municipality", name=city, now=now)
            homes += [place] * chance.randint(1, 5)
            for department in chance.sample(DEPARTMENTS, k=chance.choice((0, 0, 2, 3))):
                homes.append(organisations.find_or_add(session, parent_id=place, kind="department", name=department, now=now))
    return homes


def _learner(session: Session, course: Course, chance: Random, homes: list[int], address: str, now: datetime) -> None:
    joined = now - timedelta(days=chance.uniform(3, DAYS))
    name = f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}"
    person = Person(
        public_id=secrets.public_id(),
        email=address,
        email_key=address,
        name=name,
        role="learner",
        language=course.languages[0],
        created_at=joined,
    )
    session.add(person)
    session.flush()
    for home in {chance.choice(homes), *([chance.choice(homes)] if chance.random() < 0.04 else [])}:
        people.join(session, person_id=person.id, organisation_id=home, role="member", now=joined)
    Walk(session, course, chance, person.id, joined, now).go()


class Walk:
    """One synthetic learner's way through the course, from the day they registered until today at the latest."""

    def __init__(
        self, session: Session, course: Course, chance: Random, person_id: int, start: datetime, end: datetime
    ) -> None:
        self.session, self.course, self.chance, self.person_id = session, course, chance, person_id
        self.at, self.end = start, end
        self.skill = min(0.97, max(0.35, chance.gauss(0.78, 0.14)))

    def go(self) -> None:
        share = self.chance.choices((0.0, 0.12, 0.45, 1.0), weights=(11, 34, 39, 16))[0]
        modules = list(self.course.modules)
        if self.chance.random() < 0.5:
            self.chance.shuffle(modules)
        for module in modules[: max(1, round(len(modules) * share))] if share else []:
            if not self._module(module, persistent=share == 1.0 or self.chance.random() < 0.7):
                return

    def _later(self, hours: float) -> bool:
        """Moves the clock on; False when it would pass today."""
        self.at += timedelta(hours=self.chance.expovariate(1 / hours))
        return self.at < self.end

    def _module(self, module: Module, *, persistent: bool) -> bool:
        for lesson in module.lessons:
            if not self._later(14):
                return False
            given = {"person_id": self.person_id, "course": self.course, "module": module, "lesson": lesson, "now": self.at}
            lessons.open_lesson(self.session, **given)  # type: ignore[arg-type]
            if not persistent and self.chance.random() < 0.22:
                return False
            lessons.mark_done(self.session, seen=0, **given)  # type: ignore[arg-type]
        return not module.quizzes or self._quiz(module, module.quizzes[self.course.languages[0]])

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


def sign_ins(session: Session, homes: list[int], now: datetime) -> list[str]:
    """One account of each kind with a new random password; the passwords are stored nowhere else."""
    made = []
    for role, local in (
        ("learner", "learner"),
        ("author", "author"),
        ("learner", "manager"),
        ("administrator", "administrator"),
    ):
        address, password = f"{local}@example.org", tokens.token_urlsafe(15)
        person = people.by_email(session, address)
        if person is None:
            person = people.add(
                session, email=address, name=f"Demo {local}", password=password, role=role, language="en", now=now
            )
            people.join(
                session,
                person_id=person.id,
                organisation_id=homes[0],
                role="manager" if local == "manager" else "member",
                now=now,
            )
        else:
            people.set_password(session, person, password, by_id=None, now=now)
        made.append(f"{local:14} {address:28} {password}")
    return made
