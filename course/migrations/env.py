"""Alembic's way in: runs on the connection that ``course.schema`` hands over, inside its transaction."""

from alembic import context

from course.accounts import tables as _accounts
from course.extensions import Base
from course.learning import tables as _learning
from course.publishing import tables as _publishing
from course.reports import tables as _reports

TABLES = (_accounts, _publishing, _learning, _reports)  # importing them fills the metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    # Where PostgreSQL makes tables: another program's version may be seen in another schema.
    version_table_schema=connection.dialect.default_schema_name if connection.dialect.name == "postgresql" else None,
)
context.run_migrations()
