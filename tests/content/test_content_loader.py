"""Loading a whole folder: the good course, its derived values, and a folder that someone has damaged."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from course.content.checking import check
from course.content.compare import compare
from course.content.loader import load
from course.content.model import Course, Loaded
from course.content.serial import dump, restore
from tests.courses import ROOMS, SVG, small_course_files, write_small_course


def loaded(folder: Path) -> Course:
    found = load(folder)
    assert found.problems == ()
    assert found.course is not None
    return found.course


def test_small_course_loads(tmp_path: Path) -> None:
    course = loaded(write_small_course(tmp_path))
    assert [module.slug for module in course.modules] == ["housing", "mobility"]
    assert [(lesson.id, lesson.slug) for lesson in course.modules[0].lessons] == [
        ("rooms", "rooms-before-rules"),
        ("rules", "rules-that-hold"),
        ("monday", "on-monday"),
    ]
    assert [item.kind for item in course.modules[0].quizzes["en"].items] == [
        "single_choice",
        "multiple_choice",
        "true_false",
        "numeric",
        "short_text",
        "ordering",
        "matching",
    ]
    assert course.modules_to_complete == 2
    assert [practice.slug for practice in course.practices] == ["harbour-halls", "hillside-hotels", "night-buses"]
    assert [session.date for session in course.sessions] == ["2020-04-01"]
    assert [asset.media_type for asset in course.assets] == ["image/svg+xml"]
    assert course.modules[0].theme == "housing" and course.modules[1].access == "open"


def test_prompts_are_html(tmp_path: Path) -> None:
    item = loaded(write_small_course(tmp_path)).modules[0].quizzes["en"].item("first-step")
    assert item.prompt.strip() == "<p>The town is told to stay at home on Friday. What do you do <em>first</em>?</p>"


def test_digest_names_the_bytes(tmp_path: Path) -> None:
    first = loaded(write_small_course(tmp_path / "a")).digest
    assert loaded(write_small_course(tmp_path / "b")).digest == first
    changed = write_small_course(tmp_path / "c", changes={"housing/media/infographic.svg": SVG + "\n"})
    assert loaded(changed).digest != first


def test_folders_not_named_come_after_by_name(tmp_path: Path) -> None:
    files = small_course_files()
    course = str(files["course.yaml"]).replace("[housing, mobility]", "[mobility]")
    assert [m.slug for m in loaded(write_small_course(tmp_path, changes={"course.yaml": course})).modules] == [
        "mobility",
        "housing",
    ]


def test_a_line_end_of_another_system_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    text = "\ufeff" + ROOMS.replace("\n", "\r\n")
    course = loaded(write_small_course(tmp_path / "a", changes={"housing/01-rooms-before-rules.md": text}))
    assert course.modules[0].lessons == loaded(write_small_course(tmp_path / "b")).modules[0].lessons


def test_translation_carries_texts_only(tmp_path: Path) -> None:
    course = loaded(write_small_course(tmp_path, spanish=True))
    mobility = course.modules[1]
    assert course.texts["es"].title == "Un curso pequeño"
    assert mobility.texts["es"].objectives == (
        "Nombrar a quien tiene que viajar",
        "Decidir qué calles son para caminar",
        "Redactar un horario",
    )
    assert mobility.lessons[0].texts["es"].html.split("\n")[0] == (
        '<p>El primer autobús salía a las cuatro.<sup class="cite"><a href="#source-1" id="cite-1" '
        'aria-label="Fuente 1">1</a></sup></p>'
    )
    assert sorted(mobility.lessons[1].texts) == ["en"]
    english, spanish = mobility.quizzes["en"], mobility.quizzes["es"]
    assert [item.id for item in spanish.items] == [item.id for item in english.items]
    assert spanish.item("who-travels").prompt.strip() == "<p>¿Quién necesita el primer autobús?</p>"
    assert spanish.item("seats") == english.item("seats")


def test_clip_is_measured_and_transcribed(tmp_path: Path) -> None:
    clip = loaded(write_small_course(tmp_path, clip=True)).modules[0].lessons[0].clip
    assert clip is not None
    assert (clip.title, clip.seconds, clip.is_synthetic_voice) == ("Who has a door to close", 10, True)
    assert [cue.text for cue in clip.transcripts["en"]] == ["Who has a door to close?", "Not everyone."]
    assert clip.poster is not None and clip.poster.media_type == "image/jpeg"


@pytest.mark.parametrize("spanish", [False, True])
def test_a_stored_course_is_the_same_course(tmp_path: Path, spanish: bool) -> None:
    course = loaded(write_small_course(tmp_path, clip=True, spanish=spanish))
    assert restore(dump(course)) == course
    assert dump(restore(dump(course))) == dump(course)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"format":2,"quizzes":{}}\n{}', b"[]\n[]", b"\xff"])
def test_bytes_that_were_not_stored_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        restore(content)


def test_check_counts_and_says_so(tmp_path: Path) -> None:
    assert check(write_small_course(tmp_path)) == ("2 modules, 5 lessons, 10 items, 3 practices, 1 session: no problems", 0)


def test_check_tells_each_problem_then_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_small_course(tmp_path / "modules", changes={"housing/02-rules-that-hold.md": None})
    monkeypatch.chdir(tmp_path)
    assert folder.name == "modules"
    said, code = check("modules")
    assert said.split("\n")[0] == "modules/housing/01-rooms-before-rules.md:26:26: `lesson:rules` leads nowhere [dead-link]"
    assert said.split("\n")[-1] == "2 problems in 2 files"
    assert code == 1


def test_check_as_json(tmp_path: Path) -> None:
    said, code = check(write_small_course(tmp_path), "json")
    counts = '"counts": {\n    "module": 2,\n    "lesson": 5,\n    "item": 10,\n    "practice": 3,\n    "session": 1\n  }'
    assert (said, code) == ("{\n  " + counts + ',\n  "problems": []\n}', 0)


def test_check_without_a_course_is_a_wrong_call(tmp_path: Path) -> None:
    assert check(tmp_path) == (
        f"{tmp_path}: this is no course, since it has no `course.yaml`; name the folder that holds it",
        2,
    )
    none = tmp_path / "none"
    assert check(none) == (f"{none}: there is no such folder; name the folder that holds `course.yaml`", 2)
    assert check("a\0b")[1] == 2


def test_load_of_a_folder_without_course(tmp_path: Path) -> None:
    assert [str(p) for p in load(tmp_path).problems] == [
        "course.yaml:1:1: the folder has no `course.yaml` [missing-file]\n"
        "  hint: add it: title, summary, languages, modules, publisher"
    ]


# Damage: whatever happens to a file, loading gives a course or problems, and never both or neither.

DAMAGE: dict[str, Callable[[bytes], bytes | None]] = {
    "deleted": lambda b: None,
    "first tenth": lambda b: b[: len(b) // 10],
    "half": lambda b: b[: len(b) // 2],
    "nine tenths": lambda b: b[: len(b) * 9 // 10],
    "empty": lambda b: b"",
    "latin-1": lambda b: b + "é".encode("latin-1"),
    "nul": lambda b: b[:40] + b"\0" + b[40:],
    "utf-16": lambda b: b.decode("utf-8").encode("utf-16"),
    "twice": lambda b: b + b,
    "brackets": lambda b: b.replace(b": ", b": [[[[[{"),
    "dashes": lambda b: b.replace(b"\n", b"\n---\n"),
    "colons": lambda b: b.replace(b"\n", b"\n:::\n"),
    "lists": lambda b: b.replace(b": ", b":\n- "),
    "mappings": lambda b: b.replace(b": ", b": {a: b}\n"),
    "truth": lambda b: b.replace(b": ", b": true #"),
    "huge": lambda b: b + b"# x\n" * 200_000,
}


def is_whole(found: Loaded) -> bool:
    return (found.course is None) == bool(found.problems)


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", sorted(small_course_files()))
def test_no_damage_raises(tmp_path: Path, name: str, damage: str) -> None:
    before = small_course_files()[name]
    content = DAMAGE[damage](before.encode() if isinstance(before, str) else before)
    found = load(write_small_course(tmp_path, clip=True, spanish=True, changes={name: content}))
    assert is_whole(found)


@pytest.mark.parametrize("name", sorted(small_course_files()))
def test_a_folder_or_link_in_place_of_a_file_is_a_problem(tmp_path: Path, name: str) -> None:
    folder = write_small_course(tmp_path / "folder", changes={name: None})
    (folder / name).mkdir(parents=True)
    assert is_whole(load(folder)) and load(folder).course is None
    dangling = write_small_course(tmp_path / "dangling", changes={name: None})
    (dangling / name).parent.mkdir(exist_ok=True)
    (dangling / name).symlink_to("nowhere")
    assert "symlink" in {problem.code for problem in load(dangling).problems}
    away = write_small_course(tmp_path / "away", changes={name: None})
    (away / name).parent.mkdir(exist_ok=True)
    (away / name).symlink_to("/etc/hostname")
    assert "symlink" in {problem.code for problem in load(away).problems}


@pytest.mark.parametrize("name", sorted(small_course_files()))
def test_a_file_that_may_not_be_read_is_a_problem(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_small_course(tmp_path)
    (folder / name).chmod(0)
    if os.access(folder / name, os.R_OK):  # root reads every file whatever its mode, so the system's refusal is played
        usual = os.open
        monkeypatch.setattr(
            os, "open", lambda path, *more, **named: refuse(path) if path == folder / name else usual(path, *more, **named)
        )
    unreadable = [problem for problem in load(folder).problems if problem.code == "unreadable"]
    assert [str(problem) for problem in unreadable] == [
        f"{name}:1:1: the file cannot be read (permission denied) [unreadable]\n  hint: let the owner of the course read it"
    ]


def test_a_course_whose_folder_is_not_there_says_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for name, reason in (("gone", "no such file or directory"), ("file", "not a directory")):
        assert [str(problem) for problem in load(tmp_path / name).problems] == [
            f".:1:1: the folder cannot be read ({reason}) [unreadable]\n"
            "  hint: name the folder that holds `course.yaml`: behind the command, or in the setting `modules` (COURSE_MODULES)"
        ]


def refuse(path: object) -> int:
    raise PermissionError(13, "Permission denied", str(path))


def test_a_pipe_cannot_stop_the_loader(tmp_path: Path) -> None:
    folder = write_small_course(tmp_path, changes={"housing/quiz.yaml": None})
    os.mkfifo(folder / "housing/quiz.yaml")
    assert "unreadable" in {problem.code for problem in load(folder).problems}


def test_an_empty_module_folder_is_a_problem(tmp_path: Path) -> None:
    folder = write_small_course(tmp_path)
    (folder / "culture").mkdir()
    assert [str(problem) for problem in load(folder).problems] == [
        "culture/module.yaml:1:1: the module has no `culture/module.yaml` [missing-file]\n"
        "  hint: add it: title, summary, objectives, minutes, sources",
        "culture/module.yaml:1:1: the module has no lesson [no-lessons]\n  hint: add `01-its-address.md`",
    ]


def test_hidden_files_and_backups_are_left_alone(tmp_path: Path) -> None:
    changes: dict[str, str | bytes | None] = {
        "housing/.01-a.md.swp": b"\0",
        "housing/01-rooms-before-rules.md~": "x",
        ".git/config": "x",
    }
    loaded(write_small_course(tmp_path, changes=changes))


# Comparing with what was published before.


def test_the_same_course_compares_clean(tmp_path: Path) -> None:
    course = loaded(write_small_course(tmp_path))
    assert compare(course, course) == ()


def test_another_id_under_the_same_address_is_refused(tmp_path: Path) -> None:
    old = loaded(write_small_course(tmp_path / "a"))
    new = loaded(write_small_course(tmp_path / "b", changes=_with("mobility/01-buses.md", "id: buses", "id: coaches")))
    assert [str(problem) for problem in compare(old, new)] == [
        "mobility/01-buses.md:1:1: the lesson had the id `buses`, and has `coaches` now [id-changed]\n"
        "  hint: write `id: buses` again; a new lesson needs a new file name too"
    ]


def _with(name: str, old: str, new: str) -> dict[str, str | bytes | None]:
    files: dict[str, str | bytes | None] = {name: str(small_course_files()[name]).replace(old, new)}
    if name == "mobility/01-buses.md":
        files["mobility/quiz.yaml"] = str(small_course_files()["mobility/quiz.yaml"]).replace(
            "review_lesson: buses", "review_lesson: streets"
        )
    return files


def test_another_kind_under_the_same_item_id_is_refused(tmp_path: Path) -> None:
    old = loaded(write_small_course(tmp_path / "a"))
    quiz = (
        str(small_course_files()["mobility/quiz.yaml"])
        .replace("kind: numeric", "kind: short_text")
        .replace("value: 20", "accept: [twenty]")
    )
    new = loaded(write_small_course(tmp_path / "b", changes={"mobility/quiz.yaml": quiz}))
    assert [str(problem) for problem in compare(old, new)] == [
        "mobility/quiz.yaml:1:1: the item `seats` was of the kind `numeric`, and is `short_text` now [kind-changed]\n"
        "  hint: give the new item an id of its own; learners' responses hang on the old one"
    ]


def test_a_lesson_that_moved_to_another_module_is_reported(tmp_path: Path) -> None:
    old = loaded(write_small_course(tmp_path / "a"))
    lesson = small_course_files()["housing/03-on-monday.md"]
    quiz = str(small_course_files()["housing/quiz.yaml"]).replace("review_lesson: monday", "review_lesson: rules")
    changes = {"housing/03-on-monday.md": None, "mobility/03-on-monday.md": lesson, "housing/quiz.yaml": quiz}
    new = loaded(write_small_course(tmp_path / "b", changes=changes))
    assert [str(problem) for problem in compare(old, new)] == [
        "mobility/03-on-monday.md:1:1: the lesson `monday` stood in the module `housing` before [lesson-moved]\n"
        "  hint: move it back; learners' completions of it stay with `housing`"
    ]
    assert compare(new, new) == ()


# Folders that the system will not show.


def test_a_folder_that_may_not_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_small_course(tmp_path)
    usual = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: refuse(path) if path == folder / "mobility" else usual(path))
    assert [str(problem) for problem in load(folder).problems if problem.code == "unreadable"] == [
        "mobility:1:1: the folder cannot be read (permission denied) [unreadable]\n  hint: let the owner of the course read it"
    ]


def test_a_name_that_is_no_text_is_a_problem(tmp_path: Path) -> None:
    folder = write_small_course(tmp_path)
    (Path(os.fsdecode(os.fsencode(folder) + b"/housing/\xff.md"))).write_text("x")
    assert [str(problem) for problem in load(folder).problems] == [
        "housing:1:1: a file's name is not UTF-8 [file-name]\n  hint: rename it with letters a-z, digits and `-`"
    ]


def test_a_file_that_fails_while_it_is_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_small_course(tmp_path)
    monkeypatch.setattr(os, "fdopen", lambda *_, **__: refuse("a disk"))
    assert {problem.code for problem in load(folder).problems} == {"unreadable"}


def test_a_stored_quiz_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    stored = dump(loaded(write_small_course(tmp_path)))
    with pytest.raises(ValueError, match="quiz"):
        restore(stored.replace(b'"single_choice"', b'"single_guess"', 1))


def test_lookups(tmp_path: Path) -> None:
    course = loaded(write_small_course(tmp_path, clip=True))
    assert course.practice("night-buses") == course.practices[2]
    assert course.session("02-housing") == course.sessions[0]
    assert (course.practice("none"), course.session("none"), course.module("none")) == (None, None, None)


def test_a_wrong_call_as_json(tmp_path: Path) -> None:
    none = tmp_path / "none"
    assert check(none, "json") == (
        f'{{"error": "{none}: there is no such folder; name the folder that holds `course.yaml`"}}',
        2,
    )


def test_a_folder_whose_course_may_not_be_seen_is_a_wrong_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_small_course(tmp_path)
    folder.chmod(0o400)
    if os.access(folder / "course.yaml", os.R_OK):  # root may look into every folder, so the system's refusal is played
        monkeypatch.setattr(Path, "lstat", refuse)
    assert check(folder) == (f"{folder}: this folder cannot be read (Permission denied)", 2)
    folder.chmod(0o700)
