"""GIFT as Moodle and others write it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.quizzes.formats import imported, one, told, why

NO = {"id": "no", "text": "no"}
YES = {"id": "yes", "text": "yes", "correct": True}


def choice(text: str, **more: Any) -> dict[str, Any]:
    return {"id": text.lower().replace(" ", "-"), "text": text, **more}


PLAIN = {"id": "q", "kind": "single_choice", "prompt": "Q", "choices": [YES, NO]}
ITEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "one of several": (
        "Who?{~Grant#no ~Jefferson =no one#yes}",
        {
            "id": "who", "kind": "single_choice", "prompt": "Who?",
            "choices": [choice("Grant", feedback="no"), choice("Jefferson"), choice("no one", correct=True, feedback="yes")],
        },
    ),
    "a title, and text without one": ("::T 1:: Who\\: {x\\}? {=a ~b}".replace("{x", "\\{x"), {
        "id": "t-1", "kind": "single_choice", "prompt": "Who: {x}?", "choices": [choice("a", correct=True), choice("b")],
    }),
    "a title that never ends": ("::Who? {=a ~b}", {
        "id": "who", "kind": "single_choice", "prompt": "Who?", "choices": [choice("a", correct=True), choice("b")],
    }),
    "a missing word": ("Grant is {~buried =entombed} here.", {
        "id": "grant-is-here", "kind": "single_choice", "prompt": "Grant is _____ here.",
        "choices": [choice("buried"), choice("entombed", correct=True)],
    }),
    "weights of one": ("Q{=a ~%50%b ~%-25%c}", {
        "id": "q", "kind": "single_choice", "prompt": "Q", "credit": "weights",
        "choices": [choice("a", weight="1"), choice("b", weight="1/2"), choice("c", weight="-1/4")],
    }),
    "several, each wrong one taking as much": ("Q{~%50%a ~%50%b ~%-50%c}", {
        "id": "q", "kind": "multiple_choice", "prompt": "Q",
        "choices": [choice("a", correct=True), choice("b", correct=True), choice("c")],
    }),
    "thirds as Moodle rounds them": ("Q{~%33.33333%a ~%33.33333%b ~%33.33333%c ~%-100%d}", {
        "id": "q", "kind": "multiple_choice", "prompt": "Q", "credit": "weights",
        "choices": [choice(x, weight="1/3") for x in "abc"] + [choice("d", weight="-1")],
    }),
    "true": ("Q{TRUE#wrong#right####all}", {
        "id": "q", "kind": "true_false", "prompt": "Q", "correct": True,
        "feedback_true": "right", "feedback_false": "wrong", "explanation": "all",
    }),
    "false": ("Q{f#wrong}", {"id": "q", "kind": "true_false", "prompt": "Q", "correct": False, "feedback_true": "wrong"}),
    "words": ("Q{=one =two#yes =%0%*#no =ONE}", {
        "id": "q", "kind": "short_text", "prompt": "Q", "accept": ["one", "two"],
        "feedback": {"correct": "yes", "incorrect": "no"},
    }),
    "a word alone": ("Q{=one}", {"id": "q", "kind": "short_text", "prompt": "Q", "accept": ["one"]}),
    "a number": ("Q{#3}", {"id": "q", "kind": "numeric", "prompt": "Q", "value": "3"}),
    "a number with a tolerance": ("Q{#3:0.5#yes}", {
        "id": "q", "kind": "numeric", "prompt": "Q", "value": "3", "tolerance": "1/2", "feedback": {"correct": "yes"},
    }),
    "a range": ("Q{#1..5}", {"id": "q", "kind": "numeric", "prompt": "Q", "range": ["1", "5"]}),
    "a number of programs": ("Q{#=-1.5e1:1 ~#no}", {
        "id": "q", "kind": "numeric", "prompt": "Q", "value": "-15", "tolerance": "1", "feedback": {"incorrect": "no"},
    }),
    "two ranges that touch": ("Q{#=1..3 =2..5}", {"id": "q", "kind": "numeric", "prompt": "Q", "range": ["1", "5"]}),
    "a number within two tolerances": ("Q{#=5:1 =6:1}", {"id": "q", "kind": "numeric", "prompt": "Q", "range": ["4", "7"]}),
    "rows": ("Q{=a->1 =b  ->  2 = c -> 1 =-> 3 ####g}", {
        "id": "q", "kind": "matching", "prompt": "Q", "explanation": "g",
        "choices": [choice("1"), choice("2"), choice("3")],
        "pairs": [choice("a", choice="1"), choice("b", choice="2"), choice("c", choice="1")],
    }),
    "an order": ("Q{>3 ALL VERTICAL ALL_OR_NOTHING 1 none\na\n\nb\nc\n}", {
        "id": "q", "kind": "ordering", "prompt": "Q", "credit": "all_or_nothing",
        "choices": [choice("a"), choice("b"), choice("c")],
    }),
    "an order without a rule": ("Q{>\na\nb\nc\n}", {
        "id": "q", "kind": "ordering", "prompt": "Q", "choices": [choice("a"), choice("b"), choice("c")],
    }),
    "something to write": ("Q{####think}", {"id": "q", "kind": "reflection", "prompt": "Q", "explanation": "think"}),
    "escapes": ("Q \\= \\~ \\# \\{\\} \\\\ a\\nb{=\\=a\\#b#c\\:d ~b}", {
        "id": "q-a-b", "kind": "single_choice", "prompt": "Q = ~ # {} \\\\ a\nb",
        "choices": [{"id": "a-b", "text": "=a#b", "correct": True, "feedback": "c:d"}, choice("b")],
    }),
    "HTML": ("[html]<p>What is <b>H<sub>2</sub>O</b>?</p>{=<i>yes</i>#<p>so</p> ~[plain]n*o#[markdown]*n*}", {
        "id": "what-is-h-2-o", "kind": "single_choice", "prompt": "What is **H₂O**?",
        "choices": [choice("*yes*", feedback="so", correct=True) | {"id": "yes"},
                    {"id": "n-o", "text": "n\\*o", "feedback": "*n*"}],
    }),
    "Moodle's own text with tags": ("a<br>b &amp; c{=yes ~no}", {
        "id": "a-b-c", "kind": "single_choice", "prompt": "a\\\nb & c", "choices": [YES, NO],
    }),
    "Moodle's own text without": ("a &lt; b_1\n# no{=yes ~no}", {
        "id": "a-b-1-no", "kind": "single_choice", "prompt": "a < b_1\n\\# no", "choices": [YES, NO],
    }),
    "Markdown": ("[markdown]*a*\\n\\n- b{=yes ~no}", {
        "id": "a-b", "kind": "single_choice", "prompt": "*a*\n\n- b", "choices": [YES, NO],
    }),
    "no format that is known": ("[x] a{=yes ~no}", {
        "id": "x-a", "kind": "single_choice", "prompt": "\\[x\\] a", "choices": [YES, NO],
    }),
    "an id and tags": ("// [id:q-7] [tag:a\\]b] [tag:c] [tag:c]\nQ{T}", {
        "id": "q-7", "kind": "true_false", "prompt": "Q", "correct": True, "tags": ["a]b", "c"],
    }),
    "a blank line among the answers": ("Q{\n\n=yes\n\n~no\n}", PLAIN),
    "a comment among the answers": ("Q{\n=yes\n// so\n~no\n}", PLAIN),
    "braces in braces": ("Q{=x {a} ~no}", {
        "id": "q", "kind": "single_choice", "prompt": "Q", "choices": [{"id": "x-a", "text": "x {a}", "correct": True}, NO],
    }),
    "a name of no letters": ("水{=yes ~no}", {"id": "item", "kind": "single_choice", "prompt": "水", "choices": [YES, NO]}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "item"), ITEMS.values(), ids=ITEMS)
def test_what_is_read(text: str, item: dict[str, Any]) -> None:
    assert one("gift", text) == item


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Just a text.", "the item: it asks nothing: put its text into a lesson"),
        ("Q{=a} and {=b}", "the item: it has several lists of answers, and an item of GIFT has one"),
        ("Q{=a", "the item: a brace opens or closes nothing: write `\\{` for a brace in a text"),
        ("Q}", "the item: a brace opens or closes nothing: write `\\{` for a brace in a text"),
        ("{=a ~b}", "the item: it has no text"),
        ("Q{=a =b ~c}", "the item: 2 choices are each fully right, and here one is"),
        ("Q{~a ~b}", "the item: no choice earns points, so that nobody could"),
        ("Q{~%50%a ~%20%b}", "the item: the right choices add up to 70 %, and must to 100 %"),
        ("Q{=a ~}", "the item: a choice has no words: a picture alone is no choice here"),
        ("Q{=a ~A}", "choices › 2 › text: `a-2` says the same as `a`"),
        ("Q{#five}", "the item: no number earns all the points"),
        ("Q{#}", "the item: no number earns all the points"),
        ("Q{#1..x}", "the item: no number earns all the points"),
        (
            "Q{#=1 =3}",
            "the item: several numbers are right with others between them that are not; here one stretch of numbers is",
        ),
        ("Q{=a->1 =b}", "the item: a row of it has no `->`"),
        ("Q{=a->1 =b->}", "the item: “b” has nothing that it belongs to"),
        ("Q{=*}", "the item: every response is right, which asks nothing"),
        ("Q{=%50%a}", "the item: no response is left that earns all the points"),
        ("Q{>\na\nb\n}", "choices: `choices` has 2, and 3 are the least"),
        ("Q{=" + "=".join("abc" * 200) + "}", "the item: it has more than 500 answers"),
        ("Q{=a ~" + "b" * 70_000 + "}", "the item: a text has 70,000 characters, and 64,000 are the most"),
        ("Q{=a ~" + "b" * 300_000 + "}", "the item: it has 300,007 characters, and 256,000 are the most"),
    ],
)
def test_what_is_dropped_and_why(text: str, said: str) -> None:
    assert (imported("gift", text).items, why("gift", text)[-1]) == ((), said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Q{=a =%50%b}", ["the response “b” with 50 %: a typed response is right or not"]),
        ("Q{=a =%33.5731%b =%0%c}", [
            "the response “b” with 33.5731 %: a typed response is right or not",
            "the wrong response “c”: wrong responses have one feedback together",
        ]),
        ("Q{=a#x =b#y}", ["the feedback “y”: a typed item says one thing to every right response"]),
        ("Q{=a =b* =A}", [
            "the pattern “b*”: words are listed here, and none is a pattern", "the response “A”: it is the same as “a” here",
        ]),
        ("Q{#=5 =%50%5:2}", ["the response “5:2” with 50 %: a typed response is right or not"]),
        ("// [id:Q 1]\nQ{T}", ["the id `Q 1`: an id has a-z, 0-9 and - only, and is that of one item: it is `q-1` now"]),
        ("[html]<u>Q</u> \\\\(x\\\\){T}", [
            "a formula in TeX: the course shows it as it is typed",
            "the look of a text (u): Markdown has none, so the words alone were taken",
        ]),
        ("Q{>\na\nb\nc\n}".replace(">", "> 3 ALL VERTICAL ABS"), [
            "the rule ABS: points are counted here by the pairs that stand in the right order",
        ]),
    ],
)  # fmt: skip
def test_what_is_changed_and_why(text: str, said: list[str]) -> None:
    assert (len(imported("gift", text).items), why("gift", text)) == (1, said)


def test_items_without_blank_lines_between_them_are_each_one() -> None:
    text = (
        "$CATEGORY: $course$/top/Shelter/Two//three\n// [tag:x]\n::A::Q{T}\n::B::Q{F}\n// [id:c-1]\nWhat?{=a ~b}\nWho?{=a\n~b}"
    )
    found = imported("gift", text.replace("\n", "\r\n"))
    assert told(found) == [
        "line 3 kept a",
        "line 4 kept b",
        "line 6 kept c-1",
        "line 7 changed who",
        "  its place: no blank line stands before it; it was taken for an item of its own",
    ]
    assert [item.tags for item in found.items] == [("x", "Two/three"), *[("Two/three",)] * 3]
    assert [str(change) for change in found.ledger.remarks] == [
        "line 1: the category `$course$/top/Shelter/Two//three`: its items have the tag `Two/three`"
    ]


def test_an_item_that_is_never_closed_does_not_take_the_next() -> None:
    text = "::A::Q{=a\n\n::B::Q{T}\n\n$CATEGORY: top\n$CATEGORY: $course$\n\nC{=a ~b\n\n$CATEGORY: x\n\n"
    assert told(imported("gift", text)) == [
        "line 1 dropped",
        "  the item: a brace opens or closes nothing: write `\\{` for a brace in a text",
        "line 3 kept b",
        "line 8 dropped",
        "  the item: a brace opens or closes nothing: write `\\{` for a brace in a text",
    ]


def test_ids_are_the_same_each_time_and_never_twice() -> None:
    text = "".join(f"::{name}::Q{{T}}\n\n" for name in ("A", "a", "A-2", "á", "long " * 30, "long " * 31))
    names = ["a", "a-2", "a-2-2", "a-3", "long-" * 8 + "long", "long-" * 8 + "long-2"]
    assert [item.id for item in imported("gift", text).items] == names
    assert imported("gift", text) == imported("gift", text)


def test_a_long_word_makes_a_short_id() -> None:
    assert one("gift", f"::{'a' * 99}::Q{{T}}")["id"] == "a" * 48


def test_a_comment_of_ours_that_does_not_fit_any_more_is_told() -> None:
    changed = "the item was changed since this course wrote it, so only what the format itself says was taken"
    said = f"the comment of this course: {changed}"
    lost = ['{"choices":{"7":{"id":["x"]}}}', '{"choices":{"a":null}}', '{"kind":{"a":null}}', '{"id": 7}']
    for margin in (*lost, "7", "{", "[" * 9000, "x" * 70_000):
        text = f"// course: {margin}\nQ{{=yes ~no}}"
        assert why("gift", text) == [said], margin[:20]
        assert one("gift", text)["choices"] == [YES, NO]
    assert why("gift", "// course: {}\nQ{=a =b ~c}") == ["the item: 2 choices are each fully right, and here one is"]
    assert why("gift", '// course: ["x"]\nQ{=yes ~no}') == []
    assert why("gift", '// course: {"kind": ["essay"]}\nQ{=yes ~no}') == ["kind: there is no kind `essay`"]


def test_a_comment_of_ours_may_give_no_id() -> None:
    assert one("gift", '// course: {"id": [["x"]]}\nQ{=yes ~no}')["id"] == "q"
