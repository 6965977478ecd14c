"""Reports of a language or of dates: of those who are meant, or of all less the others, the figures are the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from course.accounts.tables import Membership, Organisation, Person
from course.learning.tables import Enrolment, ModuleState
from course.publishing.revisions import live_digest, restore
from course.reports import counted
from course.reports.completion import completion, limits, needed_to_pass
from course.reports.counting import monday, week_of
from course.reports.filters import Filters
from course.reports.tables import EVERYWHERE
from tests.reports.exact import check_tallies
from tests.site import Site

WEEKS = 12
LANGUAGES = ("en",) * 28 + ("fr",) * 11 + ("pt",)  # 70, 27 and 3 in 100


@pytest.fixture
def many(site: Site) -> Site:
    """200 learners of several places, languages and weeks, who got more or less far; some of no place, some of two."""
    with site.session(write=True) as session:
        places = session.scalars(select(Organisation.id).order_by(Organisation.id)).all()
        for number in range(200):
            at = site.now - timedelta(weeks=number % WEEKS, hours=number)
            person = {"public_id": f"some-{number}", "name": f"Learner {number}", "role": "learner", "created_at": at}
            person |= {"language": LANGUAGES[number % len(LANGUAGES)]}
            [id_] = session.execute(insert(Person).values(person).returning(Person.id)).one()
            for place in {places[number % len(places)], places[number // 7 % len(places)]} if number % 9 else ():
                home = {"person_id": id_, "organisation_id": place, "role": "member", "since_at": at}
                session.execute(insert(Membership).values(home))
            is_through = at + timedelta(days=number % 5) if number % 4 == 0 else None
            enrolment = {"person_id": id_, "enrolled_at": at, "last_at": site.now, "modules_completed": 0}
            session.execute(insert(Enrolment).values(enrolment | {"completed_at": is_through}))
            for module in ("housing", "mobility")[: number % 3]:
                state = {"person_id": id_, "module": module, "started_at": at, "last_at": site.now}
                far = {
                    "score_ppm": number * 5000,
                    "score": f"{number}/200",
                    "passed_at": is_through,
                    "completed_at": is_through,
                }
                session.execute(insert(ModuleState).values(state | (far if number % 2 else {})))
        check_tallies(session)
    return site


def shares(session: Session, filters: Filters) -> str:
    share = counted.share_of(session, filters, EVERYWHERE if filters.organisation is None else filters.organisation)
    return f"{'most' if share > 0.5 else 'less'}, {'few' if min(share, 1 - share) < counted.FEW else 'many'} counted"


@pytest.mark.parametrize("who", ["learners", "everyone"])
@pytest.mark.parametrize("module", ["", "housing"])
def test_either_way_the_figures_are_the_same(many: Site, module: str, who: str) -> None:
    with many.session() as session:
        course = restore(session, live_digest(session))
        tunisia = session.scalars(select(Organisation.id).where(Organisation.name == "Tunisia")).one()
        since, ways = many.now.date() - timedelta(weeks=WEEKS), set()
        questions: list[dict[str, Any]] = [
            *({"language": language} for language in ("en", "fr", "pt", "xx")),
            *({"since": since + timedelta(weeks=weeks)} for weeks in (0, 1, 4, 8, 12)),
            *({"until": since + timedelta(weeks=weeks)} for weeks in (0, 6, 13)),
            {"language": "en", "since": since + timedelta(weeks=1), "until": since + timedelta(weeks=11)},
            {"language": "pt", "since": since, "until": since},
        ]
        for asked in questions:
            for place in (None, tunisia):
                filters = Filters(module=module, who=who, organisation=place, **asked)
                report = completion(session, course=course, scope=None, filters=filters, now=many.now, most=1000)
                weeks = range(week_of(many.now) - 25, week_of(many.now) + 1)
                found = counted.read(
                    session,
                    filters=filters,
                    needed=needed_to_pass(course, module),
                    within=limits(None, filters),
                    only=None,
                    weeks=weeks,
                )
                ways.add(shares(session, filters))
                lines = {line.place.id: line.counts for line in report.by_organisation if line.place and line.counts.enrolled}
                below = {id_: counts for id_, counts in found.by_organisation.items() if id_ in lines}
                modules = {line.module: line.counts for line in report.by_module if line.counts.started}
                assert (report.total.counts, lines, modules) == (found.total, below, dict(found.by_module)), asked
                assert {week.begins_on: (week.began, week.completed) for week in report.weeks} == trend(found, weeks), asked
    assert ways == {"most, few counted", "most, many counted", "less, few counted", "less, many counted"}


def trend(found: Any, weeks: range) -> dict[date, tuple[int, int]]:
    return {monday(week): (found.began.get(week, 0), found.completed.get(week, 0)) for week in weeks}
