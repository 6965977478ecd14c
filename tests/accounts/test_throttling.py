"""How often a secret may be tried holds exactly, whoever tries at once, and nobody is shut out by somebody who may not try."""

from __future__ import annotations

from functools import partial

import pytest

from course.accounts import throttling
from tests.rig.together import at_once
from tests.site import Site


def tried(site: Site, account: str, address: str) -> int:
    with site.session(write=True) as session:
        return throttling.seconds_to_wait(session, scope="sign-in", account=account, address=address, now=site.now)


def test_of_many_at_once_no_more_get_through_than_of_one_after_the_other(site: Site) -> None:
    waits = at_once(*(partial(tried, site, "alice@example.org", f"203.0.113.{number}") for number in range(16)))
    assert sorted(waits) == [0] * 10 + [301] * 6


def test_of_many_accounts_at_once_from_one_address_no_more_get_through(site: Site) -> None:
    for number in range(throttling.ADDRESS_TRIES - 4):
        assert tried(site, f"{number}@example.org", "203.0.113.1") == 0
    waits = at_once(*(partial(tried, site, f"other{number}@example.org", "203.0.113.1") for number in range(16)))
    assert sorted(waits) == [0] * 4 + [301] * 12


def test_whoever_may_try_no_more_shuts_nobody_out(site: Site) -> None:
    """From one address each account there is could be kept from signing in, as long as somebody went on trying."""
    for number in range(throttling.ADDRESS_TRIES):
        tried(site, f"{number}@example.org", "203.0.113.1")
    assert [tried(site, "alice@example.org", "203.0.113.1") for _ in range(20)] == [301] * 20
    assert tried(site, "alice@example.org", "198.51.100.7") == 0


@pytest.mark.parametrize(
    ("addresses", "through"),
    [
        ([f"2001:db8:1:2::{number:x}" for number in range(61)], 60),  # one line has all of them
        ([f"2001:db8:1:{number:x}::1" for number in range(61)], 61),
        (["::ffff:203.0.113.1", "203.0.113.1"] * 31, 60),
        (["fe80::1%eth0", "fe80::2%eth0"] * 31, 60),
        (["not an address"] * 61, 60),
    ],
    ids=["one line", "many lines", "as of the older kind", "of a machine beside", "none"],
)
def test_what_counts_as_one_address(site: Site, addresses: list[str], through: int) -> None:
    waits = [tried(site, f"{number}@example.org", address) for number, address in enumerate(addresses)]
    assert waits.count(0) == through
