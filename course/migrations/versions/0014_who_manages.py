"""Who manages an organisation now, in an index that is next to empty.

Every signed-in request asks it, mostly of people who do not. It was looked for among all memberships of the person.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NOW = sa.text("role = 'manager' AND until_at IS NULL")


def upgrade() -> None:
    op.create_index("ix_memberships_managers", "memberships", ["person_id"], sqlite_where=NOW, postgresql_where=NOW)


def downgrade() -> None:
    op.drop_index("ix_memberships_managers", table_name="memberships")
