"""From a checked course to what learners see: store the revision, then one row switches every process to it."""

from __future__ import annotations

import os
import tempfile
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..content import serial
from ..content.compare import compare
from ..content.model import Course, Module, Problem
from .tables import LessonAddress, Publication, Revision

LOCK = 7_041_974  # any number; the same for everyone who publishes to this database
NOT_STORED = "ask whoever runs the server: its disk may be full, or the folder of COURSE_ASSETS not writable"
NOTICED = 0.5  # seconds a process may serve the revision before; every process looks at least this often


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did: ``course`` is None when problems stopped it; ``is_new`` is False when it was live already."""

    course: Course | None
    problems: tuple[Problem, ...]
    is_new: bool = False


def publish_folder(session: Session, folder: Path, assets: Path, *, by: str, now: datetime) -> Published:
    """Loads the folder and publishes it. Any problem, or a silent change of an id, changes nothing."""
    from ..content.loader import load  # with Markdown, bleach and YAML, which serving what is published does not need

    loaded = load(folder)
    if loaded.course is None:
        return Published(None, loaded.problems)
    return publish(session, loaded.course, folder, assets, by=by, now=now)


def publish(session: Session, course: Course, folder: Path, assets: Path, *, by: str, now: datetime) -> Published:
    """Stores a checked course and makes it live; the caller commits. Whoever else publishes waits until then."""
    if session.get_bind().dialect.name == "postgresql":  # in SQLite whoever means to write is alone anyway
        session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    live = live_digest(session)
    problems = tuple(compare(restore(session, live), course)) if live and live != course.digest else ()
    problems = problems or store_assets(course, folder, assets)
    if problems:
        return Published(None, problems)
    if live == course.digest:
        return Published(course, ())
    if session.get(Revision, course.digest) is None:
        packed = zlib.compress(serial.dump(course), 6)
        try:
            with session.begin_nested():
                session.execute(insert(Revision).values(digest=course.digest, course=packed, created_at=now))
        except IntegrityError:
            pass  # the same folder, published by another process at the same moment
    _remember_addresses(session, course)
    session.execute(insert(Publication).values(digest=course.digest, at=now, by=by))
    return Published(course, (), is_new=True)


def live_digest(session: Session) -> str:
    """The digest of what is live; empty before anything was published."""
    return session.scalar(select(Publication.digest).order_by(Publication.id.desc()).limit(1)) or ""


def digest_at(session: Session, at: datetime) -> str:
    """The digest of what was live at a moment; empty before anything was published."""
    then = select(Publication.digest).where(Publication.at <= at).order_by(Publication.id.desc()).limit(1)
    return session.scalar(then) or ""


def was_published(session: Session, module: str) -> bool:
    """Whether a module of this name has ever been published; it may be retired by now."""
    return session.scalar(select(LessonAddress.module).where(LessonAddress.module == module).limit(1)) is not None


def last_of(session: Session, modules: Collection[str], since: int = 0) -> dict[str, Module]:
    """These modules as they last were live, as far as a publication from the one of this id on had them.

    From the newest back, until all are found; a revision is restored only where it has one of them.
    """
    newest_first = select(Publication.digest).where(Publication.id >= since).order_by(Publication.id.desc())
    found: dict[str, Module] = {}
    for digest in dict.fromkeys(session.scalars(newest_first).all() if modules else ()):
        missing = [slug for slug in modules if slug not in found]
        if not missing:
            break
        stored = zlib.decompress(session.scalars(select(Revision.course).where(Revision.digest == digest)).one())
        if any(f'"slug":"{slug}"'.encode() in stored for slug in missing):
            course = serial.restore(stored)
            found |= {module.slug: module for module in course.modules if module.slug in missing}
    return found


def restore(session: Session, digest: str) -> Course:
    """The course of a revision. Raises KeyError when there is no such revision."""
    packed = session.scalar(select(Revision.course).where(Revision.digest == digest))
    if packed is None:
        raise KeyError(digest)
    return serial.restore(zlib.decompress(packed))


def quizzes_of(session: Session, digests: Sequence[str], module: str) -> dict[str, str]:
    """The module's quiz in each of these revisions as ``serial.quiz_as_stored`` gives it. One query; no course is restored."""
    rows = session.execute(select(Revision.digest, Revision.course).where(Revision.digest.in_(digests)))
    return {row.digest: serial.quiz_as_stored(_head(row.course), module) for row in rows.yield_per(20)}


