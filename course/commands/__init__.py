"""The commands of `course` that are more than a few lines; `course.cli` puts them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from flask import Flask


class Factory(Protocol):
    """What `course.cli` gives each command to make the application with."""

    def __call__(self, *, may_be_new: bool = False) -> Flask: ...
