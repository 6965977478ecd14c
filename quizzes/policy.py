"""The rules of attempts: may one start, may the key be seen, is it passed, which attempt counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal

from .model import Counts, Quiz, Score


@dataclass(frozen=True, slots=True)
class Start:
    """Whether a new attempt may start; ``reason`` says in words why not, ``may_start_at`` when it may (None: now, or never)."""

    is_allowed: bool
    reason: str = ""
    code: Literal["", "no_attempts_left", "wait"] = ""
    may_start_at: datetime | None = None


def attempts_left(quiz: Quiz, used: int) -> int | None:
    """None where attempts have no limit. Never below 0, even if the limit was lowered later."""
    return max(0, quiz.attempts - used) if quiz.attempts else None


def may_start(quiz: Quiz, closed_at: Sequence[datetime], now: datetime) -> Start:
    """Whether an attempt may start after those closed at the given times; the caller goes on with an open one instead."""
    if attempts_left(quiz, len(closed_at)) == 0:
        return Start(False, "No attempt is left.", "no_attempts_left")
    if not (closed_at and quiz.wait_minutes):
        return Start(True)
    may_start_at = max(closed_at) + timedelta(minutes=quiz.wait_minutes)
    if now >= may_start_at:
        return Start(True)
    minutes = math.ceil((may_start_at - now) / timedelta(minutes=1))
    time = "1 minute" if minutes == 1 else f"{minutes} minutes"
    return Start(False, f"The next attempt may start in {time}.", "wait", may_start_at)


def closes_at(started_at: datetime, limit_minutes: int, extra_percent: int = 0) -> datetime | None:
    """When an attempt closes by itself; None without a limit. ``extra_percent`` is a person's extra time: 50 for half again."""
    if not limit_minutes:
        return None
    return started_at + timedelta(minutes=limit_minutes) * (100 + max(0, extra_percent)) / 100


def may_review(quiz: Quiz, *, is_closed: bool, has_passed: bool, attempts_left: int | None) -> bool:
    """Whether the key may be shown with an attempt. Never while it is open, whatever the quiz says."""
    if not is_closed or quiz.review == "never":
        return False
    if quiz.review == "after_pass":
        return has_passed
    return quiz.review == "after_attempt" or attempts_left == 0


def passed(score: Score, pass_mark_percent: int | Fraction) -> bool:
    """Compared exactly: 69.99 % does not reach 70."""
    return score.scaled * 100 >= pass_mark_percent


def counted(scores: Sequence[Fraction], rule: Counts) -> Fraction:
    """The scaled score that counts, from those of all closed attempts, oldest first; 0 where there is none."""
    if not scores:
        return Fraction(0)
    if rule == "average":
        return sum(scores, Fraction(0)) / len(scores)
    return {"best": max(scores), "last": scores[-1], "first": scores[0]}[rule]
