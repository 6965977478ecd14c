"""The commands of `course` that are more than a few lines; `course.cli` puts them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import click

from .. import config

if TYPE_CHECKING:
    from flask import Flask


class Factory(Protocol):
    """What `course.cli` gives each command to make the application with."""

    def __call__(self, *, may_be_new: bool = False) -> Flask: ...


def load_settings() -> config.Settings:
    """The settings of this run; a wrong one is told in its one line, with exit code 1."""
    try:
        return config.load()
    except config.SettingError as error:
        raise click.ClickException(str(error)) from None
