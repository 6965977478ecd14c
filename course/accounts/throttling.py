"""How often something that takes a secret may be tried in 5 minutes: 10 times for each account, 60 times from each address."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from ..database.alone import one_by_one
from .secrets import digest
from .tables import Try

TRIES, WINDOW = 10, timedelta(minutes=5)
ADDRESS_TRIES = 60  # a whole city hall may sit behind one address


def seconds_to_wait(session: Session, *, scope: str, account: str, address: str, now: datetime) -> int:
    """Counts this try and returns 0, or the seconds until the next one is allowed. Own sign-ins are never ended by it.

    Whoever may not try from their address is not counted for the account: they would keep its owner out. The caller commits
    soon, since others who try the same account, or from the same address, wait until then.
    """
    by_account, by_address = f"{scope}:account:{digest(account)[:32]}", f"{scope}:address:{digest(_line(address))[:32]}"
    one_by_one(session.connection(), by_account, by_address)
    session.execute(delete(Try).where(Try.at <= now - 2 * WINDOW))
    return _wait(session, by_address, ADDRESS_TRIES, now) or _wait(session, by_account, TRIES, now)


def _line(address: str) -> str:
    """What an address is counted as: of IPv6 whoever has one line has 64 bits of addresses."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))


def _wait(session: Session, bucket: str, limit: int, now: datetime) -> int:
    since = now - WINDOW
    count, first = session.execute(select(func.count(), func.min(Try.at)).where(Try.bucket == bucket, Try.at > since)).one()
    if count >= limit:
        return max(1, int((first + WINDOW - now).total_seconds()) + 1)
    session.execute(insert(Try).values(bucket=bucket, at=now))
    return 0
