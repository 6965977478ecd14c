"""Reports that go by mail: who asked for which, and what is due now. `course mail send` is all that has to run.

A mail is of the beginning of its day, so that nothing of it is still being written when it is counted. It holds counts and the
address of the same report as of the same moment, never a name: whoever opens it signs in, and sees what they may see then.
Somebody who may no longer read the report gets no more of it, and one last mail that says so.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import quizzes

from ..accounts import cohorts, mail
from ..accounts.organisations import Place
from ..accounts.secrets import public_id
from ..accounts.tables import Cohort, Person
from ..content.model import Course, Module, Text
from ..extensions import changed, reading, writing
from ..publishing.revisions import digest_at, last_of, restore
from . import asked, completion
from .completion import Counts, Line, Report
from .filters import WHO
from .source import source
from .tables import Subscription

EVERY = {"week": "every Monday", "month": "on the first of every month"}
KEPT = ("organisation", "module", "cohort", "language", "who")  # of a report's address; a mail is always of its own day
HOUR = time(6, tzinfo=UTC)
log = logging.getLogger(__name__)


class Courses(NamedTuple):
    """What is live now, whose words a mail uses, and what was live at the moment that it is of."""

    now: Course
    then: Course


def about(query: Sequence[tuple[str, str]]) -> str:
    """What a subscription keeps of the query of a report's address, always in the same order."""
    held = dict(query)
    return urlencode([(name, held[name]) for name in KEPT if held.get(name)])


def words(about: str, places: Sequence[Place], titles: Mapping[str, str], groups: Sequence[Cohort] = ()) -> str:
    """What a subscription is of, for a reader of these places and cohorts."""
    held = dict(parse_qsl(about))
    wanted, group = held.get("organisation", ""), held.get("cohort", "")
    place = next((" › ".join(p.path) for p in places if p.public_id == wanted), "An organisation that is not shown here")
    module, who = held.get("module", ""), held.get("who", "")
    cohort = next((one.name for one in groups if one.public_id == group), "A cohort that is not shown here")
    parts = [
        place if wanted else "All that you may see",
        titles.get(module, module) if module else "all modules",
        cohort if group else "",
        held.get("language", ""),
        WHO.get(who, who).lower(),
    ]
    return ", ".join(part for part in parts if part)


def next_at(after: datetime, every: str) -> datetime:
    """The next Monday or first of a month, at six in the morning, UTC."""
    day = after.astimezone(UTC).date() + timedelta(days=1)
    while day.weekday() != 0 if every == "week" else day.day != 1:
        day += timedelta(days=1)
    return datetime.combine(day, HOUR)


def of_person(session: Session, person_id: int) -> list[Subscription]:
    mine = select(Subscription).where(Subscription.person_id == person_id, Subscription.ended_at.is_(None))
    return list(session.scalars(mine.order_by(Subscription.id)))


def subscribe(session: Session, *, person_id: int, about: str, every: str, now: datetime) -> None:
    """The same one again changes nothing."""
    one = Subscription(
        public_id=public_id(),
        person_id=person_id,
        about=about,
        every=every,
        created_at=now,
        next_at=next_at(now, every),
    )
    try:
        with session.begin_nested():
            session.add(one)
    except IntegrityError:
        return


def end(session: Session, subscription: str, person_id: int, now: datetime) -> bool:
    """Whether there was such a one of this person that was running."""
    mine = update(Subscription).where(Subscription.public_id == subscription, Subscription.person_id == person_id)
    return bool(changed(session, mine.where(Subscription.ended_at.is_(None)).values(ended_at=now)))


def queue_due(session: Session, course: Course, site: str, now: datetime) -> int:
    """Puts what is due into the outbox, each in a transaction of its own; returns how many mails that were.

    Moving ``next_at`` on is what claims one, so that two who run at once queue it once. After a pause only one mail comes. One
    that fails holds up no other.
    """
    due = select(Subscription.id).where(Subscription.ended_at.is_(None), Subscription.next_at <= now).order_by(Subscription.id)
    waiting = session.scalars(due).all()
    moment, queued = datetime.combine(now.astimezone(UTC).date(), time(), UTC), 0
    then = digest_at(session, moment) if waiting else ""
    courses = Courses(course, restore(session, then) if then else course)
    for number in waiting:
        try:
            with reading(session):
                one = session.get_one(Subscription, number, populate_existing=True)
                made, following = _made(session, courses, one, site, moment), next_at(now, one.every)
                last = _last(session, courses.now, one) if made is None else {}
        except Exception:
            log.exception("the report by mail %s could not be made; it is tried again", number)
            continue
        with writing(session):
            is_due = (Subscription.id == number, Subscription.next_at <= now, Subscription.ended_at.is_(None))
            if not changed(session, update(Subscription).where(*is_due).values(next_at=following)):
                continue
            if made is None:
                session.execute(update(Subscription).where(Subscription.id == number).values(ended_at=now))
            queued += mail.queue(session, now=now, **(made or last))
    return queued


