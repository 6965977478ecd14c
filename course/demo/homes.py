"""The organisations of synthetic learners: the municipalities of a few countries, or of all with their departments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..accounts import organisations
from ..accounts.names import name_key
from ..accounts.tables import Organisation
from ..content.model import Course
from .places import DEPARTMENTS, NETWORKS, Country, countries

LANGUAGES = {
    "arabic": "ar",
    "spanish": "es",
    "portuguese": "pt",
    "french": "fr",
    "western": "fr",
    "turkish": "tr",
    "italian": "it",
}


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody works, by its names from the country down, and whose names are given there."""

    id: int
    path: tuple[str, ...]
    region: str

    def language(self, course: Course) -> str:
        """What is spoken there where the course is in it, else the course's own."""
        return course.language_for(LANGUAGES.get(self.region, ""))


@dataclass(frozen=True, slots=True)
class Homes:
    """``sums`` are the weights added up: large places have more learners."""

    places: Sequence[Home]
    sums: Sequence[float]

    def some(self, chance: Random) -> list[Home]:
        """One home; two for every twenty-fifth."""
        found = chance.choices(self.places, cum_weights=self.sums, k=2 if chance.random() < 0.04 else 1)
        return list(dict.fromkeys(found))


def few(session: Session, seed: int, now: datetime) -> Homes:
    """40 municipalities in 12 countries, some of them in networks, and a few departments of some."""
    chosen = [country for country in countries() if country.few]
    return _homes(session, chosen, seed, now, lambda country: country.few, lambda _rank, chance: chance.choice((0, 0, 2, 3)))


def everywhere(session: Session, seed: int, now: datetime) -> Homes:
    """600 municipalities in 40 countries, with four departments each on average."""
    return _homes(
        session, countries(), seed, now, lambda country: len(country.municipalities), lambda rank, _chance: 6 - rank // 5 * 2
    )


def _homes(
    session: Session,
    chosen: Sequence[Country],
    seed: int,
    now: datetime,
    how_many: Callable[[Country], int],
    departments: Callable[[int, Random], int],
) -> Homes:
    found: dict[Home, float] = {}
    rows = session.execute(select(Organisation.parent_id, Organisation.name_key, Organisation.id))
    known = {(row.parent_id, row.name_key): row.id for row in rows}  # asked once, not for each of thousands

    def place(parent: int | None, kind: str, name: str) -> int:
        there = known.get((parent, name_key(name)))
        return there or organisations.find_or_add(session, parent_id=parent, kind=kind, name=name, now=now)

    for country in chosen:
        weight = Random(f"{seed}:{country.name}").lognormvariate(0, 0.6)
        above = place(None, "country", country.name)
        network, members = NETWORKS.get(country.name, ("", ()))
        joint = place(above, "network", network) if network else above
        for rank, city in enumerate(country.municipalities[: how_many(country)]):
            chance = Random(f"{seed}:{country.name}:{city}")
            offices = chance.sample(DEPARTMENTS, k=len(DEPARTMENTS))[: departments(rank, chance)]
            is_joint = city in members and (above, name_key(city)) not in known  # as an older run left it
            hall = place(joint if is_joint else above, "municipality", city)
            path = (country.name, network, city) if is_joint else (country.name, city)
            share = weight / (rank + 1) ** 0.7
            found[Home(hall, path, country.region)] = share
            for office in offices:
                found[Home(place(hall, "department", office), (*path, office), country.region)] = share / len(offices)
    return Homes(tuple(found), tuple(accumulate(found.values())))
