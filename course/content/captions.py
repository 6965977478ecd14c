"""WebVTT: captions as cues, and what makes them readable (at most two lines of 42 characters for at most seven seconds)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .model import Cue
from .problems import Notes

LONGEST_CUE = 7.0
LINES = 2
LINE_LENGTH = 42
COVERED = 0.9
_TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMES = re.compile(rf"\s*{_TIME}\s+-->\s+{_TIME}(?:\s+.*)?")


def read_captions(text: str, notes: Notes) -> tuple[Cue, ...]:
    """The cues of a WebVTT file. Tags in a cue are refused, so that a cue is its words and nothing else."""
    lines = text.split("\n")
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        notes.add(
            (1, 1), "captions", "the file does not begin with `WEBVTT`", "put `WEBVTT` on the first line, then an empty line"
        )
        return ()
    cues: list[Cue] = []
    for first, block in _blocks(lines):
        cue = _read_cue(first, block, notes)
        if cue is None:
            continue
        if cues and cue.start < cues[-1].end - 0.0005:
            notes.add(
                (first, 1),
                "captions",
                "this cue begins before the one before it has ended",
                "let one end before the next begins",
            )
        cues.append(cue)
    if not cues and not notes.found:
        notes.add((1, 1), "captions", "there are no cues", "write times such as `00:00:00.000 --> 00:00:03.000` over each line")
    return tuple(cues)


def _blocks(lines: list[str]) -> Iterable[tuple[int, list[str]]]:
    """Each run of lines after the header with the number of its first line."""
    block: list[str] = []
    first = 0
    is_header = True
    for number, line in enumerate([*lines, ""], 1):
        if line.strip():
            first = first if block else number
            block.append(line)
            continue
        if block and not is_header and not block[0].startswith(("NOTE", "STYLE", "REGION")):
            yield first, block
        is_header = is_header and not block
        block = []


def _read_cue(first: int, block: list[str], notes: Notes) -> Cue | None:
    at = 0 if "-->" in block[0] else 1
    found = _TIMES.fullmatch(block[at]) if at < len(block) else None
    if found is None:
        notes.add(
            (first, 1), "captions", "a cue without readable times", "write `00:00:00.000 --> 00:00:03.000` over its words"
        )
        return None
    start, end = _seconds(found.groups()[:4]), _seconds(found.groups()[4:])
    said = block[at + 1 :]
    line = first + at
    if end <= start:
        notes.add((line, 1), "captions", "the cue ends before it begins", "look at its times")
    if end - start > LONGEST_CUE + 0.0005:
        notes.add((line, 1), "captions", f"the cue stands {end - start:.1f} seconds; {LONGEST_CUE:g} are the most", "split it")
    if not said:
        notes.add((line, 1), "captions", "a cue without words", "write them under its times")
    _check_lines(line, said, notes)
    return Cue(start, end, " ".join(part.strip() for part in said))


def _check_lines(line: int, said: list[str], notes: Notes) -> None:
    if len(said) > LINES:
        notes.add((line, 1), "captions", f"the cue has {len(said)} lines; {LINES} are the most", "split it")
    for number, words in enumerate(said, line + 1):
        if len(words) > LINE_LENGTH:
            notes.add(
                (number, LINE_LENGTH + 1),
                "captions",
                f"the line has {len(words)} characters; {LINE_LENGTH} fit",
                "break it or split the cue",
            )
        if "<" in words or "&" in words:
            notes.add((number, 1), "captions", "`<` and `&` are not read in captions", "write the word")


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return (((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths) / 1000


def check_coverage(cues: tuple[Cue, ...], seconds: float, notes: Notes) -> None:
    """Notes captions that leave out part of the clip or run on after it."""
    if not cues or not seconds:
        return
    spoken = sum(max(0.0, min(cue.end, seconds) - cue.start) for cue in cues)
    if spoken < COVERED * seconds:
        share = int(100 * spoken / seconds)
        notes.add(
            (1, 1),
            "captions",
            f"the captions stand for {share} % of the clip; {100 * COVERED:.0f} % are wanted",
            "caption all that is said, and let a cue stand until the next begins",
        )
    if cues[-1].end > seconds + 1:
        notes.add(
            (1, 1), "captions", "the captions run on after the end of the clip", "run ./dev clips, so that both are of one make"
        )
