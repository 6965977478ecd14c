"""Where authors put a wrong key right: choose the item and the rule, see what it would change, make it, and take it back.

Administrators see whose score changes; authors see the scores without names.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from flask import Blueprint, abort, redirect, render_template, request, url_for
from jinja2.filters import do_striptags as striptags
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from quizzes.model import Item
from quizzes.written import line_of

from .. import clock
from ..accounts.secrets import public_id
from ..accounts.tables import Person
from ..content.model import Module
from ..extensions import current_session, reading
from ..learning import grading, regrade_rules, regrading
from ..learning.grading import Ruling
from ..learning.tables import Regrade
from . import due, paging, published, visitor
from .forms import RegradeForm, SelectChoice, UndoForm
from .guard import authors
from .modules import find_module

bp = Blueprint("regrading", __name__, url_prefix="/<lang>/author/<module>/regrade")
SHOWN = 200  # learners whose lines a plan shows; all are counted
PATIENCE = 8.0  # seconds that one request works; what is left goes on with the next press, or by the command


@dataclass
class Plan:
    """What a regrade would do: its counts, and the first lines. It is not whole where the time of a request was too short."""

    summary: regrading.Summary = field(default_factory=regrading.Summary)
    lines: list[tuple[int, Person | None, regrading.Effect]] = field(default_factory=list)
    is_whole: bool = True


@bp.get("")
@authors
def show(module: str) -> str:
    the_module = _module(module)
    form = _form(the_module)
    form.item.data = request.args.get("item") or form.item.data
    return _page(the_module, form)


@bp.post("")
@authors
def plan(module: str) -> str | tuple[str, int]:
    """The dry run: nothing is written. The page carries what was asked for on to the button that does it."""
    the_module = _module(module)
    due.close()
    form = _form(the_module)
    row = _asked(the_module, form, public_id()) if form.is_sent_right() else None
    if row is None:
        return _page(the_module, form), 422
    under = (*grading.rulings(current_session(), module), grading.ruling_of(row))
    return render_template(
        "authoring/regrade_plan.html",
        module=the_module,
        row=row,
        plan=_planned(row, under),
        form=form,
        item=_items(the_module)[row.item],
        is_undo=False,
    )


@bp.post("/make")
@authors
def make(module: str) -> Response | tuple[str, int]:
    """Makes the regrade that was planned. The plan has named it, so that a second press of the button leads to the same one."""
    the_module = _module(module)
    due.close()  # graded as it was when the time ran out, and regraded then, so that no past moment shows what came later
    form, name = _form(the_module), request.form.get("name", "")
    session = current_session()
    row = _asked(the_module, form, name) if form.is_sent_right() and len(name) == len(public_id()) else None
    if row is None:
        return _page(the_module, form), 422
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        pass  # the button was pressed twice; below it is gone on with
    session.commit()
    return _worked(module, name)


@bp.get("/<regrade>")
@authors
def one(module: str, regrade: str) -> str:
    return _one_page(_module(module), _found(module, regrade), UndoForm())


@bp.post("/<regrade>/go-on")
@authors
def go_on(module: str, regrade: str) -> Response:
    _module(module)
    return _worked(module, _found(module, regrade).public_id)


@bp.post("/<regrade>/undo")
@authors
def undo(module: str, regrade: str) -> str | Response | tuple[str, int]:
    """First what undoing would change, then, with the plan's own button, the undoing."""
    due.close()
    the_module, row, form, session = _module(module), _found(module, regrade), UndoForm.of_request(), current_session()
    if row.undone_at is not None:
        return redirect(url_for("regrading.one", module=module, regrade=regrade), 303)
    if not form.is_sent_right():
        return _one_page(the_module, row, form), 422
    if "do" not in request.form:
        under = [ruling for ruling in grading.rulings(session, module) if ruling.id != regrade]
        item = _items(the_module).get(row.item)
        planned = _planned(row, under)
        return render_template(
            "authoring/regrade_plan.html", module=the_module, row=row, plan=planned, form=form, item=item, is_undo=True
        )
    why = " ".join((form.why.data or "").split())
    regrading.undo(session, regrade, by_id=visitor.signed_in().id, why=why, now=clock.now())
    session.commit()
    return _worked(module, regrade)


