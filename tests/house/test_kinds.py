"""The document of kinds: every example is read by the course's loader, played by the robots, and earns what is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

import quizzes
from course.content.loader import load
from quizzes import robots
from quizzes.kinds import KINDS, Calculated, Interaction, of
from quizzes.model import Quiz, Response
from tests.courses import PLAN, write_small_course
from tests.rig.server import ROOT

DOCUMENT = ROOT / "docs" / "authors" / "kinds.md"


@dataclass(frozen=True)
class Example:
    heading: str
    text: str
    drawn: dict[str, Fraction]
    scores: tuple[tuple[str, Fraction], ...]


def examples() -> list[Example]:
    found = []
    for part in re.split(r"^##+ ", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"```yaml\n(.*?)```", part, flags=re.DOTALL)
        scores = re.findall(r"^\| `(.*)` \| (\S+) \|$", part, flags=re.MULTILINE)
        drawn = re.search(r"^Drawn: (.*)$", part, flags=re.MULTILINE)
        values = {name: Fraction(value) for name, value in re.findall(r"`(\w+) = (\S+)`", drawn[1] if drawn else "")}
        lines = tuple((given, Fraction(n)) for given, n in scores)
        found += [Example(part.split("\n", 1)[0], text, values, lines) for text in blocks]
    return found


each_example = pytest.mark.parametrize("example", examples(), ids=lambda example: example.heading)


def read(example: Example, folder: Path) -> Quiz:
    changes: dict[str, str | bytes | None] = {
        "mobility/quiz.yaml": f"attempts: 0\nitems:\n{example.text}{'' if KINDS[kind_of(example)].IS_GRADED else OTHER}",
        "mobility/media/plan.svg": PLAN,
    }
    loaded = load(write_small_course(folder, changes=changes))
    assert loaded.problems == ()
    assert loaded.course is not None
    module = loaded.course.module("mobility")
    assert module is not None
    return module.quizzes["en"]


OTHER = """\
- id: other
  kind: true_false
  prompt: "A quiz needs one item that is graded."
  correct: true
  feedback_true: "Yes."
  feedback_false: "It does."
"""


def kind_of(example: Example) -> str:
    found = re.search(r"^  kind: (\w+)$", example.text, flags=re.MULTILINE)
    assert found is not None
    return found[1]


def given(item: Interaction, words: str) -> Response:
    if item.USES == "text":
        return Response(text=words)
    if item.USES == "choices":
        return Response(choices=tuple(words.split(", ")))
    rows = (pair.partition("=") for pair in words.split("; "))
    return Response(pairs=tuple((row, choice) for row, _, choice in rows))


def seed_that_draws(item: Calculated, drawn: dict[str, Fraction]) -> int:
    return next(
        seed for seed in range(10_000) if {p.name: list(p.values)[p.drawn(seed, item.id)] for p in item.params} == drawn
    )


@each_example
def test_an_example_earns_what_is_written(example: Example, tmp_path: Path) -> None:
    quiz = read(example, tmp_path / "modules")
    first = of(quiz.items[0])
    seed = seed_that_draws(first, example.drawn) if isinstance(first, Calculated) else 0
    once = quizzes.instance(quiz, seed)
    item = of(once.items[0])
    earned = []
    for words, _ in example.scores:
        response, message = quizzes.collect(item, robots.fields_of(item, given(item, words)))
        assert message == "", words
        earned.append((words, quizzes.grade_item(item, response).score.raw))
    assert tuple(earned) == example.scores
    assert max(points for _, points in example.scores) == item.points


@each_example
def test_robots_find_nothing_in_an_example(example: Example, tmp_path: Path) -> None:
    assert list(robots.faults(read(example, tmp_path / "modules"))) == []


def test_every_kind_and_every_rule_has_an_example(tmp_path: Path) -> None:
    items = [read(example, tmp_path / str(n)).items[0] for n, example in enumerate(examples())]
    shown = {(item.kind, item.credit) for item in items}
    rules = {(name, credit) for name, kind in KINDS.items() for credit in kind.CREDITS}
    same = {("hotspot", credit) for credit in KINDS["hotspot"].CREDITS}  # those of multiple_choice, as the document says
    assert rules - shown - same == set()
    assert {item.kind for item in items} == set(KINDS)
    assert len({item.id for item in items}) == len(items)
