"""The pages on which cohorts are made, named and filled, by administrators and, within their subtree, by managers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from .. import clock
from ..accounts import address_lists, cohorts, organisations
from ..accounts.tables import Cohort
from ..extensions import current_session
from . import choosing, paging, report_filters, visitor
from .forms import AddressesForm, CohortForm, NameForm
from .guard import report_readers

bp = Blueprint("cohorts", __name__, url_prefix="/<lang>/reports/cohorts")
MOST = 5000  # addresses of a list, and lines: those that name nobody come back, each with what is wrong
TOLD = 100  # lines of which each is told what is wrong with it; all come back
DONE = {"in": ("put in", "had been in it already"), "out": ("taken out", "had not been in it")}


@bp.route("", methods=["GET", "POST"])
@report_readers
def index() -> str | Response | tuple[str, int]:
    """All that the viewer keeps; a form makes one more, in an organisation of theirs."""
    session, scope = current_session(), report_filters.scope()
    form = CohortForm.of_request()
    nothing = "None: people from anywhere" if scope is None else ""
    offer = choosing.offer(form.organisation, nothing, kinds=organisations.ABOVE_OTHERS, within=scope)
    if form.is_sent_right():
        place = next((place.id for place in organisations.find(session, form.organisation.data or "", scope)[-1:]), None)
        name, by_id = form.name.data or "", visitor.signed_in().id
        there = cohorts.find_open(session, name=name, organisation_id=place)
        shown = there or cohorts.make(session, name=name, organisation_id=place, by_id=by_id, now=clock.now())
        session.commit()
        notice = "cohort-there" if there else "saved"
        return redirect(url_for("cohorts.show", cohort=shown.public_id, notice=notice), 303)
    every = sorted(cohorts.visible(session, scope), key=lambda cohort: cohort.closed_at is not None)
    here = paging.turn(len(every))
    found = here.of(every)
    page = render_template(
        "reports/cohorts.html",
        form=form,
        offer=offer,
        cohorts=found,
        places=cohorts.places(session, found),
        sizes=cohorts.sizes(session, scope, found),
        here=here,
    )
    return (page, 422) if request.method == "POST" else page


@bp.get("/<cohort>")
@report_readers
def show(cohort: str) -> str:
    found = _found(cohort)
    return _page(found, NameForm(data={"name": found.name}), AddressesForm(), told=_told(request.args))


@bp.post("/<cohort>/name")
@report_readers
def rename(cohort: str) -> Response | tuple[str, int]:
    found, form = _found(cohort), NameForm.of_request()
    if not form.is_sent_right():
        return _page(found, form, AddressesForm()), 422
    cohorts.rename(current_session(), found, form.name.data or "", by_id=visitor.signed_in().id, now=clock.now())
    return _saved(found)


@bp.post("/<cohort>/close")
@report_readers
def close(cohort: str) -> Response:
    """Closes it, or opens it again."""
    found, is_closed = _found(cohort), "open" not in request.form
    cohorts.close(current_session(), found, is_closed=is_closed, by_id=visitor.signed_in().id, now=clock.now())
    return _saved(found)


@bp.post("/<cohort>/people")
@report_readers
def change(cohort: str) -> Response | tuple[str, int]:
    """Puts in, or takes out, whom a list of addresses names. Lines that name nobody come back, each with what is wrong."""
    found, form = _found(cohort), AddressesForm.of_request()
    session, sent = current_session(), request.files.get("file")
    typed, file = form.addresses.data or "", address_lists.decoded(sent.read()) if sent else ""
    read = itertools.chain(address_lists.read(typed), address_lists.read(file, is_of_file=True))
    lines = list(itertools.islice(read, MOST + 1))
    number = sum(len(line.addresses) for line in lines)
    if not lines:
        form.addresses.errors = ["Write at least one e-mail address, or choose a file that holds some."]
    elif max(number, len(lines)) > MOST:
        what = "addresses" if number > MOST else "lines"
        form.addresses.errors = [f"These are more than {MOST:,} {what}; send them in parts. Nothing was changed."]
    else:
        named = cohorts.look_up(session, lines, report_filters.scope())
        done = "out" if request.form.get("do") == "out" else "in"
        verb = cohorts.take_out if done == "out" else cohorts.put_in
        changed = verb(session, found, named.people, by_id=visitor.signed_in().id, now=clock.now())
        told = {"done": done, "changed": str(changed), "same": str(len(named.people) - changed)}
        session.commit()
        if not named.wrong:
            return redirect(f"{url_for('cohorts.show', cohort=cohort)}?{urlencode(told)}", 303)
        form.addresses.data = "\n".join(dict.fromkeys(wrong.line.text for wrong in named.wrong))
        return _page(found, NameForm(data={"name": found.name}), form, told=_told(told), wrong=named.wrong), 422
    form.addresses.data = f"{typed}\n{file}".strip()
    return _page(found, NameForm(data={"name": found.name}), form), 422


@bp.post("/<cohort>/people/<person>/out")
@report_readers
def take_out(cohort: str, person: str) -> Response:
    session, found = current_session(), _found(cohort)
    one = cohorts.member(session, found, person, report_filters.scope())
    if one is None:
        abort(404)
    cohorts.take_out(session, found, [one], by_id=visitor.signed_in().id, now=clock.now())
    return _saved(found)


def _told(given: Mapping[str, str]) -> str:
    """What has just been done, in words."""
    changed, same = given.get("changed", ""), given.get("same", "")
    if given.get("done") not in DONE or not (changed.isdecimal() and same.isdecimal()):
        return ""
    verb, already = DONE[given["done"]]
    people = "1 person" if int(changed) == 1 else f"{int(changed):,} people"
    return f"{people} {verb}." + (f" {int(same):,} {already}." if int(same) else "")


def _found(public_id: str) -> Cohort:
    found = cohorts.find(current_session(), public_id, report_filters.scope())
    if found is None:
        abort(404)
    return found


def _saved(cohort: Cohort) -> Response:
    current_session().commit()
    return redirect(url_for("cohorts.show", cohort=cohort.public_id, notice="saved"), 303)


def _page(
    cohort: Cohort,
    name: NameForm,
    addresses: AddressesForm,
    *,
    told: str = "",
    wrong: tuple[cohorts.Wrong, ...] = (),
) -> str:
    session, scope = current_session(), report_filters.scope()
    page = paging.number()
    total = cohorts.sizes(session, scope, [cohort]).get(cohort.id, 0)
    return render_template(
        "reports/cohort.html",
        cohort=cohort,
        place=cohorts.places(session, [cohort]).get(cohort.id, ""),
        name=name,
        addresses=addresses,
        told=told,
        wrong=wrong[:TOLD],
        untold=len(wrong[TOLD:]),
        is_limited=scope is not None,
        people=cohorts.members(session, cohort, scope, offset=(page - 1) * paging.PAGE, limit=paging.PAGE),
        total=total,
        page=page,
        pages=paging.pages(total),
    )