def _module(slug: str) -> Module:
    found = find_module(slug)
    if not found.quizzes:
        abort(404)
    return found


def _found(module: str, name: str) -> Regrade:
    row = regrading.find(current_session(), name)
    if row is None or row.module != module:
        abort(404)
    return row


def _items(module: Module) -> dict[str, Item]:
    return regrade_rules.items_of(current_session(), published.live(), module)


def _form(module: Module) -> RegradeForm:
    form = RegradeForm.of_request()
    items = _items(module).items()
    form.item.choices = [SelectChoice(name, f"{name}: {striptags(item.prompt)[:70]}") for name, item in items]
    return form


def _asked(module: Module, form: RegradeForm, name: str) -> Regrade | None:
    """The regrade that the form asks for, not stored; None, with the reason at its field, where it cannot be."""
    try:
        return regrade_rules.draft(
            current_session(),
            published.live(),
            published.course(),
            module=module.slug,
            item=form.item.data or "",
            rule=form.rule.data or "",
            response=form.response.data or "",
            why=form.why.data or "",
            by_id=visitor.signed_in().id,
            now=clock.now(),
            name=name,
        )
    except regrade_rules.Impossible as impossible:
        getattr(form, impossible.field, form.item).errors = [str(impossible)]
        return None


def _planned(row: Regrade, under: Sequence[Ruling]) -> Plan:
    session, end, made = current_session(), time.monotonic() + PATIENCE, Plan()
    is_named = visitor.is_administrator()
    revisions = regrading.Revisions(session, published.live())
    module, at = row.module, row.at
    with reading(session):
        for effect in regrading.plan(session, revisions, module, under, at):
            made.summary.add(effect)
            if effect.turns and len(made.lines) < SHOWN:
                person = session.get(Person, effect.person_id) if is_named else None
                made.lines.append((made.summary.changed, person, effect))
            if time.monotonic() > end:
                made.is_whole = False
                break
    return made


def _worked(module: str, name: str) -> Response:
    """Settles learners, a transaction a batch, for as long as a request may take; the page then says how far it is."""
    session, end = current_session(), time.monotonic() + PATIENCE
    revisions, course = regrading.Revisions(session, published.live()), published.course()
    while time.monotonic() < end:
        row = regrading.step(session, revisions, course, name, clock.now())
        is_finished, is_undone = row.finished_at is not None, row.undone_at is not None
        session.commit()
        if is_finished:
            notice = "regrade-undone" if is_undone else "regraded"
            return redirect(url_for("regrading.one", module=module, regrade=name, notice=notice), 303)
    return redirect(url_for("regrading.one", module=module, regrade=name), 303)


def _page(module: Module, form: RegradeForm) -> str:
    made = regrading.made(current_session(), module.slug)
    here = paging.turn(len(made))
    rows = here.of(made)
    return render_template("authoring/regrade.html", module=module, form=form, rows=rows, here=here, names=_names(rows))


def _one_page(module: Module, row: Regrade, form: UndoForm) -> str:
    session = current_session()
    item = _items(module).get(row.item)
    response = grading.ruling_of(row).rule.response
    return render_template(
        "authoring/regrade_one.html",
        module=module,
        row=row,
        form=form,
        item=item,
        accepted=line_of(item, response) if item and row.rule == "accept" else "",
        total=regrading.count(session, row.module, row.at),
        names=_names([row]),
    )


def _names(rows: Sequence[Regrade]) -> dict[int, str]:
    """Who made or undid each: names of authors and administrators by their account."""
    ids = set(_ids(rows))
    found = current_session().execute(select(Person.id, Person.name).where(Person.id.in_(ids))) if ids else ()
    return {row.id: row.name or "a deleted account" for row in found}


def _ids(rows: Sequence[Regrade]) -> Iterator[int]:
    for row in rows:
        yield from (one for one in (row.by_id, row.undone_by_id) if one is not None)
