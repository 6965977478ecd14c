"""Starting the server: publish the folder, say what was loaded and where it is served, then serve until stopped."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from flask import Flask

from . import clock, create_app
from .accounts import links
from .config import Settings
from .extensions import current_session, intend, let_go
from .publishing import revisions
from .publishing.again import publish_if_changed
from .serving import apart, ensure_free, serve

Echo = Callable[[str], None]
Signature = frozenset[tuple[str, int, int]]
LOOK = 0.5  # seconds between two looks at the folder; a tree must stand still for one of them before it is published


def start(settings: Settings, *, host: str, port: int, workers: int, watch: bool, echo: Echo) -> None:
    """Serves until stopped. Raises SettingError with one clear line when it cannot start."""
    app = create_app(settings)
    seen = signature(settings.modules) if watch else frozenset()
    if not apart(partial(_publish, app, settings, echo)):  # what it needs, such as Markdown, is not held in memory for ever
        sys.exit(1)
    address = settings.public_url if settings.public_url != "http://127.0.0.1:8000" else f"http://{host}:{port}"
    first = _first_admin_token(app)
    echo(f"Serving on {address}")
    if first:
        echo(f"Make the first administrator, once, within a day: {address}/en/account/first/{first}")
    ensure_free(host, port)
    if watch:
        echo(f"Saved files under {_shown(settings.modules)} go live by themselves. Ctrl-C stops.")
    beside = [partial(_watch, app, settings, echo, seen)] if watch else []
    _warm_up(app)
    serve(app, host, port, workers, threads=settings.threads, beside=beside)


def _first_admin_token(app: Flask) -> str | None:
    with app.app_context():
        intend(to_write=True)
        token = links.first_admin_token(current_session(), clock.now())
        current_session().commit()
        let_go()
        return token


def _warm_up(app: Flask) -> None:
    """Shows the first page to nobody: what every page needs is then loaded here, once, and shared by all workers."""
    app.test_client().get("/en/")
    with app.app_context():
        let_go()


def _publish(app: Flask, settings: Settings, echo: Echo) -> None:
    with app.app_context():
        intend(to_write=True)
        session, note = current_session(), settings.instance / "last-read"
        done = publish_if_changed(session, settings.modules, settings.assets, note, by="at the start", now=clock.now())
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


def _watch(app: Flask, settings: Settings, echo: Echo, published: Signature) -> None:
    """Publishes a changed folder once it stands still; its problems are said here and on the author's page."""
    seen = published
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
