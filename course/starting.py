"""Starting the server: publish the folder, say what was loaded and where it is served, then serve until stopped."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from .config import SettingError, Settings
from .serving.minding import Job, apart, mind
from .serving.ports import free_address

if TYPE_CHECKING:
    from flask import Flask

    from .serving.answers import Application

Echo = Callable[[str], None]
Done = TypeVar("Done")
Signature = frozenset[tuple[str, int, int]]
LOOK = 0.5  # seconds between two looks at the folder; a tree must stand still for one of them before it is published
LAST = 19  # how far reading ahead steps back for those who serve pages
GRACE = 10.0  # seconds that a request under way has left once the server is told to stop
log = logging.getLogger(__name__)


def start(settings: Settings, *, host: str, port: int, workers: int, watch: bool, echo: Echo) -> int:
    """Serves until stopped, and returns an exit code. Raises SettingError with one clear line where the address is taken."""
    seen = signature(settings.modules) if watch else frozenset()

    shown = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def load(is_first: bool) -> Application:
        return _or_one_line(lambda: _loaded(settings, shown if is_first else "", echo))

    beside = [partial(_watch, settings, echo, seen)] if watch else []
    return serve(load, host, port, workers, threads=settings.threads, beside=beside, once=[partial(_read_ahead, settings)])


def serve(
    load: Callable[[bool], Application],
    host: str,
    port: int,
    workers: int = 1,
    *,
    threads: int = 4,
    beside: Sequence[Job] = (),
    once: Sequence[Job] = (),
) -> int:
    """Serves until stopped what is loaded, and returns an exit code; ``load`` is told whether this is the first time.

    This process imports nothing of the application and of the server. Raises SettingError with one line where the address is
    taken or is not of this machine.
    """

    def lead(is_first: bool) -> Job:
        from .serving.working import worker

        return worker(load(is_first), address, port, workers=workers, threads=threads)

    address = free_address(host, port)
    return mind(lead, workers, grace=GRACE, beside=beside, once=once)


def _loaded(settings: Settings, address: str, echo: Echo) -> Flask:
    """The application, which has shown its first page to nobody: what every page needs is loaded once, and shared by workers.

    With an ``address`` the folder is published before, and what is served there is said.
    """
    from . import create_app

    app = create_app(settings)
    if address:
        publish = partial(_or_one_line, partial(_publish, app, settings, echo))
        if not apart(publish):  # what it needs, such as Markdown, is not held for ever
            raise SystemExit(1)
        _say_where(app, settings, address, echo)
    app.test_client().get("/en/", base_url=settings.public_url)
    _let_go(app)
    return app


def _or_one_line(do: Callable[[], Done]) -> Done:
    """Does it. Raises SystemExit with what a command says where a setting or the database is not right."""
    try:
        return do()
    except SettingError as error:
        raise SystemExit(f"Error: {error}") from None
    except Exception as error:
        from .extensions import refusal

        said = refusal(error)
        if not said:
            raise
        raise SystemExit(f"Error: {said}") from error


def _say_where(app: Flask, settings: Settings, address: str, echo: Echo) -> None:
    from . import clock
    from .accounts import links
    from .extensions import current_session, intend

    address = settings.public_url if settings.public_url != "http://127.0.0.1:8000" else address
    with app.app_context():
        intend(to_write=True)
        first = links.first_admin_token(current_session(), clock.now())
        current_session().commit()
    echo(f"Serving on {address}")
    if first:
        echo(f"Make the first administrator, once, within a day: {address}/en/account/first/{first}")


def _let_go(app: Flask) -> None:
    from .extensions import intend, let_go

    with app.app_context():
        let_go()
        intend(to_write=False)


def _publish(app: Flask, settings: Settings, echo: Echo) -> None:
    from . import clock
    from .content.problems import counted, from_here
    from .extensions import current_session, intend
    from .publishing import revisions
    from .publishing.again import publish_if_changed

    with app.app_context():
        intend(to_write=True)
        session, note = current_session(), settings.instance / "last-read"
        done = publish_if_changed(session, settings.modules, settings.assets, note, by="at the start", now=clock.now())
        session.commit()
        for problem in from_here(settings.modules, done.problems):
            echo(str(problem))
        if done.course is not None:
            lessons = sum(len(module.lessons) for module in done.course.modules)
            counts = f"{len(done.course.modules)} modules, {lessons} lessons, {len(done.course.practices)} practices"
            echo(f"{counts}: revision {done.course.digest[:12]}")
        elif revisions.live_digest(session):
            echo(f"{counted(len(done.problems), 'problem')}: the last good revision stays live.")
        else:
            echo(f"{counted(len(done.problems), 'problem')}: nothing can be published until the folder is mended.")


def _read_ahead(settings: Settings) -> None:
    """In a process of its own, which is gone afterwards, and behind whatever else the processors have to do."""
    os.nice(LAST)
    from .reports.ahead import read_ahead

    try:
        read_ahead(settings.replica_url or settings.database_url)
    except Exception as error:  # noqa: BLE001  either driver's: whoever asks for a report waits for the disk
        log.warning("not read ahead: %s", error)


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def signature(folder: Path) -> Signature:
    """Every file with its size and time of change; equal signatures mean that nobody has written."""
    found = set()
    for path in folder.rglob("*"):
        try:
            stat = path.stat()
        except OSError:
            continue  # taken away while we look
        found.add((str(path), stat.st_size, stat.st_mtime_ns))
    return frozenset(found)


def _watch(settings: Settings, echo: Echo, published: Signature) -> None:
    """Publishes a changed folder once it stands still; its problems are said here and on the author's page."""
    from . import create_app

    app, seen = create_app(settings), published
    echo(f"Saved files under {_shown(settings.modules)} go live by themselves. Ctrl-C stops.")
    while True:
        time.sleep(LOOK)
        now_seen = signature(settings.modules)
        if now_seen == seen and now_seen != published:
            published = now_seen
            try:
                _publish(app, settings, echo)
            except Exception as error:  # noqa: BLE001  the watcher outlives any one failure, such as a full disk
                echo(f"not published: {error}")
        seen = now_seen
