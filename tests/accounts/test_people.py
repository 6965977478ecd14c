"""Accounts that change at the same moment: one administrator stays, and no two wait for each other."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from course.accounts.tables import Person
from course.learning import facts, lessons
from course.publishing.revisions import live_digest, restore
from tests.rig.together import at_once
from tests.site import PASSWORD, Client, Site


@pytest.mark.parametrize("way", ["another role", "deleted"])
def test_of_administrators_who_leave_at_once_one_stays(site: Site, way: str) -> None:
    """Each saw that there was another one."""
    staff = ("erin", "alice", "bob", "dana")
    with site.session(write=True) as session:
        everybody = {who: session.get_one(Person, site.ids[who]) for who in staff}
        for person in everybody.values():
            person.role = "administrator"
        addresses = [f"/en/admin/people/{person.public_id}/role" for person in everybody.values()]
    browsers = [site.client(who) for who in staff]

    def leave(browser: Client, address: str) -> int:
        if way == "deleted":
            return browser.send("/en/account/delete", {"current_password": PASSWORD}).status_code
        return browser.send(address, {"role": "learner", "why": "Leaves"}).status_code

    codes = at_once(*(partial(leave, *each) for each in zip(browsers, addresses, strict=True)))
    assert sorted(codes) == ([303] * 3 + [422] if way == "deleted" else [303] * 3 + [400])
    with site.session() as session:
        left = select(func.count(Person.id)).where(Person.role == "administrator", Person.deactivated_at.is_(None))
        assert session.scalar(left) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_role_that_changes_and_its_learner_do_not_wait_for_each_other(site: Site) -> None:
    """Whoever learns holds their enrolment and names their account in each fact; a new role needs the account and then that."""
    erin, codes = site.client("erin"), list[int]()
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        module = course.modules[0]
        given: dict[str, Any] = {"person_id": site.ids["alice"], "course": course, "module": module, "seen": 0, "now": site.now}
        lessons.mark_done(session, lesson=module.lessons[0], **given)
        address = f"/en/admin/people/{session.get_one(Person, site.ids['alice']).public_id}/role"
    changing = threading.Thread(
        target=lambda: codes.append(erin.send(address, {"role": "author", "why": "Writes"}).status_code)
    )
    with site.session(write=True) as session:
        facts.lock(session, site.ids["alice"])
        changing.start()
        time.sleep(0.5)  # it has the account, and waits for what is held here
        lessons.mark_done(session, lesson=module.lessons[1], **given)
    changing.join()
    assert codes == [303]
    with site.session() as session:
        assert session.get_one(Person, site.ids["alice"]).role == "author"
