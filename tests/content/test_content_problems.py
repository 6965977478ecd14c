"""Each mistake an author can make, and the exact words that come back: ``golden/<mistake>.txt``.

A new mistake is a new line in ``MISTAKES``; run with ``COURSE_WRITE_GOLDEN=1`` once, then read what was written.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from course.content.loader import load
from tests.courses import JPEG, SVG, clip_files, small_course_files, webm, write_small_course

GOLDEN = Path(__file__).parent / "golden"
Changes = dict[str, str | bytes | None]

COURSE, HOUSING, ROOMS = "course.yaml", "housing/module.yaml", "housing/01-rooms-before-rules.md"
RULES, MONDAY, QUIZ = "housing/02-rules-that-hold.md", "housing/03-on-monday.md", "housing/quiz.yaml"
HALLS, SESSION, PICTURE = "housing/practices/harbour-halls.md", "housing/sessions/02-housing.md", "housing/infographic.yaml"
SVG_FILE, CLIP, CAPTIONS = "housing/media/infographic.svg", "housing/clip.yaml", "housing/media/clip.vtt"


REFUSED = {
    "script": "<script/>",
    "handler": '<g onclick="a()"/>',
    "foreign": "<foreignObject/>",
    "link": '<use x:href="https://a.example/b.svg#c"/>',
    "style": "<style>@import 'a.css'</style>",
    "paint": '<rect fill="url(https://a.example/b)"/>',
    "broken": "<g>",
    "animate": '<animate attributeName="href" to="x"/>',
}


def edit(name: str, *pairs: tuple[str, str]) -> Changes:
    """The small course's file with words replaced; each must be there, so that no case tests nothing."""
    text = str((small_course_files() | clip_files())[name])
    for old, new in pairs:
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new, 1)
    return {name: text}


def body(text: str) -> Changes:
    """The lesson on Monday with another text, which begins on line 8."""
    head = str(small_course_files()[MONDAY]).split("---\n")[1]
    return {MONDAY: f"---\n{head}---\n{text}"}


