"""Who changed what: accounts and roles, memberships, organisations, cohorts, scores, certificates and the published course.

Nothing here is kept for this page: each line is a row that is only ever added where the change was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, Select, String, func, literal, null, select, union_all
from sqlalchemy.orm import Session, aliased

from ..accounts.tables import Change, Person
from ..learning.tables import Certificate, CertificateNote, Regrade
from ..publishing.tables import Publication

NOTHING, NOBODY = literal(""), null().cast(Integer)


def changes(session: Session, *, offset: int, limit: int) -> Sequence[Any]:
    """The newest first, by one query: at, what, before, after, why.

    And the name and public id of who did it (`by_name`, `by_public_id`) and of whose it is (`whom_…`), if anybody.
    Each arm is cut in the order in which all are shown, or a line would stand on two pages and another on none.
    """
    reach = offset + limit
    line = union_all(*(select(arm.limit(reach).subquery()) for arm in _arms())).subquery("line")
    by, whom = aliased(Person), aliased(Person)
    query = (
        select(
            line,
            by.name.label("by_name"),
            by.public_id.label("by_public_id"),
            whom.name.label("whom_name"),
            whom.public_id.label("whom_public_id"),
        )
        .outerjoin_from(line, by, by.id == line.c.by_id)
        .outerjoin(whom, whom.id == line.c.person_id)
    )
    return session.execute(query.order_by(line.c.at.desc(), line.c.id.desc(), line.c.what).offset(offset).limit(limit)).all()


def _arms() -> list[Select[Any]]:
    note, regrade, item = CertificateNote, Regrade, Regrade.module + "/" + Regrade.item + ": " + Regrade.rule
    undone, published = (regrade.undone_at, regrade.undone_by_id), Publication
    revision = func.substr(published.digest, 1, 12)
    return [
        _arm(Change.id, Change.at, Change.by_id, Change.person_id, Change.what, Change.before, Change.after, Change.why),
        _arm(regrade.id, regrade.at, regrade.by_id, NOBODY, literal("regrade"), NOTHING, item, regrade.why),
        _arm(regrade.id, *undone, NOBODY, literal("regrade undone"), item, NOTHING, regrade.undone_why)
        .where(regrade.undone_at.is_not(None))
        .order_by(None)
        .order_by(regrade.undone_at.desc(), regrade.id.desc()),  # later ones may have been undone earlier
        _arm(note.id, note.at, note.by_id, Certificate.person_id, "certificate " + note.kind, NOTHING, NOTHING, note.text).join(
            Certificate, Certificate.id == note.certificate_id
        ),
        _arm(published.id, published.at, NOBODY, NOBODY, literal("published"), NOTHING, revision, published.by),
    ]  # fmt: skip


def _arm(number: Any, at: Any, by_id: Any, person_id: Any, what: Any, before: Any, after: Any, why: Any) -> Select[Any]:
    columns = (
        number.label("id"),
        at.label("at"),
        by_id.label("by_id"),
        person_id.label("person_id"),
        what.cast(String).label("what"),
        before.label("before"),
        after.label("after"),
        why.label("why"),
    )
    return select(*columns).order_by(number.desc())
