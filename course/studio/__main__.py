"""`./dev clips [MODULE …]`: renders the clips whose storyboard has changed; of the modules named, or of all."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from ..content.media import webm_seconds
from . import captions, drawing, film, timing
from .voice import RATE, Voice

MODULES = Path(__file__).parents[2] / "modules"
MOST_BYTES, SHORTEST, LONGEST, MOST_POSTER = 1_000_000, 45, 90, 60_000


def main(names: list[str]) -> int:
    boards = sorted(MODULES.glob("*/clip.yaml"))
    if unknown := set(names) - {board.parent.name for board in boards}:
        print(f"No storyboard in {', '.join(sorted(f'modules/{name}/clip.yaml' for name in unknown))}.", file=sys.stderr)
        return 2
    voice: Voice | None = None
    for board in boards:
        if names and board.parent.name not in names:
            continue
        if not names and is_current(board):
            print(f"{board.parent.name:16} is up to date")
            continue
        voice = voice or Voice()
        render(board, voice)
    return 0


def is_current(board: Path) -> bool:
    media = board.parent / "media"
    files = [media / name for name in ("clip.webm", "clip.jpg", "clip.vtt")]
    return all(one.exists() for one in files) and _note(board) in files[2].read_text(encoding="utf-8")


def render(board: Path, voice: Voice) -> None:
    """The clip, its captions and its poster, beside the storyboard in ``media/``."""
    module, media = board.parent.name, board.parent / "media"
    media.mkdir(exist_ok=True)
    scenes = yaml.safe_load(board.read_text(encoding="utf-8"))["scenes"]
    spoken = [[(words, voice.say(words)) for words in timing.sentences(scene["say"])] for scene in scenes]
    timed = timing.plan([[(words, len(audio) / RATE) for words, audio in scene] for scene in spoken])
    sound: Any = np.zeros(round(timed[-1].end * RATE), dtype=np.float32)
    for scene, when in zip(spoken, timed, strict=True):
        for (_, audio), (start, _, _) in zip(scene, when.said, strict=True):
            at = round(start * RATE)
            sound[at : at + len(audio)] += audio
    film.write(media / "clip.webm", frames(module, scenes, timed), sound)
    said = [part for scene in timed for part in scene.said]
    (media / "clip.vtt").write_text(captions.webvtt(said, _note(board)), encoding="utf-8")
    of, first = drawing.look(module), timed[0]
    film.write_poster(media / "clip.jpg", drawing.frame(of, scenes[0]["show"], since=first.end, share=0.3, is_first=True))
    _report(module, media)


def frames(module: str, scenes: list[dict[str, Any]], timed: list[timing.Timed]) -> Iterator[Image.Image]:
    of, last = drawing.look(module), timed[-1].end
    total, number = round(last * film.FRAMES), 0
    for position, (scene, when) in enumerate(zip(scenes, timed, strict=True)):
        while number < total and number / film.FRAMES < when.end:
            now = number / film.FRAMES
            share = round(now * 4) / 4 / last  # windows light up four times a second, which keeps the file small
            yield drawing.frame(of, scene["show"], since=now - when.start, share=share, is_first=position == 0)
            number += 1
            if number % film.FRAMES == 0:
                _progress(module, number / total)


def _note(board: Path) -> str:
    return f"Synthetic voice. Made from clip.yaml {hashlib.sha256(board.read_bytes()).hexdigest()[:16]}"


def _progress(module: str, share: float) -> None:
    if sys.stderr.isatty():
        full = round(30 * share)
        print(f"\r{module:16} [{'#' * full}{'.' * (30 - full)}] {share:4.0%}", end="", file=sys.stderr, flush=True)


def _report(module: str, media: Path) -> None:
    content = (media / "clip.webm").read_bytes()
    seconds, poster = webm_seconds(content) or 0.0, (media / "clip.jpg").stat().st_size
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    print(f"{module:16} {seconds:5.1f} s  {len(content) / 1000:6.0f} kB  poster {poster / 1000:.0f} kB")
    if len(content) > MOST_BYTES or poster > MOST_POSTER:
        print(f"  larger than {MOST_BYTES // 1000} kB, or its poster than {MOST_POSTER // 1000} kB: show less that moves")
    if not SHORTEST <= seconds <= LONGEST:
        print(f"  not between {SHORTEST} and {LONGEST} seconds: look at what is said")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
