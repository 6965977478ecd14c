"""What a run found, as a short table: what, how many, and whether that is as it must be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

from tests.stress.ledger import Notes, compare
from tests.stress.place import Place

SHOWN = 10  # breaches that are printed


@dataclass
class Table:
    title: str
    lines: list[tuple[str, str, bool | None]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def add(self, what: str, number: object, ok: bool | None = None) -> None:
        """``ok`` None is a figure without a bound."""
        self.lines.append((what, f"{number:,}" if isinstance(number, int) else str(number), ok))

    def none_of(self, what: str, found: list[str]) -> None:
        """What must not be at all; the first of them are printed."""
        self.add(what, len(found), not found)
        self.said += found[:SHOWN]

    def at_least(self, what: str, number: int, least: int) -> None:
        self.add(what, f"{number:,} (at least {least:,})", number >= least)

    def tell(self) -> bool:
        """Prints it; True when all is well."""
        print(f"\n{self.title}")
        width = max(len(what) for what, _, _ in self.lines)
        for what, number, ok in self.lines:
            print(f"  {what:<{width}}  {number:>24}  {'' if ok is None else 'ok' if ok else 'WRONG'}")
        for line in self.said:
            print(f"    {line}")
        return all(ok is not False for _, _, ok in self.lines)


class Told(Protocol):
    """Whoever was at work: what they noted, and what was answered as it should not be."""

    @property
    def ledger(self) -> list[Notes]: ...

    @property
    def wrong(self) -> list[str]: ...


def judge(table: Table, place: Place, crowd: Told) -> None:
    """The end of every run: the ledger against the database, answers that should not be, and `course verify`."""
    table.none_of("acknowledged and lost, or stored twice", compare(place.database_url, crowd.ledger))
    table.none_of("answers that are neither done nor 'not saved'", sorted(set(crowd.wrong)))
    table.none_of("unexpected errors in the server's log", _errors(place))
    number, said = place.differences()
    table.none_of("differences found by `course verify`", [] if number == 0 else said.splitlines())


def _errors(place: Place) -> list[str]:
    """Of pages alone: what a worker says that is killed while it starts is none. By what was raised, each once."""
    told = re.split(
        r"^unexpected error at \S+$|: no page of the application's own$",
        place.log.read_text(encoding="utf-8", errors="replace"),
        flags=re.MULTILINE,
    )[1:]
    raised = [re.search(r"^[\w.]+: .*$", one, re.MULTILINE) for one in told]
    return sorted({found.group() if found else "something" for found in raised})
