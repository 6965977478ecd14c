"""A module that is retired keeps the title that it last had, in the reader's language, wherever reports and records name it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from course.accounts.tables import Person
from course.publishing.revisions import last_of
from course.publishing.tables import Publication
from tests.courses import spanish_files, take_mobility_out, write_files
from tests.learners import learn
from tests.reports.test_items import RIGHT, edit, sit
from tests.reports.test_subscriptions import MONDAY, outbox, queue
from tests.sheets import page_figures
from tests.site import Site, counted_queries


@pytest.fixture
def retired(site: Site) -> Site:
    """Bob went through mobility, in a course of two languages; then it got a new title, and was retired two revisions ago."""
    write_files(site.folder, spanish_files())
    assert site.publish().problems == ()
    learn(site, "bob", 2)
    site.client("erin").send("/en/reports/completion/mail", {"every": "week"})
    edit(site, "mobility/module.yaml", "title: Mobility", "title: Streets and buses")
    site.later(days=1)
    take_mobility_out(site.folder)
    assert site.publish().is_new
    edit(site, "housing/module.yaml", "title: Housing", "title: A roof")
    return site


def test_reports_and_records_name_it_in_the_readers_language(retired: Site) -> None:
    with retired.session() as session:
        bob = session.get_one(Person, retired.ids["bob"]).public_id
    retired.client("erin").send("/en/reports/exports?report=completion&module=mobility", {"form": "csv"})
    for lang, title in (("en", "Streets and buses"), ("es", "Movilidad")):
        erin = retired.client("erin")
        line = re.findall(r'data-line="mobility"><th scope="row"><a [^>]+>([^<]+)<', erin.page(f"/{lang}/reports/completion"))
        assert line == [f"{title} (retired)"]
        asked = erin.page(f"/{lang}/reports/completion?module=mobility")
        assert asked.count(f'<option value="mobility" selected>{title} (retired)</option>') == 1
        assert asked.count(f'<p class="lead">All that you may see · {title}') == 1
        people = erin.page(f"/{lang}/reports/completion/people?module=mobility&state=started")
        assert people.count(f'<p class="lead">All that you may see · {title}') == 1
        record = erin.page(f"/{lang}/reports/people/{bob}")
        assert (record.count(f"Started the module {title}"), record.count("mobility")) == (1, 0)
        assert erin.page(f"/{lang}/reports/exports").count(f">Completion: All that you may see, {title}") == 1
        assert f" · {title}</p>" in erin.page(f"/{lang}/author/mobility/analysis")
        own = retired.client("bob").page(f"/{lang}/progress")
        assert (own.count(f"Started the module {title}"), own.count(">mobility<")) == (1, 0)


def test_a_mail_names_it(retired: Site) -> None:
    retired.now = MONDAY
    assert queue(retired) == 1
    [(_to, _subject, body)] = outbox(retired)
    lines = [line for line in body.splitlines() if ": started" in line]
    assert lines == ["A roof: started 1, passed 1, completed 1", "Streets and buses: started 1, passed 1, completed 1"]


def test_who_passed_it_goes_on_having_passed_a_module(site: Site) -> None:
    """Bob passed mobility alone; when it is retired one quiz is left, and one is what it takes to have passed all."""
    sit(site, site.ids["bob"], RIGHT)
    before = page_figures(site.client("erin").page("/en/reports/completion"))
    take_mobility_out(site.folder)
    assert site.publish().is_new
    html = site.client("erin").page("/en/reports/completion")
    after = page_figures(html)
    assert (before["all"]["passed"], before["mobility"]["passed"]) == ("0", "1")
    assert [after[line]["passed"] for line in ("all", "housing", "mobility")] == ["1", "0", "1"]
    assert html.count("A module that is retired counts for whoever passed it.") == 1


def test_a_moment_before_it_was_retired_has_the_title_of_then(retired: Site) -> None:
    html = retired.client("erin").page("/en/reports/completion?as_of=2026-03-02T09:01&module=mobility")
    assert html.count('<option value="mobility" selected>Mobility</option>') == 1


def test_it_is_looked_for_once_after_each_switch(retired: Site) -> None:
    for title in ("A door", "A key"):
        edit(retired, "housing/module.yaml", "title: ", f"title: {title} ")
        erin, revisions_read = retired.client("erin"), []
        for _ in range(2):
            with counted_queries(retired) as said:
                assert erin.page("/en/reports/completion").count("Streets and buses (retired)") == 1
            revisions_read.append(sum("FROM lesson_addresses" in one for one in said))
        assert revisions_read == [1, 0]


def test_a_module_is_found_as_it_last_was_live(retired: Site) -> None:
    with retired.session() as session:
        found = last_of(session, ["mobility", "housing", "never"])
        since = last_of(session, ["mobility", "housing"], session.scalars(select(func.max(Publication.id))).one())
    assert {slug: module.texts["en"].title for slug, module in found.items()} == {
        "mobility": "Streets and buses", "housing": "A roof",
    }  # fmt: skip
    assert list(since) == ["housing"]
