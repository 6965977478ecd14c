"""Moodle's formulas of calculated items ↔ ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .. import formula
from ..numbers import show
from .asked import Unfit
from .ids import slug

MOST_PARAMS = 20
_PARAM = re.compile(r"\{\s*([^{}]{1,80}?)\s*\}")
_RANK = {"+": 1, "-": 1, "×": 2, "÷": 2}
_SIGN = {"×": "*", "÷": "/"}


def taken_names(names: Sequence[str]) -> dict[str, str]:
    """Their names of parameters → ones that a formula of ours can hold."""
    if len(names) > MOST_PARAMS:
        raise Unfit(f"it has {len(names)} parameters, and {MOST_PARAMS} are the most")
    used = {"value", *formula.FUNCTIONS}
    found: dict[str, str] = {}
    for name in names:
        new = _name(name)
        while new in used:
            new += "x"
        used.add(new)
        found[name] = new
    return found


def _name(name: str) -> str:
    flat = slug(name).replace("-", "_")
    return flat if formula.NAME.fullmatch(flat) else f"p_{flat}".rstrip("_")


def take_formula(text: str, names: Mapping[str, str]) -> str:
    """`{a}*pow({b},2)` → `a×(b)^(2)`. Raises Unfit for what the small language does not have."""

    def put(found: re.Match[str]) -> str:
        if found[1] not in names:
            raise Unfit(f"the formula uses {{{found[1]}}}, which has no values")
        return names[found[1]]

    plain = _PARAM.sub(put, text.strip().removeprefix("=")).replace("**", "^").lower()
    if len(plain) > formula.LONGEST:
        raise Unfit(f"the formula is longer than {formula.LONGEST} characters")
    raised = _powers(plain)
    try:
        tree = formula.parse(raised)
    except formula.Wrong as wrong:
        raise Unfit(f"the formula `{text[:80]}` cannot be read here: {wrong}") from None
    unknown = sorted(formula.names_in(tree) - set(names.values()))
    if unknown:
        raise Unfit(f"the formula uses `{unknown[0]}`, which has no values")
    return raised


def _powers(text: str) -> str:
    """Writes `pow(a, b)` as `((a)^(b))`, from the inside out."""
    while "pow" in text:
        start = text.rindex("pow")
        begin, depth, comma, end = text.find("(", start), 0, -1, -1
        for at in range(begin, len(text)) if begin >= 0 else ():
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            if text[at] == "," and depth == 1:
                comma = at
            if depth == 0:
                end = at
                break
        if text[start + 3 : max(begin, 0)].strip() or comma < 0 or end < 0:
            raise Unfit("the formula has a `pow` without two parts")
        text = f"{text[:start]}(({text[begin + 1 : comma]})^({text[comma + 1 : end]})){text[end + 1 :]}"
    return text


def write_formula(node: formula.Node) -> str:
    """A formula of ours as Moodle writes it."""
    if node.what == "number":
        return show(node.number)
    if node.what.startswith("$"):
        return f"{{{node.what[1:]}}}"
    parts = [write_formula(part) for part in node.parts]
    if node.what == "negative":
        return f"(-{parts[0]})"
    if node.what == "^":
        return f"pow({parts[0]},{parts[1]})"
    if node.what in _RANK:
        return f"({parts[0]}{_SIGN.get(node.what, node.what)}{parts[1]})"
    return f"{node.what}({','.join(parts)})"
