"""What administrators do: people and their roles, the tree of organisations, mails, certificates."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased
from werkzeug.wrappers import Response

from .. import clock
from ..accounts import organisations, people, sign_ins
from ..accounts.names import clean_name
from ..accounts.tables import Change, Mail, Organisation, Person
from ..extensions import current_session
from ..learning import certificates, expiring
from ..reports import audit
from . import choosing, paging, published, visitor
from .errors import Unclear
from .forms import ExtraTimeForm, MembershipForm, OrganisationForm, WhyForm
from .guard import administrators

bp = Blueprint("administration", __name__, url_prefix="/<lang>/admin")
MOST = 200  # organisations that are listed at once
LONGEST_REASON = 500  # of a revocation, which everybody reads who verifies the certificate
CHOOSE = "Choose"
LAST = 200  # pages of changes: a database holds many more than anybody reads


@bp.get("/")
@administrators
def show() -> str:
    session = current_session()
    roles = session.execute(select(Person.role, func.count()).where(Person.erased_at.is_(None)).group_by(Person.role)).all()
    waiting = session.scalar(select(func.count()).select_from(Mail).where(Mail.sent_at.is_(None)))
    return render_template("administration/overview.html", roles=dict(roles), waiting=waiting)


@bp.get("/people")
@administrators
def people_page() -> str:
    session, words = current_session(), clean_name(request.args.get("words", ""))[:100]
    page = paging.number()
    query = select(Person).where(Person.erased_at.is_(None))
    if words:
        query = query.where(or_(people.is_named(Person.name_key, words), Person.email.icontains(words, autoescape=True)))
    if request.args.get("role") in people.ROLES:
        query = query.where(Person.role == request.args["role"])
    total = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    found = session.scalars(
        query.order_by(Person.name_key, Person.id).offset((page - 1) * paging.PAGE).limit(paging.PAGE)
    ).all()
    return render_template(
        "administration/people.html",
        people=found,
        words=words,
        role=request.args.get("role", ""),
        roles=people.ROLES,
        total=total,
        page=page,
        pages=paging.pages(total),
    )


@bp.get("/people/<person>")
@administrators
def person(person: str) -> str:
    found = _person(person)
    return _person_page(found)


def _person_page(
    found: Person,
    form: ExtraTimeForm | None = None,
    because: WhyForm | None = None,
    joining: MembershipForm | None = None,
) -> str:
    form = form or ExtraTimeForm(data={"extra_time": str(found.extra_time_percent)})
    session = current_session()
    belongs = organisations.held_now(session, found.id)
    here = paging.turn(len(belongs), paging.SHORT)
    by = aliased(Person)
    made = select(Change.at, Change.what, Change.before, Change.after, Change.why, by.name.label("by"))
    made = made.outerjoin(by, by.id == Change.by_id)
    joining = joining or MembershipForm()
    changes = session.execute(made.where(Change.person_id == found.id).order_by(Change.id.desc()).limit(paging.PAGE)).all()
    return render_template(
        "administration/person.html",
        person=found,
        roles=people.ROLES,
        places=organisations.placed(session, here.of(belongs)),
        here=here,
        changes=changes,
        latest=paging.PAGE,
        certificate=certificates.of_person(session, found.id),
        form=form,
        because=because or WhyForm(),
        joining=joining,
        offer=choosing.offer(joining.organisation, CHOOSE),
        wanted=request.form.get("role", found.role) if because else found.role,
    )


@bp.post("/people/<person>/extra-time")
@administrators
def extra_time(person: str) -> str | Response | tuple[str, int]:
    """Extra time in quizzes with a time limit; an attempt that is open gets it at once."""
    session, found, form = current_session(), _person(person), ExtraTimeForm.of_request()
    if not form.is_sent_right():
        return _person_page(found, form), 422
    percent, by_id = int(form.extra_time.data or 0), visitor.signed_in().id
    expiring.give_extra_time(session, published.live(), found, percent, by_id=by_id, now=clock.now())
    session.commit()
    return redirect(url_for("administration.person", person=person, notice="saved"), 303)


@bp.post("/people/<person>/role")
@administrators
def role(person: str) -> str | Response | tuple[str, int]:
    """A change of role ends every sign-in of the person, so that the new role holds everywhere at once."""
    session, found, wanted, because = current_session(), _person(person), request.form.get("role", ""), WhyForm.of_request()
    if wanted not in people.ROLES:
        abort(400)
    people.hold(session, found)
    if wanted != "administrator" and people.is_last_administrator(session, found):
        raise Unclear("The last administrator stays one. Make somebody else an administrator first.")
    if wanted != found.role:
        if not because.is_sent_right():
            return _person_page(found, because=because), 422
        why = (because.why.data or "").strip()
        people.set_role(session, found, wanted, by_id=visitor.signed_in().id, now=clock.now(), why=why)
        sign_ins.end_all(session, found.id, "role changed", clock.now())
        session.commit()
    return redirect(url_for("administration.person", person=person, notice="saved"), 303)


@bp.post("/people/<person>/membership")
@administrators
def membership(person: str) -> str | Response | tuple[str, int]:
    """Adds or ends a membership, as member or as manager. Becoming or ceasing to be a manager ends the person's sign-ins."""
    session, found, form, now = current_session(), _person(person), MembershipForm.of_request(), clock.now()
    choosing.give(form.organisation, organisations.find(session, form.organisation.data or "", None)[-1:], CHOOSE)
    if not form.is_sent_right():
        return _person_page(found, joining=form), 422
    place = session.scalars(select(Organisation).where(Organisation.public_id == form.organisation.data)).one()
    is_end, held = "leave" in request.form, form.held.data
    verb = people.leave if is_end else people.join
    if verb(session, person_id=found.id, organisation_id=place.id, role=held, now=now):
        path = " › ".join(_place(place.id).path)[:300]
        people.record(
            session,
            person_id=found.id,
            by_id=visitor.signed_in().id,
            what=f"{held} of",
            before=path if is_end else "",
            after="" if is_end else path,
            now=now,
            why=(form.because.data or "").strip(),
        )
        if held == "manager":
            sign_ins.end_all(session, found.id, "role changed", now)
        session.commit()
    return redirect(url_for("administration.person", person=person, notice="saved"), 303)


