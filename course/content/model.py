"""The published course as values: folders in, this out. Frozen, complete, and free of Flask and SQLAlchemy.

Texts live apart from structure: each thing has one `texts` mapping by language, and the source language is always there.
HTML in here is clean: it went through `clean.clean` once, when it was loaded. Addresses inside the course are written with the
prefix ``/~/`` for the reader's language (``/~/modules/housing/rooms``); assets as ``/assets/<digest>/<name>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from quizzes.model import Quiz

CompleteLesson = Literal["read", "watch"]
CompleteModule = Literal["lessons_and_quiz", "lessons", "quiz"]
Lle = Literal["session", "participant", "context"]


@dataclass(frozen=True, slots=True)
class Problem:
    """An author's fault, with the way out. ``line`` and ``col`` count from 1."""

    path: str
    line: int
    col: int
    code: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.path}:{self.line}:{self.col}: {self.message} [{self.code}]"
        return f"{text}\n  hint: {self.hint}" if self.hint else text


@dataclass(frozen=True, slots=True)
class Source:
    id: str
    publisher: str
    url: str
    title: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Asset:
    """A media file: ``digest`` is the SHA-256 of its bytes in hex, ``path`` is relative to the course folder."""

    path: str
    digest: str
    size: int
    media_type: str

    @property
    def address(self) -> str:
        return f"/assets/{self.digest[:32]}/{self.path.rsplit('/', 1)[-1]}"


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording on another site; nothing of it is loaded until the learner starts it."""

    url: str
    title: str
    minutes: int = 0

    @property
    def host(self) -> str:
        return self.url.split("/")[2] if self.url.count("/") >= 2 else ""


@dataclass(frozen=True, slots=True)
class Cue:
    """One line of the transcript; times in seconds from the start of the clip."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Clip:
    """The opening clip: ``seconds`` long; captions by language, transcript by language (the cues of the captions)."""

    title: str
    seconds: int
    video: Asset
    poster: Asset | None
    captions: Mapping[str, Asset]
    transcripts: Mapping[str, tuple[Cue, ...]]
    is_synthetic_voice: bool = True


@dataclass(frozen=True, slots=True)
class Text:
    """The words of a thing in one language. ``headings`` are (id, words) of the level-2 headings, for deep links."""

    title: str
    summary: str = ""
    html: str = ""
    objectives: tuple[str, ...] = ()
    headings: tuple[tuple[str, str], ...] = ()
    when: str = ""
    caution: str = ""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson: ``id`` carries the learner's record and never changes; ``slug`` is its address and may."""

    id: str
    slug: str
    minutes: int
    complete_when: CompleteLesson
    texts: Mapping[str, Text]
    clip: Clip | None = None
    recording: Recording | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    value: str
    unit: str
    date: str
    source: Source


@dataclass(frozen=True, slots=True)
class Practice:
    """What a city did. ``caution`` (in the texts) says what went wrong or is disputed."""

    slug: str
    module: str
    city: str
    country: str
    iso2: str
    lat: float
    lon: float
    lle: Lle
    figures: tuple[Figure, ...]
    sources: tuple[Source, ...]
    texts: Mapping[str, Text]
    session: str = ""
    caution_source: Source | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    text: str
    speaker: str
    office: str
    source: Source


@dataclass(frozen=True, slots=True)
class Session:
    """A Live Learning Experience session; ``date`` is ISO or empty when no source shows it."""

    slug: str
    module: str
    number: int | None
    date: str
    date_note: str
    partners: tuple[str, ...]
    participants: tuple[str, ...]
    attendance: str
    messages: tuple[str, ...]
    context: tuple[str, ...]
    sources: tuple[Source, ...]
    texts: Mapping[str, Text]
    quote: Quote | None = None
    recording: Recording | None = None


@dataclass(frozen=True, slots=True)
class Module:
    """One module. ``quizzes`` holds the same quiz in each language: ids, keys and points are equal, only texts differ."""

    slug: str
    theme: str
    minutes: int
    complete_when: CompleteModule
    pass_mark: int
    access: Literal["open", "sign_in"]
    licence: str
    lessons: tuple[Lesson, ...]
    sources: tuple[Source, ...]
    texts: Mapping[str, Text]
    quizzes: Mapping[str, Quiz] = field(default_factory=dict)

    def lesson(self, slug: str) -> Lesson | None:
        return next((lesson for lesson in self.lessons if lesson.slug == slug), None)

    def lesson_by_id(self, lesson_id: str) -> Lesson | None:
        return next((lesson for lesson in self.lessons if lesson.id == lesson_id), None)


@dataclass(frozen=True, slots=True)
class Course:
    """The whole course. ``digest`` names the revision: the SHA-256 over every file that was read.

    ``modules_to_complete`` is how many modules the certificate needs.
    """

    digest: str
    languages: tuple[str, ...]
    publisher: str
    licence: str
    modules_to_complete: int
    modules: tuple[Module, ...]
    practices: tuple[Practice, ...]
    sessions: tuple[Session, ...]
    assets: tuple[Asset, ...]
    texts: Mapping[str, Text]

    def module(self, slug: str) -> Module | None:
        return next((module for module in self.modules if module.slug == slug), None)

    def language_for(self, wanted: str) -> str:
        """The language that is wanted, where the course is in it, else its source language."""
        return wanted if wanted in self.languages else self.languages[0]

    def text_for(self, language: str) -> Text:
        """The course's own words in this language, else in the source's."""
        return self.texts.get(language) or self.texts[self.languages[0]]

    def practice(self, slug: str) -> Practice | None:
        return next((practice for practice in self.practices if practice.slug == slug), None)

    def session(self, slug: str) -> Session | None:
        return next((session for session in self.sessions if session.slug == slug), None)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder gave: the course (None when it has any problem) and every problem found, in file order."""

    course: Course | None
    problems: tuple[Problem, ...]
