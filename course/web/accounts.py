"""Accounts: register, sign in and out, reset and change the password, the profile, leaving."""

from __future__ import annotations

import threading
from typing import Any, cast
from urllib.parse import quote

from babel.core import Locale
from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from .. import clock
from ..accounts import links, mail, organisations, passwords, people, sign_ins, throttling
from ..accounts.names import clean_name, name_key
from ..accounts.sign_ins import Checked
from ..accounts.tables import Person
from ..extensions import current_session, intend
from ..reports import exports
from . import commands, due, paging, published, visitor
from .errors import go_on, held
from .forms import (
    DeleteForm,
    FirstAdministratorForm,
    Form,
    NewPasswordForm,
    PasswordForm,
    ProfileForm,
    RegisterForm,
    ResetForm,
    SelectChoice,
    SignInForm,
)
from .guard import anyone, signed_in
from .rendering import autonym

bp = Blueprint("accounts", __name__, url_prefix="/<lang>/account")
WRONG = "The address or the password is not right. Check both, or reset the password."
NO_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}  # groups and place holders of CLDR
MOST_OFFERED = 500  # municipalities on one page: 4 KB on the line
LONGEST_ONWARD = 2000  # of what an address holds; a form that waits to be sent may be longer, but its sender has an account
TAKEN = "There is an account with this address. Sign in, or reset the password."


def country_choices() -> list[Any]:
    """Countries by name in the page's language; what is sent is the code, which is the same in all of them."""
    names = _countries(published.language())
    in_order = sorted(names.items(), key=lambda country: name_key(country[1]))
    return [SelectChoice("", "Choose"), *(SelectChoice(code, name) for code, name in in_order)]


def _countries(lang: str) -> dict[str, str]:
    """Name of each country in a language by its code of ISO 3166."""
    names = {str(code): str(name) for code, name in Locale.parse(lang, sep="-").territories.items()}
    return {code: name for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES}


def _names_of(country: str) -> list[str]:
    """What a country is called in the languages of the course, the first of which names it in the tree of organisations."""
    return [names[country] for names in map(_countries, published.course().languages) if country in names]


@bp.route("/register", methods=["GET", "POST"])
@anyone
def register() -> str | Response | tuple[str, int]:
    if visitor.settings().registration == "closed":
        return render_template("accounts/closed.html"), 403
    form = RegisterForm.of_request()
    form.country.choices = country_choices()
    if form.is_sent_right():
        wait = _seconds_to_wait("register", form.email.data)
        if wait:
            return _too_many(wait)
        current_session().commit()  # the try counts whatever comes of it, and its password is hashed without a lock
        try:
            return _registered(form)
        except people.AddressTaken:
            current_session().rollback()
            form.email.errors = [TAKEN]
    names = organisations.municipality_names(current_session(), most=MOST_OFFERED + 1)  # so many tell that there are too many
    is_short = len(names) <= MOST_OFFERED
    return _entrance("accounts/register.html", form, municipalities=names if is_short else (), by_country=not is_short)


@bp.get("/municipalities")
@anyone
def municipalities() -> list[str]:
    """The names of a country's municipalities, for the page above where all of them are too many for a slow line."""
    session, names = current_session(), _names_of(request.args.get("country", ""))
    country = organisations.find_country(session, names)
    return [] if country is None else organisations.municipality_names(session, country)


def _registered(form: RegisterForm) -> Response:
    session, now = current_session(), clock.now()
    person = people.add(
        session,
        email=form.email.data,
        name=form.name.data or "",
        password=form.password.data,
        language=published.language(),
        now=now,
    )
    country = organisations.find_or_add_country(session, names=_names_of(form.country.data), now=now)
    place = organisations.find_or_add_municipality(session, country_id=country, name=form.municipality.data or "", now=now)
    if clean_name(form.department.data or ""):
        place = organisations.find_or_add(session, parent_id=place, kind="department", name=form.department.data or "", now=now)
    people.join(session, person_id=person.id, organisation_id=place, role="member", now=now)
    return _sign_in(person)


@bp.route("/sign-in", methods=["GET", "POST"])
@anyone
def sign_in() -> str | Response | tuple[str, int]:
    if visitor.viewer() and request.method == "GET":
        return go_on(published.language())
    form = SignInForm.of_request()
    if form.is_sent_right():
        wait = _seconds_to_wait("sign-in", form.email.data)
        if wait:
            return _too_many(wait)
        current_session().commit()  # the try counts, and the slow check below holds no lock
        checked = sign_ins.check(email=form.email.data, password=form.password.data)
        person = sign_ins.confirm(current_session(), checked) if checked else None
        if person is not None:
            return _sign_in(person)
        form.password.errors = [WRONG]
    return _entrance("accounts/sign_in.html", form)


