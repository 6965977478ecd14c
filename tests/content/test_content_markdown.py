"""An author's text as HTML: what each thing of the format becomes, to the letter."""

from __future__ import annotations

import pytest

from course.content.clean import TooMuch, clean
from course.content.index import Index, Setting
from course.content.markdown import render_line, render_page, render_short
from course.content.model import Figure, Practice, Source, Text
from course.content.problems import Notes
from course.content.storyboard import Infographic
from tests.rig.pace import quickest

TITLED = Source("gazette-2020", "The Gazette", "https://gazette.example/a?b=1&c=2", 'Rooms & "halls"', "5 June 2020")
BARE = Source("report-2022", "City auditor", "https://auditor.example/report")
HALLS = Practice(
    "harbour-halls",
    "housing",
    "Port",
    "South Africa",
    "ZA",
    1.0,
    2.0,
    "session",
    (Figure("240", "people <housed>", "June 2020", BARE), Figure("12", "halls", "", BARE)),
    (BARE,),
    {"en": Text("240 people & more", when="Spring 2020"), "es": Text("240 personas")},
)
ADDRESS = "/assets/" + "0" * 32 + "/infographic.svg"
SETTING = Setting(
    "a.md",
    "housing",
    "en",
    "en",
    {source.id: source for source in (TITLED, BARE)},
    Index(
        {"housing": {"rooms": "rooms-before-rules"}, "mobility": {"buses": "buses"}},
        {"harbour-halls": HALLS},
        frozenset({"02-housing"}),
        frozenset({"housing"}),
    ),
    {"infographic.svg": (ADDRESS, (720, 405)), "clip.vtt": ("/assets/x", None)},
    Infographic("A title", "An <alt>", ("City", "Figure"), ((("Port", "240"), BARE),)),
)


def rendered(text: str, setting: Setting = SETTING) -> str:
    notes = Notes("a.md")
    html = clean(render_page(text, setting, notes).html)
    assert notes.found == []
    assert clean(html) == html
    return html


def test_links_inside_the_course() -> None:
    text = "[a](lesson:rooms) [b](lesson:mobility/buses) [c](practice:harbour-halls) "
    text += "[d](session:02-housing) [e](module:mobility) [f](quiz:housing)"
    assert rendered(text) == (
        '<p><a href="/~/modules/housing/rooms-before-rules">a</a> <a href="/~/modules/mobility/buses">b</a> '
        '<a href="/~/practices/harbour-halls">c</a> <a href="/~/sessions/02-housing">d</a> <a '
        'href="/~/modules/mobility/">e</a> '
        '<a href="/~/modules/housing/quiz">f</a></p>\n'
    )


def test_links_outside() -> None:
    assert rendered("[the guide](https://example.org/a?b=1&c=2 'title') [write](mailto:a@example.org)") == (
        '<p><a href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer">the guide</a> <a '
        'href="mailto:a@example.org">write</a></p>\n'
    )


def test_raw_html_stays_visible() -> None:
    assert rendered("<b>x</b> <script>y</script> & {{7*7}}") == (
        "<p>&lt;b&gt;x&lt;/b&gt; &lt;script&gt;y&lt;/script&gt; &amp; {{7*7}}</p>\n"
    )


def test_sources_write_their_own_list() -> None:
    assert rendered("One.[^report-2022] Two.[^gazette-2020] Three.[^report-2022]") == (
        '<p>One.<sup class="cite"><a href="#source-1" id="cite-1" aria-label="Source 1">1</a></sup> '
        'Two.<sup class="cite"><a href="#source-2" id="cite-2" aria-label="Source 2">2</a></sup> '
        'Three.<sup class="cite"><a href="#source-1" id="cite-1-2" aria-label="Source 1">1</a></sup></p>\n'
        '<section class="sources">\n<h2 id="source-list">Sources</h2>\n<ol>\n'
        '<li id="source-1"><a href="https://auditor.example/report" rel="noopener noreferrer">City auditor</a> '
        '<a class="backlink" href="#cite-1" aria-label="Back to the text (1)">↩</a> '
        '<a class="backlink" href="#cite-1-2" aria-label="Back to the text (1)">↩</a></li>\n'
        '<li id="source-2">The Gazette: <a href="https://gazette.example/a?b=1&amp;c=2" '
        'rel="noopener noreferrer">Rooms &amp; "halls"</a>, '
        '5 June 2020 <a class="backlink" href="#cite-2" aria-label="Back to the text (2)">↩</a></li>\n</ol>\n</section>\n'
    )


