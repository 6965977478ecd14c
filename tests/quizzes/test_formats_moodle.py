"""Moodle XML as Moodle and others write it."""

from __future__ import annotations

from typing import Any

import pytest

from quizzes.formats import FORMATS, Refused
from tests.quizzes.examples import quiz_of, written
from tests.quizzes.formats import PNG, answer, imported, mappings, one, question, told, why

XML = "moodle-xml"


def made(kind: str, inner: str, text: str = "What?", **more: str) -> dict[str, Any]:
    """The item without what each has."""
    item = one(XML, question(kind, inner, text, **more))
    return {key: value for key, value in item.items() if key != "id"}


SHARED = (
    "<generalfeedback format='html'><text>&lt;p&gt;General&lt;/p&gt;</text></generalfeedback><defaultgrade>2.5</defaultgrade>"
    "<correctfeedback><text>Yes</text></correctfeedback><partiallycorrectfeedback><text>Partly</text></partiallycorrectfeedback>"
    "<incorrectfeedback><text>No</text></incorrectfeedback><hint><text>Think</text></hint><hint><text></text></hint>"
    "<tags><tag><text>easy</text></tag><tag>bare</tag><tag><text></text></tag></tags>"
)


def test_a_single_choice_with_all_that_an_item_has() -> None:
    answers = answer(100, "Right", "So") + answer(0, "Wrong") + "<single>true</single><shuffleanswers>false</shuffleanswers>"
    assert made("multichoice", SHARED + answers) == {
        "kind": "single_choice",
        "prompt": "What?",
        "points": "5/2",
        "shuffle": False,
        "choices": [{"id": "right", "text": "Right", "correct": True, "feedback": "So"}, {"id": "wrong", "text": "Wrong"}],
        "feedback": {"correct": "Yes", "partial": "Partly", "incorrect": "No"},
        "explanation": "General",
        "hints": [{"text": "Think", "cost": "0"}],
        "tags": ["easy", "bare"],
    }


def test_several_choices() -> None:
    several = "<single>false</single>"
    halves = answer(50, "a") + answer(50, "b") + answer(-50, "c")
    assert made("multichoice", several + halves).get("credit") is None
    weighed = made("multichoice", several + answer(75, "a") + answer(25, "b") + answer(0, "c"))
    assert (weighed["credit"], [c.get("weight") for c in weighed["choices"]]) == ("weights", ["3/4", "1/4", None])
    whole = made("multichoiceset", answer(100, "a") + answer(100, "b") + answer(0, "c"))
    assert (whole["kind"], whole["credit"]) == ("multiple_choice", "all_or_nothing")


def test_true_and_false() -> None:
    item = made("truefalse", answer(0, "true", "no") + answer(100, "false", "yes"))
    assert item == {
        "kind": "true_false", "prompt": "What?", "correct": False, "feedback_true": "no", "feedback_false": "yes",
    }  # fmt: skip
    assert why(XML, question("truefalse", answer(100, "true"))) == [
        "the item: it does not say whether `true` or `false` is right"
    ]


def test_words() -> None:
    inner = answer(100, "one *two*") + answer(100, "a\\*b", "yes") + answer(0, "*", "no") + "<usecase>1</usecase>"
    found = question("shortanswer", inner)
    assert one(XML, found)["accept"] == ["a*b"]
    assert one(XML, found)["feedback"] == {"correct": "yes", "incorrect": "no"}
    assert why(XML, found) == [
        "the pattern “one *two*”: words are listed here, and none is a pattern",
        "the difference of capitals: small letters and capitals are the same here",
    ]


def test_numbers_and_units() -> None:
    units = "<unitpenalty>0.1</unitpenalty><units>" + "".join(
        f"<unit><multiplier>{factor}</multiplier><unit_name>{name}</unit_name></unit>"
        for factor, name in ((1, "m"), ("0.001", "km"), (0, "x"))
    )
    inner = answer(100, "1500", "ok", "<tolerance>10</tolerance>") + answer(0, "*", "no") + units + "</units>"
    assert made("numerical", inner) == {
        "kind": "numeric", "prompt": "What?", "value": "1500", "tolerance": "10", "unit": "m",
        "units": [{"text": "km", "factor": "1000"}], "feedback": {"correct": "ok", "incorrect": "no"},
    }  # fmt: skip
    assert why(XML, question("numerical", inner)) == ["`unitpenalty`: a wrong unit is a wrong response here"]
    lost = question("numerical", answer(100, "1,5") + answer(50, "x") + "<units><unit><unit_name>m</unit_name></unit></units>")
    assert one(XML, lost)["value"] == "3/2"
    assert why(XML, lost) == [
        "the units: none of them is the one in which the value is given",
        "the response “x” with 50 %: a typed response is right or not",
    ]


