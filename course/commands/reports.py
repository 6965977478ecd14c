"""The commands about figures: the report, proving them, mending them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import click

from .. import clock
from ..reports.filters import WHO, Filters, moment_of
from ..reports.headings import LANGUAGES

NICE = 10  # how far an export steps back for those who serve pages
if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from ..reports.files import Content, Look
    from ..verifying.differences import Difference

    Factory = Callable[[], Flask]


@click.command()
@click.option(
    "--sample", type=click.IntRange(1), default=None, help="Only so many people, drawn at random, without the report."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Which people a sample draws.")
@click.pass_obj
def verify(app: Factory, sample: int | None, seed: int) -> None:
    """Work every summary, percentage, score, certificate and figure of the report out again from the facts, and name each that
    differs. Exit 0: none; 1: some. Nothing is changed.
    """
    from ..extensions import current_session, intend, see_one_moment
    from ..verifying.checking import Check

    number, people_named = 0, set[int]()
    made = app()
    with made.app_context():
        intend(to_write=False)
        session = current_session()
        see_one_moment(session)
        check = Check(session, clock.now(), sample=sample or 0, seed=seed)
        with click.progressbar(length=len(check.people), label="Verifying", show_pos=True, file=sys.stderr) as bar:
            try:
                for people, differences in check.run():
                    for difference in differences:
                        click.echo(str(difference))
                    number += len(differences)
                    people_named |= {one.person_id for one in differences if one.person_id is not None}
                    bar.update(people)
            except ValueError as error:
                raise _unreadable(check.people[bar.pos :], error) from error
        _name(session, people_named, made)
        said = f"{len(check.people):,} people, {check.facts:,} facts, {check.rows:,} rows, {check.figures:,} figures"
    click.echo(f"{said}: {_differences(number)}")
    if number:
        click.echo("`course rebuild` mends summaries, the tree, tallies and past days, and names what only a backup can mend.")
    sys.exit(1 if number else 0)


def _unreadable(people: Sequence[int], error: ValueError) -> click.ClickException:
    """What is no time or no JSON where there must be one, as after a disk that failed: it cannot even be compared."""
    from ..verifying.checking import BATCH

    where = f"the rows of the people {people[0]} to {people[:BATCH][-1]}" if people else "the rows that tallies are made of"
    return click.ClickException(f"a value in {where} cannot be read ({error}): compare them with a backup")


NAMED = 20  # people whose records are told by address


def _name(session: Session, ids: set[int], app: Flask) -> None:
    """Where the records of these people are, of the first of them: a number of the database is in no address."""
    from ..accounts.people import public_ids

    site = app.extensions["settings"].public_url.rstrip("/")
    for number, public_id in public_ids(session, sorted(ids)[:NAMED]).items():
        click.echo(f"person {number}: {site}/en/reports/people/{public_id}")


@click.command()
@click.pass_obj
def rebuild(app: Factory) -> None:
    """Write the summaries anew where they are not what the facts say, and the tallies where they do not add up, and name each
    change.

    Facts and certificates are never touched: what only they could mend is named as left. Exit 0: all is in order now; 1: some
    is left.
    """
    from ..extensions import current_session, intend, see_one_moment, writing
    from ..verifying.checking import BATCH, everybody
    from ..verifying.mending import mend, mend_tallies, mend_tree, recount
    from ..verifying.shelf import Shelf

    mended, left, people_left = 0, 0, set[int]()

    def tell(found: Sequence[Difference]) -> None:
        nonlocal mended, left
        for difference in found:
            click.echo(f"{'mended' if difference.can_be_mended else 'left  '}  {difference}")
        not_mended = [difference for difference in found if not difference.can_be_mended]
        mended, left = mended + len(found) - len(not_mended), left + len(not_mended)
        people_left.update(one.person_id for one in not_mended if one.person_id is not None)

    made = app()
    with made.app_context():
        intend(to_write=False)
        session = current_session()
        with writing(session):  # first of all: where people count follows from it
            in_tree = mend_tree(session)
        tell(in_tree)
        people, shelf = everybody(session), Shelf(session)
        with click.progressbar(length=len(people), label="Rebuilding", show_pos=True, file=sys.stderr) as bar:
            for start in range(0, len(people), BATCH):
                batch = people[start : start + BATCH]
                try:
                    with writing(session):
                        found = mend(session, batch, shelf)
                except ValueError as error:
                    raise _unreadable(batch, error) from error
                tell(found)
                bar.update(len(batch))
        session.rollback()
        see_one_moment(session)
        wrong: list[Difference] = []
        with click.progressbar(length=len(people), label="Adding up", show_pos=True, file=sys.stderr) as bar:
            for number, found in recount(session, clock.now()):
                wrong += found
                bar.update(number)
        with writing(session):
            mend_tallies(session, wrong)
        for difference in wrong:
            click.echo(f"mended  {difference}")
        mended += len(wrong)
        _name(session, people_left, made)
    click.echo(f"{len(people):,} people: {mended:,} mended, {left:,} left as they are")
    if left:
        click.echo(
            "What is left is a fact, an attempt, a certificate or the past of an organisation that was changed by something "
            "else than the course: compare it with a backup. A certificate that must not stand is revoked on its page, with a "
            "reason."
        )
    sys.exit(1 if left else 0)


def _differences(number: int) -> str:
    return "no difference" if number == 0 else "1 difference" if number == 1 else f"{number:,} differences"


headings_option = click.option(
    "--headings", type=click.Choice(["", *LANGUAGES]), default="", help="The language of the headings of CSV and XLSX."
)


@click.group()
def report() -> None:
    """Reports."""


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
    """The completion report over everything, the same lines as the page."""
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
    from ..accounts.organisations import name_key
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
    from ..extensions import writing
    from ..learning import expiring
    from ..publishing.revisions import Live

    now, live = clock.now(), Live().course(session)
    while live is not None and expiring.is_any_due(session, now):
        with writing(session):
            expiring.close_due(session, Live(), live, now)


def _completion(session: Session, filters: Filters, form: str, look: Look) -> bytes:
    from ..publishing.revisions import digest_at, restore, was_published
    from ..reports import completion, files

    digest = digest_at(session, filters.as_of or clock.now())
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
    """What the responses say about the items of MODULE's quiz, the same figures as the author's page."""
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
    """Keep what changed on each past day in large organisations, so that reports of past days need not count people.

    The server starts this by itself when such a report is asked for. Each run adds the days that have ended since the last.
    """
    from ..extensions import current_session, intend
    from ..reports import keeping

    os.nice(NICE)
    with app().app_context():
        intend(to_write=False)
        session = current_session()
        _close_due(session)
        now, kept = clock.now(), 0
        with click.progressbar(keeping.due(session, now), label="Keeping", show_pos=True, file=sys.stderr) as bar:
            for place, after in bar:
                session.rollback()
                kept += keeping.keep(session, place, after, now)
    click.echo(f"{kept:,} organisations kept through {keeping.date_of(keeping.last_day(now))}")


@click.group()
def exports() -> None:
    """Files that people have asked for and fetch later."""


@exports.command("make")
@click.pass_obj
def exports_make(app: Factory) -> None:
    """Make the exports that wait, and send the mails that say so. The server starts this by itself; `course mail send` does the
    same.
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


COMMANDS = (report, verify, rebuild, exports)
