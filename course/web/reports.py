"""The completion report: page, CSV, XLSX and JSON of the same rows, the people behind a number, the facts behind a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from .. import clock
from ..accounts import cohorts, organisations, people
from ..accounts.tables import Person
from ..extensions import current_session, see_one_moment
from ..learning import certificates, history, record
from ..learning.progress import course_progress
from ..reports import completion, everyone, files, keeping, subscriptions
from ..reports import people as behind
from ..reports.filters import WHO, Filters, iso, rules_of, states_of
from ..reports.headings import LANGUAGES
from ..reports.pages import Spot, TooFar
from ..reports.tables import EVERYWHERE
from . import commands, due, paging, published, report_filters, report_source, visitor
from .downloads import answer, look
from .guard import report_readers

bp = Blueprint("reports", __name__, url_prefix="/<lang>/reports")
MOST = 120  # organisations on a page, unless the next level alone has more; the exports hold them all
LONG = 100_000  # people of whom a count one by one takes seconds
KEEP_AGAIN = 600.0  # seconds after which the past days of large places are tried to be kept again


@bp.get("/completion")
@report_readers
def completion_page() -> str:
    filters, problems = report_filters.of_request()
    report, shown = _report(filters, MOST), _shown(filters)
    by_mail = subscriptions.of_person(current_session(), visitor.signed_in().id)
    places = report_filters.tree(filters.as_of) if by_mail else []
    groups = cohorts.visible(current_session(), report_filters.scope()) if by_mail else []
    return render_template(
        "reports/completion.html",
        report=report,
        takes_long=report.total.counts.enrolled >= LONG,
        forms=files.FORMS,
        headings=LANGUAGES,
        problems=problems,
        above=report_filters.above(filters.as_of),
        by_mail=by_mail,
        mailed=lambda about: subscriptions.words(about, places, shown["titles"], groups),
        every=subscriptions.EVERY,
        address=visitor.signed_in().email,
        **shown,
    )


@bp.post("/completion/mail")
@report_readers
def by_mail() -> Response:
    """This report, of its own day each time, to the viewer's address."""
    every = request.form.get("every", "")
    if every not in subscriptions.EVERY:
        abort(400)
    report_filters.asked_rightly()
    session, about = current_session(), subscriptions.about([*request.args.items()])
    subscriptions.subscribe(session, person_id=visitor.signed_in().id, about=about, every=every, now=clock.now())
    session.commit()
    return redirect(report_filters.address("reports.completion_page", notice="by-mail"), 303)


@bp.post("/completion/mail/<subscription>/end")
@report_readers
def end_mail(subscription: str) -> Response:
    session = current_session()
    if not subscriptions.end(session, subscription, visitor.signed_in().id, clock.now()):
        abort(404)
    session.commit()
    return redirect(url_for("reports.completion_page", notice="mail-ended"), 303)


@bp.get("/completion.<form>")
@report_readers
def completion_table(form: str) -> Response:
    if form not in files.FORMS:
        abort(404)
    found = _report(report_filters.asked_rightly())
    report = replace(found, rules=(*found.rules, *report_source.rules()))
    of_weeks = request.args.get("table") == "weeks"
    return answer(files.completion_file(report, form, look(), of_weeks=of_weeks), form, "weeks" if of_weeks else "completion")


@bp.get("/completion/people")
@report_readers
def people_page() -> str | tuple[str, int]:
    found, problems = report_filters.of_request()
    filters = report_filters.of_list(found, _state())
    page = paging.number()
    question = _question(filters)
    see_one_moment(report_source.session())
    try:
        listing = behind.behind(report_source.session(), **question, state=_state(), spot=_spot(page), limit=paging.PAGE)
    except TooFar as error:
        furthest = error.offset // paging.PAGE + 1
        return render_template("reports/too_far.html", page=page, furthest=furthest, query=report_filters.address), 404
    return render_template(
        "reports/people.html",
        listing=listing,
        problems=problems,
        state=_state(),
        state_words=states_of(filters.module),
        forms=files.FORMS,
        place=next(iter(report_filters.above(filters.as_of)[-1:]), None),
        page=page,
        pages=paging.pages(listing.total),
        rules=rules_of(filters, clock.now()),
        **_shown(filters),
    )


