"""Copies of learners who walked through the course, made inside the database, a few thousand a transaction.

A copy is another person, of another name in another place, who did the same so many whole days earlier or later: days from one
step to the next stay what they were, and the facts of everybody bear out every summary (``course verify``). The rows of the
models are put into temporary tables first, so that copying costs the same however many copies there are already.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, Integer, MetaData, Table, func, insert, select, text
from sqlalchemy.orm import Session
from sqlalchemy.schema import Column

from ..accounts import secrets
from ..accounts.tables import Membership, Person
from ..content.model import Course
from ..extensions import Base, Moment
from ..learning import certificates
from ..learning.tables import Attempt, Certificate, Fact
from ..reports.tallying import paused
from .homes import Home, Homes
from .names import name

BATCH = 2000  # copies a transaction
MEMORY = 64 * 1024  # KB of pages that SQLite may hold meanwhile, instead of 2,000
OF_PEOPLE = ("enrolments", "module_states", "score_changes", "lesson_states", "attempts")
OF_ATTEMPTS = ("responses", "outcomes")
TABLES = (*OF_PEOPLE, *OF_ATTEMPTS, "facts")  # in an order that foreign keys allow
OWNED = "'responded', 'closed_attempt'"  # kinds of facts whose key names the attempt; the others' names the person
DAY = timedelta(days=1)
SAID = {  # what each database calls it: a moment so many whole days later, its day, a random id, a text's place, and JSON
    "sqlite": {
        "later": "date({0}, c.days || ' days') || substr({0}, 11)",
        "day": "substr({0}, 1, 10)",
        "id": "lower(hex(randomblob(11)))",
        "colon": "instr(key, ':')",
        "json": "{0}",
    },
    "postgresql": {
        "later": "{0} + make_interval(hours => 24 * c.days)",
        "day": "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
        "id": "substr(replace(CAST(gen_random_uuid() AS text), '-', ''), 1, 22)",
        "colon": "strpos(key, ':')",
        "json": "CAST({0} AS json)",
    },
}
_copies = Table(
    "seed_copies",
    MetaData(),
    *(
        Column(column, Integer, primary_key=column == "person_id")
        for column in ("person_id", "model_id", "days", "attempts_on")
    ),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True, slots=True)
class Model:
    """Somebody to copy: from when to when they were here, their attempts, and what their certificate holds."""

    person_id: int
    joined_at: datetime
    last_at: datetime
    first_attempt: int
    attempts: int
    certificate: Mapping[str, Any] | None


def models(session: Session, addresses: Sequence[str]) -> list[Model]:
    """Those who walked, by their addresses, in this order."""
    query = (
        select(Person.id, Person.email_key, Person.created_at, func.max(Fact.at).label("last_at"))
        .outerjoin(Fact, Fact.person_id == Person.id)
        .where(Person.email_key.in_(addresses))
        .group_by(Person.id)
    )
    known = {row.email_key: row for row in session.execute(query)}
    ids = [row.id for row in known.values()]
    counted = select(Attempt.person_id, func.min(Attempt.id).label("first"), func.count().label("number"))
    of_person = counted.where(Attempt.person_id.in_(ids)).group_by(Attempt.person_id)
    attempts = {row.person_id: (row.first, row.number) for row in session.execute(of_person)}
    issued = select(Certificate.__table__).where(Certificate.person_id.in_(ids))
    papers = {row["person_id"]: dict(row) for row in session.execute(issued).mappings()}
    return [
        Model(row.id, row.created_at, row.last_at or row.created_at, *attempts.get(row.id, (0, 0)), papers.get(row.id))
        for row in (known[address] for address in addresses)
    ]


def add(
    session: Session,
    course: Course,
    models: Sequence[Model],
    chances: Sequence[tuple[str, Random]],
    homes: Homes,
    within: tuple[datetime, datetime],
) -> None:
    """Adds a learner for each address, who is drawn by the chance beside it; nothing they did lies outside ``within``."""
    connection = session.connection()
    _prepare(connection, models)
    person, attempt = _next(connection, Person), _next(connection, Attempt)
    people, members, copies, papers = [], [], [], []
    for address, chance in chances:
        model, places = chance.choice(models), homes.some(chance)
        days = chance.randint(math.ceil((within[0] - model.joined_at) / DAY), (within[1] - model.last_at) // DAY)
        one = _person(person, address, name(places[0].region, chance), places[0].language(course), model, days)
        people.append(one)
        for place in places:
            belongs = {"organisation_id": place.id, "role": "member", "since_at": one["created_at"]}
            members.append({"person_id": person} | belongs)
        copies.append(
            {"person_id": person, "model_id": model.person_id, "days": days, "attempts_on": attempt - model.first_attempt}
        )
        if model.certificate is not None:
            papers.append(_certificate(model.certificate, one, places, course, days))
        person, attempt = person + 1, attempt + model.attempts
    with paused(connection, beyond=people[0]["id"] - 1):
        connection.execute(insert(Person), people)
        connection.execute(insert(Membership), members)
        connection.execute(_copies.delete())
        connection.execute(insert(_copies), copies)
        for table in TABLES:
            connection.execute(text(_copying(Base.metadata.tables[table], connection.dialect.name)))
        if papers:
            connection.execute(insert(Certificate), papers)


def finish(session: Session) -> None:
    """Lets PostgreSQL know which ids are taken and how much there is now, before the first reports ask."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        for table in ("people", "attempts"):
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"))
        connection.execute(text("ANALYZE"))


