"""An item as Moodle thinks of it → a mapping of our own, with everything that could not come through as it was.

Nothing is guessed for or against the learner: where a rule of theirs has no equal here, the ledger says so, and where the key
would be another one, the item is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from ..numbers import is_finite, show
from ..texts import normalise
from .asked import MOST_ANSWERS, Answer, Asked, Dataset, Said, Unfit
from .formulas import take_formula, taken_names
from .ids import slug, unique
from .ledger import Change
from .markup import Pictures, to_line, to_markdown, to_plain

MOST_VALUES = 10_000  # sets of parameters of a calculated item, as the course reads them
_ORDER_CREDITS: Mapping[str, str] = MappingProxyType(
    {
        "ALL_OR_NOTHING": "all_or_nothing",
        "RELATIVE_NEXT_EXCLUDE_LAST": "adjacent_pairs",
        "RELATIVE": "adjacent_pairs",
        "REL": "adjacent_pairs",
        "LONGEST_CONTIGUOUS_SUBSET": "longest_run",
        "RELATIVE_ALL_PREVIOUS_AND_NEXT": "pairs",
    }
)
Own = dict[str, Any]
_BRACED = re.compile(r"\{([^{}]{1,80})\}")


@dataclass(slots=True)
class Taken:
    """One item on its way: what was changed gathers in ``changes``."""

    asked: Asked
    pictures: Pictures
    changes: list[Change] = field(default_factory=list)

    def note(self, what: str, why: str) -> None:
        self.changes.append(Change(self.asked.place, what, why))

    def block(self, said: Said) -> str:
        return to_markdown(said, self.pictures, self.note)

    def line(self, said: Said) -> str:
        return to_line(said, self.note)

    def with_text(self, key: str, said: Said) -> Own:
        text = self.block(said)
        return {key: text} if text else {}

    def leave(self, said: Said, what: str, why: str) -> None:
        """Notes a text that has no place here, where there is one."""
        if said.text.strip():
            self.note(f"{what} “{_short(to_plain(said))}”", why)


def take(asked: Asked, pictures: Pictures) -> tuple[dict[str, Any], list[Change]]:
    """Raises Unfit for an item that cannot become one of ours."""
    if max(len(asked.answers), len(asked.rows), len(asked.hints)) > MOST_ANSWERS:
        raise Unfit(f"it has more than {MOST_ANSWERS} answers")
    taken = Taken(asked, pictures)
    for what, why in asked.left_out:
        taken.note(what, why)
    if asked.unfit:
        raise Unfit(asked.unfit)
    make = _KINDS.get(asked.kind)
    if make is None:
        raise Unfit(_NO_ITEMS.get(asked.kind, f"the course has no kind of item for `{asked.kind[:60]}`"))
    prompt = taken.block(asked.text)
    if not prompt:
        raise Unfit("it has no text")
    own = make(taken)
    mapping = {"id": asked.id, "kind": own.pop("kind"), "prompt": own.pop("prompt", prompt)} | own
    if mapping["kind"] != "reflection":
        mapping = _graded(taken, mapping)
    mapping |= taken.with_text("explanation", taken.asked.general)
    if asked.tags:
        mapping["tags"] = list(asked.tags)
    return mapping, taken.changes


def _graded(taken: Taken, mapping: Own) -> Own:
    asked = taken.asked  # a calculated item has its texts with our names by now
    if asked.points <= 0:
        taken.note("the mark 0", "an item earns something here, so that it counts 1")
    elif asked.points != 1:
        mapping["points"] = str(asked.points)
    feedback = dict(mapping.pop("feedback", {}))
    for outcome in ("correct", "partial", "incorrect"):
        said: Said = getattr(asked, outcome)
        text = taken.block(said)
        if text and outcome in feedback and feedback[outcome] != text:
            taken.leave(said, "the feedback", "the item has another one for the same outcome")
        elif text:
            feedback[outcome] = text
    if feedback:
        mapping["feedback"] = feedback
    hints = [text for said in asked.hints if (text := taken.block(said))]
    return mapping | ({"hints": hints} if hints else {})


def _choices(taken: Taken, answers: tuple[Answer, ...]) -> list[Own]:
    found: list[Own] = []
    names: set[str] = set()
    for answer in answers:
        text = taken.line(answer.text)
        if not text:
            raise Unfit("a choice has no words: a picture alone is no choice here")
        name = unique(slug(to_plain(answer.text)) or "choice", names)
        found.append({"id": name, "text": text} | taken.with_text("feedback", answer.feedback))
    return found


def _multichoice(taken: Taken) -> Own:
    answers = taken.asked.answers
    choices = _choices(taken, answers)
    rules = _single(answers) if taken.asked.is_single else _several(taken, answers)
    credit = rules[0]
    for choice, share in zip(choices, rules[1], strict=True):
        if credit != "weights" and share:
            choice["correct"] = True
        elif credit == "weights" and share:
            choice["weight"] = str(share)
    kind = "single_choice" if taken.asked.is_single else "multiple_choice"
    shuffle = {} if taken.asked.is_shuffled else {"shuffle": False}
    default = "all_or_nothing" if taken.asked.is_single else "net_correct"
    return {"kind": kind} | ({"credit": credit} if credit != default else {}) | {"choices": choices} | shuffle


def _single(answers: tuple[Answer, ...]) -> tuple[str, list[Fraction]]:
    shares = [answer.share for answer in answers]
    right = sum(share == 1 for share in shares)
    if right > 1:
        raise Unfit(f"{right} choices are each fully right, and here one is")
    if not right:
        raise Unfit("no choice earns all the points, so that nobody could")
    is_plain = all(share in (0, 1) for share in shares)
    return "all_or_nothing" if is_plain else "weights", shares


def _several(taken: Taken, answers: tuple[Answer, ...]) -> tuple[str, list[Fraction]]:
    """Moodle adds up what each choice earns or takes; ours are told from how they do."""
    shares = [answer.share for answer in answers]
    right = [share for share in shares if share > 0]
    if not right:
        raise Unfit("no choice earns points, so that nobody could")
    if taken.asked.is_all_or_nothing:
        return "all_or_nothing", [Fraction(share > 0) for share in shares]
    wrong = {share for share in shares if share <= 0}
    if set(right) == {Fraction(1, len(right))} and wrong == {-Fraction(1, len(right))}:
        return "net_correct", [Fraction(share > 0) for share in shares]
    if sum(right) != 1:
        raise Unfit(f"the right choices add up to {show(sum(right, Fraction(0)) * 100)} %, and must to 100 %")
    return "weights", shares


def _truefalse(taken: Taken) -> Own:
    by_word = {to_plain(answer.text).lower(): answer for answer in taken.asked.answers}
    if set(by_word) != {"true", "false"} or sum(answer.share == 1 for answer in by_word.values()) != 1:
        raise Unfit("it does not say whether `true` or `false` is right")
    feedback = {f"feedback_{word}": text for word in ("true", "false") if (text := taken.block(by_word[word].feedback))}
    return {"kind": "true_false", "correct": by_word["true"].share == 1} | feedback


def _said_by(taken: Taken, right: list[Answer], others: list[Answer]) -> Own:
    """What a typed item says: one text for right, one for everything else."""
    texts = {taken.block(answer.feedback): answer.feedback for answer in right if answer.feedback.text.strip()}
    for said in list(texts.values())[1:]:
        taken.leave(said, "the feedback", "a typed item says one thing to every right response")
    feedback = {"correct": next(iter(texts))} if texts else {}
    for answer in others:
        if answer.is_anything and answer.share <= 0:
            feedback |= {"incorrect": text} if (text := taken.block(answer.feedback)) else {}
        elif answer.share > 0:
            share = show(answer.share * 100) if is_finite(answer.share) else "a part"
            taken.note(f"the response “{_short(to_plain(answer.text))}” with {share} %", "a typed response is right or not")
        else:
            taken.note(f"the wrong response “{_short(to_plain(answer.text))}”", "wrong responses have one feedback together")
    return {"feedback": feedback} if feedback else {}


def _shortanswer(taken: Taken) -> Own:
    right = [answer for answer in taken.asked.answers if answer.share == 1]
    if any(answer.is_anything for answer in right):
        raise Unfit("every response is right, which asks nothing")
    accept: dict[str, str] = {}
    for answer in right:
        text = to_plain(answer.text)
        if "*" in text.replace("\\*", ""):
            taken.note(f"the pattern “{_short(text)}”", "words are listed here, and none is a pattern")
            continue
        word = text.replace("\\*", "*")
        if accept.setdefault(normalise(word), word) != word:
            taken.note(f"the response “{_short(word)}”", f"it is the same as “{_short(accept[normalise(word)])}” here")
    if not accept:
        raise Unfit("no response is left that earns all the points")
    if taken.asked.is_case_kept:
        taken.note("the difference of capitals", "small letters and capitals are the same here")
    others = [answer for answer in taken.asked.answers if answer.share != 1]
    return {"kind": "short_text", "accept": list(accept.values())} | _said_by(taken, right, others)


def _numerical(taken: Taken) -> Own:
    right = [answer for answer in taken.asked.answers if answer.share == 1 and answer.low is not None]
    if not right:
        raise Unfit("no number earns all the points")
    low, high = _together(right)
    if low == high:
        key: Own = {"value": str(low)}
    elif (middle := (low + high) / 2) == _middle(right[0]) and not taken.asked.grading:
        key = {"value": str(middle), "tolerance": str(high - middle)}
    else:
        key = {"range": [str(low), str(high)]}
    units = _units(taken)
    others = [answer for answer in taken.asked.answers if answer not in right]
    return {"kind": "numeric"} | key | units | _said_by(taken, right, others)


def _middle(answer: Answer) -> Fraction:
    assert answer.low is not None
    assert answer.high is not None
    return (answer.low + answer.high) / 2


def _together(answers: list[Answer]) -> tuple[Fraction, Fraction]:
    """The one stretch of numbers that all of them make. Raises Unfit where there is a gap between them."""
    ends = sorted((answer.low, answer.high) for answer in answers if answer.low is not None and answer.high is not None)
    low, high = ends[0]
    for start, end in ends[1:]:
        if start > high:
            raise Unfit("several numbers are right with others between them that are not; here one stretch of numbers is")
        high = max(high, end)
    return low, high


def _units(taken: Taken) -> Own:
    """A multiplier says how many of a unit the value is; ours says how many of its own unit make one."""
    units = [(name.strip(), factor) for name, factor in taken.asked.units if name.strip()]
    own = next((name for name, factor in units if factor == 1), "")
    if units and not own:
        taken.note("the units", "none of them is the one in which the value is given")
        return {}
    others = [{"text": name, "factor": str(1 / factor)} for name, factor in units if name != own and factor > 0]
    return ({"unit": own} if own else {}) | ({"units": others} if others else {})


def _matching(taken: Taken) -> Own:
    choices: dict[str, Own] = {}
    pairs: list[Own] = []
    names: set[str] = set()
    rows: set[str] = set()
    for left, right in taken.asked.rows:
        text, row = taken.line(right), taken.line(left)
        if not text:
            raise Unfit(f"“{_short(row)}” has nothing that it belongs to")
        if text not in choices:
            choices[text] = {"id": unique(slug(to_plain(right)) or "choice", names), "text": text}
        if row:
            name = unique(slug(to_plain(left)) or "row", rows)
            pairs.append({"id": name, "text": row, "choice": choices[text]["id"]})
    shuffle = {} if taken.asked.is_shuffled else {"shuffle": False}
    credit = {"credit": "all_or_nothing"} if taken.asked.is_all_or_nothing else {}
    return {"kind": "matching"} | credit | {"choices": list(choices.values()), "pairs": pairs} | shuffle


def _ordering(taken: Taken) -> Own:
    grading = taken.asked.grading.upper()
    credit = _ORDER_CREDITS.get(grading, "pairs")
    if grading and grading not in _ORDER_CREDITS:
        taken.note(f"the rule {grading[:60]}", "points are counted here by the pairs that stand in the right order")
    own: Own = {"kind": "ordering", "choices": _choices(taken, taken.asked.answers)}
    return own | ({"credit": credit} if credit != "pairs" else {})


def _essay(taken: Taken) -> Own:
    for said in (taken.asked.correct, taken.asked.partial, taken.asked.incorrect, *taken.asked.hints):
        taken.leave(said, "the text", "what a learner writes for themselves is not graded here")
    if taken.asked.points > 0:
        taken.note("the mark", "nobody grades what is written: the course keeps it for the learner as a reflection")
    return {"kind": "reflection"}


def _cloze(taken: Taken) -> Own:
    text = taken.block(taken.asked.text)
    for blank in taken.asked.blanks:  # a place for a blank is no mark of Markdown
        text = text.replace(f"\\[\\[{blank.id}\\]\\]", f"[[{blank.id}]]")
    prompt, _, rest = text.partition("\n\n")
    if "[[" in prompt or not rest:
        prompt, rest = "Fill in the gaps.", text
        taken.note("the prompt", "a text with gaps has one here, and this had none: “Fill in the gaps.” was put in")
    blanks = [_blank(taken, blank.id, blank.asked) for blank in taken.asked.blanks]
    if not blanks:
        raise Unfit("its text has no gap")
    return {"kind": "cloze", "prompt": prompt, "text": rest, "blanks": blanks}


def _blank(taken: Taken, name: str, asked: Asked) -> Own:
    inner = Taken(asked, taken.pictures, taken.changes)
    if asked.kind == "multichoice":
        own = _multichoice(inner)
        if own.pop("credit", None):
            taken.note(f"the weights of the gap `{name}`", "in a gap one choice is right and the others are not")
            for choice in own["choices"]:
                choice.pop("weight", None)
            next(c for c, a in zip(own["choices"], asked.answers, strict=True) if a.share == 1)["correct"] = True
        own["kind"] = "choice"
    else:
        own = _numerical(inner) if asked.kind == "numerical" else _shortanswer(inner)
    points = {"points": str(asked.points)} if asked.points != 1 else {}
    return {"id": name, "kind": own.pop("kind")} | points | own


def _calculated(taken: Taken) -> Own:
    right = [answer for answer in taken.asked.answers if answer.share == 1]
    if len(right) != 1:
        raise Unfit("not exactly one formula earns all the points")
    names = taken_names([dataset.name for dataset in taken.asked.datasets])
    value, around = right[0].text.text.strip(), right[0].high or Fraction(0)
    taken.asked = asked = _with_names(taken.asked, value, names)
    shown = {"tolerance": f"{around * 100}%" if asked.is_relative else str(around)} if around else {}
    params = {names[data.name]: _param(taken, data) for data in asked.datasets}
    own = {"kind": "calculated", "params": params, "value": take_formula(value, names)} | shown | _units(taken)
    first, *others = sorted(asked.answers, key=lambda answer: answer.share != 1)
    return own | _said_by(taken, [first], others) | {"prompt": taken.block(asked.text)}


def _param(taken: Taken, data: Dataset) -> Own:
    """Its values, in steps so large that every set of values can be tried."""
    most = int(MOST_VALUES ** (1 / len(taken.asked.datasets)))
    step = data.step
    while (data.high - data.low) / step >= most:
        step *= 2
    if step != data.step:
        taken.note(f"the values of {{{data.name}}}", f"they are drawn in steps of {show(step)}, so that every set can be tried")
    return {"from": str(data.low), "to": str(data.high), "step": str(step)}


def _with_names(asked: Asked, value: str, names: Mapping[str, str]) -> Asked:
    """Every text with our names of the parameters, and `{value}` where the formula of the right value stands."""

    def put(said: Said) -> Said:
        text = said.text.replace(f"{{={value}}}", "{value}")
        return replace(said, text=_BRACED.sub(lambda found: f"{{{names.get(found[1], found[1])}}}", text))

    answers = tuple(replace(answer, feedback=put(answer.feedback)) for answer in asked.answers)
    return replace(
        asked,
        text=put(asked.text),
        general=put(asked.general),
        correct=put(asked.correct),
        partial=put(asked.partial),
        incorrect=put(asked.incorrect),
        answers=answers,
        hints=tuple(map(put, asked.hints)),
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


_KINDS: Mapping[str, Callable[[Taken], Own]] = MappingProxyType(
    {
        "multichoice": _multichoice,
        "truefalse": _truefalse,
        "shortanswer": _shortanswer,
        "numerical": _numerical,
        "matching": _matching,
        "ordering": _ordering,
        "essay": _essay,
        "cloze": _cloze,
        "calculated": _calculated,
    }
)
_NO_ITEMS: Mapping[str, str] = MappingProxyType(
    {
        "description": "it asks nothing: put its text into a lesson",
        "random": "it draws another item of a category; here a pool does, by a tag",
        "randomsamatch": "it is made of other items of a category when it is shown",
    }
)
