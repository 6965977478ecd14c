"""A standby of the database from which reports are read: whether it can be reached, and how far it is behind."""

from __future__ import annotations

import math
import time

from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

ASK_AGAIN = 10.0  # seconds for which a replica that could not be reached is left alone
# What was received may all be replayed and still be old, if nothing comes from the primary any more.
BEHIND = text("""
    SELECT pg_is_in_recovery() AS is_standby,
        CASE WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
        ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END AS seconds
""")


class Replica:
    """``threads`` is how many pages may ask at a time."""

    def __init__(self, url: URL, threads: int) -> None:
        self.engine = create_engine(url, pool_size=threads, pool_pre_ping=True)
        self._ask_again_at = float("-inf")

    def session(self) -> tuple[Session, int | None] | None:
        """A session on it, and how many seconds it is behind the primary at most; None for those if nothing is replayed yet.

        None in place of both when it cannot be reached, or is no standby any more: then nobody keeps it up to date.
        """
        if time.monotonic() < self._ask_again_at:
            return None
        session = Session(self.engine)
        try:
            held = session.execute(BEHIND).one()
        except DBAPIError:
            held = None
        if held is None or not held.is_standby:
            session.invalidate()
            self._ask_again_at = time.monotonic() + ASK_AGAIN
            return None
        return session, None if held.seconds is None else max(0, math.ceil(held.seconds))
