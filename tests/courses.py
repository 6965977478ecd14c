"""A small good course, written to a folder as an author would write it. It imports nothing of the engine.

``write_small_course(folder)`` gives two modules: ``housing`` (three lessons, a quiz with all seven kinds, two practices,
a session, an infographic) and ``mobility`` (two lessons, a quiz of three items, a practice). No clip, one language.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

COURSE = """\
title: A small course
summary: Two modules, for tests.
languages: [en]
modules: [housing, mobility]
complete_when:
  modules: all
publisher: The town of tests
licence: CC BY 4.0
"""

HOUSING = """\
title: Housing
summary: Who has a door to close when everyone is told to stay at home.
objectives:
- Name the people in your city who cannot stay at home
- Decide which rooms the city can open within a week
- Draft a rule against evictions
minutes: 30
complete_when: lessons_and_quiz
pass_mark: 70
access: open
licence: CC BY 4.0
sources:
- id: gazette-2020
  publisher: The Gazette
  title: Rooms in the exhibition hall
  date: 5 June 2020
  url: https://gazette.example/rooms
- id: report-2022
  publisher: City auditor
  url: https://auditor.example/report
"""

ROOMS = """\
---
id: rooms
title: Rooms before rules
summary: The first question is who has a room.
minutes: 9
complete_when: read
---
In the spring of 2020 city halls counted **doors**.[^gazette-2020]

## What was at stake

A list of what was missing:

- beds
- *doors*

::: case harbour-halls
The halls were opened within a week, and closed again within a year.
:::

## What the figures say

::: infographic
:::

Read [the second lesson](lesson:rules), [the practice](practice:harbour-halls), [the session](session:02-housing),
[the other module](module:mobility) or [the quiz](quiz:housing).
"""

RULES = """\
---
id: rules
title: Rules that hold
summary: A rule against evictions needs someone who answers the telephone.
minutes: 8
complete_when: read
---
## Rules

| Rule | Since |
|---|---|
| No eviction | April 2020 |
| No fee | May 2020 |

::: caution What is disputed
The auditor says that the halls stayed empty.[^report-2022]
:::

### Exceptions

::: note A remark
It may be skipped.
:::
"""

MONDAY = """\
---
id: monday
title: On Monday in your city
summary: Three things to do this week.
minutes: 5
complete_when: read
---
::: monday On Monday
1. Telephone the person who keeps the keys.
2. Count the rooms.
:::
"""

HOUSING_QUIZ = """\
attempts: 3
wait_minutes: 0
counts: best
shuffle: true
review: after_attempt
items:
- id: first-step
  kind: single_choice
  prompt: The town is told to stay at home on Friday. What do you do *first*?
  choices:
  - {id: count, text: Count who has no door, correct: true, feedback: Rooms are found for people who are counted.}
  - {id: buy, text: Buy tents, feedback: A tent has no door.}
  - {id: wait, text: Wait for the ministry, feedback: It counts later than you can.}
  review_lesson: rooms
  hints: [Think of the people first., {text: Nobody is housed uncounted., cost: 1/4}]
  explanation: Counting takes a day and decides everything after it.
- id: partners
  kind: multiple_choice
  prompt: Whom do you telephone on the first day?
  points: 2
  choices:
  - {id: hotels, text: The hotels, correct: true, feedback: They are empty and have rooms.}
  - {id: nurses, text: The street nurses, correct: true, feedback: They know who sleeps where.}
  - {id: press, text: The press, feedback: Not before there is something to say.}
  - {id: lawyers, text: The law firm, feedback: Later.}
  review_lesson: rooms
- id: halls-suffice
  kind: true_false
  prompt: A hall with beds is enough for a family with children.
  correct: false
  feedback_true: A family needs a door to close.
  feedback_false: Right; a hall has no door for each family.
  review_lesson: rooms
- id: how-many
  kind: numeric
  prompt: 40 rooms with 2 beds each stand empty a third of the time. How many beds are in use on a usual night?
  value: 53
  tolerance: 1
  unit: beds
  feedback: {correct: Right., incorrect: Two thirds of 80.}
  review_lesson: rooms
- id: word
  kind: short_text
  prompt: What do you call the order that puts a tenant out of a home?
  accept: [eviction, eviction order]
  feedback: {correct: Right., incorrect: It is forbidden by the rule of this module.}
  review_lesson: rules
- id: order
  kind: ordering
  prompt: Put the steps in order.
  choices:
  - {id: count, text: Count, feedback: First of all.}
  - {id: open, text: Open, feedback: Then.}
  - {id: follow, text: Follow up, feedback: Last.}
  review_lesson: monday
