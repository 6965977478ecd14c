"""What reports look like: bars as long as the figures beside them say, and tables that fit on paper."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import Opener
from tests.browser.instance import Instance

BARS = """charts => charts.map(chart => [...chart.querySelectorAll('rect.taken, rect.key')].map(
    bar => getComputedStyle(bar).inlineSize))"""
SHARES = """tables => tables.map(table => [...table.querySelectorAll('[data-value]')].map(one => one.dataset.value))"""


def test_bars_of_the_item_analysis(opened: Opener, instance: Instance) -> None:
    with opened("erin") as page:
        page.goto(instance.address("/en/author/water/analysis"))
        bars = page.eval_on_selector_all(".item-figures svg.chart", BARS)
        shares = page.eval_on_selector_all(".item-figures table", SHARES)
        keys = page.locator("svg.chart rect.key").count()
    drawn = [[float(re.sub("px$", "", bar)) for bar in chart] for chart in bars]
    assert drawn == [[round(float(share) * 2.2, 1) for share in table if float(share)] for table in shares]
    assert keys > 1


@pytest.mark.parametrize("path", ["/en/reports/completion", "/en/reports/completion/people?module=housing&state=started"])
def test_a_report_fits_on_paper(path: str, opened: Opener, instance: Instance) -> None:
    """A4 with the margins of the browser is 718 pixels wide."""
    with opened("erin", width=718) as page:
        page.emulate_media(media="print")
        page.goto(instance.address(path))
        ends = page.eval_on_selector_all("main table", "tables => tables.map(one => one.getBoundingClientRect().right)")
    assert [end for end in ends if end > 718] == []
    assert ends


@pytest.mark.parametrize(
    ("path", "name"), [("/en/reports/people/{}", ".facts dd"), ("/en/reports/completion", ".report tbody th")]
)
def test_a_long_word_in_a_name_pushes_nothing_out_of_sight(path: str, name: str, opened: Opener, instance: Instance) -> None:
    """Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch is a municipality."""
    with opened("erin", width=1280 if "completion" in path else 320) as page:
        page.goto(instance.address("/en/reports/completion/people"))
        person = page.locator("tbody th a").first.get_attribute("href") or ""
        page.goto(instance.address(path.format(person.rpartition("/")[2])))
        page.eval_on_selector(name, "one => one.textContent = 'Llanfair'.repeat(20)")
        wide = page.evaluate("document.documentElement.clientWidth")
        ends = page.eval_on_selector_all(
            f"{name}, main table.report", "all => all.map(one => one.getBoundingClientRect().right)"
        )
    assert [end for end in ends if end > wide] == []
    assert ends
