"""The commands that prove the figures and mend them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from .. import clock
from . import Command

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from ..verifying.differences import Difference
    from . import Factory

NAMED = 20  # people whose records are told by address


@click.command(cls=Command)
@click.option(
    "--sample", type=click.IntRange(1), default=None, help="Only so many people, drawn at random, without the report."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Which people a sample draws.")
@click.pass_obj
def verify(app: Factory, sample: int | None, seed: int) -> None:
    """Work every figure out again from the facts.

    Every summary, percentage, score, certificate and figure of the report; each that differs is named. Exit 0: none; 1: some.
    Nothing is changed.
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


def _name(session: Session, ids: set[int], app: Flask) -> None:
    """Where the records of these people are, of the first of them: a number of the database is in no address."""
    from ..accounts.people import public_ids

    site = app.extensions["settings"].public_url.rstrip("/")
    for number, public_id in public_ids(session, sorted(ids)[:NAMED]).items():
        click.echo(f"person {number}: {site}/en/reports/people/{public_id}")


@click.command(cls=Command)
@click.pass_obj
def rebuild(app: Factory) -> None:
    """Write anew what is not as the facts say.

    Summaries, and tallies where they do not add up; each change is named.

    Facts and certificates are never touched: what only they could mend is named as left. Exit 0: all is in order now; 1: some
    is left.
    """
    from ..extensions import current_session, intend, writing
    from ..verifying.mending import mend_tree

    told, made = _Told(), app()
    with made.app_context():
        intend(to_write=False)
        session = current_session()
        with writing(session):  # first of all: where people count follows from it
            in_tree = mend_tree(session)
        told.tell(in_tree)
        people = _rebuild_people(session, told)
        _add_up(session, told, people)
        _name(session, told.people_left, made)
    click.echo(f"{people:,} people: {told.mended:,} mended, {told.left:,} left as they are")
    if told.left:
        click.echo(
            "What is left is a fact, an attempt, a certificate or the past of an organisation that was changed by something "
            "else than the course: compare it with a backup. A certificate that must not stand is revoked on its page, with a "
            "reason."
        )
    sys.exit(1 if told.left else 0)


class _Told:
    """What a rebuild has said so far: how much was mended, how much is left, and whose rows are among that."""

    def __init__(self) -> None:
        self.mended, self.left = 0, 0
        self.people_left: set[int] = set()

    def tell(self, found: Iterable[Difference]) -> None:
        for difference in found:
            if difference.can_be_mended:
                self.mended += 1
            else:
                self.left += 1
                if difference.person_id is not None:
                    self.people_left.add(difference.person_id)
            click.echo(f"{'mended' if difference.can_be_mended else 'left  '}  {difference}")


def _rebuild_people(session: Session, told: _Told) -> int:
    """The rows of everybody, a batch in each transaction, which is told when it is committed. Returns how many they are."""
    from ..extensions import writing
    from ..verifying.checking import BATCH, everybody
    from ..verifying.mending import mend
    from ..verifying.shelf import Shelf

    people, shelf = everybody(session), Shelf(session)
    with click.progressbar(length=len(people), label="Rebuilding", show_pos=True, file=sys.stderr) as bar:
        for start in range(0, len(people), BATCH):
            batch = people[start : start + BATCH]
            try:
                with writing(session):
                    found = mend(session, batch, shelf)
            except ValueError as error:
                raise _unreadable(batch, error) from error
            told.tell(found)
            bar.update(len(batch))
    return len(people)


def _add_up(session: Session, told: _Told, people: int) -> None:
    """The tallies of so many people, and what is kept of past days: all of one moment, so that learners may go on meanwhile."""
    from ..extensions import see_one_moment, writing
    from ..verifying.mending import mend_tallies, recount

    session.rollback()
    see_one_moment(session)
    wrong: list[Difference] = []
    with click.progressbar(length=people, label="Adding up", show_pos=True, file=sys.stderr) as bar:
        for number, found in recount(session, clock.now()):
            wrong += found
            bar.update(number)
    with writing(session):
        mend_tallies(session, wrong)
    for difference in wrong:
        click.echo(f"mended  {difference}")
    told.mended += len(wrong)


def _differences(number: int) -> str:
    return "no difference" if number == 0 else "1 difference" if number == 1 else f"{number:,} differences"


COMMANDS = (verify, rebuild)
