"""The names of people folded, by which they are listed and looked for, and in the place of names in the index of lists.

The triggers that write ``tally_places`` are made again with the key, as they are otherwise.
"""

import sqlite3
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INDEX = "ix_tally_places_name"
KEY = "person_id, place_id, is_staff"
BATCH = 20_000


def upgrade() -> None:
    op.add_column("people", sa.Column("name_key", sa.String(160), server_default="", nullable=False))
    _fold(op.get_bind())
    _exchange("name", "name_key", 160)


def downgrade() -> None:
    _exchange("name_key", "name", 200)
    op.drop_column("people", "name_key")


def key_of(name: str) -> str:
    """As the program folds names at this revision."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in plain if not unicodedata.combining(c) and c not in "\u200c\u200d")[:160]


def _fold(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.create_function("key_of", 1, key_of, deterministic=True)
        op.execute("UPDATE people SET name_key = key_of(name) WHERE name <> ''")
        return
    given = "SELECT * FROM unnest(CAST(:ids AS integer[]), CAST(:keys AS varchar[])) AS k (id, key)"
    last = 0
    while found := connection.execute(
        sa.text(f"SELECT id, name FROM people WHERE id > :last ORDER BY id LIMIT {BATCH}"), {"last": last}
    ).all():
        ids, names = zip(*found, strict=True)
        connection.execute(
            sa.text(f"UPDATE people SET name_key = k.key FROM ({given}) k WHERE people.id = k.id"),
            {"ids": list(ids), "keys": [key_of(name) for name in names]},
        )
        last = ids[-1]


def _exchange(before: str, after: str, length: int) -> None:
    """One column for the other, in the table, its index and the triggers that write to it."""
    connection = op.get_bind()
    is_postgresql = connection.dialect.name == "postgresql"
    op.execute("DROP FUNCTION tally_name CASCADE" if is_postgresql else "DROP TRIGGER tally_name")
    op.drop_index(INDEX, table_name="tally_places")
    writing = _taken(connection, f"INSERT INTO tally_places ({KEY}, {before})")
    op.drop_column("tally_places", before)
    op.add_column("tally_places", sa.Column(after, sa.String(length), server_default="", nullable=False))
    op.execute(f"UPDATE tally_places SET {after} = (SELECT p.{after} FROM people p WHERE p.id = tally_places.person_id)")
    op.create_index(INDEX, "tally_places", ["place_id", "is_staff", after, "person_id"])
    for statement in writing:
        made = statement.replace(f"({KEY}, {before})", f"({KEY}, {after})").replace(f"SELECT p.{before} ", f"SELECT p.{after} ")
        connection.exec_driver_sql(made)
    event = f"AFTER UPDATE OF {after} ON people FOR EACH ROW"
    renamed = f"UPDATE tally_places SET {after} = NEW.{after} WHERE person_id = NEW.id"
    if is_postgresql:
        op.execute(f"CREATE FUNCTION tally_name() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {renamed}; RETURN NULL; END $$")
        is_other = f"WHEN (OLD.{after} IS DISTINCT FROM NEW.{after})"
        op.execute(f"CREATE TRIGGER tally_name {event} {is_other} EXECUTE FUNCTION tally_name()")
    else:
        op.execute(f"CREATE TRIGGER tally_name {event} WHEN (OLD.{after} IS NOT NEW.{after}) BEGIN {renamed}; END")


def _taken(connection: sa.Connection, words: str) -> list[str]:
    """The statements that make the triggers with these words; SQLite's are taken away, whose table could not be changed."""
    if connection.dialect.name == "postgresql":
        made = connection.execute(
            sa.text(
                "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE starts_with(proname, 'tally_') "
                "AND pronamespace = CAST(current_schema() AS regnamespace) AND strpos(prosrc, :words) > 0"
            ),
            {"words": words},
        )
        return list(made.scalars())
    held = connection.execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND instr(sql, :words) > 0"), {"words": words}
    ).all()
    for name, _statement in held:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    return [statement for _name, statement in held]
