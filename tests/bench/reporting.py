"""The completion report of very many learners: from the tallies against a count of everybody, on both databases, and its pages.

The learners are made in SQL and have summaries alone, no facts: what is measured is how figures are read and kept.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from course import clock, config, create_app
from course.accounts import sign_ins
from course.accounts.tables import Person
from course.extensions import current_session, intend, let_go, see_one_moment, writing
from course.publishing import revisions
from course.reports import completion, tallied
from course.reports.filters import Filters
from course.reports.tallying import paused
from course.web.reports import MOST
from tests.rig import postgres

LEARNERS = 200_000
COUNTRIES, PLACES = 40, 3000
ROUNDS, CHANGES = 9, 4000
HOURS = 8_000  # over which they enrolled
PATHS = {"top": "/en/reports/completion", "city": "/en/reports/completion?organisation=o100"}
Row = tuple[str, str, str, bool | None]


def measured(learners: int = LEARNERS) -> list[Row]:
    """Name, value, bound, and whether it is kept."""
    with tempfile.TemporaryDirectory() as name, postgres.cluster() as cluster:
        urls = {"SQLite": f"sqlite:///{name}/course.sqlite3", "PostgreSQL": cluster.url(cluster.create())}
        return [row for words, url in urls.items() for row in _on(words, url, Path(name) / words, learners)]


def _on(words: str, url: str, folder: Path, learners: int) -> list[Row]:
    settings = config.load({"COURSE_INSTANCE": str(folder), "COURSE_DATABASE_URL": url})
    app = create_app(settings)
    with app.app_context():
        intend(to_write=True)
        session = current_session()
        revisions.publish_folder(session, settings.modules, settings.instance / "assets", by="bench", now=clock.now())
        session.commit()
        begun = time.perf_counter()
        fill(session, learners)
        filled = time.perf_counter() - begun
        cookie = sign_ins.begin(session, _administrator(session).id, clock.now())
        session.commit()
        rows = [(f"{words}: {learners:,} learners made and tallied, s", f"{filled:.0f}", "", None), *_reports(words, session)]
        rows += _writes(words, session, learners)
        let_go()
    client = app.test_client()
    client.set_cookie("course", cookie)
    for what, bound in (("top", 150), ("city", 60)):
        took = _timed(lambda path=PATHS[what]: client.get(path).get_data())  # type: ignore[misc]
        rows.append(_at_most(f"{words}: the report's page, {what}, ms", [1000 * one for one in took], bound))
    with app.app_context():
        let_go()
    return rows


def fill(session: Session, learners: int) -> None:
    """Countries and cities, learners of a year with up to eight modules each, one in 25 of them in two cities."""
    course = revisions.restore(session, revisions.live_digest(session))
    connection = session.connection()
    with paused(connection):
        for statement in _crowd(connection.dialect.name, learners, [module.slug for module in course.modules]):
            connection.exec_driver_sql(statement)
    session.commit()
    if connection.dialect.name == "postgresql":
        with session.get_bind().execution_options(isolation_level="AUTOCOMMIT").connect() as other:  # type: ignore[union-attr]
            other.exec_driver_sql("VACUUM ANALYZE")


def _crowd(dialect: str, learners: int, modules: list[str]) -> Iterator[str]:
    first = f"{clock.now() - timedelta(hours=HOURS + 1600):%Y-%m-%d %H:00:00}"

    def numbers(last: int, start: int = 1) -> str:
        return f"(WITH RECURSIVE c (n) AS (SELECT {start} UNION ALL SELECT n + 1 FROM c WHERE n < {last}) SELECT n FROM c) AS q"

    def after(hours: str) -> str:
        if dialect == "postgresql":
            return f"(CAST('{first}+00' AS timestamptz) + ({hours}) * interval '1 hour')"
        return f"(datetime('{first}', '+' || ({hours}) || ' hours') || '.000000')"

    def rest(number: str, of: int) -> str:
        return f"mod({number}, {of})" if dialect == "postgresql" else f"(({number}) % {of})"

    place = "organisations (id, public_id, parent_id, kind, name, name_key, created_at)"
    yield (
        f"INSERT INTO {place} SELECT n, 'o' || n, NULL, 'country', 'Land ' || n, 'land ' || n, {after('0')} "
        f"FROM {numbers(COUNTRIES)}"
    )
    yield (
        f"INSERT INTO {place} SELECT n, 'o' || n, 1 + {rest('n', COUNTRIES)}, 'municipality', 'City ' || n, 'city ' || n, "
        f"{after('0')} FROM {numbers(PLACES, COUNTRIES + 1)}"
    )
    yield (
        "INSERT INTO organisation_closure (ancestor_id, descendant_id, depth) SELECT id, id, 0 FROM organisations "
        "UNION ALL SELECT parent_id, id, 1 FROM organisations WHERE parent_id IS NOT NULL"
    )
    role = f"CASE WHEN {rest('n', 50)} = 0 THEN 'administrator' ELSE 'learner' END"
    yield (
        "INSERT INTO people (id, public_id, name, language, role, created_at) "
        f"SELECT n, 'p' || n, 'Learner ' || n, 'en', {role}, {after('0')} FROM {numbers(learners)}"
    )
    for step, only in ((7919, 1), (6007, 25)):
        home = f"{COUNTRIES + 1} + {rest(f'n * {step}', PLACES - COUNTRIES)}"
        yield (
            "INSERT INTO memberships (person_id, organisation_id, role, since_at) "
            f"SELECT n, {home}, 'member', {after('0')} FROM {numbers(learners)} WHERE {rest('n', only)} = 0"
        )
    enrolled, taken = rest("n * 31", HOURS), rest("n * 17", 1500)
    yield (
        "INSERT INTO enrolments (person_id, enrolled_at, last_at, modules_completed, completed_at) "
        f"SELECT n, {after(enrolled)}, {after('0')}, 0, CASE WHEN {rest('n', 6)} = 0 THEN {after(f'{enrolled} + {taken}')} END "
        f"FROM {numbers(learners)}"
    )
    for number, slug in enumerate(modules):
        score, done = rest(f"n * 13 + {number}", 41), after(f"{enrolled} + 10 + {rest(f'n * 17 + {number}', 1500)}")
        tried = f"{rest(f'n + {number}', 5)} > 0"
        yield (
            "INSERT INTO module_states (person_id, module, started_at, last_at, score, score_ppm, passed_at, completed_at) "
            f"SELECT n, '{slug}', {after(f'{enrolled} + 10')}, {after('0')}, CASE WHEN {tried} THEN {score} || '/40' END, "
            f"CASE WHEN {tried} THEN {score} * 25000 END, CASE WHEN {tried} AND {score} > 27 THEN {done} END, "
            f"CASE WHEN {tried} AND {score} > 29 THEN {done} END FROM {numbers(learners)} "
            f"WHERE {rest(f'n * 3 + {number}', 8)} < {rest('n', 9)}"
        )


def _administrator(session: Session) -> Person:
    return session.get_one(Person, 50)


def _reports(words: str, session: Session) -> list[Row]:
    course = revisions.restore(session, revisions.live_digest(session))

    def report(organisation: int | None = None, most: int | None = MOST) -> completion.Report:
        see_one_moment(session)
        asked = Filters(organisation=organisation)
        return completion.completion(session, course=course, scope=None, filters=asked, now=now, most=most)

    intend(to_write=False)
    session.rollback()
    rows: list[Row] = []
    now = clock.now()
    whole = _timed(lambda: report(most=None), 3)
    rows.append((f"{words}: every line of the report, from the tallies, ms", f"{1000 * min(whole):.0f}", "", None))
    for what, organisation in (("top", None), ("city", 100)):
        kept, took = report(organisation), _timed(lambda organisation=organisation: report(organisation))  # type: ignore[misc]
        with counting():
            begun = time.perf_counter()
            is_same = report(organisation) == kept
            slow = time.perf_counter() - begun
        ratio = slow / statistics.median(took)
        rows += [
            _at_most(f"{words}: the report, {what}, from the tallies, ms", [1000 * one for one in took], 20),
            (f"{words}: the report, {what}, counted, ms", f"{1000 * slow:,.0f}", "", None),
            (f"{words}: the report, {what}, counted / tallied", f"{ratio:,.0f}", "≥ 200", ratio >= 200),
            (f"{words}: the report, {what}, is the same both ways", str(is_same), "= True", is_same),
        ]
    intend(to_write=True)
    session.rollback()
    return rows


@contextmanager
def counting() -> Iterator[None]:
    """Inside, nothing is read from the tallies."""
    kept = tallied.places
    tallied.places = lambda *_asked: ()
    try:
        yield
    finally:
        tallied.places = kept


def _writes(words: str, session: Session, learners: int) -> list[Row]:
    """What a change costs with the triggers and without; not the commit, which costs the same."""
    changes = {"a score that changes": "score_ppm + 1", "a score that stays": "score_ppm"}
    rows: list[Row] = []
    for what, value in changes.items():
        change = text(f"UPDATE module_states SET score_ppm = {value} WHERE person_id = :who AND module = :module")
        took = {is_resting: _written(session, change, learners, is_resting) for is_resting in (False, True)}
        rows.append((f"{words}: {what}, µs with / without triggers", f"{took[False]:.0f} / {took[True]:.0f}", "", None))
    return rows


def _written(session: Session, change: TextClause, learners: int, is_resting: bool) -> float:
    with writing(session):
        connection = session.connection()
        module = connection.execute(text("SELECT min(module) FROM module_states")).scalar_one()
        if is_resting:
            paused(connection).__enter__()  # the transaction is not kept: nothing has to be counted again
        begun = time.perf_counter()
        for number in range(CHANGES):
            connection.execute(change, {"who": 1 + number * 97 % learners, "module": module})
        took = (time.perf_counter() - begun) / CHANGES * 1_000_000
        session.rollback()
    return took


def _timed(work: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    work()
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return took


def _at_most(name: str, values: list[float], bound: float) -> Row:
    middle = statistics.median(values)
    return name, f"{middle:.1f} [{min(values):.1f}..{max(values):.1f}]", f"≤ {bound:g}", middle <= bound
