"""Tallies: the figures of the completion report, kept by triggers in the transaction of each change.

A tally says how many people have one value of one measure, in one organisation (0: everywhere) and module (empty: the course).
Each measure is one expression over one row, empty where the row does not count. So a trigger takes what OLD counted as away and
adds what NEW counts as; ``tally_places`` holds where each person is counted, to be taken out of exactly these places later.

What hangs on several rows (where a person counts, what they have begun and passed) is always worked out from the rows as they
are, never stepped on: PostgreSQL runs row triggers when the whole statement is done, SQLite after each row.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FOLDED = 2000  # changes that wait before one of their writers folds them into the tallies
LOCK = 7_041_973  # any number; the same for everyone who folds

PASSED = "(SELECT count(*) FROM module_states s WHERE s.person_id = {person} AND s.passed_at IS NOT NULL)"
STARTED = "EXISTS (SELECT 1 FROM module_states s WHERE s.person_id = {person})"
CERTIFIED = (
    "EXISTS (SELECT 1 FROM certificates c WHERE c.person_id = {person} AND NOT EXISTS "
    "(SELECT 1 FROM certificate_notes n WHERE n.certificate_id = c.id AND n.kind = 'revoked'))"
)
STEPS = {"is_started": STARTED, "modules_passed": PASSED, "is_certified": CERTIFIED}
IS_STAFF = (
    "(p.role <> 'learner' OR EXISTS (SELECT 1 FROM memberships g "
    "WHERE g.person_id = p.id AND g.role = 'manager' AND g.until_at IS NULL))"
)
KEY = "person_id, place_id, is_staff"
TALLY = "place_id, module, is_staff, measure, value"

# table → (columns that a measure is made of, module, measure, its value over {row})
Measures = tuple[tuple[str, str, str, str], ...]
COURSE: Measures = (
    ("enrolled_at", "''", "enrolled", "week({row}.enrolled_at)"),
    ("is_started", "''", "started", "CASE WHEN {row}.is_started THEN 0 END"),
    ("modules_passed", "''", "passed", "NULLIF({row}.modules_passed, 0)"),
    ("completed_at", "''", "completed", "week({row}.completed_at)"),
    ("enrolled_at, completed_at", "''", "days", "day({row}.completed_at) - day({row}.enrolled_at)"),
    ("is_certified", "''", "certified", "CASE WHEN {row}.is_certified THEN 0 END"),
)
MODULE: Measures = (
    ("started_at", "{row}.module", "started", "week({row}.started_at)"),
    ("passed_at", "{row}.module", "passed", "CASE WHEN {row}.passed_at IS NOT NULL THEN 1 END"),
    ("completed_at", "{row}.module", "completed", "week({row}.completed_at)"),
    ("started_at, completed_at", "{row}.module", "days", "day({row}.completed_at) - day({row}.started_at)"),
    ("score_ppm", "{row}.module", "score", "{row}.score_ppm"),
    ("score_ppm", "''", "score", "{row}.score_ppm"),
)


class Words:
    """The few words that SQLite and PostgreSQL say differently."""

    def __init__(self, dialect: str) -> None:
        self.is_postgresql = dialect == "postgresql"

    def value(self, expression: str, row: str) -> str:
        """A measure over OLD, NEW or a table; ``day(…)`` counts from 1 January 1970, ``week(…)`` from Monday, both in UTC."""
        found = expression.format(row=row)
        for name, template in (("week", "(({day} + 3) / 7)"), ("day", "{day}")):
            while (start := found.find(f"{name}(")) >= 0:
                end = found.index(")", start)
                day = template.format(day=self._day(found[start + len(name) + 1 : end]))
                found = found[:start] + day + found[end + 1 :]
        return found

    def _day(self, moment: str) -> str:
        if self.is_postgresql:
            return f"CAST(FLOOR(EXTRACT(EPOCH FROM {moment}) / 86400) AS INTEGER)"
        return f"(CAST(strftime('%s', {moment}) AS INTEGER) / 86400)"

    def differ(self, one: str, other: str) -> str:
        return f"{one} {'IS DISTINCT FROM' if self.is_postgresql else 'IS NOT'} {other}"

    def trigger(self, name: str, event: str, when: str, statements: list[str], locks: tuple[str, ...] = ()) -> list[str]:
        """``event`` such as ``AFTER INSERT ON people``. SQLite needs no locks: whoever writes has the whole database."""
        condition = f"WHEN ({when})" if when else ""
        if not self.is_postgresql:
            return [f"CREATE TRIGGER tally_{name} {event} FOR EACH ROW {condition} BEGIN {'; '.join(statements)}; END"]
        body = "; ".join([*(f"PERFORM {lock}" for lock in locks), *statements])
        row = "OLD" if event.startswith("BEFORE DELETE") else "NULL"
        return [
            f"CREATE FUNCTION tally_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN {row}; END $$",
            f"CREATE TRIGGER tally_{name} {event} FOR EACH ROW {condition} EXECUTE FUNCTION tally_{name}()",
        ]


def places(people: str, only: str = "true") -> str:
    """Where people must be counted: everywhere, and in each organisation that they belong to or stand below."""
    return (
        f"SELECT w.person_id, w.place_id, {IS_STAFF} AS is_staff FROM ("
        f"SELECT e.person_id, 0 AS place_id FROM enrolments e WHERE e.person_id {people} UNION "
        "SELECT m.person_id, c.ancestor_id FROM memberships m JOIN enrolments e ON e.person_id = m.person_id "
        "JOIN organisation_closure c ON c.descendant_id = m.organisation_id "
        f"WHERE m.role = 'member' AND m.until_at IS NULL AND m.person_id {people}"
        f") w JOIN people p ON p.id = w.person_id WHERE {only}"
    )


def parts(words: Words, people: str) -> str:
    """Everything that people count as."""
    arms = [
        f"SELECT r.person_id, {module.format(row='r')} AS module, '{measure}' AS measure, {words.value(value, 'r')} AS value "
        f"FROM {table} r WHERE r.person_id {people} AND {words.value(value, 'r')} IS NOT NULL"
        for table, measures in (("enrolments", COURSE), ("module_states", MODULE))
        for _columns, module, measure, value in measures
    ]
    return " UNION ALL ".join(arms)


def change(words: Words, measures: Measures, *, old: bool, new: bool) -> str:
    """What a row no longer counts as is taken out of every place where its person counts, what it now counts as is put in."""
    sides = [side for side, is_there in (("OLD", old), ("NEW", new)) if is_there]
    arms = [
        f"SELECT {module.format(row=side)} AS module, '{measure}' AS measure, {words.value(value, side)} AS value, "
        f"{1 if side == 'NEW' else -1} AS number, "
        f"{words.value(value, 'OLD' if side == 'NEW' else 'NEW') if old and new else 'CAST(NULL AS INTEGER)'} AS other"
        for _columns, module, measure, value in measures
        for side in sides
    ]
    return (
        f"INSERT INTO tally_changes ({TALLY}, number) "
        "SELECT t.place_id, d.module, t.is_staff, d.measure, d.value, d.number FROM tally_places t "
        f"JOIN ({' UNION ALL '.join(arms)}) d ON d.value IS NOT NULL AND {words.differ('d.value', 'd.other')} "
        f"WHERE t.person_id = {sides[-1]}.person_id"
    )


def count(words: Words, people: str, source: str, other: str, sign: str = "") -> str:
    """Everything that people count as, in those of their places that the other query has not."""
    return (
        f"INSERT INTO tally_changes ({TALLY}, number) "
        f"SELECT t.place_id, d.module, t.is_staff, d.measure, d.value, {sign}count(*) FROM ({source}) t "
        f"JOIN ({parts(words, people)}) d ON d.person_id = t.person_id "
        f"WHERE (t.person_id, t.place_id, t.is_staff) NOT IN ({other}) "
        "GROUP BY t.place_id, d.module, t.is_staff, d.measure, d.value"
    )


def settle(words: Words, people: str, place: str = "") -> list[str]:
    """Takes people out of the places where they no longer count, and puts them in where they do by now."""
    due = places(people, f"w.place_id = {place}" if place else "true")
    here = f"person_id {people}" + (f" AND place_id = {place}" if place else "")
    counted = f"SELECT {KEY} FROM tally_places WHERE {here}"
    return [
        count(words, people, counted, due, "-"),
        f"DELETE FROM tally_places WHERE {here} AND ({KEY}) NOT IN ({due})",
        count(words, people, due, counted),
        f"INSERT INTO tally_places ({KEY}) SELECT {KEY} FROM ({due}) t WHERE ({KEY}) NOT IN ({counted})",
    ]


def step(person: str, names: tuple[str, ...]) -> str:
    """What the enrolment says of several rows, where it is not that by now."""
    found = {name: STEPS[name].format(person=person) for name in names}
    return (
        f"UPDATE enrolments SET {', '.join(f'{name} = {value}' for name, value in found.items())} "
        f"WHERE person_id = {person} AND ({' OR '.join(f'{name} <> {value}' for name, value in found.items())})"
    )


def held(person: str) -> tuple[str, ...]:
    """Whoever changes where a person counts, and whoever changes what they count as, go one after the other."""
    return (
        f"1 FROM people WHERE id = {person} FOR NO KEY UPDATE",
        f"1 FROM enrolments WHERE person_id = {person} FOR UPDATE",
    )


def of_learning(words: Words) -> list[str]:
    """Enrolments and module states: only a changed figure comes to a tally, and each column minds its own measures."""
    made: list[str] = []
    of_new, of_old = "NEW.person_id", "OLD.person_id"
    made += words.trigger(
        "enrolment_made", "AFTER INSERT ON enrolments", "",
        [step(of_new, tuple(STEPS)), *settle(words, f"= {of_new}")], held(of_new),
    )  # fmt: skip
    counted, none = f"SELECT {KEY} FROM tally_places WHERE person_id = {of_old}", f"SELECT {KEY} FROM tally_places WHERE false"
    gone = [count(words, f"= {of_old}", counted, none, "-"), f"DELETE FROM tally_places WHERE person_id = {of_old}"]
    made += words.trigger("enrolment_gone", "BEFORE DELETE ON enrolments", "", gone)
    for columns in ("enrolled_at, completed_at", *STEPS):
        made += _changed(words, "enrolments", COURSE, columns, [])
    with_step = step(of_new, ("is_started", "modules_passed"))
    own = (f"1 FROM enrolments WHERE person_id = {of_new} FOR NO KEY UPDATE",)
    made += words.trigger(
        "state_made", "AFTER INSERT ON module_states", "", [change(words, MODULE, old=False, new=True), with_step], own
    )
    made += words.trigger(
        "state_gone", "AFTER DELETE ON module_states", "",
        [change(words, MODULE, old=True, new=False), with_step.replace(of_new, of_old)], (own[0].replace(of_new, of_old),),
    )  # fmt: skip
    for columns in ("started_at, completed_at", "passed_at", "score_ppm"):
        made += _changed(words, "module_states", MODULE, columns, [with_step] if columns == "passed_at" else [], own)
    return made


def _changed(
    words: Words, table: str, measures: Measures, columns: str, more: list[str], locks: tuple[str, ...] = ()
) -> list[str]:
    names = columns.split(", ")
    mine = tuple(measure for measure in measures if set(measure[0].split(", ")) <= set(names))
    when = " OR ".join(words.differ(f"OLD.{name}", f"NEW.{name}") for name in names)
    name = f"{table}_{names[-1]}"
    statements = [change(words, mine, old=True, new=True), *more]
    return words.trigger(name, f"AFTER UPDATE OF {columns} ON {table}", when, statements, locks)


def of_certificates(words: Words) -> list[str]:
    made: list[str] = []
    for event, row in (("INSERT", "NEW"), ("DELETE", "OLD")):
        end = "made" if event == "INSERT" else "gone"
        made += words.trigger(
            f"certificate_{end}", f"AFTER {event} ON certificates", "", [step(f"{row}.person_id", ("is_certified",))]
        )
        holder = f"(SELECT h.person_id FROM certificates h WHERE h.id = {row}.certificate_id)"
        made += words.trigger(
            f"note_{end}", f"AFTER {event} ON certificate_notes", f"{row}.kind = 'revoked'", [step(holder, ("is_certified",))]
        )
    return made


def of_accounts(words: Words) -> list[str]:
    """Roles, memberships and the tree. Whoever moves an organisation waits for those who join or leave below it."""
    made = words.trigger(
        "role", "AFTER UPDATE OF role ON people", words.differ("OLD.role", "NEW.role"),
        settle(words, "= NEW.id"), held("NEW.id"),
    )  # fmt: skip
    above = (
        "1 FROM organisations WHERE id IN "
        "(SELECT ancestor_id FROM organisation_closure WHERE descendant_id = {row}.organisation_id) ORDER BY id FOR SHARE"
    )
    for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        made += words.trigger(
            f"membership_{event.lower()}", f"AFTER {event} ON memberships", "",
            settle(words, f"= {row}.person_id"), (above.format(row=row), *held(f"{row}.person_id")),
        )  # fmt: skip
    for event, row in (("INSERT", "NEW"), ("DELETE", "OLD")):
        members = (
            "IN (SELECT b.person_id FROM memberships b "
            f"WHERE b.organisation_id = {row}.descendant_id AND b.role = 'member' AND b.until_at IS NULL)"
        )
        locks = (
            f"1 FROM people WHERE id {members} ORDER BY id FOR NO KEY UPDATE",
            f"1 FROM enrolments WHERE person_id {members} ORDER BY person_id FOR UPDATE",
        )
        made += words.trigger(
            f"closure_{event.lower()}", f"AFTER {event} ON organisation_closure", "",
            settle(words, members, f"{row}.ancestor_id"), locks,
        )  # fmt: skip
    return made


def folding(words: Words) -> list[str]:
    """Changes are only added, so that no writer waits for another; every so many one folds what is there.

    In PostgreSQL nobody waits to fold: whoever finds that another is at it leaves it.
    """
    event, when = "AFTER INSERT ON tally_changes", f"NEW.id % {FOLDED} = 0"
    add = (
        f"INSERT INTO tallies ({TALLY}, number) SELECT {TALLY}, sum(number) FROM {{source}} WHERE true GROUP BY {TALLY} "
        f"ON CONFLICT ({TALLY}) DO UPDATE SET number = tallies.number + excluded.number"
    )
    if not words.is_postgresql:
        return words.trigger("fold", event, when, [add.format(source="tally_changes"), "DELETE FROM tally_changes"])
    taken = f"WITH taken AS (DELETE FROM tally_changes RETURNING {TALLY}, number)"
    fold = f"IF pg_try_advisory_xact_lock({LOCK}) THEN {taken} {add.format(source='taken')}; END IF"
    return words.trigger("fold", event, when, [fold])


def views(words: Words) -> dict[str, str]:
    """The same of everybody, to fill the tallies with and to check them by."""
    everybody = "IS NOT NULL"
    steps = ", ".join(f"{value.format(person='e.person_id')} AS {name}" for name, value in STEPS.items())
    return {
        "counting_steps": f"SELECT e.person_id, {steps} FROM enrolments e",
        "counting_places": places(everybody),
        "counting_parts": parts(words, everybody),
        "counting_tallies": (
            "SELECT t.place_id, d.module, t.is_staff, d.measure, d.value, count(*) AS number FROM tally_places t "
            "JOIN counting_parts d ON d.person_id = t.person_id GROUP BY t.place_id, d.module, t.is_staff, d.measure, d.value"
        ),
    }


FILL = (
    f"UPDATE enrolments SET ({', '.join(STEPS)}) = "
    f"(SELECT {', '.join(STEPS)} FROM counting_steps s WHERE s.person_id = enrolments.person_id)",
    f"INSERT INTO tally_places ({KEY}) SELECT {KEY} FROM counting_places",
    # in order, so that what is read together lies together
    f"INSERT INTO tallies ({TALLY}, number) SELECT {TALLY}, number FROM counting_tallies ORDER BY {TALLY}",
)


def tally_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("module", sa.String(80), nullable=False),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.Column("measure", sa.String(16), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
    ]


def upgrade() -> None:
    key = sa.PrimaryKeyConstraint(*TALLY.split(", "))
    op.create_table("tallies", *tally_columns(), key, sqlite_with_rowid=False)
    number = sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)
    op.create_table("tally_changes", number, *tally_columns(), sa.PrimaryKeyConstraint("id"))
    op.create_table(
        "tally_places",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"]),
        sa.PrimaryKeyConstraint("person_id", "place_id"),
        sqlite_with_rowid=False,
    )
    for name, kind, default in (("is_started", sa.Boolean(), sa.false()), ("modules_passed", sa.Integer(), "0"),
                                ("is_certified", sa.Boolean(), sa.false())):  # fmt: skip
        op.add_column("enrolments", sa.Column(name, kind, server_default=default, nullable=False))
    words = Words(op.get_bind().dialect.name)
    for name, query in views(words).items():
        op.execute(f"CREATE VIEW {name} AS {query}")
    for statement in FILL:
        op.execute(statement)
    for statement in triggers(words):
        op.execute(statement)


def triggers(words: Words) -> list[str]:
    return [*of_learning(words), *of_certificates(words), *of_accounts(words), *folding(words)]


def downgrade() -> None:
    words = Words(op.get_bind().dialect.name)
    for statement in reversed(triggers(words)):
        made, name, *_ = statement.removeprefix("CREATE ").replace("()", "").split()
        if made == "FUNCTION":
            op.execute(f"DROP FUNCTION {name} CASCADE")
        elif not words.is_postgresql:
            op.execute(f"DROP TRIGGER {name}")
    for name in reversed(views(words)):
        op.execute(f"DROP VIEW {name}")
    for name in reversed(STEPS):
        op.drop_column("enrolments", name)
    for table in ("tally_places", "tally_changes", "tallies"):
        op.drop_table(table)
