"""Work that a page asks for and does not wait for: a command in a process of its own, which steps back for all others."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

from flask import request

from ..config import ROOT

_started: dict[tuple[str, ...], float] = {}  # the second in which this process last started each


def start(*words: str, again: float = 0.0) -> None:
    """Starts `course` with these words, unless this process did so less than ``again`` seconds ago.

    A server says of itself that there may be several processes. Where a page is called in another way nothing is started, and
    the command runs when an operator's timer or hand starts it.
    """
    if not request.environ["wsgi.multiprocess"]:
        return
    now = time.monotonic()
    if now - _started.get(words, float("-inf")) < again:
        return
    _started[words] = now
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-m", "course", *words],
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    threading.Thread(target=process.wait, name=words[0], daemon=True).start()  # so that nothing of it is left when it ends
