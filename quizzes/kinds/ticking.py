"""What the kinds share in which a learner ticks choices: single_choice, multiple_choice and true_false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from .. import credit
from ..entry import Entry
from ..model import Remark, Response
from .interaction import Fields, Interaction, Judgement, check_enough


@dataclass(frozen=True, slots=True)
class Ticking(Interaction):
    """The key is the set of choices that are ``correct``."""

    USES: ClassVar[Literal["choices", "text", "pairs"]] = "choices"

    def judge(self, response: Response) -> Judgement:
        ticked, right = set(response.choices), {choice.id for choice in self.choices if choice.correct}
        remarks = tuple(Remark(c.id, c.feedback, c.correct) for c in self.choices if c.id in ticked)
        return Judgement(credit.ticks(self.credit, ticked, right, len(self.choices)), remarks)

    def key(self) -> Response:
        return Response(choices=tuple(choice.id for choice in self.choices if choice.correct))

    def describe_key(self) -> tuple[str, ...]:
        return tuple(choice.text for choice in self.choices if choice.correct)

    def collect(self, fields: Fields) -> tuple[Response, str]:
        return self.known(Response(choices=tuple(fields.get(f"r.{self.id}", ())))), ""

    def check_key(self, entry: Entry, *, most: int) -> None:
        """There must be two choices or more, one that is right, at most ``most`` of them, and one that is not."""
        check_enough(entry, "choices", self.choices, 2)
        right = [choice.id for choice in self.choices if choice.correct]
        if len(self.choices) < 2:
            return
        if not right:
            entry.fault("no-key", "no choice is correct", "add `correct: true` to the right one", at=("choices",))
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
