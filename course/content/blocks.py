"""The HTML of the blocks of a lesson: case cards, callouts, figures, the infographic, and the list of sources."""

from __future__ import annotations

from html import escape

from .model import Practice, Source
from .storyboard import Infographic
from .words import Words

CALLOUTS = ("note", "caution", "monday")
BLOCKS = ("case", "infographic", *CALLOUTS)


def link_out(url: str, words: str) -> str:
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{escape(words)}</a>'


def source_line(source: Source) -> str:
    """Publisher, title and date with the link on the title, or on the publisher when there is no title."""
    if not source.title:
        return ", ".join(part for part in (link_out(source.url, source.publisher), escape(source.date)) if part)
    date = f", {escape(source.date)}" if source.date else ""
    return f"{escape(source.publisher)}: {link_out(source.url, source.title)}{date}"


def case_open(practice: Practice, lang: str, source_lang: str, level: int) -> str:
    """The head of a case card: what, where and when, and its figures with date and source."""
    text = practice.texts.get(lang) or practice.texts[source_lang]
    place = " · ".join(escape(part) for part in (f"{practice.city}, {practice.country}", text.when) if part)
    figures = "".join(
        f'<li><b class="figure">{escape(figure.value)}</b> '
        + " · ".join(
            [escape(part) for part in (figure.unit, figure.date) if part]
            + [link_out(figure.source.url, figure.source.publisher)]
        )
        + "</li>\n"
        for figure in practice.figures
        if figure.source.url
    )
    listed = f'<ul class="figures">\n{figures}</ul>\n' if figures else ""
    address = f"/~/practices/{practice.slug}"
    return (
        f'<article class="case">\n<h{level}><a href="{address}">{escape(text.title)}</a></h{level}>\n'
        f'<p class="place">{place}</p>\n{listed}'
    )


def case_close(practice: Practice, words: Words) -> str:
    return f'<p class="more"><a href="/~/practices/{practice.slug}">{words.more}: {escape(practice.city)}</a></p>\n</article>\n'


def callout_open(kind: str, title: str, level: int) -> str:
    heading = f"<h{level}>{title}</h{level}>\n" if title else ""
    return f'<aside class="{kind}">\n{heading}'


def illustration(address: str, size: tuple[int, int] | None, alt: str, caption: str) -> str:
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure class="illustration">{_image(address, size, alt)}{below}</figure>\n'


def infographic(shown: Infographic, address: str, size: tuple[int, int] | None, words: Words) -> str:
    """The picture with its figures as a table under it, each row with its source."""
    heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in (*shown.columns, words.source))
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + f"<td>{link_out(source.url, source.publisher) if source.url else ''}</td></tr>\n"
        for cells, source in shown.rows
    )
    return (
        f'<figure class="infographic">{_image(address, size, shown.alt)}<figcaption>{escape(shown.title)}</figcaption>\n'
        f"<details><summary>{words.figures_table}</summary>\n{table_open(shown.title)}"
        f"<table>\n<thead>\n<tr>{heads}</tr>\n</thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n</details></figure>\n"
    )


def _image(address: str, size: tuple[int, int] | None, alt: str) -> str:
    measured = f' width="{size[0]}" height="{size[1]}"' if size else ""
    return f'<img src="{address}" alt="{escape(alt)}"{measured} loading="lazy" decoding="async">'


def table_open(label: str) -> str:
    """A table may be wider than a phone: its frame scrolls, takes the keyboard's focus, and has a name."""
    return f'<div class="tablewrap" tabindex="0" role="region" aria-label="{escape(label)}">\n'


def cite(number: int, repeat: int, words: Words, is_source: bool) -> str:
    mark = f"{number}-{repeat + 1}" if repeat else f"{number}"
    label = f' aria-label="{words.source} {number}"' if is_source else ""
    return f'<sup class="cite"><a href="#source-{number}" id="cite-{mark}"{label}>{number}</a></sup>'


def backlink(number: int, repeat: int, words: Words) -> str:
    mark = f"{number}-{repeat + 1}" if repeat else f"{number}"
    return f' <a class="backlink" href="#cite-{mark}" aria-label="{words.back} ({number})">↩</a>'
