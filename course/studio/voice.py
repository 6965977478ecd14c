"""The narration: a synthetic English voice that needs no network. The clip says that it is one."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from hibari import Hibari

RATE = 24_000  # samples a second
SPEED = 0.94
PEAK = 0.5  # full scale is 1


class Voice:
    """Says sentences, the same ones always alike."""

    def __init__(self) -> None:
        self._says = Hibari()

    def say(self, words: str) -> Any:
        """Samples of one sentence at ``RATE``, without the silence around it."""
        audio = np.asarray(self._says(_spoken(words), speed=SPEED, seed=0), dtype=np.float32)
        loud = np.flatnonzero(np.abs(audio) > 0.004)
        if not len(loud):
            return audio
        edge = RATE // 25
        audio = audio[max(0, loud[0] - edge) : loud[-1] + edge]
        return audio * (PEAK / max(1e-6, float(np.abs(audio).max())))


def _spoken(words: str) -> str:
    """What a voice would stumble over, written out."""
    words = words.replace("%", " per cent").replace(" km", " kilometres").replace("–", " to ")
    return re.sub(r"(?<=\d),(?=\d{3})", "", words)
