"""A filled instance to look at: organisations, and synthetic learners at every stage, from a dozen to millions.

The first of them are moved by the same verbs that the pages call, at times in the past, so that every summary, certificate and
report is what real learners would have left; all others are copies of those. The same seed gives the same people, places, days
and figures; only ids and codes are drawn anew. Synthetic learners have no password; nobody can sign in as them.
"""

from __future__ import annotations

import secrets as tokens
import shutil
from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import click
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from .. import clock
from ..accounts import cohorts, passwords, people, secrets
from ..accounts.tables import Membership, Person
from ..content.model import Course
from ..extensions import current_session, intend
from ..learning.tables import Enrolment
from ..publishing.revisions import live_digest, restore
from ..reports import keeping
from . import copying
from .homes import Homes, everywhere, few
from .names import name
from .places import countries
from .walking import Walk

DAYS = 180  # before today the first learners came; the course has been there for a day longer
WALKERS = 2000  # learners moved by the verbs; beyond them copies are made
BATCH = 25  # of those a transaction
BYTES = 12_000  # of disk that a copied learner takes, with room to spare
ACCOUNTS = {"learner": "learner", "author": "author", "manager": "learner", "administrator": "administrator"}  # to their roles


class Stopped(click.ClickException):
    """Somebody pressed Ctrl-C."""

    exit_code = 130


def began(now: datetime) -> datetime:
    """When the course was published and its organisations were entered, so that reports of past moments find both."""
    return now - timedelta(days=DAYS + 1)


def fill(*, learners: int, seed: int, echo: Callable[[str], None], with_sign_ins: bool = False, walkers: int = WALKERS) -> None:
    """Adds the organisations and learners to this instance; what an earlier run of the same seed has added stays as it is.

    Raises ClickException, and adds nothing, where people of its own are learning in this instance. ``walkers`` is how many are
    moved by the verbs; runs that go on with each other name the same number.
    """
    intend(to_write=True)
    session, now = current_session(), clock.now()
    course = restore(session, live_digest(session))
    first = bisect_left(range(learners), True, key=lambda number: people.by_email(session, address(seed, number)) is None)
    if first < learners:
        _refuse_others(session, seed)
        _refuse_small_disk(session, learners - max(first, walkers))
    homes = few(session, seed, began(now))
    keeping.forget(session.connection())  # those who are added were here in the past
    session.commit()
    try:
        _walk(session, course, seed, range(first, min(learners, walkers)), homes, now)
        _copy(session, course, seed, walkers, range(max(first, walkers), learners), now)
    except KeyboardInterrupt:
        session.rollback()
        raise Stopped("stopped. What is there is whole; the same command goes on from there.") from None
    echo(f"{_places(everything=learners > walkers)}, {learners:,} synthetic learners.")
    if with_sign_ins:
        for line in sign_ins(session, homes, now):
            echo(line)
        session.commit()


def address(seed: int, number: int | str) -> str:
    return f"learner-{seed}-{number}@example.org"


def _refuse_others(session: Session, seed: int) -> None:
    """Synthetic learners would be in every figure of those who are learning here."""
    ours = or_(Person.email_key.like(address(seed, "%")), Person.email_key.in_([f"{local}@example.org" for local in ACCOUNTS]))
    others = select(Enrolment.person_id).join(Person, Person.id == Enrolment.person_id)
    if session.scalar(others.where(or_(Person.email_key.is_(None), ~ours)).limit(1)) is not None:
        raise click.ClickException(
            f"people other than the learners of seed {seed} are learning in this instance, and synthetic ones would be in "
            "every figure of theirs. Nothing was added. Fill another: COURSE_INSTANCE=/tmp/demo ./dev course seed"
        )


