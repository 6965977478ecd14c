"""Starting the server: publish the folder, say what was loaded and where it is served, then serve until stopped."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from . import clock, create_app
from .accounts import links
from .config import Settings
from .extensions import current_session, intend, let_go
from .publishing import revisions
from .serving import ensure_free, serve

Echo = Callable[[str], None]
LOOK = 0.5  # seconds between two looks at the folder; a tree must stand still for one of them before it is published


def start(settings: Settings, *, host: str, port: int, workers: int, watch: bool, echo: Echo) -> None:
    """Serves until stopped. Raises SettingError with one clear line when it cannot start."""
    app = create_app(settings)
    with app.app_context():
        intend(to_write=True)
        _publish(settings, echo)
        address = settings.public_url if settings.public_url != "http://127.0.0.1:8000" else f"http://{host}:{port}"
        first = links.first_admin_token(current_session(), clock.now())
        current_session().commit()
        let_go()  # the workers open their own
    echo(f"Serving on {address}")
    if first:
        echo(f"Make the first administrator, once, within a day: {address}/en/account/first/{first}")
    ensure_free(host, port)
    if not watch:
        _become_server(host, port, workers, settings.threads)
    threading.Thread(target=_watch, args=(settings, echo), name="watch", daemon=True).start()
    echo(f"Saved files under {_shown(settings.modules)} go live by themselves. Ctrl-C stops.")
    serve(host, port, workers, threads=settings.threads)


def _become_server(host: str, port: int, workers: int, threads: int) -> NoReturn:
    """Goes on as the server alone, so that what publishing needed is not held in memory for ever."""
    sys.stdout.flush()
    sys.stderr.flush()
    words = [host, str(port), str(workers), str(threads)]
    os.execv(sys.executable, [sys.executable, "-m", "course.serving", *words])


def _publish(settings: Settings, echo: Echo) -> None:
    session = current_session()
    done = revisions.publish_folder(session, settings.modules, settings.assets, by="at the start", now=clock.now())
    session.commit()
    for problem in done.problems:
        echo(str(problem))
    if done.course is not None:
        lessons = sum(len(module.lessons) for module in done.course.modules)
        counts = f"{len(done.course.modules)} modules, {lessons} lessons, {len(done.course.practices)} practices"
        echo(f"{counts}: revision {done.course.digest[:12]}")
    elif revisions.live_digest(session):
        echo(f"{len(done.problems)} problems: the last good revision stays live.")
    else:
        echo(f"{len(done.problems)} problems: nothing can be published until they are mended.")


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def signature(folder: Path) -> frozenset[tuple[str, int, int]]:
    """Every file with its size and time of change; equal signatures mean that nobody has written."""
    found = set()
    for path in folder.rglob("*"):
        try:
            stat = path.stat()
        except OSError:
            continue  # taken away while we look
        found.add((str(path), stat.st_size, stat.st_mtime_ns))
    return frozenset(found)


def _watch(settings: Settings, echo: Echo) -> None:
    """Publishes a changed folder once it stands still; its problems are said here and on the author's page."""
    app = create_app(settings)
    stop = threading.Event()
    published = seen = signature(settings.modules)
    while not stop.wait(LOOK):
        now_seen = signature(settings.modules)
        if now_seen == seen and now_seen != published:
            published = now_seen
            with app.app_context():
                intend(to_write=True)
                try:
                    _publish(settings, echo)
                except Exception as error:  # noqa: BLE001  the watcher outlives any one failure, such as a full disk
                    echo(f"not published: {error}")
        seen = now_seen
