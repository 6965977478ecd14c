"""Whether this process can serve: asked by whoever watches over it."""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy import text

from ..extensions import current_session
from . import published
from .guard import anyone

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@anyone
def healthz() -> tuple[dict[str, str], int]:
    """200 with the revision that is served; 503 when the database does not answer or nothing is published."""
    current_session().execute(text("SELECT 1"))
    course = published.live().course(current_session())
    if course is None:
        return {"status": "nothing published"}, 503
    return {"status": "ok", "revision": course.digest}, 200
