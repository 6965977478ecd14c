"""A quiz as written (a mapping, as YAML gives it) → the quiz and every fault; and back. Nothing here raises for a fault."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction
from typing import Any, cast, get_args

from .entry import SOURCE_KEYS, Entry, meant
from .kinds import KINDS, Interaction, of
from .kinds.interaction import check_ids, read_feedback, read_points, write_feedback
from .model import Counts, Fault, Feedback, Hint, Quiz, Read, Review
from .together import check_distances, read_pools


def read(mapping: object, lessons: Collection[str] | None = None) -> Read:
    """Reads a quiz. ``lessons`` are the ids that `review_lesson` may name; None leaves them unchecked.

    Texts are trimmed. Scalars may be strings, as a strict YAML loader gives them, whole numbers or truth values.
    """
    faults: list[Fault] = []
    entry = Entry({}, (), faults).within(mapping, ())
    if entry is None:
        return Read(None, tuple(faults))
    found = [(each, _read_item(each, lessons)) for each in entry.entries("items", required=True)]
    check_ids([(each, item) for each, item in found if item])
    quiz = Quiz(
        items=tuple(item for _, item in found if item),
        attempts=entry.whole("attempts", 0),
        wait_minutes=entry.whole("wait_minutes", 0),
        counts=cast(Counts, entry.option("counts", get_args(Counts), "best")),
        shuffle=entry.flag("shuffle", True),
        review=cast(Review, entry.option("review", get_args(Review), "after_attempt")),
        time_limit_minutes=entry.whole("time_limit_minutes", 0),
        pools=read_pools(entry, [item for _, item in found if item]),
    )
    check_distances([(each, item) for each, item in found if item])
    if quiz.review == "no_attempts_left" and not quiz.attempts:
        entry.fault(
            "conflict",
            "the key would never be shown: attempts have no limit",
            "limit `attempts`, or change `review`",
            at=("review",),
        )
    entry.close()
    return Read(None if faults else quiz, tuple(faults))


def translate(quiz: Quiz, mapping: object) -> Read:
    """The quiz with the texts of a translation; where one is missing, the text of ``quiz`` stays.

    Items, choices and pairs are found by id, hints by their order. A key, points or rules in a translation are faults.
    """
    faults: list[Fault] = []
    entry = Entry({}, (), faults).within(mapping, ())
    if entry is None:
        return Read(None, tuple(faults))
    items = {item.id: of(item) for item in quiz.items}
    seen: set[str] = set()
    for each in entry.entries("items"):
        name = each.id()
        if name in seen:
            each.fault("duplicate-id", f"`{name}` stands here twice", "leave one of them", at=("id",))
        elif name in items:
            items[name] = _translate_item(items[name], each)
        elif name:
            each.fault("unknown-id", f"the quiz has no item `{name}`", meant(name, items), at=("id",))
        seen.add(name)
    entry.close(SOURCE_KEYS)
    return Read(None if faults else replace(quiz, items=tuple(items.values())), tuple(faults))


def to_mapping(quiz: Quiz) -> dict[str, Any]:
    """Strings, lists, mappings and truth values only, as JSON and YAML take them; ``read`` gives the same quiz again.

    For a quiz as written: what ``instance`` drew for an attempt is drawn again from its seed, never stored.
    """
    pools = [{"tag": pool.tag, "draw": str(pool.draw)} for pool in quiz.pools]
    limit = {"time_limit_minutes": str(quiz.time_limit_minutes)} if quiz.time_limit_minutes else {}
    return {
        "attempts": str(quiz.attempts),
        "wait_minutes": str(quiz.wait_minutes),
        "counts": quiz.counts,
        "shuffle": quiz.shuffle,
        "review": quiz.review,
        **limit,
        **({"pools": pools} if pools else {}),
        "items": [_item_mapping(of(item)) for item in quiz.items],
    }


def _read_item(entry: Entry, lessons: Collection[str] | None) -> Interaction | None:
    """None where the kind is not known, since then nobody can say what else the item needs."""
    name = entry.text("kind", required=True)
    kind = KINDS.get(name)
    if kind is None:
        entry.id()
        if name:
            entry.fault("unknown-kind", f"there is no kind `{name}`", meant(name, KINDS), at=("kind",))
        return None
    item = kind.read(entry, _common(entry, name, kind, lessons))
    item.validate(entry)
    entry.close()
    return item


def _common(entry: Entry, name: str, kind: type[Interaction], lessons: Collection[str] | None) -> dict[str, Any]:
    lesson = entry.text("review_lesson")
    if lesson and lessons is not None and lesson not in lessons:
        entry.fault("unknown-lesson", f"the module has no lesson `{lesson}`", meant(lesson, lessons), at=("review_lesson",))
    common = {
        "id": entry.id(),
        "kind": name,
        "prompt": entry.text("prompt", required=True),
        "explanation": entry.text("explanation"),
        "review_lesson": lesson,
        "tags": entry.texts("tags"),
    }
    rules = list(kind.CREDITS)
    if not kind.IS_GRADED:
        _nothing_to_earn(entry, name)
        return common | {"points": Fraction(0), "credit": rules[0]}
    return common | {
        "points": read_points(entry),
        "credit": entry.option("credit", rules, rules[0]),
        "feedback": read_feedback(entry.sub("feedback"), Feedback()),
        "hints": tuple(_read_hint(entry, n, given) for n, given in enumerate(entry.list("hints"))),
    }


def _nothing_to_earn(entry: Entry, kind: str) -> None:
    for key in ("points", "credit", "feedback", "hints"):
        if key in entry:
            entry.value(key)
            entry.fault("not-graded", f"a {kind} is not graded, so `{key}` means nothing", f"take `{key}` out", at=(key,))


def _read_hint(entry: Entry, n: int, given: object) -> Hint:
    """A hint is a text, or a text with what it costs."""
    hint = entry.within({"text": given} if isinstance(given, str) else given, ("hints", n))
    if hint is None:
        return Hint("")
    text, cost = hint.text("text", required=True), hint.number("cost", Fraction(0))
    if cost is not None and not 0 <= cost <= 1:
        hint.fault("not-a-number", "`cost` is a share of the points, from 0 to 1", "for example `cost: 1/4`", at=("cost",))
    hint.close()
    return Hint(text, cost or Fraction(0))


def _translate_item(item: Interaction, entry: Entry) -> Interaction:
    hints = entry.list("hints")
    if len(hints) > len(item.hints):
        entry.fault(
            "wrong-count",
            f"the item has {len(item.hints)} hints, and {len(hints)} are translated",
            "translate them in the order of quiz.yaml",
            at=("hints",),
        )
    translated = replace(
        item.translate(entry),
        prompt=entry.text("prompt", item.prompt),
        explanation=entry.text("explanation", item.explanation),
        feedback=read_feedback(entry.sub("feedback"), item.feedback),
        hints=(
            *(_translate_hint(entry, n, given, hint) for n, (given, hint) in enumerate(zip(hints, item.hints, strict=False))),
            *item.hints[len(hints) :],
        ),
    )
    entry.close(SOURCE_KEYS)
    return translated


def _translate_hint(entry: Entry, n: int, given: object, hint: Hint) -> Hint:
    found = entry.within({"text": given} if isinstance(given, str) else given, ("hints", n))
    if found is None:
        return hint
    text = found.text("text", hint.text)
    found.close(SOURCE_KEYS)
    return Hint(text, hint.cost)


def _item_mapping(item: Interaction) -> dict[str, Any]:
    always: dict[str, Any] = {"id": item.id, "kind": item.kind, "prompt": item.prompt}
    earned = {"points": str(item.points), "credit": item.credit} if item.IS_GRADED else {}
    sometimes = {
        "feedback": write_feedback(item.feedback),
        "explanation": item.explanation,
        "review_lesson": item.review_lesson,
        "hints": [{"text": hint.text, "cost": str(hint.cost)} for hint in item.hints],
        "tags": list(item.tags),
    }
    return always | earned | item.own() | {key: value for key, value in sometimes.items() if value}
