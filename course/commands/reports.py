"""The commands about reports: completion and items as files, past days, mails that are due, and exports that wait."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import click

from .. import clock
from ..reports.filters import WHO, Filters, moment_of
from ..reports.headings import LANGUAGES
from . import Group

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ..reports.files import Content, Look
    from . import Factory

NICE = 10  # how far an export steps back for those who serve pages
headings_option = click.option(
    "--headings", type=click.Choice(["", *LANGUAGES]), default="", help="The language of the headings of CSV and XLSX."
)


@click.group(cls=Group)
def report() -> None:
    """Write reports, and keep past days."""


@report.command("completion")
@click.option("--format", "form", type=click.Choice(["csv", "json", "xlsx"]), default="csv", show_default=True)
@click.option("--module", default="", help="Only this module.")
@click.option("--language", default="", help="Only people who chose this language.")
@click.option("--who", type=click.Choice(list(WHO)), default="learners", show_default=True)
@click.option("--cohort", default="", help="Only people of this cohort: its name, or what its address ends with.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Enrolled on this day or later.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Enrolled on this day or before.")
@click.option("--as-of", "as_of", default="", help="As it was at this moment, such as 2026-01-31T00:00Z.")
@click.option("--head/--no-head", default=True, help="The rules above the table of a CSV.")
@headings_option
@click.pass_obj
def report_completion(
    app: Factory,
    form: str,
    module: str,
    language: str,
    who: str,
    cohort: str,
    since: datetime | None,
    until: datetime | None,
    as_of: str,
    head: bool,
    headings: str,
) -> None:
    """Write the completion report.

    It is of everything, with the same lines as the page.
    """
    from ..extensions import current_session, intend, see_one_moment
    from ..reports.files import Look

    if since and until and since > until:
        raise click.ClickException("--until: the last day is before the first, which --since names; change one of them")
    with app().app_context():
        intend(to_write=False)
        session = current_session()
        _close_due(session)
        see_one_moment(session)
        filters = Filters(
            module=module,
            since=since.date() if since else None,
            until=until.date() if until else None,
            as_of=_moment(as_of),
            language=language,
            who=who,
            **_cohort(session, cohort),
        )
        content = _completion(session, filters, form, Look(head, headings))
    sys.stdout.buffer.write(content)


def _cohort(session: Session, wanted: str) -> dict[str, Any]:
    from ..accounts import cohorts
    from ..accounts.names import name_key
    from ..reports import asked

    every = cohorts.visible(session, None) if wanted else []
    found = [one for one in every if wanted == one.public_id or name_key(wanted) == name_key(one.name)]
    if wanted and len(found) != 1:
        places = cohorts.places(session, found)
        said = "; ".join(f"{one.public_id} ({places.get(one.id, 'of no organisation')})" for one in found)
        none = f"there is no cohort of this name; there are {', '.join(one.name for one in every) or 'none'}"
        told = f"{len(found)} cohorts have this name, name one of them: {said}" if found else none
        raise click.ClickException(f"--cohort: {told}")
    return asked.of_cohort(found[0] if found else None)


def queue_due(session: Session, site: str) -> int:
    """The reports by mail whose time has come; returns how many went into the outbox."""
    from ..publishing.revisions import Live
    from ..reports import subscriptions

    live = Live().course(session)
    if live is None:
        return 0
    _close_due(session)
    return subscriptions.queue_due(session, live, site.rstrip("/"), clock.now())


def make_exports(session: Session, site: str) -> int:
    """The exports that wait; returns how many were made."""
    from ..reports import making

    _close_due(session)
    return making.make_waiting(session, site.rstrip("/"), clock.now)


def _close_due(session: Session) -> None:
    """Settles the attempts whose time is over, as whoever opens the report's page does."""
    from ..learning import expiring
    from ..publishing.revisions import Live

    expiring.close_all(session, Live(), clock.now())


