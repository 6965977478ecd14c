"""The session of a request's report, and what its page says of where the figures are from, and of what they lack."""

from __future__ import annotations

from typing import cast

from flask import Flask, g
from sqlalchemy.orm import Session

from ..extensions import current_session
from ..reports import source
from . import due


def init_app(app: Flask) -> None:
    app.teardown_appcontext(_end)
    app.jinja_env.globals["figures_from"] = rules


def session() -> Session:
    """The session of this request's report. Nothing is ever written by it."""
    if "report_session" not in g:
        g.report_session, g.report_words = source.choose()
    return cast(Session | None, g.report_session) or current_session()


def rules() -> tuple[str, ...]:
    """Where the figures of this request are from, if there is a replica, and what could not be written before they were read.

    A page says it above its figures, a file among its rules. For when the report is read, or what is due is closed.
    """
    session()
    return tuple(filter(None, [cast(str, g.report_words), due.words()]))


def _end(_error: BaseException | None) -> None:
    held: Session | None = g.pop("report_session", None)
    if held is not None:
        source.end(held)
