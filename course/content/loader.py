"""A folder → the course and every problem found. Never an exception for an author's fault, never half a course."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from .files import COURSE, Folder
from .meaning import check_course, check_modules
from .model import Course, Loaded, Module, Practice, Problem, Session, Text
from .problems import Notes, did_you_mean, in_file_order
from .reading import ModuleDraft, Reader
from .rendering import Renderer, build_index
from .schemas import CourseSheet, is_id, read_course
from .yaml_reader import Document, read_yaml

_TOLERATED = frozenset({COURSE, "README.md", "LICENSE", "LICENSE.md"})


def load(path: str | os.PathLike[str], instead: Mapping[str, bytes] | None = None) -> Loaded:
    """The course in a folder, or all its problems. Problems name files by their path in the folder.

    ``instead`` are files, by the same path, that are read in place of those that lie there: a change, before it is written.
    """
    folder = Folder(Path(path), instead)
    if COURSE not in folder.paths:
        is_closed = any((problem.path, problem.code) == (".", "unreadable") for problem in folder.problems)
        if is_closed:  # what cannot be looked into may have one
            return Loaded(None, in_file_order(folder.problems))
        missing = Problem(
            COURSE,
            1,
            1,
            "missing-file",
            f"the folder has no `{COURSE}`",
            "add it: title, summary, languages, modules, publisher",
        )
        return Loaded(None, in_file_order([*folder.problems, missing]))
    notes = Notes(COURSE)
    document = _yaml(folder, COURSE, notes)
    sheet = read_course(document, notes)
    reader = Reader(folder, sheet.languages, sheet.licence)
    texts = _course_texts(folder, sheet, reader)
    slugs = _slugs(folder, sheet, reader)
    drafts = [reader.read_module(slug) for slug in slugs]
    problems = notes.found + reader.problems
    if document.value is not None:
        problems += check_course(sheet, COURSE, slugs)
    problems += check_modules(drafts, sheet.languages[0])
    return _rendered(folder, sheet, drafts, texts, problems)


def _rendered(
    folder: Folder, sheet: CourseSheet, drafts: list[ModuleDraft], texts: dict[str, Text], problems: list[Problem]
) -> Loaded:
    index = build_index(drafts)
    modules: list[Module] = []
    practices: list[Practice] = []
    sessions: list[Session] = []
    for draft in drafts:
        renderer = Renderer(draft, index, sheet.languages[0])
        module = renderer.module()
        modules += [module] if module else []
        practices += renderer.practices()
        sessions += renderer.sessions()
        problems += renderer.problems
    found = in_file_order([*folder.problems, *problems])
    if found:
        return Loaded(None, found)
    course = Course(
        digest=folder.digest(),
        languages=sheet.languages,
        publisher=sheet.publisher,
        licence=sheet.licence,
        modules_to_complete=sheet.wanted or len(modules),
        modules=tuple(modules),
        practices=tuple(practices),
        sessions=tuple(sessions),
        assets=tuple(medium.asset for draft in drafts for medium in draft.media.values()),
        texts=texts,
    )
    return Loaded(course, ())


def _yaml(folder: Folder, path: str, notes: Notes) -> Document:
    text = folder.text(path)
    document = read_yaml(text, path) if text is not None else Document(None)
    notes.found += document.problems
    return document


def _course_texts(folder: Folder, sheet: CourseSheet, reader: Reader) -> dict[str, Text]:
    """The course's words by language; files at the top that are no part of a course are problems."""
    texts = {sheet.languages[0]: sheet.text}
    for path in folder.paths:
        if "/" in path or path in _TOLERATED:
            continue
        parts = path.split(".")
        notes = Notes(path)
        if len(parts) == 3 and parts[0] == "course" and parts[2] == "yaml" and parts[1] in sheet.languages[1:]:
            texts[parts[1]] = reader.translation(path, _yaml(folder, path, notes), "course")
        elif len(parts) == 3 and parts[0] == "course" and parts[2] == "yaml":
            notes.add(
                (1, 1),
                "not-a-language",
                f"the course has no language `{parts[1]}` beside its source",
                "add it to `languages` in course.yaml",
            )
        else:
            notes.add(
                (1, 1),
                "unknown-file",
                f"nothing is read from `{path}`",
                did_you_mean(path, [COURSE], "move it into a module, or take it out"),
            )
        reader.problems += notes.found
    return texts


def _slugs(folder: Folder, sheet: CourseSheet, reader: Reader) -> list[str]:
    """The modules in their order: those that course.yaml names, then the others by name."""
    found = []
    for name in folder.folders():
        if is_id(name):
            found.append(name)
            continue
        message = f"`{name}` cannot be a module's name"
        reader.problems.append(
            Problem(f"{name}/module.yaml", 1, 1, "not-an-id", message, "use small letters a-z, digits and `-`")
        )
    named = [name for name, _ in sheet.modules if name in found]
    return list(dict.fromkeys(named + found))
