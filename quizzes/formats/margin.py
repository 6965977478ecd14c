"""What a format cannot say of an item of ours, written beside it in a comment that other systems pass over.

A writer reads its own text back as anybody would; the margin is the difference to the item as it was, so that together they
are the item again. A patch is a mapping that leads to each difference: a list of one is what stands there, None takes it out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

MARK = "course:"
LONGEST = 64_000


class Misfit(Exception):
    """A margin that does not belong to the item it stands beside, which somebody has changed since."""


def difference(have: Any, want: Any) -> Any:
    """The patch that makes ``want`` of ``have``; empty where they are the same."""
    if have == want and type(have) is type(want):
        return {}
    if isinstance(have, dict) and isinstance(want, dict):
        gone: dict[str, Any] = {key: None for key in have if key not in want}
        new = {key: [value] for key, value in want.items() if key not in have}
        both = {key: patch for key in want if key in have and (patch := difference(have[key], want[key]))}
        return gone | new | both
    if isinstance(have, list) and isinstance(want, list) and len(have) == len(want):
        pairs = enumerate(zip(have, want, strict=True))
        return {str(n): patch for n, (old, new) in pairs if (patch := difference(old, new))}
    return [want]


def apply(have: Any, patch: Any) -> Any:
    """Raises Misfit where the patch leads nowhere."""
    if isinstance(patch, list) and len(patch) == 1:
        return patch[0]
    if not isinstance(patch, Mapping):
        raise Misfit
    if isinstance(have, list):
        places = {int(key): each for key, each in patch.items() if key.isascii() and key.isdigit() and int(key) < len(have)}
        if len(places) < len(patch):
            raise Misfit
        return [apply(value, places[n]) if n in places else value for n, value in enumerate(have)]
    if not isinstance(have, dict):
        raise Misfit
    changed = {key: apply(have.get(key), each) for key, each in patch.items() if each is not None}
    return {key: value for key, value in have.items() if key not in patch or key in changed} | changed


def write(patch: Any) -> str:
    """One line without `--`, which ends a comment of XML."""
    line = json.dumps(patch, ensure_ascii=False, separators=(",", ":"))
    return f"{MARK} {line.replace('--', '-' + chr(92) + 'u002d')}"


def read(text: str) -> Any:
    """The patch of a comment that begins with ``MARK``. Raises Misfit for one that cannot be read."""
    given = text.strip()
    if len(given) > LONGEST:
        raise Misfit
    try:
        return json.loads(given.removeprefix(MARK))
    except (ValueError, RecursionError):
        raise Misfit from None
