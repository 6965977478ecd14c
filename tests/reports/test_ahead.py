"""Reading ahead, after a start, what reports count people from."""

from __future__ import annotations

from sqlalchemy import func, select

from course.accounts.tables import Membership, Person
from course.extensions import current_session
from course.learning.tables import Enrolment, ModuleState
from course.reports.ahead import read_ahead
from tests.site import Site


def test_every_row_of_these_tables_is_read(site: Site) -> None:
    with site.app.app_context():
        session = current_session()
        tables = (Membership, Person, Enrolment, ModuleState)
        there = [session.scalar(select(func.count()).select_from(table)) for table in tables]
    assert read_ahead(site.settings.database_url) == there
