"""How organisations stood and which scores counted, with their times, for reports of past moments."""

import sqlalchemy as sa
from alembic import op

from course.extensions import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is there is known as it is today; `course rebuild` takes the earlier scores from the facts."""
    op.create_table(
        "organisation_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("since_at", Moment(), nullable=False),
        sa.Column("until_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"]),
        sa.ForeignKeyConstraint(["parent_id"], ["organisations.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_organisation_versions_organisation_id", "organisation_versions", ["organisation_id"], unique=False)
    op.create_table(
        "score_changes",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("module", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("score", sa.String(length=80), nullable=False),
        sa.Column("score_ppm", sa.Integer(), nullable=False),
        sa.Column("since_at", Moment(), nullable=False),
        sa.Column("until_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("person_id", "module", "number"),
    )
    op.create_index("ix_changes_what_at", "changes", ["what", "at"], unique=False)
    op.execute(
        "INSERT INTO organisation_versions (organisation_id, parent_id, kind, name, since_at) "
        "SELECT id, parent_id, kind, name, created_at FROM organisations"
    )
    op.execute(
        "INSERT INTO score_changes (person_id, module, number, score, score_ppm, since_at) "
        "SELECT s.person_id, s.module, 1, s.score, s.score_ppm, max(a.closed_at) FROM module_states s "
        "JOIN attempts a ON a.person_id = s.person_id AND a.module = s.module "
        "WHERE s.score IS NOT NULL AND a.closed_at IS NOT NULL GROUP BY s.person_id, s.module, s.score, s.score_ppm"
    )


def downgrade() -> None:
    op.drop_index("ix_changes_what_at", table_name="changes")
    op.drop_table("score_changes")
    op.drop_index("ix_organisation_versions_organisation_id", table_name="organisation_versions")
    op.drop_table("organisation_versions")
