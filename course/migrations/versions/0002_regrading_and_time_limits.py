"""Regrades, and attempts that close by themselves."""

import sqlalchemy as sa
from alembic import op

from course.extensions import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "regrades",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("module", sa.String(length=80), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("undone_why", sa.String(length=300), nullable=True),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"]),
        sa.ForeignKeyConstraint(["undone_by_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("public_id"),
    )
    op.create_index("ix_regrades_module", "regrades", ["module"], unique=False)
    op.add_column("people", sa.Column("extra_time_percent", sa.Integer(), server_default="0", nullable=False))
    op.add_column("enrolments", sa.Column("regraded_at", Moment(), nullable=True))
    op.add_column("attempts", sa.Column("closes_at", Moment(), nullable=True))
    op.create_index(
        "ix_attempts_due",
        "attempts",
        ["closes_at"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def downgrade() -> None:
    """Attempts keep their regraded scores; who regraded them and why stays in the facts."""
    op.drop_index("ix_attempts_due", table_name="attempts")
    op.drop_column("attempts", "closes_at")
    op.drop_column("enrolments", "regraded_at")
    op.drop_column("people", "extra_time_percent")
    op.drop_index("ix_regrades_module", table_name="regrades")
    op.drop_table("regrades")
