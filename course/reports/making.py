"""Making the exports that wait. `course exports make` runs it in a process of its own, so that no page waits for it.

A file is read in one transaction and kept piece by piece in others beside it. Each piece shows how far it is, and that its
maker is alive; a maker that finds its claim gone, since the export was deleted or another took over, leaves it.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from sqlalchemy import Update, delete, insert, update
from sqlalchemy.orm import Session

from ..accounts import mail, organisations
from ..accounts.tables import Person
from ..content.model import Course
from ..extensions import beside, changed, reading, see_one_moment, writing
from ..publishing.revisions import digest_at, restore
from . import asked, completion, everyone, exports, files, people
from .filters import iso, rules_of
from .source import source
from .spreadsheet import Workbook
from .tables import Export, ExportPart

PART = 1024 * 1024  # characters of a file that are kept as one piece
NOTED = 5000  # rows after which it is noted how far it is
Clock = Callable[[], datetime]
Row = TypeVar("Row")
log = logging.getLogger(__name__)


class Lost(Exception):
    """The export is no longer this maker's."""


def make_waiting(session: Session, site: str, clock: Clock) -> int:
    """Makes what waits, one after the other, and queues a mail for each; returns how many were made.

    Ends at once where another maker is at work, which then makes these too.
    """
    made = 0
    with writing(session):
        exports.sweep(session, clock())
    with reading(session):
        while (found := _claim(clock())) is not None:
            made += _make(session, found, site, clock)
    return made


def _make(session: Session, export_id: int, site: str, clock: Clock) -> int:
    """Whether it was made: 1 or 0. What fails is on record; what is stopped by hand waits again."""
    try:
        _Maker(session, export_id, site, clock).make()
    except Lost:
        return 0
    except Exception:
        log.exception("export %s failed", export_id)
        _give_up(export_id, clock())
        return 0
    except BaseException:
        _give_up(export_id, None)
        raise
    else:
        return 1
    finally:
        session.rollback()


def _claim(now: datetime) -> int | None:
    """The next that waits, taken by this maker, unless another is at work."""
    with beside() as connection:
        if connection.execute(exports.at_work(now)).first():
            return None
        found = connection.execute(exports.waiting(now).limit(1).with_for_update(skip_locked=True)).scalar()
        if found is not None:
            connection.execute(delete(ExportPart).where(ExportPart.export_id == found))
            connection.execute(
                update(Export).where(Export.id == found).values(claimed_at=now, rows=0, total=0, parts=0, size=0)
            )
        return found


def _give_up(export_id: int, failed_at: datetime | None) -> None:
    with beside() as connection:
        connection.execute(delete(ExportPart).where(ExportPart.export_id == export_id))
        connection.execute(update(Export).where(Export.id == export_id).values(claimed_at=None, failed_at=failed_at))


class _Maker:
    """One file on its way."""

    def __init__(self, session: Session, export_id: int, site: str, clock: Clock) -> None:
        self._session, self._site, self._clock = session, site, clock
        session.rollback()
        see_one_moment(session)
        self._export = session.get_one(Export, export_id, populate_existing=True)
        self._claim = self._export.claimed_at
        self._id, self._form, self._about = export_id, self._export.form, self._export.about
        self._look = files.Look(headings=dict(parse_qsl(self._about)).get("headings", ""))
        self._rows = self._total = self._parts = self._size = 0

    def make(self) -> None:
        """Raises Lost where nobody may have the file any more."""
        person = self._session.get_one(Person, self._export.person_id)
        scope, now = asked.scope_of(self._session, person), self._clock()
        filters = asked.filters_of(self._session, self._about, scope)
        if person.deactivated_at or not person.email or filters is None:
            with writing(self._session):
                exports.drop(self._session, self._export)
            raise Lost
        course = restore(self._session, digest_at(self._session, filters.as_of or now))
        question = {"course": course, "scope": scope, "filters": filters}
        state = dict(parse_qsl(self._about)).get("state", "enrolled") if self._export.report == "people" else ""
        with source(self._session) as (where, said):
            see_one_moment(where)
            made = self._people(where, question, state, now, said) if state else self._completion(where, question, now, said)
            for piece in _parts(made):
                self._keep(piece)
        seen = "" if scope is None else ",".join(map(str, sorted(organisations.subtree(self._session, scope))))
        self._finish(person, course, seen)

    def _completion(self, where: Session, question: dict[str, Any], now: datetime, said: tuple[str, ...]) -> files.Content:
        report = completion.completion(where, now=now, **question)
        return files.completion_file(replace(report, rules=(*report.rules, *said)), self._form, self._look)

    def _people(
        self, where: Session, question: dict[str, Any], state: str, now: datetime, said: tuple[str, ...]
    ) -> files.Content:
        self._total = people.number(where, people.chosen(**question, state=state))
        self._note()
        rows, filters = self._counted(everyone.rows(where, **question, state=state)), question["filters"]
        return files.people_file(rows, self._form, filters, state, iso(now), (*rules_of(filters, now), *said), self._look)

    def _counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            yield row
            self._rows += 1
            if self._rows % NOTED == 0:
                self._note()

    def _note(self, piece: bytes = b"") -> None:
        """How far it is, with a piece if there is one. Raises Lost where the claim is no longer this maker's."""
        now = self._clock()
        with beside() as connection:
            if connection.execute(self._mine().values(rows=self._rows, total=self._total, claimed_at=now)).rowcount != 1:
                raise Lost
            if piece:
                connection.execute(insert(ExportPart).values(export_id=self._id, number=self._parts, content=piece))
        self._claim = now

    def _mine(self) -> Update:
        """Changes nothing where the claim is another's by now."""
        return update(Export).where(Export.id == self._id, Export.claimed_at == self._claim, Export.made_at.is_(None))

    def _keep(self, piece: bytes) -> None:
        self._note(zlib.compress(piece, 1))
        self._parts += 1
        self._size += len(piece)

    def _finish(self, person: Person, course: Course, scope: str) -> None:
        """Ready, with the mail that says so."""
        to, language, now = person.id, person.language, self._clock()
        with writing(self._session):
            spoken = course.language_for(language)
            mail.queue(
                self._session,
                to=to,
                subject=f"{course.text_for(spoken).title}: your export is ready",
                body=(
                    f"The {files.FORMS[self._form]} file that you asked for is made. Sign in and fetch it until "
                    f"{now + exports.KEPT:%Y-%m-%d %H:%M} UTC:\n\n{self._site}/{spoken}/reports/exports\n"
                ),
                now=now,
            )  # before the export: who erases the person begins with them, too
            values = {"made_at": now, "rows": self._rows, "parts": self._parts, "size": self._size, "scope": scope}
            if not changed(self._session, self._mine().values(**values)):
                raise Lost


def _parts(content: files.Content) -> Iterator[bytes]:
    """The same in pieces of about PART."""
    if isinstance(content, Workbook):
        yield from files.read(content, PART)
    else:
        texts = [content] if isinstance(content, str) else content
        yield from (piece.encode() for piece in files.put_together(texts, PART))
