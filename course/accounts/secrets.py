"""Random ids and tokens, and the digests under which tokens are kept."""

from __future__ import annotations

import hashlib
import secrets


def public_id() -> str:
    """128 random bits in 22 characters that are safe in an address; never a credential."""
    return secrets.token_urlsafe(16)


def token() -> str:
    """256 random bits. Whoever holds it is let in, so only its digest is stored."""
    return secrets.token_urlsafe(32)


def digest(of: str) -> str:
    return hashlib.sha256(of.encode()).hexdigest()
