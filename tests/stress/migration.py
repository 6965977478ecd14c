"""A large database goes back a version and comes up again, is killed on the way, and holds the same rows afterwards.

./dev stress migration [quick] [--postgresql]
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, NullPool, Table, create_engine, func, select, text

from course import schema
from course.database.connections import prepare
from tests.rig.server import ROOT
from tests.stress import place
from tests.stress.learning import until
from tests.stress.place import Place
from tests.stress.telling import Table as Told

FULL, QUICK = (60_000, 12), (1_000, 4)  # learners, some 20 rows each, and kills
AT_ONCE = 10_000  # rows that are read
GONE_WITHIN = 120.0  # seconds until PostgreSQL has noticed that a program is dead
CHANGES = "tally_changes"  # what waits to be added to the tallies; both together are compared
SINCE_THEN = {("alembic_version", "version_num")}  # what says that it is another version
UP = "import os; from course import config, create_app; create_app(config.load(os.environ))"  # as every command begins
Digests = dict[tuple[str, str], str]


def run(words: list[str]) -> bool:
    learners, kills = QUICK if "quick" in words else FULL
    is_postgresql = "--postgresql" in words
    with place.database(is_postgresql=is_postgresql) as (url, _postgresql), place.made(0, database_url=url) as here:
        code, said = here.course("seed", "--learners", str(learners))
        if code:
            raise SystemExit(said)
        engine = create_engine(here.database_url, poolclass=NullPool)
        prepare(engine)
        table = Told(f"migration, {'PostgreSQL' if is_postgresql else 'SQLite'}")
        table.at_least("rows", rows(engine), 20 * learners)
        new, old = schema.newest(), before(schema.newest())
        kept = digests(engine)
        went = timed(lambda: schema.downgrade(engine, old))
        table.add(f"down from {new} to {old}, s", f"{went:.1f}")
        older = digests(engine)
        table.none_of("columns of the older version that differ", differing(kept, older))
        came = timed(lambda: started(here).wait())
        table.add("up again, as a program starts, s", f"{came:.1f}")
        table.none_of("columns that differ after down and up", unlike(kept, digests(engine)))
        idle = timed(lambda: started(here).wait())  # with nothing to do but to begin
        killed(table, here, engine, (kept, older), (old, 0.7 * idle, came, kills))
        engine.dispose()
        number, said = here.differences()
        table.none_of("differences found by `course verify`", [] if number == 0 else said.splitlines())
        return table.tell()


def killed(
    table: Told, here: Place, engine: Engine, states: tuple[Digests, Digests], how: tuple[str, float, float, int]
) -> None:
    """Each time elsewhere on the way up; whatever is there then is one of the two versions, and the next start mends it."""
    (kept, older), (old, earliest, latest, kills) = states, how
    found, broken, left = Counter[str](), list[str](), list[str]()
    for number in range(kills):
        if version(engine) != old:
            schema.downgrade(engine, old)
        process = started(here)
        time.sleep(earliest + (latest - earliest) * (number + random.random()) / kills)
        process.send_signal(signal.SIGKILL)
        process.wait()
        until(lambda: is_alone(engine), GONE_WITHIN, "the database has noticed that the program is dead")
        is_old = version(engine) == old
        found["of the older version" if is_old else "of the newer version"] += 1
        broken += unlike(older if is_old else kept, digests(engine))
        if started(here).wait():
            left.append(f"after kill {number + 1} the program did not start")
        left += unlike(kept, digests(engine))
    table.at_least("kills", found.total(), kills)
    for what, times in found.items():
        table.add(f"  left whole and {what}", times)
    table.none_of("columns that were left half-way", broken)
    table.none_of("columns that the next start did not mend", left)


def started(here: Place) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", UP], cwd=ROOT, env=os.environ | here.environ)


def before(newest: str) -> str:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    return str(ScriptDirectory.from_config(config).get_revision(newest).down_revision)


def version(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def rows(engine: Engine) -> int:
    with engine.connect() as connection:
        return sum(connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables(engine))


def tables(engine: Engine) -> list[Table]:
    known = MetaData()
    known.reflect(engine)
    return [
        table for name, table in known.tables.items() if not name.startswith("facts_")
    ]  # partitions: ``facts`` is all of them


def digests(engine: Engine) -> Digests:
    """Of each column of each table, in the order of its key."""
    found: Digests = {}
    every = {table.name: table for table in tables(engine)}
    with engine.connect() as connection:
        if CHANGES in every:
            found["tallies", "number"] = _tallied(connection, every["tallies"], every.pop(CHANGES))
            del every["tallies"]
        for name, table in every.items():
            parts = [hashlib.md5() for _ in table.c]
            for batch in connection.execute(select(*table.c).order_by(*table.primary_key)).partitions(AT_ONCE):
                for part, values in zip(parts, zip(*batch, strict=True), strict=True):
                    part.update(repr(values).encode())
            found |= {(name, c.name): part.hexdigest() for c, part in zip(table.c, parts, strict=True)}
    return found


def _tallied(connection: Connection, tallies: Table, changes: Table) -> str:
    """What the tallies come to, in how many rows they may lie."""
    sums = Counter[tuple[object, ...]]()
    for table in (tallies, changes):
        for row in connection.execute(select(*(table.c[column.name] for column in tallies.c))):
            sums[tuple(row[:-1])] += row[-1]
    return repr(hash(frozenset((key, number) for key, number in sums.items() if number)))


def differing(one: Digests, other: Digests) -> list[str]:
    """Columns that both have, with other values."""
    return [f"{'.'.join(name)}" for name in one if name in other and name not in SINCE_THEN and one[name] != other[name]]


def unlike(one: Digests, other: Digests) -> list[str]:
    """Those, and the columns that only one of the two has."""
    return [*differing(one, other), *(".".join(name) for name in sorted(one.keys() ^ other.keys()))]


def timed(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def is_alone(engine: Engine) -> bool:
    """Whether nobody else is connected, as far as the database knows; SQLite needs no time to notice."""
    if engine.dialect.name == "sqlite":
        return True
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with engine.connect() as connection:
        return bool(connection.execute(text(others)).scalar_one() == 0)