- id: who-does-what
  kind: matching
  prompt: Who does what?
  choices:
  - {id: keys, text: Keeps the keys}
  - {id: list, text: Keeps the list}
  - {id: money, text: Keeps the money}
  pairs:
  - {id: caretaker, text: The caretaker, choice: keys, feedback: Without keys no room opens.}
  - {id: nurse, text: The street nurse, choice: list, feedback: She knows the names.}
  - {id: treasurer, text: The treasurer, choice: money, feedback: And signs for it.}
  review_lesson: monday
"""

HALLS = """\
---
title: 240 people housed in the harbour halls
city: Port Example
country: South Africa
iso2: ZA
lat: -29.858
lon: 31.022
when: Spring 2020
figures:
- {value: "240", unit: people housed, date: June 2020, source: gazette-2020}
- {value: "12", unit: halls, date: May 2020, source: report-2022}
lle: session
session: 02-housing
caution: The auditor found four of the halls empty.
caution_source: report-2022
sources: [gazette-2020, report-2022]
---
The city opened its halls within a week and put walls between the beds.
"""

HOTELS = """\
---
title: Hotels as homes
city: Hillside
country: Spain
iso2: ES
lat: 41.385
lon: 2.173
when: April 2020
lle: context
sources: [gazette-2020]
---
The city rented empty hotels by the month.
"""

SESSION = """\
---
number: 2
title: "Housing: a door for everyone"
date: 2020-04-01
partners: [UCLG, Metropolis, UN-Habitat]
participants: [Mayor of Port Example]
attendance: more than 200
messages: [A home is the first protection.]
context: [One in ten had none.]
quote: {text: Nobody stays outside, speaker: Ada Example, office: Mayor of Port Example, source: gazette-2020}
sources: [gazette-2020]
---
The session began with a question.
"""

INFOGRAPHIC = """\
title: Most of the rooms were in halls
alt: "A bar for each kind of room: halls 240, hotels 96."
columns: [City, What, Figure, Date]
rows:
- {cells: [Port Example, People in halls, "240", June 2020], source: gazette-2020}
- {cells: [Hillside, People in hotels, "96", April 2020], source: report-2022}
"""

SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 405" role="img">
<style>rect { fill: #246 } @media (prefers-color-scheme: dark) { rect { fill: #9bd } }</style>
<rect width="240" height="40"/><rect y="60" width="96" height="40"/>
</svg>
"""

MOBILITY = """\
title: Mobility
summary: How a town moves while it stays at home.
objectives:
- Name who must travel in any week
- Decide which streets are for walking
- Draft a timetable for hospital shifts
minutes: 20
complete_when: lessons_and_quiz
pass_mark: 60
licence: CC BY 4.0
sources:
- {id: transit-2020, publisher: Transit board, date: 2 May 2020, url: "https://transit.example/2020"}
"""

BUSES = """\
---
id: buses
title: Buses for those who must
summary: A timetable follows the shifts.
minutes: 9
complete_when: read
---
The first bus left at four in the morning.[^transit-2020] More in [the rooms](lesson:housing/rooms).
"""

STREETS = """\
---
id: streets
title: Streets for walking
summary: Paint is quicker than stone.
minutes: 7
complete_when: read
---
## Paint

Paint, then count. See [what one town did](practice:night-buses).
"""

MOBILITY_QUIZ = """\
attempts: 0
items:
- id: who-travels
  kind: single_choice
  prompt: Who needs the first bus?
  choices:
  - {id: nurses, text: The early shift of the hospital, correct: true, feedback: It begins at five.}
  - {id: school, text: The schools, feedback: They are closed.}
  review_lesson: buses
- id: paint-first
  kind: true_false
  prompt: A lane in paint can be tried before it is built.
  correct: true
  feedback_true: Right; paint can be moved.
  feedback_false: It can, and it costs a hundredth.
  review_lesson: streets
- id: seats
  kind: numeric
  prompt: A bus has 40 seats and half may be used. How many people?
  value: 20
  feedback: {correct: Right., incorrect: Half of 40.}
  review_lesson: buses
"""

NIGHT_BUSES = """\
---
title: Night buses for the hospital
city: Riverton
country: Kenya
iso2: KE
lat: -1.286
lon: 36.817
when: May 2020
figures:
- {value: "4,000", unit: rides a night, date: May 2020, source: transit-2020}
lle: participant
sources: [transit-2020]
---
The transit board asked the hospital for its shifts, and wrote the timetable from them.
"""