def _spot(page: int) -> Spot:
    """Where the page begins: beside the person at the edge of the page that one comes from, else counted out from the first."""
    counted = Spot((page - 1) * paging.PAGE)
    for edge in ("after", "before"):
        person = request.args.get(edge)
        if person and person.isprintable() and page > 1:
            found = behind.spot_of(report_source.session(), person, report_filters.scope(), is_back=edge == "before")
            return found or counted
    return counted


@bp.get("/completion/people.<form>")
@report_readers
def people_table(form: str) -> Response:
    if form not in files.FORMS:
        abort(404)
    filters = report_filters.of_list(report_filters.asked_rightly(), _state())
    rows, now = _streamed(filters), clock.now()
    rules = (*rules_of(filters, now), *report_source.rules())
    content = files.people_file(rows, form, filters, _state(), iso(now), rules, look())
    return answer(content, form, "people")


@bp.get("/people/<person>")
@report_readers
def person(person: str) -> str:
    """One person: the progress they see, and a page of the facts behind it. Outside the reader's subtree there is none."""
    session = report_source.session()
    found = people.by_public_id(session, person)
    if found is None or not behind.is_within(session, found.id, report_filters.scope()):
        abort(404)
    due.close(found.id)
    return render_template("reports/person.html", **_record_of(found), titles=report_filters.titles(published.course()))


def _record_of(found: Person) -> dict[str, Any]:
    session, course = report_source.session(), published.course()
    held = record.read(session.connection(), found.id)
    belonged = organisations.memberships(session, found.id, report_filters.scope())
    here, belongs = paging.turn(len(belonged), paging.SHORT), [one for one in belonged if one.until_at is None]
    shown = {one.id: place for place, one in organisations.placed(session, [*here.of(belonged), *belongs[: paging.SHORT]])}
    return {
        "person": found,
        "record": held,
        "progress": course_progress(course, held),
        "stretch": history.facts(
            session, found.id, before=paging.line("before"), after=paging.line("after"), limit=paging.PAGE
        ),
        "memberships": [(shown[one.id], one) for one in here.of(belonged)],
        "belongs": [(shown[one.id], one) for one in belongs[: paging.SHORT]],
        "more": len(belongs[paging.SHORT :]),
        "here": here,
        "certificate": certificates.of_person(session, found.id),
        "cohorts": cohorts.of_person(session, found.id, report_filters.scope()),
    }


def _question(filters: Filters) -> dict[str, Any]:
    """Whose attempts are over is settled first, so that what is counted is what the learners see."""
    due.close()
    return {"course": report_filters.course_of(filters), "scope": report_filters.scope(), "filters": filters}


def _report(filters: Filters, most: int | None = None) -> completion.Report:
    question = _question(filters)
    see_one_moment(report_source.session())
    report = completion.completion(report_source.session(), **question, now=clock.now(), most=most)
    if filters.as_of:
        _keep_days(report)
    return report


def _keep_days(report: completion.Report) -> None:
    """Lets the past days of a large place be kept, so that the next report of one need not count."""
    place, people = report.filters.organisation or EVERYWHERE, report.total.counts.enrolled
    if keeping.is_due(report_source.session(), place, people, clock.now()):
        commands.start("report", "keep", again=KEEP_AGAIN)


def _streamed(filters: Filters) -> Iterator[everyone.Cells]:
    """What may refuse is asked at once; the session with the first row, since by then the request has given back its own."""
    question, state = _question(filters), _state()

    def rows() -> Iterator[everyone.Cells]:
        see_one_moment(report_source.session())
        yield from everyone.rows(report_source.session(), **question, state=state)

    return rows()


def _shown(filters: Filters) -> dict[str, Any]:
    """What both pages need to say of which report they are."""
    course = report_filters.course_of(filters)
    return {
        "filters": filters,
        "the_course": course,
        "titles": report_filters.titles(course),
        "query": report_filters.address,
        "groups": report_filters.groups(),
        "chosen": request.args.get("organisation", ""),
        "who_words": WHO,
        "fields": report_filters.FIELDS,
    }


def _state() -> str:
    state = request.args.get("state", "enrolled")
    if state not in states_of(request.args.get("module", "")):
        abort(404)
    return state
