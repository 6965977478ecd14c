"""Names beside the places where people count, so that a page of a list is read from an index that is in its order.

The triggers that write ``tally_places`` are made again with the name, as they are otherwise. The new indexes of enrolments find
the few of whom something rare is true; an entry of them changes once a learner. The condition of the first is always true:
those queries alone that say the same are read by it, and a count since some day does not go through everybody in that order.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = "person_id, place_id, is_staff"
NAME = "(SELECT p.name FROM people p WHERE p.id = person_id)"
WITHOUT, WITH = (
    f"INSERT INTO tally_places ({KEY}) SELECT {KEY} FROM",
    f"INSERT INTO tally_places ({KEY}, name) SELECT {KEY}, {NAME} FROM",
)
RENAMED = "UPDATE tally_places SET name = NEW.name WHERE person_id = NEW.id"
INDEXES: dict[str, tuple[str, list[str], str]] = {
    "ix_tally_places_name": ("tally_places", ["place_id", "is_staff", "name", "person_id"], ""),
    "ix_enrolments_enrolled": ("enrolments", ["enrolled_at"], "person_id > 0"),
    "ix_enrolments_completed": ("enrolments", ["completed_at"], "completed_at IS NOT NULL"),
    "ix_enrolments_not_started": ("enrolments", ["person_id"], "is_started IS {false}"),
}


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column("tally_places", sa.Column("name", sa.String(200), server_default="", nullable=False))
    op.execute("UPDATE tally_places SET name = (SELECT p.name FROM people p WHERE p.id = tally_places.person_id)")
    for name, (table, columns, where) in INDEXES.items():
        only = sa.text(where.format(false="false" if is_postgresql else "0")) if where else None
        op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)
    _make_again(WITHOUT, WITH)
    event = "AFTER UPDATE OF name ON people FOR EACH ROW"
    if is_postgresql:
        op.execute(f"CREATE FUNCTION tally_name() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {RENAMED}; RETURN NULL; END $$")
        op.execute(f"CREATE TRIGGER tally_name {event} WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION tally_name()")
    else:
        op.execute(f"CREATE TRIGGER tally_name {event} WHEN (OLD.name IS NOT NEW.name) BEGIN {RENAMED}; END")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION tally_name CASCADE")
    else:
        op.execute("DROP TRIGGER tally_name")
    _make_again(WITH, WITHOUT)
    for name, (table, _columns, _where) in reversed(INDEXES.items()):
        op.drop_index(name, table_name=table)
    op.drop_column("tally_places", "name")


def _make_again(before: str, after: str) -> None:
    """Replaces the words in every trigger that has them."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        made = connection.execute(
            sa.text(
                "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE starts_with(proname, 'tally_') "
                "AND pronamespace = CAST(current_schema() AS regnamespace) AND strpos(prosrc, :words) > 0"
            ),
            {"words": before},
        ).all()
        for (statement,) in made:
            connection.exec_driver_sql(statement.replace(before, after))
        return
    held = connection.execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND instr(sql, :words) > 0"), {"words": before}
    ).all()
    for name, statement in held:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(statement.replace(before, after))
