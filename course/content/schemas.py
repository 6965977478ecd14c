"""course.yaml, module.yaml and the front matter of lessons, each read strictly into values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from .fields import ID, Fields
from .model import CompleteLesson, CompleteModule, Lesson, Module, Recording, Source, Text
from .problems import Notes, did_you_mean
from .yaml_reader import Document

SUMMARY_MOST = 160
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,8})?")
_TRANSLATED = "a translation holds texts only; ids, keys and points stay in the source language's file"


@dataclass(frozen=True, slots=True)
class CourseSheet:
    """course.yaml as read; ``wanted`` is how many modules complete the course, 0 for all."""

    languages: tuple[str, ...]
    modules: tuple[tuple[str, tuple[int, int]], ...]
    wanted: int
    wanted_at: tuple[int, int]
    publisher: str
    licence: str
    text: Text


def read_course(document: Document, notes: Notes) -> CourseSheet:
    fields = Fields(document, notes)
    languages = tuple(language for language in fields.texts("languages", least=1, most=40, longest=12) if language)
    for number, language in enumerate(languages):
        if not _LANGUAGE.fullmatch(language) or language in languages[:number]:
            fields.add(
                ("languages", number),
                "not-a-language",
                f"`{language}` cannot stand here",
                "write codes such as `en`, `es` or `pt-BR`, each once",
            )
    names = fields.texts("modules", most=200, longest=80)
    ordered = tuple((name, fields.where("modules", number)) for number, name in enumerate(names) if name)
    for number, name in enumerate(names):
        if name in names[:number]:
            fields.add(("modules", number), "duplicate-id", f"`{name}` stands twice in `modules`", "take one out")
    sheet = CourseSheet(
        tuple(dict.fromkeys(languages)) or ("en",),
        ordered,
        _modules_wanted(fields),
        fields.where("complete_when"),
        fields.text("publisher", required=True),
        fields.text("licence", required=True),
        Text(fields.text("title", required=True, most=120), fields.text("summary", required=True)),
    )
    fields.finish()
    return sheet


def _modules_wanted(fields: Fields) -> int:
    rule = fields.child("complete_when")
    if rule is None:
        fields.missing("complete_when", "add `complete_when: {modules: all}`")
        return 0
    wanted = 0 if rule.raw("modules") == "all" else rule.whole("modules", least=1, most=1000)
    rule.finish()
    return wanted


def read_module(document: Document, notes: Notes, slug: str, lang: str, licence: str) -> Module:
    """module.yaml without its lessons and quiz. The theme falls back to the folder's name, the licence to the course's."""
    fields = Fields(document, notes)
    text = _module_text(fields)
    sources = read_sources(fields)
    module = Module(
        slug=slug,
        theme=fields.slug("theme") or slug,
        minutes=fields.whole("minutes", least=1, most=6000),
        complete_when=cast(
            CompleteModule, fields.one_of("complete_when", ("lessons_and_quiz", "lessons", "quiz"), "lessons_and_quiz")
        ),
        pass_mark=fields.whole("pass_mark", least=1, most=100, default=70),
        access="sign_in" if fields.one_of("access", ("open", "sign_in"), "open") == "sign_in" else "open",
        licence=fields.text("licence") or licence,
        lessons=(),
        sources=sources,
        texts={lang: text},
    )
    fields.finish()
    return module


def _module_text(fields: Fields) -> Text:
    return Text(
        title=fields.text("title", required=True, most=120),
        summary=fields.text("summary", required=True, most=SUMMARY_MOST),
        objectives=fields.texts("objectives", least=3, most=6, longest=300),
    )


def read_sources(fields: Fields) -> tuple[Source, ...]:
    """The ``sources`` of a module; ids are unique in it."""
    sources: dict[str, Source] = {}
    for entry in fields.children("sources"):
        source = Source(
            id=entry.slug("id", required=True),
            publisher=entry.text("publisher", required=True, most=160),
            title=entry.text("title", most=300),
            date=entry.text("date", most=60),
            url=entry.address("url", required=True),
        )
        entry.finish()
        if source.id in sources:
            entry.add(
                "id", "duplicate-id", f"a second source with the id `{source.id}`", "give it another id, or cite the first"
            )
        sources.setdefault(source.id, source)
    return tuple(source for source in sources.values() if source.id)


@dataclass(frozen=True, slots=True)
class LessonSheet:
    """A lesson's front matter as read; its text is rendered later, when every lesson is known."""

    lesson: Lesson
    clip: str
    clip_at: tuple[int, int]


def read_lesson(document: Document, notes: Notes, slug: str, lang: str) -> LessonSheet:
    fields = Fields(document, notes, what="the front matter")
    text = Text(fields.text("title", required=True, most=120), fields.text("summary", required=True, most=400))
    lesson = Lesson(
        id=fields.slug("id", required=True),
        slug=slug,
        minutes=fields.whole("minutes", least=1, most=600),
        complete_when=cast(CompleteLesson, fields.one_of("complete_when", ("read", "watch"), "read")),
        texts={lang: text},
        recording=read_recording(fields),
    )
    clip = fields.slug("clip")
    fields.finish()
    if lesson.complete_when == "watch" and not clip:
        fields.add("complete_when", "no-clip", "`watch` needs a clip", "add `clip: clip`, or write `complete_when: read`")
    return LessonSheet(lesson, clip, fields.where("clip"))


def read_recording(fields: Fields) -> Recording | None:
    entry = fields.child("recording")
    if entry is None:
        return None
    url = entry.address("url", required=True)
    recording = Recording(
        url, entry.text("title", required=True, most=200), entry.whole("minutes", least=0, most=1000, default=0)
    )
    entry.finish()
    if url and not url.startswith("https://"):
        entry.add("url", "not-an-address", "a recording is played from `https://` only", "use its secure address")
    return recording


def cited(
    fields: Fields, key: str | tuple[str | int, ...], source_id: str, sources: Mapping[str, Source] | None
) -> Source | None:
    """The source with this id. ``sources`` None (module.yaml is unreadable) asks nothing, so that one fault is told once."""
    if not source_id:
        return None
    if sources is None:
        return Source(source_id, "", "")
    if source_id not in sources:
        hint = did_you_mean(source_id, sources, "add it to `sources` in module.yaml")
        fields.add(key, "unknown-source", f"there is no source `{source_id}` in this module", hint)
    return sources.get(source_id)


def cited_all(fields: Fields, sources: Mapping[str, Source] | None) -> tuple[Source, ...]:
    ids = fields.texts("sources", least=1, longest=80)
    found = (cited(fields, ("sources", number), source_id, sources) for number, source_id in enumerate(ids))
    return tuple(source for source in found if source is not None)


def read_translation(document: Document, notes: Notes, kind: str) -> Text:
    """The texts of a translated file: ``kind`` is course, module, lesson, practice or session."""
    fields = Fields(document, notes, what="the front matter" if kind not in ("course", "module") else "the file")
    title = fields.text("title", required=True, most=160)
    summary = fields.text("summary", most=400) if kind in ("course", "module", "lesson") else ""
    objectives = fields.texts("objectives", most=6, longest=300) if kind == "module" else ()
    when = fields.text("when", most=160) if kind == "practice" else ""
    caution = fields.text("caution", most=1200) if kind == "practice" else ""
    fields.finish(_TRANSLATED)
    return Text(title, summary, objectives=objectives, when=when, caution=caution)


def is_id(text: str) -> bool:
    return ID.fullmatch(text) is not None