def pictures() -> Changes:
    """One picture for each thing that a picture must not do."""
    drawn: Changes = {
        f"housing/media/{name}.svg": '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink">'
        f"{inner}</svg>"
        for name, inner in REFUSED.items()
    }
    return drawn | {"housing/media/entity.svg": '<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG}


MISTAKES: dict[str, Changes] = {
    # YAML
    "yaml-alias": edit(
        COURSE, ("title: A small course", "title: &a A small course"), ("publisher: The town of tests", "publisher: *a")
    ),
    "yaml-merge": edit(COURSE, ("complete_when:\n  modules: all", "complete_when:\n  <<: {modules: all}")),
    "yaml-tag": edit(COURSE, ("title: A", "title: !!str A")),
    "yaml-duplicate": edit(COURSE, ("licence:", "title: Another\nlicence:")),
    "yaml-depth": edit(COURSE, ("[en]", "[" * 30 + "]" * 30)),
    "yaml-documents": edit(COURSE, ("licence:", "---\nlicence:")),
    "yaml-key": edit(COURSE, ("licence:", "? [a, b]\n: c\nlicence:")),
    "yaml-colon": edit(COURSE, ("title: A small", "title: A: small")),
    "yaml-quote": edit(COURSE, ("title: A small", 'title: "A small')),
    "yaml-quote-at-the-end": edit(COURSE, ("title: A small course", 'title: A small course"')),
    "yaml-quotes-within": edit(COURSE, ("title: A small course", 'title: A "small" course of the "town"'), ("[en]", "[en")),
    "yaml-bracket": edit(COURSE, ("[en]", "[en")),
    "yaml-tab": edit(COURSE, ("  modules: all", "\tmodules: all")),
    "yaml-unprintable": edit(COURSE, ("A small", "A \x07small")),
    "yaml-scalars-for-lists": edit(HOUSING, ("sources:\n", "sources: none\nsourcess:\n"))
    | edit(SESSION, ("quote: {text", "quote: [a]\nquotation: {text")),
    "yaml-a-list": {COURSE: "- title\n"},
    # Files
    "not-utf-8": {MONDAY: small_course_files()[MONDAY].encode() + "caf\u00e9".encode("latin-1")},  # type: ignore[union-attr]
    "too-large": {MONDAY: "x" * 300_000},
    "unknown-file": {
        "housing/quizz.yaml": "",
        "housing/Opening.md": "",
        "housing/practices/Big One.md": "",
        "notes.txt": "",
        "housing/pictures/a.svg": SVG,
        "mobility/media/deep/a.svg": SVG,
    },
    "folder-name": {"Big City/module.yaml": "title: x"},
    "front-matter-missing": {MONDAY: "## No front matter\n"},
    "front-matter-open": {MONDAY: "---\nid: monday\n"},
    "no-text": {MONDAY: str(small_course_files()[MONDAY]).split(":::")[0]},
    # course.yaml
    "course-empty": {COURSE: ""},
    "course-unknown-key": edit(COURSE, ("licence:", "lisence:")),
    "course-modules": edit(COURSE, ("[housing, mobility]", "[housing, mobilty, housing]")),
    "course-languages": edit(COURSE, ("[en]", "[en, english, en]")),
    "course-wanted": edit(COURSE, ("modules: all", "modules: 3")),
    "course-no-modules": {name: None for name in small_course_files() if name != COURSE}
    | edit(COURSE, ("[housing, mobility]", "[]")),
    # module.yaml
    "module-missing": {HOUSING: None},
    "module-typo": edit(HOUSING, ("summary:", "sumary:")),
    "module-values": edit(
        HOUSING,
        ("minutes: 30", "minutes: half an hour"),
        ("pass_mark: 70", "pass_mark: 170"),
        ("access: open", "access: opened"),
        ("lessons_and_quiz", "quizz"),
    ),
    "module-objectives": edit(
        HOUSING, ("- Decide which rooms the city can open within a week\n", ""), ("- Draft", "- Draft: ")
    ),
    "module-summary": edit(HOUSING, ("Who has a door", "Who has a door, " + "and a window, " * 12)),
    "module-sources": edit(
        HOUSING,
        ("id: report-2022", "id: gazette-2020"),
        ("https://auditor", "htps://auditor"),
        ("https://gazette.example/rooms", "www"),
    ),
    "module-quiz-missing": {QUIZ: None},
    "module-without-lessons": {ROOMS: None, RULES: None, MONDAY: None, QUIZ: None},
    "module-text": edit(
        HOUSING,
        ("title: Housing", "title: true"),
        ("publisher: The Gazette", "publisher: {a: b}"),
        ("licence: CC BY 4.0", "licence: [a]"),
    ),
    # Lessons
    "lesson-id": edit(MONDAY, ("id: monday", "id: On Monday")),
    "lesson-id-twice": edit(MONDAY, ("id: monday", "id: rules")),
    "lesson-address-twice": {"housing/04-on-monday.md": str(small_course_files()[MONDAY]).replace("id: monday", "id: tuesday")},
    "lesson-named-quiz": {"housing/04-quiz.md": str(small_course_files()[MONDAY]).replace("id: monday", "id: tuesday")},
    "lesson-missing-entries": edit(MONDAY, ("title: On Monday in your city\n", ""), ("minutes: 5\n", "")),
    "lesson-watch-without-clip": edit(MONDAY, ("complete_when: read", "complete_when: watch")),
    "lesson-recording": edit(MONDAY, ("minutes: 5", "minutes: 5\nrecording: {url: 'http://a.example/x', titel: A}")),
    # Markdown
    "text-source": body("Counted.[^gazete-2020] And[^nowhere].\n"),
    "text-links": body(
        "[rooms](lesson:room) [halls](practice:harbor-halls) [it](session:03) [bus](module:bus) [q](quiz:none)\n"
        "[file](02-rules.md) [slug](lesson:rules-that-hold) [far](lesson:mobility/bus) [run](javascript:run) [](lesson:rooms)\n"
        "Click [here](https://example.org).\n"
    ),
    "text-headings": body("# One\n\nText.\n\n#### Four\n\n##\n"),
    "text-images": body(
        "![](media/infographic.svg)\n\n![a](media/infografic.svg)\n\n![a](https://example.org/a.png)\n\n"
        "In ![a](media/infographic.svg) line.\n"
    ),
    "text-blocks": body(
        "::: cas harbour-halls\nText.\n:::\n\n::: note\n:::\n\n:::\n\n::: case "
        "harbor-halls\nText.\n:::\n\n::: case\n:::\n\n::: caution Open\nText.\n"
    ),
    "text-block-heading": body("::: note A\n## Inside\n:::\n"),
    "text-infographic": body("::: infographic of all\nwords\n:::\n") | {PICTURE: None},
    "text-large": body("a " * 40_000),
    "text-large-html": body("*a* " * 12_000),
    "text-footnote": body(
        "A remark[^a].\n\n[^a]: Here.\n\n[^b]: Never cited.\n\nA source[^gazette-2020].\n\n[^gazette-2020]: Again.\n"
    ),
    # Practices and sessions
    "practice-values": edit(
        HALLS,
        ("iso2: ZA", "iso2: za"),
        ("lat: -29.858", "lat: -129"),
        ("lle: session", "lle: guest"),
        ("session: 02-housing", "session: 2-housing"),
        ("caution_source: report-2022", "caution_source: report-2020"),
        ("source: gazette-2020}", "source: gazette}"),
    ),
    "practice-comma": edit(HALLS, ('value: "240"', "value: 2,400")),
    "practice-missing": edit(
        HALLS, ("city: Port Example\n", ""), ("sources: [gazette-2020, report-2022]\n", ""), ("lle: session\n", "")
    ),
    "practice-caution": edit(HALLS, ("caution: The auditor found four of the halls empty.\n", "")),
    "practice-twice": {"mobility/practices/harbour-halls.md": str(small_course_files()["mobility/practices/night-buses.md"])},
    "session-values": edit(
        SESSION,
        ("2020-04-01", "2020-02-30"),
        ("number: 2", "number: two"),
        ("[UCLG, Metropolis, UN-Habitat]", "UCLG"),
        ("office: Mayor", "ofice: Mayor"),
    ),
    # Pictures and clips
    "infographic-rows": edit(
        PICTURE,
        ('[Hillside, People in hotels, "96", April 2020]', "[Hillside]"),
        ("source: gazette-2020}", "source: gazzette-2020}"),
    ),
    "media-name": {
        "housing/media/a b.svg": SVG,
        "housing/media/a.gif": b"GIF89a",
        "housing/media/a.jpeg": JPEG,
        "housing/media/run.html": "x",
    },
    "media-kind": {"housing/media/a.png": JPEG, "housing/media/a.svg": "no picture"},
    "media-svg": pictures(),
    "media-size": {
        "housing/media/a.svg": SVG + " " * 2_000_000,
        "housing/media/a.webm": b"\x1a\x45\xdf\xa3webm" + b"\0" * 1_000_000,
    },
    "clip-not-drawn": edit(ROOMS, ("complete_when: read", "complete_when: watch\nclip: clip"))
    | {CLIP: str(clip_files()[CLIP])},
    "clip-missing": edit(ROOMS, ("complete_when: read", "complete_when: watch\nclip: clip")),
    "clip-storyboard": edit(
        CLIP, ("kind: title", "kind: titel"), ("- say: Not everyone.\n  ", "- "), ('value: "240"', 'valeu: "240"')
    ),
    "clip-captions": edit(ROOMS, ("complete_when: read", "clip: clip"))
    | clip_files(30)
    | {
        CAPTIONS: "WEBVTT\n\n00:00:00.000 --> 00:00:09.000\nThis line is far too long to be read on any telephone\n\n"
        "who\nwhen\n\n"
        "00:00:05.000 --> 00:00:06.000\na\nb\n<i>c</i>\n\n00:00:07.000 --> 00:00:06.000\n",
    },
    "clip-captions-header": edit(ROOMS, ("complete_when: read", "clip: clip"))
    | clip_files()
    | {CAPTIONS: "WEBVTT \n\nNOTE nothing\n"},
    "clip-scenes": {
        CLIP: "title: A\nscenes:\n- say: a\n- say: b\n  show: bars\n- say: c\n"
        "  show: {kind: bars, heading: h, unit: u, bars: [{label: x, value: many}]}\n"
        "- say: d\n  show: {kind: share, part: -1, heading: h, text: t}\n- say: e\n  show: {kind: "
        "list, heading: h, points: few}\n"
    },
    "clip-cut": edit(ROOMS, ("complete_when: read", "clip: clip")) | clip_files() | {"housing/media/clip.webm": webm(10)[:-4]},
    "clip-captions-late": edit(ROOMS, ("complete_when: read", "clip: clip"))
    | clip_files(10)
    | {CAPTIONS: str(clip_files(14)[CAPTIONS])},
    # The quiz: that its faults come with their places; its own tests tell the rest.
    "quiz-list": {QUIZ: "- id: a\n"},
    "quiz-faults": edit(
        QUIZ,
        ("counts: best", "counts: most"),
        ("kind: multiple_choice", "kind: multi_choice"),
        ("review_lesson: rooms", "review_lesson: room"),
        ("feedback: A tent has no door.", "feedbck: A tent has no door."),
    ),
    "quiz-robots": edit(
        QUIZ, ("unit: beds", "unit: 53"), ("accept: [eviction, eviction order]", f"accept: [{'eviction ' * 60}]")
    )
    | edit("mobility/quiz.yaml", ("value: 20", "value: 20\n  unit: 20")),
    "quiz-silent": edit(QUIZ, (", feedback: A tent has no door.", "")),
    "quiz-without-points": edit(
        "mobility/quiz.yaml",
        *[(f"- id: {name}\n", f"- id: {name}\n  points: 0\n") for name in ("who-travels", "paint-first", "seats")],
    ),
    "quiz-translation": {
        **edit(COURSE, ("[en]", "[en, es]")),
        "mobility/quiz.es.yaml": "items:\n- id: who-travels\n  points: 2\n"
        "  choices:\n  - {id: nurses, text: A, correct: true}\n- id: none\n  prompt: B\n",
    },
    "quiz-translation-list": {**edit(COURSE, ("[en]", "[en, es]")), "mobility/quiz.es.yaml": "- id: a\n"},
    "quiz-translation-link": {
        **edit(COURSE, ("[en]", "[en, es]")),
        "mobility/quiz.es.yaml": "items:\n- id: who-travels\n  prompt: |\n    A\n\n    [B](lesson:bus)\n",
    },
    "lesson-unread-elsewhere": edit(ROOMS, ("id: rooms\n", "")),
    "quiz-link": edit(
        QUIZ, ("What do you do *first*?", "See [rooms](lesson:room).[^gazette-2020]"), ("Buy tents", '"Buy [tents](tents.md)"')
    ),
    # Translations
    "translation-language": {
        "housing/module.es.yaml": "title: Vivienda\n",
        "course.es.yaml": "title: Un curso\n",
        "housing/module.en.yaml": "title: Housing\n",
    },
    "translation-key": {
        **edit(COURSE, ("[en]", "[en, es]")),
        "housing/module.es.yaml": "title: Vivienda\nminutes: 3\n",
        "housing/01-rooms-before-rules.es.md": "---\nid: rooms\ntitle: Cuartos\n---\nTexto.\n",
    },
    "translation-alone": {
        **edit(COURSE, ("[en]", "[en, es]")),
        "housing/04-mas.es.md": "---\ntitle: Más\n---\nTexto.\n",
        "housing/clip.es.yaml": "title: x\n",
    },
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_message(mistake: str, tmp_path: Path) -> None:
    folder = write_small_course(tmp_path, clip=mistake == "clip-storyboard", changes=MISTAKES[mistake])
    loaded = load(folder)
    said = "\n".join(map(str, loaded.problems)) + "\n"
    golden = GOLDEN / f"{mistake}.txt"
    if os.environ.get("COURSE_WRITE_GOLDEN"):
        golden.write_text(said, encoding="utf-8")
    assert loaded.course is None
    assert said == golden.read_text(encoding="utf-8")


def test_every_golden_file_has_its_mistake() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(MISTAKES)


def test_every_hint_and_message_is_one_line() -> None:
    for path in GOLDEN.iterdir():
        for line in path.read_text(encoding="utf-8").splitlines():
            assert line.startswith("  hint: ") or line.rstrip().endswith("]"), f"{path.name}: {line}"
