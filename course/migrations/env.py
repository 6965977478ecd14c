"""Alembic's way in: runs on the connection that ``course.schema`` hands over, inside its transaction."""

from alembic import context

from course.accounts import tables as _accounts
from course.extensions import Base
from course.learning import tables as _learning
from course.publishing import tables as _publishing
from course.reports import tables as _reports

TABLES = (_accounts, _publishing, _learning, _reports)  # importing them fills the metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True)
context.run_migrations()
