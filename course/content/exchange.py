"""Importing items into a module's quiz.yaml, and exporting them. All is checked before a byte is written.

Whatever would make a problem in the folder is left out, and the ledger says so: the course that learners see stays one that
can be published.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import quizzes
from quizzes.formats import FORMATS, MOST_BYTES, Change, Entry, Exported, Format, Imported, Ledger, Refused
from quizzes.model import Item, Quiz

from .files import COURSE
from .front_matter import decode
from .model import Problem
from .quiz_writing import NotAppended, appended, items_text, quiz_text
from .yaml_reader import read_yaml

__all__ = [
    "FORMATS",
    "MOST_BYTES",
    "Format",
    "NotImported",
    "Plan",
    "Refused",
    "export_module",
    "import_items",
    "modules_in",
    "plan_import",
    "write",
]
_UNFINISHED = frozenset({"no-feedback", "longest-key"})  # what an author still has to write, and what no learner is misled by


class NotImported(Exception):
    """Why nothing can be imported into, or exported from, a module as it is."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import will write, by path in the course folder, and the ledger of it. ``left`` is what is still to be written
    by the author, and empty unless unfinished items were asked for."""

    ledger: Ledger
    files: Mapping[str, bytes] = field(default_factory=dict)
    left: tuple[Problem, ...] = ()


def modules_in(root: Path) -> list[str]:
    """The folders of the course that are modules, by name."""
    return sorted(path.parent.name for path in root.glob("*/module.yaml") if not path.parent.is_symlink())


def export_module(root: Path, module: str, form: Format) -> Exported:
    """The items of a module as they lie in the folder. Raises NotImported."""
    if form.write is None:
        raise NotImported(f"{form.words} is read here, and not written")
    text = _text(root, module)
    if text is None:
        raise NotImported(f"the module `{module}` has no quiz.yaml")
    return form.write(_quiz(text, module))


def plan_import(root: Path, module: str, form: Format, data: bytes, *, unfinished: bool = False) -> Plan:
    """What an import would do. Raises Refused for a file of which nothing can be read, NotImported for a module that is
    not fit to take anything."""
    from .loader import load  # with Markdown and bleach, which nobody else needs who serves pages

    text = _text(root, module)
    own = _quiz(text, module).items if text is not None else ()
    found = _renamed(form.read(data), own)
    before = set(load(root).problems)
    while True:
        files = _files(text, module, found)
        new = [problem for problem in load(root, files).problems if problem not in before] if files else []
        new, left = _sorted_out(new, unfinished=unfinished)
        if not new:
            return Plan(found.ledger, files, left)
        found = _without(found, new, _lines(files, module, len(own)), module)


def import_items(root: Path, module: str, form: Format, data: bytes, *, unfinished: bool = False) -> Plan:
    """Plans an import and writes it; one at a time in a course. Raises what ``plan_import`` raises, and OSError."""
    _text(root, module)  # where there is no course, there is no file to lock either
    with (root / COURSE).open("rb") as whole:
        fcntl.flock(whole, fcntl.LOCK_EX)
        plan = plan_import(root, module, form, data, unfinished=unfinished)
        write(root, plan.files)
    return plan


def write(root: Path, files: Mapping[str, bytes]) -> None:
    """Each file whole or not at all, pictures before the quiz that shows them. Raises OSError."""
    for path in sorted(files, key=lambda path: path.endswith("quiz.yaml")):
        target = root / path
        target.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(files[path])
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
            Path(name).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise


def _text(root: Path, module: str) -> str | None:
    """The text of the module's quiz; None where it has none yet."""
    if not (root / COURSE).exists():
        raise NotImported(f"{root}: this is no course, since it has no `{COURSE}`; name its folder with COURSE_MODULES")
    if module not in modules_in(root):
        raise NotImported(f"there is no module `{module}`; there are {', '.join(modules_in(root)) or 'none'}")
    path = root / module / "quiz.yaml"
    if not path.exists():
        return None
    text, problems = decode(path.read_bytes(), f"{module}/quiz.yaml")
    if text is None:
        raise NotImported(str(problems[0]))
    return text


def _quiz(text: str, module: str) -> Quiz:
    document = read_yaml(text, f"{module}/quiz.yaml")
    found = quizzes.read(document.value)
    if document.problems or found.quiz is None:
        said = str(document.problems[0]) if document.problems else found.faults[0].message
        raise NotImported(f"{module}/quiz.yaml has a problem that comes first: {said}")
    return found.quiz


