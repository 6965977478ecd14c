"""The one place that reads the time. Verbs take ``now`` as an argument; views and commands ask here."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The current time, aware and in UTC, cut to milliseconds so that both databases store the same value."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