def _completion(session: Session, filters: Filters, form: str, look: Look) -> bytes:
    from ..publishing.revisions import digest_at, live_digest, restore, was_published
    from ..reports import asked, completion, files

    digest = digest_at(session, filters.as_of) if filters.as_of else live_digest(session)  # whatever the clock says
    if not digest:
        raise click.ClickException(
            "--as-of: nothing was published yet at that moment; choose a later one"
            if filters.as_of
            else "nothing is published yet: run `course publish`"
        )
    live = restore(session, digest)
    if filters.module and live.module(filters.module) is None and not was_published(session, filters.module):
        slugs = ", ".join(module.slug for module in live.modules)
        raise click.ClickException(f"--module: there is no module `{filters.module}`; there are {slugs}")
    if filters.language and not asked.is_language(session, filters.language, live.languages):
        there = ", ".join(live.languages)
        raise click.ClickException(f"--language: nobody has chosen `{filters.language}`; the course is there in {there}")
    made = completion.completion(session, course=live, scope=None, filters=filters, now=clock.now())
    return _bytes(files.completion_file(made, form, look))


def _bytes(content: Content) -> bytes:
    from ..reports.spreadsheet import Workbook

    if isinstance(content, Workbook):
        with content:
            return content.read()
    return "".join(content).encode()


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = moment_of(text)
    except ValueError:
        raise click.ClickException("--as-of: write a moment as 2026-01-31T00:00Z") from None
    if at > clock.now():
        raise click.ClickException("--as-of: this moment has not come yet; choose an earlier one")
    return at


@report.command("items")
@click.argument("module")
@click.option("--format", "form", type=click.Choice(["csv", "json", "xlsx"]), default="csv", show_default=True)
@click.option("--revision", default="", help="The version of the quiz in this revision; left out, the newest.")
@click.option("--attempts", type=click.Choice(["first", "all"]), default="first", show_default=True, help="Of each person.")
@click.option("--head/--no-head", default=True, help="What the figures mean, above the table of a CSV.")
@headings_option
@click.pass_obj
def report_items(
    app: Factory, module: str, form: str, revision: str, attempts: Literal["first", "all"], head: bool, headings: str
) -> None:
    """Write what responses say about items.

    The figures of MODULE's quiz, the same as on the author's page.
    """
    from ..extensions import current_session, intend
    from ..publishing.revisions import Live
    from ..reports import files, items

    with app().app_context():
        intend(to_write=False)
        session = current_session()
        _close_due(session)
        try:
            made = items.report(session, module=module, revision=revision, which=attempts, now=clock.now(), is_inside=True)
        except KeyError:
            told = f"--revision: nobody has closed an attempt on a revision `{revision}`; leave it out for the newest"
            raise click.ClickException(told) from None
        live = Live().course(session)
        slugs = (
            f"there are quizzes of {', '.join(one.slug for one in live.modules if one.quizzes)}"
            if live
            else "none is published"
        )
    if made.chosen is None:
        raise click.ClickException(f"nobody has closed an attempt at a quiz of a module `{module}`; {slugs}")
    sys.stdout.buffer.write(_bytes(items.file(made, form, files.Look(head, headings))))


@report.command("keep")
@click.pass_obj
def report_keep(app: Factory) -> None:
    """Keep what changed on each past day.

    So reports of past days need not count the people of large organisations.

    The server starts this by itself when such a report is asked for. Each run adds the days that have ended since the last. One
    that finds another at it leaves it to that.
    """
    from ..extensions import alone, current_session, intend
    from ..reports import keeping

    os.nice(NICE)
    with app().app_context(), alone("keep") as is_alone:
        if not is_alone:
            click.echo("another process is keeping them")
            return
        intend(to_write=False)
        session = current_session()
        _close_due(session)
        now, kept = clock.now(), 0
        with click.progressbar(keeping.due(session, now), label="Keeping", show_pos=True, file=sys.stderr) as bar:
            for place, after in bar:
                session.rollback()
                kept += keeping.keep(session, place, after, now)
    click.echo(f"{kept:,} organisations kept up to the beginning of {keeping.date_of(keeping.last_day(now))}")


@click.group(cls=Group)
def exports() -> None:
    """Make files that are fetched later."""


@exports.command("make")
@click.pass_obj
def exports_make(app: Factory) -> None:
    """Make the exports that wait.

    Whoever asked for one gets a mail. The server starts this by itself; `course mail send` does the same.
    """
    from ..accounts.mail import send_pending
    from ..extensions import current_session, intend

    os.nice(NICE)
    made = app()
    with made.app_context():
        intend(to_write=True)
        session, settings = current_session(), made.extensions["settings"]
        number = make_exports(session, settings.public_url)
        send_pending(session, settings, clock.now())
    click.echo(f"{number} made")


COMMANDS = (report, exports)
