"""Frames and sound → WebM (VP9 and Opus) with its length in the header, and a still as its poster."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from .voice import RATE

FRAMES = 25  # a second
QUALITY = {"crf": "37", "b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1", "g": "250"}


def write(path: Path, frames: Iterator[Image.Image], sound: np.ndarray[Any, Any]) -> None:
    """Writes beside the file and moves it into place, so that a clip is whole or not there."""
    beside = path.with_name(f".{path.name}")
    with av.open(str(beside), "w", format="webm") as film:
        picture: Any = film.add_stream("libvpx-vp9", rate=FRAMES, options=QUALITY)
        picture.width, picture.height, picture.pix_fmt = 1280, 720, "yuv420p"
        voice: Any = film.add_stream("libopus", rate=48_000, options={"b": "28000", "application": "voip"})
        voice.layout = "mono"
        blocks = _sound(sound)
        said = 0.0
        for number, image in enumerate(frames):
            while said <= number / FRAMES and (block := next(blocks, None)) is not None:
                film.mux(voice.encode(block))
                said = block.pts / RATE
            video = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
            video.pts, video.time_base = number, Fraction(1, FRAMES)
            film.mux(picture.encode(video))
        for block in blocks:
            film.mux(voice.encode(block))
        film.mux(picture.encode(None))
        film.mux(voice.encode(None))
    beside.replace(path)


def _sound(samples: np.ndarray[Any, Any]) -> Iterator[Any]:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=48_000)
    for at in range(0, len(samples), RATE // 2):
        block = av.AudioFrame.from_ndarray(samples[None, at : at + RATE // 2], format="fltp", layout="mono")
        block.sample_rate, block.pts, block.time_base = RATE, at, Fraction(1, RATE)
        for part in resampler.resample(block):
            part.pts = None
            yield _numbered(part, at)
    for part in resampler.resample(None):
        part.pts = None
        yield part


def _numbered(part: Any, at: int) -> Any:
    part.pts = at * 2
    part.time_base = Fraction(1, 48_000)
    return part


def write_poster(path: Path, image: Image.Image) -> None:
    image.save(path, "JPEG", quality=72, optimize=True, progressive=True)