WATER = """\
title: Water
summary: Where a bucket is filled, and who carries it.
objectives:
- Mark where people wait
- Work out how many taps a street needs
- Note what your own city would do first
minutes: 12
complete_when: lessons_and_quiz
pass_mark: 50
theme: public-services
licence: CC BY 4.0
sources:
- id: auditor
  publisher: City auditor
  url: https://auditor.example/water
"""

PIPES = """\
---
id: pipes
title: A tap is a queue
summary: One lesson on taps.
minutes: 4
complete_when: read
---
A tap serves people one after the other.[^auditor]
"""

PLAN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 300" width="720" height="300">'
    '<rect width="720" height="300" fill="#dde7ee"/><path d="M0 150h720M360 0v300" stroke="#5a6b7b" stroke-width="10"/></svg>'
)

WATER_QUIZ = """\
attempts: 0
shuffle: false
review: after_attempt
items:
- id: rules
  kind: cloze
  prompt: Complete the notice at the tap.
  text: The tap serves [[who]] for [[minutes]] minutes, and the caretaker is called [[word]].
  blanks:
  - id: who
    kind: choice
    choices:
    - {id: everyone, text: everyone in the street, correct: true, feedback: Nobody has to show a paper.}
    - {id: holders, text: holders of a card, feedback: "Then those without a card go to the river."}
  - {id: minutes, kind: numeric, value: 5, tolerance: 1, unit: minutes, feedback: {incorrect: Four to six.}}
  - {id: word, kind: short_text, accept: [Amina], feedback: {incorrect: Look at the notice again.}}
- id: where
  kind: hotspot
  prompt: Where does the second tap serve most people?
  figure: media/plan.svg
  alt: A plan of four blocks at a crossing; the crossing lies in the middle.
  choices:
  - {id: crossing, text: At the crossing, correct: true, area: [40, 30, 20, 40], feedback: All four blocks reach it.}
  - {id: edge, text: At the western edge, area: [0, 30, 20, 40], feedback: Two blocks would walk twice as far.}
  - {id: corner, text: In the north-eastern corner, area: [80, 0, 20, 25], feedback: One block has it at the door.}
- id: taps
  kind: calculated
  prompt: A tap fills 12 buckets an hour. How many taps do {people} households need for one bucket each in one hour?
  params:
    people: {from: 24, to: 96, step: 12}
  value: people / 12
  tolerance: 0
  unit: taps
  feedback: {incorrect: Divide the households by the buckets of an hour.}
- id: opinion
  kind: survey
  prompt: What would stop you first?
  choices:
  - {id: money, text: Money}
  - {id: law, text: The law}
  multiple: true
  other: true
- id: own-plan
  kind: reflection
  prompt: What would your office do on Monday?
- id: weighed
  kind: multiple_choice
  prompt: What belongs on the notice?
  credit: weights
  choices:
  - {id: hours, text: The hours, weight: 1/2, feedback: Else people wait for nothing.}
  - {id: phone, text: A number to call, weight: 1/2, feedback: Somebody mends it.}
  - {id: slogan, text: A slogan, weight: -1/2, feedback: It takes the place of the hours.}
"""


def water_files() -> dict[str, str | bytes]:
    """A third module, ``water``, with an item of every kind that the first two do not have."""
    return {
        "water/module.yaml": WATER,
        "water/01-pipes.md": PIPES,
        "water/quiz.yaml": WATER_QUIZ,
        "water/media/plan.svg": PLAN,
    }


def small_course_files() -> dict[str, str | bytes]:
    """The files of the small course by their path in the course folder."""
    return {
        "course.yaml": COURSE,
        "housing/module.yaml": HOUSING,
        "housing/01-rooms-before-rules.md": ROOMS,
        "housing/02-rules-that-hold.md": RULES,
        "housing/03-on-monday.md": MONDAY,
        "housing/quiz.yaml": HOUSING_QUIZ,
        "housing/infographic.yaml": INFOGRAPHIC,
        "housing/media/infographic.svg": SVG,
        "housing/practices/harbour-halls.md": HALLS,
        "housing/practices/hillside-hotels.md": HOTELS,
        "housing/sessions/02-housing.md": SESSION,
        "mobility/module.yaml": MOBILITY,
        "mobility/01-buses.md": BUSES,
        "mobility/02-streets.md": STREETS,
        "mobility/quiz.yaml": MOBILITY_QUIZ,
        "mobility/practices/night-buses.md": NIGHT_BUSES,
    }


