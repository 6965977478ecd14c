"""Fewer pages to write where a quiz is closed or a lesson is marked as done.

SQLite keeps a table and the index of its key apart unless it is told otherwise: five outcomes then change two pages, not one.
An attempt without a time limit is not in the index of those that are due, so closing it need not take it out.
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BY_KEY = ("score_changes", "lesson_states", "responses", "outcomes")
ENDING = " WITHOUT ROWID"


def upgrade() -> None:
    _make_again(lambda made: made + ENDING)
    _index_due("closed_at IS NULL AND closes_at IS NOT NULL")


def downgrade() -> None:
    _index_due("closed_at IS NULL")
    _make_again(lambda made: made.removesuffix(ENDING))


def _make_again(ended: Callable[[str], str]) -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for table in BY_KEY:
        made = connection.scalar(
            sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"), {"name": table}
        )
        op.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
        op.execute(ended(made))
        op.execute(f"INSERT INTO {table} SELECT * FROM old_{table}")  # noqa: S608  names of this file
        op.execute(f"DROP TABLE old_{table}")


def _index_due(where: str) -> None:
    op.drop_index("ix_attempts_due", table_name="attempts")
    op.create_index("ix_attempts_due", "attempts", ["closes_at"], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
