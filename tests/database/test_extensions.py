"""A request's session and its connection are one transaction, whoever begins it; and what an application holds open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from sqlalchemy.orm import Session

from course import config, create_app
from course.accounts.tables import Organisation
from course.extensions import current_session, intend, let_go, reader, see_one_moment
from tests.site import START, Site

CONNECTION, OBJECT = "By the connection", "By an object"


def place(name: str, public_id: str) -> dict[str, Any]:
    return {"name": name, "name_key": name, "kind": "country", "public_id": public_id, "created_at": START}


def by_connection(session: Session) -> None:
    session.connection().execute(insert(Organisation).values(place(CONNECTION, "a")))


def by_object(session: Session) -> None:
    session.add(Organisation(**place(OBJECT, "b")))
    session.flush()


def held(session: Session) -> list[str]:
    named = select(Organisation.name).where(Organisation.name.in_((CONNECTION, OBJECT))).order_by(Organisation.name)
    return list(session.scalars(named))


@pytest.mark.parametrize("steps", [(by_connection, by_object), (by_object, by_connection)])
def test_both_are_kept_or_neither(site: Site, steps: tuple[Callable[[Session], None], ...]) -> None:
    with site.app.app_context():
        intend(to_write=True)
        session = current_session()
        for end, kept in ((session.rollback, []), (session.close, []), (session.commit, [OBJECT, CONNECTION])):
            for step in steps:
                step(session)
            assert held(session) == [OBJECT, CONNECTION]
            end()
            assert held(session) == kept
            session.rollback()


def test_what_is_added_before_the_connection_is_asked_for_is_written_with_it(site: Site) -> None:
    with site.app.app_context():
        intend(to_write=True)
        session = current_session()
        session.connection()
        session.add(Organisation(**place(OBJECT, "b")))
        session.commit()
        assert held(session) == [OBJECT]


def test_a_savepoint_of_either_takes_back_its_own(site: Site) -> None:
    with site.app.app_context():
        intend(to_write=True)
        session = current_session()
        connection = session.connection()
        with session.begin_nested() as nested:
            by_object(session)
            nested.rollback()
        with connection.begin_nested() as savepoint:
            by_connection(session)
            savepoint.rollback()
        assert held(session) == []
        by_object(session)
        session.commit()
        assert held(session) == [OBJECT]


def test_nothing_is_written_in_a_transaction_that_failed(site: Site) -> None:
    """Outside of one every statement would be kept by itself."""
    with site.app.app_context():
        intend(to_write=True)
        session = current_session()
        by_connection(session)
        session.add(Organisation(**place(OBJECT, "a")))
        with pytest.raises(IntegrityError):
            session.flush()
        with pytest.raises(PendingRollbackError):
            by_connection(session)
        session.rollback()
        assert held(session) == []


def test_one_moment_can_be_seen_after_anything_was_read(site: Site) -> None:
    with site.app.app_context():
        intend(to_write=False)
        session = current_session()
        session.connection()
        see_one_moment(session)
        assert held(session) == []
        name = session.connection().dialect.name
        isolation = session.connection().get_isolation_level()
        assert (name, isolation) in {("sqlite", "SERIALIZABLE"), ("postgresql", "REPEATABLE READ")}


def open_in(folder: Path) -> set[str]:
    """The names of the files in a folder that this process has open."""
    found = []
    for link in list(Path("/proc/self/fd").iterdir()):
        with suppress(FileNotFoundError):  # what listed them is among them
            found.append(link.readlink())
    return {path.name for path in found if path.parent == folder}


def test_nothing_of_the_database_is_open_when_an_application_is_made_and_after_it_let_go(tmp_path: Path) -> None:
    """So that processes may be forked: a connection that two of them have, or one turn for both, would end in lost writes."""
    app = create_app(config.load({"COURSE_INSTANCE": str(tmp_path)}))
    assert open_in(tmp_path) == set()
    with app.app_context():
        intend(to_write=True)
        current_session().execute(text("SELECT 1"))
        reader().ask(lambda connection: connection.execute(text("SELECT 1")).scalar())
        assert open_in(tmp_path) == {"course.sqlite3", "course.sqlite3-wal", "course.sqlite3-shm", "course.sqlite3-turn"}
        let_go()
        assert open_in(tmp_path) == set()
