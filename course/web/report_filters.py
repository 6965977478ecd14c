"""What the address of a report asks for, with what is wrong in it said by its field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask import abort, g, request, url_for

from .. import clock
from ..accounts import cohorts, organisations
from ..accounts.names import clean_name
from ..accounts.organisations import Place
from ..accounts.tables import Cohort
from ..content.model import Course
from ..extensions import current_session
from ..publishing.revisions import digest_at, was_published
from ..reports import asked, completion
from ..reports.filters import WHO, Filters, moment_of
from . import published, report_source, visitor
from .errors import Unclear

FIELDS = {"organisation": "Organisation", "since": "Enrolled from", "until": "Enrolled until", "as_of": "As of"}  # may be wrong
MOST_COHORTS = 100  # to choose from; of more, each has its own report on the page of cohorts
NAMES = ("organisation", "module", "cohort", "since", "until", "as_of", "language", "who", "headings")


def scope() -> list[int] | None:
    """What the viewer may see: everything for an administrator, else the organisations they manage, with all below."""
    return None if visitor.is_administrator() else visitor.managed()


def of_request() -> tuple[Filters, dict[str, str]]:
    """The filters of the address. An organisation outside the reader's subtree is 404; a wrong value is said by its field.

    So is an organisation that was not yet there, or not yet within the subtree, at the moment of the report.
    """
    problems: dict[str, str] = {}
    as_of = _instant(problems)
    since, until = _day("since", problems), _day("until", problems)
    if since and until and since > until:
        problems["until"] = "The last day is before the first. Change one of them."
    place = next(iter(above(as_of)[-1:]), None)
    if place is None and request.args.get("organisation"):
        problems["organisation"] = "At this moment it was not there yet, or not for you to see. Choose a later one."
    who = request.args.get("who", "") or "learners"
    if who not in WHO:
        abort(404)
    group = asked.of_cohort(_cohort())
    where = asked.within(report_source.session(), place, scope())
    chosen = Filters(place.id if place else None, _module(), since, until, as_of, _language(), who, within=where, **group)
    return chosen, problems


def _module() -> str:
    """The module that is asked for; one that was never published is 404, a retired one is not."""
    wanted = request.args.get("module", "")
    if wanted and published.course().module(wanted) is None and not was_published(report_source.session(), wanted):
        abort(404)
    return wanted


def asked_rightly() -> Filters:
    """The filters for an export, which has no field to say a problem by."""
    filters, problems = of_request()
    if problems:
        raise Unclear(" ".join(f"{FIELDS[name]}: {problem}" for name, problem in problems.items()))
    return filters


def _language() -> str:
    """The language that is asked for; one that nobody can have chosen is 404."""
    wanted = request.args.get("language", "")
    if wanted and not asked.is_language(report_source.session(), wanted, published.course().languages):
        abort(404)
    return wanted


def groups() -> list[Cohort]:
    """The cohorts that the reader may choose from: those that are open, if they are few, and the one that is asked for."""
    found, chosen = cohorts.few(current_session(), scope(), MOST_COHORTS), _cohort()
    return found if chosen is None or chosen in found else [chosen, *found]


def _cohort() -> Cohort | None:
    """The cohort that is asked for; one outside the reader's subtree is 404."""
    wanted = request.args.get("cohort", "")
    found = cohorts.find(current_session(), wanted, scope()) if wanted else None
    if wanted and found is None:
        abort(404)
    return found


def of_list(filters: Filters, state: str) -> Filters:
    """The filters of a list of people: with the part of a name, and the week of the trend (404 for one that it has not)."""
    filters = replace(filters, words=clean_name(request.args.get("words", ""))[:60])
    text = request.args.get("week", "")
    if not text:
        return filters
    found = _day("week", {})
    if (
        found is None
        or found.weekday() != 0
        or found > clock.now().date()
        or state not in {"completed", "started" if filters.module else "enrolled"}
    ):
        abort(404)
    return replace(filters, week=found)


def offered(most: int) -> list[Place]:
    """The organisation that is asked for, those above it, and as many levels below it as a list to choose from bears."""
    there = above(None)
    below, _deeper = organisations.upper(report_source.session(), [there[-1].id] if there else scope(), most)
    return [*there[:-1], *below]


def tree(as_of: datetime | None) -> list[Place]:
    """The organisations that the reader may choose from; read once a request."""
    if "report_tree" not in g:
        g.report_tree = completion.tree(report_source.session(), scope(), as_of)
    found: list[Place] = g.report_tree
    return found


def above(as_of: datetime | None) -> list[Place]:
    """The organisation that is asked for, last, after those above it that the reader may see; empty when none is asked for.

    Empty too where the reader may see it now, and could not at the moment of the report.
    """
    wanted = request.args.get("organisation", "")
    if not wanted:
        return []
    if "report_above" not in g:
        g.report_above = _above(wanted, as_of)
    found: list[Place] = g.report_above
    if not found and not (as_of and organisations.find(report_source.session(), wanted, scope())):
        abort(404)
    return found


def _above(wanted: str, as_of: datetime | None) -> list[Place]:
    if as_of is None:
        return organisations.find(report_source.session(), wanted, scope())
    there = tree(as_of)
    path = next((place.path for place in there if place.public_id == wanted), ())
    return [place for place in there if path[: len(place.path)] == place.path]


def course_of(filters: Filters) -> Course:
    """The course that is live, or was at the moment of the report."""
    if filters.as_of is None:
        return published.course()
    session = report_source.session()
    return published.live().revision(session, digest_at(session, filters.as_of))


def titles(course: Course) -> dict[str, str]:
    """The modules' titles, of those that are retired by now or were not yet there too."""
    retired = published.live().retired(current_session()).values()
    return {module.slug: published.text(module)[0].title for module in (*retired, *published.course().modules, *course.modules)}


def address(endpoint: str, **changes: Any) -> str:
    """The address of another view of the same report: today's filters with some changed; None takes one away."""
    if "report_kept" not in g:
        g.report_kept = {name: request.args[name] for name in NAMES if request.args.get(name)}
    return url_for(endpoint, **{name: value for name, value in (g.report_kept | changes).items() if value not in (None, "")})


def _day(name: str, problems: dict[str, str]) -> date | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems[name] = "Write a day as year-month-day, such as 2026-01-31."
        return None


def _instant(problems: dict[str, str]) -> datetime | None:
    """A past moment; without a zone it is in UTC, without a time the day's beginning."""
    text = request.args.get("as_of", "").strip().replace(" ", "+")
    if not text:
        return None
    try:
        at = moment_of(text)
    except ValueError:
        problems["as_of"] = "Write a moment as 2026-01-31T00:00, in UTC."
        return None
    if at > clock.now():
        problems["as_of"] = "This moment has not come yet. Choose an earlier one."
    elif not digest_at(report_source.session(), at):
        problems["as_of"] = "Nothing was published yet at this moment. Choose a later one."
    return None if "as_of" in problems else at