def _made(session: Session, courses: Courses, one: Subscription, site: str, moment: datetime) -> dict[str, Any] | None:
    """The mail, which may take a while to count and holds nobody up; None where its reader may no longer have it."""
    person = session.get_one(Person, one.person_id)
    scope = asked.scope_of(session, person)
    filters = asked.filters_of(session, one.about, scope, moment)
    if not person.email or person.deactivated_at or filters is None:
        return None
    with source(session) as (where, said):
        report = completion.completion(where, course=courses.then, scope=scope, filters=filters, now=moment)
    course = courses.now
    language = course.language_for(person.language)
    page = f"{site}/{language}/reports/completion"
    address = f"{page}?{urlencode([*parse_qsl(one.about), ('as_of', moment.strftime('%Y-%m-%dT%H:%M:%S'))])}"
    retired = last_of(session, {line.module for line in report.by_module} - {module.slug for module in course.modules})
    named = (*retired.values(), *courses.then.modules, *course.modules)
    titles = {module.slug: _text(module, course, language).title for module in named}
    return {
        "to": person.id,
        "subject": f"{course.text_for(language).title}: completion on {moment:%Y-%m-%d}",
        "body": _body(report, titles, address, f"{page}#mail", said),
    }


def _last(session: Session, course: Course, one: Subscription) -> dict[str, Any]:
    """What tells its reader that it has ended; it names nothing that they may not see."""
    person = session.get_one(Person, one.person_id)
    scope, language = asked.scope_of(session, person), course.language_for(person.language)
    places, groups = completion.tree(session, scope, None), cohorts.visible(session, scope)
    titles = {module.slug: _text(module, course, language).title for module in course.modules}
    return {
        "to": person.id,
        "subject": f"{course.text_for(language).title}: a report by mail has ended",
        "body": (
            f"You asked for this report {EVERY[one.every]}:\n\n{words(one.about, places, titles, groups)}\n\n"
            "You may no longer read it, so no more of it is sent. If you need it, ask the person who administers the course.\n"
        ),
    }


def _text(module: Module, course: Course, language: str) -> Text:
    """The words of a module, which may be of an earlier course, in the reader's language, else in the source's."""
    return module.texts.get(language) or module.texts.get(course.languages[0]) or next(iter(module.texts.values()))


def _body(report: Report, titles: dict[str, str], address: str, own: str, said: tuple[str, ...]) -> str:
    place = " › ".join(report.total.place.path) if report.total.place else "All that you may see"
    what = titles.get(report.filters.module, report.filters.module) if report.filters.module else "all modules"
    limits = [f"cohort “{report.filters.cohort_name}”"] if report.filters.cohort else []
    limits += [f"language {report.filters.language}"] if report.filters.language else []
    limits += [WHO[report.filters.who].lower()] if report.filters.who != "learners" else []
    moment = f"As of {report.filters.as_of:%Y-%m-%d %H:%M:%S} UTC"
    lines = [", ".join([place, what, *limits]), moment, *said, "", *_told(report.total.counts), ""]
    lines += [_line(line, titles) for line in report.by_module]
    lines += ["", "The report as of this moment, its rules, and the people behind each figure:", address, ""]
    lines += ["To stop this mail, or to ask for another:", own, ""]
    return "\n".join(lines)


def _told(counts: Counts) -> list[str]:
    figures = (
        ("Enrolled", counts.enrolled),
        ("Started", counts.started),
        ("Not started", counts.not_started),
        ("Passed", counts.passed),
        ("Completed", counts.completed),
        ("Certificates", counts.certified),
    )
    mean = "none yet" if counts.mean is None else f"{quizzes.percent_of(counts.mean)} %"
    return [f"{name}: {value}" for name, value in figures if value is not None] + [f"Mean score: {mean}"]


def _line(line: Line, titles: dict[str, str]) -> str:
    counts = line.counts
    name = titles.get(line.module, line.module)
    return f"{name}: started {counts.started}, passed {counts.passed}, completed {counts.completed}"
