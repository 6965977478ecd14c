"""An export on a real server, which makes it by itself, in a browser without scripts: asked for, watched, fetched."""

from __future__ import annotations

from pathlib import Path

from tests.browser.conftest import Opener
from tests.browser.instance import Instance


def test_an_export_is_made_and_fetched_without_scripts(opened: Opener, instance: Instance) -> None:
    with opened("erin", java_script_enabled=False) as page:
        page.goto(instance.address("/en/reports/completion/people?state=started"))
        page.get_by_label("For later, as").select_option("json")
        with page.expect_navigation():
            page.get_by_role("button", name="Make it and tell me").click()
        page.get_by_role("link", name="Download").wait_for(timeout=60_000)  # the page fetches itself again
        with page.expect_download() as found:
            page.get_by_role("link", name="Download").click()
        fetched = Path(found.value.path()).read_text(encoding="utf-8")
        assert fetched.count('"name": "Grace Achieng"') == 1
        page.get_by_role("button", name="Delete").click()
        page.get_by_text("None. A report and the lists").wait_for()