def test_rows_and_orders() -> None:
    rows = "".join(
        f"<subquestion><text>{left}</text><answer><text>{right}</text></answer></subquestion>"
        for left, right in (("a", "1"), ("b", "2"), ("", "3"))
    )
    matched = made("matching", rows + "<shuffleanswers>0</shuffleanswers>")
    assert [(pair["text"], pair["choice"]) for pair in matched["pairs"]] == [("a", "1"), ("b", "2")]
    assert ([choice["text"] for choice in matched["choices"]], matched["shuffle"]) == (["1", "2", "3"], False)
    assert made("ddmatch", rows)["kind"] == "matching"
    ordered = question("ordering", "".join(answer(0, text) for text in "abc") + "<gradingtype>ABSOLUTE_POSITION</gradingtype>")
    assert [choice["text"] for choice in one(XML, ordered)["choices"]] == ["a", "b", "c"]
    assert why(XML, ordered) == [
        "the rule ABSOLUTE_POSITION: points are counted here by the pairs that stand in the right order"
    ]


def test_what_learners_write_is_kept_for_them_and_not_graded() -> None:
    found = question(
        "essay", "<graderinfo><text>See</text></graderinfo><defaultgrade>0</defaultgrade><hint><text>H</text></hint>"
    )
    assert made("essay", "") == {"kind": "reflection", "prompt": "What?"}
    assert why(XML, question("essay", "")) == [
        "the mark: nobody grades what is written: the course keeps it for the learner as a reflection"
    ]
    assert why(XML, found) == [
        "`graderinfo`: nobody grades what is written here",
        "the text “H”: what a learner writes for themselves is not graded here",
    ]


def test_embedded_answers() -> None:
    text = (
        "<p>Fill this in.</p><p>In {1:MULTICHOICE:=Lyon#Yes~%50%Paris#Nearly~Rome} live {2:NM:=500000:1000#ok~%0%*#no} on "
        "{:SAC:=hills~=slopes\\~~\\}}, and {1.5:MCS:a~=b} {NM:5}.</p>"
    )
    item = made("cloze", "", text)
    assert (item["prompt"], item["text"]) == (
        "Fill this in.", "In [[gap-1]] live [[gap-2]] on [[gap-3]], and [[gap-4]] {NM:5}.",
    )  # fmt: skip
    lyon, people, hills, b = item["blanks"]
    assert [c.get("correct") for c in lyon.pop("choices")] == [True, None, None]
    assert lyon == {"id": "gap-1", "kind": "choice", "shuffle": False}
    assert people == {
        "id": "gap-2", "kind": "numeric", "points": "2", "value": "500000", "tolerance": "1000",
        "feedback": {"correct": "ok", "incorrect": "no"},
    }  # fmt: skip
    assert (hills["accept"], b["shuffle"], b["points"]) == (["hills", "slopes~"], True, "3/2")
    assert why(XML, question("multianswer", "", text)) == [
        "the weights of the gap `gap-1`: in a gap one choice is right and the others are not",
        "the difference of capitals: small letters and capitals are the same here",
        "the wrong response “}”: wrong responses have one feedback together",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{1:SA:=a", "the item: a gap is not closed with `}`"),
        ("{1:MULTIRESPONSE:=a~b}", "the item: a gap of the kind MULTIRESPONSE is none of ours"),
        ("{1:SA:=a}" * 101, "the item: it has more than 100 gaps"),
        ("No gap", "the item: its text has no gap"),
        ("{1:NM:=x}", "the item: no number earns all the points"),
        ("[[gap-1]] {1:SA:=a}", "text: the blank `gap-1` stands twice in the text"),
    ],
)
def test_what_is_no_gap(text: str, said: str) -> None:
    assert why(XML, question("cloze", "", text))[-1] == said


def test_gaps_to_choose_for() -> None:
    def options(name: str) -> str:
        words = (("cat", 1), ("dog", 1), ("mat", 2), ("hat", 2))
        return "".join(f"<{name}><text>{word}</text><group>{group}</group></{name}>" for word, group in words)

    text = "<p>Choose.</p><p>The [[1]] sat on the [[4]].</p>"
    for kind, name in (("gapselect", "selectoption"), ("ddwtos", "dragbox")):
        blanks = made(kind, options(name), text)["blanks"]
        shown = [[(c["text"], c.get("correct", False)) for c in blank["choices"]] for blank in blanks]
        assert shown == [[("cat", True), ("dog", False)], [("mat", False), ("hat", True)]]
    assert why(XML, question("gapselect", options("selectoption"), "The [[9]].")) == [
        "the item: its gap [[9]] names no choice, or it has more than 100 gaps"
    ]


