"""The certificate: a page to print, a PDF, and a page that tells anyone whether it is genuine."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ..extensions import current_session
from ..learning import certificates
from . import pdf, visitor
from .guard import anyone, signed_in

bp = Blueprint("certificates", __name__)


@bp.get("/<lang>/certificates/<code>")
@signed_in
def show(code: str) -> str:
    """For the one who holds it; anybody else has the verification page."""
    shown = _own(code)
    return render_template(
        "certificates/certificate.html",
        shown=shown,
        certificate=shown.certificate,
        verify=_verify_address(shown),
        qr=pdf.qr(_verify_address(shown)),
    )


@bp.get("/<lang>/certificates/<code>.pdf")
@signed_in
def download(code: str) -> Response:
    shown = _own(code)
    fonts = visitor.settings().instance / "fonts"
    made = pdf.certificate(shown.certificate, verify=_verify_address(shown), more_fonts=fonts)
    response = make_response(made)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="certificate-{shown.certificate.code}.pdf"'
    return response


@bp.get("/verify/")
@anyone
def ask() -> str | Response:
    code = request.args.get("code", "").strip()
    return (
        redirect(url_for("certificates.verify", code=code))
        if code
        else render_template("certificates/verify.html", shown=None, code="")
    )


@bp.get("/verify/<code>")
@anyone
def verify(code: str) -> str | tuple[str, int]:
    """Name, course, date and state, and nothing else about the person."""
    shown = certificates.find(current_session(), code)
    page = render_template("certificates/verify.html", shown=shown, code=code[:60])
    return page if shown else (page, 404)


def _own(code: str) -> certificates.Shown:
    shown = certificates.find(current_session(), code)
    who = visitor.signed_in()
    if shown is None or (shown.certificate.person_id != who.id and who.role != "administrator"):
        abort(404)
    return shown


def _verify_address(shown: certificates.Shown) -> str:
    return f"{visitor.settings().public_url.rstrip('/')}{url_for('certificates.verify', code=shown.certificate.code)}"
