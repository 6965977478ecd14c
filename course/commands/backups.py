"""The commands about backups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import clock, config
from . import Command

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ..backups.archive import About


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write the whole instance into one file.

    FILE holds the database of this moment, every published revision, its media, and the settings that are not secret.

    Learners may be at work meanwhile. FILE is whole or not there.
    """
    from ..backups import making

    with _engine() as (engine, settings):
        about = making.make(engine, settings, file, clock.now())
    click.echo(f"{file}: {_said(about)}, {file.stat().st_size / 1e6:,.1f} MB")


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def restore(file: Path) -> None:
    """Fill an empty instance from a backup.

    Nothing is written over: where there is a database, FILE is refused.
    """
    from ..backups import restoring

    with _engine() as (engine, settings):
        about, takes_settings = restoring.restore(engine, settings, file)
    if not takes_settings:
        click.echo(f"{settings.instance / 'config.toml'} is kept as it is; the settings of then are `settings.toml` in {file}.")
    click.echo(f"Restored: {_said(about)}. Now `course verify` proves the figures.")


@contextmanager
def _engine() -> Iterator[tuple[Engine, config.Settings]]:
    """The database as the settings name it, neither made nor brought up to date. What is refused is said in one line."""
    from flask import Flask

    from .. import extensions
    from ..backups.archive import Refused

    try:
        settings = config.load()
        app = Flask("course")
        extensions.init_app(app, settings)
        with app.app_context():
            yield extensions.db.engine, settings
            extensions.let_go()
    except Refused as error:
        raise click.ClickException(str(error)) from None


def _said(about: About) -> str:
    held = f"{about.people:,} people, {about.facts:,} facts, {about.assets:,} files of media, revisions: {about.revisions:,}"
    return f"the {about.dialect} database of {about.made_at[:19]}Z, {held}"


COMMANDS = (backup, restore)
