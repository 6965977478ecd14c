"""From what an author asks for to a regrade that can be made: which items there are, and whether the rule fits one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from quizzes import kinds
from quizzes.kinds import Calculated
from quizzes.model import Item, Quiz
from quizzes.written import response_of

from ..accounts.secrets import public_id
from ..content.model import Course, Module
from ..publishing.revisions import Live
from .grading import RULES, write_item
from .tables import Attempt, Regrade

LONGEST_WHY = 300


class Impossible(Exception):
    """What was asked for cannot be done; ``field`` says which of module, item, rule, response and why it is about."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def items_of(session: Session, live: Live, module: Module) -> dict[str, Item]:
    """Every graded item that the quiz has now or had in an attempt, by id: those of now first, each in its newest revision."""
    found = dict[str, Item]()
    newest = select(Attempt.revision).where(Attempt.module == module.slug).group_by(Attempt.revision)
    quizzes = [_source(module, live.last), *(_past(session, live, digest, module.slug) for digest in session.scalars(newest))]
    for quiz in filter(None, quizzes):
        for item in quiz.items:
            if kinds.of(item).IS_GRADED:
                found.setdefault(item.id, item)
    return found


def draft(
    session: Session,
    live: Live,
    course: Course,
    *,
    module: str,
    item: str,
    rule: str,
    response: str,
    why: str,
    by_id: int | None,
    now: datetime,
    name: str = "",
) -> Regrade:
    """A regrade that is not stored yet, to be planned with or added. Raises Impossible with the field and the way out."""
    the_module = course.module(module)
    if the_module is None or not the_module.quizzes:
        there = ", ".join(one.slug for one in course.modules if one.quizzes)
        raise Impossible("module", f"There is no module `{module}` with a quiz; there are {there}.")
    items = items_of(session, live, the_module)
    if item not in items:
        raise Impossible("item", f"The quiz has no graded item `{item}`; there are {', '.join(items)}.")
    if rule not in RULES:
        raise Impossible("rule", f"There is no rule `{rule}`; there are {', '.join(RULES)}.")
    reason = " ".join(why.split())
    if not reason:
        raise Impossible("why", "Write why: learners read it beside their new score.")
    if len(reason) > LONGEST_WHY:
        raise Impossible("why", f"Use at most {LONGEST_WHY} characters; these are {len(reason)}.")
    payload = _payload(course, the_module, items[item], rule, response)
    return Regrade(
        public_id=name or public_id(),
        module=module,
        item=item,
        rule=rule,
        payload=payload,
        why=reason,
        by_id=by_id,
        at=now,
        reached=0,
        seen=0,
        changed=0,
    )


def _payload(course: Course, module: Module, item: Item, rule: str, response: str) -> dict[str, Any]:
    if response and rule != "accept":
        raise Impossible("response", f"The rule `{rule}` takes no response: leave it out, or choose accept.")
    if rule == "new_key":
        return _new_key(course, module, item)
    if rule != "accept":
        return {}
    if isinstance(item, Calculated):
        raise Impossible("rule", f"`{item.id}` had other numbers in each attempt: use new_key or full_marks.")
    read, message = response_of(item, response)
    if message:
        raise Impossible("response", message)
    return {"response": read.as_json()}


def _new_key(course: Course, module: Module, item: Item) -> dict[str, Any]:
    """The item as it is published now, in every language, so that a result can be shown with it for ever."""
    held = {lang: {one.id: one for one in quiz.items}.get(item.id) for lang, quiz in module.quizzes.items()}
    source = held.get(course.languages[0])
    if source is None or source.kind != item.kind:
        raise Impossible("item", f"`{item.id}` is not in the published quiz: publish it with the new key first, or use drop.")
    items = {lang: write_item(one) for lang, one in held.items() if one is not None}
    return {"revision": course.digest, "language": course.languages[0], "items": items}


def _source(module: Module, course: Course | None) -> Quiz | None:
    return module.quizzes.get(course.languages[0]) if course else None


def _past(session: Session, live: Live, digest: str, slug: str) -> Quiz | None:
    course = live.revision(session, digest)
    module = course.module(slug)
    return _source(module, course) if module else None
