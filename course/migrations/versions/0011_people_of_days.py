"""Who did something on each day that is kept, so that a report of a moment within a day looks at those alone.

The days of everybody are kept anew with it, by the next `course report keep`; those of the organisations stay. And an index of
those who completed a module, so that the few of a week are found without a look at all others.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

EVERYBODY = ("DELETE FROM tally_histories WHERE place_id = 0", "DELETE FROM tally_days WHERE place_id = 0")


def upgrade() -> None:
    op.create_table(
        "tally_people",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    for statement in EVERYBODY:
        op.execute(statement)
    only = sa.text("completed_at IS NOT NULL")
    columns = ["module", "completed_at"]
    op.create_index("ix_module_states_completed", "module_states", columns, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    op.drop_index("ix_module_states_completed", table_name="module_states")
    op.drop_table("tally_people")