def spanish_files() -> dict[str, str | bytes]:
    """A partial translation: course, module, one lesson, one practice and the quiz of ``mobility``."""
    return {
        "course.yaml": COURSE.replace("[en]", "[en, es]"),
        "course.es.yaml": "title: Un curso pequeño\nsummary: Dos módulos, para pruebas.\n",
        "mobility/module.es.yaml": (
            "title: Movilidad\nsummary: Cómo se mueve una ciudad que se queda en casa.\nobjectives:\n"
            "- Nombrar a quien tiene que viajar\n- Decidir qué calles son para caminar\n- Redactar un horario\n"
        ),
        "mobility/01-buses.es.md": (
            "---\ntitle: Autobuses para quien los necesita\nsummary: El horario sigue los turnos.\n---\n"
            "El primer autobús salía a las cuatro.[^transit-2020]\n"
        ),
        "mobility/practices/night-buses.es.md": "---\ntitle: Autobuses nocturnos\nwhen: Mayo de 2020\n---\nUn horario nuevo.\n",
        "mobility/quiz.es.yaml": (
            "items:\n- id: who-travels\n  prompt: ¿Quién necesita el primer autobús?\n  choices:\n"
            "  - {id: nurses, text: El turno de la mañana, feedback: Empieza a las cinco.}\n"
            "  - {id: school, text: Las escuelas, feedback: Están cerradas.}\n"
        ),
    }


def clip_files(seconds: float = 10.0, module: str = "housing", name: str = "clip") -> dict[str, str | bytes]:
    """A storyboard with its media: a WebM that has a header and a length but no pictures, and captions of two cues."""
    half = seconds / 2
    captions = (
        f"WEBVTT\n\n00:00:00.000 --> 00:00:{half:06.3f}\nWho has a door to close?\n\n"
        f"00:00:{half:06.3f} --> 00:00:{seconds:06.3f}\nNot everyone.\n"
    )
    storyboard = (
        "title: Who has a door to close\nscenes:\n"
        "- say: Who has a door to close?\n  show: {kind: title, heading: Housing, text: Who has a door to close}\n"
        '- say: Not everyone.\n  show: {kind: number, value: "240", unit: people, source: "The Gazette, June 2020"}\n'
    )
    return {
        f"{module}/{name}.yaml": storyboard,
        f"{module}/media/{name}.webm": webm(seconds),
        f"{module}/media/{name}.vtt": captions,
        f"{module}/media/{name}.jpg": JPEG,
    }


def webm(seconds: float) -> bytes:
    """The smallest file that says it is a WebM and how long it is."""
    info = _element(b"\x2a\xd7\xb1", (1_000_000).to_bytes(3, "big")) + _element(b"\x44\x89", struct.pack(">d", seconds * 1000))
    header = _element(b"\x1a\x45\xdf\xa3", _element(b"\x42\x82", b"webm"))
    return header + _element(b"\x18\x53\x80\x67", _element(b"\x15\x49\xa9\x66", info))


def _element(name: bytes, body: bytes) -> bytes:
    return name + (0x10000000 | len(body)).to_bytes(4, "big") + body


JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0000b080168028001011100ffd9")


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes files by their path in ``folder`` and gives the folder back."""
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def write_small_course(
    folder: Path, *, clip: bool = False, spanish: bool = False, changes: Mapping[str, str | bytes | None] | None = None
) -> Path:
    """Writes the small course. ``clip`` gives the first lesson a clip of 10 seconds, ``spanish`` adds a partial translation,
    ``changes`` replaces or adds files by path, and leaves out those whose content is None."""
    files = small_course_files()
    if clip:
        files |= clip_files()
        files["housing/01-rooms-before-rules.md"] = ROOMS.replace("complete_when: read", "complete_when: watch\nclip: clip")
    if spanish:
        files |= spanish_files()
    for name, content in (changes or {}).items():
        files.pop(name, None)
        if content is not None:
            files[name] = content
    return write_files(folder, files)


def take_mobility_out(folder: Path) -> None:
    """What an author does to retire a module: its folder, its place in the order and the links to it are gone."""
    course = folder / "course.yaml"
    course.write_text(course.read_text().replace("modules: [housing, mobility]", "modules: [housing]"))
    rooms = next((folder / "housing").glob("*rooms*.md"))
    rooms.write_text(rooms.read_text().replace("[the other module](module:mobility) or ", ""))
    (folder / "mobility").rename(folder.parent / "mobility")
