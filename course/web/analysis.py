"""For authors: what the responses say about the items of a quiz, as page, CSV, XLSX and JSON of the same figures.

Administrators open the people behind each count (decision 0100).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, cast

from flask import Blueprint, abort, render_template, request, url_for
from sqlalchemy import Select
from werkzeug.wrappers import Response

from quizzes.analysis import FEWEST

from .. import clock
from ..extensions import see_one_moment
from ..reports import files, item_people, items, taken
from ..reports.csv_json import Row
from . import due, paging, published, report_source, visitor
from .downloads import answer, look
from .guard import administrators, authors

bp = Blueprint("analysis", __name__, url_prefix="/<lang>/author")
COUNT = tuple(field.name for field in fields(item_people.Count))
WHO_COUNTS = dict(items.DEFINITIONS)["Who counts"]


@bp.get("/<module>/analysis")
@authors
def show(module: str) -> str:
    report = _report(module)
    return render_template(
        "authoring/analysis.html",
        report=report,
        title=published.module_title(module),
        definitions=items.DEFINITIONS,
        fewest=FEWEST,
        figures=items.FIGURES,
        items=[(item, found, taken.shown(lines)) for item, found, lines in report.items],
        under=taken.UNDER,
        plain=taken.plain,
        stepped=taken.stepped,
        forms=files.FORMS,
        address=_address,
        people=_address_of_people,
    )


@bp.get("/<module>/analysis/people")
@administrators
def people(module: str) -> str:
    """Whose attempts a count of the page is of; authors are not told."""
    due.close()
    see_one_moment(report_source.session())
    version, count = _counted(module)
    attempts, page = _attempts(module, version, count), paging.number()
    total, persons = item_people.number(report_source.session(), attempts)
    return render_template(
        "authoring/analysis_people.html",
        attempts=report_source.session().execute(attempts.offset((page - 1) * paging.PAGE).limit(paging.PAGE)).all(),
        total=total,
        persons=persons,
        page=page,
        pages=paging.pages(total),
        title=published.module_title(module),
        what=_words(version, count),
        since=version.since,
        which=_which(),
        rule=WHO_COUNTS,
        forms=files.FORMS,
        address=_same,
    )


@bp.get("/<module>/analysis/people.<form>")
@administrators
def people_table(module: str, form: str) -> Response:
    if form not in files.FORMS:
        abort(404)
    due.close()
    version, count = _counted(module)
    attempts, what = _attempts(module, version, count), _words(version, count)

    def rows() -> Iterator[Row]:
        session = report_source.session()
        see_one_moment(session)
        yield from item_people.rows(session, attempts)

    about = items.about_of(module, _which(), version, clock.now())
    above = ["Item analysis: people", what, *about, WHO_COUNTS, *report_source.rules()]
    return answer(files.table_file(item_people.COLUMNS, rows(), form, "People", above, look()), form, "people")


@bp.get("/<module>/analysis.<form>")
@authors
def table(module: str, form: str) -> Response:
    if form not in files.FORMS:
        abort(404)
    report, name = _report(module), f"analysis-{module}"
    return answer(items.file(report, form, look(), report_source.rules()), form, name)


def _report(module: str) -> items.Report:
    """The report that the address asks for. Aborts with 404 for a module without a quiz or a revision without an attempt."""
    live = published.course().module(module)
    due.close()
    try:
        report = items.report(
            report_source.session(),
            module=module,
            revision=request.args.get("revision", ""),
            which=_which(),
            now=clock.now(),
            is_inside=visitor.is_administrator(),
        )
    except KeyError:
        abort(404)
    if not report.versions and (live is None or not live.quizzes):
        abort(404)
    return report


def _which() -> items.Which:
    which = request.args.get("attempts", "first")
    if which not in items.WHICH:
        abort(404)
    if which != "first" and not visitor.is_administrator():
        abort(403)
    return cast(items.Which, which)


def _counted(module: str) -> tuple[items.Version, item_people.Count]:
    """The version and the count that the address names. Aborts with 404 where there is no such version."""
    found = items.versions(report_source.session(), module, _which())
    try:
        version = items.chosen_of(found, request.args.get("revision", ""))
    except KeyError:
        abort(404)
    if version is None:
        abort(404)
    return version, item_people.Count(*(request.args.get(name, "") for name in COUNT))


def _attempts(module: str, version: items.Version, count: item_people.Count) -> Select[Any]:
    """The attempts behind the count. Aborts with 404 where the quiz has no such item, figure or choice."""
    try:
        return item_people.attempts_of(report_source.session(), version, module, _which(), count)
    except KeyError:
        abort(404)


def _words(version: items.Version, count: item_people.Count) -> str:
    """What is counted, for whoever reads the list."""
    if not count.item:
        return "All attempts"
    item = version.quiz.item(count.item)
    had = "all who had it" if count.figure == "blank" else "all for whom it was graded"
    return f"“{taken.plain(item.prompt)}”: {taken.words_of(item, count.about, count.choice) if count.choice else had}"


def _same(endpoint: str, **changes: Any) -> str:
    """The list that is asked for, otherwise: another page or form of it, or the analysis it is from."""
    return url_for(endpoint, **(request.view_args or {}) | request.args.to_dict() | changes)


def _address_of_people(report: items.Report, **count: str) -> str:
    """The people behind a count of the report."""
    revision = report.chosen.revisions[0][:12] if report.chosen else None
    named: dict[str, Any] = {name: value for name, value in count.items() if value}
    return url_for("analysis.people", module=report.module, revision=revision, attempts=report.which, **named)


def _address(report: items.Report, form: str) -> str:
    """The same figures in another form."""
    revision = report.chosen.revisions[0][:12] if report.chosen else None
    return url_for("analysis.table", module=report.module, form=form, revision=revision, attempts=report.which)
