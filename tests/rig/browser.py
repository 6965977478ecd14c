"""The tests' browser: the Chromium that tests.rig.chromium wrote down, driven by Playwright."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from .chromium import RECORD, Chromium, recorded

QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-pings",
    "--font-render-hinting=none",
)


@contextmanager
def launched(chromium: Chromium | None = None) -> Iterator[Browser]:
    """The browser, closed at the end. Raises RuntimeError when none was found before: a missing browser is a failure."""
    chromium = chromium or recorded()
    if chromium is None:
        raise RuntimeError(f"{RECORD} names no browser that is there; `./dev test` finds or installs one")
    if chromium.node:
        os.environ["PLAYWRIGHT_NODEJS_PATH"] = chromium.node
    # An outer sandbox, not Chromium's own: as root it refuses to start with it, and in most containers it cannot have it.
    flags = [*QUIET, "--no-sandbox"]
    with sync_playwright() as playwright:
        environment: dict[str, str | float | bool] = {**os.environ, **chromium.environment}
        browser = playwright.chromium.launch(executable_path=chromium.executable, args=flags, env=environment)
        try:
            yield browser
        finally:
            browser.close()


def prove(given: str) -> None:
    """Shows one page with the browser given as JSON, and fails where it does not."""
    with launched(Chromium(**json.loads(given))) as browser:
        page = browser.new_page()
        page.set_content("<title>seen</title><form><input name=name></form><p>Łukasz محمد 王</p>")
        page.fill("input", "typed")
        if page.title() != "seen" or page.input_value("input") != "typed" or len(page.screenshot()) < 1000:
            raise RuntimeError("it shows no page")


if __name__ == "__main__":
    prove(sys.argv[1])
