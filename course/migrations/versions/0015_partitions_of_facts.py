"""In PostgreSQL facts lie in partitions by the year in which they happened; what makes each happen once lies beside them.

The table that is there becomes the partition of all years until this one where it lies; of its rows only the keys are copied.
A key is unique over all time, and of a table in partitions PostgreSQL keeps only that unique which names the time as well.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OWNERS = {"attempt_id": "attempts (id)", "person_id": "people (id)", "revision": "revisions (digest)"}
ONCE = """
CREATE FUNCTION facts_happen_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO fact_keys (key) SELECT key FROM added;
    RETURN NULL;
END $$
"""
FIRES = """
CREATE TRIGGER facts_happen_once AFTER INSERT ON facts REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION facts_happen_once()
"""
# The year after which nothing has happened yet, by the clock of the database and by what its rows say.
NEXT = "SELECT CAST(EXTRACT(YEAR FROM greatest(max(at), now()) AT TIME ZONE 'UTC') AS integer) + 1 FROM facts"
PARTITIONS = "SELECT CAST(CAST(inhrelid AS regclass) AS text) FROM pg_inherits WHERE inhparent = CAST('facts' AS regclass)"
# Nothing in a partition changes: vacuum, which is due after so many new rows, need look at a page only once.
KEPT_BY = ("autovacuum_vacuum_insert_scale_factor", "0.02"), ("autovacuum_freeze_min_age", "0")
FIRST = "facts_before_"  # the others are of a year each, or of what came when there was none of its year


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    year = op.get_bind().scalar(sa.text(NEXT))
    first = f"{FIRST}{year}"
    op.execute(f"ALTER TABLE facts RENAME TO {first}")
    op.execute(f"CREATE TABLE fact_keys AS SELECT key FROM {first}")  # noqa: S608  the year is a number
    op.execute("ALTER TABLE fact_keys ADD PRIMARY KEY (key)")
    op.execute(f"ALTER TABLE {first} DROP CONSTRAINT facts_pkey, DROP CONSTRAINT facts_key_key")
    op.execute(f"ALTER TABLE {first} ADD PRIMARY KEY (id, at)")
    op.execute(f"ALTER INDEX ix_facts_person RENAME TO ix_{first}_person")
    op.execute(f"CREATE TABLE facts (LIKE {first} INCLUDING DEFAULTS) PARTITION BY RANGE (at)")
    op.execute("ALTER TABLE facts ADD CONSTRAINT facts_pkey PRIMARY KEY (id, at)")
    for column, owner in OWNERS.items():
        op.execute(f"ALTER TABLE facts ADD CONSTRAINT facts_{column}_fkey FOREIGN KEY ({column}) REFERENCES {owner}")
    op.create_index("ix_facts_person", "facts", ["person_id", "id"])
    op.execute("ALTER SEQUENCE facts_id_seq OWNED BY facts.id")
    op.execute(f"ALTER TABLE facts ATTACH PARTITION {first} FOR VALUES FROM (MINVALUE) TO ('{year}-01-01 00:00:00+00')")
    op.execute("CREATE TABLE facts_later PARTITION OF facts DEFAULT")
    for partition in (first, "facts_later"):
        op.execute(f"ALTER TABLE {partition} SET ({', '.join(f'{name} = {value}' for name, value in KEPT_BY)})")
    op.execute(ONCE)
    op.execute(FIRES)


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    first, *others = sorted(
        op.get_bind().scalars(sa.text(PARTITIONS)), key=lambda partition: (not partition.startswith(FIRST), partition)
    )
    op.execute(f"ALTER TABLE facts DETACH PARTITION {first}")
    for other in others:
        op.execute(f"INSERT INTO {first} SELECT * FROM {other} ORDER BY id")  # noqa: S608  names of the database itself
    op.execute(f"ALTER SEQUENCE facts_id_seq OWNED BY {first}.id")
    op.execute("DROP TABLE facts, fact_keys")
    op.execute("DROP FUNCTION facts_happen_once")
    op.execute(f"ALTER TABLE {first} RESET ({', '.join(name for name, _value in KEPT_BY)})")
    op.execute(f"ALTER TABLE {first} RENAME TO facts")
    op.execute(f"ALTER INDEX ix_{first}_person RENAME TO ix_facts_person")
    op.execute(f"ALTER TABLE facts DROP CONSTRAINT {first}_pkey")
    op.execute("ALTER TABLE facts ADD CONSTRAINT facts_pkey PRIMARY KEY (id), ADD CONSTRAINT facts_key_key UNIQUE (key)")
