"""An instance of its own for a run under stress: the small course, learners who are signed in, and real servers on it."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from course import clock, config, create_app
from course.content.model import Course
from course.database.connections import address
from course.extensions import current_session, intend, let_go
from course.publishing import revisions
from tests.bench import load
from tests.bench.site import signed_in
from tests.courses import write_small_course
from tests.rig import postgres
from tests.rig.server import ROOT, Server, free_port, serving

Prepare = Callable[[Session, Course, int, int], None]  # the id of the learner, and their number from 0


@dataclass(frozen=True)
class Somebody:
    """A learner with a browser: the cookie, and the token of its forms."""

    id: int
    cookie: str
    token: str


@dataclass
class Place:
    """An instance with its learners. Servers come and go on ``port``; whoever asks finds the one that is there."""

    folder: Path
    environ: dict[str, str]
    learners: list[Somebody] = field(repr=False)
    log: Path
    port: int = field(default_factory=free_port)
    factory: str = "wsgi:app"
    server: Server | None = None
    _servers: ExitStack = field(default_factory=ExitStack)

    @property
    def database_url(self) -> str:
        """As SQLAlchemy reads it."""
        url = self.environ.get("COURSE_DATABASE_URL", f"sqlite:///{self.folder}/instance/course.sqlite3")
        return address(url).render_as_string(hide_password=False)

    def start(self, workers: int = 2) -> None:
        running = serving(self.factory, self.log, workers=workers, environ=self.environ, port=self.port)
        self.server = self._servers.enter_context(running)

    def stop(self) -> None:
        self._servers.close()

    def workers(self) -> list[int]:
        """The processes that answer."""
        assert self.server is not None
        return load.family(self.server.process.pid)[1:]

    def course(self, *words: str) -> tuple[int, str]:
        """A command of the course on this instance: its exit code and what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "course", *words],
            cwd=ROOT,
            env=os.environ | self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    def differences(self) -> tuple[int, str]:
        """How many values `course verify` finds wrong; -1 when it could not look. And its last line."""
        code, said = self.course("verify")
        last = said.splitlines()[-1] if said else ""
        found = re.search(r"([\d,]+) differences?|no difference", said)
        return (int((found[1] or "0").replace(",", "")) if found else -1), said if code else last


@contextmanager
def made(
    learners: int,
    *,
    database_url: str = "",
    folder: Path | None = None,
    changes: Mapping[str, str] | None = None,
    prepare: Prepare | None = None,
) -> Iterator[Place]:
    """A place in a temporary folder, or in the one named, whose server is not running yet. ``prepare`` brings each learner
    as far as they are wanted.
    """
    here = folder or Path(tempfile.mkdtemp(prefix="stress-"))
    modules = write_small_course(here / "modules", changes=changes)
    environ = {"COURSE_INSTANCE": str(here / "instance"), "COURSE_MODULES": str(modules)}
    environ |= {"COURSE_DATABASE_URL": database_url} if database_url else {}
    # In a process of its own, which leaves no file of the instance open in this one.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as another:
        people = another.submit(_filled, environ, learners, prepare).result()
    descriptor, log = tempfile.mkstemp(prefix="stress-", suffix=".log")  # on no disk that is filled or cut
    os.close(descriptor)
    place = Place(here, environ, people, Path(log))
    try:
        yield place
    finally:
        place.stop()
        place.log.unlink()
        if folder is None:
            shutil.rmtree(here)


def _filled(environ: Mapping[str, str], learners: int, prepare: Prepare | None) -> list[Somebody]:
    settings = config.load(environ)
    app = create_app(settings)
    with app.app_context():
        intend(to_write=True)
        session, now = current_session(), clock.now()
        revisions.publish_folder(session, settings.modules, settings.instance / "assets", by="stress", now=now)
        people = [Somebody(*signed_in(session, number, settings.secret_key, now)) for number in range(learners)]
        course = revisions.restore(session, revisions.live_digest(session))
        for number, who in enumerate(people if prepare else ()):
            assert prepare is not None
            prepare(session, course, who.id, number)
        session.commit()
        let_go()
    return people


@contextmanager
def database(*, is_postgresql: bool) -> Iterator[tuple[str, postgres.Running | None]]:
    """The address of an empty database, empty for SQLite in the instance; and the PostgreSQL, at full durability."""
    if not is_postgresql:
        yield "", None
        return
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        installation = postgres.Installation(folder)
        installation.initialise(folder / "data")
        with installation.running(folder / "data") as running:
            yield running.url, running
    finally:
        shutil.rmtree(folder)
