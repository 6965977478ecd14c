"""Five robots play a quiz as a learner does, through what its page shows and its form sends, and say where a score is wrong.

They know what must come out whatever the quiz: a blank form earns nothing, nor does ticking everything; chance stays between
nothing and all; the key earns all, and still does after a reload.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from .grading import collect, grade, key_of
from .kinds import Cloze, Interaction, Matching, Numeric, Ordering, ShortText, Survey, of
from .kinds.interaction import place
from .kinds.ticking import Ticking
from .model import Fault, ItemView, Quiz, QuizOutcome, Response
from .reading import read, to_mapping
from .variants import draw, instance

_UNREADABLE = "0 1 2 3 4 5 6 7 8 9"  # every digit, and no number
_SEEDS = ("one", "two")
_HINT = "respond to it as a learner would: what the key says must be typed or chosen on the page, and be read as it was meant"

Given = Mapping[str, Response]
Wrong = tuple[str, str]  # the item's id, empty for the whole quiz, and what is wrong in words


def faults(quiz: Quiz) -> Iterator[Fault]:
    """The first wrong score of each item over several attempts, also of items that their pools would leave out."""
    whole = replace(quiz, pools=())
    found = [wrong for each in (whole, quiz) for seed in _SEEDS for wrong in _played(each, seed)]
    first = dict(reversed(found))
    places = {item.id: ("items", n) for n, item in enumerate(quiz.items)}
    for name, text in sorted(first.items(), key=lambda wrong: places.get(wrong[0], ("items", -1))[1]):
        yield Fault(places.get(name, ("items",)), text, _HINT, "robot")


def play(quiz: Quiz, seed: str | int) -> tuple[str, ...]:
    """What is wrong with the scores of the attempt with this seed, in words; nothing when all is well."""
    return tuple(text for _, text in _played(quiz, seed))


def _played(quiz: Quiz, seed: str | int) -> Iterator[Wrong]:
    once, views = instance(quiz, seed), draw(quiz, seed)
    yield from _blank(once)
    yield from _everything(once, views)
    yield from _random(once, views, seed)
    yield from _right(once)
    yield from _reloaded(quiz, views, seed)


def fields_of(item: Interaction, response: Response) -> dict[str, list[str]]:
    """The form in which a page sends this response: what ``collect`` reads."""
    name = f"r.{item.id}"
    if isinstance(item, Ordering):
        return {f"{name}.{choice}": [str(n)] for n, choice in enumerate(response.choices, 1)}
    if isinstance(item, Survey):
        return {name: list(response.choices), f"{name}.other": [response.text]}
    if item.USES == "pairs":
        return {f"{name}.{row}": [value] for row, value in response.pairs}
    return {name: list(response.choices) if item.USES == "choices" else [response.text]}


def _collected(item: Interaction, response: Response) -> tuple[Response, str]:
    return collect(item, fields_of(item, response))


def _blank(quiz: Quiz) -> Iterator[Wrong]:
    sent = {item.id: collect(item, {})[0] for item in quiz.items}
    for outcome in grade(quiz, sent).items:
        if outcome.score.raw or outcome.status != "not_answered":
            yield outcome.item_id, f"`{outcome.item_id}` left blank scores {outcome.score.raw}, and must score 0"


def _everything(quiz: Quiz, views: tuple[ItemView, ...]) -> Iterator[Wrong]:
    """Where not everything can be ticked, lines stay as shown and all rows get the first choice: never full points."""
    sent: dict[str, Response] = {}
    for view in views:
        item = of(quiz.item(view.id))
        sent[item.id] = _collected(item, _all_of(item, view))[0]
    for item, outcome in zip(map(of, quiz.items), grade(quiz, sent).items, strict=True):
        earned = outcome.score.raw
        if isinstance(item, (Ordering, Matching)):
            if earned >= outcome.score.max:
                said = f"`{item.id}` with everything as shown scores {earned}, and must score less than {outcome.score.max}"
                yield item.id, said
        elif earned:
            yield item.id, f"`{item.id}` with everything ticked scores {earned}, and must score 0"


def _all_of(item: Interaction, view: ItemView) -> Response:
    choices = tuple(name for name, _ in view.choices)
    if isinstance(item, Matching):
        return Response(pairs=tuple((row, choices[0]) for row, _ in view.pairs))
    if isinstance(item, Cloze):
        return Response(pairs=tuple((blank.id, _all_words(blank)) for blank in item.blanks))
    return Response(choices=choices, text=_all_words(item))


def _all_words(item: Interaction) -> str:
    """Every accepted word twice, which is none of them; every digit; every choice of a blank at once."""
    if isinstance(item, ShortText):
        return " ".join((*item.accept, *item.accept))
    return _UNREADABLE if isinstance(item, Numeric) else " ".join(choice.id for choice in item.choices)


def _random(quiz: Quiz, views: tuple[ItemView, ...], seed: str | int) -> Iterator[Wrong]:
    sent = {}
    for view in views:
        item = of(quiz.item(view.id))
        sent[item.id] = _collected(item, _by_chance(item, view, seed))[0]
    outcome = grade(quiz, sent)
    for each in outcome.items:
        if not 0 <= each.score.raw <= each.score.max:
            said = f"`{each.item_id}` by chance scores {each.score.raw}, which is not between 0 and {each.score.max}"
            yield each.item_id, said
    if grade(quiz, sent) != outcome:
        yield "", "the same responses score differently when they are graded again"


def _by_chance(item: Interaction, view: ItemView, seed: str | int) -> Response:
    """Every choice, place, row and word is drawn from the seed."""

    def chance(of: int, *what: str) -> int:
        return int.from_bytes(place(seed, "robot", item.id, *what)[:8], "big") % of

    choices = [name for name, _ in view.choices]
    if isinstance(item, Ticking):
        return Response(choices=tuple(name for name in choices if chance(2, name)))
    if isinstance(item, Ordering):
        return Response(choices=tuple(sorted(choices, key=lambda name: chance(2**32, name))))
    if isinstance(item, Matching):
        return Response(pairs=tuple((row, choices[chance(len(choices), row)]) for row, _ in view.pairs))
    if isinstance(item, Cloze):
        lists = {blank.id: [name for name, _ in blank.choices] or [str(chance(100, blank.id))] for blank in view.blanks}
        return Response(pairs=tuple((name, held[chance(len(held), name)]) for name, held in lists.items()))
    return Response(choices=tuple(choices[:1]), text=str(chance(100)))


def _right(quiz: Quiz) -> Iterator[Wrong]:
    sent: dict[str, Response] = {}
    for item in map(of, quiz.items):
        sent[item.id], message = _collected(item, key_of(item))
        if message:
            yield item.id, f"the key of `{item.id}` is asked back: {message}"
    yield from _not_all(grade(quiz, sent), "the key")


def _reloaded(quiz: Quiz, views: tuple[ItemView, ...], seed: str | int) -> Iterator[Wrong]:
    """Quiz and responses are stored and read again, the page is drawn again, and ticks come in the order of the page."""
    if draw(quiz, seed) != views:
        yield "", "the page shows something else after a reload"
    again = read(to_mapping(quiz)).quiz
    if again != quiz:
        yield "", "the quiz is another one after it was stored and read again"
        return
    once, sent = instance(again, seed), {}
    shown = {view.id: [name for name, _ in view.choices] for view in views}
    for item in map(of, once.items):
        key = key_of(item)
        if isinstance(item, Ticking):
            key = Response(choices=tuple(sorted(key.choices, key=shown[item.id].index)))
        sent[item.id] = Response.from_json(_collected(item, key)[0].as_json())
    yield from _not_all(grade(once, sent), "the key after a reload")


def _not_all(outcome: QuizOutcome, what: str) -> Iterator[Wrong]:
    for each in outcome.items:
        if each.score.raw != each.score.max:
            yield each.item_id, f"{what} of `{each.item_id}` scores {each.score.raw}, and must score {each.score.max}"
