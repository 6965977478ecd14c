"""What the program has already, as rows that a query joins: one parameter, however many there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, Integer, Select, cast, func, literal, select
from sqlalchemy.orm import Session


def rows(session: Session, values: Iterable[tuple[int, ...]], *names: str) -> Select[Any]:
    """Selects the values under these names. PostgreSQL expects a hundred of them, where it cannot know how many there are."""
    if session.get_bind().dialect.name == "sqlite":
        each, of, at = func.json_each, func.json_extract, "$[{}]"
    else:
        each, of, at = func.json_array_elements, func.json_extract_path_text, "{}"
    row = each(literal([list(one) for one in values], JSON())).table_valued("value")
    columns = [cast(of(row.c.value, at.format(number)), Integer).label(name) for number, name in enumerate(names)]
    found: Any = select(*columns)
    return found  # type: ignore[no-any-return]  # SQLAlchemy types what is selected by its place, of which a list has none


def texts(session: Session, values: Iterable[str]) -> Select[str]:
    """Selects these texts."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    each = func.json_each if is_sqlite else func.json_array_elements_text
    return select(each(literal([*values], JSON())).table_valued("value").c.value)
