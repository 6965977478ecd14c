"""``course rebuild``: summaries written anew where they are not what the facts say. Facts and certificates stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.orm import Session

from ..accounts import organisations
from ..accounts.tables import Organisation
from ..learning.tables import Enrolment
from ..reports import keeping
from ..reports.tables import TallyChange
from . import past
from .checking import BATCH, PAST, differences_of, differing, differing_then, everybody, read_lives
from .differences import Difference
from .recount import Belongings
from .rows import KEPT, Kept, Key, stored
from .shelf import Shelf
from .tallies import TallyCount
from .tree import CLOSURE, differing_tree


def mend(session: Session, batch: Sequence[int], shelf: Shelf) -> list[Difference]:
    """Mends the summaries of these people in the caller's writing transaction, and returns every difference it found.

    Their enrolments are held, as the learners' own verbs do, so that nobody writes between reading and mending.
    """
    shelf.look_again()
    session.execute(
        select(Enrolment.person_id).where(Enrolment.person_id.in_(batch)).order_by(Enrolment.person_id).with_for_update()
    )
    lives = read_lives(session, batch, shelf)
    held = {kept.name: stored(session, kept, batch) for kept in KEPT}
    found = list(differences_of(session, held, lives, Belongings(session).of(batch)))
    _mend_rows(session, found)
    return found


def mend_tree(session: Session) -> list[Difference]:
    """The same of who stands below whom. Whoever adds or moves an organisation, or joins one, waits until the caller has
    committed.
    """
    organisations.hold_tree(session)
    session.execute(select(Organisation.id).order_by(Organisation.id).with_for_update(key_share=True))
    found = list(differing_tree(session))
    _mend_rows(session, found)
    return found


def _mend_rows(session: Session, found: Sequence[Difference]) -> None:
    mendable = [difference for difference in found if difference.can_be_mended]
    for kept in (*reversed(KEPT), CLOSURE):  # what hangs on an attempt goes before the attempt
        for difference in mendable:
            if difference.kept is kept and difference.row is None:
                _take_away(session, difference)
    for kept in (*KEPT, CLOSURE):
        for difference in mendable:
            if difference.kept is kept and difference.row is not None:
                _write(session, difference)


def recount(session: Session, now: datetime) -> Iterator[tuple[int, list[Difference]]]:
    """After each batch how many people it held; last, of nobody, the tallies that are not what the rows add up to.

    Everything is read as of one moment, and nobody is held up.
    """
    people, belongings, count = everybody(session), Belongings(session), TallyCount()
    pasts = past.counts(session, 0, now)
    counted = [kept for kept in KEPT if kept.name in past.TABLES]
    for start in range(0, len(people), BATCH):
        batch = people[start : start + BATCH]
        held = {kept.name: stored(session, kept, batch) for kept in counted}
        count.add_all(batch, held, belongings.of(batch))
        for one in pasts:
            one.add_then(batch, held)
        yield len(batch), []
    yield 0, [*differing(count, session), *differing_then(pasts)]


def mend_tallies(session: Session, found: Sequence[Difference]) -> None:
    """Adds what is missing, as a change beside those of the people who have gone on working since it was counted.

    Where a past day is wrong, none is kept of that place any more, and reports count until they are kept again.
    """
    past_places = {difference.key[0] for difference in found if difference.table == PAST}
    keeping.forget(session.connection(), sorted(past_places))
    for difference in found:
        if difference.table == PAST:
            continue
        assert difference.row is not None
        change = dict(difference.row) | {"number": difference.recomputed - difference.stored}
        session.execute(insert(TallyChange).values(change))


def _take_away(session: Session, difference: Difference) -> None:
    kept = _of(difference)
    if kept.name == "attempts":
        for other in KEPT:
            if other.of_attempt:
                session.execute(delete(other.table).where(other.table.c.attempt_id == difference.key[0]))
    session.execute(delete(kept.table).where(_at(kept, difference.key)))


def _write(session: Session, difference: Difference) -> None:
    kept, row = _of(difference), difference.row
    assert row is not None
    if difference.column:
        changed = {difference.column: row[difference.column]}
        session.execute(update(kept.table).where(_at(kept, difference.key)).values(changed))
    else:
        session.execute(insert(kept.table).values(dict(row)))


def _of(difference: Difference) -> Kept:
    assert difference.kept is not None
    return difference.kept


def _at(kept: Kept, key: Key) -> ColumnElement[bool]:
    return and_(*(kept.table.c[name] == value for name, value in zip(kept.key, key, strict=True)))
