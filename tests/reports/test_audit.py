"""Who changed what, page by page: each change once, whatever else happened at the same moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from course.accounts import people
from course.accounts.tables import Person
from course.learning.tables import Regrade
from course.reports import audit
from tests.site import Site


def all_of(session: Session, size: int) -> list[Any]:
    """Every line, read a page at a time."""
    found: list[Any] = []
    while page := audit.changes(session, offset=len(found), limit=size):
        found += page
    return found


def test_each_change_stands_on_one_page_though_many_have_one_moment(site: Site) -> None:
    with site.session(write=True) as session:
        bob, by = session.get_one(Person, site.ids["bob"]), site.ids["erin"]
        for percent in range(1, 6):
            people.set_extra_time(session, bob, percent, by_id=by, now=site.now)
            people.set_language(session, bob, ("en", "fr")[percent % 2], by_id=by, now=site.now)
        session.flush()
        whole = audit.changes(session, offset=0, limit=1000)
        assert all_of(session, 3) == whole
        assert len({(one.id, one.what) for one in whole}) == len(whole)


def test_what_was_undone_last_stands_first_however_long_ago_it_was_made(site: Site) -> None:
    with site.session(write=True) as session:
        for number in range(4):
            session.add(
                Regrade(
                    public_id=f"regrade-{number}", module="mobility", item="seats", rule="drop", payload={}, why="Test",
                    by_id=site.ids["dana"], at=site.later(hours=1), reached=0, seen=0, changed=0,
                    undone_at=site.now + timedelta(days=9 - number), undone_by_id=site.ids["erin"],
                    undone_why=f"Undone {number}",
                )
            )  # fmt: skip
        session.flush()
        assert [one.why for one in audit.changes(session, offset=0, limit=2)] == ["Undone 0", "Undone 1"]
        assert all_of(session, 2) == audit.changes(session, offset=0, limit=1000)
