"""Taking a quiz: the rules first, then item by item, a look over everything, and the result. All of it works as plain forms."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

import quizzes
from quizzes import kinds
from quizzes.model import Item, ItemView, Quiz, Response
from quizzes.written import line_of

from .. import clock
from ..accounts.tables import Person
from ..content.model import Module
from ..extensions import current_session
from ..learning import attempts, grading, history, record
from ..learning.record import AttemptRecord, ModuleRecord
from . import due, paging, published, visitor
from .application import asked
from .errors import is_script
from .guard import anyone, brief, signed_in
from .modules import find_module, quiz_in_language

bp = Blueprint("quiz", __name__)


@dataclass(frozen=True)
class Sitting:
    """One attempt as the page sees it: the quiz it began with, in the order drawn for it, and what was given so far."""

    attempt: AttemptRecord
    module: Module
    quiz: Quiz
    now: datetime

    @cached_property
    def responses(self) -> dict[str, Response]:
        return attempts.responses(current_session(), self.attempt.id)

    @property
    def time_left(self) -> str:
        """How long the attempt stays open, in words; empty without a time limit."""
        closes_at = self.attempt.closes_at
        return left_in_words(closes_at - self.now) if closes_at else ""

    @property
    def is_timed_out(self) -> bool:
        """Whether it was closed by its time, not by the learner."""
        closes_at, closed_at = self.attempt.closes_at, self.attempt.closed_at
        return closes_at is not None and closed_at is not None and closed_at >= closes_at

    @cached_property
    def items(self) -> tuple[ItemView, ...]:
        return quizzes.draw(self.quiz, self.attempt.seed)

    @cached_property
    def figures(self) -> dict[str, str]:
        """Item → address of its figure, looked up in the attempt's own revision, so that an old attempt keeps its picture."""
        if not any(item.figure for item in self.items):
            return {}
        course = published.live().revision(current_session(), self.attempt.revision)
        addresses = {asset.path: asset.address for asset in course.assets}
        return {item.id: addresses.get(f"{self.attempt.module}/{item.figure}", "") for item in self.items if item.figure}

    @cached_property
    def untranslated(self) -> frozenset[str]:
        """The items whose prompts are shown in the course's first language, since there is none in the page's yet."""
        source, shown = published.course().languages[0], quiz_in_language(self.module)
        if shown is None or source == published.language() or source not in self.module.quizzes:
            return frozenset()
        prompts = {item.id: item.prompt for item in self.module.quizzes[source].items}
        return frozenset(item.id for item in shown.items if item.prompt == prompts[item.id])

    @property
    def responded(self) -> int:
        return sum(1 for item in self.items if not self.given(item.id).is_blank)

    def given(self, item_id: str) -> Response:
        return self.responses.get(item_id, Response())


@bp.get("/<lang>/modules/<module>/quiz")
@anyone
def start(module: str) -> str:
    """The rules before anything is counted: items, points, pass mark, attempts left, and what was reached so far."""
    the_module = find_module(module)
    quiz = quiz_in_language(the_module)
    if quiz is None:
        abort(404)
    session, who = current_session(), visitor.viewer()
    if who:
        due.close(who.id)
    held = attempts.standing(session, who.id, the_module.slug) if who else None
    closed = held.closed if held else ()
    here = paging.turn(len(closed), paging.SHORT)
    extra = session.get_one(Person, who.id).extra_time_percent if who and quiz.time_limit_minutes else 0
    return render_template(
        "quiz/start.html",
        module=the_module,
        quiz=quiz,
        standing=held,
        shown=here.of(closed[::-1]),
        here=here,
        counted=state.score if (state := _state(the_module.slug)) else None,
        allowed=quizzes.may_start(quiz, [attempt.closed_at for attempt in closed if attempt.closed_at], clock.now()),
        score_of=attempts.score_of,
        extra=extra,
        own_minutes=math.floor(quiz.time_limit_minutes * (100 + extra) / 100),
    )


@bp.post("/<lang>/modules/<module>/quiz")
@signed_in
@brief
def begin(module: str) -> Answer:
    the_module = find_module(module)
    if not the_module.quizzes:
        abort(404)
    session, who = current_session(), visitor.signed_in()
    due.close(who.id)
    try:
        attempt = attempts.start(session, person_id=who.id, course=published.course(), module=the_module, now=clock.now())
    except attempts.NotAllowed:
        session.rollback()
        return redirect(url_for("quiz.start", module=module), 303)  # the page says why, and what is left
    address = url_for("quiz.item", attempt=attempt.public_id, number=_first_open(_sitting(attempt.public_id)))
    session.commit()
    return redirect(address, 303)


@bp.get("/<lang>/attempts/<attempt>/")
@signed_in
def resume(attempt: str) -> Answer:
    """Where this attempt goes on: the first item without a response, the look over everything, or the result."""
    sitting = _sitting(attempt)
    if sitting.attempt.closed_at:
        return redirect(url_for("quiz.result", attempt=attempt))
    return redirect(url_for("quiz.item", attempt=attempt, number=_first_open(sitting)))