def _sign_in(person: Person) -> Response:
    """A new sign-in under a new cookie, then on to what was asked for before."""
    session = current_session()
    visitor.renew(sign_ins.begin(session, person.id, clock.now()))
    session.commit()
    return go_on(_language_of(person))


def _language_of(person: Person) -> str:
    return person.language if person.language in published.course().languages else published.language()


def _entrance(template: str, form: Form, **more: object) -> str | tuple[str, int]:
    """Whoever comes to sign in and registers instead, or the other way round, gets where they meant to go all the same."""
    kept = held()
    onward = f"?held={quote(kept)}" if 0 < len(kept) <= LONGEST_ONWARD else ""
    return _page(template, form, held=kept, onward=onward, **more)


@bp.post("/sign-out")
@anyone
def sign_out() -> Response:
    who, session = visitor.viewer(), current_session()
    if who:
        sign_ins.end(session, who.sign_in_id, clock.now())
        session.commit()
    visitor.renew()
    response = redirect(url_for("modules.home", notice="signed-out"), 303)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@bp.route("/reset", methods=["GET", "POST"])
@anyone
def reset() -> str | Response | tuple[str, int]:
    """Says the same for a known and an unknown address."""
    form = ResetForm.of_request()
    if form.is_sent_right():
        wait = _seconds_to_wait("reset", form.email.data)
        if wait:
            return _too_many(wait)
        session = current_session()
        person = people.by_email(session, form.email.data)
        if person is not None and person.deactivated_at is None:
            _queue_reset(person)
        session.commit()
        _send_mail_soon()
        return redirect(url_for("accounts.sign_in", notice="reset-sent"), 303)
    return _page("accounts/reset.html", form)


def _queue_reset(person: Person) -> None:
    session, now = current_session(), clock.now()
    address = visitor.settings().public_url.rstrip("/") + url_for(
        "accounts.new_password", token=links.make(session, "reset", now, person.id)
    )
    title = published.text(published.course())[0].title
    mail.queue(
        session,
        to=person.id,
        subject=f"{title}: choose a new password",
        now=now,
        body=(
            f"Somebody asked for a new password for your account on {title}.\n\n"
            f"If it was you, open this link within 30 minutes. It works once:\n\n{address}\n\n"
            "If it was not you, do nothing: your password stays as it is.\n"
        ),
    )


def _send_mail_soon() -> None:
    """Sends the outbox beside the request, so that a slow mail server never holds up a page."""
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    settings = visitor.settings()

    def send() -> None:
        with app.app_context():
            intend(to_write=True)
            mail.send_pending(current_session(), settings, clock.now())

    threading.Thread(target=send, name="mail", daemon=True).start()


@bp.route("/reset/<token>", methods=["GET", "POST"])
@anyone
def new_password(token: str) -> str | Response | tuple[str, int]:
    session, now = current_session(), clock.now()
    link = links.find(session, "reset", token, now)
    if link is None:
        return render_template("accounts/link_ended.html"), 410
    form, person_id = NewPasswordForm.of_request(), link.person_id
    if form.is_sent_right():
        session.rollback()  # no lock is held while it is hashed
        hashed = passwords.hashed(form.password.data)
        person = session.get_one(Person, person_id)
        people.hold(session, person)
        if links.use(session, "reset", token, now) is None:
            return render_template("accounts/link_ended.html"), 410
        people.set_password(session, person, hashed, by_id=person.id, now=now)
        links.end_all(session, "reset", person.id, now)
        sign_ins.end_all(session, person.id, "password changed", now)
        session.commit()
        visitor.renew()
        return redirect(url_for("accounts.sign_in", notice="password-changed"), 303)
    return _page("accounts/new_password.html", form)


@bp.route("/first/<token>", methods=["GET", "POST"])
@anyone
def first_administrator(token: str) -> str | Response | tuple[str, int]:
    """The single-use link that an empty instance prints makes the first administrator."""
    session, now = current_session(), clock.now()
    if links.find(session, "first_admin", token, now) is None:
        return render_template("accounts/link_ended.html"), 410
    form = FirstAdministratorForm.of_request()
    if form.is_sent_right():
        session.rollback()  # no lock is held while the password is hashed
        try:
            person = people.add(
                session,
                email=form.email.data,
                name=form.name.data or "",
                password=form.password.data,
                role="administrator",
                language=published.language(),
                now=now,
            )
        except people.AddressTaken:
            session.rollback()
            form.email.errors = [TAKEN]
        else:
            if links.use(session, "first_admin", token, now) is None:
                session.rollback()
                return render_template("accounts/link_ended.html"), 410
            return _sign_in(person)
    return _page("accounts/first_administrator.html", form)


