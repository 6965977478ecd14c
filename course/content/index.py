"""Every name that a text of the course can point to, and the address it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .model import Practice, Source
from .problems import did_you_mean
from .storyboard import Infographic

KINDS = ("lesson", "practice", "session", "module", "quiz")


@dataclass(frozen=True, slots=True)
class Index:
    """``lessons`` is module → lesson id → slug; the id is empty for a lesson whose front matter could not be read."""

    lessons: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    practices: Mapping[str, Practice] = field(default_factory=dict)
    sessions: frozenset[str] = frozenset()
    quizzes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a text stands: what it may cite and show. ``media`` is file name → (address, size)."""

    path: str
    module: str
    lang: str
    source_lang: str
    sources: Mapping[str, Source] | None
    index: Index
    media: Mapping[str, tuple[str, tuple[int, int] | None]] = field(default_factory=dict)
    infographic: Infographic | None = None


def resolve(kind: str, name: str, setting: Setting) -> tuple[str, str]:
    """The address of ``kind:name``, or empty with a hint. A lesson of another module is ``lesson:module/id``."""
    if kind == "lesson":
        return _resolve_lesson(name, setting)
    index = setting.index
    known = {
        "practice": index.practices.keys(),
        "session": index.sessions,
        "module": index.lessons.keys(),
        "quiz": index.quizzes,
    }[kind]
    if name not in known:
        return "", did_you_mean(name, known, f"there is no such {kind}")
    return {
        "practice": f"/~/practices/{name}",
        "session": f"/~/sessions/{name}",
        "module": f"/~/modules/{name}/",
        "quiz": f"/~/modules/{name}/quiz",
    }[kind], ""


def _resolve_lesson(name: str, setting: Setting) -> tuple[str, str]:
    module, _, lesson_id = name.rpartition("/")
    lessons = setting.index.lessons.get(module or setting.module)
    if lessons is None:
        return "", did_you_mean(module, setting.index.lessons, "there is no such module")
    if lesson_id not in lessons and "" in lessons:
        return f"/~/modules/{module or setting.module}/", ""  # it may be the one that could not be read, which was told
    if lesson_id not in lessons:
        by_slug = next((known for known, slug in lessons.items() if slug == lesson_id), "")
        return "", f"did you mean `{by_slug}`?" if by_slug else did_you_mean(lesson_id, lessons)
    return f"/~/modules/{module or setting.module}/{lessons[lesson_id]}", ""
