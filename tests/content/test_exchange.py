"""Items into a module and out of it: nothing is written that would make a problem, and an author's file keeps every byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from course.content import exchange
from course.content.exchange import FORMATS, NotImported
from course.content.loader import load
from quizzes.formats import Imported, Ledger
from tests.courses import write_small_course
from tests.quizzes.formats import PNG, answer, question

GIFT = (
    "::Keep it open::Which hall?{=The large one#It has doors. ~The small one, which is nearer#It has none.}\n\n"
    "::No word::Q{=a ~b}\n\n::Dead::[markdown]Q [x](nowhere){T#no#yes}\n\n// [id:a-hall]\n::Hall::Is it so?{T#no#yes}\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_small_course(tmp_path / "modules")


def plan(folder: Path, text: str, form: str = "gift", module: str = "mobility", **more: bool) -> exchange.Plan:
    return exchange.plan_import(folder, module, FORMATS[form], text.encode(), **more)


def fates(ledger: Ledger) -> list[tuple[str, str, list[str]]]:
    return [(entry.fate, entry.item_id, [change.why for change in entry.changes]) for entry in ledger.entries]


def test_a_dry_run_changes_nothing_and_tells_what_the_import_does(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    told = plan(folder, GIFT)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert fates(told.ledger) == [
        ("kept", "keep-it-open", []),
        ("dropped", "", ["`a` has no feedback: say why it is right or wrong: `feedback: …`, or take unfinished items too",
                         "`b` has no feedback: say why it is right or wrong: `feedback: …`, or take unfinished items too"]),
        ("dropped", "", ["`nowhere` is no address of a web page or of the course: "
                         "write `https://…`, or `lesson:`, `practice:`, `session:`, `module:` or `quiz:` and a name"]),
        ("kept", "a-hall", []),
    ]  # fmt: skip
    done = exchange.import_items(folder, "mobility", FORMATS["gift"], GIFT.encode())
    quiz = folder / "mobility/quiz.yaml"
    assert (done, quiz.read_bytes().startswith(before.pop(quiz))) == (told, True)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path != quiz} == before
    loaded = load(folder)
    assert loaded.course is not None
    module = loaded.course.module("mobility")
    assert module is not None
    assert [item.id for item in module.quizzes["en"].items][-2:] == ["keep-it-open", "a-hall"]


def test_a_second_import_finds_every_item_there(folder: Path) -> None:
    exchange.import_items(folder, "mobility", FORMATS["gift"], GIFT.encode())
    again = plan(folder, GIFT)
    assert again.files == {}
    assert fates(again.ledger)[0] == ("dropped", "", ["the module has the very same item as `keep-it-open`"])
    changed = plan(folder, GIFT.replace("The large one", "The largest"))
    assert fates(changed.ledger)[0] == (
        "changed", "keep-it-open-2", ["the module has another item of that id, so this one is `keep-it-open-2`"],
    )  # fmt: skip


def test_unfinished_items_are_taken_where_they_are_asked_for(folder: Path) -> None:
    told = plan(folder, "::No word::Q{=a ~b}\n", unfinished=True)
    assert (fates(told.ledger), [problem.code for problem in told.left]) == ([("kept", "no-word", [])], ["no-feedback"] * 2)
    exchange.write(folder, told.files)
    assert load(folder).problems == told.left


def test_a_module_without_a_quiz_gets_one(folder: Path) -> None:
    (folder / "mobility/quiz.yaml").unlink()
    (folder / "mobility/module.yaml").write_text(
        (folder / "mobility/module.yaml").read_text().replace("complete_when: lessons_and_quiz", "complete_when: lessons")
    )
    before = load(folder).problems  # such as a link to the quiz
    done = exchange.import_items(folder, "mobility", FORMATS["gift"], GIFT.encode())
    assert (done.ledger.items_out, (folder / "mobility/quiz.yaml").read_text().splitlines()[0]) == (2, 'attempts: "0"')
    assert set(load(folder).problems) <= set(before)


def test_pictures_go_into_media(folder: Path) -> None:
    inner = answer(100, "true", "yes") + answer(0, "false", "no")
    text = question("truefalse", inner, f'<p>So?</p><img src="data:image/png;base64,{PNG}" alt="A hall">')
    done = exchange.import_items(folder, "mobility", FORMATS["moodle-xml"], text.encode())
    assert sorted(done.files) == ["mobility/media/picture-6b7fa434f92a.png", "mobility/quiz.yaml"]
    assert load(folder).problems == ()


def test_a_problem_of_the_whole_quiz_is_said(folder: Path) -> None:
    text = "".join(f"::I{n}::Q{n}{{={'the longest of them' * 3} {n}#x ~a {n}#y}}\n\n" for n in range(9))
    with pytest.raises(NotImported) as error:
        plan(folder, text)
    assert str(error.value) == (
        "with these items the folder would have a problem: mobility/quiz.yaml:2: the right choice is the longest in 10 of 10 "
        "single-choice items: shorten keys or make wrong choices as full, so that length tells nothing, or take unfinished "
        "items too"
    )
    assert [problem.code for problem in plan(folder, text, unfinished=True).left] == ["longest-key"]


def test_problems_that_are_there_already_do_not_count(folder: Path) -> None:
    (folder / "housing/quiz.yaml").write_text("items: [\n")
    assert plan(folder, GIFT).ledger.items_out == 2


FIRST = "mobility/quiz.yaml has a problem that comes first: "
BRACKETS = "items: [{id: a, kind: reflection, prompt: A}]\n"


@pytest.mark.parametrize(
    ("text", "module", "said"),
    [
        ("", "none", "there is no module `none`; there are housing, mobility"),
        ("", "../housing", "there is no module `../housing`; there are housing, mobility"),
        ("items: [\n", "mobility", FIRST),
        ("items:\n- {id: a}\n", "mobility", f"{FIRST}`kind` is missing"),
        ("\xff", "mobility", "mobility/quiz.yaml:1:1: "),
        (BRACKETS, "mobility", "nothing can be added to mobility/quiz.yaml: its items stand in brackets"),
    ],
)
def test_what_cannot_take_anything_is_said(folder: Path, text: str, module: str, said: str) -> None:
    (folder / "mobility/quiz.yaml").write_bytes(text.encode("latin-1"))
    with pytest.raises(NotImported) as error:
        plan(folder, GIFT, module=module)
    assert str(error.value).startswith(said)


def test_a_folder_that_cannot_be_written_to_stays_as_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(path.name for path in (folder / "mobility").iterdir())
    text = (folder / "mobility/quiz.yaml").read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)  # a full disk, at the last moment
    with pytest.raises(OSError, match="No space left"):
        exchange.import_items(folder, "mobility", FORMATS["gift"], GIFT.encode())
    assert (sorted(path.name for path in (folder / "mobility").iterdir()), (folder / "mobility/quiz.yaml").read_bytes()) == (
        before,
        text,
    )


def test_what_is_exported_is_what_is_imported(folder: Path) -> None:
    for form in ("gift", "moodle-xml"):
        exported = exchange.export_module(folder, "housing", FORMATS[form])
        assert plan(folder, exported.text, form, "housing").files == {}
        done = plan(folder, exported.text, form, "mobility")
        assert {change.why for entry in done.ledger.entries for change in entry.changes} == {
            f"the module has no lesson `{lesson}`" for lesson in ("rooms", "rules", "monday")
        }
        assert (done.ledger.items_out, done.ledger.items_in) == (exported.ledger.items_out, exported.ledger.items_out)
    with pytest.raises(NotImported, match="Aiken is read here, and not written"):
        exchange.export_module(folder, "housing", FORMATS["aiken"])
    (folder / "housing/quiz.yaml").unlink()
    with pytest.raises(NotImported, match=r"the module `housing` has no quiz\.yaml"):
        exchange.export_module(folder, "housing", FORMATS["gift"])


def test_a_ledger_tells_what_its_items_are() -> None:
    with pytest.raises(ValueError, match="different things"):
        Imported(FORMATS["gift"].read(b"Q{T}").items, Ledger())
