"""The commands of `course` that are more than a few lines; `course.cli` puts them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import click

if TYPE_CHECKING:
    from flask import Flask


class Command(click.Command):
    """Refuses an option that is given twice: of two the first would be left aside in silence."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _values, _rest, order = self.make_parser(ctx).parse_args(args=[*args])
        for one in order:
            if isinstance(one, click.Option) and not one.is_flag and order.count(one) > 1:
                raise click.UsageError(f"{one.opts[0]} is given twice: leave one out.", ctx)
        return super().parse_args(ctx, args)


class Group(click.Group):
    command_class = Command


class Factory(Protocol):
    """What `course.cli` gives each command to make the application with."""

    def __call__(self, *, may_be_new: bool = False) -> Flask: ...
