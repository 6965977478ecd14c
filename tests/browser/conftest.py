"""One served instance for all browser tests of a process, and browser contexts that are signed in already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.instance import Instance, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

Opener = Callable[..., Any]


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with served(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture
def opened(browser: Browser, instance: Instance) -> Opener:
    """``with opened("alice", width=320) as page``: a fresh page of somebody signed in, or of a visitor for ``""``."""

    @contextmanager
    def open_page(who: str = "", *, width: int = 1280, height: int = 800, **settings: Any) -> Iterator[Page]:
        context = _context(browser, instance, who, {"width": width, "height": height}, settings)
        try:
            yield context.new_page()
        finally:
            context.close()

    return open_page


def _context(
    browser: Browser, instance: Instance, who: str, viewport: dict[str, int], settings: dict[str, Any]
) -> BrowserContext:
    fixed = {"locale": "en-GB", "timezone_id": "UTC", "reduced_motion": "reduce", "base_url": instance.url}
    context = browser.new_context(**{**fixed, "viewport": viewport, **settings})
    context.set_default_timeout(10_000)
    if who:
        context.add_cookies([{"name": "course", "value": instance.cookies[who], "url": instance.url}])
    return context
