"""The documents: one word per thing, links that lead somewhere, commands and settings that are there."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from course import config
from course.cli import course
from tests.rig.server import ROOT

DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
OURS = [
    path
    for folder, kinds in {
        "course": ("py", "html", "js", "css"),
        "quizzes": ("py",),
        "templates": ("html",),
        "docs": ("md",),
    }.items()
    for kind in kinds
    for path in sorted((ROOT / folder).rglob(f"*.{kind}"))
    if path.name != "glossary.md"
]
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def table(heading: str, path: Path) -> list[str]:
    """The first cells of the table whose first head cell is ``heading``."""
    text = path.read_text(encoding="utf-8")
    rows = re.search(rf"^\| {heading} \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", text, flags=re.MULTILINE)
    assert rows, f"{path.name} has no table with `{heading}`"
    return [line.split("|")[1].strip() for line in rows.group(1).splitlines()]


def never() -> list[str]:
    """Words for which the glossary has another; one that is right in another sense stands there with its sense."""
    cells = [cell for cell in table("never", ROOT / "docs" / "glossary.md") if ", for " not in cell]
    return sorted(word.strip() for cell in cells for word in cell.split(","))


def test_the_glossary_refuses_words() -> None:
    assert never() == ["chapter", "helpers", "misc", "student", "submission", "unit", "utils"]


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_one_word_per_thing(path: Path) -> None:
    refused = [word for word in never() if word != "unit"]  # a number has a unit; a lesson is none
    found = re.findall(rf"\b(?:{'|'.join(refused)})s?\b", path.read_text(encoding="utf-8"), flags=re.IGNORECASE)
    assert found == [], "docs/glossary.md has the word to use"


@each_document
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"^(?: {4}|```).*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", re.sub(r"`[^`]*`", "", text))
    local = [link for link in links if not link.startswith(("http://", "https://"))]
    assert [link for link in local if not (path.parent / link).exists()] == []


@each_document
def test_commands_are_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    verbs = set(re.findall(r"`?\./dev ([a-z-]+)", text))
    assert verbs - set(re.findall(r'"([a-z]+)": [a-z_]+', (ROOT / "dev").read_text(encoding="utf-8"))) == set()
    for words in re.findall(r"\./dev course ((?:[a-z][a-z-]* ?)+)", text):
        command: click.Command = course
        for word in words.split():
            if not isinstance(command, click.Group):
                break
            assert word in command.commands, f"there is no `course {words.strip()}`"
            command = command.commands[word]


def test_every_setting_is_described() -> None:
    described = [cell.strip("`") for cell in table("setting", ROOT / "docs" / "operators" / "index.md")]
    known = {f"COURSE_{field.name.upper()}" for field in fields(config.Settings)} - {"COURSE_ORIGINS"}
    assert sorted(described) == sorted(known)


def test_every_decision_says_what_was_rejected() -> None:
    silent = [
        path.name for path in (ROOT / "docs" / "decisions").glob("*.md") if "Rejected" not in path.read_text(encoding="utf-8")
    ]
    assert silent == []
