"""Everything that people do in a course at once, at a steady rate: learners, sign-ins, reports and exports.

./dev stress mixed [quick] [--postgresql]
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from urllib.parse import urlencode

from sqlalchemy import create_engine, select, update
from sqlalchemy.orm import Session

import quizzes
from course import clock
from course.accounts import passwords
from course.accounts.tables import Person
from course.content.model import Course
from course.learning import attempts, lessons
from course.learning.tables import Certificate
from tests.bench import load
from tests.bench.site import PASSWORD, token_of
from tests.stress import place
from tests.stress.place import Place
from tests.stress.telling import Table, judge
from tests.stress.walking import Arrivals, Step, Walker

LEARNERS, CERTIFIED, ADMINISTRATOR = 1500, 40, 0  # the administrator is the first of them
AT_QUIZZES = 120  # of the learners, so that each begins, closes and sees several attempts
A_SECOND, CONNECTIONS = 260, 64
FULL, QUICK = 600, 30  # seconds
BOUND, LATEST = 0.250, 0.600  # seconds, at the 95th and the 99th percentile
SHARES = {  # of all requests, in %; what learners of a course do, with 20 to 60 seconds between two requests of each
    "lesson": 45.0, "toggle": 25.0, "medium": 10.0, "quiz": 17.0, "progress": 2.0, "sign-in": 0.7,
    "certificate": 0.25, "report": 0.04, "export": 0.01,
}  # fmt: skip
ANYWHERE = "127.0.1.{}"  # one address may sign in 60 times in five minutes, and these come from many


def run(words: list[str]) -> bool:
    seconds, is_postgresql = QUICK if "quick" in words else FULL, "--postgresql" in words
    with (
        place.database(is_postgresql=is_postgresql) as (url, _postgresql),
        place.made(LEARNERS, database_url=url, prepare=prepare) as here,
    ):
        here.start()
        arrivals = Arrivals([Walker(who) for who in here.learners[CERTIFIED:]])
        warm = time.monotonic() + 5
        load.arriving(here.port, asks(here, arrivals), per_second=50, is_over=lambda: time.monotonic() > warm)
        arrivals.latencies.clear()
        end = time.monotonic() + seconds
        load.arriving(
            here.port,
            asks(here, arrivals),
            per_second=A_SECOND,
            is_over=lambda: time.monotonic() > end,
            connections=CONNECTIONS,
            addresses=ANYWHERE,
        )
        table = Table(f"mixed, {'PostgreSQL' if is_postgresql else 'SQLite'}, {seconds} s")
        tell(table, arrivals, seconds)
        judge(table, here, arrivals)
        return table.tell()


def prepare(session: Session, course: Course, person: int, number: int) -> None:
    """Everybody has a password; the first administers, and some have completed the course."""
    role = "administrator" if number == ADMINISTRATOR else "learner"
    session.execute(update(Person).where(Person.id == person).values(password_hash=_hashed(), role=role))
    if ADMINISTRATOR < number < CERTIFIED:
        _complete(session, course, person, clock.now())


@cache
def _hashed() -> str:
    return passwords.hashed(PASSWORD)


def _complete(session: Session, course: Course, person: int, now: datetime) -> None:
    for module in course.modules:
        for lesson in module.lessons:
            lessons.mark_done(session, person_id=person, course=course, module=module, lesson=lesson, seen=0, now=now)
        quiz = module.quizzes[course.languages[0]]
        attempt = attempts.start(session, person_id=person, course=course, module=module, now=now)
        given = {item.id: quizzes.key_of(item) for item in quiz.items}
        attempts.close(session, attempt, quiz=quiz, course=course, now=now, given=given)


def asks(here: Place, arrivals: Arrivals) -> Iterator[load.Ask | None]:
    """By chance, the same each time; whoever waits for an answer asks nothing."""
    chance = random.Random(4)
    others = of_others(here, chance)
    names, shares = list(SHARES), list(SHARES.values())
    while True:
        kind = chance.choices(names, shares)[0]
        if kind in others:
            yield arrivals.ask(others[kind]())
            continue
        walker = chance.choice(arrivals.walkers[:AT_QUIZZES] if kind == "quiz" else arrivals.walkers)
        step: Callable[[], Step] = getattr(walker, kind)
        yield None if walker.is_waiting else arrivals.ask(step(), walker)


def of_others(here: Place, chance: random.Random) -> dict[str, Callable[[], Step]]:
    """What the ledger need not know: pages, and people who sign in."""
    key = (here.folder / "instance" / "secret.key").read_text(encoding="utf-8").strip()
    administrator, report = here.learners[ADMINISTRATOR].cookie, "/en/reports/completion"
    certificates, medium = _certificates(here), _medium(here)

    def sign_in() -> Step:
        cookie, number = f"{chance.getrandbits(128):040}", chance.randrange(CERTIFIED, LEARNERS)
        fields = {"csrf_token": token_of(cookie, key), "email": f"l{number}@example.org", "password": PASSWORD}
        return Step("sign-in", load.post("/en/account/sign-in", cookie, urlencode(fields).encode()), 303)

    return {
        "medium": lambda: Step("medium", medium, 304),
        "progress": lambda: Step("progress", load.get("/en/progress", chance.choice(here.learners).cookie)),
        "sign-in": sign_in,
        "certificate": lambda: Step("certificate", chance.choice(certificates)),
        "report": lambda: Step("report", load.get(report, administrator)),
        "export": lambda: Step("export", load.get(f"{report}/people.csv", administrator)),
    }


def _certificates(here: Place) -> list[bytes]:
    """Each as its owner opens it."""
    cookies = {who.id: who.cookie for who in here.learners}
    engine = create_engine(here.database_url)
    with engine.connect() as connection:
        issued = connection.execute(select(Certificate.code, Certificate.person_id).order_by(Certificate.id)).all()
    engine.dispose()
    return [load.get(f"/en/certificates/{code}", cookies[person]) for code, person in issued]


def _medium(here: Place) -> bytes:
    """A picture that the browser has already; pages' own files have addresses that are asked for once."""
    digest = min(path.name for path in (here.folder / "instance" / "assets").iterdir())
    return load.get(f"/assets/{digest}/infographic.svg", tag=f'"{digest}"')


def tell(table: Table, arrivals: Arrivals, seconds: float) -> None:
    every = arrivals.every
    table.at_least("requests answered a second", int(len(every) / seconds), 250)
    for share, bound in ((0.95, BOUND), (0.99, LATEST)):
        late = load.percentile(every, share)
        table.add(
            f"p{share * 100:.0f} in ms, from when a request was due", f"{late * 1000:.0f} (≤ {bound * 1000:.0f})", late <= bound
        )
    for kind, took in sorted(arrivals.latencies.items()):
        spread = f"{statistics.median(took) * 1000:.0f} / {load.percentile(took, 0.99) * 1000:.0f}"
        table.add(f"  {kind}: {len(took):,}, median / p99 in ms", spread)
