"""Where a report is read: from the replica, if there is one and it can be reached, else from the database itself."""

from __future__ import annotations

import logging
from typing import cast

from flask import Flask, g
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ..extensions import current_session, replica

AWAY = "The replica cannot be reached: these figures are from the primary database."
UNKNOWN = "These figures are from the replica; how far it is behind is not known."
log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    app.teardown_appcontext(_end)
    app.jinja_env.globals["figures_from"] = words


def session() -> Session:
    """The session of this request's report. Nothing is ever written by it."""
    if "report_session" not in g:
        _choose()
    return cast(Session | None, g.report_session) or current_session()


def words() -> str:
    """Where the figures of this request are from; empty where there is no replica."""
    session()
    return cast(str, g.report_words)


def rules() -> tuple[str, ...]:
    """The same as a line among the rules of a file, which has no place above its figures; none if nothing is to be said."""
    return tuple(filter(None, [words()]))


def _choose() -> None:
    apart = replica()
    found = apart.session() if apart else None
    if found is None:
        g.report_session, g.report_words = None, AWAY if apart else ""
        return
    g.report_session, behind = found
    seconds = f"{behind} second{'' if behind == 1 else 's'}"
    g.report_words = UNKNOWN if behind is None else f"These figures are from the replica, {seconds} behind."


def _end(_error: BaseException | None) -> None:
    held: Session | None = g.pop("report_session", None)
    if held is None:
        return
    try:
        held.close()
    except DBAPIError as error:
        log.warning("the replica went while a report was read: %s", error.orig)
        held.invalidate()
