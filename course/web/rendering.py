"""What every template may use: the page's language, who is looking, addresses of static files, and how things are written."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any
from unicodedata import bidirectional

from babel.core import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from flask import Flask, abort, current_app, request
from jinja2 import StrictUndefined
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

import quizzes

from ..config import ROOT
from . import published, visitor
from .application import Asked
from .compression import takes_gzip
from .guard import anyone

STATIC = ROOT / "course" / "static"
TOKEN_PLACE = "{token}"  # noqa: S105  no secret, but where _frame.html leaves room for what is a visitor's own
NOTICES = {
    "done": "Marked as done.",
    "undone": "No longer marked as done. Both are on your record.",
    "signed-out": "You are signed out.",
    "password-changed": "Your password is changed. Every other sign-in of yours has ended.",
    "profile-saved": "Saved.",
    "deleted": "Your account is deleted.",
    "reset-sent": "If there is an account with this address, a link is on its way. It works once, for 30 minutes.",
    "quiz-closed": "This attempt was closed before; nothing was changed.",
    "time-over": "This came after the time was over, so nothing of it was saved. What was saved in time counts.",
    "saved": "Saved.",
    "cohort-there": "There is an open cohort of this name here already: this one. Nothing was added.",
    "there-already": "There is an organisation of this name in the same place already. Nothing was added.",
    "regraded": "Done. Each learner whose score changed is told on their own pages.",
    "regrade-undone": "Undone. Each learner whose score changed back is told on their own pages.",
    "published": "Published. Learners see it now.",
    "unchanged": "What is published is what the folder holds; nothing had to change.",
    "by-mail": "This report will come by mail. It can be stopped at the end of this page.",
    "mail-ended": "This mail is stopped.",
    "export-deleted": "Deleted.",
    "revoked": "The certificate is revoked. The reason is public.",
}


def init_app(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.autoescape = True
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        csrf_token=visitor.csrf_token,
        language=published.language,
        static=static_address,
        largest_form=Asked.max_content_length,
        notice=notice,
        path_in=published.path_in,
        text=published.text,
        lesson_title=published.lesson_title,
        module_title=published.module_title,
        direction=direction,
        autonym=autonym,
        course=published.course,
        localised=published.localised,
        site_title=published.site_title,
        site_licence=lambda: found.licence if (found := published.peek()) else "",
        site_languages=lambda: found.languages if (found := published.peek()) else ("en",),
    )
    app.context_processor(frame)
    app.jinja_env.filters.update(day=day, moment=moment, instant=instant, iso=iso, ticked=ticked)
    app.jinja_env.filters.update(number=number, percent=percent, points=points, bytes=size)
    app.add_url_rule("/static/<digest>/<path:name>", "static", static_file)


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page: the same for many people, so it is made once for each language, role and part of the site.

    ``foot`` is in two parts; where somebody is signed in, the token of the form between them is their own.
    """

    lang: str
    dir: str
    site: str
    header: Markup
    foot: tuple[Markup, Markup]


def frame() -> dict[str, Any]:
    """``frame`` and ``viewer`` for every template."""
    who, found, path = visitor.viewer(), published.peek(), request.path
    role, is_manager = (who.role, who.is_manager) if who else ("", False)
    elsewhere = path if found and len(found.languages) > 1 else ""
    digest = found.digest if found else ""
    return {"frame": _frame(published.language(), section(path), elsewhere, role, is_manager, digest), "viewer": who}


@lru_cache(maxsize=1024)
def _frame(lang: str, here: str, elsewhere: str, role: str, is_manager: bool, digest: str) -> Frame:
    parts = current_app.jinja_env.get_template("_frame.html").module
    foot = str(parts.foot(elsewhere, bool(role))).rpartition(TOKEN_PLACE)  # type: ignore[attr-defined]
    return Frame(
        lang=lang,
        dir=direction(lang),
        site=published.site_title(),
        header=parts.header(here, role, is_manager),  # type: ignore[attr-defined]
        foot=(Markup(foot[0]), Markup(foot[2])),  # noqa: S704  our own template, which has escaped what it shows
    )


def section(path: str) -> str:
    """The entry of the main navigation that a page belongs to, by its address; empty for a page outside."""
    first, _, rest = path.partition("/")[2].partition("/")[2].partition("/")
    if first == "account":
        return rest if rest in {"sign-in", "register"} else "account"
    if first == "reports" and rest.partition("/")[0] == "lessons":  # a report for authors, whose page leads to it
        return "author"
    return "course" if first in {"", "modules", "attempts"} else first


def notice() -> str:
    """One sentence about what has just been done, named in the address; unknown names say nothing."""
    return NOTICES.get(request.args.get("notice", ""), "")


def direction(lang: str) -> str:
    return "rtl" if lang.split("-", maxsplit=1)[0] in published.RIGHT_TO_LEFT else "ltr"


