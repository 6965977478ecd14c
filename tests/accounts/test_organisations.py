"""The tree: who stands below whom, after adding, renaming and moving."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from course.accounts import organisations
from course.accounts.tables import Organisation
from course.verifying.tree import differing_tree
from tests.site import START, Site


def add(session: Session, parent: int | None, kind: str, name: str) -> int:
    return organisations.find_or_add(session, parent_id=parent, kind=kind, name=name, now=START)


def test_the_same_name_is_the_same_place(site: Site) -> None:
    with site.session(write=True) as session:
        brazil = add(session, None, "country", "Brazil")
        assert add(session, brazil, "municipality", "São Paulo") == add(session, brazil, "municipality", "  sao  paulo ")
        assert add(session, None, "country", "BRAZIL") == brazil


def test_paths_are_in_reading_order(site: Site) -> None:
    with site.session() as session:
        assert [place.path for place in organisations.places(session)] == [
            ("Peru",),
            ("Peru", "Lima"),
            ("Tunisia",),
            ("Tunisia", "Sfax"),
            ("Tunisia", "Sfax", "Youth"),
        ]


def test_moving_takes_all_below_along(site: Site) -> None:
    with site.session(write=True) as session:
        network = add(session, None, "network", "Mediterranean cities")
        by_name = {place.name: place.id for place in organisations.places(session)}
        organisations.change(session, session.get_one(Organisation, by_name["Sfax"]), name="Sfax", parent_id=network, now=START)
        assert organisations.subtree(session, [network]) == {network, by_name["Sfax"], by_name["Youth"]}
        assert organisations.subtree(session, [by_name["Tunisia"]]) == {by_name["Tunisia"]}


def test_nothing_stands_below_itself(site: Site) -> None:
    with site.session(write=True) as session:
        by_name = {place.name: place.id for place in organisations.places(session)}
        with pytest.raises(organisations.WrongPlace, match=r"^An organisation cannot stand below itself\.$"):
            organisations.change(
                session,
                session.get_one(Organisation, by_name["Tunisia"]),
                name="Tunisia",
                parent_id=by_name["Youth"],
                now=START,
            )


def test_two_of_one_name_cannot_stand_side_by_side(site: Site) -> None:
    with site.session(write=True) as session:
        by_name = {place.name: place.id for place in organisations.places(session)}
        add(session, by_name["Tunisia"], "municipality", "Tunis")
        with pytest.raises(organisations.WrongPlace):
            organisations.change(
                session, session.get_one(Organisation, by_name["Sfax"]), name="TUNIS", parent_id=by_name["Tunisia"], now=START
            )


@pytest.mark.parametrize("is_moved_first", [True, False], ids=["moved, then added", "added, then moved"])
def test_what_is_added_below_a_place_that_moves_at_the_same_moment_moves_along(site: Site, is_moved_first: bool) -> None:
    """The network's cities stood below its new country, and a department that was being added below its old one."""
    with site.session(write=True) as session:
        by_name = {place.name: place.id for place in organisations.places(session)}
        network = add(session, by_name["Tunisia"], "network", "Cities of the coast")
        sfax = session.get_one(Organisation, by_name["Sfax"])
        organisations.change(session, sfax, name="Sfax", parent_id=network, now=START)

    def move(session: Session) -> None:
        organisation = session.get_one(Organisation, network)
        organisations.change(session, organisation, name=organisation.name, parent_id=by_name["Peru"], now=START)

    def grow(session: Session) -> None:
        add(session, by_name["Sfax"], "department", "Parks")

    def apart(act: Callable[[Session], None]) -> None:
        with site.session(write=True) as session:
            act(session)

    first, second = (move, grow) if is_moved_first else (grow, move)
    later = threading.Thread(target=apart, args=[second])
    with site.session(write=True) as session:
        first(session)
        later.start()
        time.sleep(0.3)  # it has what it can have without waiting
    later.join()
    with site.session() as session:
        assert list(differing_tree(session)) == []
        below = {place.name for place in organisations.places(session, [by_name["Peru"]])}
        assert below == {"Peru", "Lima", "Cities of the coast", "Sfax", "Youth", "Parks"}
