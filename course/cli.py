"""The command ``course``: check and publish the folder, accounts, reports, a filled instance to look at, and the server.

``course check`` needs no server and no database, so nothing of either is imported before it is asked for.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from . import clock, config
from .commands import Group, backups, demo, items, proving, reports

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session


class Stopped(click.ClickException):
    """By Ctrl-C."""

    exit_code = 128 + signal.SIGINT  # as a shell calls it


class Commands(Group):
    """Says in one line which setting is wrong, or what a disk or the database refuses to a command.

    Whatever else fails is ours, and shown whole.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Of what is no text nothing could be looked up, written or said."""
        for word in args:
            if any("\ud800" <= letter <= "\udfff" for letter in word):
                shown = word.encode(errors="surrogateescape").decode(errors="replace")
                raise click.UsageError(f"`{shown}` is not UTF-8: write it, or name the file, in UTF-8.", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read what it writes has enough: click ends it in silence
                raise
            _leave_unwritten()
            raise click.ClickException(": ".join(filter(None, [error.filename, error.strerror or str(error)]))) from error
        except KeyboardInterrupt:
            raise Stopped("stopped. What was written until then is whole.") from None
        except config.SettingError as error:
            raise click.ClickException(str(error)) from None
        except Exception as error:
            refused = _refused(error)
            if not refused:
                raise
            raise click.ClickException(refused) from error


def _leave_unwritten() -> None:
    """What a full disk did not take of the output is not tried again at the end, where Python ends with a code of its own."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refused(error: Exception) -> str:
    if "sqlalchemy" not in sys.modules:  # a command that asks for no database does not load what one needs
        return ""
    from .extensions import refusal

    return refusal(error)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def course(context: click.Context) -> None:
    """The course engine."""
    context.obj = _app  # what the commands of other files make the application with


for command in (*demo.COMMANDS, *reports.COMMANDS, *proving.COMMANDS, *backups.COMMANDS, *items.COMMANDS):
    course.add_command(command)


@course.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How problems are written.")
def check(path: Path | None, form: Literal["text", "json"]) -> None:
    """Name every problem of the course folder. Exit 0: none; 1: problems; 2: no course folder, or a wrong setting."""
    from .content.checking import USAGE
    from .content.checking import check as run

    try:
        text, code = run(path or config.course_folder(), form)
    except config.SettingError as error:
        text, code = f"Error: {error}", USAGE
    click.echo(text, err=code == 2)
    sys.exit(code)


@course.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
def publish(path: Path | None) -> None:
    """Publish the course folder. With any problem nothing changes."""
    from .content.problems import counted, from_here
    from .extensions import current_session, intend
    from .publishing.revisions import publish_folder

    app = _app(may_be_new=True)
    settings = app.extensions["settings"]
    folder = path or settings.modules
    with app.app_context():
        intend(to_write=True)
        session = current_session()
        done = publish_folder(session, folder, settings.assets, by="course publish", now=clock.now())
        session.commit()
    for problem in from_here(folder, done.problems):
        click.echo(str(problem))
    if done.course is None:
        click.echo(f"{counted(len(done.problems), 'problem')}: nothing was changed.", err=True)
        sys.exit(1)
    click.echo(f"{'Published' if done.is_new else 'Published already'}: revision {done.course.digest[:12]}")


@course.group(cls=Group)
def user() -> None:
    """Add accounts."""


@user.command("add")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(["learner", "author", "administrator"]), default="learner", show_default=True)
@click.option("--organisation", default="", help="Country › Municipality › Department, made where it is missing.")
@click.option("--manager", is_flag=True, help="Makes the person manager of the organisation instead of a member.")
@click.option("--password", default="", help="Left out, one is made and printed.")
def add_user(email: str, name: str, role: str, organisation: str, manager: bool, password: str) -> None:
    """Add an account and print its password once."""
    from .accounts import passwords, people
    from .accounts.names import clean_name
    from .extensions import current_session, intend

    if not people.is_address(email) or len(email) > people.LONGEST_ADDRESS:
        raise click.ClickException(f"--email: write an address such as name@city.org, not `{email}`")
    if not clean_name(name):
        raise click.ClickException("--name: write the name as it should stand on the certificate")
    if manager and not organisation:
        raise click.ClickException("--manager: of which organisation? Name it with --organisation")
    refused = passwords.refusal(password, email=email, name=name) if password else ""
    if refused:
        raise click.ClickException(f"--password: {refused}")
    made, now, app = password or secrets.token_urlsafe(15), clock.now(), _app(may_be_new=True)
    with app.app_context():
        intend(to_write=True)
        session = current_session()
        try:
            person = people.add(session, email=email, name=name, password=made, role=role, language="en", now=now)
        except people.AddressTaken:
            raise click.ClickException(f"--email: there is an account with {email} already") from None
        if organisation:
            place = _organisation_at(session, organisation)
            people.join(session, person_id=person.id, organisation_id=place, role="manager" if manager else "member", now=now)
        session.commit()
    click.echo(f"{email}  {made}" if not password else email)


