"""Passwords: argon2id at OWASP's floor (19 MiB, 2 passes, 1 lane), NFKC once, checked by few threads at a time.

Length and blocklist follow NIST SP 800-63B-4: no composition rule, no rotation, at least 15 characters as the only factor.
"""

from __future__ import annotations

import os
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 15, 200
LONGEST_TYPED = 1000  # before letters and their marks become one
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_turns = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1)))
# Of nobody, so that an address without an account takes as long: made once, with the settings above, not at each start.
_nobody = "$argon2id$v=19$m=19456,t=2,p=1$krkCuq0v3G8CIB37cdb0kg$suns8t13L7la0wzcqMN5XXwJl4wcQ60nQ0h60zlNsCs"
_common = (
    "password",
    "passwort",
    "contraseña",
    "motdepasse",
    "qwertyuiop",
    "123456789",
    "abcdefghij",
    "letmein",
    "administrator",
)


def refusal(password: str, *, email: str = "", name: str = "") -> str:
    """Why a new password is refused, in words for the person; empty when it is fine."""
    plain = _normal(password)
    if len(plain) < SHORTEST:
        return f"Use at least {SHORTEST} characters. Four or five unrelated words are easy to remember and hard to guess."
    if len(plain) > LONGEST or len(password) > LONGEST_TYPED:
        return f"Use at most {LONGEST} characters."
    folded = plain.casefold().replace(" ", "")
    if len(set(folded)) < 5 or any(folded.replace(word, "").strip("0123456789!.-_") == "" for word in _common):
        return "This password is one of the first to be guessed. Choose other words."
    own = [part.casefold() for part in (email, email.split("@", maxsplit=1)[0], name.replace(" ", "")) if len(part) > 3]
    if any(len(folded.replace(part, "")) < 6 for part in own if part in folded):
        return "Do not build the password from your name or address."
    return ""


def hashed(password: str) -> str:
    with _turns:
        return _hasher.hash(_normal(password))


def is_right(password: str, stored: str | None) -> bool:
    """Takes as long for an unknown account (``stored`` None) as for a known one."""
    with _turns:
        try:
            matches: bool = _hasher.verify(stored or _nobody, _normal(password)[:LONGEST])
            return matches and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(stored: str) -> bool:
    return _hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password[:LONGEST_TYPED])
