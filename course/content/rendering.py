"""Drafts → the values of the course: texts rendered where they stand, then cleaned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import quizzes
from quizzes.model import Quiz

from .clean import TooMuch, clean
from .index import Index, Setting
from .markdown import render_line, render_page, render_short
from .model import Lesson, Module, Practice, Problem, Session, Text
from .problems import Notes
from .reading import Draft, ModuleDraft, QuizDraft, Translated
from .yaml_reader import Document, Path

T = TypeVar("T")
_WRAPPED = 8  # lines over which a quoted or folded text may run on


def build_index(drafts: list[ModuleDraft]) -> Index:
    return Index(
        lessons={d.slug: {lesson.value.lesson.id: lesson.value.lesson.slug for lesson in d.lessons} for d in drafts},
        practices={p.value.slug: _with_titles(p) for d in drafts for p in d.practices},
        sessions=frozenset(s.value.slug for d in drafts for s in d.sessions),
        quizzes=frozenset(d.slug for d in drafts if d.has_quiz_file),
    )


def _with_titles(draft: Draft[Practice]) -> Practice:
    return replace(draft.value, texts={lang: page.text for lang, page in draft.pages.items()})


@dataclass(slots=True)
class Renderer:
    """Renders the texts of one module; problems gather here."""

    draft: ModuleDraft
    index: Index
    source_lang: str
    problems: list[Problem] = field(default_factory=list)

    def module(self) -> Module | None:
        """The whole module; None when module.yaml gave none. Its practices and sessions stand beside it."""
        lessons = tuple(self._lesson(lesson) for lesson in self.draft.lessons)
        drawn = self._quizzes(self.draft.quiz) if self.draft.quiz else {}
        if self.draft.module is None:
            return None
        return replace(self.draft.module, lessons=lessons, quizzes=drawn)

    def practices(self) -> tuple[Practice, ...]:
        return tuple(replace(draft.value, texts=self._texts(draft)) for draft in self.draft.practices)

    def sessions(self) -> tuple[Session, ...]:
        return tuple(replace(draft.value, texts=self._texts(draft)) for draft in self.draft.sessions)

    def _lesson(self, draft: Draft[Any]) -> Lesson:
        clip = self.draft.clips.get(draft.value.clip)
        lesson: Lesson = draft.value.lesson
        return replace(lesson, texts=self._texts(draft), clip=clip)

    def _texts(self, draft: Draft[T]) -> Mapping[str, Text]:
        return {lang: self._text(lang, page) for lang, page in draft.pages.items()}

    def _text(self, lang: str, translated: Translated) -> Text:
        notes = Notes(translated.path)
        page = translated.page
        rendered = render_page(page.body, self._setting(translated.path, lang), notes, page.body_line)
        html = _cleaned(rendered.html, notes, page.body_line)
        self.problems += notes.found
        return replace(translated.text, html=html, headings=rendered.headings)

    def _setting(self, path: str, lang: str) -> Setting:
        media = {name: (medium.asset.address, medium.size) for name, medium in self.draft.media.items()}
        return Setting(
            path, self.draft.slug, lang, self.source_lang, self.draft.sources, self.index, media, self.draft.infographic
        )

    def _quizzes(self, draft: QuizDraft) -> Mapping[str, Quiz]:
        texts = {self.source_lang: (draft.path, draft.document, draft.quiz)} | draft.translations
        return {lang: self._quiz(lang, *found) for lang, found in texts.items()}

    def _quiz(self, lang: str, path: str, document: Document, quiz: Quiz) -> Quiz:
        notes, setting, lines = Notes(path), self._setting(path, lang), _text_lines(document)

        def drawing(draw: Callable[[str, Setting, Notes, int, Sequence[str]], str]) -> Callable[[str], str]:
            def drawn(text: str) -> str:
                line = lines.get(text.strip(), 1)
                written = document.lines[line - 1 : line + text.count("\n") + _WRAPPED]
                # Without the last line end, since a stored quiz is read again by the reader that trims every text.
                return _cleaned(draw(text, setting, notes, line, written), notes, line).strip() if text.strip() else ""

            return drawn

        rendered = quizzes.map_texts(quiz, drawing(render_short), drawing(render_line))
        self.problems += notes.found
        return rendered


def _text_lines(document: Document) -> Mapping[str, int]:
    """The line on which each text of a document begins; of two equal texts the first."""
    lines: dict[str, int] = {}
    waiting: list[tuple[Path, Any]] = [((), document.value)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            line = document.text_line(path)
            lines[value.strip()] = min(line, lines.get(value.strip(), line))
        elif isinstance(value, dict):
            waiting += [((*path, key), held) for key, held in value.items()]
        elif isinstance(value, list):
            waiting += [((*path, number), held) for number, held in enumerate(value)]
    return lines


def _cleaned(html: str, notes: Notes, line: int) -> str:
    try:
        return clean(html)
    except TooMuch as error:
        notes.add((line, 1), "too-large", f"the text is too large: {error}", "split it")
        return ""
