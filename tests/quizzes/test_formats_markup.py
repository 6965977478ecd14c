"""HTML of other systems as our Markdown, and Aiken; what neither can say is told."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from quizzes.formats import FORMATS, Entry, Imported, Ledger, Refused
from quizzes.formats.asked import Answer, Asked, Said
from quizzes.formats.exporting import Writer, is_seen
from tests.quizzes.examples import quiz_of, written
from tests.quizzes.formats import answer, imported, mappings, one, question, told, why

ONE = (Answer(Said("a"), Fraction(1)),)

WORDS = "its words alone were taken"
LOOK = "the look of a text"
TEXTS = {
    "lists": ("<ul><li>a</li><li>b<ol><li>c</li><li>d</li></ol></li></ul>", "- a\n- b\n   1. c\n   2. d"),
    "an entry outside a list": ("<li>a</li>b", "- a\n\nb"),
    "a break at the beginning and end": ("<br><br>a<br>", "a"),
    "marks that hold nothing": ("a<b> </b><i></i>b", "a b"),
    "marks with spaces inside": ("a<b> c </b>d", "a **c** d"),
    "marks in marks": ("<i><em>a</em></i>", "*a*"),
    "tags that cross": ("<b>a<i>b</b>c</i>", "**ab**c"),
    "an end without a beginning": ("a</b>b", "ab"),
    "what Markdown would take for marks": ("*a* _b_ `c` [d] &lt;e&gt; &amp;amp; f_g ___",
                                       "\\*a\\* \\_b\\_ \\`c\\` \\[d\\] \\<e> \\&amp; f_g ___"),
    "what begins a line": ("<p># a</p><p>- b</p><p>1. c</p><p>&gt; d</p>", "\\# a\n\n\\- b\n\n1\\. c\n\n\\> d"),
    "code": ("<pre>a  b\n<br>```</pre><code>x</code>", "```\na  b\n\n` ` `\n```\n\n`x`"),
    "an empty frame of code": ("<pre></pre>a", "a"),
    "a comment": ("a<!-- b -->c", "ac"),
    "a comment without an end": ("a<!-- b", "a"),
    "a sign that is no tag": ("a < b and 5 <6", "a < b and 5 <6"),
    "a table": ("<table><tr><th>a|b</th><th>c</th></tr><tr><td>d</td></tr></table>e",
                "| a\\|b | c |\n|---|---|\n| d |  |\n\ne"),
    "a cell outside a table": ("<tr><td>a</td></tr>", "a"),
    "an empty table": ("<table></table>a", "a"),
    "links": ('<a href="https://x.org/(a)">b</a> <a href=mailto:a@b.org>c</a> <a name="x">d</a>',
              "[b](https://x.org/%28a%29) [c](mailto:a@b.org) d"),
    "raised and lowered": ("m<sup>2</sup> CO<sub>2</sub>", "m² CO₂"),
}  # fmt: skip


@pytest.mark.parametrize(("html", "markdown"), TEXTS.values(), ids=TEXTS)
def test_html_becomes_markdown(html: str, markdown: str) -> None:
    assert one("moodle-xml", question("essay", "<defaultgrade>0</defaultgrade>", html))["prompt"] == markdown


@pytest.mark.parametrize(
    ("html", "markdown", "said"),
    [
        ('<a href="javascript:x">a</a>', "a", f"the link `javascript:x`: it leads nowhere from here, so {WORDS}"),
        ("a<script>b</script>c<video/>", "ac", "an element `video`: the course shows no such thing, so it was left out"),
        ('<span style="color:red">a</span>', "a", f"{LOOK} (colour): Markdown has none, so the words alone were taken"),
        ("a<sup>b</sup><sub>c</sub>", "a^b_c", f"{LOOK} (sup, sub): Markdown has none, so the words alone were taken"),
    ],
)  # fmt: skip
def test_what_markdown_cannot_say_is_told(html: str, markdown: str, said: str) -> None:
    text = question("essay", "<defaultgrade>0</defaultgrade>", html)
    assert (one("moodle-xml", text)["prompt"], why("moodle-xml", text)[-1]) == (markdown, said)


def test_a_choice_is_one_line_without_pictures() -> None:
    text = "[html]<p>Q</p>{\\=}".replace("{\\=}", "{=a<br>b<pre>c\nd</pre> ~<img src\\=x alt\\=y>}")
    found = imported("gift", text)
    assert [choice["text"] for choice in mappings(found)[0]["choices"]] == ["a b c d", "y"]


def test_aiken_is_read_and_the_rest_is_told() -> None:
    text = "What is\r\nright?\nA. one\nb) two\nANSWER: B\n\nNo key\nA. x\nB. y\n\nWrong key\nA) x\nB) y\n"
    text += "answer = D.\nANSWER: A\nTwice\nA. x\nA. y\nANSWER: A\nend"
    found = imported("aiken", text)
    assert mappings(found) == [{
        "id": "what-is-right", "kind": "single_choice", "prompt": "What is\nright?",
        "choices": [{"id": "one", "text": "one"}, {"id": "two", "text": "two", "correct": True}],
    }]  # fmt: skip
    assert told(found) == [
        "line 1 kept what-is-right",
        "line 7 dropped", "  the item: no line `ANSWER: …` follows its choices",
        "line 11 dropped", "  the item: `ANSWER: D` names none of its choices",
        "line 15 dropped", "  the item: `ANSWER: A` names none of its choices",
        "line 16 dropped", "  the item: `ANSWER: A` names none of its choices",
        "line 20 dropped", "  the item: no line `ANSWER: …` follows its choices",
    ]  # fmt: skip


def test_an_item_is_not_dropped_without_a_reason() -> None:
    with pytest.raises(ValueError, match="dropped without a reason"):
        Entry("line 1", "A")


def test_a_difference_that_nobody_sees_is_none() -> None:
    assert not is_seen("value", "(a*b)", "a × b")
    assert is_seen("value", "a ×", "a × b")
    assert not is_seen("text", "a [[b]]", "a [[c]]")


def test_names_are_numbered_however_many_share_one() -> None:
    found = imported("gift", "".join(f"::A::Q{n}{{T}}\n\n" for n in range(40)))
    names = [item.id for item in found.items]
    assert (names[:3], len(set(names))) == (["a", "a-2", "a-3"], 40)


def test_a_tag_without_an_end_in_the_last_piece_is_refused() -> None:
    with pytest.raises(Refused):
        imported("moodle-xml", "<quiz><question")


def test_what_others_would_read_otherwise_is_not_written() -> None:
    essay = Asked("essay", "line 1", Said("Q"), id="hall")
    writer = Writer("X", lambda asked: asked.name, lambda text: essay)
    (entry,) = writer.export(quiz_of(written("true_false"))).ledger.entries
    assert (entry.fate, [change.why for change in entry.changes]) == ("dropped", ["others would read it as reflection"])
    bare = Writer("X", lambda asked: asked.name, lambda text: replace(essay, kind="multichoice", answers=ONE))
    (entry,) = bare.export(quiz_of(written("true_false"))).ledger.entries
    assert [change.why for change in entry.changes] == ["`choices` has 1, and 2 are the least"]


def test_the_reason_is_told_behind_however_many_changes() -> None:
    found = imported(
        "gift", "Q{=a " + " ".join(f"=b{n}*" for n in range(90)) + "}\n\n// [tag: ]\nQ{~%100%a ~" + "~".join("bb") + "}"
    )
    assert [len(entry.changes) for entry in found.ledger.entries] == [50, 2]


def test_the_last_corners_of_moodle_xml() -> None:
    marks = "<defaultgrade>0</defaultgrade><incorrectfeedback><text>other</text></incorrectfeedback>"
    typed = question("shortanswer", marks + answer(100, "a") + answer(0, "*", "no"))
    assert why("moodle-xml", typed.replace("<quiz>", "<quiz><!-- x -->")) == [
        "the mark 0: an item earns something here, so that it counts 1",
        "the feedback “other”: the item has another one for the same outcome",
    ]
    shown = question("essay", "<defaultgrade>0</defaultgrade>", '<h2>A</h2><img src="@@PLUGINFILE@@/x.png" alt="b">')
    broken = shown.replace("</questiontext>", "<file name='x.png' encoding='base64'>A</file></questiontext>")
    assert mappings(imported("moodle-xml", broken))[0]["prompt"] == "**A**\n\nb"
    many = question("matching", "<subquestion/>" * 501)
    assert why("moodle-xml", many) == ["the item: it has more than 500 answers"]


def test_a_file_may_end_with_a_key() -> None:
    assert told(imported("aiken", "Q\nA. x\nB. y\nANSWER: B")) == ["line 1 kept q"]


def test_a_range_is_written_as_one() -> None:
    write = FORMATS["gift"].write
    assert write is not None
    quiz = quiz_of(written("numeric", value=None, tolerance=None, range=["1/3", "5"], unit=None, feedback=None))
    text = write(quiz).text
    assert "=%100%0.333333333333..5" in text
    assert FORMATS["gift"].read(text.encode()).items == quiz.items


def test_a_ledger_that_tells_of_other_items_is_none() -> None:
    with pytest.raises(ValueError, match="different things"):
        Imported(imported("gift", "Q{T}").items, Ledger())
