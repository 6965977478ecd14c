"""The session of a request's report, and what its page says of where the figures are from."""

from __future__ import annotations

from typing import cast

from flask import Flask, g
from sqlalchemy.orm import Session

from ..extensions import current_session
from ..reports import source


def init_app(app: Flask) -> None:
    app.teardown_appcontext(_end)
    app.jinja_env.globals["figures_from"] = words


def session() -> Session:
    """The session of this request's report. Nothing is ever written by it."""
    if "report_session" not in g:
        g.report_session, g.report_words = source.choose()
    return cast(Session | None, g.report_session) or current_session()


def words() -> str:
    """Where the figures of this request are from; empty where there is no replica."""
    session()
    return cast(str, g.report_words)


def rules() -> tuple[str, ...]:
    """The same as a line among the rules of a file, which has no place above its figures; none if nothing is to be said."""
    return tuple(filter(None, [words()]))


def _end(_error: BaseException | None) -> None:
    held: Session | None = g.pop("report_session", None)
    if held is not None:
        source.end(held)
