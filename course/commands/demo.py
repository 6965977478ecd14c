"""The commands that fill an instance with synthetic learners."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .. import clock
from . import Command

if TYPE_CHECKING:
    from . import Factory


def _drawn(command: Callable[..., None]) -> Any:
    """How many learners, and which."""
    seed = click.option("--seed", type=int, default=2020, show_default=True)
    return click.option("--learners", type=click.IntRange(1, 10_000_000), default=2000, show_default=True)(seed(command))


@click.command(cls=Command)
@_drawn
@click.pass_obj
def seed(app: Factory, learners: int, seed: int) -> None:
    """Fill this instance with synthetic learners.

    The same for the same seed: up to 2,000 in 40 municipalities of 12 countries, more in 3,000 organisations of 40 countries.
    Stopped half-way, the same command goes on.
    """
    _fill(app, learners, seed)


@click.command(cls=Command)
@_drawn
@click.pass_obj
def demo(app: Factory, learners: int, seed: int) -> None:
    """Fill the instance, and print sign-ins.

    They are those of a learner, an author, a manager and an administrator. The course is published before.
    """
    _fill(app, learners, seed, with_sign_ins=True)


def _fill(app: Factory, learners: int, seed: int, *, with_sign_ins: bool = False) -> None:
    """Publishes the folder where nothing is published yet, from before the first synthetic learner came; then fills."""
    from ..content.problems import from_here
    from ..demo.filling import began, fill
    from ..extensions import current_session, intend
    from ..publishing.revisions import live_digest, publish_folder

    made = app(may_be_new=True)
    settings = made.extensions["settings"]
    with made.app_context():
        intend(to_write=True)
        session = current_session()
        if not live_digest(session):
            done = publish_folder(session, settings.modules, settings.assets, by="first start", now=began(clock.now()))
            session.commit()
            if done.course is None:
                raise click.ClickException(
                    "\n".join(["nothing can be published:", *map(str, from_here(settings.modules, done.problems))])
                )
    with made.app_context():
        fill(learners=learners, seed=seed, echo=click.echo, with_sign_ins=with_sign_ins)


COMMANDS = (seed, demo)