def _head(packed: bytes) -> bytes:
    """The first line of a stored course."""
    unpacking, head = zlib.decompressobj(), b""
    while packed and b"\n" not in head:
        head += unpacking.decompress(packed, 65536)
        packed = unpacking.unconsumed_tail
    return head.partition(b"\n")[0]


def lesson_id_at(session: Session, module: str, slug: str) -> str | None:
    """The lesson that had this address in any revision."""
    return session.scalar(select(LessonAddress.lesson_id).where(LessonAddress.module == module, LessonAddress.slug == slug))


def _remember_addresses(session: Session, course: Course) -> None:
    known = {(row.module, row.slug) for row in session.execute(select(LessonAddress.module, LessonAddress.slug))}
    fresh = [
        {"module": module.slug, "slug": lesson.slug, "lesson_id": lesson.id}
        for module in course.modules
        for lesson in module.lessons
        if (module.slug, lesson.slug) not in known
    ]
    if fresh:
        session.execute(insert(LessonAddress), fresh)


def store_assets(course: Course, folder: Path, assets: Path) -> tuple[Problem, ...]:
    """Copies media that are missing under their digest: written beside, flushed, renamed, so that nobody sees half a file.

    Gives the problem where that cannot be done, as on a full disk.
    """
    for asset in course.assets:
        target = assets / asset.digest[:32]
        try:
            if not (target.exists() and target.stat().st_size == asset.size):
                assets.mkdir(parents=True, exist_ok=True)
                _copy(folder / asset.path, target)
        except OSError as error:
            message = f"this file could not be copied into {assets} ({(error.strerror or str(error)).lower()})"
            return (Problem(asset.path, 1, 1, "not-stored", message, NOT_STORED),)
    return ()


def _copy(path: Path, target: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        try:
            file.write(path.read_bytes())
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)
            Path(file.name).replace(target)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


class Live:
    """The course this process serves. Looks for a switch at most twice a second; keeps the last few for pinned attempts."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, kept: int = 6) -> None:
        self._clock, self._kept = clock, kept
        self._lock, self._looking = threading.Lock(), threading.Lock()
        self._looked = float("-inf")
        self._switch = 0
        self._digest = ""
        self._courses: OrderedDict[str, Course] = OrderedDict()
        self._retired: tuple[int, Mapping[str, Module]] = 0, {}

    def course(self, session: Session) -> Course | None:
        """What is live now; None before the first publication. One looks at a time, and who comes meanwhile sees the last."""
        if self.is_due and self._looking.acquire(blocking=self.last is None):
            try:
                if self.is_due:
                    self._look(session)
            finally:
                self._looking.release()
        return self.last

    @property
    def is_due(self) -> bool:
        """Whether it is time to look again; until then ``last`` is what is live."""
        return self._clock() - self._looked >= NOTICED

    @property
    def last(self) -> Course | None:
        """What was live at the last look, without asking the database."""
        return self._courses.get(self._digest)

    def revision(self, session: Session, digest: str) -> Course:
        """A course as it was, for an attempt that began with it. Raises KeyError."""
        with self._lock:
            if digest in self._courses:
                self._courses.move_to_end(digest)
                return self._courses[digest]
        course = restore(session, digest)
        with self._lock:
            self._courses[digest] = course
            for old in [known for known in self._courses if known != self._digest][: -self._kept]:
                del self._courses[old]
        return course

    def module_of(self, session: Session, digest: str, slug: str) -> Module:
        """A module as it was in a revision. Raises KeyError."""
        module = self.revision(session, digest).module(slug)
        if module is None:
            raise KeyError(slug)
        return module

    def retired(self, session: Session) -> Mapping[str, Module]:
        """The modules that were live and are not, as they last were; looked for once after each switch, by whoever asks."""
        switch, (since, known) = self._switch, self._retired
        if switch != since and self.last is not None:
            live = {module.slug for module in self.last.modules}
            gone = set(session.scalars(select(LessonAddress.module).distinct())) - live
            known = {slug: module for slug, module in known.items() if slug in gone} | last_of(session, gone, since)
            self._retired = switch, known
        return known

    def _look(self, session: Session) -> None:
        switch = session.scalar(select(func.max(Publication.id))) or 0
        if switch != self._switch:
            digest = live_digest(session)
            if digest:
                self.revision(session, digest)
            self._digest, self._switch = digest, switch
        self._looked = self._clock()

    def look_again(self) -> None:
        """Forget how recently this process looked; the next request sees a switch at once."""
        self._looked = float("-inf")