def _refuse_small_disk(session: Session, copies: int) -> None:
    """Of SQLite, whose file is on this machine."""
    database = session.get_bind().engine.url.database if session.get_bind().dialect.name == "sqlite" else None
    if copies <= 0 or not database:
        return
    free = shutil.disk_usage(Path(database).parent).free
    if copies * BYTES > free:
        raise click.ClickException(
            f"--learners: {copies:,} more take about {copies * BYTES / 1e9:.0f} GB, and {Path(database).parent} has "
            f"{free / 1e9:.0f} GB free. Nothing was added. Ask for fewer, or name a folder with more room in COURSE_INSTANCE."
        )


def _walk(session: Session, course: Course, seed: int, numbers: range, homes: Homes, now: datetime) -> None:
    if not numbers:
        return
    with click.progressbar(numbers, label="Learners", show_pos=True) as bar:
        for number in bar:
            _learner(session, course, Random(f"{seed}:{number}"), homes, address(seed, number), now)
            if number % BATCH == BATCH - 1:
                session.commit()
                session.expunge_all()
    session.commit()


def _learner(session: Session, course: Course, chance: Random, homes: Homes, of: str, now: datetime) -> None:
    joined = now - timedelta(days=chance.uniform(3, DAYS))
    places = homes.some(chance)
    person = Person(
        public_id=secrets.public_id(),
        email=of,
        email_key=of,
        name=name(places[0].region, chance),
        role="learner",
        language=places[0].language(course),
        created_at=joined,
    )
    session.add(person)
    session.flush()
    for place in places:
        people.join(session, person_id=person.id, organisation_id=place.id, role="member", now=joined)
    Walk(session, course, chance, person.id, joined, now).go()


def _copy(session: Session, course: Course, seed: int, walkers: int, numbers: range, now: datetime) -> None:
    if not numbers:
        return
    homes = everywhere(session, seed, began(now))
    models = copying.models(session, [address(seed, number) for number in range(walkers)])
    session.commit()
    with click.progressbar(length=len(numbers), label="Copies", show_pos=True) as bar:
        for start in range(0, len(numbers), copying.BATCH):
            part = numbers[start : start + copying.BATCH]
            chances = [(address(seed, number), Random(f"{seed}:{number}")) for number in part]
            copying.add(session, course, models, chances, homes, (now - timedelta(days=DAYS), now))
            session.commit()
            bar.update(len(part))
    copying.finish(session)
    session.commit()


def _places(*, everything: bool) -> str:
    found = [country for country in countries() if everything or country.few]
    cities = sum(len(country.municipalities) if everything else country.few for country in found)
    return f"{cities} municipalities in {len(found)} countries"


def sign_ins(session: Session, homes: Homes, now: datetime) -> list[str]:
    """One account of each kind with a new random password; the passwords are stored nowhere else."""
    made = []
    for local, role in ACCOUNTS.items():
        to, password = f"{local}@example.org", tokens.token_urlsafe(15)
        person = people.by_email(session, to)
        if person is None:
            person = people.add(session, email=to, name=f"Demo {local}", password=password, role=role, language="en", now=now)
            people.join(
                session,
                person_id=person.id,
                organisation_id=homes.places[0].id,
                role="manager" if local == "manager" else "member",
                now=now,
            )
        else:
            people.set_password(session, person, passwords.hashed(password), by_id=None, now=now)
        made.append(f"{local:14} {to:28} {password}")
        if local == "manager":
            _gather(session, homes.places[0].id, person.id, now)
    return made


def _gather(session: Session, place: int, by_id: int, now: datetime) -> None:
    """A cohort of the manager's, of those who came to the organisation in the last two months."""
    if cohorts.visible(session, [place]):
        return
    member = Membership
    came = (member.organisation_id == place, member.role == "member", member.since_at > now - timedelta(days=60))
    found = session.scalars(select(member.person_id).where(*came).order_by(member.person_id)).all()
    cohort = cohorts.make(session, name=f"Intake of {now.year}", organisation_id=place, by_id=by_id, now=now)
    cohorts.put_in(session, cohort, found, by_id=by_id, now=now)