@lru_cache(maxsize=64)
def autonym(lang: str) -> str:
    """The name of a language in itself."""
    name = Locale.parse(lang, sep="-").get_display_name() or lang
    return name[:1].upper() + name[1:]


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Of all files of ``course/static``. Nothing else is ever opened, whatever an address says: ``..`` or a device would be."""
    return frozenset(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())


def _read(name: str) -> bytes:
    if name not in _names():
        raise FileNotFoundError(name)
    return (STATIC / name).read_bytes()


@lru_cache(maxsize=256)
def _digest(name: str) -> str:
    return hashlib.sha256(_read(name)).hexdigest()[:16]


def static_address(name: str) -> str:
    """The address of a file of ``course/static`` that changes with its bytes. Raises FileNotFoundError for one there is not."""
    return f"/static/{_digest(name)}/{name}"


@lru_cache(maxsize=256)
def _static_bytes(name: str) -> tuple[bytes, bytes, str]:
    """A file of ``course/static``: as it is, compressed as far as it goes, and its media type. Raises OSError."""
    content = _read(name)
    return content, gzip.compress(content, 9, mtime=0), mimetypes.guess_type(name)[0] or "application/octet-stream"


@anyone
def static_file(digest: str, name: str) -> Response:
    """CSS, scripts and the icon, each compressed once."""
    try:
        known, (content, packed, media_type) = _digest(name), _static_bytes(name)
    except OSError:
        abort(404)
    is_packed = takes_gzip(request.headers.get("Accept-Encoding", ""))
    response = Response(packed if is_packed else content, mimetype=media_type)
    response.headers["Vary"] = "Accept-Encoding"
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if digest == known else "no-cache"
    return response


def day(value: date | datetime | str | None) -> str:
    """A day in the page's language: 1 April 2020."""
    return apart(plain_day(value))


def plain_day(value: date | datetime | str | None) -> str:
    """The same for what is no page."""
    if not value:
        return ""
    held = date.fromisoformat(value) if isinstance(value, str) else value
    return format_date(held, format="d MMMM y" if published.language() == "en" else "long", locale=_locale())


def moment(value: datetime | None) -> str:
    """A day and a time with its zone, since reports are read across zones."""
    return _moment(value, published.language()) if value else ""


def instant(value: datetime) -> str:
    """As ``moment``, to the second where it is not a whole minute."""
    return _moment(value, published.language(), "HH:mm:ss" if value.second or value.microsecond else "HH:mm")


@lru_cache(maxsize=4096)
def _moment(value: datetime, lang: str, of_day: str = "HH:mm") -> str:
    return apart(f"{format_datetime(value, format=f'd MMM y, {of_day}', locale=Locale.parse(lang, sep='-'))} UTC")


def apart(written: str) -> str:
    """A day with a name from right to left stands apart from the sentence around it, or its figures change places."""
    return f"\u2068{written}\u2069" if any(bidirectional(c) in {"R", "AL"} for c in written) else written


def ticked(message: str) -> Markup:
    """A message in which what stands between backticks is code, as it is where messages are read as plain text."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(message))))  # noqa: S704  escaped, and our own tags in it


def iso(value: datetime | None) -> str:
    return value.isoformat(timespec="seconds") if value else ""


def number(value: int | Fraction | float) -> str:
    return _number(float(value) if isinstance(value, Fraction) else value, published.language())


@lru_cache(maxsize=4096)
def _number(value: float, lang: str) -> str:
    return str(format_decimal(value, locale=Locale.parse(lang, sep="-")))


def size(value: int) -> str:
    """Bytes as a person reads them: 3 KB, 24.5 MB."""
    return f"{number(max(1, round(value / 1000)))}\u00a0KB" if value < 1e6 else f"{number(round(value / 1e6, 1))}\u00a0MB"


def percent(value: Fraction | int | None) -> str:
    """A scaled score (a Fraction from 0 to 1) or whole percent (an int), with a no-break space before the sign."""
    if value is None:
        return "–"
    return f"{quizzes.percent_of(value) if isinstance(value, Fraction) else value}\u00a0%"


def points(value: Fraction) -> str:
    """Points as a person writes them: 7, 2½, 1⅓, 7/12."""
    whole, rest = divmod(value, 1)
    marks = {Fraction(1, 2): "½", Fraction(1, 3): "⅓", Fraction(2, 3): "⅔", Fraction(1, 4): "¼", Fraction(3, 4): "¾"}
    if not rest:
        return str(int(whole))
    part = marks.get(Fraction(rest), f"{rest}")
    joint = "" if Fraction(rest) in marks else "\u00a0"
    return f"{int(whole)}{joint}{part}" if whole else part


def _locale() -> Locale:
    return Locale.parse(published.language(), sep="-")
