"""What the server has acknowledged, noted by the client once the answer is there, and held against the database afterwards.

Three rules, for each lesson, each attempt and each item of it: what was acknowledged is stored; what is stored beyond it is at
most the one request that was under way when the client gave up; nothing is stored twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, create_engine, select

from course.learning.tables import Attempt, Fact, LessonState
from quizzes.model import Response


@dataclass
class Notes:
    """One learner's. ``under_way`` is the kind of the request whose answer never came; ``failed_at`` is when one was not
    acknowledged, by the clock that only goes on.
    """

    person: int
    toggled: int = 0
    started: list[str] = field(default_factory=list)
    responded: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    closed: list[str] = field(default_factory=list)
    under_way: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    failed_at: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        return self.toggled + len(self.started) + sum(map(len, self.responded.values())) + len(self.closed)


def compare(url: str, ledger: list[Notes]) -> list[str]:
    """Every breach of the rules, in words."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = list(_breaches(connection, {notes.person: notes for notes in ledger}))
    engine.dispose()
    return found


def _breaches(connection: Connection, ledger: dict[int, Notes]) -> Iterator[str]:
    toggles: dict[int, list[str]] = defaultdict(list)
    given: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    closings: Counter[int] = Counter()
    facts = select(Fact.person_id, Fact.kind, Fact.key, Fact.attempt_id, Fact.detail).order_by(Fact.id)
    for person, kind, key, attempt, detail in connection.execute(facts):
        if kind in {"completed_lesson", "undid_lesson"}:
            toggles[person].append(key)
        elif kind == "responded":
            given[attempt][detail["item"]].append(said(Response.from_json(detail["response"])))
        elif kind == "closed_attempt":
            closings[attempt] += 1
    states = {
        row.person_id: row
        for row in connection.execute(select(LessonState.person_id, LessonState.changes, LessonState.done_at))
    }
    attempts: dict[int, list[tuple[int, str, bool]]] = defaultdict(list)
    columns = select(Attempt.id, Attempt.public_id, Attempt.person_id, Attempt.number, Attempt.closed_at)
    for row in connection.execute(columns.order_by(Attempt.person_id, Attempt.number)):
        attempts[row.person_id].append((row.id, row.public_id, row.closed_at is not None))
    for person, notes in ledger.items():
        yield from _toggles(notes, toggles[person], states.get(person))
        yield from _attempts(notes, attempts[person], given, closings)


def _toggles(notes: Notes, keys: list[str], state: object) -> Iterator[str]:
    numbers = [int(key.rpartition(":")[2]) for key in keys]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"person {notes.person}: changes of the lesson are numbered {numbers[:20]}"
    yield from _within(notes, "toggle", notes.toggled, len(numbers), f"person {notes.person}: changes of the lesson")
    if getattr(state, "changes", 0) != len(numbers) or (getattr(state, "done_at", None) is not None) != len(numbers) % 2:
        yield f"person {notes.person}: the lesson's state is not that of its facts"


def _attempts(
    notes: Notes, stored: list[tuple[int, str, bool]], given: dict[int, dict[str, list[str]]], closings: Counter[int]
) -> Iterator[str]:
    names = [public_id for _, public_id, _ in stored]
    if names[: len(notes.started)] != notes.started:
        yield f"person {notes.person}: {len(notes.started)} attempts were acknowledged, and others are stored"
    yield from _within(notes, "start", len(notes.started), len(names), f"person {notes.person}: attempts")
    responded: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for (public_id, item), values in notes.responded.items():
        responded[public_id][item] = values
    for number, public_id, is_closed in stored:
        if closings[number] != is_closed:
            yield f"attempt {number}: closed {closings[number]} times"
        if public_id in notes.closed and not is_closed:
            yield f"attempt {number}: acknowledged as closed, and open"
        for item in given[number].keys() | responded[public_id].keys():
            said_, kept = responded[public_id].get(item, []), given[number].get(item, [])
            if kept[: len(said_)] != said_:
                yield f"attempt {number}, {item}: {len(said_)} responses were acknowledged, and others are stored"
            yield from _within(notes, "respond", len(said_), len(kept), f"attempt {number}, {item}: responses")
    closed = sum(1 for _, _, is_closed in stored if is_closed)
    yield from _within(notes, "close", len(notes.closed), closed, f"person {notes.person}: closed attempts")


def _within(notes: Notes, kind: str, acknowledged: int, stored: int, what: str) -> Iterator[str]:
    """Stored is what was acknowledged, and one more if such a request was under way."""
    if stored < acknowledged:
        yield f"{what}: LOST, {acknowledged} acknowledged and {stored} stored"
    elif stored > acknowledged + (notes.under_way == kind):
        yield f"{what}: {stored} stored and only {acknowledged} acknowledged"


def said(response: Response) -> str:
    return response.choices[0] if response.choices else response.text
