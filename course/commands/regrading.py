"""``course regrade``: what a regrade would change as a table, making it, going on with it, taking it back, and the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click
from sqlalchemy.orm import Session

import quizzes
from quizzes.model import Score

from .. import clock
from ..accounts.tables import Person
from ..content.model import Course
from ..extensions import current_session, intend
from ..learning import expiring, grading, regrade_rules, regrading
from ..learning.tables import Regrade
from ..publishing.revisions import Live

HEAD = f"{'learner':30}  {'attempt':>7}  {'before':>16}  {'after':>16}  what else"


def open_course() -> tuple[Session, Live, Course]:
    """Raises ClickException where nothing is published."""
    session, live = current_session(), Live()
    course = live.course(session)
    if course is None:
        raise click.ClickException("nothing is published yet: run `course publish`")
    return session, live, course


def make(*, module: str, item: str, rule: str, response: str, why: str, is_dry: bool, size: int) -> None:
    """Plans, or makes and runs. Raises ClickException, and nothing is changed, where the rule does not fit."""
    intend(to_write=not is_dry)
    session, live, course = open_course()
    if not is_dry:
        expiring.close_all(session, live, clock.now())
    try:
        row = regrade_rules.draft(
            session,
            live,
            course,
            module=module,
            item=item,
            rule=rule,
            response=response,
            why=why,
            by_id=None,
            now=clock.now(),
        )
    except regrade_rules.Impossible as impossible:
        where = "MODULE" if impossible.field == "module" else f"--{impossible.field}"
        raise click.ClickException(f"{where}: {impossible}") from None
    if is_dry:
        _show(session, live, row, (*grading.rulings(session, module), grading.ruling_of(row)))
        return
    session.add(row)
    session.commit()
    click.echo(f"Regrade {row.public_id}. If it is stopped, `course regrade --continue {row.public_id}` goes on with it.")
    _run(session, live, course, row.public_id, size)


def undo(public_id: str, *, why: str, is_dry: bool, size: int) -> None:
    intend(to_write=not is_dry)
    session, live, course = open_course()
    if not is_dry:
        expiring.close_all(session, live, clock.now())
    row = _found(session, public_id)
    if row.undone_at is not None:
        raise click.ClickException(f"--undo: {public_id} was undone on {row.undone_at:%Y-%m-%d}; a regrade is undone once")
    reason = " ".join(why.split())[: regrade_rules.LONGEST_WHY]
    if not reason:
        raise click.ClickException("--why: write why: learners read it beside their score")
    if is_dry:
        _show(session, live, row, [one for one in grading.rulings(session, row.module) if one.id != public_id])
        return
    regrading.undo(session, public_id, by_id=None, why=reason, now=clock.now())
    session.commit()
    click.echo(f"Undoing {public_id}. If it is stopped, `course regrade --continue {public_id}` goes on with it.")
    _run(session, live, course, public_id, size)


def go_on(public_id: str, *, size: int) -> None:
    intend(to_write=True)
    session, live, course = open_course()
    _found(session, public_id)
    _run(session, live, course, public_id, size)


def listed(module: str) -> Iterable[str]:
    """One line a regrade, newest first."""
    intend(to_write=False)
    session = current_session()
    for row in regrading.made(session, module):
        by = session.get(Person, row.by_id) if row.by_id else None
        who = (by.name or "deleted account") if by else "the command"
        what = f"{row.module} {row.item} {row.rule}"
        yield f"{row.public_id}  {row.at:%Y-%m-%d %H:%M}  {state_of(row):10}  {what}  ({who}) {row.why}"


def state_of(row: Regrade) -> str:
    """In one word: `running` and `undoing` are to be gone on with."""
    if row.undone_at is not None:
        return "undone" if row.finished_at else "undoing"
    return "done" if row.finished_at else "running"


def _found(session: Session, public_id: str) -> Regrade:
    row = regrading.find(session, public_id)
    if row is None:
        raise click.ClickException(f"there is no regrade `{public_id}`; `course regrade --list` names them")
    return row


def _run(session: Session, live: Live, course: Course, public_id: str, size: int) -> None:
    """One transaction a batch, so that a kill loses nothing but the batch it falls into."""
    row, revisions = _found(session, public_id), regrading.Revisions(session, live)
    total, begun = regrading.count(session, row.module, row.at), row.seen
    with click.progressbar(length=total, label=f"{total} {_learners(total)}") as bar:
        bar.update(begun)
        while row.finished_at is None:
            seen = row.seen
            row = regrading.step(session, revisions, course, public_id, clock.now(), size)
            session.commit()
            bar.update(row.seen - seen)
    click.echo(f"{row.changed} of {row.seen} {_learners(row.seen)} have another score now; each is told on their own pages.")


def _show(session: Session, live: Live, row: Regrade, under: Iterable[grading.Ruling]) -> None:
    summary, revisions = regrading.Summary(), regrading.Revisions(session, live)
    click.echo(HEAD)
    for effect in regrading.plan(session, revisions, row.module, tuple(under), row.at):
        summary.add(effect)
        for line in _rows(session, effect):
            click.echo(line)
    click.echo("")
    for line in _counts(summary):
        click.echo(line)
    click.echo("Nothing was changed: this was a dry run.")


def _counts(summary: regrading.Summary) -> Iterator[str]:
    yield f"{summary.changed} of {summary.learners} {_learners(summary.learners)} with a closed attempt: a score changes."
    yield f"{summary.gained} pass the module by it; {summary.kept} keep a pass although the score falls below the mark."
    yield f"{summary.noted} certificates get a note and stay as they were issued."
    for reason, times in sorted(summary.refused.items()):
        yield f"{times} {_learners(times)} left as they are: {reason}."


def _rows(session: Session, effect: regrading.Effect) -> Iterator[str]:
    if not effect.turns:
        return
    person = session.get_one(Person, effect.person_id)
    said = [
        *(["passes"] if effect.gains_pass else []),
        *(["keeps the pass"] if effect.keeps_pass else []),
        *(["note on the certificate"] if effect.touches_certificate else []),
    ]
    for turn in effect.turns:
        name, number = (person.name or "deleted account")[:30], turn.attempt.number
        yield f"{name:30}  {number:>7}  {_points(turn.before):>16}  {_points(turn.after):>16}  {', '.join(said)}".rstrip()


def _points(score: Score) -> str:
    return f"{score.raw} of {score.max} {quizzes.percent(score):3} %"


def _learners(number: int) -> str:
    return "learner" if number == 1 else "learners"
