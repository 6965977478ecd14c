"""Progress: pure, whole percent, never above 100, never down for who has completed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from course.learning.progress import is_watched, percent, seconds_watched


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_percent_is_whole_and_100_only_for_all(done: int, total: int) -> None:
    shown = percent(min(done, total), total)
    assert 0 <= shown <= 100
    assert (shown == 100) == (total > 0 and done >= total)


def test_a_module_without_steps_has_nothing_done() -> None:
    assert percent(0, 0) == 0


@given(st.lists(st.integers(0, 59)))
def test_distinct_seconds_count_once(played: list[int]) -> None:
    bits = 0
    for second in played:
        bits |= 1 << second
    assert seconds_watched(bits) == len(set(played))
    assert is_watched(bits, 60) == (len(set(played)) >= 48)


def test_seeking_to_the_end_completes_nothing() -> None:
    assert not is_watched(1 << 59, 60)
    assert not is_watched(0, 0)