def test_footnotes_stand_among_the_sources() -> None:
    assert rendered("One.[^a]\n\n[^a]: A *remark*.\n") == (
        '<p>One.<sup class="cite"><a href="#source-1" id="cite-1">1</a></sup></p>\n'
        '<section class="sources">\n<h2 id="source-list">Sources and notes</h2>\n<ol>\n'
        '<li id="source-1"><p>A <em>remark</em>. <a class="backlink" href="#cite-1" '
        'aria-label="Back to the text (1)">↩</a></p>\n</li>\n'
        "</ol>\n</section>\n"
    )


def test_headings_have_names_of_their_own() -> None:
    page = render_page("## Qué pasó, después?\n\n### Costs\n\n## Costs\n\n## 費用\n\n## —\n", SETTING, Notes("a.md"))
    assert page.headings == (
        ("at-qué-pasó-después", "Qué pasó, después?"),
        ("at-costs--2", "Costs"),
        ("at-費用", "費用"),
        ("at-part", "—"),
    )


CARD = (
    '<article class="case">\n<h{level}><a href="/~/practices/harbour-halls">240 people &amp; more</a></h{level}>\n'
    '<p class="place">Port, South Africa · Spring 2020</p>\n<ul class="figures">\n'
    '<li><b class="figure">240</b> people &lt;housed&gt; · June 2020 · '
    '<a href="https://auditor.example/report" rel="noopener noreferrer">City auditor</a></li>\n'
    '<li><b class="figure">12</b> halls · <a href="https://auditor.example/report" '
    'rel="noopener noreferrer">City auditor</a></li>\n</ul>\n'
    '<p>Why it matters.</p>\n<p class="more"><a href="/~/practices/harbour-halls">What the city did: Port</a></p>\n</article>\n'
)


def test_a_case_fills_in_the_practice() -> None:
    assert rendered("::: case harbour-halls\nWhy it matters.\n:::\n") == CARD.format(level=2)
    assert rendered("## A\n\n::: case harbour-halls\nWhy it matters.\n:::\n") == '<h2 id="at-a">A</h2>\n' + CARD.format(level=3)
    assert rendered("## A\n\n### B\n\n::: case harbour-halls\nWhy it matters.\n:::\n").endswith(CARD.format(level=3))


@pytest.mark.parametrize("kind", ["note", "caution", "monday"])
def test_callouts(kind: str) -> None:
    assert rendered(f"Before\n::: {kind} A *title*\nText.\n\n- a\n:::\nAfter") == (
        f'<p>Before</p>\n<aside class="{kind}">\n<h2>A '
        f"<em>title</em></h2>\n<p>Text.</p>\n<ul>\n<li>a</li>\n</ul>\n</aside>\n<p>After</p>\n"
    )


def test_the_infographic_has_its_figures_as_a_table() -> None:
    assert rendered("::: infographic\n:::\n").replace("An &lt;alt&gt;", "An <alt>") == (
        f'<figure class="infographic"><img src="{ADDRESS}" alt="An <alt>" width="720" height="405" '
        f'loading="lazy" decoding="async">'
        "<figcaption>A title</figcaption>\n<details><summary>The figures as a table</summary>\n"
        '<div class="tablewrap" tabindex="0" role="region" aria-label="A '
        'title">\n<table>\n<thead>\n<tr><th scope="col">City</th>'
        '<th scope="col">Figure</th><th scope="col">Source</th></tr>\n</thead>\n<tbody>\n<tr><td>Port</td><td>240</td>'
        '<td><a href="https://auditor.example/report" rel="noopener noreferrer">City '
        "auditor</a></td></tr>\n</tbody>\n</table>\n</div>\n"
        "</details></figure>\n"
    )


def test_figures() -> None:
    assert rendered('![What it shows](media/infographic.svg "The caption")') == (
        f'<figure class="illustration"><img src="{ADDRESS}" alt="What it shows" width="720" '
        f'height="405" loading="lazy" decoding="async">'
        "<figcaption>The caption</figcaption></figure>\n"
    )
    assert rendered("![What it shows](media/infographic.svg)").endswith('decoding="async"></figure>\n')


