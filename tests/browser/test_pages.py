"""Every page type: nothing for axe to report in light and dark, and it fits on a phone, in both directions, with large text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from course import config, create_app
from tests.browser.conftest import Opener
from tests.browser.instance import Instance
from tests.browser.pages import LONG_NAMES, NAMES, NOT_PAGES, VISITS, Visit

AXE = Axe()
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
TARGETS = {
    "runOnly": {"type": "rule", "values": ["target-size"]},
    "resultTypes": ["violations"],
}  # 24 by 24 px (WCAG 2.2, 2.5.8)
every_page = pytest.mark.parametrize("visit", VISITS, ids=NAMES)
# What sticks out of the window, except inside a frame that scrolls by itself.
OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth, found = [];
  const scrolls = (one) => { for (let up = one.parentElement; up; up = up.parentElement)
    if (up !== document.body && ['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(up).overflowX)) return true; };
  if (document.documentElement.scrollWidth > wide) found.push(`page ${document.documentElement.scrollWidth} of ${wide}`);
  for (const one of document.body.querySelectorAll('*')) {
    const box = one.getBoundingClientRect();
    if (box.width && (box.right > wide + 1 || box.left < -1) && !scrolls(one) && !one.closest('.hidden,.skip,svg'))
      found.push(`${one.tagName}.${one.getAttribute('class')} ${Math.round(box.left)}..${Math.round(box.right)}`);
  }
  return found.slice(0, 8);
}"""


def reported(page: Any, rules: dict[str, Any] = RULES) -> list[str]:
    """What axe finds: rule, impact and the places."""
    violations = AXE.run(page, options=rules).response["violations"]
    return [f"{one['id']} ({one['impact']}): {[node['html'][:120] for node in one['nodes'][:3]]}" for one in violations]


def test_the_list_has_every_page_of_the_course(tmp_path: Any) -> None:
    app = create_app(config.load({"COURSE_INSTANCE": str(tmp_path)}))
    known = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert sorted({visit.endpoint for visit in VISITS} - {"errors"} | NOT_PAGES) == sorted(known)


@every_page
def test_axe_finds_nothing_in_light_and_dark(visit: Visit, opened: Opener, instance: Instance) -> None:
    with opened(visit.who, color_scheme="light") as page:
        visit.go(page, instance)
        assert reported(page) == []
        page.emulate_media(color_scheme="dark")
        assert reported(page) == []


@every_page
def test_it_asks_nothing_of_any_other_host_and_breaks_no_rule_of_its_own(
    visit: Visit, opened: Opener, instance: Instance
) -> None:
    with opened(visit.who) as page:
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text) if "Content Security Policy" in message.text else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        visit.go(page, instance)
        page.wait_for_load_state("networkidle")
        assert [url for url in asked if not url.startswith(f"{instance.url}/")] == []
        assert said == []


@pytest.mark.parametrize(
    ("planted", "rule"),
    [
        ("<img src='/static/none.png'>", "image-alt"),
        ("<p style='color:#999;background:#fff'>A line that is hard to read.</p>", "color-contrast"),
        ("<input type='text'>", "label"),
        ("<h6>Too deep</h6>", "heading-order"),
        ("<a href='/x' style='display:inline-block;inline-size:9px;block-size:9px;overflow:hidden'>x</a>" * 2, "target-size"),
    ],
    ids=["image", "contrast", "label", "heading", "target"],
)
def test_what_is_wrong_is_reported(planted: str, rule: str, page: Any) -> None:
    page.set_content(f"<html lang=en><title>Planted</title><main><h1>Planted</h1>{planted}</main></html>")
    assert rule in [one["id"] for one in AXE.run(page, options=RULES).response["violations"]]


@every_page
def test_it_fits_on_a_phone_in_both_directions(visit: Visit, opened: Opener, instance: Instance) -> None:
    with opened(visit.who, width=320, height=640, has_touch=True) as page:
        visit.go(page, instance)
        assert page.evaluate(OVERFLOW) == []
        assert reported(page, TARGETS) == []
        page.evaluate(
            "for (const one of document.querySelectorAll('main [dir]')) one.removeAttribute('dir'); document.dir = 'rtl'"
        )
        assert page.evaluate(OVERFLOW) == []


@every_page
def test_text_of_twice_the_size_fits(visit: Visit, opened: Opener, instance: Instance) -> None:
    with opened(visit.who, width=640) as page:
        visit.go(page, instance)
        before = page.evaluate("parseFloat(getComputedStyle(document.querySelector('main')).fontSize)")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('main')).fontSize)") > before * 1.9
        assert page.evaluate(OVERFLOW) == []


HIDDEN = "[...document.querySelectorAll('.tablewrap')].filter(one => one.scrollWidth > one.clientWidth).length"
WITH_NAMES = ["people", "person", "changes", "report, person", "report, people", "cohort", "organisations", "account"]


@pytest.mark.parametrize("visit", [visit for visit in VISITS if visit.name in WITH_NAMES], ids=lambda visit: visit.name)
def test_a_name_of_one_long_word_hides_no_column_and_widens_no_page(visit: Visit, opened: Opener, instance: Instance) -> None:
    for width in (1280, 320):
        with opened(visit.who, width=width) as page:
            visit.go(page, instance)
            assert page.evaluate(LONG_NAMES) > 0
            assert page.evaluate(OVERFLOW) == []
            assert width == 320 or page.evaluate(HIDDEN) == 0


# Where the end of the words stands to their beginning: 1 to the right, -1 to the left, 0 nowhere.
BEHIND = """(words) => {
  const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  const left = (node, at) => {
    const one = document.createRange();
    one.setStart(node, at);
    one.setEnd(node, at + 1);
    return one.getBoundingClientRect().left;
  };
  while (walk.nextNode()) {
    const node = walk.currentNode, at = node.data.indexOf(words);
    if (at >= 0 && node.data.trim().startsWith(words)) return Math.sign(left(node, at + words.length - 1) - left(node, at));
  }
  return 0;
}"""


@pytest.mark.parametrize(
    ("who", "path", "words", "end"),
    [
        ("", "modules/housing/quiz", "7 items", 1),
        ("alice", "modules/housing/", "2 of 3 lessons done", 1),
        ("alice", "modules/housing/", "50 % of the module", 1),
        ("grace", "progress", "3 of 3", 1),
        ("grace", "certificates/{code}", "Grace Achieng", 1),
        ("", "", "وحدتان للاختبار", -1),
    ],
)
def test_in_a_page_from_right_to_left_each_sentence_keeps_its_order(
    opened: Opener, instance: Instance, who: str, path: str, words: str, end: int
) -> None:
    with opened(who) as page:
        page.goto(instance.address(f"/ar/{path}"))
        assert page.evaluate(BEHIND, words) == end


# A page is 1,123 pixels high: 600 of text, a case of 1,000 in paragraphs, and 400 after it.
LONG_CASE = """() => {
  const one = document.querySelector('.case'), filler = (pixels) => {
    const made = document.createElement('p');
    made.style.margin = 0;
    made.style.blockSize = `${pixels}px`;
    return made;
  };
  one.replaceChildren(...Array.from({length: 10}, () => filler(100)));
  one.style.margin = one.style.padding = 0;
  document.body.replaceChildren(filler(300), filler(300), one, filler(200), filler(200));
}"""


def test_on_paper_a_case_goes_on_where_the_page_before_it_has_room(opened: Opener, instance: Instance) -> None:
    with opened("alice") as page:
        page.goto(instance.address("/en/modules/housing/rooms-before-rules"))
        page.evaluate(LONG_CASE)
        paper = page.pdf(width="794px", height="1123px")
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 2
