"""Statements that many requests make: built and compiled once, then handed to the driver as they are.

On its way from a built statement to the driver SQLAlchemy looks up what it compiled, wraps cursor, result and rows, and tells
whoever listens. That costs 15 to 25 µs when nothing else runs, three times as much in a busy process; SQLite's own work is 3.
Here the text, the order of the values and what each type does to them are worked out once for a dialect. Nothing else changes:
the same statement, connection, transaction and errors.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Generic, NoReturn, TypeVar, cast

from sqlalchemy import Connection, Delete, Dialect, FromClause, Insert, Select, Table, Update, bindparam, insert, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

Row = TypeVar("Row")
Change = Callable[[Any], Any]
Built = Select[*tuple[Any, ...]] | Insert | Update | Delete


class Statement(Generic[Row]):
    """One statement with ``bindparam``s for all that differs from call to call; lists of any length are not for it.

    ``row`` is called with the columns of each row; without it rows are named tuples. All methods raise what SQLAlchemy raises.
    """

    def __init__(self, built: Built, row: Callable[..., Row] | None = None) -> None:
        self._built = built.inline() if isinstance(built, Insert) else built  # no RETURNING that nobody reads
        columns = dict(built.selected_columns) if isinstance(built, Select) else {}
        self._types: list[TypeEngine[Any]] = [column.type for column in columns.values()]
        self._row: Callable[..., Any] = row or namedtuple("Row", columns)
        self._compiled: dict[str, _Compiled] = {}

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[Row]:
        compiled, row = self._for(connection.dialect), self._row
        rows = send(connection, compiled.text, compiled.ordered(values)).fetchall()
        return [row(*compiled.read(held)) for held in rows]

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Row | None:
        """The first row, or None."""
        compiled = self._for(connection.dialect)
        held = send(connection, compiled.text, compiled.ordered(values)).fetchone()
        return None if held is None else self._row(*compiled.read(held))

    def scalar(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first column of the first row; None where there is no row."""
        compiled = self._for(connection.dialect)
        held = send(connection, compiled.text, compiled.ordered(values)).fetchone()
        return None if held is None else compiled.read(held)[0]

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """How many rows were written."""
        compiled = self._for(connection.dialect)
        return int(send(connection, compiled.text, compiled.ordered(values)).rowcount)

    def run_many(self, connection: Connection, many: Iterable[Mapping[str, Any]]) -> None:
        """Once for each of the values; nothing where there are none."""
        compiled = self._for(connection.dialect)
        ordered = [compiled.ordered(values) for values in many]
        if ordered:
            send(connection, compiled.text, ordered, many=True)

    def _for(self, dialect: Dialect) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _Compiled(self._built, self._types, dialect)
        return found


def send(connection: Connection, text: str, values: Any = (), *, many: bool = False) -> Any:
    """Has the driver execute a text in the words of the connection's dialect; returns its cursor. Raises as SQLAlchemy does."""
    cursor = connection.connection.cursor()
    tell(connection, cursor, text, values, many=many)
    try:
        (cursor.executemany if many else cursor.execute)(text, values)
    except connection.dialect.loaded_dbapi.Error as error:
        fail(connection, text, values, error)
    return cursor


def tell(connection: Connection, cursor: Any, text: str, values: Any, *, many: bool = False) -> None:
    """Tells whoever listens to what is sent, as SQLAlchemy does."""
    for listener in connection.engine.dispatch.before_cursor_execute:
        listener(connection, cursor, text, values, None, many)


def inserting(table: FromClause, *columns: str) -> Statement[Any]:
    """Adds a row with these columns, or with all; each is a value that is given."""
    return Statement(insert(cast(Table, table)).values({name: bindparam(name) for name in columns or table.c.keys()}))


def changing(table: FromClause) -> Update:
    """An update of the table of a declared class, of which SQLAlchemy says no more than that one can select from it."""
    return update(cast(Table, table))


class _Compiled:
    """A statement in the words of one dialect."""

    def __init__(self, built: Built, types: Sequence[TypeEngine[Any]], dialect: Dialect) -> None:
        compiled: Any = built.compile(dialect=dialect)
        if compiled.insert_prefetch or compiled.update_prefetch or compiled.post_compile_params:
            raise ValueError(f"a default made in Python, or a list of any length, in {compiled}")
        self.text: str = compiled.string
        self._fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        names: Sequence[str] = compiled.positiontup if compiled.positional else list(compiled.binds)
        self._names = None if compiled.positional else names
        kinds = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
        changed = [(at, kinds[name].bind_processor(dialect)) for at, name in enumerate(names)]
        self._bound: list[tuple[int, Change]] = [(at, change) for at, change in changed if change]
        self._take: Callable[[Mapping[str, Any]], tuple[Any, ...]] = _taking(names)
        found = [(at, kind.dialect_impl(dialect).result_processor(dialect, None)) for at, kind in enumerate(types)]
        self._changes: list[tuple[int, Change]] = [(at, change) for at, change in found if change]

    def ordered(self, given: Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:
        """The values as the driver takes them. Raises KeyError when one is missing."""
        if self._fixed:
            given = {**self._fixed, **given}
        values: Sequence[Any] = self._take(given)
        if self._bound:
            values = list(values)
            for at, change in self._bound:
                values[at] = change(values[at])
        return values if self._names is None else dict(zip(self._names, values, strict=True))

    def read(self, held: Sequence[Any]) -> Sequence[Any]:
        """A row with its values as their types have them."""
        if not self._changes:
            return held
        values = list(held)
        for at, change in self._changes:
            values[at] = change(values[at])
        return values


def _taking(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What takes the values of these names, in this order, out of a mapping."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda given: tuple(given[name] for name in names)


def fail(connection: Connection, text: str, values: Any, error: Exception) -> NoReturn:
    """Raises the error as SQLAlchemy's own; a connection that is gone is not used again, nor is any made before it went."""
    dialect = connection.dialect
    is_gone = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)  # type: ignore[arg-type]
    if is_gone:
        held: Any = connection.connection
        connection.engine.pool._invalidate(held, error)  # as SQLAlchemy itself does where it executes
        connection.invalidate(error)
    kind: Any = dialect.loaded_dbapi.Error
    raise DBAPIError.instance(
        text, values, error, kind, hide_parameters=True, connection_invalidated=is_gone, dialect=dialect
    ) from error
