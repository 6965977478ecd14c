"""What the responses say about the items: the figures of classical test theory, as Moodle's statistics define them.

With x the points of an item, T those of the whole quiz and R = T − x those of the rest, over the attempts that had the item:

- facility: the mean of x, in percent of the item's points;
- discrimination: 100 · corr(x, R);
- efficiency: 100 · cov(x, R) / cov(x sorted, R sorted), the share of the discrimination that these points could have at most;
- weight: 100 · √cov(x, T) / Σ √cov(x, T), what the item really contributes to the differences in T;
- blank: who left the item without a response, in percent;
- alpha (of the quiz): k/(k−1) · (1 − Σ var(x)/var(T)), Cronbach's, from 0 to 1 and below 0 where items contradict each other;
- standard error (of the quiz): √(1 − alpha) · sd(T), in points.

Variances and covariances are those of a sample (n − 1), computed exactly. Intervals hold at 95 %: Wilson's for facility and
blank (with partial credit it is wider than needed, never narrower), Fisher's z for discrimination, Bonett's for alpha (2002);
none is known for the others. They take attempts for independent: give one attempt of each person, the first one as a rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import atanh, exp, lcm, log, sqrt, tanh

from .kinds import Cloze, Interaction, Matching, Ordering, of
from .model import ItemOutcome, Quiz, QuizOutcome, Response, Status

FEWEST = 5  # people, below whom nothing is shown: figures of so few say nothing on items and too much on persons
_GRADED: tuple[Status, ...] = ("correct", "partial", "incorrect", "not_answered")
_UNGRADED: tuple[Status, ...] = ("recorded", "not_answered")
_Z = 1.959963984540054  # the normal distribution holds 95 % within so many standard deviations


@dataclass(frozen=True, slots=True)
class Row:
    """One attempt: whose it was, what was responded, and what it earned. ``responses`` may lack items left blank."""

    person: Hashable
    outcome: QuizOutcome
    responses: Mapping[str, Response]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, the ``n`` attempts it rests on, and where it lies with 95 % certainty (None where no interval is known)."""

    value: float
    n: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How often a choice was taken; ``about`` is the row, blank or place it was taken for, and empty where there is none."""

    about: str
    choice: str
    count: int
    is_key: bool


@dataclass(frozen=True, slots=True)
class ItemAnalysis:
    """A figure is None where it cannot be said: too few people, no differences, nothing graded.

    ``statuses`` are how often each status came that the item can have; they add up to the attempts that had it.
    """

    item_id: str
    people: int
    facility: Figure | None = None
    discrimination: Figure | None = None
    efficiency: Figure | None = None
    weight: Figure | None = None
    blank: Figure | None = None
    counts: tuple[Count, ...] = ()
    statuses: tuple[tuple[Status, int], ...] = ()


@dataclass(frozen=True, slots=True)
class QuizAnalysis:
    """``mean`` is in percent of the points, over the attempts that could earn any: None where these are too few.

    Where attempts had other items, or one only, there is no ``alpha``.
    """

    people: int
    attempts: int
    items: tuple[ItemAnalysis, ...]
    mean: Figure | None
    alpha: Figure | None = None
    standard_error: Figure | None = None


@dataclass(frozen=True, slots=True)
class _Marks:
    """The points of one item, and those of the whole quiz, over the attempts that had it."""

    own: Sequence[Fraction]
    total: Sequence[Fraction]

    @property
    def rest(self) -> list[Fraction]:
        return [total - own for own, total in zip(self.own, self.total, strict=True)]


def analyse(quiz: Quiz, rows: Sequence[Row]) -> QuizAnalysis | None:
    """The figures of one revision, in the order of its items; None under five people. ``quiz`` is the revision as written."""
    people = len({row.person for row in rows})
    if people < FEWEST:
        return None
    held: dict[str, list[tuple[Row, ItemOutcome]]] = {item.id: [] for item in quiz.items}
    for row in rows:
        for outcome in row.outcome.items:
            if outcome.item_id in held:
                held[outcome.item_id].append((row, outcome))
    marks = {name: _marks(found) for name, found in held.items() if _people(found) >= FEWEST}
    roots = {name: sqrt(cov) for name, each in marks.items() if (cov := _covariance(each.own, each.total)) >= 0}
    items = tuple(_item(of(item), held[item.id], marks.get(item.id), roots) for item in quiz.items)
    scaled = [row.outcome.score.scaled for row in rows if row.outcome.score.max]
    mean = share(sum(scaled, Fraction(0)), len(scaled)) if len(scaled) >= FEWEST else None
    alpha = _alpha([each for name, each in marks.items() if each.own], [row.outcome.score.raw for row in rows])
    return QuizAnalysis(people, len(rows), items, mean, alpha, _standard_error(alpha, rows))


def _people(found: Sequence[tuple[Row, ItemOutcome]]) -> int:
    return len({row.person for row, _ in found})


def _marks(found: Sequence[tuple[Row, ItemOutcome]]) -> _Marks:
    """Attempts in which the item had nothing to earn, since it is not graded or was dropped, are left out."""
    graded = [(outcome.score.raw, row.outcome.score.raw) for row, outcome in found if outcome.score.max]
    if len(graded) < FEWEST:
        return _Marks([], [])
    return _Marks([own for own, _ in graded], [total for _, total in graded])


def _item(
    item: Interaction, found: Sequence[tuple[Row, ItemOutcome]], marks: _Marks | None, roots: Mapping[str, float]
) -> ItemAnalysis:
    if marks is None:
        return ItemAnalysis(item.id, _people(found))
    came = Counter(outcome.status for _, outcome in found)
    shares = [outcome.score.scaled for _, outcome in found if outcome.score.max] if marks.own else []
    n, contributed = len(shares), sum(roots.values())
    return ItemAnalysis(
        item.id,
        _people(found),
        facility=share(sum(shares, Fraction(0)), n) if n else None,
        discrimination=_discrimination(marks.own, marks.rest),
        efficiency=_efficiency(marks.own, marks.rest),
        weight=Figure(100 * roots[item.id] / contributed, n) if n and contributed and item.id in roots else None,
        blank=share(Fraction(came["not_answered"]), len(found)),
        counts=tuple(_counts(item, [row.responses.get(item.id, Response()) for row, _ in found])),
        statuses=tuple((status, came[status]) for status in (_GRADED if item.IS_GRADED else _UNGRADED)),
    )


def share(hits: Fraction, n: int) -> Figure:
    """``hits`` of ``n`` in percent. Wilson's interval stays within 0 and 100 and says something for 0 and n hits, too."""
    part, square = float(hits / n), _Z**2
    middle = (part + square / (2 * n)) / (1 + square / n)
    half = _Z * sqrt(part * (1 - part) / n + square / (4 * n**2)) / (1 + square / n)
    return Figure(100 * part, n, 100 * max(0.0, middle - half), 100 * min(1.0, middle + half))