def dataset(name: str, low: object, high: object, decimals: object = 0, values: tuple[object, ...] = ()) -> str:
    items = "".join(f"<dataset_item><number>1</number><value>{value}</value></dataset_item>" for value in values)
    return (
        f"<dataset_definition><name><text>{name}</text></name><minimum><text>{low}</text></minimum><maximum><text>{high}</text>"
        f"</maximum><decimals><text>{decimals}</text></decimals><dataset_items>{items}</dataset_items></dataset_definition>"
    )


def calculated(formula: str, *datasets: str, kind: str = "1", text: str = "What is {A} × {B b}?") -> str:
    more = f"<tolerance>0.01</tolerance><tolerancetype>{kind}</tolerancetype>"
    inner = answer(100, formula, f"It is {{={formula}}}.", more)
    return question("calculatedsimple", f"{inner}<dataset_definitions>{''.join(datasets)}</dataset_definitions>", text)


def test_numbers_to_calculate() -> None:
    found = calculated("{A} * pow({B b}, 2)", dataset("A", "1.0", "2.0", 1), dataset("B b", 10, 30, 0, (30, 10, 20)))
    item = one(XML, found)
    assert (item["prompt"], item["value"], item["tolerance"]) == ("What is {a} × {b_b}?", "a * ((b_b)^( 2))", "1%")
    assert item["params"] == {"a": {"from": "1", "to": "2", "step": "1/10"}, "b_b": {"from": "10", "to": "30", "step": "10"}}
    assert item["feedback"] == {"correct": "It is {value}."}
    two = calculated("{A}+{B b}", dataset("A", 1, 3), dataset("B b", 1, 1000), kind="2")
    assert (one(XML, two)["tolerance"], why(XML, two)) == (
        "1/100", ["the values of {B b}: they are drawn in steps of 16, so that every set can be tried"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (calculated("{A}"), "the formula uses {A}, which has no values"),
        (
            calculated("{A}*sin(2)", dataset("A", 1, 3)),
            "the formula `{A}*sin(2)` cannot be read here: there is no function `sin`",
        ),
        (calculated("{A}*x", dataset("A", 1, 3)), "the formula uses `x`, which has no values"),
        (calculated("pow {A}", dataset("A", 1, 3)), "the formula has a `pow` without two parts"),
        (calculated("pow({A},2", dataset("A", 1, 3)), "the formula has a `pow` without two parts"),
        (calculated("1" * 501, dataset("A", 1, 3)), "the formula is longer than 500 characters"),
        (calculated("{A}", dataset("A", 3, 1)), "the parameter {A} has no range of values"),
        (calculated("{A}", dataset("A", 1, 3), kind="3"), "its tolerance is neither an amount nor a share"),
        (calculated("1", *(dataset(f"a{n}", 1, 3) for n in range(21))), "it has 21 parameters, and 20 are the most"),
        (question("calculated", ""), "not exactly one formula earns all the points"),
    ],
)
def test_what_cannot_be_calculated(found: str, said: str) -> None:
    assert why(XML, found) == [f"the item: {said}"]


def test_names_of_parameters_are_never_two_of_one() -> None:
    found = calculated("{A}+{a}+{1}", dataset("A", 1, 3), dataset("a", 1, 3), dataset("1", 1, 3), text="{A} {a} {1}")
    assert (one(XML, found)["value"], one(XML, found)["prompt"]) == ("a+ax+p_1", "{a} {ax} {p_1}")


def test_what_is_no_item_is_told() -> None:
    text = (
        "<quiz><question type='category'><category><text>$course$/top</text></category></question>"
        "<question type='description'><questiontext><text>Read</text></questiontext></question>"
        "<question type='random'/><question/><question type='ddmarker'><name><text>D</text></name></question></quiz>"
    )
    found = imported(XML, text)
    assert told(found) == [
        "line 1 dropped", "  the item: it asks nothing: put its text into a lesson",
        "line 1 dropped", "  the item: it draws another item of a category; here a pool does, by a tag",
        "line 1 dropped", "  the item: the course has no kind of item for ``",
        "line 1 dropped", "  the item: the course has no kind of item for `ddmarker`",
    ]  # fmt: skip
    assert [str(change) for change in found.ledger.remarks] == [
        "line 1: the category `$course$/top`: it says nothing about its items"
    ]


