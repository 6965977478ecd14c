"""The commands that bring items in from other systems, and out to them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import config
from . import Command

if TYPE_CHECKING:
    from ..content.exchange import Format


@click.command("import", cls=Command)
@click.argument("form", metavar="FORMAT")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--into", "module", required=True, metavar="MODULE", help="The module whose quiz.yaml takes the items.")
@click.option("--dry-run", is_flag=True, help="Tell what would happen, and change nothing.")
@click.option("--unfinished", is_flag=True, help="Take unfinished items too; the folder has problems until you finish them.")
def import_items(form: str, file: Path, module: str, dry_run: bool, unfinished: bool) -> None:
    """Read items from a file into a module.

    FORMAT is gift, moodle-xml or aiken. What became of each item is told in a ledger.
    """
    from ..content import exchange

    run = exchange.plan_import if dry_run else exchange.import_items
    try:
        with file.open("rb") as opened:
            data = opened.read(exchange.MOST_BYTES + 1)
        plan = run(config.load().modules, module, _format(form), data, unfinished=unfinished)
    except exchange.Refused as refused:
        raise click.ClickException(f"{file}: {refused}. {refused.hint[:1].upper()}{refused.hint[1:]}.") from None
    except exchange.NotImported as error:
        raise click.ClickException(f"{error}. Nothing was changed.") from None
    except OSError as error:
        where = config.load().modules / module
        raise click.ClickException(f"{where}: cannot be written ({error.strerror}). Nothing was changed.") from None
    for line in plan.ledger.lines():
        click.echo(line)
    for problem in plan.left:
        click.echo(str(problem))
    click.echo("Nothing was changed." if dry_run or not plan.files else f"Written: {', '.join(sorted(plan.files))}")


@click.command("export", cls=Command)
@click.argument("form", metavar="FORMAT")
@click.argument("module")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A file; left out, the items are printed.")
def export_items(form: str, module: str, output: Path | None) -> None:
    """Write the items of a module into a file.

    FORMAT is gift or moodle-xml. The ledger goes to the terminal.
    """
    from ..content import exchange

    try:
        exported = exchange.export_module(config.load().modules, module, _format(form))
    except exchange.NotImported as error:
        raise click.ClickException(str(error)) from None
    if output:
        try:
            output.write_text(exported.text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise click.ClickException(f"--output {output}: cannot be written ({error.strerror})") from None
    else:
        sys.stdout.buffer.write(exported.text.encode())
    for line in exported.ledger.lines():
        click.echo(line, err=True)


def _format(name: str) -> Format:
    from ..content.exchange import FORMATS

    if name not in FORMATS:
        raise click.ClickException(f"there is no format `{name}`; there are {', '.join(FORMATS)}")
    return FORMATS[name]


COMMANDS = (import_items, export_items)
