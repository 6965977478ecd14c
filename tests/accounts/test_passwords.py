"""Passwords: what is refused and why, and how they are kept."""

from __future__ import annotations

import pytest

from course.accounts import passwords

GOOD = "correct horse battery staple"


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        (GOOD, ""),
        ("كلمات كثيرة بلا معنى", ""),
        ("fourteen chars", "Use at least 15 characters. Four or five unrelated words are easy to remember and hard to guess."),
        ("x" * 201, "Use at most 200 characters."),
        ("aaaaaaaaaaaaaaaaaaa", "This password is one of the first to be guessed. Choose other words."),
        ("Password1234567890", "This password is one of the first to be guessed. Choose other words."),
        ("alice@example.org1", "Do not build the password from your name or address."),
    ],
)
def test_refusal(password: str, refusal: str) -> None:
    assert passwords.refusal(password, email="alice@example.org", name="Alice Ben Salah") == refusal


def test_kept_as_argon2id_at_the_floor() -> None:
    stored = passwords.hashed(GOOD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.is_right(GOOD, stored)
    assert not passwords.is_right(GOOD + "x", stored)
    assert not passwords.needs_rehash(stored)


def test_an_unknown_account_is_hashed_like_any_other() -> None:
    """What is compared for it was made once; it must follow the settings, or the time would tell who has an account."""
    assert not passwords.needs_rehash(passwords._nobody)


def test_unknown_account_is_never_right() -> None:
    assert not passwords.is_right("no account has this password", None)


def test_same_characters_typed_on_another_keyboard() -> None:
    composed, apart = "Café de la gare du midi", "Cafe\u0301 de la gare du midi"
    assert passwords.is_right(apart, passwords.hashed(composed))
