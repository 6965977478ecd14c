"""A record as its pages show it, read from one to the next by their links."""

from __future__ import annotations

import re

from tests.site import Client


def listed(html: str) -> list[str]:
    """What stands in each line of the record."""
    table = html.partition('aria-label="Facts on record"')[2].partition("</table>")[0]
    return [re.sub("<.*?>", "|", line) for line in re.findall("<tr><td.*?</tr>", table, flags=re.DOTALL)]


def to(words: str, html: str) -> str | None:
    found = re.search(rf'<a href="(\?[^"]+)#record">{words}</a>', html)
    return found.group(1) if found else None


def walk(browser: Client, path: str, begin: str, words: str) -> list[list[str]]:
    """The lines of each page, from one on by the link of these words."""
    pages: list[list[str]] = []
    here: str | None = begin
    while here is not None and len(pages) < 20:
        html = browser.page(path + here)
        pages.append(listed(html))
        here = to(words, html)
    return pages
