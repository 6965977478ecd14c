"""Summary rows: as they are stored, and as the facts say that they must be. Both are mappings, compared in one loop.

Live state that no fact carries is not compared: where somebody was last (`last_*`), and how far a clip was played (`watched`,
`second`). A row that is made anew takes the best that the facts know of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

import quizzes
from quizzes.model import Response

from ..learning.tables import Attempt, Certificate, Enrolment, Given, LessonState, ModuleState, Outcome, ScoreChange
from ..reports.tables import Tally, TallyPlace
from .fold import Life, Passage
from .recount import Belonging

Key = tuple[Any, ...]
Row = Mapping[str, Any]
Tables = dict[str, dict[Key, Row]]
EVERYWHERE = 0  # where everybody counts, whatever they belong to


@dataclass(frozen=True, slots=True)
class Kept:
    """A summary table: what names a row, what is compared, and whether ``course rebuild`` may write to it."""

    table: Table
    key: tuple[str, ...]
    compared: tuple[str, ...]
    is_mended: bool = True
    of_attempt: bool = False

    @property
    def name(self) -> str:
        return self.table.name


def table_of(model: Any) -> Table:
    found: Table = model.__table__
    return found


KEPT = (
    Kept(
        table_of(Enrolment),
        ("person_id",),
        ("enrolled_at", "modules_completed", "completed_at", "is_started", "modules_passed", "is_certified"),
    ),
    Kept(
        table_of(ModuleState), ("person_id", "module"), ("started_at", "score", "score_ppm", "passed_at", "completed_at")
    ),
    Kept(table_of(ScoreChange), ("person_id", "module", "number"), ("score", "score_ppm", "since_at", "until_at")),
    Kept(table_of(LessonState), ("person_id", "module", "lesson"), ("opened_at", "done_at", "changes")),
    Kept(
        table_of(Attempt),
        ("id",),
        (
            "person_id", "module", "number", "revision", "started_at", "pass_mark", "closed_at", "raw", "max", "is_passed",
        ),
    ),
    Kept(table_of(Given), ("attempt_id", "item"), ("value", "at"), of_attempt=True),
    Kept(table_of(Outcome), ("attempt_id", "item"), ("status", "raw", "max"), of_attempt=True),
    Kept(
        table_of(Certificate),
        ("person_id",),
        ("issued_at", "revision", "rule", "modules", "course_title", "publisher"),
        is_mended=False,
    ),
    Kept(table_of(TallyPlace), ("person_id", "place_id"), ("is_staff", "name_key")),
)  # fmt: skip
TALLIES = Kept(table_of(Tally), ("place_id", "module", "is_staff", "measure", "value"), ("number",))


def stored(session: Session, kept: Kept, people: Sequence[int]) -> dict[Key, Row]:
    """The rows of these people as they are, whole."""
    table = kept.table
    query = select(table)
    if kept.of_attempt:
        query = query.join(table_of(Attempt), table_of(Attempt).c.id == table.c.attempt_id).where(
            table_of(Attempt).c.person_id.in_(people)
        )
    else:
        query = query.where(table.c.person_id.in_(people))
    return {tuple(row[name] for name in kept.key): dict(row) for row in session.execute(query).mappings()}


def expected(life: Life, belonging: Belonging, held: Tables) -> Tables:
    """What the facts of one person say that each table holds.

    Of the stored rows only what no fact carries is asked: the seed of an attempt, the language of a certificate, and whether
    there is an enrolment to be counted.
    """
    found: Tables = {kept.name: {} for kept in KEPT}
    if life.enrolled_at:
        found["enrolments"][life.person_id,] = _enrolment(life, belonging)
    if (life.person_id,) in held["enrolments"]:
        found["tally_places"] = {
            (life.person_id, place): {
                "person_id": life.person_id, "place_id": place, "is_staff": belonging.is_staff, "name_key": belonging.name_key,
            }
            for place in (EVERYWHERE, *belonging.places)
        }  # fmt: skip
    for slug, passage in life.modules.items():
        if passage.started_at:
            found["module_states"][life.person_id, slug] = _module(life.person_id, slug, passage)
        found["score_changes"] |= _scores(life.person_id, slug, passage)
        for lesson, reading in passage.lessons.items():
            found["lesson_states"][life.person_id, slug, lesson] = {
                "person_id": life.person_id, "module": slug, "lesson": lesson, "opened_at": reading.opened_at,
                "done_at": reading.done_at, "changes": reading.changes, "watched": "0", "second": 0,
            }  # fmt: skip
    _add_attempts(found, life, held["attempts"])
    if life.certified:
        found["certificates"][life.person_id,] = _certificate(life, held["certificates"].get((life.person_id,)))
    return found


def _add_attempts(found: Tables, life: Life, stored_attempts: Mapping[Key, Row]) -> None:
    for attempt_id, sitting in life.sittings.items():
        row = {
            "id": attempt_id, "person_id": life.person_id, "module": sitting.module, "number": sitting.number,
            "revision": sitting.revision, "started_at": sitting.started_at, "pass_mark": sitting.pass_mark,
            "closed_at": sitting.closed_at, "raw": sitting.raw, "max": sitting.max, "is_passed": sitting.is_passed,
        }  # fmt: skip
        found["attempts"][attempt_id,] = row
        if (attempt_id,) not in stored_attempts:
            continue  # what hangs on it cannot be there without it
        for item, (value, at) in sitting.given.items():
            found["responses"][attempt_id, item] = {"attempt_id": attempt_id, "item": item, "value": value, "at": at}
        if sitting.closed_at:
            found["outcomes"] |= _graded(life, attempt_id, stored_attempts[attempt_id,]["seed"])


def _enrolment(life: Life, belonging: Belonging) -> Row:
    module, lesson = life.last_place or (None, None)
    passages = life.modules.values()
    return {
        "person_id": life.person_id, "enrolled_at": life.enrolled_at, "modules_completed": life.completed_modules(),
        "completed_at": life.completed_at, "last_module": module, "last_lesson": lesson, "last_at": life.last_at,
        "is_started": any(passage.started_at for passage in passages),
        "modules_passed": sum(1 for passage in passages if passage.passed_at),
        "is_certified": life.certified is not None and not belonging.is_revoked,
    }  # fmt: skip


def _module(person_id: int, slug: str, passage: Passage) -> Row:
    score = passage.score
    return {
        "person_id": person_id, "module": slug, "started_at": passage.started_at,
        "score": None if score is None else str(score), "score_ppm": None if score is None else ppm(score),
        "passed_at": passage.passed_at, "completed_at": passage.completed_at, "last_at": passage.last_at,
    }  # fmt: skip


def _scores(person_id: int, slug: str, passage: Passage) -> dict[Key, Row]:
    """Each score that counted, until the next one did."""
    ends = [*(since for since, _score in passage.scores[1:]), None]
    return {
        (person_id, slug, number): {
            "person_id": person_id, "module": slug, "number": number, "score": str(score), "score_ppm": ppm(score),
            "since_at": since, "until_at": end,
        }
        for number, ((since, score), end) in enumerate(zip(passage.scores, ends, strict=False), 1)
    }  # fmt: skip


def ppm(score: Fraction) -> int:
    """Millionths, half up."""
    return math.floor(score * 1_000_000 + Fraction(1, 2))


def _graded(life: Life, attempt_id: int, seed: str) -> dict[Key, Row]:
    """Every item graded once more, from the responses that the facts hold, on the quiz of the attempt's revision."""
    sitting = life.sittings[attempt_id]
    quiz = life.shelf.quiz(sitting.revision, sitting.module)
    if quiz is None:
        return {}
    given = {item: Response.from_json(value) for item, (value, _at) in sitting.given.items()}
    outcome = quizzes.grade(quizzes.instance(quiz, seed), given)
    return {
        (attempt_id, item.item_id): {
            "attempt_id": attempt_id, "item": item.item_id, "status": item.status, "raw": str(item.score.raw),
            "max": str(item.score.max),
        }
        for item in outcome.items
    }  # fmt: skip


def _certificate(life: Life, held: Row | None) -> Row:
    assert life.certified is not None
    issued = life.certified
    course = life.shelf.course(issued.revision)
    source = course.languages[0]
    text = course.texts.get(held["language"] if held else source) or course.texts[source]
    titles = {module.slug: module.texts[source].title for module in course.modules}
    modules = [
        {
            "module": slug,
            "title": titles.get(slug, slug),
            "completed_on": f"{completed_at:%Y-%m-%d}",
            "percent": None if score is None else math.floor(score * 100),
        }
        for slug, (completed_at, score) in issued.modules.items()
    ]
    return {
        "person_id": life.person_id, "issued_at": issued.at, "revision": issued.revision, "course_title": text.title,
        "publisher": course.publisher, "modules": _in_order(modules),
        "rule": f"Completed {course.modules_to_complete} of {len(course.modules)} modules",
    }  # fmt: skip


def _in_order(modules: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(modules, key=str)


def comparable(kept: Kept, row: Row) -> dict[str, Any]:
    """The columns that are compared. The modules of a certificate are compared in one order, whatever theirs."""
    values = {name: row[name] for name in kept.compared}
    if kept.name == "certificates":
        values["modules"] = _in_order(values["modules"] or ())
    return values