def _prepare(connection: Connection, models: Sequence[Model]) -> None:
    """The rows of the models in temporary tables, once for each connection."""
    if "seed" in connection.info:
        return
    said = SAID[connection.dialect.name]
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"PRAGMA cache_size = -{MEMORY}"))
    _copies.create(connection)
    people = ", ".join(str(model.person_id) for model in models)
    for table in OF_PEOPLE:
        _keep(connection, table, f"SELECT * FROM {table} WHERE person_id IN ({people})", "person_id")
    for table in OF_ATTEMPTS:
        of = f"SELECT m.*, a.person_id FROM {table} m JOIN model_attempts a ON a.id = m.attempt_id"
        _keep(connection, table, of, "person_id")
    owner = f"CAST(CASE WHEN kind IN ({OWNED}) THEN attempt_id ELSE person_id END AS varchar)"
    split = f"substr(key, 1, {said['colon']}) AS head, substr(key, {said['colon']} + 1 + length({owner})) AS rest"
    closes = "(SELECT closes_at FROM model_attempts a WHERE a.id = attempt_id AND kind = 'started_attempt') AS closes_at"
    _keep(connection, "facts", f"SELECT *, {split}, {closes} FROM facts WHERE person_id IN ({people})", "person_id, id")
    connection.info["seed"] = True


def _keep(connection: Connection, table: str, query: str, index: str) -> None:
    connection.execute(text(f"CREATE TEMPORARY TABLE model_{table} AS {query}"))
    connection.execute(text(f"CREATE INDEX ix_model_{table} ON model_{table} ({index})"))


def _copying(table: Table, dialect: str) -> str:
    """The statement that adds the copies' rows of a table, each person's in the order of the model's."""
    said = SAID[dialect]
    values = {column.name: f"m.{column.name}" for column in table.c}
    values |= {c.name: said["later"].format(f"m.{c.name}") for c in table.c if isinstance(c.type, Moment)}
    values |= {"person_id": "c.person_id"} if "person_id" in table.c else {}
    values |= {"attempt_id": "m.attempt_id + c.attempts_on"} if "attempt_id" in table.c else {}
    order = ""
    if table.name == "attempts":
        values |= {"id": "m.id + c.attempts_on", "public_id": said["id"]}
    elif table.name == "facts":
        del values["id"]
        owner = f"CASE WHEN m.kind IN ({OWNED}) THEN m.attempt_id + c.attempts_on ELSE c.person_id END"
        values["key"] = f"m.head || {owner} || m.rest"
        values["detail"] = said["json"].format(_detail(said))
        order = "ORDER BY c.person_id, m.id"
    names, selected = ", ".join(values), ", ".join(values.values())
    source = f"seed_copies c JOIN model_{table.name} m ON m.person_id = c.model_id"
    return f"INSERT INTO {table.name} ({names}) SELECT {selected} FROM {source} {order}"


def _detail(said: Mapping[str, str]) -> str:
    """The fact of an attempt with a time limit says when it closes."""
    day, later = said["day"].format("m.closes_at"), said["day"].format(f"({said['later'].format('m.closes_at')})")
    detail = "CAST(m.detail AS text)"
    return f"CASE WHEN m.closes_at IS NULL THEN {detail} ELSE replace({detail}, {day}, {later}) END"


def _next(connection: Connection, model: type[Person | Attempt]) -> int:
    return int(connection.execute(select(func.coalesce(func.max(model.id), 0))).scalar_one()) + 1


def _person(number: int, address: str, called: str, language: str, model: Model, days: int) -> dict[str, Any]:
    return {
        "id": number,
        "public_id": secrets.public_id(),
        "email": address,
        "email_key": address,
        "name": called,
        "language": language,
        "role": "learner",
        "created_at": model.joined_at + days * DAY,
    }


def _certificate(
    held: Mapping[str, Any], person: Mapping[str, Any], places: Sequence[Home], course: Course, days: int
) -> dict[str, Any]:
    """What the model's holds, with a code, a name and a place of its own."""
    own = {
        "code": certificates.new_code(),
        "person_id": person["id"],
        "name": person["name"],
        "organisation": "; ".join(" › ".join(place.path) for place in places)[:300],
        "course_title": course.text_for(person["language"]).title,
        "language": person["language"],
        "modules": [
            module | {"completed_on": (date.fromisoformat(module["completed_on"]) + days * DAY).isoformat()}
            for module in held["modules"]
        ],
        "issued_at": held["issued_at"] + days * DAY,
    }
    return {name: value for name, value in held.items() if name != "id"} | own
