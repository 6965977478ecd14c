"""The facts of regrades in an index that is next to empty: what they changed for somebody is found without the others."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OF_REGRADES = sa.text("kind = 'regraded' OR kind = 'regrade_undone'")


def upgrade() -> None:
    op.create_index("ix_facts_regrades", "facts", ["person_id", "id"], sqlite_where=OF_REGRADES, postgresql_where=OF_REGRADES)


def downgrade() -> None:
    op.drop_index("ix_facts_regrades", table_name="facts")
