"""Reports that come by mail: asked for on the page, queued once when they are due, and no longer when they may not be read."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from course.accounts.tables import Mail, Membership, Person
from course.extensions import engines
from course.publishing.revisions import live_digest, restore
from course.reports import subscriptions
from course.reports.tables import Subscription
from tests.learners import add_learner, learn
from tests.sheets import page_figures
from tests.site import Site

SITE = "https://learn.example.org"
MONDAY = datetime(2026, 3, 9, 6, tzinfo=UTC)


def queue(site: Site) -> int:
    with site.session(write=True) as session:
        course = restore(session, live_digest(session))
        return subscriptions.queue_due(session, course, SITE, site.now)


def outbox(site: Site) -> list[tuple[str, str, str]]:
    with site.session() as session:
        return [(one.recipient, one.subject, one.body) for one in session.scalars(select(Mail).order_by(Mail.id))]


@pytest.mark.parametrize(
    ("after", "every", "due"),
    [
        (datetime(2026, 3, 2, 9, tzinfo=UTC), "week", MONDAY),
        (datetime(2026, 3, 8, 23, 59, tzinfo=UTC), "week", MONDAY),
        (MONDAY, "week", datetime(2026, 3, 16, 6, tzinfo=UTC)),
        (datetime(2026, 12, 31, 9, tzinfo=UTC), "month", datetime(2027, 1, 1, 6, tzinfo=UTC)),
        (datetime(2026, 2, 1, 6, tzinfo=UTC), "month", datetime(2026, 3, 1, 6, tzinfo=UTC)),
    ],
)
def test_when_the_next_one_comes(after: datetime, every: str, due: datetime) -> None:
    assert subscriptions.next_at(after, every) == due


def test_a_report_comes_once_and_says_what_its_page_says(site: Site) -> None:
    learn(site, add_learner(site, "Lina X", ("Tunisia", "Sfax")), 1)
    carla, asked = site.client("carla"), "language=en&who=everyone"
    where = carla.page("/en/reports/completion")
    sent = carla.send(f"/en/reports/completion/mail?{asked}&since=2020-01-01", {"every": "week"})
    assert (sent.status_code, sent.location) == (303, f"/en/reports/completion?since=2020-01-01&{asked}&notice=by-mail")
    assert carla.send(f"/en/reports/completion/mail?{asked}", {"every": "week"}).status_code == 303
    page = carla.page("/en/reports/completion")
    assert page.count("All that you may see, all modules, en, learners and staff</a> every Monday, next on 9 March 2026") == 1
    assert queue(site) == 0
    site.now = MONDAY
    assert (queue(site), queue(site)) == (1, 0)
    [(to, subject, body)] = outbox(site)
    assert (to, subject.rpartition(": ")[2]) == ("carla@example.org", "completion on 2026-03-09")
    address = next(line for line in body.splitlines() if "as_of" in line)
    assert address == f"{SITE}/en/reports/completion?{asked}&as_of=2026-03-09T00%3A00%3A00"
    assert body.splitlines()[0] == "All that you may see, all modules, language en, learners and staff"
    figures = page_figures(site.client("carla").page(address.removeprefix(SITE)))["all"]
    told = dict(line.split(": ") for line in body.split("\n\n")[1].splitlines())
    assert {name: told[name] for name in ("Enrolled", "Started", "Passed", "Completed")} == {
        name: figures[name.lower()] for name in ("Enrolled", "Started", "Passed", "Completed")
    }
    assert "Lina" not in body
    assert where.count("Send every Monday") == 1


def test_it_is_of_the_beginning_of_its_day(site: Site) -> None:
    """What happens in the minute in which it is counted is in the next, so that its page never says anything else."""
    learn(site, "alice", 1)
    site.client("erin").send("/en/reports/completion/mail", {"every": "week"})
    site.now = MONDAY.replace(hour=0)
    learn(site, "bob", 1)
    site.now += timedelta(seconds=1)
    learn(site, add_learner(site, "Lina X", ("Tunisia", "Sfax")), 1)
    site.now = MONDAY
    assert queue(site) == 1
    body = outbox(site)[0][2]
    assert body.count("As of 2026-03-09 00:00:00 UTC") == 1
    assert body.count("Enrolled: 2\n") == 1
    address = next(line for line in body.splitlines() if "as_of" in line)
    assert page_figures(site.client("erin").page(address.removeprefix(SITE)))["all"]["enrolled"] == "2"


def test_nobody_waits_while_a_report_is_counted(site: Site) -> None:
    """It takes as long as there are learners."""
    learn(site, "alice", 1)
    site.client("erin").send("/en/reports/completion/mail", {"every": "week"})
    site.now = MONDAY
    written: list[bool] = []

    def write() -> None:
        with site.session(write=True) as session:
            session.execute(update(Person).where(Person.id == site.ids["bob"]).values(name="Bob"))

    def beside(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "module_states" in statement and not written:
            written.append(False)
            writer = threading.Thread(target=write)
            writer.start()
            writer.join(timeout=4)
            written[0] = not writer.is_alive()

    with site.app.app_context():
        for engine in engines():
            event.listen(engine, "before_cursor_execute", beside)
    assert (queue(site), written) == (1, [True])


def test_after_a_pause_one_comes_and_the_next_is_of_the_next_day(site: Site) -> None:
    site.client("erin").send("/en/reports/completion/mail", {"every": "week"})
    site.now = datetime(2026, 4, 1, 12, tzinfo=UTC)
    assert (queue(site), len(outbox(site))) == (1, 1)
    with site.session() as session:
        assert session.scalars(select(Subscription.next_at)).all() == [datetime(2026, 4, 6, 6, tzinfo=UTC)]


def test_who_manages_nothing_any_more_gets_no_more(site: Site) -> None:
    site.client("carla").send("/en/reports/completion/mail", {"every": "month"})
    with site.session(write=True) as session:
        session.execute(update(Membership).where(Membership.role == "manager").values(until_at=site.now))
        session.commit()
    site.now = datetime(2026, 4, 1, 6, tzinfo=UTC)
    assert queue(site) == 1
    [(to, subject, body)] = outbox(site)
    assert (to, subject.rpartition(": ")[2]) == ("carla@example.org", "a report by mail has ended")
    assert body == (
        "You asked for this report on the first of every month:\n\nAll that you may see, all modules\n\n"
        "You may no longer read it, so no more of it is sent. If you need it, ask the person who administers the course.\n"
    )
    with site.session() as session:
        assert session.scalars(select(Subscription.ended_at)).all() == [site.now]
    site.later(days=40)
    assert queue(site) == 0


def test_one_that_fails_holds_up_no_other(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    for who in ("carla", "erin"):
        site.client(who).send("/en/reports/completion/mail", {"every": "week"})
    with site.session(write=True) as session:
        session.execute(update(Subscription).where(Subscription.person_id == site.ids["carla"]).values(about="since=never"))
    site.now = MONDAY
    assert (queue(site), [to for to, _subject, _body in outbox(site)]) == (1, ["erin@example.org"])
    assert [record.message for record in caplog.records] == ["the report by mail 1 could not be made; it is tried again"]
    with site.session(write=True) as session:
        session.execute(update(Subscription).where(Subscription.person_id == site.ids["carla"]).values(about=""))
    assert (queue(site), [to for to, _subject, _body in outbox(site)]) == (1, ["erin@example.org", "carla@example.org"])


def test_it_is_stopped_by_its_owner_alone(site: Site) -> None:
    site.client("carla").send("/en/reports/completion/mail", {"every": "week"})
    with site.session() as session:
        name = session.scalars(select(Subscription.public_id)).one()
    stop = f"/en/reports/completion/mail/{name}/end"
    assert site.client("erin").send(stop).status_code == 404
    carla = site.client("carla")
    assert carla.send(stop).status_code == 303
    assert carla.send(stop).status_code == 404
    site.now = MONDAY
    assert queue(site) == 0


def test_what_the_page_does_not_offer_is_refused(site: Site) -> None:
    carla = site.client("carla")
    assert carla.send("/en/reports/completion/mail", {"every": "minute"}).status_code == 400
    assert carla.send("/en/reports/completion/mail?organisation=elsewhere", {"every": "week"}).status_code == 404
    assert carla.send(f"/en/reports/completion/mail?module={'x' * 2000}", {"every": "week"}).status_code == 404
    assert carla.send("/en/reports/completion/mail?language=en%20or", {"every": "week"}).status_code == 404
    assert site.client("alice").send("/en/reports/completion/mail", {"every": "week"}).status_code == 403


def test_an_organisation_that_is_not_shown_is_not_taken_for_everything() -> None:
    said = subscriptions.words("organisation=gone&who=staff", [], {})
    assert said == "An organisation that is not shown here, all modules, staff"
