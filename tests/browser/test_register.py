"""Registering where there are more municipalities than a page offers: those of the country that is chosen are fetched."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from course import clock, config, create_app
from course.accounts import organisations
from course.extensions import current_session, intend, let_go
from course.web.accounts import MOST_OFFERED
from tests.browser.instance import served

OFFERED = "options => options.map(option => option.value)"


def test_the_municipalities_of_the_country_that_is_chosen(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    with served(tmp_path_factory.mktemp("register"), are_there_attempts=False) as instance:
        with create_app(config.load(instance.environ)).app_context():
            intend(to_write=True)
            for number in range(MOST_OFFERED):
                organisations.find_or_add_path(current_session(), ("Chile", f"Town {number:03}"), clock.now())
            current_session().commit()
            let_go()
        page = browser.new_page(base_url=instance.url)
        page.goto("/en/account/register")
        offered = page.locator("#municipalities option")
        expect(offered).to_have_count(0)
        for country, count in (("CL", MOST_OFFERED), ("TN", 1), ("IS", 0), ("CL", MOST_OFFERED), ("", 0), ("TN", 1)):
            page.get_by_label("Country").select_option(country)
            expect(offered).to_have_count(count)
        page.get_by_role("button", name="Register").click()
        expect(page.get_by_role("heading", name="Please look at this again")).to_be_visible()
        assert offered.evaluate_all(OFFERED) == ["Sfax"]  # they are there again in the form that came back
        page.close()
