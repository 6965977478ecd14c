"""What no file can know by itself: ids and addresses that clash, names that lead nowhere, rules that nobody can meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .model import Problem
from .problems import Notes, did_you_mean
from .reading import Draft, ModuleDraft
from .schemas import CourseSheet, LessonSheet


def check_course(sheet: CourseSheet, path: str, slugs: Sequence[str]) -> list[Problem]:
    """``slugs`` are the folders that hold modules."""
    notes = Notes(path)
    for name, at in sheet.modules:
        if name not in slugs:
            notes.add(
                at,
                "missing-file",
                f"there is no module folder `{name}`",
                did_you_mean(name, slugs, "add the folder, or take it out"),
            )
    if sheet.wanted > len(slugs):
        notes.add(
            sheet.wanted_at,
            "not-reachable",
            f"{sheet.wanted} modules complete the course, and there are {len(slugs)}",
            "write `modules: all`",
        )
    if not slugs:
        notes.add((1, 1), "no-modules", "the course has no module", "add a folder with a `module.yaml`")
    return notes.found


def check_modules(drafts: Sequence[ModuleDraft], source_lang: str) -> list[Problem]:
    problems: list[Problem] = []
    for draft in drafts:
        problems += _check_lessons(draft.lessons, source_lang)
        problems += _check_completion(draft)
    problems += _check_addresses("practice", [(p.value.slug, p.pages[source_lang].path) for d in drafts for p in d.practices])
    problems += _check_addresses("session", [(s.value.slug, s.pages[source_lang].path) for d in drafts for s in d.sessions])
    problems += _check_practices(drafts, source_lang)
    return problems


def _check_lessons(lessons: Iterable[Draft[LessonSheet]], source_lang: str) -> list[Problem]:
    problems: list[Problem] = []
    ids: dict[str, str] = {}
    slugs: dict[str, str] = {}
    for draft in lessons:
        lesson, page = draft.value.lesson, draft.pages[source_lang]
        notes = Notes(page.path)
        if lesson.id and lesson.id in ids:
            notes.add(
                page.page.matter.at(("id",)),
                "duplicate-id",
                f"the id `{lesson.id}` is also that of {ids[lesson.id]}",
                "give this lesson its own",
            )
        if lesson.slug in slugs:
            notes.add(
                (1, 1),
                "duplicate-id",
                f"{slugs[lesson.slug]} has the same address",
                "change what follows the number in one file's name",
            )
        if lesson.slug == "quiz":
            notes.add((1, 1), "duplicate-id", "`quiz` is the address of the module's quiz", "give the lesson another name")
        ids.setdefault(lesson.id, page.path)
        slugs.setdefault(lesson.slug, page.path)
        problems += notes.found
    return problems


def _check_completion(draft: ModuleDraft) -> list[Problem]:
    notes = Notes(draft.path)
    if not draft.lessons:
        notes.add((1, 1), "no-lessons", "the module has no lesson", "add `01-its-address.md`")
    if draft.module and draft.module.complete_when != "lessons" and not draft.has_quiz_file:
        notes.add(
            (1, 1),
            "not-reachable",
            "the quiz completes this module, and it has no `quiz.yaml`",
            "add it, or write `complete_when: lessons`",
        )
    return notes.found


def _check_addresses(kind: str, found: Iterable[tuple[str, str]]) -> list[Problem]:
    problems: list[Problem] = []
    first: dict[str, str] = {}
    for slug, path in found:
        if slug in first:
            message = f"the {kind} `{slug}` stands in {first[slug]} too"
            hint = "rename one of the files, or take it out; addresses are unique in the course"
            problems.append(Problem(path, 1, 1, "duplicate-id", message, hint))
        first.setdefault(slug, path)
    return problems


def _check_practices(drafts: Sequence[ModuleDraft], source_lang: str) -> list[Problem]:
    sessions = {session.value.slug for draft in drafts for session in draft.sessions}
    problems: list[Problem] = []
    for draft in drafts:
        for practice in draft.practices:
            name, page = practice.value.session, practice.pages[source_lang]
            if name and name not in sessions:
                notes = Notes(page.path)
                hint = did_you_mean(name, sessions, "add the session, or take the entry out")
                notes.add(page.page.matter.at(("session",)), "dead-link", f"there is no session `{name}`", hint)
                problems += notes.found
    return problems
