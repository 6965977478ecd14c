"""What is said, as the cues of a WebVTT file."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..content.captions import LINE_LENGTH, LINES, LONGEST_CUE

Spoken = tuple[float, float, str]  # from, to, in seconds, and the words


def cues(spoken: Sequence[Spoken]) -> list[Spoken]:
    """Each sentence in as many cues as it needs, with time by their length. A cue stands until the next one begins."""
    found: list[Spoken] = []
    for start, end, words in spoken:
        pieces = _pieces(words, math.ceil((end - start) / LONGEST_CUE))
        total, at = sum(map(len, pieces)), start
        for piece in pieces:
            until = at + (end - start) * len(piece) / total
            found.append((at, until, piece))
            at = until
    held = []
    for number, (start, end, words) in enumerate(found):
        following = found[number + 1][0] if number + 1 < len(found) else end + 0.8
        held.append((start, min(following, start + LONGEST_CUE), words))
    return held


def _pieces(words: str, least: int) -> list[str]:
    """The sentence in pieces that fit two lines: as few as can be, at least ``least``, of about the same length.

    A piece ends after a comma where one is near.
    """
    count = max(1, least, math.ceil(len(words) / (LINES * (LINE_LENGTH - 3))))
    while True:
        pieces = _split(words.split(), count)
        if all(len(lines(piece)) <= LINES for piece in pieces):
            return pieces
        count += 1


def _split(words: list[str], count: int) -> list[str]:
    pieces = []
    for left in range(count, 0, -1):
        if left == 1 or len(words) <= left:
            pieces.append(" ".join(words))
            break
        best = _cut(words, len(" ".join(words)) / left)
        pieces.append(" ".join(words[:best]))
        words = words[best:]
    return pieces


def _cut(words: list[str], aim: float) -> int:
    """After how many words the text is nearest to ``aim`` characters, with a comma worth twelve of them."""
    off = [abs(len(" ".join(words[:n])) - aim) - (12 if words[n - 1][-1] in ",;:." else 0) for n in range(1, len(words))]
    return off.index(min(off)) + 1


def lines(words: str) -> list[str]:
    """Two lines of about the same length, else as many as are needed."""
    if len(words) <= LINE_LENGTH:
        return [words]
    parts = words.split()
    cuts = [(" ".join(parts[:n]), " ".join(parts[n:])) for n in range(1, len(parts))]
    fitting = [cut for cut in cuts if max(map(len, cut)) <= LINE_LENGTH]
    if fitting:
        first, second = min(fitting, key=lambda cut: abs(len(cut[0]) - len(cut[1])))
        return [first, second]
    return [words[at : at + LINE_LENGTH] for at in range(0, len(words), LINE_LENGTH)]


def webvtt(spoken: Sequence[Spoken], note: str) -> str:
    """The file. ``note`` is a remark that no player shows."""
    blocks = ["WEBVTT", f"NOTE {note}"]
    for start, end, words in cues(spoken):
        blocks.append(f"{_time(start)} --> {_time(end)}\n" + "\n".join(lines(words)))
    return "\n\n".join(blocks) + "\n"


def _time(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
