"""Categories of other systems → tags of ours."""

from __future__ import annotations

import re

from .ledger import Change

MOST_REMARKS = 200
_NONE = re.compile(r"(?:\$[a-z]+\$|top|default for .*|tag|imported|questions?)?", re.IGNORECASE)


def category_tag(path: str, place: str, remarks: list[Change] | None) -> str:
    """The last part of a category's path that says anything: `$course$/top/Shelter/Halls` is `Halls`; told in ``remarks``."""
    parts = [part.strip() for part in path[:1000].replace("//", "\0").split("/")]
    said = [part.replace("\0", "/") for part in parts if not _NONE.fullmatch(part)]
    if remarks is not None and len(remarks) < MOST_REMARKS:
        why = f"its items have the tag `{said[-1]}`" if said else "it says nothing about its items"
        remarks.append(Change(place, f"the category `{path.strip()[:120]}`", why))
    return said[-1] if said else ""
