"""Published revisions as they were, and which of them was live at a moment."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections import OrderedDict
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from quizzes.model import Quiz

from ..content.model import Course, Module
from ..publishing.revisions import NOTICED, restore
from ..publishing.tables import Publication

KEPT = 12  # revisions held at once; a course is a few megabytes


class Unreadable(Exception):
    """A revision that is not there, or not as it was stored."""


class Shelf:
    """Restores each revision once while it is in use."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._held: OrderedDict[str, Course] = OrderedDict()
        self.look_again()

    def look_again(self) -> None:
        """Reads once more what was live when; what was restored is kept."""
        rows = self._session.execute(select(Publication.at, Publication.digest).order_by(Publication.id)).all()
        self._times = [row.at for row in rows]
        self._digests = [row.digest for row in rows]

    def course(self, digest: str) -> Course:
        """Raises Unreadable."""
        if digest not in self._held:
            try:
                self._held[digest] = restore(self._session, digest)
            except (KeyError, ValueError, zlib.error) as error:
                raise Unreadable(f"revision {digest[:12]}") from error
            if len(self._held) > KEPT:
                self._held.popitem(last=False)
        self._held.move_to_end(digest)
        return self._held[digest]

    def module(self, digest: str, slug: str | None) -> Module | None:
        return self.course(digest).module(slug or "")

    def quiz(self, digest: str, slug: str) -> Quiz | None:
        """The quiz that grades: the one in the source language."""
        course = self.course(digest)
        module = course.module(slug)
        return module.quizzes.get(course.languages[0]) if module else None

    def live_at(self, at: datetime) -> Course | None:
        """What was live at a moment; None before anything was published."""
        place = bisect_right(self._times, at)
        return self.course(self._digests[place - 1]) if place else None

    def is_certain_at(self, at: datetime) -> bool:
        """Whether every process had noticed what was live then; within a second of a switch two revisions are served."""
        place = bisect_right(self._times, at)
        return place > 0 and at - self._times[place - 1] > timedelta(seconds=2 * NOTICED)