def _organisation_at(session: Session, path: str) -> int:
    """The id of the organisation at a path such as ``Tunisia › Sfax › Youth``, made where it is missing."""
    from .accounts import organisations
    from .accounts.names import clean_name

    names = [name for part in path.replace(">", "›").split("›") if (name := clean_name(part))]
    if any(len(name) > organisations.LONGEST for name in names):
        raise click.ClickException(f"--organisation: a name has at most {organisations.LONGEST} characters")
    place = organisations.find_or_add_path(session, names, clock.now())
    if place is None:
        raise click.ClickException("--organisation: write at least a country, such as `Tunisia › Sfax`")
    return place


USED_WITH = {"--undo": ("--why", "--dry-run"), "--continue": (), "--list": ("MODULE",)}


@course.command()
@click.argument("module", required=False, default="")
@click.option("--item", default="", help="The id of the item.")
@click.option("--rule", type=click.Choice(["accept", "drop", "full_marks", "new_key"]), help="What is done to the item.")
@click.option("--response", default="", help="For accept: `a, b` (choices), `row=choice; row=choice`, or the text.")
@click.option("--why", default="", help="Read by every learner whose score changes.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--undo", metavar="ID", default="", help="Take a regrade back.")
@click.option("--continue", "go_on", metavar="ID", default="", help="Go on with a regrade that was stopped.")
@click.option("--list", "is_list", is_flag=True, help="All regrades, newest first.")
@click.option("--batch", type=click.IntRange(1, 1000), default=100, show_default=True, help="Learners a transaction.")
def regrade(
    module: str,
    item: str,
    rule: str | None,
    response: str,
    why: str,
    dry_run: bool,
    undo: str,
    go_on: str,
    is_list: bool,
    batch: int,
) -> None:
    """Grade an item anew in every attempt.

    MODULE is the id of the module. A regrade can be taken back.

    Exit 0: done, or shown; 1: refused with the reason, and nothing changed; 2: wrong usage.
    A run that is killed is gone on with by --continue.
    """
    from .commands import regrading as command

    if sum(map(bool, (undo, go_on, is_list))) > 1:
        raise click.UsageError("--undo, --continue and --list exclude each other.")
    if not (undo or go_on or is_list) and not (module and item and rule):
        raise click.UsageError("Name MODULE, --item and --rule; or --undo ID, --continue ID or --list.")
    given = {"MODULE": module, "--item": item, "--rule": rule, "--response": response, "--why": why, "--dry-run": dry_run}
    alone = "--undo" if undo else "--continue" if go_on else "--list" if is_list else ""
    unused = [name for name, value in given.items() if value and name not in USED_WITH.get(alone, given)]
    if unused:
        raise click.UsageError(f"{alone} takes no {unused[0]}: leave it out.")
    with _app().app_context():
        if is_list:
            click.echo("\n".join(command.listed(module)) or "No regrades.")
        elif go_on:
            command.go_on(go_on, size=batch)
        elif undo:
            command.undo(undo, why=why, is_dry=dry_run, size=batch)
        else:
            command.make(module=module, item=item, rule=rule or "", response=response, why=why, is_dry=dry_run, size=batch)


@course.group(cls=Group)
def mail() -> None:
    """Send what waits in the outbox."""


@mail.command("send")
def mail_send() -> None:
    """Send what waits, and reports that are due.

    It also makes exports that were left. Let a timer run it every few minutes.
    """
    from .accounts.mail import forget_written, refused, send_pending
    from .extensions import current_session, intend

    app = _app()
    with app.app_context():
        intend(to_write=True)
        session, settings = current_session(), app.extensions["settings"]
        reports.queue_due(session, settings.public_url)
        sent = send_pending(session, settings, clock.now())
        if reports.make_exports(session, settings.public_url):
            sent += send_pending(session, settings, clock.now())
        forget_written(session, settings)
        click.echo(f"{sent} sent")
        waiting, why = refused(session)
    if waiting:
        click.echo(f"{waiting} could not be sent and will be tried again, the last because: {why}", err=True)


@course.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option(
    "--watch/--no-watch", default=None, help="Publish a saved file within two seconds. Left out, COURSE_WATCH decides."
)
def serve(host: str, port: int, workers: int, watch: bool | None) -> None:
    """Serve the course."""
    from .starting import start

    settings = config.load()
    watches = settings.watch if watch is None else watch
    sys.exit(start(settings, host=host, port=port, workers=workers, watch=watches, echo=click.echo))


def _app(*, may_be_new: bool = False) -> Flask:
    """The application. A command that works on what is there makes no empty database where an instance is misspelt."""
    from . import create_app

    settings = config.load()
    file = settings.database_file
    if file and not may_be_new and not file.exists():
        raise click.ClickException(
            f"there is no database {file}: name the instance that is meant with COURSE_INSTANCE, or begin one with "
            "`course publish`"
        )
    # What cannot be closed any more, after Ctrl-C or where the database has gone, is told beside the line that says so.
    for name in ("sqlalchemy.pool", "psycopg"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return create_app(settings)


def main() -> None:
    course(prog_name="course")