def _discrimination(own: Sequence[Fraction], rest: Sequence[Fraction]) -> Figure | None:
    spread = _covariance(own, own) * _covariance(rest, rest)
    if not spread:
        return None
    r, n = float(_covariance(own, rest)) / sqrt(spread), len(own)
    if abs(r) > 1 - 1e-12:
        return Figure(100.0 * round(r), n)
    half = _Z / sqrt(n - 3)
    return Figure(100 * r, n, 100 * tanh(atanh(r) - half), 100 * tanh(atanh(r) + half))


def _efficiency(own: Sequence[Fraction], rest: Sequence[Fraction]) -> Figure | None:
    most = _covariance(sorted(own), sorted(rest))
    return Figure(float(100 * _covariance(own, rest) / most), len(own)) if most else None


def _alpha(items: Sequence[_Marks], totals: Sequence[Fraction]) -> Figure | None:
    k, n, spread = len(items), len(totals), _covariance(totals, totals)
    if k < 2 or not spread or any(len(each.own) != n for each in items):
        return None
    own = sum((_covariance(each.own, each.own) for each in items), Fraction(0))
    alpha = float(Fraction(k, k - 1) * (1 - own / spread))
    if alpha > 1 - 1e-12:
        return Figure(1.0, n)
    half = _Z * sqrt(2 * k / ((k - 1) * (n - 2)))
    return Figure(alpha, n, 1 - exp(log(1 - alpha) + half), 1 - exp(log(1 - alpha) - half))


def _standard_error(alpha: Figure | None, rows: Sequence[Row]) -> Figure | None:
    if alpha is None:
        return None
    totals = [row.outcome.score.raw for row in rows]
    return Figure(sqrt((1 - alpha.value) * _covariance(totals, totals)), len(rows))


def _covariance(one: Sequence[Fraction], other: Sequence[Fraction]) -> Fraction:
    """Of a sample; 0 for fewer than two. Whole numbers over one denominator are exact and a hundred times as fast."""
    n = len(one)
    if n < 2:
        return Fraction(0)
    (xs, below), (ys, beneath) = _whole(one), _whole(other)
    above = n * sum(x * y for x, y in zip(xs, ys, strict=True)) - sum(xs) * sum(ys)
    return Fraction(above, n * (n - 1) * below * beneath)


def _whole(values: Sequence[Fraction]) -> tuple[list[int], int]:
    below = lcm(*{value.denominator for value in values})
    return [value.numerator * (below // value.denominator) for value in values], below


def _counts(item: Interaction, responses: Sequence[Response]) -> Iterator[Count]:
    """Of what can be chosen. What was typed is for those to read who grade it, not for statistics."""
    taken = Counter(each for response in responses for each in taken_by(item, response))
    key = frozenset(_taken(item, item.key()))
    for about, choice in possible(item):
        yield Count(about, choice, taken[about, choice], (about, choice) in key)


def taken_by(item: Interaction, response: Response) -> Iterator[tuple[str, str]]:
    """What a response counts for, each once: the row, blank or place (empty where there is none), and the choice."""
    return _taken(item, item.known(response))


def _taken(item: Interaction, response: Response) -> Iterator[tuple[str, str]]:
    if isinstance(item, Ordering):
        return ((str(n), choice) for n, choice in enumerate(response.choices, 1))
    return iter(response.pairs) if item.USES == "pairs" else (("", choice) for choice in response.choices)


def possible(item: Interaction) -> Iterator[tuple[str, str]]:
    """Whatever a response to the item can count for."""
    choices = [choice.id for choice in item.choices]
    if isinstance(item, Cloze):
        return ((blank.id, choice.id) for blank in item.blanks for choice in blank.choices)
    if isinstance(item, Ordering):
        return ((str(n), choice) for n in range(1, len(choices) + 1) for choice in choices)
    abouts = [pair.id for pair in item.pairs] if isinstance(item, Matching) else [""]
    return ((about, choice) for about in abouts for choice in choices)
