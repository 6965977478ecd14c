"""What the tallies of large places gained on each day, so that reports of past days need not count.

And the day of a time in SQLite, which rounds it to milliseconds: what happened in the last half of one was counted in the next
day. `course rebuild` mends what was counted so before.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


ROUNDED, EXACT = r"strftime\('%s', (\w+\.\w+)\)", r"strftime\('%s', substr\((\w+\.\w+), 1, 19\)\)"


def _count_days(found: str, written: str) -> None:
    """Makes the views and triggers of the tallies anew, with the day of a time said in another way."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    made = connection.execute(
        sa.text(
            "SELECT type, name, sql FROM sqlite_master "
            "WHERE type = 'view' OR (type = 'trigger' AND substr(name, 1, 6) = 'tally_')"
        )
    ).all()
    for kind, name, sql in made:
        if re.search(found, sql):
            op.execute(f"DROP {kind} {name}")
            connection.exec_driver_sql(re.sub(found, written, sql))


def upgrade() -> None:
    _count_days(ROUNDED, r"strftime('%s', substr(\1, 1, 19))")
    op.create_table(
        "tally_days",
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("module", sa.String(80), nullable=False),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.Column("measure", sa.String(16), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place_id", "module", "is_staff", "measure", "value", "day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tally_histories",
        sa.Column("place_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("through", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place_id"),
    )


def downgrade() -> None:
    _count_days(EXACT, r"strftime('%s', \1)")
    op.drop_table("tally_histories")
    op.drop_table("tally_days")
