"""What the kinds share in which a learner ticks choices: single_choice, multiple_choice and true_false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from .. import credit
from ..entry import Entry
from ..model import Choice, Remark, Response
from .interaction import Fields, Interaction, Judgement, check_enough


@dataclass(frozen=True, slots=True)
class Ticking(Interaction):
    """The key is the set of choices that are ``correct``."""

    USES: ClassVar[Literal["choices", "text", "pairs"]] = "choices"

    def judge(self, response: Response, locale: str | None = None) -> Judgement:
        ticked, right = set(response.choices), {choice.id for choice in self.choices if choice.correct}
        remarks = tuple(Remark(c.id, c.feedback, _is_right(c)) for c in self.choices if c.id in ticked)
        if self.credit == "weights":
            weights = {choice.id: choice.weight for choice in self.choices}
            return Judgement(credit.weights(ticked, weights), remarks)
        return Judgement(credit.ticks(self.credit, ticked, right, len(self.choices)), remarks)

    def key(self) -> Response:
        return Response(choices=tuple(choice.id for choice in self.choices if choice.correct))

    def describe_key(self) -> tuple[str, ...]:
        return tuple(choice.text for choice in self.choices if choice.correct)

    def collect(self, fields: Fields, locale: str | None = None) -> tuple[Response, str]:
        return self.known(Response(choices=tuple(fields.get(f"r.{self.id}", ())))), ""

    def check_key(self, entry: Entry, *, most: int) -> None:
        """There must be two choices or more, one that is right, at most ``most`` of them, and one that is not."""
        check_enough(entry, "choices", self.choices, 2)
        right = [choice.id for choice in self.choices if choice.correct]
        is_weighed = self.credit == "weights"
        if len(self.choices) < 2:
            return
        if not right:
            hint = "give the right one `weight: 1`" if is_weighed else "add `correct: true` to the right one"
            entry.fault("no-key", "no choice is correct", hint, at=("choices",))
        elif len(right) == len(self.choices):
            message = "every choice is correct, so nothing is asked"
            entry.fault("no-wrong-choice", message, "add a choice that is not", at=("choices",))
        elif len(right) > most:
            entry.fault(
                "several-keys",
                f"{len(right)} choices are correct: {', '.join(f'`{each}`' for each in right)}",
                "leave one, or write `kind: multiple_choice`",
                at=("choices",),
            )
        elif is_weighed and (total := sum(choice.weight for choice in self.choices if choice.correct)) != 1:
            message = f"the weights of the right choices add up to {total}, and must to 1"
            entry.fault("wrong-weights", message, "for example two choices with `weight: 1/2`", at=("choices",))


def _is_right(choice: Choice) -> bool | None:
    """None for a choice that is no key and still earns a part."""
    return None if choice.weight > 0 and not choice.correct else choice.correct