@bp.get("/<lang>/attempts/<attempt>/<int:number>")
@signed_in
def item(attempt: str, number: int) -> str | Answer:
    sitting = _sitting(attempt)
    if sitting.attempt.closed_at:
        return redirect(url_for("quiz.result", attempt=attempt))
    if not 1 <= number <= len(sitting.items):
        abort(404)
    return _item_page(sitting, number)


def _item_page(sitting: Sitting, number: int, errors: dict[str, str] | None = None, given: Response | None = None) -> str:
    view = sitting.items[number - 1]
    return render_template(
        "quiz/item.html",
        sitting=sitting,
        number=number,
        item=view,
        given=given or sitting.given(view.id),
        errors=errors or {},
        understood=quizzes.understood(sitting.quiz.item(view.id), given or sitting.given(view.id), published.language()),
    )


@bp.post("/<lang>/attempts/<attempt>/")
@signed_in
@brief
def save(attempt: str) -> str | Answer | tuple[str, int] | dict[str, object] | tuple[dict[str, object], int]:
    """Keeps what the page holds, then goes where the button says: ``then`` is an item's number, ``check`` or ``close``.

    A page of an attempt that was closed meanwhile changes nothing and leads to the result.
    """
    sitting = _sitting(attempt)
    if sitting.attempt.closed_at:
        return _was_closed(sitting)
    given, errors = _collected(sitting)
    session, sent = current_session(), asked().form
    hinted = sent.get("hint", "")
    then = sent.get("then", "check")
    if hinted:
        then = next((str(n) for n, view in enumerate(sitting.items, 1) if view.id == hinted), then)
    if then == "close" and not errors:
        return _close(sitting, given)
    attempts.save(session, sitting.attempt, given, sitting.now)
    held = attempts.responses(session, sitting.attempt.id)  # before the turn to write is given on
    session.commit()
    if is_script():
        return {
            "saved": True,
            "responded": sum(1 for r in held.values() if not r.is_blank),
            "errors": errors,
            "understood": _understood(sitting, given),
        }
    if errors:
        number = next(n for n, view in enumerate(sitting.items, 1) if view.id in errors)
        return _item_page(_sitting(attempt), number, errors, _as_typed(sitting.items[number - 1], given)), 422
    if then.isdigit() and 1 <= int(then) <= len(sitting.items):
        return redirect(url_for("quiz.item", attempt=attempt, number=int(then)), 303)
    return redirect(url_for("quiz.check", attempt=attempt), 303)


@bp.get("/<lang>/attempts/<attempt>/check")
@signed_in
def check(attempt: str) -> str | Answer:
    """Everything at a glance before the attempt is closed: what is given, what is still open."""
    sitting = _sitting(attempt)
    if sitting.attempt.closed_at:
        return redirect(url_for("quiz.result", attempt=attempt))
    return render_template("quiz/check.html", sitting=sitting)


@bp.get("/<lang>/attempts/<attempt>/result")
@signed_in
def result(attempt: str) -> str | Answer:
    """A closed attempt, on the quiz it was taken with, for ever; with the key only if the review rule allows it."""
    sitting = _sitting(attempt)
    if not sitting.attempt.closed_at:
        return redirect(url_for("quiz.resume", attempt=attempt))
    session, who = current_session(), visitor.signed_in()
    today = published.course().module(sitting.module.slug)
    held = attempts.standing(session, who.id, sitting.module.slug)
    rules = (quiz_in_language(today) if today else None) or sitting.quiz  # how many attempts there are, is today's matter
    left = quizzes.attempts_left(rules, len(held.attempts))
    may_review = quizzes.may_review(
        sitting.quiz,
        is_closed=True,
        has_passed=any(a.is_passed for a in held.closed),
        attempts_left=quizzes.attempts_left(rules, len(held.closed)),  # an open attempt is one that is left
    )
    state = _state(sitting.module.slug)
    outcome = attempts.outcome_of(session, sitting.attempt, sitting.quiz, published.language())
    return render_template(
        "quiz/result.html",
        sitting=sitting,
        outcome=outcome,
        score=attempts.score_of(sitting.attempt),
        may_review=may_review,
        outcomes={item.item_id: item for item in outcome.items},
        attempts_left=left,
        standing=held,
        lesson_of=lambda lesson_id: today.lesson_by_id(lesson_id) if today and lesson_id else None,
        counted=state.score if state else None,
        is_through=state is not None and state.passed_at is not None,
        regrades=history.regrades(session, who.id, attempt_id=sitting.attempt.id),
        **_authored(sitting, may_review),
    )


