"""A response in one line, as a person writes it in a command or a form, and back.

The forms: choice ids with commas between them (`hotels, nurses`; for ordering in their order), what belongs to each row or
blank with semicolons between them (`caretaker=keys; nurse=list`), and for typed items the text as it is (`1.5`).
"""

from __future__ import annotations

from collections import Counter

from .grading import collect
from .kinds import Cloze, Interaction, Ordering, of
from .kinds.interaction import Fields
from .model import Item, Response


def response_of(item: Item, text: str) -> tuple[Response, str]:
    """The response that the line says, and what is wrong with it, else empty: an unknown id, or a number of two meanings."""
    kind = of(item)
    fields: Fields = {f"r.{item.id}": [text.strip()]}
    wrong = ""
    if kind.USES == "pairs":
        pairs = [_pair(part) for part in text.split(";") if part.strip()]
        wrong = _unknown_pairs(kind, pairs) or _twice([name for name, _ in pairs])
        fields = {f"r.{item.id}.{name}": [value] for name, value in pairs}
    elif kind.USES == "choices":
        names = [name.strip() for name in text.split(",") if name.strip()]
        wrong = _unknown(names, [choice.id for choice in kind.choices]) or _twice(names)
        fields = _ticked(kind, names)
    response, message = collect(item, fields)
    if wrong or message:
        return response, wrong or message
    return response, "" if not kind.known(response).is_blank else "Write the response."


def line_of(item: Item, response: Response) -> str:
    """The line from which ``response_of`` gives the response again."""
    kind = of(item)
    if kind.USES == "pairs":
        return "; ".join(f"{name}={value}" for name, value in response.pairs)
    return ", ".join(response.choices) if kind.USES == "choices" else response.text


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.strip(), value.strip()


def _ticked(kind: Interaction, names: list[str]) -> Fields:
    if isinstance(kind, Ordering):
        return {f"r.{kind.id}.{name}": [str(place)] for place, name in enumerate(names, 1)}
    return {f"r.{kind.id}": names}


def _unknown_pairs(kind: Interaction, pairs: list[tuple[str, str]]) -> str:
    if isinstance(kind, Cloze):
        return _unknown([name for name, _ in pairs], [blank.id for blank in kind.blanks])
    rows = _unknown([name for name, _ in pairs], [pair.id for pair in kind.pairs])
    return rows or _unknown([value for _, value in pairs], [choice.id for choice in kind.choices])


def _unknown(names: list[str], known: list[str]) -> str:
    other = next((name for name in names if name not in known), None)
    return "" if other is None else f"There is no `{other}` in this item; there are {', '.join(known)}."


def _twice(names: list[str]) -> str:
    double = next((name for name, times in Counter(names).items() if times > 1), None)
    return "" if double is None else f"`{double}` stands there twice."
