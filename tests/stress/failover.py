"""The primary dies under load, its synchronous standby takes over, and everything acknowledged is there.

    ./dev stress failover [quick]

Two app servers in network namespaces with an address and an instance each, nginx before them, a real PostgreSQL with a
synchronous standby. kill -9 goes to every process of the primary. What watches over it promotes the standby within a second;
the dead one is made anew as the standby of the other, and the next to die.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.rig.server import serving
from tests.rig.standby import PRIMARY, STANDBY, Pair, pair
from tests.stress import machines, place
from tests.stress.learning import Crowd, until
from tests.stress.machines import HERE, NETWORK
from tests.stress.place import Place
from tests.stress.telling import Table, judge

THREADS, LEARNERS = 12, 120
FULL, QUICK = 6, 1  # times that the primary dies
LONGEST = 5.0  # seconds from the first request that fails to the last
PORT = 8000  # of each app server


def run(words: list[str]) -> bool:
    times = QUICK if "quick" in words else FULL
    table = Table("failover, PostgreSQL with a synchronous standby, two app servers behind nginx")
    try:
        with machines.machines(2) as hosts, _databases() as both, _site(both, hosts) as here:
            _die_again_and_again(both, here, times, table)
    except machines.NotAllowed as error:
        table.add("failovers", "not tried")
        table.said.append(f"not tried: {error}")
    return table.tell()


@contextmanager
def _databases() -> Iterator[Pair]:
    with pair(["-c", f"listen_addresses={HERE}"], [NETWORK]) as both:
        _wait_for_the_standby(both, PRIMARY)
        yield both


def _wait_for_the_standby(both: Pair, primary: int) -> None:
    """From here on nothing is acknowledged before it is on the disk of both."""
    both.ask(primary, "ALTER SYSTEM SET synchronous_standby_names = 'standby'")
    both.ask(primary, "SELECT pg_reload_conf()")
    until(lambda: both.ask(primary, "SELECT sync_state FROM pg_stat_replication") == "sync", 60, "the standby is synchronous")


@contextmanager
def _site(both: Pair, hosts: list[tuple[str, list[str]]]) -> Iterator[Place]:
    name = both.cluster(PRIMARY).create()
    address = f"postgresql://course@{HERE}:{PRIMARY},{HERE}:{STANDBY}/{name}?target_session_attrs=read-write"
    with place.made(LEARNERS, database_url=address) as here, ExitStack() as running:
        secret = (here.folder / "instance" / "secret.key").read_text(encoding="ascii")
        for number, (host, words) in enumerate(hosts):
            own = {"COURSE_INSTANCE": str(here.folder / f"instance-{number}"), "COURSE_SECRET_KEY": secret}
            running.enter_context(
                serving(here.factory, here.log, workers=2, environ=here.environ | own, port=PORT, host=host, started_by=words)
            )
        servers = [f"{host}:{PORT}" for host, _ in hosts]
        running.enter_context(machines.nginx(here.folder / "nginx", here.port, servers, here.log))
        yield here


def _die_again_and_again(both: Pair, here: Place, times: int, table: Table) -> None:
    crowd, primary, standby = Crowd(here, THREADS), PRIMARY, STANDBY
    errors, promoted = list[float](), list[float]()
    with crowd.working():
        for _ in range(times):
            _goes_on(crowd, "before the primary dies")
            time.sleep(random.uniform(0.5, 2))
            asked, other = both.cluster(primary).admin_url, both.cluster(standby).admin_url
            before, died_at = _failures(crowd), time.monotonic()
            both.stop(primary, signal.SIGKILL)
            promoted.append(machines.promote_when_gone(asked, other) - died_at)
            _goes_on(crowd, "after the standby was promoted")
            time.sleep(2)
            failed = _failures(crowd)[len(before) :]
            errors.append(max(failed) - min(failed) if failed else 0.0)
            primary, standby = standby, primary
            both.follow(standby, primary)
            _wait_for_the_standby(both, primary)
        _goes_on(crowd, "at the end")
    table.at_least("failovers", len(errors), times)
    table.add("seconds until the standby was promoted", f"{min(promoted):.1f} to {max(promoted):.1f}")
    table.add("seconds of errors", f"{min(errors):.1f} to {max(errors):.1f} (under {LONGEST:g})", max(errors) < LONGEST)
    table.add("requests acknowledged", crowd.acknowledged)
    table.add("requests without an answer, sent again", crowd.count("no answer"))
    table.add("requests answered 'not saved', sent again", crowd.count("not saved (503)"))
    judge(table, here, crowd)


def _goes_on(crowd: Crowd, when: str) -> None:
    so_far = crowd.acknowledged
    until(lambda: crowd.acknowledged > so_far + 20 * THREADS, 60, f"requests acknowledged {when}")


def _failures(crowd: Crowd) -> list[float]:
    return sorted(at for notes in crowd.ledger for at in notes.failed_at)