def _authored(sitting: Sitting, may_review: bool) -> dict[str, Any]:
    """What the author says about each item; under a regrade with a new key, what was said with it."""
    authored: dict[str, Item] = {view.id: sitting.quiz.item(view.id) for view in sitting.items}
    accepted: dict[str, list[str]] = {}
    for ruling in grading.rulings(current_session(), sitting.attempt.module, published.language()):
        rule = ruling.rule
        if rule.item_id not in authored or not ruling.holds_for(sitting.attempt):
            continue
        if rule.item is not None and rule.item.kind == authored[rule.item_id].kind:
            authored[rule.item_id] = kinds.of(rule.item).instance(sitting.attempt.seed)
        if rule.action == "accept":
            accepted.setdefault(rule.item_id, []).append(_in_words(authored[rule.item_id], rule.response))
    keys = {name: quizzes.describe_key(item) for name, item in authored.items()} if may_review else {}
    return {"authored": authored, "keys": keys, "accepted": accepted if may_review else {}}


def _in_words(item: Item, response: Response) -> str:
    """A response with the words of its choices, which are HTML; what is typed is plain text."""
    words = {choice.id: choice.text for choice in kinds.of(item).choices}
    known = [words[choice] for choice in response.choices if choice in words]
    return Markup(", ".join(known)) if known else line_of(item, response)  # noqa: S704  the course's own texts, cleaned when loaded


def _state(module: str) -> ModuleRecord | None:
    """The viewer's in this module, with the score that counts as the reports and *My progress* have it."""
    who = visitor.viewer()
    return record.read_module(current_session().connection(), who.id, module).modules.get(module) if who else None


def left_in_words(left: timedelta) -> str:
    """Whole minutes, rounded down, so that nobody is promised more than there is; seconds in the last minute."""
    seconds = max(0, math.floor(left.total_seconds()))
    if seconds < 60:
        return f"{seconds} {'second' if seconds == 1 else 'seconds'}"
    return f"{seconds // 60} {'minute' if seconds // 60 == 1 else 'minutes'}"


def _sitting(public_id: str) -> Sitting:
    """The viewer's own attempt, closed if its time is over; anybody else's is as unknown as one there is not (404)."""
    session, who, now = current_session(), visitor.signed_in(), clock.now()
    to_write = request.method == "POST"
    if to_write:
        due.close(who.id)  # of other quizzes too, whose time was over before what follows
    attempt = attempts.find(session, public_id, who.id, to_write=to_write)
    if attempt is not None and attempt.closed_at is None and attempts.is_over(attempt, now):
        due.close(who.id)
        attempt = attempts.find(session, public_id, who.id, to_write=to_write)
    if attempt is None:
        abort(404)
    module = published.live().module_of(session, attempt.revision, attempt.module)
    quiz = quiz_in_language(module)
    assert quiz is not None  # the one that the attempt began with
    return Sitting(attempt, module, quizzes.instance(quiz, attempt.seed), now)


def _collected(sitting: Sitting) -> tuple[dict[str, Response], dict[str, str]]:
    """What the form holds for each item it names in ``item``; a message for each that cannot be read as meant."""
    sent = asked().form
    fields = {name: sent.getlist(name) for name in sent}
    known = {item.id for item in sitting.quiz.items}
    given: dict[str, Response] = {}
    errors: dict[str, str] = {}
    for item_id in dict.fromkeys(fields.get("item", ())):
        if item_id not in known:
            continue
        response, error = quizzes.collect(sitting.quiz.item(item_id), fields, published.language())
        taken = _seen_hints() + 1 if sent.get("hint") == item_id else 0  # a replay takes the same one again
        given[item_id] = replace(response, hints=min(taken, len(sitting.quiz.item(item_id).hints)))
        if error:
            errors[item_id] = error
    return given, errors


def _as_typed(item: ItemView, given: dict[str, Response]) -> Response:
    """What comes back with an error. Of a text that is too long the end is not kept, but it is the learner's to shorten."""
    is_text = item.kind == "reflection"
    return replace(given[item.id], text=asked().form.get(f"r.{item.id}", "")) if is_text else given[item.id]


def _understood(sitting: Sitting, given: dict[str, Response]) -> dict[str, str]:
    lang = published.language()
    return {item_id: quizzes.understood(sitting.quiz.item(item_id), response, lang) for item_id, response in given.items()}


def _seen_hints() -> int:
    """How many hints the page showed whose button was pressed."""
    text = request.form.get("hints", "")
    return int(text) if text.isdigit() and len(text) < 4 else 0


def _close(sitting: Sitting, given: dict[str, Response]) -> Answer:
    session = current_session()
    source = published.course().languages[0]
    drawn = sitting.quiz if published.language() == source else sitting.module.quizzes.get(source, sitting.quiz)
    attempts.close(session, sitting.attempt, quiz=drawn, course=published.course(), now=sitting.now, given=given)
    session.commit()
    return redirect(f"{request.path}result", 303)  # which lies below the attempt


def _was_closed(sitting: Sitting) -> Answer | tuple[dict[str, object], int]:
    if is_script():
        return {"saved": False, "because": "closed"}, 409
    notice = "time-over" if sitting.is_timed_out else "quiz-closed"
    return redirect(url_for("quiz.result", attempt=sitting.attempt.public_id, notice=notice), 303)


def _first_open(sitting: Sitting) -> int:
    return next((n for n, view in enumerate(sitting.items, 1) if sitting.given(view.id).is_blank), 1)
