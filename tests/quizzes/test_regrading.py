"""A wrong key put right: each rule changes its item only, and once is as good as twice."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import quizzes
from quizzes.model import ItemOutcome, Quiz, Response, Score
from quizzes.regrading import Rule, regrade
from tests.quizzes.drawn import quiz, responses
from tests.quizzes.examples import item_of, quiz_of, whole_quiz, written

QUIZ = quiz_of(written("single_choice", points="2"), written("numeric"), written("survey"))
WRONG = {"first-step": Response(choices=("buy",)), "beds": Response(text="80"), "before": Response(choices=("halls",))}
HINTED = WRONG | {"first-step": Response(choices=("buy",), hints=2)}


def score(rule: Rule, given: dict[str, Response] = WRONG) -> tuple[str, str]:
    found = regrade(QUIZ, quizzes.grade(QUIZ, given), given, rule).score
    return str(found.raw), str(found.max)


BUY = Response(choices=("buy",))


@pytest.mark.parametrize(
    ("rule", "given", "raw", "most"),
    [
        (Rule("first-step", "accept", BUY), WRONG, "2", "3"),
        (Rule("first-step", "accept", BUY), HINTED, "3/2", "3"),
        (Rule("first-step", "accept", Response(choices=("wait",))), WRONG, "0", "3"),
        (Rule("first-step", "accept", BUY), {}, "0", "3"),
        (Rule("beds", "accept", Response(text="80,0 beds")), WRONG, "1", "3"),
        (Rule("first-step", "drop"), WRONG, "0", "1"),
        (Rule("first-step", "drop"), WRONG | {"beds": Response(text="53")}, "1", "1"),
        (Rule("first-step", "full_marks"), HINTED, "2", "3"),
        (Rule("first-step", "full_marks"), {}, "2", "3"),
        (Rule("beds", "new_key", item=item_of("numeric", value="80")), WRONG, "1", "3"),
        (Rule("beds", "new_key", item=item_of("numeric", value="80", points="7")), WRONG, "1", "3"),
        (Rule("beds", "new_key", item=item_of("numeric", value="80")), {"beds": Response(text="53")}, "0", "3"),
        (Rule("unknown", "drop"), WRONG, "0", "3"),
    ],
)
def test_what_an_attempt_earns(rule: Rule, given: dict[str, Response], raw: str, most: str) -> None:
    assert score(rule, given) == (raw, most)


def test_what_is_said_stays_and_a_right_one_is_told_so() -> None:
    before = quizzes.grade(QUIZ, WRONG)
    accepted = regrade(QUIZ, before, WRONG, Rule("first-step", "accept", BUY)).items[0]
    assert (accepted.status, [remark.text for remark in accepted.remarks]) == ("correct", ["A tent has no door.", "Right."])
    full = regrade(QUIZ, before, WRONG, Rule("first-step", "full_marks")).items[0]
    assert full == replace(before.items[0], score=Score(Fraction(2), Fraction(2)))
    assert regrade(QUIZ, before, {}, Rule("beds", "full_marks")).items[0] == before.items[0]


def test_a_dropped_item_stays_in_the_list_and_stays_dropped() -> None:
    before = quizzes.grade(QUIZ, WRONG)
    dropped = regrade(QUIZ, before, WRONG, Rule("beds", "drop"))
    assert [item.item_id for item in dropped.items] == ["first-step", "beds", "before"]
    assert dropped.items[1] == replace(before.items[1], score=Score(Fraction(0), Fraction(0)))
    for rule in (Rule("beds", "full_marks"), Rule("beds", "accept", Response(text="80"))):
        assert regrade(QUIZ, dropped, WRONG, rule) == dropped


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Rule("before", "drop"), "`before` is not graded"),
        (Rule("beds", "accept"), "there is nothing to accept for `beds`"),
        (Rule("beds", "accept", Response(choices=("x",))), "there is nothing to accept for `beds`"),
        (Rule("beds", "new_key"), "a new key for `beds` needs the same item of the kind `numeric`"),
        (
            Rule("beds", "new_key", item=item_of("numeric", id="rooms")),
            "a new key for `beds` needs the same item of the kind `numeric`",
        ),
        (
            Rule("beds", "new_key", item=item_of("short_text", id="beds")),
            "a new key for `beds` needs the same item of the kind `numeric`",
        ),
    ],
)
def test_a_rule_that_makes_no_sense(rule: Rule, message: str) -> None:
    with pytest.raises(ValueError, match="^" + message.replace("`", "[`]") + "$"):
        regrade(QUIZ, quizzes.grade(QUIZ, WRONG), WRONG, rule)


def test_the_last_item_is_not_dropped() -> None:
    one = quiz_of(written("numeric"), written("survey"))
    with pytest.raises(ValueError, match=r"^without `beds` the quiz has nothing left to earn$"):
        regrade(one, quizzes.grade(one, {}), {}, Rule("beds", "drop"))


SAME: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("multiple_choice", {"choices": ["press", "hotels"]}, {"choices": ["hotels", "press"]}, True),
    ("multiple_choice", {"choices": ["press", "hotels"]}, {"choices": ["press"]}, False),
    ("numeric", {"text": "80"}, {"text": "80,0 beds"}, True),
    ("numeric", {"text": "1.500", "numbers": {"": "1500"}}, {"text": "1500"}, True),
    ("numeric", {"text": "1.500", "numbers": {"": "3/2"}}, {"text": "1500"}, False),
    ("numeric", {"text": "many"}, {"text": "few"}, False),
    ("short_text", {"text": "Notice  to quit"}, {"text": "notice to quit"}, True),
    ("short_text", {"text": "notice"}, {"text": "notices"}, False),
    ("ordering", {"choices": ["open", "count", "follow"]}, {"choices": ["open", "count", "follow"]}, True),
    ("ordering", {"choices": ["open", "count", "follow"]}, {"choices": ["open", "follow", "count"]}, False),
    ("matching", {"pairs": {"nurse": "keys", "caretaker": "list"}}, {"pairs": {"caretaker": "list", "nurse": "keys"}}, True),
    ("matching", {"pairs": {"nurse": "keys"}}, {"pairs": {"caretaker": "list", "nurse": "keys"}}, False),
    ("cloze", {"pairs": {"word": "Put  out", "area": "1,5"}}, {"pairs": {"area": "1.5", "word": "put out"}}, True),
    ("cloze", {"pairs": {"word": "put out"}}, {"pairs": {"area": "1.5", "word": "put out"}}, False),
]


@pytest.mark.parametrize(("kind", "given", "accepted", "is_same"), SAME)
def test_accepting_a_response_accepts_what_means_the_same(
    kind: str, given: dict[str, Any], accepted: dict[str, Any], is_same: bool
) -> None:
    quiz = quiz_of(written(kind), written("true_false"))
    item = quiz.items[0]
    held = {item.id: Response.from_json(given)}
    rule = Rule(item.id, "accept", Response.from_json(accepted))
    before = quizzes.grade(quiz, held)
    after = regrade(quiz, before, held, rule)
    assert (after.items[0].status == "correct", after == before) == (is_same, not is_same)


def test_the_new_key_of_a_calculated_item_is_that_of_the_attempt() -> None:
    old, new = whole_quiz(), quiz_of(written("calculated", value="n × k"))
    once, better = quizzes.instance(old, "a"), quizzes.instance(new, "a").item("people")
    held = {"people": quizzes.key_of(better)}
    before = quizzes.grade(once, held)
    after = regrade(once, before, held, Rule("people", "new_key", item=better))
    assert (before.score.raw, after.score.raw, after.score.max) == (Fraction(0), Fraction(1), before.score.max)


@given(quiz(), responses, st.data())
def test_the_same_key_changes_nothing_and_twice_is_once(quiz: Quiz, response: Response, data: st.DataObject) -> None:
    held = {item.id: response for item in quiz.items}
    before = quizzes.grade(quiz, held)
    item = data.draw(st.sampled_from([item for item in quiz.items if item.points]))
    assert regrade(quiz, before, held, Rule(item.id, "new_key", item=item)) == before
    given_rules = [Rule(item.id, "drop"), Rule(item.id, "full_marks")]
    accepting = [] if quizzes.grade_item(item, response).status == "not_answered" else [Rule(item.id, "accept", response)]
    for rule in given_rules + accepting:
        once = regrade(quiz, before, held, rule)
        assert regrade(quiz, once, held, rule) == once
        assert 0 <= once.score.raw <= once.score.max <= before.score.max
        assert rule.action == "drop" or (once.score.raw >= before.score.raw and once.score.max == before.score.max)
        assert others(once.items, item.id) == others(before.items, item.id)


def others(outcomes: tuple[ItemOutcome, ...], item_id: str) -> list[ItemOutcome]:
    return [outcome for outcome in outcomes if outcome.item_id != item_id]