def test_settings_of_moodle_are_told_once_for_the_file() -> None:
    inner = "<penalty>0.3333333</penalty><hidden>1</hidden><answernumbering>none</answernumbering>" + answer(100, "true")
    without = question("essay", "<penalty>0.0000000</penalty><penalty>1</penalty>")[6:-7]
    found = imported(XML, f"<quiz>{question('truefalse', inner)[6:-7]}{without * 2}</quiz>")
    assert [str(change) for change in found.ledger.remarks] == [
        "the file: the penalty for another try, in 1 item: nothing here goes by it, so it was left out",
        "the file: whether the item is hidden, in 1 item: nothing here goes by it, so it was left out",
    ]


def test_pictures_come_along_and_what_is_none_is_told() -> None:
    files = f"<file name='pic 1.png' encoding='base64'>{PNG}</file><file name='x.png' encoding='base64'>!</file>"
    files += "<file name='y.png' encoding='raw'>x</file>"
    text = (
        '<p>See <img src="@@PLUGINFILE@@/pic%201.png" alt="A hall"> and <img src="@@PLUGINFILE@@/x.png">'
        '<img src="@@PLUGINFILE@@/y.png" alt="Y"></p>'
        f'<img src="data:image/png;base64,{PNG}"><img src="data:image/png;base64,A">'
    )
    xml = question("essay", "<defaultgrade>0</defaultgrade>", text).replace("</questiontext>", f"{files}</questiontext>")
    found = imported(XML, xml)
    name = "picture-6b7fa434f92a.png"
    assert list(found.media) == [name]
    assert mappings(found)[0]["prompt"] == f"See\n\n![A hall](media/{name})\n\nand Y\n\n![{name}](media/{name})"
    assert why(XML, xml) == [
        "the picture `x.png`: it is not in the file, or none that the course can show, and it has no description",
        "the picture `y.png`: it is not in the file, or none that the course can show; its description was taken",
        "a picture: it has no description: write one in place of its name",
        "a picture: it is not in the file, or none that the course can show, and it has no description",
    ]
    shown = "![A](@@PLUGINFILE@@/pic%201.png 't') ![](@@PLUGINFILE@@/none.png)"
    marked = question("essay", "<defaultgrade>0</defaultgrade>", shown, form="markdown")
    assert one(XML, marked.replace("</questiontext>", f"{files}</questiontext>"))["prompt"] == f"![A](media/{name})"
    choice = question("multichoice", answer(100, "&lt;img src='@@PLUGINFILE@@/x.png' alt='a'&gt;") + answer(0, "b"))
    assert why(XML, choice) == ["the picture `x.png`: a choice holds words only; its description was taken"]


def test_pictures_of_a_dropped_item_stay_out() -> None:
    xml = question("multichoice", "", f'<img src="data:image/png;base64,{PNG}" alt="x">')
    assert imported(XML, xml).media == {}
    webp = "UklGRgAAAABXRUJQ"
    assert list(imported(XML, question("essay", "", f'<img src="data:image/webp;base64,{webp}" alt="x">')).media) == [
        "picture-44e65465e5e8.webp"
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<quiz>", "line 1, column 7: this is not XML: no element found"),
        (b"no", "line 1, column 1: this is not XML: syntax error"),
        (b"<quiz/>", "the file: it holds no element `question` below its root"),
        (b"<quiz>&nbsp;</quiz>", "line 1, column 7: this is not XML: undefined entity"),
    ],
)
def test_what_is_no_file_of_moodle(data: bytes, said: str) -> None:
    with pytest.raises(Refused) as error:
        FORMATS[XML].read(data)
    assert (str(error.value), bool(error.value.hint)) == (said, True)


def test_a_calculated_item_is_written_with_values_that_moodle_can_draw() -> None:
    write = FORMATS[XML].write
    assert write is not None
    params = {"n": {"from": "1", "to": "4"}, "k": {"from": "0", "to": "1", "step": "1/3"}}
    quiz = quiz_of(written("calculated", params=params, value="max(n, -k) ^ 2 - k", tolerance="1%", explanation="{value}"))
    text = write(quiz).text
    assert "<text>(pow(max({n},(-{k})),2)-{k})</text><tolerance>0.01</tolerance><tolerancetype>1</tolerancetype>" in text
    assert "<text>{=(pow(max({n},(-{k})),2)-{k})}</text>" in text
    assert "<value>0.333333333333</value>" in text
    assert FORMATS[XML].read(text.encode()).items == quiz.items
