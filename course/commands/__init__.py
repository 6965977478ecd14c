"""The commands of `course` that are more than a few lines; `course.cli` puts them together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    Factory = Callable[[], Flask]  # what `course.cli` gives each command to make the application with