def _renamed(found: Imported, own: tuple[Item, ...]) -> Imported:
    """Without what the module has already; an item of another content under the same id gets an id of its own."""
    held, taken = {item.id: item for item in own}, {item.id for item in (*own, *found.items)}
    items = iter(found.items)
    kept, entries = [], []
    for entry in found.ledger.entries:
        item = next(items) if entry.item_id else None
        if item is not None and item == held.get(item.id):
            why = f"the module has the very same item as `{item.id}`"
            entries.append(replace(entry, item_id="", changes=(*entry.changes, Change(entry.place, "the item", why))))
            continue
        if item is not None and item.id in held:
            name = next(name for n in range(2, len(taken) + 3) if (name := f"{item.id}-{n}") not in taken)
            taken.add(name)
            why = f"the module has another item of that id, so this one is `{name}`"
            entry = replace(entry, item_id=name, changes=(*entry.changes, Change(entry.place, f"the id `{item.id}`", why)))  # noqa: PLW2901
            item = replace(item, id=name)
        entries.append(entry)
        kept += [item] if item is not None else []
    return Imported(tuple(kept), replace(found.ledger, entries=tuple(entries)), found.media)


def _files(text: str | None, module: str, found: Imported) -> dict[str, bytes]:
    """The quiz and the pictures as they would lie in the folder; nothing where no item is left."""
    if not found.items:
        return {}
    try:
        whole = appended(text, found.items) if text is not None else quiz_text(Quiz(found.items))
    except NotAppended as error:
        raise NotImported(f"nothing can be added to {module}/quiz.yaml: {error}") from None
    written = items_text(found.items)
    media = {f"{module}/media/{name}": content for name, content in found.media.items() if f"media/{name}" in written}
    return media | {f"{module}/quiz.yaml": whole.encode()}


def _sorted_out(new: list[Problem], *, unfinished: bool) -> tuple[list[Problem], tuple[Problem, ...]]:
    if not unfinished:
        return new, ()
    return [p for p in new if p.code not in _UNFINISHED], tuple(p for p in new if p.code in _UNFINISHED)


def _lines(files: Mapping[str, bytes], module: str, own: int) -> list[int]:
    """The line on which each imported item begins."""
    document = read_yaml(files[f"{module}/quiz.yaml"].decode(), "quiz.yaml")
    items = document.value.get("items", []) if isinstance(document.value, dict) else []
    return [document.at(("items", n))[0] for n in range(own, len(items))]


def _without(found: Imported, problems: list[Problem], lines: list[int], module: str) -> Imported:
    """What is left when each item with a problem is dropped; one that only names a lesson of elsewhere loses the name.

    Raises NotImported for a problem that is no single item's.
    """
    wrong: dict[str, list[Problem]] = {}
    for problem in problems:
        n = sum(line <= problem.line for line in lines) - 1
        if problem.path != f"{module}/quiz.yaml" or n < 0 or n >= len(found.items):
            said = ": ".join(filter(None, (f"{problem.path}:{problem.line}", problem.message, problem.hint)))
            raise NotImported(f"with these items the folder would have a problem: {said}{_also(problem)}")
        wrong.setdefault(found.items[n].id, []).append(problem)
    lost = {name for name, told in wrong.items() if any(problem.code != "unknown-lesson" for problem in told)}
    entries = tuple(_told(entry, wrong.get(entry.item_id, []), is_lost=entry.item_id in lost) for entry in found.ledger.entries)
    items = tuple(replace(item, review_lesson="") if item.id in wrong else item for item in found.items if item.id not in lost)
    return Imported(items, replace(found.ledger, entries=entries), found.media)


def _also(problem: Problem) -> str:
    return ", or take unfinished items too" if problem.code in _UNFINISHED else ""


def _told(entry: Entry, problems: list[Problem], *, is_lost: bool) -> Entry:
    if not problems:
        return entry
    what = "the item" if is_lost else "`review_lesson`"
    told = tuple(
        Change(entry.place, what, f"{p.message}: {p.hint}{_also(p)}" if p.hint and is_lost else p.message) for p in problems
    )
    return replace(entry, item_id="" if is_lost else entry.item_id, changes=(*entry.changes, *told))
