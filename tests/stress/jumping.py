"""The course on a clock that is moved from outside: the file named by STRESS_CLOCK holds the hours that are added."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from course import clock, create_app

_right = clock.now
_hours = Path(os.environ["STRESS_CLOCK"])


def now() -> datetime:
    return _right() + timedelta(hours=float(_hours.read_text(encoding="ascii")))


clock.now = now
app = create_app()
