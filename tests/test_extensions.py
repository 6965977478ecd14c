"""What an application holds open."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sqlalchemy import text

from course import config, create_app
from course.extensions import current_session, intend, let_go, reader


def held(folder: Path) -> set[str]:
    """The names of the files in a folder that this process has open."""
    found = []
    for link in list(Path("/proc/self/fd").iterdir()):
        with suppress(FileNotFoundError):  # what listed them is among them
            found.append(link.readlink())
    return {path.name for path in found if path.parent == folder}


def test_nothing_of_the_database_is_open_when_an_application_is_made_and_after_it_let_go(tmp_path: Path) -> None:
    """So that processes may be forked: a connection that two of them have, or one turn for both, would end in lost writes."""
    app = create_app(config.load({"COURSE_INSTANCE": str(tmp_path)}))
    assert held(tmp_path) == set()
    with app.app_context():
        intend(to_write=True)
        current_session().execute(text("SELECT 1"))
        reader().connection().execute(text("SELECT 1"))
        assert held(tmp_path) == {"course.sqlite3", "course.sqlite3-wal", "course.sqlite3-shm", "course.sqlite3-turn"}
        let_go()
        assert held(tmp_path) == set()
