"""Work that one process at a time does."""

from __future__ import annotations

from course.extensions import alone
from tests.site import Site


def test_whoever_comes_second_is_told_and_does_not_wait(site: Site) -> None:
    with site.app.app_context():
        with alone("keep") as first, alone("keep") as second:
            assert (first, second) == (True, False)
        with alone("keep") as afterwards:
            assert afterwards is True
