"""How often something that takes a secret may be tried: 10 times in 5 minutes for each account and each address."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from .secrets import digest
from .tables import Try

TRIES, WINDOW = 10, timedelta(minutes=5)
ADDRESS_TRIES = 60  # a whole city hall may sit behind one address


def seconds_to_wait(session: Session, *, scope: str, account: str, address: str, now: datetime) -> int:
    """Counts this try and returns 0, or the seconds until the next one is allowed. Own sign-ins are never ended by it."""
    waits = [
        _wait(session, f"{scope}:account:{digest(account)[:32]}", TRIES, now),
        _wait(session, f"{scope}:address:{digest(address)[:32]}", ADDRESS_TRIES, now),
    ]
    return max(waits)


def _wait(session: Session, bucket: str, limit: int, now: datetime) -> int:
    since = now - WINDOW
    count, first = session.execute(select(func.count(), func.min(Try.at)).where(Try.bucket == bucket, Try.at > since)).one()
    if count >= limit:
        return max(1, int((first + WINDOW - now).total_seconds()) + 1)
    session.execute(insert(Try).values(bucket=bucket, at=now))
    session.execute(delete(Try).where(Try.at <= now - 2 * WINDOW))
    return 0
