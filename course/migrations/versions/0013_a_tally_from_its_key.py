"""In PostgreSQL the index of the tallies holds the numbers too, so that a report need not go to the table for each of them.

Rows of one place lie wherever there was room when they came; SQLite keeps them in the order of their key (migration 0005). The
index answers by itself where vacuum has been since a row changed or came, so that is asked for after a hundredth of the rows;
and the same for the people of each place, whose names are read from an index (migration 0009).
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = "place_id, module, is_staff, measure, value"
SOON = ("autovacuum_vacuum_scale_factor", "autovacuum_vacuum_insert_scale_factor")


def _key(ending: str) -> None:
    op.execute("ALTER TABLE tallies DROP CONSTRAINT tallies_pkey")
    op.execute(f"ALTER TABLE tallies ADD CONSTRAINT tallies_pkey PRIMARY KEY ({KEY}){ending}")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _key(" INCLUDE (number)")
        for table in ("tallies", "tally_places"):
            op.execute(f"ALTER TABLE {table} SET ({', '.join(f'{name} = 0.01' for name in SOON)})")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in ("tallies", "tally_places"):
            op.execute(f"ALTER TABLE {table} RESET ({', '.join(SOON)})")
        _key("")
