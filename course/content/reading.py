"""A module's folder → drafts: every file read and checked by itself, nothing rendered yet, since a text may point anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

import quizzes
from quizzes import robots
from quizzes.kinds import Hotspot
from quizzes.model import Fault, Quiz

from .assets import Medium, read_medium
from .captions import check_coverage, read_captions
from .files import Folder
from .front_matter import Page, decode, split_page
from .library import Sources, read_practice, read_session
from .model import Clip, Cue, Lesson, Module, Practice, Problem, Session, Text
from .problems import Notes, did_you_mean
from .schemas import LessonSheet, read_lesson, read_module, read_translation
from .storyboard import Infographic, read_infographic, read_storyboard
from .yaml_reader import Document, read_yaml

T = TypeVar("T")
_LANG = r"(?:\.(?P<lang>[a-z]{2,3}(?:-[A-Za-z]{2,8})?))?"
_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_LESSON = re.compile(rf"(?P<stem>[0-9]{{2,3}}-(?P<slug>{_NAME})){_LANG}\.md")
_ARTICLE = re.compile(rf"(?P<stem>(?P<folder>practices|sessions)/(?P<slug>{_NAME})){_LANG}\.md")
_SHEET = re.compile(rf"(?P<stem>(?P<slug>module|quiz|infographic|clip)){_LANG}\.yaml")


@dataclass(frozen=True, slots=True)
class Translated:
    """One language of a Markdown file: its short texts and its page."""

    path: str
    text: Text
    page: Page


@dataclass(slots=True)
class Draft(Generic[T]):
    """A thing of the course with its pages by language, the source language first."""

    value: T
    pages: dict[str, Translated] = field(default_factory=dict)


@dataclass(slots=True)
class QuizDraft:
    path: str
    document: Document
    quiz: Quiz
    translations: dict[str, tuple[str, Document, Quiz]] = field(default_factory=dict)


@dataclass(slots=True)
class ModuleDraft:
    """Everything of one module. ``module`` is None when module.yaml is missing or unreadable; ``sources`` then too."""

    slug: str
    path: str
    module: Module | None = None
    sources: Sources = None
    lessons: list[Draft[LessonSheet]] = field(default_factory=list)
    practices: list[Draft[Practice]] = field(default_factory=list)
    sessions: list[Draft[Session]] = field(default_factory=list)
    quiz: QuizDraft | None = None
    has_quiz_file: bool = False
    infographic: Infographic | None = None
    storyboard: str = ""
    has_storyboard: bool = False
    media: dict[str, Medium] = field(default_factory=dict)
    clips: dict[str, Clip] = field(default_factory=dict)


class Reader:
    """Reads the modules of one folder; problems gather here. The first of ``languages`` is the source's."""

    def __init__(self, folder: Folder, languages: tuple[str, ...], licence: str) -> None:
        self.folder, self.languages, self.licence = folder, languages, licence
        self.problems: list[Problem] = []
        self.source_lang = languages[0]

    def read_module(self, slug: str) -> ModuleDraft:
        draft = ModuleDraft(slug, f"{slug}/module.yaml")
        names = [path.removeprefix(f"{slug}/") for path in self.folder.paths if path.startswith(f"{slug}/")]
        groups = self._grouped(slug, names)
        self._read_sheet(draft, groups.get("module", {}))
        for name in names:
            if name.startswith("media/"):
                self._read_medium(draft, name)
        for stem, by_lang in groups.items():
            if stem not in ("module", "quiz", "infographic", "clip"):
                self._read_page(draft, stem, by_lang)
        self._read_pictures(draft, groups)
        self._read_quiz(draft, groups.get("quiz", {}))
        self._read_clips(draft)
        return draft

    def _grouped(self, slug: str, names: Iterable[str]) -> dict[str, dict[str, str]]:
        """File names by what they are about, then by language; names that mean nothing are problems."""
        groups: dict[str, dict[str, str]] = {}
        for name in names:
            found = _LESSON.fullmatch(name) or _ARTICLE.fullmatch(name) or _SHEET.fullmatch(name)
            path = f"{slug}/{name}"
            if found is None:
                if not re.fullmatch(r"media/[^/]+", name):
                    self._note(path, "unknown-file", f"nothing is read from `{name}`", _name_hint(name))
                continue
            lang = found["lang"] or self.source_lang
            if found["lang"] and self._is_language_wrong(path, lang):
                continue
            if found["lang"] and found["stem"] in ("infographic", "clip"):
                self._note(path, "unknown-file", f"`{found['stem']}.yaml` has no translation", "take the file out")
                continue
            groups.setdefault(found["stem"], {})[lang] = path
        for stem, by_lang in list(groups.items()):
            if self.source_lang not in by_lang:
                original = next(iter(by_lang.values())).split(".", 1)[0].removeprefix(f"{slug}/")
                for path in by_lang.values():
                    hint = did_you_mean(
                        original, [known for known in groups if known != stem], "add the file it translates, or take it out"
                    )
                    self._note(path, "no-original", "a translation without the file it translates", hint)
                del groups[stem]
        return groups

    def _is_language_wrong(self, path: str, lang: str) -> bool:
        if lang == self.source_lang:
            self._note(path, "not-a-language", f"`{lang}` is the source language", "leave the language out of the file's name")
        elif lang not in self.languages:
            self._note(path, "not-a-language", f"the course has no language `{lang}`", "add it to `languages` in course.yaml")
        else:
            return False
        return True

    def _note(self, path: str, code: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(path, 1, 1, code, message, hint))

    def _yaml(self, path: str) -> Document:
        text = self.folder.text(path)
        if text is None:
            return Document(None)
        document = read_yaml(text, path)
        self.problems += document.problems
        return document

    def _read_sheet(self, draft: ModuleDraft, by_lang: dict[str, str]) -> None:
        path = by_lang.get(self.source_lang)
        if path is None:
            self._note(
                draft.path,
                "missing-file",
                f"the module has no `{draft.path}`",
                "add it: title, summary, objectives, minutes, sources",
            )
            return
        document, notes = self._yaml(path), Notes(path)
        if document.value is None:
            return
        module = read_module(document, notes, draft.slug, self.source_lang, self.licence)
        self.problems += notes.found
        texts = dict(module.texts)
        for lang in self.languages[1:]:
            if lang in by_lang:
                texts[lang] = self.translation(by_lang[lang], self._yaml(by_lang[lang]), "module")
        draft.module = replace(module, texts=texts)
        if isinstance(document.value, dict) and isinstance(document.value.get("sources", []), list):
            draft.sources = {source.id: source for source in module.sources}

    def translation(self, path: str, document: Document, kind: str) -> Text:
        notes = Notes(path)
        text = read_translation(document, notes, kind)
        self.problems += notes.found
        return text

    def _read_medium(self, draft: ModuleDraft, name: str) -> None:
        medium, notes = read_medium(self.folder, f"{draft.slug}/{name}")
        self.problems += notes.found
        if medium:
            draft.media[name.removeprefix("media/")] = medium

    def _page(self, path: str) -> Page:
        text = self.folder.text(path)
        if text is None:
            return Page(Document(None), "", 1)
        page, problems = split_page(text, path)
        self.problems += problems
        if page.matter.value is not None and not page.body.strip():
            self.problems.append(
                Problem(path, page.body_line, 1, "no-text", "there is no text after the front matter", "write it in Markdown")
            )
        return page

    def _read_page(self, draft: ModuleDraft, stem: str, by_lang: dict[str, str]) -> None:
        path = by_lang[self.source_lang]
        page, notes = self._page(path), Notes(path)
        folder, _, name = stem.rpartition("/")
        kind = {"practices": "practice", "sessions": "session"}.get(folder, "lesson")
        pages: dict[str, Translated] = {}
        lang = self.source_lang
        if kind == "practice":
            practice = read_practice(page.matter, notes, name, draft.slug, lang, draft.sources)
            pages[lang] = Translated(path, practice.texts[lang], page)
            draft.practices.append(Draft(practice, pages))
        elif kind == "session":
            session = read_session(page.matter, notes, name, draft.slug, lang, draft.sources)
            pages[lang] = Translated(path, session.texts[lang], page)
            draft.sessions.append(Draft(session, pages))
        else:
            sheet = read_lesson(page.matter, notes, name.split("-", 1)[1], lang)
            pages[lang] = Translated(path, sheet.lesson.texts[lang], page)
            draft.lessons.append(Draft(sheet, pages))
        self.problems += notes.found
        for lang in self.languages[1:]:
            if lang in by_lang:
                other = self._page(by_lang[lang])
                pages[lang] = Translated(by_lang[lang], self.translation(by_lang[lang], other.matter, kind), other)

    def _read_pictures(self, draft: ModuleDraft, groups: dict[str, dict[str, str]]) -> None:
        for name in ("infographic", "clip"):
            path = groups.get(name, {}).get(self.source_lang)
            if path is None:
                continue
            draft.has_storyboard = draft.has_storyboard or name == "clip"
            document, notes = self._yaml(path), Notes(path)
            if document.value is None:
                continue
            if name == "clip":
                draft.storyboard = read_storyboard(document, notes)
            else:
                draft.infographic = read_infographic(document, notes, draft.sources)
            self.problems += notes.found

    def _read_quiz(self, draft: ModuleDraft, by_lang: dict[str, str]) -> None:
        path = by_lang.get(self.source_lang)
        if path is None:
            return
        draft.has_quiz_file = True
        document = self._yaml(path)
        if not self._is_mapping(document, path):
            return
        lessons = {lesson.value.lesson.id for lesson in draft.lessons}
        # Where a lesson's id could not be read, nobody can say that a quiz names a wrong one.
        read = quizzes.read(document.value, None if "" in lessons else lessons)
        self._take_faults(path, document, read.faults)
        if read.quiz is None:
            return
        self._take_faults(path, document, quizzes.completeness(read.quiz))
        self._take_faults(path, document, _figures_not_there(draft, read.quiz))
        self._take_faults(path, document, robots.faults(read.quiz))
        draft.quiz = QuizDraft(path, document, read.quiz)
        for lang in self.languages[1:]:
            if lang in by_lang:
                self._read_quiz_translation(draft.quiz, lang, by_lang[lang])

    def _read_quiz_translation(self, draft: QuizDraft, lang: str, path: str) -> None:
        document = self._yaml(path)
        if not self._is_mapping(document, path):
            return
        read = quizzes.translate(draft.quiz, document.value)
        self._take_faults(path, document, read.faults)
        if read.quiz is not None:
            draft.translations[lang] = (path, document, read.quiz)

    def _is_mapping(self, document: Document, path: str) -> bool:
        if document.value is not None and not isinstance(document.value, dict):
            self._note(path, "not-a-mapping", "the file must hold entries `key: value`", "begin with `items:`")
        return isinstance(document.value, dict)

    def _take_faults(self, path: str, document: Document, faults: Iterable[Fault]) -> None:
        for fault in faults:
            line, col = document.at(fault.at)
            self.problems.append(Problem(path, line, col, fault.code, fault.message, fault.hint))

    def _read_clips(self, draft: ModuleDraft) -> None:
        for lesson in draft.lessons:
            sheet = lesson.value
            if not sheet.clip:
                continue
            path = lesson.pages[self.source_lang].path
            clip = self._read_clip(draft, sheet.clip, sheet.lesson, Notes(path), sheet.clip_at)
            if clip:
                draft.clips[sheet.clip] = clip

    def _read_clip(self, draft: ModuleDraft, name: str, lesson: Lesson, notes: Notes, at: tuple[int, int]) -> Clip | None:
        missing = [file for file in (f"{name}.webm", f"{name}.vtt") if f"{draft.slug}/media/{file}" not in self.folder.paths]
        is_drawn = name == "clip" and draft.has_storyboard
        if missing:
            hint = "run ./dev clips" if is_drawn else "add it, or write a storyboard in clip.yaml and run ./dev clips"
            for file in missing:
                notes.add(at, "clip-media", f"the clip has no `media/{file}`", hint)
            self.problems += notes.found
            return None
        video, captions = draft.media.get(f"{name}.webm"), self._captions(draft, name)
        if video is None or self.source_lang not in captions:
            return None
        cues = {lang: self._cues(medium, video) for lang, medium in captions.items()}
        poster = next(
            (draft.media[file] for file in (f"{name}.jpg", f"{name}.webp", f"{name}.png") if file in draft.media), None
        )
        if video.seconds is None:
            hint = "run ./dev clips, or export the clip again as a whole"
            self._note(video.asset.path, "clip-media", "the clip does not say how long it is, or is cut off", hint)
        length = video.seconds or max((cue.end for cue in cues[self.source_lang]), default=0.0)
        return Clip(
            title=(draft.storyboard if is_drawn else "") or lesson.texts[self.source_lang].title,
            seconds=max(1, -int(-length // 1)),
            video=video.asset,
            poster=poster.asset if poster else None,
            transcripts=cues,
            is_synthetic_voice=is_drawn,
            captions={lang: medium.asset for lang, medium in captions.items()},
        )

    def _captions(self, draft: ModuleDraft, name: str) -> dict[str, Medium]:
        found = {self.source_lang: draft.media[f"{name}.vtt"]} if f"{name}.vtt" in draft.media else {}
        return found | {
            lang: draft.media[f"{name}.{lang}.vtt"] for lang in self.languages[1:] if f"{name}.{lang}.vtt" in draft.media
        }

    def _cues(self, captions: Medium, video: Medium) -> tuple[Cue, ...]:
        path = captions.asset.path
        notes = Notes(path)
        content = self.folder.read(path, captions.asset.size, notes) or b""
        text, problems = decode(content, path)
        self.problems += problems
        cues = read_captions(text, notes) if text is not None else ()
        check_coverage(cues, video.seconds or 0.0, notes)
        self.problems += notes.found
        return cues


def _figures_not_there(draft: ModuleDraft, quiz: Quiz) -> Iterator[Fault]:
    """A hotspot's figure is a picture in the module's media; only the folder knows which there are."""
    there = {f"media/{name}" for name in draft.media}
    for number, item in enumerate(quiz.items):
        if isinstance(item, Hotspot) and item.figure not in there:
            hint = did_you_mean(item.figure, there) or "add the picture to the folder `media`"
            yield Fault(("items", number, "figure"), f"there is no `{item.figure}` in this module", hint, "dead-link")


def _name_hint(name: str) -> str:
    known = ("module.yaml", "quiz.yaml", "infographic.yaml", "clip.yaml")
    if name.endswith(".md") and "/" not in name:
        return "name a lesson `01-its-address.md`, in small letters, digits and `-`"
    if name.startswith(("practices/", "sessions/")):
        return "name it `its-address.md`, in small letters, digits and `-`"
    return did_you_mean(name, known, "move it into `media/`, or take it out")