@bp.route("/", methods=["GET", "POST"])
@signed_in
def profile() -> str | Response | tuple[str, int]:
    session, who = current_session(), visitor.signed_in()
    person = session.get_one(Person, who.id)
    form = ProfileForm.of_request(obj=person)
    form.language.choices = [SelectChoice(code, autonym(code)) for code in published.course().languages]
    if form.is_sent_right():
        people.call(person, form.name.data or "")
        people.set_language(session, person, form.language.data, by_id=person.id, now=clock.now())
        session.commit()
        return redirect(url_for("accounts.profile", lang=person.language, notice="profile-saved"), 303)
    belongs = organisations.held_now(session, who.id)
    here = paging.turn(len(belongs), paging.SHORT)
    return _page("accounts/profile.html", form, places=organisations.placed(session, here.of(belongs)), here=here)


@bp.route("/password", methods=["GET", "POST"])
@signed_in
def password() -> str | Response | tuple[str, int]:
    form = PasswordForm.of_request()
    if form.is_sent_right():
        checked, wait = _own_account(form)
        if wait:
            return _too_many(wait)
        hashed = passwords.hashed(form.new_password.data) if checked else ""
        person = _confirmed(form, checked)
        if person is not None:
            session, now = current_session(), clock.now()
            people.set_password(session, person, hashed, by_id=person.id, now=now)
            links.end_all(session, "reset", person.id, now)
            sign_ins.end_all(session, person.id, "password changed", now)
            visitor.renew(sign_ins.begin(session, person.id, now))
            session.commit()
            return redirect(url_for("accounts.profile", notice="password-changed"), 303)
    return _page("accounts/password.html", form)


@bp.route("/delete", methods=["GET", "POST"])
@signed_in
def delete() -> str | Response | tuple[str, int]:
    form = DeleteForm.of_request()
    if form.is_sent_right():
        checked, wait = _own_account(form)
        if wait:
            return _too_many(wait)
        if checked:
            due.close(checked.person_id)  # what they earned by now they leave with, under their name
        session, now, person = current_session(), clock.now(), _confirmed(form, checked)
        if person is not None and people.is_last_administrator(session, person):
            form.current_password.errors = ["You are the only administrator. Give somebody else that role first."]
        elif person is not None:
            sign_ins.end_all(session, person.id, "account deleted", now)
            people.erase(session, person, by_id=person.id, now=now)
            exports.forget(session, person.id)
            session.commit()
            mail.forget_written(session, visitor.settings())
            if exports.is_any_open(session):
                commands.start("exports", "make")
            visitor.renew()
            return redirect(url_for("modules.home", notice="deleted"), 303)
    return _page("accounts/delete.html", form)


def _own_account(form: PasswordForm | DeleteForm) -> tuple[Checked | None, int]:
    """The viewer's account if the current password is right; and the seconds to wait, if any. No transaction is open then."""
    email = visitor.signed_in().email
    wait = _seconds_to_wait("own-password", email)
    if wait:
        return None, wait
    current_session().commit()
    return sign_ins.check(email=email, password=form.current_password.data), 0


def _confirmed(form: PasswordForm | DeleteForm, checked: Checked | None) -> Person | None:
    """The account, or an error by the field of its password."""
    person = sign_ins.confirm(current_session(), checked) if checked else None
    if person is None:
        form.current_password.errors = ["This is not your current password."]
    return person


def _seconds_to_wait(scope: str, account: str) -> int:
    return throttling.seconds_to_wait(
        current_session(), scope=scope, account=people.email_key(account), address=visitor.address(), now=clock.now()
    )


def _too_many(wait: int) -> Response:
    current_session().commit()
    page = render_template("accounts/too_many.html", seconds=wait, may_reset=request.endpoint == "accounts.sign_in")
    response = current_app.make_response((page, 429))
    response.headers["Retry-After"] = str(wait)
    return response


def _page(template: str, form: Form, **more: object) -> str | tuple[str, int]:
    """A form that was refused comes back as it was filled, with 422."""
    page = render_template(template, form=form, **more)
    return (page, 422) if request.method == "POST" else page