@bp.route("/organisations", methods=["GET", "POST"])
@administrators
def organisations_page() -> str | Response | tuple[str, int]:
    """The tree, or what a part of a name finds of it; a form adds one, or changes the one named in the address."""
    session, words = current_session(), clean_name(request.args.get("words", ""))[:100]
    if request.method == "POST":
        organisations.hold_tree(session)  # before it is looked at: what is checked below holds when it is saved
    chosen = session.scalar(select(Organisation).where(Organisation.public_id == request.args.get("change", "")))
    form = OrganisationForm.of_request(obj=chosen)
    if request.method == "GET" and chosen is not None:
        form.parent.data = _place(chosen.parent_id).public_id if chosen.parent_id else ""
    offer = choosing.offer(form.parent, "Nothing: it is a country", kinds=organisations.ABOVE_OTHERS)
    if form.is_sent_right():
        try:
            is_changed = _save_organisation(form, chosen)
            told = "saved" if chosen or is_changed else "there-already"
            return redirect(url_for("administration.organisations_page", words=words or None, notice=told), 303)
        except organisations.WrongPlace as error:
            session.rollback()
            form.parent.errors = [str(error)]
    found, total = organisations.search(session, words, MOST)
    if total and not found:
        found, _deeper = organisations.upper(session, None, MOST)
    page = render_template(
        "administration/organisations.html",
        places=found,
        total=total,
        words=words,
        form=form,
        offer=offer,
        chosen=chosen,
        was=_stands(chosen.id) if chosen else "",
    )
    return (page, 422) if request.method == "POST" else page


def _save_organisation(form: OrganisationForm, chosen: Organisation | None) -> bool:
    """Whether anything is new. Raises WrongPlace. Where neither kind nor place changes it may stay, wherever that is."""
    session, kind, name, now = current_session(), form.kind.data, form.name.data or "", clock.now()
    parent = session.scalar(select(Organisation.id).where(Organisation.public_id == form.parent.data))
    before = _stands(chosen.id) if chosen else ""
    if chosen is None:
        organisations.check_place(session, kind=kind, parent_id=parent)
        there = organisations.find_named(session, parent_id=parent, name=name)
        before = _stands(there) if there else ""
        saved = organisations.find_or_add(session, parent_id=parent, kind=kind, name=name, now=now)
    else:
        saved, as_wanted = chosen.id, (clean_name(name), kind, parent)
        if request.form.get("was", before) != before and as_wanted != (chosen.name, chosen.kind, chosen.parent_id):
            raise organisations.WrongPlace(f"Somebody has changed it meanwhile: it is {before} now. Save again to change that.")
        if (kind, parent) != (chosen.kind, chosen.parent_id):
            organisations.check_place(session, kind=kind, parent_id=parent, organisation_id=chosen.id)
        organisations.change(session, chosen, name=name, parent_id=parent, kind=kind, now=now)
    after, by_id = _stands(saved), visitor.signed_in().id
    if after != before:
        people.record(session, person_id=None, by_id=by_id, what="organisation", before=before, after=after, now=now)
    session.commit()
    return after != before


def _stands(organisation_id: int) -> str:
    """An organisation as a record of its changes names it."""
    place = _place(organisation_id)
    return f"{' › '.join(place.path)} ({place.kind})"[:300]


def _place(organisation_id: int) -> organisations.Place:
    [place] = organisations.named(current_session(), [organisation_id])
    return place


@bp.get("/mails")
@administrators
def mails() -> str:
    """The outbox: where there is no mail server, this is where a reset link is read and passed on."""
    session = current_session()
    here = paging.turn(session.execute(select(func.count()).select_from(Mail)).scalar_one())
    found = session.scalars(select(Mail).order_by(Mail.id.desc()).offset(here.offset).limit(here.size)).all()
    return render_template("administration/mails.html", mails=found, here=here, has_server=bool(visitor.settings().smtp_url))


@bp.get("/changes")
@administrators
def changes_page() -> str:
    page = min(paging.number(), LAST)
    found = audit.changes(current_session(), offset=(page - 1) * paging.PAGE, limit=paging.PAGE + 1)
    return render_template(
        "administration/changes.html", changes=found[: paging.PAGE], page=page, has_more=len(found) > paging.PAGE
    )


@bp.post("/certificates/<code>/revoke")
@administrators
def revoke(code: str) -> Response:
    session = current_session()
    shown, why = certificates.find(session, code), request.form.get("why", "").strip()
    if shown is None:
        abort(404)
    if not clean_name(why):
        raise Unclear("Write why the certificate is revoked: whoever verifies it reads the reason.")
    if len(why) > LONGEST_REASON:
        raise Unclear(f"Use at most {LONGEST_REASON} characters for the reason; these are {len(why):,}.")
    certificates.revoke(session, shown.certificate, by_id=visitor.signed_in().id, why=why, now=clock.now())
    session.commit()
    return redirect(url_for("certificates.verify", code=shown.certificate.code, notice="revoked"), 303)


def _person(public_id: str) -> Person:
    found = people.by_public_id(current_session(), public_id)
    if found is None or found.erased_at is not None:
        abort(404)
    return found
