"""Who did something on each day that is kept, so that a report of a moment within a day looks at those alone.

The days of everybody are kept anew with it, by the next `course report keep`; those of the organisations stay.
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


def downgrade() -> None:
    op.drop_table("tally_people")