def test_tables_scroll_and_have_a_name() -> None:
    assert rendered("## Rules\n\n| a | b | c |\n|---|--:|:-:|\n| d | e | f |\n") == (
        '<h2 id="at-rules">Rules</h2>\n<div class="tablewrap" tabindex="0" role="region" '
        'aria-label="Rules">\n<table>\n<thead>\n<tr>\n'
        '<th scope="col">a</th>\n<th class="end" scope="col">b</th>\n<th class="middle" '
        'scope="col">c</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n'
        '<td>d</td>\n<td class="end">e</td>\n<td class="middle">f</td>\n</tr>\n</tbody>\n</table>\n</div>\n'
    )


def test_code_and_the_rest_of_markdown() -> None:
    assert rendered("```sh\na < b\n```\n\n    c\n\n> q\n\n3. x\n\n***\n\na  \nb `d`") == (
        "<pre><code>a &lt; b\n</code></pre>\n<pre><code>c\n</code></pre>\n<blockquote>\n<p>q</p>\n</blockquote>\n"
        '<ol start="3">\n<li>x</li>\n</ol>\n<hr>\n<p>a<br>\nb <code>d</code></p>\n'
    )


def test_another_language_uses_its_own_words() -> None:
    setting = Setting("a.md", "housing", "es", "en", SETTING.sources, SETTING.index)
    html = rendered("Uno.[^report-2022]\n\n::: case harbour-halls\nPor qué.\n:::\n", setting)
    assert '<a href="/~/practices/harbour-halls">240 personas</a>' in html
    assert '<h2 id="source-list">Fuentes</h2>' in html


def test_texts_of_a_quiz() -> None:
    notes = Notes("quiz.yaml")
    assert render_short("A *b*.\n\n- [c](lesson:rooms)\n", SETTING, notes, 3, []) == (
        '<p>A <em>b</em>.</p>\n<ul>\n<li><a href="/~/modules/housing/rooms-before-rules">c</a></li>\n</ul>\n'
    )
    assert render_line("A & *b*\n(c)", SETTING, notes, 3, []) == "A &amp; <em>b</em> (c)"
    assert render_line("Nothing: to do, (really).", SETTING, notes, 3, []) == "Nothing: to do, (really)."
    assert notes.found == []


def test_unreadable_sources_ask_for_nothing() -> None:
    setting = Setting("a.md", "housing", "en", "en", None, SETTING.index)
    assert rendered("One.[^anything]", setting) == "<p>One.[^anything]</p>\n"


BOMBS = {
    "brackets": "[" * 50_000,
    "links": "[a](" * 25_000,
    "lists": "\n".join(" " * 2 * n + "- x" for n in range(300)),
    "quotes": ">" * 50_000,
    "stars": "**a *b " * 10_000,
    "tables": "|a" * 20_000 + "\n" + "|-" * 20_000,
    "citations": "[^x] " * 20_000,
    "headings": "## a\n\n" * 15_000,
    "ticks": "`".join("a" * n for n in range(400)),
    "colons": ":::\n" * 20_000,
    "blocks": "::: note a\n" * 8_000,
    "autolinks": "<http://a.b/" * 8_000,
    "emphasis": "_*" * 40_000,
    "escapes": "\\" * 90_000,
    "entities": "&amp;" * 18_000,
    "footnotes": "[^a]: b\n\n" * 9_000,
    "large": "x" * 200_000,
    "images": "![a](media/infographic.svg)\n\n" * 3_000,
    "cited": "[^gazette-2020]" * 4_000,
    "labels that do not end": "[^" * 31_000,
    "marks above and below": "## a" + "\u0301\u0316" * 30_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_over_soon(bomb: str) -> None:
    def render() -> None:
        notes = Notes("a.md")
        html = render_page(BOMBS[bomb], SETTING, notes).html
        try:
            assert clean(clean(html)) == clean(html)
        except TooMuch as refused:
            assert str(refused) != ""
        assert len(notes.found) <= 200

    assert quickest(render, 6) < 6  # 0.5 s as it is; the measuring of coverage takes its share
