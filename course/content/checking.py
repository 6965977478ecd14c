"""``course check``: everything that is wrong with a course, as text or JSON, without a server or a database."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from .files import COURSE
from .loader import load
from .model import Course, Problem
from .problems import counted, from_here

CLEAN, PROBLEMS, USAGE = 0, 1, 2


def check(path: str | os.PathLike[str], form: Literal["text", "json"] = "text") -> tuple[str, int]:
    """What to print, and the exit code: 0 no problem, 1 problems, 2 no course there. Files are named from where one stands."""
    folder = Path(path)
    unusable = _unusable(folder)
    if unusable:
        return (json.dumps({"error": unusable}, ensure_ascii=False) if form == "json" else unusable), USAGE
    loaded = load(folder)
    problems = from_here(folder, loaded.problems)
    counts = _counts(loaded.course) if loaded.course else {}
    said = json.dumps({"counts": counts, "problems": [asdict(p) for p in problems]}, ensure_ascii=False, indent=2)
    return (said if form == "json" else _as_text(counts, problems)), PROBLEMS if problems else CLEAN


def _unusable(folder: Path) -> str:
    try:
        if not folder.is_dir():
            return f"{folder}: there is no such folder; name the folder that holds `{COURSE}`"
        (folder / COURSE).lstat()
    except FileNotFoundError:
        return f"{folder}: this is no course, since it has no `{COURSE}`; name the folder that holds it"
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        return f"{folder}: this folder cannot be read ({why})"
    return ""


def _counts(course: Course) -> dict[str, int]:
    source = course.languages[0]
    return {
        "module": len(course.modules),
        "lesson": sum(len(module.lessons) for module in course.modules),
        "item": sum(len(module.quizzes[source].items) for module in course.modules if source in module.quizzes),
        "practice": len(course.practices),
        "session": len(course.sessions),
    }


def _as_text(counts: dict[str, int], problems: Sequence[Problem]) -> str:
    if problems:
        files = len({problem.path for problem in problems})
        return "\n".join([*map(str, problems), f"{counted(len(problems), 'problem')} in {counted(files, 'file')}"])
    return ", ".join(counted(count, word) for word, count in counts.items()) + ": no problems"
