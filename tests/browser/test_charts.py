"""The bars of a chart are as long as the figures beside them say, with every style that the page brings."""

from __future__ import annotations

import re

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
