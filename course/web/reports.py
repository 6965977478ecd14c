"""The completion report: page, CSV and JSON of the same rows, the people behind each number, the facts behind each person."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, abort, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from .. import clock
from ..accounts import organisations, people
from ..accounts.tables import Person
from ..extensions import current_session
from ..learning import certificates, history, record
from ..learning.attempts import score_of
from ..learning.progress import course_progress
from ..reports import completion, export
from ..reports import people as behind
from . import due, published, visitor
from .guard import report_readers

bp = Blueprint("reports", __name__, url_prefix="/<lang>/reports")
PAGE = 50


def scope() -> list[int] | None:
    """What the viewer may see: everything for an administrator, else the organisations they manage, with all below."""
    return None if visitor.signed_in().role == "administrator" else visitor.managed()


@bp.get("/completion")
@report_readers
def completion_page() -> str:
    filters, problems = _filters()
    return render_template(
        "reports/completion.html",
        report=_report(filters),
        filters=filters,
        problems=problems,
        the_course=published.course(),
        places=organisations.places(current_session(), scope()),
        query=_query,
        chosen=request.args.get("organisation", ""),
        titles=_titles(),
    )


@bp.get("/completion.csv")
@report_readers
def completion_csv() -> Response:
    filters, problems = _filters()
    if problems:
        abort(400)
    text = export.to_csv(export.COMPLETION_COLUMNS, export.completion_rows(_report(filters)))
    return _download(text, "text/csv; charset=utf-8", "completion.csv")


@bp.get("/completion.json")
@report_readers
def completion_json() -> Response:
    filters, problems = _filters()
    if problems:
        abort(400)
    return _download(export.completion_json(_report(filters)), "application/json; charset=utf-8", "completion.json")


@bp.get("/completion/people")
@report_readers
def people_page() -> str:
    filters, problems = _filters()
    page = max(1, request.args.get("page", 1, type=int))
    listing = _listing(filters, offset=(page - 1) * PAGE, limit=PAGE)
    place = next((p for p in organisations.places(current_session(), scope()) if p.id == filters.organisation), None)
    return render_template(
        "reports/people.html",
        listing=listing,
        filters=filters,
        problems=problems,
        state=_state(),
        place=place,
        page=page,
        pages=max(1, -(-listing.total // PAGE)),
        query=_query,
        titles=_titles(),
        rules=completion.RULES,
    )


@bp.get("/completion/people.csv")
@report_readers
def people_csv() -> Response:
    filters, problems = _filters()
    if problems:
        abort(400)
    listing = _listing(filters, offset=0, limit=None)
    return _download(
        export.to_csv(export.PEOPLE_COLUMNS, export.people_rows(listing.people)), "text/csv; charset=utf-8", "people.csv"
    )


@bp.get("/people/<person>")
@report_readers
def person(person: str) -> str:
    """One person: the progress they see, and every fact behind it. Outside the reader's subtree there is no such person."""
    session, course = current_session(), published.course()
    found = people.by_public_id(session, person)
    if found is None or not behind.is_within(session, found.id, scope()):
        abort(404)
    due.close(found.id)
    return render_template("reports/person.html", **_record_of(found), titles=_titles(), the_course=course)


def _record_of(found: Person) -> dict[str, Any]:
    session, course = current_session(), published.course()
    held = record.read(session.connection(), found.id)
    return {
        "person": found,
        "record": held,
        "progress": course_progress(course, held),
        "facts": history.facts(session, found.id),
        "attempts": history.attempts(session, found.id),
        "score_of": score_of,
        "places": organisations.of_person(session, found.id),
        "certificate": certificates.of_person(session, found.id),
    }


def _report(filters: completion.Filters) -> completion.Report:
    due.close()
    return completion.completion(current_session(), course=published.course(), scope=scope(), filters=filters, now=clock.now())


def _listing(filters: completion.Filters, *, offset: int, limit: int | None) -> behind.Listing:
    due.close()
    return behind.behind(
        current_session(), course=published.course(), scope=scope(), filters=filters, state=_state(), offset=offset, limit=limit
    )


def _state() -> str:
    state = request.args.get("state", "enrolled")
    if state not in completion.STATES:
        abort(404)
    return state


def _filters() -> tuple[completion.Filters, dict[str, str]]:
    """The filters of the address. An organisation outside the reader's subtree is 404; a wrong day is said by its field."""
    wanted = request.args.get("organisation", "")
    place = None
    if wanted:
        place = next((p for p in organisations.places(current_session(), scope()) if p.public_id == wanted), None)
        if place is None:
            abort(404)
    module = request.args.get("module", "")
    problems: dict[str, str] = {}
    since, until = _day("since", problems), _day("until", problems)
    if since and until and since > until:
        problems["until"] = "The last day is before the first. Change one of them."
    return completion.Filters(place.id if place else None, module[:80], since, until), problems


def _day(name: str, problems: dict[str, str]) -> date | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems[name] = "Write a day as year-month-day, such as 2026-01-31."
        return None


def _query(endpoint: str, **changes: Any) -> str:
    """The address of another view of the same report: today's filters with some changed; None takes one away."""
    kept = {name: request.args[name] for name in ("organisation", "module", "since", "until") if request.args.get(name)}
    return url_for(endpoint, **{name: value for name, value in (kept | changes).items() if value not in (None, "")})


def _titles() -> dict[str, str]:
    return {module.slug: published.text(module)[0].title for module in published.course().modules}


def _download(text: str, media_type: str, name: str) -> Response:
    response = make_response(text)
    response.headers["Content-Type"] = media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
