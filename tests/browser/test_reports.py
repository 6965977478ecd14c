"""What reports look like: bars as long as the figures beside them say, and tables that fit on paper."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import Opener
from tests.browser.instance import Instance
from tests.browser.pages import LONG_NAMES

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


PAPERS = [
    "reports/completion",
    "reports/completion/people?module=housing&state=started",
    "reports/people/{alice}",
    "reports/cohorts/{cohort}",
    "admin/people",
    "admin/people/{carla}",
    "admin/changes",
]


@pytest.mark.parametrize("has_long_names", [False, True], ids=["", "long names"])
@pytest.mark.parametrize("path", PAPERS)
def test_a_report_fits_on_paper(path: str, has_long_names: bool, opened: Opener, instance: Instance) -> None:
    """A4 with the margins of the browser is 718 pixels wide. Nobody types into paper, and a name needs room for its words."""
    with opened("erin", width=718) as page:
        page.emulate_media(media="print")
        page.goto(instance.address(f"/en/{path}"))
        assert not has_long_names or page.evaluate(LONG_NAMES) > 0
        ends = page.eval_on_selector_all("main table", "tables => tables.map(one => one.getBoundingClientRect().right)")
        names = page.eval_on_selector_all("tbody tr > :first-child", "all => all.map(one => one.offsetWidth)")
        assert page.locator("input, select, textarea, button").locator("visible=true").count() == 0
    assert [end for end in ends if end > 718] == []
    assert ends
    assert [name for name in names if name < 60] == []


@pytest.mark.parametrize(
    ("path", "headings"),
    [
        ("reports/cohorts", ["Cohorts", "Open"]),
        ("reports/cohorts/{cohort}", ["Intake of March", "1 person now"]),
        ("admin/organisations?place=sfax&words=sfax", ["Organisations", "2 organisations"]),
        ("admin/people/{alice}?place=sfax", ["Alice Ben Salah", "Organisations", "Changes"]),
    ],
)
def test_on_paper_no_heading_stands_over_a_form_that_is_not_there(
    path: str, headings: list[str], opened: Opener, instance: Instance
) -> None:
    with opened("erin", width=718) as page:
        page.emulate_media(media="print")
        page.goto(instance.address(f"/en/{path}"))
        assert page.locator("h1, h2, h3").locator("visible=true").all_inner_texts() == headings
        assert page.locator(".asked, summary").locator("visible=true").count() == 0


def test_the_chart_of_the_weeks_keeps_its_key_on_paper(opened: Opener, instance: Instance) -> None:
    """A browser leaves backgrounds out, unless they are asked for."""
    with opened("erin") as page:
        page.emulate_media(media="print")
        page.goto(instance.address("/en/reports/completion"))
        keys = page.eval_on_selector_all(".legend .key", "all => all.map(one => getComputedStyle(one).printColorAdjust)")
    assert keys == ["exact", "exact"]


def test_a_certificate_is_printed_alone(opened: Opener, instance: Instance) -> None:
    """Without what its administrator could do with it; its address stands there once."""
    with opened("erin") as page:
        page.emulate_media(media="print")
        page.goto(instance.address("/en/certificates/{code}"))
        shown = page.locator("main > *").locator("visible=true")
        assert [shown.nth(n).get_attribute("class") for n in range(shown.count())] == ["certificate"]
        assert page.locator(".proof a").evaluate("one => getComputedStyle(one, '::after').content") == "none"


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


@pytest.mark.parametrize("width", [1280, 1000, 700, 360])
def test_the_moment_of_a_report_can_be_read_whole(width: int, opened: Opener, instance: Instance) -> None:
    """Day, time and half of the day, as the longest of the usual ways to write them, need 245 pixels."""
    room = """one => { const style = getComputedStyle(one);
        return one.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight); }"""
    with opened("erin", width=width) as page:
        page.goto(instance.address("/en/reports/completion"))
        if width < 736:
            page.get_by_text("Choose what is counted").click()
        assert page.locator("#as_of").is_visible()
        assert page.locator("#as_of").evaluate(room) >= 245


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("query", ["", "?who=everyone&since=2020-01-01&module=housing"])
def test_on_a_phone_figures_stand_before_what_chooses_them(
    query: str, colours: str, opened: Opener, instance: Instance
) -> None:
    """The first line of figures is on the first screen; the form opens by keyboard, and where something is wrong in it."""
    with opened("erin", width=360, height=800, color_scheme=colours) as page:
        page.goto(instance.address(f"/en/reports/completion{query}"))
        line = page.locator("tr.total").bounding_box()
        assert line is not None
        assert line["y"] + line["height"] < 800
        assert not page.get_by_label("Role").is_visible()
        page.locator(".limits summary").focus()
        page.keyboard.press("Enter")
        assert page.get_by_label("Role").is_visible()
        page.goto(instance.address("/en/reports/completion?since=soon"))
        assert page.get_by_label("Role").is_visible()


def test_on_a_phone_who_is_at_risk_stands_before_what_chooses_them(opened: Opener, instance: Instance) -> None:
    with opened("erin", width=360, height=800) as page:
        page.goto(instance.address("/en/reports/at-risk?days=1"))
        line = page.locator("tbody tr").first.bounding_box()
        assert line is not None
        assert line["y"] + line["height"] < 800
        page.locator(".limits summary").focus()
        page.keyboard.press("Enter")
        page.get_by_label("Days").fill("3650")
        page.get_by_role("button", name="Show").click()
        page.wait_for_url("**days=3650**")


def test_on_a_phone_organisations_stand_before_the_form_that_adds_one(opened: Opener, instance: Instance) -> None:
    with opened("erin", width=360, height=800) as page:
        page.goto(instance.address("/en/admin/organisations"))
        line = page.locator("main li a[href*=change]").first.bounding_box()
        assert line is not None
        assert line["y"] + line["height"] < 800
        assert not page.get_by_label("Kind").is_visible()
        page.locator(".limits summary").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Add", exact=True).click()
        page.wait_for_load_state()
        assert page.get_by_label("Kind").is_visible()
        page.get_by_role("link", name="Sfax").click()
        page.wait_for_url("**change=**")
        assert page.get_by_label("Kind").is_visible()


@pytest.mark.parametrize("report", ["completion", "at-risk"])
def test_where_there_is_room_the_form_of_the_report_stands_open(report: str, opened: Opener, instance: Instance) -> None:
    with opened("erin", width=1280) as page:
        page.goto(instance.address(f"/en/reports/{report}"))
        assert not page.locator(".limits summary").is_visible()
        page.get_by_label("Role").select_option("everyone")
        page.get_by_role("button", name="Show").click()
        page.wait_for_url("**who=everyone**")
        assert page.get_by_label("Role").input_value() == "everyone"
