"""Why an account, a role or a membership was changed, in the words of whoever changed it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("changes", sa.Column("why", sa.String(300), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("changes", "why")
